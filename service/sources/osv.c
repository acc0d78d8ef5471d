/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/osv.h"

#include <string.h>

#include "base/ecosystem.h"
#include "base/error.h"
#include "base/limits-advisories.h"
#include "base/text.h"
#include "sources/outside-json.h"

#define ID_LENGTH 100u

static const char *const kinds[OMG_OSV_EVENT_N] = {
        [OMG_OSV_LIMIT] = "limit",
        [OMG_OSV_LAST_AFFECTED] = "last_affected",
        [OMG_OSV_FIXED] = "fixed",
        [OMG_OSV_INTRODUCED] = "introduced",
};

static void event_clear(OmgOsvEvent *event)
{
        g_free(event->version);
}

static void range_free(OmgOsvRange *range)
{
        g_array_unref(range->events);
        g_free(range);
}

static void affected_free(OmgOsvAffected *affected)
{
        g_free(affected->ecosystem);
        g_free(affected->name);
        g_ptr_array_unref(affected->ranges);
        g_strfreev(affected->versions);
        g_strfreev(affected->vectors);
        g_free(affected);
}

void omg_osv_record_free(OmgOsvRecord *record)
{
        if (!record)
                return;
        g_free(record->id);
        g_free(record->summary);
        g_strfreev(record->references);
        g_strfreev(record->aliases);
        g_strfreev(record->vectors);
        g_ptr_array_unref(record->affected);
        g_free(record);
}

gboolean omg_osv_id_check(const char *id)
{
        gsize length = strlen(id);

        for (gsize i = 0; i < length; i++)
                if (!g_ascii_isalnum(id[i]) && !strchr("-_.:+", id[i]))
                        return FALSE;
        return length > 0 && length <= ID_LENGTH && id[0] != '.';
}

static gboolean is_text(const char *text, gsize max)
{
        return text && *text && strlen(text) <= max;
}

static GStrv read_vectors(JsonObject *object)
{
        JsonArray *array = omg_outside_json_array(object, "severity");
        guint n = array ? MIN(json_array_get_length(array), OMG_LIMIT_OSV_ALIASES) : 0;
        g_autoptr(GPtrArray) vectors = g_ptr_array_new();

        for (guint i = 0; i < n; i++) {
                JsonObject *one = omg_outside_json_object_at(array, i);
                const char *type = one ? omg_outside_json_string(one, "type") : NULL;
                const char *score = one ? omg_outside_json_string(one, "score") : NULL;
                if (type && g_str_has_prefix(type, "CVSS_") &&
                    is_text(score, OMG_LIMIT_ADVISORY_TEXT))
                        g_ptr_array_add(vectors, (char *)score);
        }
        return omg_text_make_list(vectors, omg_text_compare_pointers);
}

static GStrv read_aliases(JsonObject *object, const char *id)
{
        JsonArray *array = omg_outside_json_array(object, "aliases");
        guint n = array ? MIN(json_array_get_length(array), OMG_LIMIT_OSV_ALIASES) : 0;
        g_autoptr(GPtrArray) aliases = g_ptr_array_new();

        for (guint i = 0; i < n; i++) {
                const char *alias = omg_outside_json_string_at(array, i);
                if (alias && omg_osv_id_check(alias) && strcmp(alias, id) != 0)
                        g_ptr_array_add(aliases, (char *)alias);
        }
        return omg_text_make_list(aliases, omg_text_compare_pointers);
}

/* FALSE for what no range may hold. */
static gboolean read_event(JsonObject *object, GArray *events)
{
        gboolean found = FALSE;

        for (guint kind = 0; kind < OMG_OSV_EVENT_N; kind++) {
                if (omg_outside_json_is_null(object, kinds[kind]))
                        continue;
                const char *version = omg_outside_json_string(object, kinds[kind]);
                if (!is_text(version, OMG_LIMIT_ADVISORY_VERSION))
                        return FALSE;
                OmgOsvEvent event = {kind, g_strdup(version)};
                g_array_append_val(events, event);
                found = TRUE;
        }
        return found;
}

static gboolean has_introduced(const GArray *events)
{
        for (guint i = 0; i < events->len; i++)
                if (g_array_index(events, OmgOsvEvent, i).kind == OMG_OSV_INTRODUCED)
                        return TRUE;
        return FALSE;
}

/* NULL for one that makes no sense. */
static OmgOsvRange *read_range(JsonObject *object, gboolean is_semver)
{
        JsonArray *array = omg_outside_json_array(object, "events");
        guint n = array ? json_array_get_length(array) : 0;
        OmgOsvRange *range = g_new0(OmgOsvRange, 1);
        gboolean good = n > 0 && n <= OMG_LIMIT_OSV_LIST;

        range->is_semver = is_semver;
        range->events = g_array_new(FALSE, FALSE, sizeof(OmgOsvEvent));
        g_array_set_clear_func(range->events, (GDestroyNotify)event_clear);
        for (guint i = 0; good && i < n; i++) {
                JsonObject *event = omg_outside_json_object_at(array, i);
                good = event && read_event(event, range->events);
        }
        if (good && has_introduced(range->events))
                return range;
        range_free(range);
        return NULL;
}

static void read_ranges(JsonObject *object, OmgOsvAffected *affected)
{
        JsonArray *array = omg_outside_json_array(object, "ranges");
        guint n = array ? json_array_get_length(array) : 0;

        if (n > OMG_LIMIT_OSV_LIST || (!array && !omg_outside_json_is_null(object, "ranges")))
                affected->uncertain = TRUE;
        for (guint i = 0; i < MIN(n, OMG_LIMIT_OSV_LIST); i++) {
                JsonObject *one = omg_outside_json_object_at(array, i);
                const char *type = one ? omg_outside_json_string(one, "type") : NULL;
                if (g_strcmp0(type, "GIT") == 0)
                        continue;
                gboolean is_semver = g_strcmp0(type, "SEMVER") == 0;
                OmgOsvRange *range = is_semver || g_strcmp0(type, "ECOSYSTEM") == 0
                                             ? read_range(one, is_semver)
                                             : NULL;
                if (range)
                        g_ptr_array_add(affected->ranges, range);
                else
                        affected->uncertain = TRUE;
        }
}

/* Ranges say all; only where there is none, a list that cannot be read leaves something open. */
static void read_versions(JsonObject *object, OmgOsvAffected *affected)
{
        JsonArray *array = omg_outside_json_array(object, "versions");
        guint n = array ? json_array_get_length(array) : 0;
        g_autoptr(GPtrArray) versions = g_ptr_array_new();
        gboolean good = n <= OMG_LIMIT_OSV_LIST;

        for (guint i = 0; i < MIN(n, OMG_LIMIT_OSV_LIST); i++) {
                const char *version = omg_outside_json_string_at(array, i);
                if (is_text(version, OMG_LIMIT_ADVISORY_VERSION))
                        g_ptr_array_add(versions, (char *)version);
                else
                        good = FALSE;
        }
        if (!good || (affected->ranges->len == 0 && versions->len == 0))
                affected->uncertain = TRUE;
        affected->versions = omg_text_make_list(versions, omg_text_compare_pointers);
}

/* NULL for one that names no package. */
static OmgOsvAffected *read_affected(JsonObject *object)
{
        JsonObject *package = object ? omg_outside_json_object(object, "package") : NULL;
        const char *ecosystem = package ? omg_outside_json_string(package, "ecosystem") : NULL;
        const char *name = package ? omg_outside_json_string(package, "name") : NULL;

        if (!is_text(ecosystem, OMG_LIMIT_ADVISORY_TEXT) || !is_text(name, OMG_LIMIT_ADVISORY_TEXT))
                return NULL;
        OmgOsvAffected *affected = g_new0(OmgOsvAffected, 1);
        affected->ecosystem = g_strdup(ecosystem);
        affected->name = omg_ecosystem_normalise(ecosystem, name);
        affected->ranges = g_ptr_array_new_with_free_func((GDestroyNotify)range_free);
        affected->vectors = read_vectors(object);
        read_ranges(object, affected);
        read_versions(object, affected);
        return affected;
}

static OmgOsvRecord *read_record(JsonObject *object, const char *id, JsonArray *array)
{
        OmgOsvRecord *record = g_new0(OmgOsvRecord, 1);
        JsonObject *specific = omg_outside_json_object(object, "database_specific");

        record->id = g_strdup(id);
        record->modified_usec = omg_outside_json_time(object, "modified");
        record->summary = omg_outside_json_cut(omg_outside_json_string(object, "summary"),
                                               OMG_LIMIT_ADVISORY_TEXT);
        record->references = omg_outside_json_links(object, "references", "url");
        record->aliases = read_aliases(object, id);
        record->vectors = read_vectors(object);
        record->severity = omg_severity_from_word(
                specific ? omg_outside_json_string(specific, "severity") : NULL);
        record->affected = g_ptr_array_new_with_free_func((GDestroyNotify)affected_free);
        for (guint i = 0; array && i < json_array_get_length(array); i++) {
                OmgOsvAffected *one = read_affected(omg_outside_json_object_at(array, i));
                if (one)
                        g_ptr_array_add(record->affected, one);
        }
        return record;
}

static gboolean refuse(GError **error, const char *what)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID, "the OSV record %s", what);
        return FALSE;
}

/* The object of a record, checked as far as all readers need; the caller's node holds it. */
static JsonObject *load(GBytes *bytes, JsonNode **ret_root, GError **error)
{
        g_autoptr(JsonNode) root =
                omg_outside_json_load(bytes, OMG_LIMIT_OSV_RECORD, OMG_LIMIT_OSV_DEPTH, error);

        if (!root) {
                g_prefix_error(error, "the OSV record ");
                return NULL;
        }
        JsonObject *object = JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
        const char *id = object ? omg_outside_json_string(object, "id") : NULL;
        JsonArray *affected = id ? omg_outside_json_array(object, "affected") : NULL;
        if (!id || !omg_osv_id_check(id)) {
                refuse(error, "has no id");
                return NULL;
        }
        if (affected && json_array_get_length(affected) > OMG_LIMIT_OSV_AFFECTED) {
                refuse(error, "names too many packages");
                return NULL;
        }
        *ret_root = g_steal_pointer(&root);
        return object;
}

static gboolean is_withdrawn(JsonObject *object)
{
        return !omg_outside_json_is_null(object, "withdrawn");
}

gboolean omg_osv_parse(GBytes *bytes, OmgOsvRecord **ret_record, GError **error)
{
        g_autoptr(JsonNode) root = NULL;
        JsonObject *object = load(bytes, &root, error);

        if (!object)
                return FALSE;
        *ret_record = is_withdrawn(object)
                              ? NULL
                              : read_record(object, omg_outside_json_string(object, "id"),
                                            omg_outside_json_array(object, "affected"));
        return TRUE;
}

gboolean omg_osv_parse_head(GBytes *bytes, OmgOsvHead *ret_head, GError **error)
{
        g_autoptr(JsonNode) root = NULL;
        JsonObject *object = load(bytes, &root, error);

        if (!object)
                return FALSE;
        *ret_head = (OmgOsvHead){g_strdup(omg_outside_json_string(object, "id")),
                                 omg_outside_json_time(object, "modified"), is_withdrawn(object)};
        return TRUE;
}
