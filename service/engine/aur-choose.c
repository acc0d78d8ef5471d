/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/limits-resolve.h"
#include "engine/aur-private.h"
#include "engine/providers.h"
#include "store/relation-index.h"

/* One dependency of a package. */
typedef struct {
        OmgAurGraph *graph;
        guint from;
        gboolean is_built_before; /* makedepends, checkdepends: what is built now cannot be it */
        const OmgDepend *depend;
} Question;

/* omg_aur_graph_check() makes it an error. */
static gboolean is_too_much(const OmgAurGraph *graph)
{
        return graph->steps > OMG_LIMIT_AUR_RESOLVE_STEPS;
}

static const OmgAurNode *get_from(const Question *question)
{
        return omg_aur_node_at(question->graph, question->from);
}

/* Whether a node comes out of the same build as the one that asks, or is it. */
static gboolean is_own(const Question *question, guint node)
{
        return node == question->from ||
               omg_aur_is_sibling(get_from(question), omg_aur_node_at(question->graph, node));
}

/* ---- among what was chosen already ---- */

typedef enum { ONLY_OWN, ONLY_REQUESTED, ALL_OTHERS } Among;

static gboolean may_take(const Question *question, guint node, Among among)
{
        gboolean is_other =
                question->is_built_before ? !is_own(question, node) : node != question->from;

        if (among == ONLY_OWN)
                return !is_other;
        return is_other &&
               (among == ALL_OTHERS || omg_aur_node_at(question->graph, node)->requested);
}

/* Of several the one of that name, else the first that was met. */
static gboolean find_chosen(const Question *question, Among among, OmgRow *ret_row)
{
        OmgAurGraph *graph = question->graph;
        const OmgDepend *depend = question->depend;
        const GArray *offers = omg_aur_graph_find(graph, depend->name, depend->name_length);
        gboolean found = FALSE;

        for (guint i = 0; offers && i < offers->len && !is_too_much(graph); i++) {
                guint index = g_array_index(offers, guint32, i);
                const OmgAurNode *node = omg_aur_node_at(graph, index);
                gboolean by_name = omg_depend_has_name(depend, node->name);
                const OmgLayer *layer = omg_row_get_layer(graph->snapshot, node->row.source);

                if ((found && !by_name) || !may_take(question, index, among) ||
                    !omg_aur_graph_satisfies(graph, layer, node->row.id, depend))
                        continue;
                *ret_row = node->row;
                found = TRUE;
                if (by_name)
                        break;
        }
        return found;
}

static gboolean satisfies_itself(const Question *question, OmgRow *ret_row)
{
        const OmgAurNode *from = get_from(question);
        const OmgLayer *layer = omg_row_get_layer(question->graph->snapshot, from->row.source);

        *ret_row = from->row;
        return !question->is_built_before &&
               omg_aur_graph_satisfies(question->graph, layer, from->row.id, question->depend);
}

/* ---- in the repositories ---- */

static gboolean find_in_repositories(const Question *question, OmgRow *ret_row,
                                     GPtrArray **ret_alternatives)
{
        const OmgSnapshot *snapshot = question->graph->snapshot;
        guint32 id = omg_provider_choose(snapshot, question->depend, TRUE);

        if (id == OMG_NO_PACKAGE)
                id = omg_provider_choose(snapshot, question->depend, FALSE);
        if (id == OMG_NO_PACKAGE)
                return FALSE;
        *ret_row = (OmgRow){.id = id, .source = OMG_ROW_SYNC};
        const char *name = omg_layer_get_name(snapshot->sync, id);
        if (omg_depend_has_name(question->depend, name))
                return TRUE;
        g_autoptr(GArray) found = omg_satisfiers_find(snapshot->sync, question->depend);
        for (guint i = 0; i < found->len; i++) {
                const char *other = omg_layer_get_name(snapshot->sync,
                                                       g_array_index(found, OmgSatisfier, i).id);
                if (strcmp(other, name) == 0)
                        continue;
                if (!*ret_alternatives)
                        *ret_alternatives = g_ptr_array_new();
                /* Several repositories may hold it. */
                if ((*ret_alternatives)->len < OMG_LIMIT_AUR_RESOLVE_ALTERNATIVES &&
                    !g_ptr_array_find_with_equal_func(*ret_alternatives, other, g_str_equal, NULL))
                        g_ptr_array_add(*ret_alternatives, (gpointer)other);
        }
        return TRUE;
}

/* ---- in the AUR ---- */

static gboolean is_own_id(const Question *question, guint32 id)
{
        const OmgAurNode *from = get_from(question);

        return from->row.source == OMG_ROW_AUR && from->row.id == id;
}

static guint get_class(const OmgSnapshot *snapshot, guint32 id)
{
        const char *name = omg_layer_get_name(snapshot->aur, id);

        if (omg_snapshot_is_name_ignored(snapshot, name))
                return 2;
        return omg_bitmap_has(snapshot->aur_installed, id) ? 0 : 1;
}

/* What is installed first and what is held back last; then by popularity, votes and name. */
static int compare_providers(gconstpointer a, gconstpointer b, gpointer userdata)
{
        const OmgSnapshot *snapshot = userdata;
        guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
        const OmgPackageRecord *p = omg_layer_get_record(snapshot->aur, x);
        const OmgPackageRecord *q = omg_layer_get_record(snapshot->aur, y);
        int r = (int)get_class(snapshot, x) - (int)get_class(snapshot, y);

        if (r != 0)
                return r;
        if (p->popularity != q->popularity)
                return p->popularity > q->popularity ? -1 : 1;
        if (p->votes != q->votes)
                return p->votes > q->votes ? -1 : 1;
        return strcmp(omg_layer_get_name(snapshot->aur, x), omg_layer_get_name(snapshot->aur, y));
}

static GArray *find_providers(const Question *question)
{
        OmgAurGraph *graph = question->graph;
        const OmgDepend *depend = question->depend;
        const OmgLayer *aur = graph->snapshot->aur;
        OmgRelationList list =
                omg_relation_find(aur, OMG_RELATION_PROVIDES, depend->name, depend->name_length);
        GArray *found = g_array_new(FALSE, FALSE, sizeof(guint32));

        for (guint i = 0; i < list.n && !is_too_much(graph); i++)
                if (list.ids[i] < omg_layer_get_n_packages(aur) &&
                    !is_own_id(question, list.ids[i]) &&
                    omg_aur_graph_satisfies(graph, aur, list.ids[i], depend))
                        g_array_append_val(found, list.ids[i]);
        g_array_sort_with_data(found, compare_providers, (gpointer)graph->snapshot);
        return found;
}

static gboolean find_in_aur(const Question *question, OmgRow *ret_row, GPtrArray **ret_alternatives)
{
        const OmgLayer *aur = question->graph->snapshot->aur;
        const OmgDepend *depend = question->depend;
        guint32 id = omg_layer_find(aur, depend->name, depend->name_length, NULL);

        *ret_row = (OmgRow){.id = id, .source = OMG_ROW_AUR};
        if (id != OMG_NO_PACKAGE && !is_own_id(question, id) &&
            omg_aur_graph_satisfies(question->graph, aur, id, depend))
                return TRUE;
        g_autoptr(GArray) found = find_providers(question);
        if (found->len == 0)
                return FALSE;
        ret_row->id = g_array_index(found, guint32, 0);
        if (found->len > 1)
                *ret_alternatives = g_ptr_array_new();
        for (guint i = 1; i < MIN(found->len, OMG_LIMIT_AUR_RESOLVE_ALTERNATIVES + 1); i++)
                g_ptr_array_add(*ret_alternatives, (gpointer)omg_layer_get_name(
                                                           aur, g_array_index(found, guint32, i)));
        return TRUE;
}

/* ---- in order ---- */

static gboolean find_installed(const Question *question, OmgRow *ret_row)
{
        *ret_row = (OmgRow){
                .id = omg_installed_choose(question->graph->snapshot, question->depend),
                .source = OMG_ROW_LOCAL,
        };
        return ret_row->id != OMG_NO_PACKAGE;
}

void omg_aur_choose(OmgAurGraph *graph, guint from, OmgAurNeedKind kind, const OmgDepend *depend,
                    OmgRow *ret_row, GPtrArray **ret_alternatives)
{
        Question question = {
                .graph = graph,
                .from = from,
                .is_built_before = kind == OMG_AUR_NEED_MAKE || kind == OMG_AUR_NEED_CHECK,
                .depend = depend,
        };

        *ret_alternatives = NULL;
        graph->steps += OMG_AUR_STEPS_PER_SEARCH;
        if (find_chosen(&question, ONLY_REQUESTED, ret_row) || find_installed(&question, ret_row) ||
            satisfies_itself(&question, ret_row) || find_chosen(&question, ALL_OTHERS, ret_row) ||
            find_in_repositories(&question, ret_row, ret_alternatives) ||
            find_in_aur(&question, ret_row, ret_alternatives) ||
            find_chosen(&question, ONLY_OWN, ret_row))
                return;
        *ret_row = (OmgRow){.id = OMG_NO_PACKAGE};
}
