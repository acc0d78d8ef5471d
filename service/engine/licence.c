/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/licence.h"

#include <string.h>

#include "base/spdx.h"

static OmgSpdx *read_licences(OmgStrvCursor cursor)
{
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_auto(GStrv) licences = NULL;
        const char *text;
        gsize length;

        while (omg_strv_cursor_next(&cursor, &text, &length)) {
                g_autofree char *licence = g_strndup(text, length);
                g_strv_builder_add(builder, licence);
        }
        licences = g_strv_builder_end(builder);
        return omg_spdx_from_package((const char *const *)licences);
}

/* What stands there word for word is allowed, and need not be understood: reading one takes some
 * microseconds. */
static gboolean has_all(const OmgPolicy *policy, OmgStrvCursor cursor)
{
        const GPtrArray *allowed = policy->allowed_licenses;
        const char *text;
        gsize length;
        guint n = 0;

        for (; omg_strv_cursor_next(&cursor, &text, &length); n++) {
                gboolean found = FALSE;
                for (guint i = 0; i < allowed->len && !found; i++)
                        found = strncmp(allowed->pdata[i], text, length) == 0 &&
                                ((const char *)allowed->pdata[i])[length] == '\0';
                if (!found)
                        return FALSE;
        }
        return n > 0;
}

gboolean omg_licence_is_allowed(const OmgPolicy *policy, OmgStrvCursor licences, char **ret_reason)
{
        g_autoptr(OmgSpdx) spdx = NULL;
        g_autofree char *refused = NULL;

        if (!policy->licenses || has_all(policy, licences))
                return TRUE;
        spdx = read_licences(licences);
        refused = spdx ? omg_spdx_allowed_find_refused(policy->licenses, spdx) : NULL;
        if (spdx && !refused)
                return TRUE;
        if (ret_reason && spdx)
                *ret_reason = g_strdup_printf("its licence %s is not in allowed_licenses", refused);
        else if (ret_reason)
                *ret_reason = g_strdup("it names no licence, and allowed_licenses is not empty");
        return FALSE;
}

/* Keys are the bytes of the list as they lie in the index: of 15,000 packages some 400 differ. */
GHashTable *omg_licence_memo_new(void)
{
        return g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref,
                                     NULL);
}

gboolean omg_licence_is_allowed_again(const OmgPolicy *policy, OmgStrvCursor licences,
                                      GHashTable *memo)
{
        g_autoptr(GBytes) key =
                g_bytes_new_static(licences.cursor, (gsize)(licences.end - licences.cursor));
        gpointer known;
        gboolean is_allowed;

        if (g_hash_table_lookup_extended(memo, key, NULL, &known))
                return GPOINTER_TO_INT(known);
        is_allowed = omg_licence_is_allowed(policy, licences, NULL);
        (void)g_hash_table_insert(memo, g_steal_pointer(&key), GINT_TO_POINTER(is_allowed));
        return is_allowed;
}
