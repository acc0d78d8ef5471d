/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/limits-resolve.h"
#include "engine/aur-private.h"
#include "engine/links.h"

/* What is built or installed in one go: the packages of one base, and those of repositories that
 * need each other, which pacman installs together. */
typedef struct {
        const OmgAurGraph *graph;
        OmgAurPlan *plan;
        guint n_units;
        guint32 *unit;     /* of each node */
        guint32 *position; /* of each node, within its unit */
        OmgLinks *links;   /* between units; their data: the need */
        GHashTable *told;  /* cycles, as text */
        guint n_told;      /* names in them */
        guint n_tries;
} Work;

/* ---- units ---- */

static gboolean is_within_unit(const OmgAurNode *from, const OmgAurNode *to)
{
        return omg_aur_is_sibling(from, to) ||
               (from->row.source == OMG_ROW_SYNC && to->row.source == OMG_ROW_SYNC);
}

/* Links between nodes that may be of one unit. */
static OmgLinks *link_nodes(const OmgAurGraph *graph)
{
        OmgLinks *links = omg_links_new(graph->nodes->len);

        for (guint i = 0; i < graph->needs->len; i++) {
                const OmgAurNeed *need = omg_aur_need_at(graph, i);
                if (need->kind == OMG_AUR_NEED_RUN &&
                    is_within_unit(omg_aur_node_at(graph, need->from),
                                   omg_aur_node_at(graph, need->to)))
                        omg_links_add(links, &(OmgLink){.from = need->from, .to = need->to});
        }
        omg_links_finish(links);
        return links;
}

/* In the order in which their first nodes were met. */
static void find_units(Work *work)
{
        const OmgAurGraph *graph = work->graph;
        g_autoptr(OmgLinks) links = link_nodes(graph);
        g_autoptr(GHashTable) of_base = g_hash_table_new(NULL, NULL);
        g_autofree guint32 *component = NULL;
        guint n = omg_links_find_components(links, &component, &work->position);
        g_autofree guint32 *of_component = g_new0(guint32, n + 1);

        work->unit = g_new(guint32, graph->nodes->len + 1);
        for (guint i = 0; i < graph->nodes->len; i++) {
                const OmgAurNode *node = omg_aur_node_at(graph, i);
                guint unit = node->base ? GPOINTER_TO_UINT(g_hash_table_lookup(of_base, node->base))
                                        : of_component[component[i]];
                if (unit == 0) {
                        unit = ++work->n_units;
                        if (node->base)
                                g_hash_table_insert(of_base, (gpointer)node->base,
                                                    GUINT_TO_POINTER(unit));
                        else
                                of_component[component[i]] = unit;
                }
                work->unit[i] = unit - 1;
        }
}

static void link_units(Work *work)
{
        const OmgAurGraph *graph = work->graph;

        work->links = omg_links_new(work->n_units);
        for (guint i = 0; i < graph->needs->len; i++) {
                const OmgAurNeed *need = omg_aur_need_at(graph, i);
                OmgLink link = {
                        .from = work->unit[need->from],
                        .to = work->unit[need->to],
                        .data = i,
                        .strength = (guint8)need->kind,
                };
                if (link.from != link.to)
                        omg_links_add(work->links, &link);
        }
        omg_links_finish(work->links);
}

/* ---- cycles ---- */

/* Within circles the links of one kind become soft. FALSE: there is no circle any more. */
static gboolean soften(OmgLinks *links, guint n_units, OmgAurNeedKind kind)
{
        g_autofree guint32 *component = NULL;

        if (omg_links_find_components(links, &component, NULL) == n_units)
                return FALSE;
        for (guint i = 0; i < omg_links_get_n(links); i++) {
                OmgLink *link = omg_links_at(links, i);
                if (link->strength == kind && component[link->from] == component[link->to])
                        link->is_soft = TRUE;
        }
        return TRUE;
}

static void break_circles(Work *work)
{
        if (soften(work->links, work->n_units, OMG_AUR_NEED_OPTIONAL) &&
            soften(work->links, work->n_units, OMG_AUR_NEED_CHECK) &&
            soften(work->links, work->n_units, OMG_AUR_NEED_MAKE))
                omg_links_soften_back(work->links);
}

/* The same cycle is the same text, whatever link of it was met: the first name in it comes first.
 */
static GPtrArray *turn(const GPtrArray *names, char **ret_text)
{
        GPtrArray *turned = g_ptr_array_new();
        GString *text = g_string_new(NULL);
        guint first = 0;

        for (guint i = 1; i < names->len; i++)
                if (strcmp(names->pdata[i], names->pdata[first]) < 0)
                        first = i;
        for (guint i = 0; i < names->len; i++) {
                const char *name = names->pdata[(first + i) % names->len];
                g_ptr_array_add(turned, (gpointer)name);
                g_string_append_printf(text, "%s\n", name);
        }
        *ret_text = g_string_free(text, FALSE);
        return turned;
}

static void tell_cycle(Work *work, const GPtrArray *names)
{
        g_autofree char *text = NULL;
        g_autoptr(GPtrArray) turned = turn(names, &text);

        if (g_hash_table_contains(work->told, text))
                return;
        if (work->plan->cycles->len == OMG_LIMIT_AUR_RESOLVE_CYCLES ||
            work->n_told + names->len > OMG_LIMIT_AUR_RESOLVE_PACKAGES) {
                work->plan->cycles_cut = TRUE;
                return;
        }
        work->n_told += names->len;
        g_hash_table_add(work->told, g_steal_pointer(&text));
        g_ptr_array_add(work->plan->cycles, g_steal_pointer(&turned));
}

static gpointer get_needing_name(const Work *work, guint32 need)
{
        const OmgAurGraph *graph = work->graph;

        return (gpointer)omg_aur_node_at(graph, omg_aur_need_at(graph, need)->from)->name;
}

/* A link whose end stands behind its beginning is part of a cycle; the shortest is told. */
static void tell_broken(Work *work, const OmgLink *link)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();

        if (work->n_tries++ == 2 * OMG_LIMIT_AUR_RESOLVE_CYCLES) {
                work->plan->cycles_cut = TRUE;
                return;
        }
        g_autoptr(GArray) path =
                omg_links_find_path(work->links, link->to, link->from, OMG_AUR_NEED_CHECK);
        if (!path) /* only something optional closes it */
                return;
        g_ptr_array_add(names, get_needing_name(work, link->data));
        for (guint i = 0; i < path->len; i++) {
                guint32 index = g_array_index(path, guint32, i);
                g_ptr_array_add(names,
                                get_needing_name(work, omg_links_at(work->links, index)->data));
        }
        tell_cycle(work, names);
}

/* What must be there before the build that makes it. */
static void tell_own(Work *work)
{
        const OmgAurGraph *graph = work->graph;

        for (guint i = 0; i < graph->needs->len; i++) {
                const OmgAurNeed *need = omg_aur_need_at(graph, i);
                const OmgAurNode *from = omg_aur_node_at(graph, need->from);
                const OmgAurNode *to = omg_aur_node_at(graph, need->to);
                if (!omg_aur_is_sibling(from, to) || need->kind == OMG_AUR_NEED_OPTIONAL ||
                    (need->kind == OMG_AUR_NEED_RUN && from != to))
                        continue;
                g_autoptr(GPtrArray) names = g_ptr_array_new();
                g_ptr_array_add(names, (gpointer)from->name);
                if (from != to)
                        g_ptr_array_add(names, (gpointer)to->name);
                tell_cycle(work, names);
        }
}

static void tell_cycles(Work *work, const guint32 *place)
{
        tell_own(work);
        for (guint i = 0; i < omg_links_get_n(work->links) && !work->plan->cycles_cut; i++) {
                const OmgLink *link = omg_links_at(work->links, i);
                if (link->is_soft && link->strength > OMG_AUR_NEED_OPTIONAL &&
                    place[link->from] < place[link->to])
                        tell_broken(work, link);
        }
}

/* ---- the order ---- */

static guint8 *rank_units(const Work *work)
{
        static const guint8 ranks[] = {[OMG_ROW_LOCAL] = 0, [OMG_ROW_SYNC] = 1, [OMG_ROW_AUR] = 2};
        guint8 *rank = g_new0(guint8, work->n_units + 1);

        for (guint i = 0; i < work->graph->nodes->len; i++)
                rank[work->unit[i]] = ranks[omg_aur_node_at(work->graph, i)->row.source];
        return rank;
}

typedef struct {
        const Work *work;
        const guint32 *place; /* of each unit */
} Sort;

static int compare_nodes(gconstpointer a, gconstpointer b, gpointer userdata)
{
        const Sort *sort = userdata;
        guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
        guint32 p = sort->place[sort->work->unit[x]], q = sort->place[sort->work->unit[y]];

        if (p == q) {
                p = sort->work->position[x];
                q = sort->work->position[y];
        }
        return p < q ? -1 : p > q;
}

static GArray *sort_nodes(const Work *work, const guint32 *place)
{
        Sort sort = {work, place};
        GArray *nodes = g_array_new(FALSE, FALSE, sizeof(guint32));

        for (guint32 i = 0; i < work->graph->nodes->len; i++)
                g_array_append_val(nodes, i);
        g_array_sort_with_data(nodes, compare_nodes, &sort);
        return nodes;
}

GArray *omg_aur_order(const OmgAurGraph *graph, OmgAurPlan *plan)
{
        g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        Work work = {.graph = graph, .plan = plan, .told = told};

        find_units(&work);
        link_units(&work);
        break_circles(&work);
        g_autofree guint8 *rank = rank_units(&work);
        g_autofree guint32 *order = omg_links_order(work.links, rank);
        g_autofree guint32 *place = g_new0(guint32, work.n_units + 1);
        for (guint32 i = 0; i < work.n_units; i++)
                place[order[i]] = i;
        GArray *nodes = sort_nodes(&work, place);
        tell_cycles(&work, place);
        omg_links_free(work.links);
        g_free(work.unit);
        g_free(work.position);
        return nodes;
}
