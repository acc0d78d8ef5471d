/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"

static gsize text_length(const char *text, gssize length)
{
        return length < 0 ? strlen(text) : (gsize)length;
}

static gboolean is_ascii(const char *text, gsize length)
{
        for (gsize i = 0; i < length; i++)
                if ((guchar)text[i] >= 0x80 || text[i] == '\0')
                        return FALSE;
        return TRUE;
}

/* Cherokee alone folds to its capitals (CaseFolding.txt); GLib does that with the small letters and
 * turns the capitals into small ones, so the two would change places for ever. */
static gunichar fold_cherokee(gunichar c)
{
        if (c >= 0xAB70 && c <= 0xABBF)
                return c - 0xAB70 + 0x13A0;
        if (c >= 0x13F8 && c <= 0x13FD)
                return c - 8;
        return c;
}

static char *fold_once(const char *text)
{
        g_autofree char *composed = g_utf8_normalize(text, -1, G_NORMALIZE_DEFAULT_COMPOSE);
        g_autofree char *folded = g_utf8_casefold(composed, -1);
        GString *result = g_string_sized_new(strlen(folded));

        for (const char *p = folded; *p; p = g_utf8_next_char(p))
                g_string_append_unichar(result, fold_cherokee(g_utf8_get_char(p)));
        return g_string_free(result, FALSE);
}

static char *fold_unicode(const char *text, gsize length)
{
        g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);
        g_autofree char *folded = fold_once(valid);

        /* Folding may take a composed letter apart, and composing may bring forth one that folds
         * further (U+0345 after a letter is one such case), so go round until nothing moves. */
        for (guint i = 0; i < 4; i++) {
                g_autofree char *next = fold_once(folded);
                if (strcmp(next, folded) == 0)
                        break;
                g_free(folded);
                folded = g_steal_pointer(&next);
        }
        return g_utf8_normalize(folded, -1, G_NORMALIZE_DEFAULT_COMPOSE);
}

char *omg_text_fold(const char *text, gssize length)
{
        gsize size = text_length(text, length);

        return is_ascii(text, size) ? g_ascii_strdown(text, (gssize)size)
                                    : fold_unicode(text, size);
}

gsize omg_text_fold_into(const char *text, gsize length, char *buffer, gsize size)
{
        if (!is_ascii(text, length)) {
                g_autofree char *folded = fold_unicode(text, length);
                return g_strlcpy(buffer, folded, size);
        }

        if (length < size) {
                for (gsize i = 0; i < length; i++)
                        buffer[i] = g_ascii_tolower(text[i]);
                buffer[length] = '\0';
        }
        return length;
}

char *omg_text_make_valid(const char *text, gssize length)
{
        return g_utf8_make_valid(text, (gssize)text_length(text, length));
}

gboolean omg_text_is_unsafe(gunichar c)
{
        return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
               (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

char *omg_text_strip(const char *text)
{
        if (!text)
                return g_strdup("");

        g_autofree char *valid = g_utf8_make_valid(text, -1);
        GString *safe = g_string_sized_new(strlen(valid));

        for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);
                if (c == '\n' || c == '\t')
                        g_string_append_c(safe, ' ');
                else if (!omg_text_is_unsafe(c))
                        g_string_append_len(safe, p, g_utf8_next_char(p) - p);
        }
        return g_string_free(safe, FALSE);
}

gboolean omg_package_name_check(const char *name, GError **error)
{
        const char *reason = NULL;
        gsize length = name ? strnlen(name, OMG_LIMIT_PACKAGE_NAME + 1) : 0;

        if (length == 0)
                reason = "is empty";
        else if (length > OMG_LIMIT_PACKAGE_NAME)
                reason = "is too long";
        else if (strchr("-./", name[0]))
                reason = "begins with '-', '.' or '/'";
        else if (strstr(name, ".."))
                reason = "contains \"..\"";

        for (gsize i = 0; !reason && i < length; i++)
                if (!g_ascii_isalnum(name[i]) && !strchr("-_+.@/", name[i]))
                        reason = "may hold only ASCII letters, digits and - _ + . @ /";

        if (!reason)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                    "The package name %s (a name has 1 to %u bytes)", reason,
                    OMG_LIMIT_PACKAGE_NAME);
        return FALSE;
}

int omg_text_compare_pointers(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GStrv omg_text_make_list(GPtrArray *texts, GCompareFunc compare)
{
        GPtrArray *list = g_ptr_array_new();

        g_ptr_array_sort(texts, compare);
        for (guint i = 0; i < texts->len; i++) {
                const char *text = g_ptr_array_index(texts, i);
                if (i == 0 || strcmp(text, g_ptr_array_index(texts, i - 1)) != 0)
                        g_ptr_array_add(list, g_strdup(text));
        }
        g_ptr_array_add(list, NULL);
        return (GStrv)g_ptr_array_free(list, FALSE);
}
