/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/aur-resolve.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-resolve.h"
#include "base/version.h"
#include "engine/aur-private.h"
#include "engine/lookup.h"
#include "store/relation-index.h"

typedef struct {
        const OmgSnapshot *snapshot;
        const OmgAurQuery *query;
        OmgAurPlan *plan;
        OmgAurGraph graph;
        GHashTable *missing; /* text → its place in the plan + 1 */
        guint n_relations;
        gsize n_text;
} Work;

/* ---- the plan ---- */

static void item_free(OmgAurItem *item)
{
        g_clear_pointer(&item->builds, g_ptr_array_unref);
        g_clear_pointer(&item->needed_by, g_ptr_array_unref);
        g_clear_pointer(&item->alternatives, g_ptr_array_unref);
        g_clear_pointer(&item->conflicts, g_ptr_array_unref);
        g_free(item);
}

static OmgAurPlan *plan_new(void)
{
        OmgAurPlan *plan = g_new0(OmgAurPlan, 1);

        plan->items = g_ptr_array_new_with_free_func((GDestroyNotify)item_free);
        plan->missing = g_ptr_array_new();
        plan->missing_by = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
        plan->cycles = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
        plan->conflicts = g_ptr_array_new();
        plan->texts = g_string_chunk_new(1024);
        return plan;
}

void omg_aur_plan_free(OmgAurPlan *plan)
{
        if (!plan)
                return;
        g_ptr_array_unref(plan->items);
        g_ptr_array_unref(plan->missing);
        g_ptr_array_unref(plan->missing_by);
        g_ptr_array_unref(plan->cycles);
        g_ptr_array_unref(plan->conflicts);
        g_string_chunk_free(plan->texts);
        g_free(plan);
}

static gboolean count_text(Work *work, const char *text, GError **error)
{
        work->n_text += strlen(text);
        if (work->n_text <= OMG_LIMIT_AUR_RESOLVE_TEXT)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                    "the answer would have more than %u bytes of names: ask for fewer packages at "
                    "a time",
                    OMG_LIMIT_AUR_RESOLVE_TEXT);
        return FALSE;
}

/* @by: the name of an item; NULL: it was asked for. */
static gboolean add_missing(Work *work, const char *text, gsize len, const char *by, GError **error)
{
        OmgAurPlan *plan = work->plan;
        g_autofree char *copy = g_strndup(text, len);
        const char *kept = g_string_chunk_insert_const(plan->texts, copy);
        guint place = GPOINTER_TO_UINT(g_hash_table_lookup(work->missing, kept));

        if (place == 0) {
                g_ptr_array_add(plan->missing, (gpointer)kept);
                g_ptr_array_add(plan->missing_by, g_ptr_array_new());
                place = plan->missing->len;
                g_hash_table_insert(work->missing, (gpointer)kept, GUINT_TO_POINTER(place));
                if (!count_text(work, kept, error))
                        return FALSE;
        }
        GPtrArray *names = plan->missing_by->pdata[place - 1];
        if (!by || (names->len > 0 && names->pdata[names->len - 1] == by))
                return TRUE;
        g_ptr_array_add(names, (gpointer)by);
        return count_text(work, by, error);
}

/* ---- what was asked for ---- */

static gboolean is_of_aur(const OmgName *name)
{
        return name->repository_len == strlen(OMG_REPOSITORY_AUR) &&
               memcmp(name->repository, OMG_REPOSITORY_AUR, name->repository_len) == 0;
}

static OmgRow find_named(const OmgSnapshot *snapshot, const OmgName *name)
{
        OmgRow row = {.id = OMG_NO_PACKAGE, .source = OMG_ROW_SYNC};

        if (!is_of_aur(name))
                row.id = omg_name_find_sync(snapshot, name, NULL);
        if (row.id == OMG_NO_PACKAGE && (is_of_aur(name) || name->repository_len == 0))
                row = (OmgRow){
                        .id = omg_layer_find(snapshot->aur, name->name, strlen(name->name), NULL),
                        .source = OMG_ROW_AUR,
                };
        return row;
}

/* What is installed in its place, when that is not older. */
static OmgRow pass_over_installed(const OmgSnapshot *snapshot, OmgRow row)
{
        const OmgLayer *layer = omg_row_get_layer(snapshot, row.source);
        const char *name = omg_layer_get_name(layer, row.id);
        guint32 id = omg_layer_find(snapshot->local, name, strlen(name), NULL);

        if (id == OMG_NO_PACKAGE || omg_version_compare(omg_layer_get_version(snapshot->local, id),
                                                        omg_layer_get_version(layer, row.id)) < 0)
                return row;
        return (OmgRow){.id = id, .source = OMG_ROW_LOCAL};
}

static gboolean add_requested(Work *work, const char *text, GError **error)
{
        OmgName name;
        guint node;

        if (!omg_name_parse(text, &name, error))
                return FALSE;
        OmgRow row = find_named(work->snapshot, &name);
        if (row.id == OMG_NO_PACKAGE)
                return add_missing(work, text, strlen(text), NULL, error);
        if (work->query->skip_installed)
                row = pass_over_installed(work->snapshot, row);
        if (!omg_aur_graph_add(&work->graph, row, &node, error))
                return FALSE;
        omg_aur_node_at(&work->graph, node)->requested = TRUE;
        return TRUE;
}

/* ---- what that needs ---- */

static gboolean check_relations(const Work *work, GError **error)
{
        if (work->n_relations <= OMG_LIMIT_AUR_RESOLVE_RELATIONS)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                    "the packages have more than %u dependencies: ask for fewer at a time",
                    OMG_LIMIT_AUR_RESOLVE_RELATIONS);
        return FALSE;
}

static void set_alternatives(OmgAurNode *node, GPtrArray *alternatives)
{
        if (!node->alternatives)
                node->alternatives = alternatives;
        else if (alternatives)
                g_ptr_array_unref(alternatives);
}

/* @text is not empty, and without what follows ": ". */
static gboolean add_need(Work *work, guint from, OmgAurNeedKind kind, const OmgDepend *depend,
                         GError **error)
{
        OmgAurGraph *graph = &work->graph;
        gsize len = depend->version
                            ? (gsize)(depend->version + depend->version_length - depend->name)
                            : depend->name_length;
        OmgAurNeed need = {.from = from, .kind = kind, .text = depend->name, .len = (guint32)len};
        GPtrArray *alternatives;
        OmgRow row;
        guint to;

        omg_aur_choose(graph, from, kind, depend, &row, &alternatives);
        if (row.id == OMG_NO_PACKAGE)
                return kind == OMG_AUR_NEED_OPTIONAL ||
                       add_missing(work, need.text, len, omg_aur_node_at(graph, from)->name, error);
        if (!omg_aur_graph_add(graph, row, &to, error)) {
                g_clear_pointer(&alternatives, g_ptr_array_unref);
                return FALSE;
        }
        set_alternatives(omg_aur_node_at(graph, to), alternatives);
        need.to = to;
        g_array_append_val(graph->needs, need);
        return TRUE;
}

static gboolean add_needs_of_field(Work *work, guint from, OmgAurNeedKind kind, OmgField field,
                                   GError **error)
{
        const OmgRow *row = &omg_aur_node_at(&work->graph, from)->row;
        const OmgLayer *layer = omg_row_get_layer(work->snapshot, row->source);
        OmgStrvCursor cursor = omg_layer_get_strv(layer, row->id, field);
        const char *text;
        gsize len;

        while (omg_strv_cursor_next(&cursor, &text, &len)) {
                OmgDepend depend;
                omg_depend_parse(text, (gssize)len, &depend);
                work->n_relations++;
                if (!check_relations(work, error) || !omg_aur_graph_check(&work->graph, error) ||
                    (len > 0 && !add_need(work, from, kind, &depend, error)))
                        return FALSE;
        }
        return TRUE;
}

static gboolean is_followed(const Work *work, const OmgAurNode *node, OmgAurNeedKind kind)
{
        switch (kind) {
        case OMG_AUR_NEED_RUN:
                return node->row.source != OMG_ROW_LOCAL;
        case OMG_AUR_NEED_MAKE:
                return node->row.source == OMG_ROW_AUR;
        case OMG_AUR_NEED_CHECK:
                return node->row.source == OMG_ROW_AUR && !work->query->without_check;
        case OMG_AUR_NEED_OPTIONAL:
                return node->row.source != OMG_ROW_LOCAL && node->requested &&
                       work->query->with_optional;
        }
        return FALSE;
}

static gboolean add_needs(Work *work, guint node, GError **error)
{
        static const struct {
                OmgAurNeedKind kind;
                OmgField field;
        } kinds[] = {
                {OMG_AUR_NEED_RUN, OMG_FIELD_DEPENDS},
                {OMG_AUR_NEED_MAKE, OMG_FIELD_MAKEDEPENDS},
                {OMG_AUR_NEED_CHECK, OMG_FIELD_CHECKDEPENDS},
                {OMG_AUR_NEED_OPTIONAL, OMG_FIELD_OPTDEPENDS},
        };
        OmgAurGraph *graph = &work->graph;

        omg_aur_node_at(graph, node)->first_need = graph->needs->len;
        for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
                if (is_followed(work, omg_aur_node_at(graph, node), kinds[i].kind) &&
                    !add_needs_of_field(work, node, kinds[i].kind, kinds[i].field, error))
                        return FALSE;
        OmgAurNode *done = omg_aur_node_at(graph, node);
        done->n_needs = graph->needs->len - done->first_need;
        return TRUE;
}

/* Nearest first: what is met is expanded in the order in which it was met. */
static gboolean find_all(Work *work, GError **error)
{
        for (const char *const *name = work->query->names; *name; name++)
                if (!add_requested(work, *name, error))
                        return FALSE;
        for (guint node = 0; node < work->graph.nodes->len; node++)
                if (!add_needs(work, node, error))
                        return FALSE;
        return TRUE;
}

/* What is installed and satisfied a dependency may be upgraded by an item: then that must stand
 * before what needs it; and when it does not satisfy any more, they cannot both be had. */
static void follow_upgrades(Work *work)
{
        OmgAurGraph *graph = &work->graph;

        for (guint i = 0; i < graph->needs->len; i++) {
                OmgAurNeed *need = omg_aur_need_at(graph, i);
                const OmgAurNode *from = omg_aur_node_at(graph, need->from);
                const OmgAurNode *to = omg_aur_node_at(graph, need->to);
                guint item = to->row.source == OMG_ROW_LOCAL
                                     ? omg_aur_graph_find_named(graph, to->name)
                                     : G_MAXUINT;
                if (item == G_MAXUINT || item == need->from ||
                    omg_aur_is_sibling(from, omg_aur_node_at(graph, item)))
                        continue;
                const OmgRow *row = &omg_aur_node_at(graph, item)->row;
                OmgDepend depend;
                omg_depend_parse(need->text, (gssize)need->len, &depend);
                if (omg_aur_graph_satisfies(graph, omg_row_get_layer(work->snapshot, row->source),
                                            row->id, &depend))
                        need->to = item;
                else if (need->kind != OMG_AUR_NEED_OPTIONAL)
                        omg_aur_add_conflict(graph, work->plan, from->name, to->name);
        }
}

/* ---- items ---- */

/* Nodes that what was asked for needs to run. */
static guint8 *find_running(const OmgAurGraph *graph)
{
        guint8 *runs = g_new0(guint8, graph->nodes->len + 1);
        g_autoptr(GArray) queue = g_array_new(FALSE, FALSE, sizeof(guint32));

        for (guint32 i = 0; i < graph->nodes->len; i++)
                if (omg_aur_node_at(graph, i)->requested && (runs[i] = TRUE))
                        g_array_append_val(queue, i);
        for (guint i = 0; i < queue->len; i++) {
                const OmgAurNode *node = omg_aur_node_at(graph, g_array_index(queue, guint32, i));
                for (guint k = 0; k < node->n_needs; k++) {
                        const OmgAurNeed *need = omg_aur_need_at(graph, node->first_need + k);
                        if (!(need->kind & (OMG_AUR_NEED_RUN | OMG_AUR_NEED_OPTIONAL)) ||
                            runs[need->to])
                                continue;
                        runs[need->to] = TRUE;
                        g_array_append_val(queue, need->to);
                }
        }
        return runs;
}

static gboolean add_name(Work *work, GPtrArray **names, const char *name, GError **error)
{
        if (!*names)
                *names = g_ptr_array_new();
        g_ptr_array_add(*names, (gpointer)name);
        return count_text(work, name, error);
}

/* The item of each node; needs stand by who has them, so one that has two for it comes twice in a
 * row. */
static gboolean fill_items(Work *work, OmgAurItem **items, GError **error)
{
        OmgAurGraph *graph = &work->graph;
        g_autofree guint8 *runs = find_running(graph);

        for (guint i = 0; i < graph->nodes->len; i++) {
                OmgAurNode *node = omg_aur_node_at(graph, i);
                items[i] = g_new(OmgAurItem, 1);
                *items[i] = (OmgAurItem){
                        .row = node->row,
                        .requested = node->requested,
                        .make_only = !runs[i],
                        .base = node->base
                                        ? g_string_chunk_insert_const(work->plan->texts, node->base)
                                        : NULL,
                        .alternatives = g_steal_pointer(&node->alternatives),
                        .conflicts = g_steal_pointer(&node->conflicts),
                };
        }
        for (guint i = 0; i < graph->needs->len; i++) {
                const OmgAurNeed *need = omg_aur_need_at(graph, i);
                const char *by = omg_aur_node_at(graph, need->from)->name;
                OmgAurItem *item = items[need->to];
                GPtrArray *names = item->needed_by;
                item->kinds |= need->kind;
                if (names && names->pdata[names->len - 1] == by)
                        continue;
                if (!add_name(work, &item->needed_by, by, error))
                        return FALSE;
        }
        return TRUE;
}

/* Of what is installed there is an item only where one is wanted; it may be needed no more. */
static gboolean is_told(const Work *work, const OmgAurItem *item)
{
        return item->row.source != OMG_ROW_LOCAL ||
               (work->query->with_installed && (item->requested || item->needed_by));
}

static gboolean count_item(Work *work, const OmgAurItem *item, const OmgAurNode *node,
                           GError **error)
{
        const GPtrArray *lists[] = {item->alternatives, item->conflicts};

        for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
                for (guint k = 0; lists[i] && k < lists[i]->len; k++)
                        if (!count_text(work, lists[i]->pdata[k], error))
                                return FALSE;
        return count_text(work, node->name, error) && count_text(work, node->version, error);
}

/* In build order, those of one base behind its first, which has all their names. */
static gboolean add_items(Work *work, const GArray *order, OmgAurItem **items, GError **error)
{
        GPtrArray *list = work->plan->items;
        OmgAurItem *first = NULL;

        for (guint i = 0; i < order->len; i++) {
                guint node = g_array_index(order, guint32, i);
                OmgAurItem *item = items[node];
                if (!is_told(work, item))
                        continue;
                items[node] = NULL;
                g_ptr_array_add(list, item);
                if (!count_item(work, item, omg_aur_node_at(&work->graph, node), error))
                        return FALSE;
                if (!item->base)
                        continue;
                if (!first || first->base != item->base)
                        first = item;
                if (!add_name(work, &first->builds, omg_aur_node_at(&work->graph, node)->name,
                              error))
                        return FALSE;
        }
        return TRUE;
}

static gboolean make_items(Work *work, GError **error)
{
        g_autoptr(GArray) order = omg_aur_order(&work->graph, work->plan);
        guint n = work->graph.nodes->len;
        g_autofree OmgAurItem **items = g_new0(OmgAurItem *, n + 1);
        gboolean done = fill_items(work, items, error) && add_items(work, order, items, error);

        for (guint i = 0; i < n; i++)
                if (items[i])
                        item_free(items[i]);
        return done;
}

/* ---- all ---- */

static gboolean check_snapshot(const OmgSnapshot *snapshot, GError **error)
{
        if (!snapshot->aur)
                omg_aur_feed_set_missing(&snapshot->aur_feed, error);
        else if (!snapshot->local || !snapshot->sync)
                omg_snapshot_set_missing(snapshot, snapshot->local ? "sync" : "local", error);
        else
                return TRUE;
        return FALSE;
}

OmgAurPlan *omg_aur_resolve(const OmgSnapshot *snapshot, const OmgAurQuery *query,
                            const OmgInterrupt *interrupt, GError **error)
{
        if (!check_snapshot(snapshot, error))
                return NULL;

        g_autoptr(OmgAurPlan) plan = plan_new();
        g_autoptr(GHashTable) missing = g_hash_table_new(g_str_hash, g_str_equal);
        Work work = {.snapshot = snapshot, .query = query, .plan = plan, .missing = missing};

        omg_aur_graph_init(&work.graph, snapshot, interrupt);
        gboolean done = find_all(&work, error);
        if (done) {
                follow_upgrades(&work);
                done = omg_aur_find_conflicts(&work.graph, plan, error) && make_items(&work, error);
        }
        omg_aur_graph_clear(&work.graph);
        return done ? g_steal_pointer(&plan) : NULL;
}
