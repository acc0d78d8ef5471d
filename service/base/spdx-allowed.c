/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "base/spdx-private.h"
#include "base/text.h"
#include "base/version.h"

/* An entry is a licence, or licences joined by AND; OR gives two entries. */
struct OmgSpdxAllowed {
        GPtrArray *entries; /* OmgSpdx */
};

/* A licence as a name and the versions of it that are meant. */
typedef struct {
        const char *id;
        gsize name; /* length */
        const char *version;
        gsize version_length;
        gboolean or_later;
} Range;

static gsize without_suffix(const char *id, gsize length, const char *suffix)
{
        gsize n = strlen(suffix);

        return length > n && g_ascii_strncasecmp(id + length - n, suffix, n) == 0 ? length - n
                                                                                  : length;
}

static Range read_range(const OmgSpdx *license)
{
        Range range = {.id = license->id, .or_later = license->plus};
        gsize length = strlen(range.id), at;

        if (!omg_spdx_is_reference(range.id)) {
                gsize stem = without_suffix(range.id, length, "-or-later");
                range.or_later |= stem < length;
                length = without_suffix(range.id, stem, "-only");
        }
        range.name = length;
        /* "-2.0", "-1.3c" at the end */
        for (at = length; at > 0 && (g_ascii_isalnum(range.id[at - 1]) || range.id[at - 1] == '.');)
                at--;
        if (at > 0 && at < length && g_ascii_isdigit(range.id[at]) &&
            !omg_spdx_is_reference(range.id)) {
                range.name = at;
                range.version = range.id + at;
                range.version_length = length - at;
        }
        return range;
}

/* Whether there is a licence that both mean. */
static gboolean licenses_meet(const OmgSpdx *a, const OmgSpdx *b)
{
        Range x = read_range(a), y = read_range(b);

        if (x.name != y.name || g_ascii_strncasecmp(x.id, y.id, x.name) != 0 ||
            g_ascii_strcasecmp(a->addition ? a->addition : "", b->addition ? b->addition : "") != 0)
                return FALSE;
        int r = omg_version_compare_spans(x.version ? x.version : "", x.version_length,
                                          y.version ? y.version : "", y.version_length);
        return r == 0 || (r < 0 ? x.or_later : y.or_later);
}

/* An entry as a message shows it. */
static char *show(const char *entry)
{
        enum { LONGEST = 80 };
        char *shown = omg_text_strip(entry);

        if (g_utf8_strlen(shown, -1) > LONGEST)
                *g_utf8_offset_to_pointer(shown, LONGEST) = '\0';
        return shown;
}

static gboolean add_entry(OmgSpdxAllowed *allowed, const OmgSpdx *entry)
{
        for (guint i = 0; entry->kind == OMG_SPDX_AND && i < entry->parts->len; i++) {
                const OmgSpdx *part = entry->parts->pdata[i];
                if (part->kind != OMG_SPDX_LICENSE)
                        return FALSE;
        }
        for (guint i = 0; entry->kind == OMG_SPDX_OR && i < entry->parts->len; i++)
                if (!add_entry(allowed, entry->parts->pdata[i]))
                        return FALSE;
        if (entry->kind != OMG_SPDX_OR)
                g_ptr_array_add(allowed->entries, omg_spdx_copy(entry));
        return TRUE;
}

OmgSpdxAllowed *omg_spdx_allowed_new(const char *const *entries, GError **error)
{
        g_autoptr(OmgSpdxAllowed) allowed = g_new0(OmgSpdxAllowed, 1);

        allowed->entries = g_ptr_array_new_with_free_func((GDestroyNotify)omg_spdx_free);
        for (gsize i = 0; entries[i]; i++) {
                g_autofree char *shown = show(entries[i]);
                g_autoptr(OmgSpdx) entry = omg_spdx_parse_name(entries[i], error);
                if (!entry) {
                        g_prefix_error(error, "\"%s\": ", shown);
                        return NULL;
                }
                if (!add_entry(allowed, entry)) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "\"%s\": OR inside of AND; write an entry for each choice",
                                    shown);
                        return NULL;
                }
        }
        return g_steal_pointer(&allowed);
}

void omg_spdx_allowed_free(OmgSpdxAllowed *allowed)
{
        if (!allowed)
                return;
        g_ptr_array_unref(allowed->entries);
        g_free(allowed);
}

static gboolean is_named(const OmgSpdxAllowed *allowed, const OmgSpdx *license)
{
        for (guint i = 0; i < allowed->entries->len; i++) {
                const OmgSpdx *entry = allowed->entries->pdata[i];
                if (entry->kind == OMG_SPDX_LICENSE && licenses_meet(entry, license))
                        return TRUE;
        }
        return FALSE;
}

static gboolean has_license(const OmgSpdx *parts, const OmgSpdx *license)
{
        for (guint i = 0; i < parts->parts->len; i++) {
                const OmgSpdx *part = parts->parts->pdata[i];
                if (part->kind == OMG_SPDX_LICENSE && licenses_meet(part, license))
                        return TRUE;
        }
        return FALSE;
}

/* Whether an entry of several licences has this one, and the others stand beside it in @whole. */
static gboolean is_named_jointly(const OmgSpdxAllowed *allowed, const OmgSpdx *whole,
                                 const OmgSpdx *license)
{
        for (guint i = 0; i < allowed->entries->len; i++) {
                const OmgSpdx *entry = allowed->entries->pdata[i];
                guint n = 0;

                if (entry->kind != OMG_SPDX_AND || !has_license(entry, license))
                        continue;
                while (n < entry->parts->len && has_license(whole, entry->parts->pdata[n]))
                        n++;
                if (n == entry->parts->len)
                        return TRUE;
        }
        return FALSE;
}

/* The part that stands against it, or NULL; @whole is the AND that it is in, or NULL. */
static const OmgSpdx *find_refused(const OmgSpdxAllowed *allowed, const OmgSpdx *whole,
                                   const OmgSpdx *spdx)
{
        if (spdx->kind == OMG_SPDX_LICENSE)
                return is_named(allowed, spdx) || (whole && is_named_jointly(allowed, whole, spdx))
                               ? NULL
                               : spdx;
        for (guint i = 0; i < spdx->parts->len; i++) {
                const OmgSpdx *refused = find_refused(
                        allowed, spdx->kind == OMG_SPDX_AND ? spdx : NULL, spdx->parts->pdata[i]);
                if (spdx->kind == OMG_SPDX_AND && refused)
                        return refused;
                if (spdx->kind == OMG_SPDX_OR && !refused)
                        return NULL;
        }
        return spdx->kind == OMG_SPDX_AND ? NULL : spdx;
}

char *omg_spdx_allowed_find_refused(const OmgSpdxAllowed *allowed, const OmgSpdx *spdx)
{
        const OmgSpdx *refused = find_refused(allowed, NULL, spdx);

        return refused ? omg_spdx_dup_text(refused) : NULL;
}
