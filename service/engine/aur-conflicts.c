/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/limits-resolve.h"
#include "engine/aur-private.h"
#include "engine/providers.h"
#include "store/relation-index.h"

void omg_aur_add_conflict(OmgAurGraph *graph, OmgAurPlan *plan, const char *a, const char *b)
{
        gboolean is_turned = strcmp(a, b) > 0;
        g_autofree char *key = g_strdup_printf("%s\n%s", is_turned ? b : a, is_turned ? a : b);

        if (plan->conflicts->len >= 2 * OMG_LIMIT_AUR_RESOLVE_CONFLICTS ||
            g_hash_table_contains(graph->conflicts, key))
                return;
        g_hash_table_add(graph->conflicts, g_steal_pointer(&key));
        g_ptr_array_add(plan->conflicts, (gpointer)a);
        g_ptr_array_add(plan->conflicts, (gpointer)b);
}

/* omg_aur_graph_check() makes it an error. */
static gboolean is_too_much(const OmgAurGraph *graph)
{
        return graph->steps > OMG_LIMIT_AUR_RESOLVE_STEPS;
}

static void add_installed(OmgAurNode *node, const char *name)
{
        if (!node->conflicts)
                node->conflicts = g_ptr_array_new();
        if (!g_ptr_array_find_with_equal_func(node->conflicts, name, g_str_equal, NULL))
                g_ptr_array_add(node->conflicts, (gpointer)name);
}

/* What is upgraded by an item is that item already. */
static gboolean stays(const OmgAurGraph *graph, const char *name)
{
        return omg_aur_graph_find_named(graph, name) == G_MAXUINT;
}

/* The items that one conflict text is about; @name: of who says it, whom it is never about. */
static void meet_items(OmgAurGraph *graph, OmgAurPlan *plan, const OmgDepend *conflict,
                       const char *name, gboolean is_installed)
{
        const GArray *offers = omg_aur_graph_find(graph, conflict->name, conflict->name_length);

        for (guint i = 0; offers && i < offers->len; i++) {
                OmgAurNode *other = omg_aur_node_at(graph, g_array_index(offers, guint32, i));
                const OmgLayer *layer = omg_row_get_layer(graph->snapshot, other->row.source);
                if (is_too_much(graph))
                        return;
                if (strcmp(other->name, name) == 0 ||
                    !omg_aur_graph_satisfies(graph, layer, other->row.id, conflict))
                        continue;
                if (is_installed)
                        add_installed(other, name);
                else
                        omg_aur_add_conflict(graph, plan, name, other->name);
        }
}

static void meet_installed(OmgAurGraph *graph, OmgAurNode *node, const OmgDepend *conflict)
{
        const OmgLayer *local = graph->snapshot->local;
        g_autoptr(GArray) found = omg_satisfiers_find(local, conflict);

        for (guint i = 0; i < found->len; i++) {
                const char *name =
                        omg_layer_get_name(local, g_array_index(found, OmgSatisfier, i).id);
                if (strcmp(name, node->name) != 0 && stays(graph, name))
                        add_installed(node, name);
        }
}

static void meet_all(OmgAurGraph *graph, OmgAurPlan *plan, OmgAurNode *node)
{
        const OmgLayer *layer = omg_row_get_layer(graph->snapshot, node->row.source);
        OmgStrvCursor cursor = omg_layer_get_strv(layer, node->row.id, OMG_FIELD_CONFLICTS);
        const char *text;
        gsize len;

        while (omg_strv_cursor_next(&cursor, &text, &len) && !is_too_much(graph)) {
                OmgDepend conflict;
                omg_depend_parse(text, (gssize)len, &conflict);
                graph->steps += OMG_AUR_STEPS_PER_SEARCH;
                meet_items(graph, plan, &conflict, node->name, FALSE);
                meet_installed(graph, node, &conflict);
        }
}

/* What is installed says so too. */
static void meet_from_installed(OmgAurGraph *graph, OmgAurPlan *plan)
{
        const OmgLayer *local = graph->snapshot->local;

        for (guint32 id = 0; id < omg_layer_get_n_packages(local); id++) {
                OmgStrvCursor cursor = omg_layer_get_strv(local, id, OMG_FIELD_CONFLICTS);
                const char *name = omg_layer_get_name(local, id), *text;
                gsize len;
                while (omg_strv_cursor_next(&cursor, &text, &len)) {
                        OmgDepend conflict;
                        omg_depend_parse(text, (gssize)len, &conflict);
                        if (stays(graph, name))
                                meet_items(graph, plan, &conflict, name, TRUE);
                }
        }
}

gboolean omg_aur_find_conflicts(OmgAurGraph *graph, OmgAurPlan *plan, GError **error)
{
        for (guint i = 0; i < graph->nodes->len; i++) {
                OmgAurNode *node = omg_aur_node_at(graph, i);
                if (node->row.source == OMG_ROW_LOCAL)
                        continue;
                if (omg_aur_graph_find_named(graph, node->name) != i)
                        omg_aur_add_conflict(graph, plan, node->name, node->name);
                meet_all(graph, plan, node);
                if (!omg_aur_graph_check(graph, error))
                        return FALSE;
        }
        meet_from_installed(graph, plan);
        return omg_aur_graph_check(graph, error);
}
