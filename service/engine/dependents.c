/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/dependents.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "engine/providers.h"

/* ---- who needs one package ---- */

/* What a package offers, parsed once. */
typedef struct {
        const char *name, *version;
        GArray *provisions; /* OmgDepend */
} Offer;

static void add_provisions(const OmgLayer *layer, guint32 id, GArray *provisions)
{
        OmgStrvCursor cursor = omg_layer_get_strv(layer, id, OMG_FIELD_PROVIDES);
        const char *text;
        gsize len;

        while (omg_strv_cursor_next(&cursor, &text, &len)) {
                OmgDepend provision;
                omg_depend_parse(text, (gssize)len, &provision);
                g_array_append_val(provisions, provision);
        }
}

static gboolean satisfies(const Offer *offer, const OmgDepend *depend)
{
        if (omg_depend_matches_literal(depend, offer->name, offer->version))
                return TRUE;
        for (guint i = 0; i < offer->provisions->len; i++)
                if (omg_depend_matches_provision(depend,
                                                 &g_array_index(offer->provisions, OmgDepend, i)))
                        return TRUE;
        return FALSE;
}

static gboolean needs(const OmgLayer *layer, guint32 id, OmgRelation relation, const Offer *offer)
{
        OmgStrvCursor cursor = omg_layer_get_strv(layer, id, omg_relation_get_field(relation));
        const char *text;
        gsize len;

        while (omg_strv_cursor_next(&cursor, &text, &len)) {
                OmgDepend depend;
                omg_depend_parse(text, (gssize)len, &depend);
                if (satisfies(offer, &depend))
                        return TRUE;
        }
        return FALSE;
}

static int compare_ids(gconstpointer a, gconstpointer b)
{
        guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;

        return x < y ? -1 : x > y;
}

/* Those that name the package or something it provides, each once. */
static GArray *find_candidates(const OmgLayer *layer, OmgRelation relation, const Offer *offer)
{
        GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));
        OmgRelationList list = omg_relation_find(layer, relation, offer->name, strlen(offer->name));

        g_array_append_vals(ids, list.ids, list.n);
        for (guint i = 0; i < offer->provisions->len; i++) {
                const OmgDepend *provision = &g_array_index(offer->provisions, OmgDepend, i);
                list = omg_relation_find(layer, relation, provision->name, provision->name_length);
                g_array_append_vals(ids, list.ids, list.n);
        }
        if (offer->provisions->len > 0)
                g_array_sort(ids, compare_ids);
        return ids;
}

/* By their bytes; a name that two repositories hold stays once. */
static void sort_names(GPtrArray *names)
{
        guint n = 0;

        g_ptr_array_sort(names, omg_text_compare_pointers);
        for (guint i = 0; i < names->len; i++)
                if (i == 0 || strcmp(names->pdata[i], names->pdata[n - 1]) != 0)
                        names->pdata[n++] = names->pdata[i];
        g_ptr_array_set_size(names, (gint)n);
}

GPtrArray *omg_dependents_find(const OmgLayer *layer, guint32 id, OmgRelation relation)
{
        GPtrArray *names = g_ptr_array_new();
        g_autoptr(GArray) provisions = g_array_new(FALSE, FALSE, sizeof(OmgDepend));
        Offer offer = {omg_layer_get_name(layer, id), omg_layer_get_version(layer, id), provisions};

        add_provisions(layer, id, provisions);
        g_autoptr(GArray) candidates = find_candidates(layer, relation, &offer);
        for (guint i = 0; i < candidates->len; i++) {
                guint32 candidate = g_array_index(candidates, guint32, i);
                if (i > 0 && candidate == g_array_index(candidates, guint32, i - 1))
                        continue;
                if (needs(layer, candidate, relation, &offer))
                        g_ptr_array_add(names, (gpointer)omg_layer_get_name(layer, candidate));
        }
        sort_names(names);
        return names;
}

/* ---- answers for several names ---- */

void omg_relation_answer_free(OmgRelationAnswer *answer)
{
        if (!answer)
                return;
        g_ptr_array_unref(answer->found);
        g_ptr_array_unref(answer->lists);
        g_ptr_array_unref(answer->missing);
        g_ptr_array_unref(answer->unsatisfied);
        g_free(answer);
}

static OmgRelationAnswer *answer_new(void)
{
        OmgRelationAnswer *answer = g_new(OmgRelationAnswer, 1);

        answer->found = g_ptr_array_new();
        answer->lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
        answer->missing = g_ptr_array_new();
        answer->unsatisfied = g_ptr_array_new_with_free_func(g_free);
        return answer;
}

typedef struct {
        const OmgSnapshot *snapshot;
        const OmgRelationQuery *query;
        OmgRelationAnswer *answer;
        GHashTable *direct;      /* of DependsOn: row → GArray of OmgRow, by DEPENDS */
        GHashTable *unsatisfied; /* likewise: what answer->unsatisfied has */
} Task;

/* The list for one package; new. */
typedef GPtrArray *(*ListFunc)(Task *task, OmgRow row);

static gboolean answer_name(Task *task, const char *name, ListFunc list, guint *total,
                            GError **error)
{
        OmgRelationAnswer *answer = task->answer;
        OmgRow row;

        if (!omg_lookup(task->snapshot, name, task->query->source, &row, error))
                return FALSE;
        if (row.id == OMG_NO_PACKAGE) {
                g_ptr_array_add(answer->missing, (gpointer)name);
                return TRUE;
        }
        GPtrArray *names = list(task, row);
        g_ptr_array_add(answer->found, (gpointer)name);
        g_ptr_array_add(answer->lists, names);
        *total += names->len;
        if (*total <= OMG_LIMIT_RELATION_NAMES)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                    "the answer would have more than %u names: ask for fewer packages at a time",
                    OMG_LIMIT_RELATION_NAMES);
        return FALSE;
}

static gboolean answer_all(Task *task, ListFunc list, const OmgInterrupt *interrupt, GError **error)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        guint total = 0;

        for (const char *const *name = task->query->names; *name; name++) {
                if (omg_interrupt_is_cancelled(interrupt)) {
                        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_CANCELLED,
                                            "nobody waits for the answer");
                        return FALSE;
                }
                /* A dictionary has each key once. */
                if (g_hash_table_add(seen, (gpointer)*name) &&
                    !answer_name(task, *name, list, &total, error))
                        return FALSE;
        }
        return TRUE;
}

static const OmgLayer *get_layer(const Task *task, OmgRow row)
{
        return omg_row_get_layer(task->snapshot, row.source);
}

static GPtrArray *list_dependents(Task *task, OmgRow row)
{
        return omg_dependents_find(get_layer(task, row), row.id, task->query->relation);
}

OmgRelationAnswer *omg_required_by(const OmgSnapshot *snapshot, const OmgRelationQuery *query,
                                   const OmgInterrupt *interrupt, GError **error)
{
        g_autoptr(OmgRelationAnswer) answer = answer_new();
        Task task = {.snapshot = snapshot, .query = query, .answer = answer};

        return answer_all(&task, list_dependents, interrupt, error) ? g_steal_pointer(&answer)
                                                                    : NULL;
}

/* ---- what packages need ---- */

static void add_unsatisfied(Task *task, const char *text, gsize len)
{
        g_autofree char *copy = g_strndup(text, len);

        if (g_hash_table_contains(task->unsatisfied, copy))
                return;
        g_hash_table_add(task->unsatisfied, copy);
        g_ptr_array_add(task->answer->unsatisfied, g_steal_pointer(&copy));
}

static GArray *choose_all(Task *task, OmgRow row, OmgRelation relation)
{
        GArray *rows = g_array_new(FALSE, FALSE, sizeof(OmgRow));
        OmgStrvCursor cursor =
                omg_layer_get_strv(get_layer(task, row), row.id, omg_relation_get_field(relation));
        const char *text;
        gsize len;

        while (omg_strv_cursor_next(&cursor, &text, &len)) {
                OmgDepend depend;
                OmgRow chosen;
                omg_depend_parse(text, (gssize)len, &depend);
                omg_satisfier_choose(task->snapshot, &depend, &chosen);
                if (chosen.id != OMG_NO_PACKAGE)
                        g_array_append_val(rows, chosen);
                else
                        add_unsatisfied(task, text, len);
        }
        return rows;
}

/* The packages that satisfy what one needs; kept, for most are met again and again. */
static const GArray *get_direct(Task *task, OmgRow row)
{
        gpointer key = GSIZE_TO_POINTER((gsize)row.id * OMG_ROW_N + row.source);
        GArray *rows = g_hash_table_lookup(task->direct, key);

        if (!rows) {
                rows = choose_all(task, row, OMG_RELATION_DEPENDS);
                g_hash_table_insert(task->direct, key, rows);
        }
        return rows;
}

/* Adds those whose names are not in @names yet to it, and to @rows. */
static void add_rows(const Task *task, const GArray *found, GHashTable *seen, GPtrArray *names,
                     GArray *rows)
{
        for (guint i = 0; i < found->len; i++) {
                OmgRow row = g_array_index(found, OmgRow, i);
                const char *name = omg_layer_get_name(get_layer(task, row), row.id);
                if (!g_hash_table_add(seen, (gpointer)name))
                        continue;
                g_ptr_array_add(names, (gpointer)name);
                g_array_append_val(rows, row);
        }
}

static GPtrArray *list_dependencies(Task *task, OmgRow row)
{
        GPtrArray *names = g_ptr_array_new();
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(OmgRow));
        g_autoptr(GArray) first = choose_all(task, row, task->query->relation);

        if (task->query->recursive)
                g_hash_table_add(seen, (gpointer)omg_layer_get_name(get_layer(task, row), row.id));
        add_rows(task, first, seen, names, rows);
        for (guint i = 0; task->query->recursive && i < rows->len; i++)
                add_rows(task, get_direct(task, g_array_index(rows, OmgRow, i)), seen, names, rows);
        return names;
}

OmgRelationAnswer *omg_depends_on(const OmgSnapshot *snapshot, const OmgRelationQuery *query,
                                  const OmgInterrupt *interrupt, GError **error)
{
        g_autoptr(OmgRelationAnswer) answer = answer_new();
        g_autoptr(GHashTable) direct =
                g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
        g_autoptr(GHashTable) unsatisfied = g_hash_table_new(g_str_hash, g_str_equal);
        Task task = {snapshot, query, answer, direct, unsatisfied};

        return answer_all(&task, list_dependencies, interrupt, error) ? g_steal_pointer(&answer)
                                                                      : NULL;
}
