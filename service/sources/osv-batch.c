/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/osv-batch.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-advisories.h"
#include "base/text.h"
#include "sources/osv.h"
#include "sources/outside-json.h"

static void add_string(JsonBuilder *builder, const char *name, const char *value)
{
        json_builder_set_member_name(builder, name);
        json_builder_add_string_value(builder, value);
}

static void add_query(JsonBuilder *builder, const OmgOsvQuery *query)
{
        json_builder_begin_object(builder);
        json_builder_set_member_name(builder, "package");
        json_builder_begin_object(builder);
        add_string(builder, "name", query->name);
        add_string(builder, "ecosystem", query->ecosystem);
        json_builder_end_object(builder);
        add_string(builder, "version", query->version);
        if (query->page_token)
                add_string(builder, "page_token", query->page_token);
        json_builder_end_object(builder);
}

char *omg_osv_batch_format(const OmgOsvQuery *queries, guint n, GError **error)
{
        g_autoptr(JsonBuilder) builder = json_builder_new();

        if (n == 0 || n > OMG_LIMIT_OSV_BATCH) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "OSV takes 1 to %u questions at once, not %u", OMG_LIMIT_OSV_BATCH, n);
                return NULL;
        }
        json_builder_begin_object(builder);
        json_builder_set_member_name(builder, "queries");
        json_builder_begin_array(builder);
        for (guint i = 0; i < n; i++)
                add_query(builder, &queries[i]);
        json_builder_end_array(builder);
        json_builder_end_object(builder);
        g_autoptr(JsonNode) root = json_builder_get_root(builder);
        return json_to_string(root, FALSE);
}

static void id_clear(OmgOsvId *id)
{
        g_free(id->id);
}

static void result_free(OmgOsvResult *result)
{
        g_array_unref(result->ids);
        g_free(result->page_token);
        g_free(result);
}

static gboolean refuse(GError **error, const char *what)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID, "OSV's answer %s", what);
        return FALSE;
}

static void read_ids(JsonArray *array, OmgOsvResult *result)
{
        for (guint i = 0; i < json_array_get_length(array); i++) {
                JsonObject *object = omg_outside_json_object_at(array, i);
                const char *text = object ? omg_outside_json_string(object, "id") : NULL;
                if (!text || !omg_osv_id_check(text)) {
                        result->n_dropped++;
                        continue;
                }
                OmgOsvId id = {g_strdup(text), omg_outside_json_time(object, "modified")};
                g_array_append_val(result->ids, id);
        }
}

static gboolean read_result(JsonObject *object, GPtrArray *results, guint *total, GError **error)
{
        if (!object)
                return refuse(error, "has a result that is no object");
        JsonArray *array = omg_outside_json_array(object, "vulns");
        const char *token = omg_outside_json_string(object, "next_page_token");
        if (!array && !omg_outside_json_is_null(object, "vulns"))
                return refuse(error, "has \"vulns\" that are no list");
        if (!token && !omg_outside_json_is_null(object, "next_page_token"))
                return refuse(error, "has a page token that is no text");
        if (token && strlen(token) > OMG_LIMIT_OSV_TOKEN)
                return refuse(error, "has a page token that is too long");
        *total += array ? json_array_get_length(array) : 0;
        if (*total > OMG_LIMIT_OSV_IDS)
                return refuse(error, "has too many ids");
        OmgOsvResult *result = g_new0(OmgOsvResult, 1);
        result->ids = g_array_new(FALSE, FALSE, sizeof(OmgOsvId));
        g_array_set_clear_func(result->ids, (GDestroyNotify)id_clear);
        result->page_token = token && *token ? g_strdup(token) : NULL;
        g_ptr_array_add(results, result);
        if (array)
                read_ids(array, result);
        return TRUE;
}

static gboolean refuse_with_message(JsonObject *object, GError **error)
{
        const char *message = object ? omg_outside_json_string(object, "message") : NULL;
        g_autofree char *safe = omg_text_strip(message);

        if (!message || strlen(safe) > OMG_LIMIT_ADVISORY_TEXT)
                return refuse(error, "has no results");
        g_autofree char *what = g_strdup_printf("is a refusal: %s", safe);
        return refuse(error, what);
}

GPtrArray *omg_osv_batch_parse(GBytes *bytes, guint n, GError **error)
{
        g_autoptr(JsonNode) root =
                omg_outside_json_load(bytes, OMG_LIMIT_OSV_ANSWER, OMG_LIMIT_OSV_DEPTH, error);
        g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func((GDestroyNotify)result_free);
        guint total = 0;

        if (!root) {
                g_prefix_error(error, "OSV's answer ");
                return NULL;
        }
        JsonObject *object = JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
        JsonArray *array = object ? omg_outside_json_array(object, "results") : NULL;
        if (!array) {
                refuse_with_message(object, error);
                return NULL;
        }
        if (json_array_get_length(array) != n) {
                refuse(error, "has another number of results than there were questions");
                return NULL;
        }
        for (guint i = 0; i < n; i++)
                if (!read_result(omg_outside_json_object_at(array, i), results, &total, error))
                        return NULL;
        return g_steal_pointer(&results);
}
