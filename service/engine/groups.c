/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/groups.h"

/* Names of the group's members, each once: alpm_find_group_pkgs takes a package of the first
 * database that has it in the group. */
static guint32 count_members(const OmgLayer *layer, const guint32 *members, gsize n,
                             GHashTable *seen)
{
        g_hash_table_remove_all(seen);
        for (gsize i = 0; i < n; i++)
                (void)g_hash_table_add(seen, (gpointer)omg_layer_get_name(layer, members[i]));
        return g_hash_table_size(seen);
}

GArray *omg_groups_list(const OmgSnapshot *snapshot, gboolean installed, GError **error)
{
        const OmgLayer *layer = installed ? snapshot->local : snapshot->sync;
        gsize groups_size, members_size;

        if (!layer) {
                omg_snapshot_set_missing(snapshot, installed ? "local" : "sync", error);
                return NULL;
        }
        const OmgGroupRecord *records =
                omg_layer_get_section(layer, OMG_SECTION_GROUPS, &groups_size);
        const guint32 *members =
                omg_layer_get_section(layer, OMG_SECTION_GROUP_MEMBERS, &members_size);
        gsize n_members = members_size / sizeof(guint32);

        GArray *groups = g_array_new(FALSE, FALSE, sizeof(OmgGroup));
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        for (gsize i = 0; i < groups_size / sizeof(OmgGroupRecord); i++) {
                gsize first = MIN(records[i].first, n_members);
                gsize n = MIN(records[i].count, n_members - first);
                OmgGroup group = {omg_layer_get_text(layer, records[i].name),
                                  count_members(layer, members + first, n, seen)};
                g_array_append_val(groups, group);
        }
        return groups;
}
