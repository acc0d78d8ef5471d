/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "base/limits-resolve.h"
#include "engine/aur-private.h"
#include "store/package-codec.h"
#include "store/relation-index.h"

void omg_aur_graph_init(OmgAurGraph *graph, const OmgSnapshot *snapshot,
                        const OmgInterrupt *interrupt)
{
        *graph = (OmgAurGraph){
                .snapshot = snapshot,
                .nodes = g_array_new(FALSE, FALSE, sizeof(OmgAurNode)),
                .needs = g_array_new(FALSE, FALSE, sizeof(OmgAurNeed)),
                .rows = g_hash_table_new(NULL, NULL),
                .offers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                (GDestroyNotify)g_array_unref),
                .conflicts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                .texts = g_string_chunk_new(4096),
                .interrupt = interrupt,
        };
}

void omg_aur_graph_clear(OmgAurGraph *graph)
{
        for (guint i = 0; i < graph->nodes->len; i++) {
                OmgAurNode *node = omg_aur_node_at(graph, i);
                g_clear_pointer(&node->alternatives, g_ptr_array_unref);
                g_clear_pointer(&node->conflicts, g_ptr_array_unref);
        }
        g_array_unref(graph->nodes);
        g_array_unref(graph->needs);
        g_hash_table_unref(graph->rows);
        g_hash_table_unref(graph->offers);
        g_hash_table_unref(graph->conflicts);
        if (graph->texts)
                g_string_chunk_free(graph->texts);
}

static const char *keep_text(OmgAurGraph *graph, const char *text, gsize len)
{
        g_autofree char *copy = g_strndup(text, len);

        return g_string_chunk_insert_const(graph->texts, copy);
}

static void add_offer(OmgAurGraph *graph, const char *name, gsize len, guint node)
{
        if (graph->n_offers++ >= OMG_LIMIT_AUR_RESOLVE_RELATIONS)
                return; /* omg_aur_graph_check() makes it an error */
        const char *key = keep_text(graph, name, len);
        GArray *offers = g_hash_table_lookup(graph->offers, key);

        if (!offers) {
                offers = g_array_new(FALSE, FALSE, sizeof(guint32));
                g_hash_table_insert(graph->offers, (gpointer)key, offers);
        }
        if (offers->len == 0 || g_array_index(offers, guint32, offers->len - 1) != node)
                g_array_append_val(offers, node);
}

static void add_offers(OmgAurGraph *graph, const OmgLayer *layer, const OmgAurNode *node,
                       guint index)
{
        OmgStrvCursor cursor = omg_layer_get_strv(layer, node->row.id, OMG_FIELD_PROVIDES);
        const char *text;
        gsize len;

        add_offer(graph, node->name, strlen(node->name), index);
        while (omg_strv_cursor_next(&cursor, &text, &len)) {
                OmgDepend provision;
                omg_depend_parse(text, (gssize)len, &provision);
                add_offer(graph, provision.name, provision.name_length, index);
        }
}

/* Its PackageBase; one that the AUR does not name is the package itself. */
static const char *get_base(OmgAurGraph *graph, const OmgLayer *aur, guint32 id)
{
        const OmgPackageRecord *record = omg_layer_get_record(aur, id);
        const guint8 *details, *payload = NULL;
        const char *name = omg_layer_get_name(aur, id);
        gsize size, len;

        details = omg_layer_get_section(aur, OMG_SECTION_DETAILS, &size);
        if (record->details > size || record->details_size > size - record->details ||
            !omg_package_find_field(details + record->details, record->details_size, OMG_FIELD_BASE,
                                    &payload, &len))
                omg_layer_set_malformed(aur);
        return payload ? keep_text(graph, (const char *)payload, len)
                       : keep_text(graph, name, strlen(name));
}

gboolean omg_aur_graph_add(OmgAurGraph *graph, OmgRow row, guint *ret_node, GError **error)
{
        gpointer key = GSIZE_TO_POINTER((gsize)row.id * OMG_ROW_N + row.source + 1);
        guint known = GPOINTER_TO_UINT(g_hash_table_lookup(graph->rows, key));
        const OmgLayer *layer = omg_row_get_layer(graph->snapshot, row.source);

        if (known > 0) {
                *ret_node = known - 1;
                return TRUE;
        }
        if (graph->nodes->len == OMG_LIMIT_AUR_RESOLVE_PACKAGES) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "the names come to more than %u packages: ask for fewer at a time",
                            OMG_LIMIT_AUR_RESOLVE_PACKAGES);
                return FALSE;
        }
        OmgAurNode node = {
                .row = row,
                .name = omg_layer_get_name(layer, row.id),
                .version = omg_layer_get_version(layer, row.id),
                .base = row.source == OMG_ROW_AUR ? get_base(graph, layer, row.id) : NULL,
        };
        guint index = graph->nodes->len;
        g_array_append_val(graph->nodes, node);
        g_hash_table_insert(graph->rows, key, GUINT_TO_POINTER(index + 1));
        if (row.source != OMG_ROW_LOCAL)
                add_offers(graph, layer, &node, index);
        *ret_node = index;
        return TRUE;
}

const GArray *omg_aur_graph_find(const OmgAurGraph *graph, const char *name, gsize len)
{
        g_autofree char *key = g_strndup(name, len);

        return g_hash_table_lookup(graph->offers, key);
}

guint omg_aur_graph_find_named(const OmgAurGraph *graph, const char *name)
{
        const GArray *offers = g_hash_table_lookup(graph->offers, name);

        for (guint i = 0; offers && i < offers->len; i++) {
                guint node = g_array_index(offers, guint32, i);
                if (strcmp(omg_aur_node_at(graph, node)->name, name) == 0)
                        return node;
        }
        return G_MAXUINT;
}

gboolean omg_aur_graph_satisfies(OmgAurGraph *graph, const OmgLayer *layer, guint32 id,
                                 const OmgDepend *depend)
{
        OmgStrvCursor cursor;
        const char *text;
        gsize len;

        graph->steps++;
        if (omg_depend_matches_literal(depend, omg_layer_get_name(layer, id),
                                       omg_layer_get_version(layer, id)))
                return TRUE;
        cursor = omg_layer_get_strv(layer, id, OMG_FIELD_PROVIDES);
        while (omg_strv_cursor_next(&cursor, &text, &len)) {
                OmgDepend provision;
                omg_depend_parse(text, (gssize)len, &provision);
                graph->steps++;
                if (omg_depend_matches_provision(depend, &provision))
                        return TRUE;
        }
        return FALSE;
}

gboolean omg_aur_graph_check(const OmgAurGraph *graph, GError **error)
{
        if (omg_interrupt_is_cancelled(graph->interrupt)) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_CANCELLED,
                                    "nobody waits for the answer");
                return FALSE;
        }
        if (graph->n_offers > OMG_LIMIT_AUR_RESOLVE_RELATIONS) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "the packages provide more than %u names: ask for fewer at a time",
                            OMG_LIMIT_AUR_RESOLVE_RELATIONS);
                return FALSE;
        }
        if (graph->steps <= OMG_LIMIT_AUR_RESOLVE_STEPS)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                    "more than %u names and provisions would have to be compared: ask for fewer "
                    "packages at a time",
                    OMG_LIMIT_AUR_RESOLVE_STEPS);
        return FALSE;
}
