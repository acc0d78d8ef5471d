/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/spdx.h"

#include <string.h>

#include "base/spdx-private.h"

static OmgSpdx *spdx_new(OmgSpdxKind kind)
{
        OmgSpdx *spdx = g_new0(OmgSpdx, 1);

        spdx->kind = kind;
        if (kind != OMG_SPDX_LICENSE)
                spdx->parts = g_ptr_array_new_with_free_func((GDestroyNotify)omg_spdx_free);
        return spdx;
}

void omg_spdx_free(OmgSpdx *spdx)
{
        if (!spdx)
                return;
        g_free(spdx->id);
        g_free(spdx->addition);
        g_clear_pointer(&spdx->parts, g_ptr_array_unref);
        g_free(spdx);
}

gboolean omg_spdx_is_reference(const char *id)
{
        return g_str_has_prefix(id, "LicenseRef-") || g_str_has_prefix(id, "AdditionRef-") ||
               g_str_has_prefix(id, "DocumentRef-");
}

/* Ids that the list has given up for a licence with an exception. */
static const struct {
        const char *id;
        const char *license;
        const char *addition;
} joined[] = {
        {"eCos-2.0", "GPL-2.0-or-later", "eCos-exception-2.0"},
        {"GPL-2.0-with-autoconf-exception", "GPL-2.0-only", "Autoconf-exception-2.0"},
        {"GPL-2.0-with-bison-exception", "GPL-2.0-or-later", "Bison-exception-2.2"},
        {"GPL-2.0-with-classpath-exception", "GPL-2.0-only", "Classpath-exception-2.0"},
        {"GPL-2.0-with-font-exception", "GPL-2.0-only", "Font-exception-2.0"},
        {"GPL-2.0-with-GCC-exception", "GPL-2.0-or-later", "GCC-exception-2.0"},
        {"GPL-3.0-with-autoconf-exception", "GPL-3.0-only", "Autoconf-exception-3.0"},
        {"GPL-3.0-with-GCC-exception", "GPL-3.0-only", "GCC-exception-3.1"},
        {"wxWindows", "LGPL-2.0-or-later", "WxWindows-exception-3.1"},
};

static void replace(char **text, const char *by)
{
        g_free(*text);
        *text = g_strdup(by);
}

static void split_joined(OmgSpdx *spdx)
{
        for (gsize i = 0; !spdx->addition && i < G_N_ELEMENTS(joined); i++)
                if (strcmp(spdx->id, joined[i].id) == 0) {
                        replace(&spdx->id, joined[i].license);
                        replace(&spdx->addition, joined[i].addition);
                }
}

/* GNU's licences say by their ids whether later versions are meant: "GPL-2.0" and "GPL-2.0+" are
 * the list's old names for "-only" and "-or-later". Which licences they are, the list itself tells.
 */
static void fold_plus(OmgSpdx *spdx)
{
        g_autofree char *stem = NULL;

        if (g_str_has_suffix(spdx->id, "-or-later")) {
                spdx->plus = FALSE;
                return;
        }
        if (g_str_has_suffix(spdx->id, "-only"))
                stem = g_strndup(spdx->id, strlen(spdx->id) - strlen("-only"));
        g_autofree char *id =
                g_strconcat(stem ? stem : spdx->id, spdx->plus ? "-or-later" : "-only", NULL);
        const char *listed = omg_spdx_list_license(id);
        if (listed) {
                replace(&spdx->id, listed);
                spdx->plus = FALSE;
        }
}

OmgSpdx *omg_spdx_new_license(char *id, gboolean plus, char *addition)
{
        OmgSpdx *spdx = spdx_new(OMG_SPDX_LICENSE);

        spdx->id = id;
        spdx->plus = plus;
        spdx->addition = addition;
        if (omg_spdx_list_license(id))
                replace(&spdx->id, omg_spdx_list_license(id));
        if (addition && omg_spdx_list_exception(addition))
                replace(&spdx->addition, omg_spdx_list_exception(addition));
        split_joined(spdx);
        fold_plus(spdx);
        return spdx;
}

static gboolean texts_equal(const char *a, const char *b)
{
        return a && b ? g_ascii_strcasecmp(a, b) == 0 : a == b;
}

gboolean omg_spdx_equal(const OmgSpdx *a, const OmgSpdx *b)
{
        if (a->kind != b->kind)
                return FALSE;
        if (a->kind == OMG_SPDX_LICENSE)
                return texts_equal(a->id, b->id) && a->plus == b->plus &&
                       texts_equal(a->addition, b->addition);
        if (a->parts->len != b->parts->len)
                return FALSE;
        for (guint i = 0; i < a->parts->len; i++)
                if (!omg_spdx_equal(a->parts->pdata[i], b->parts->pdata[i]))
                        return FALSE;
        return TRUE;
}

OmgSpdx *omg_spdx_copy(const OmgSpdx *spdx)
{
        OmgSpdx *copy = spdx_new(spdx->kind);

        copy->id = g_strdup(spdx->id);
        copy->plus = spdx->plus;
        copy->addition = g_strdup(spdx->addition);
        for (guint i = 0; spdx->parts && i < spdx->parts->len; i++)
                g_ptr_array_add(copy->parts, omg_spdx_copy(spdx->parts->pdata[i]));
        return copy;
}

static void add_part(OmgSpdx *join, OmgSpdx *part)
{
        for (guint i = 0; i < join->parts->len; i++)
                if (omg_spdx_equal(join->parts->pdata[i], part)) {
                        omg_spdx_free(part);
                        return;
                }
        g_ptr_array_add(join->parts, part);
}

static void add_all(OmgSpdx *join, OmgSpdx *spdx)
{
        if (spdx->kind != join->kind) {
                add_part(join, spdx);
                return;
        }
        g_autoptr(GPtrArray) parts = g_steal_pointer(&spdx->parts);
        g_ptr_array_set_free_func(parts, NULL);
        for (guint i = 0; i < parts->len; i++)
                add_part(join, parts->pdata[i]);
        omg_spdx_free(spdx);
}

OmgSpdx *omg_spdx_join(OmgSpdxKind kind, OmgSpdx *first, OmgSpdx *second)
{
        OmgSpdx *join = first->kind == kind ? first : spdx_new(kind);

        if (join != first)
                add_all(join, first);
        add_all(join, second);
        if (join->parts->len > 1)
                return join;
        OmgSpdx *only = g_ptr_array_steal_index(join->parts, 0);
        omg_spdx_free(join);
        return only;
}

static void append(const OmgSpdx *spdx, GString *text)
{
        if (spdx->kind == OMG_SPDX_LICENSE) {
                g_string_append(text, spdx->id);
                if (spdx->plus)
                        g_string_append_c(text, '+');
                if (spdx->addition)
                        g_string_append_printf(text, " WITH %s", spdx->addition);
                return;
        }
        for (guint i = 0; i < spdx->parts->len; i++) {
                const OmgSpdx *part = spdx->parts->pdata[i];
                gboolean group = spdx->kind == OMG_SPDX_AND && part->kind == OMG_SPDX_OR;

                if (i > 0)
                        g_string_append(text, spdx->kind == OMG_SPDX_AND ? " AND " : " OR ");
                if (group)
                        g_string_append_c(text, '(');
                append(part, text);
                if (group)
                        g_string_append_c(text, ')');
        }
}

char *omg_spdx_dup_text(const OmgSpdx *spdx)
{
        GString *text = g_string_new(NULL);

        append(spdx, text);
        return g_string_free(text, FALSE);
}

gboolean omg_spdx_is_listed(const OmgSpdx *spdx)
{
        if (spdx->kind == OMG_SPDX_LICENSE)
                return (omg_spdx_is_reference(spdx->id) || omg_spdx_list_license(spdx->id)) &&
                       (!spdx->addition || omg_spdx_is_reference(spdx->addition) ||
                        omg_spdx_list_exception(spdx->addition));
        for (guint i = 0; i < spdx->parts->len; i++)
                if (!omg_spdx_is_listed(spdx->parts->pdata[i]))
                        return FALSE;
        return TRUE;
}
