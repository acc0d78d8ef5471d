/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "advisory-fixture.h"

#include <string.h>

#include "fixture.h"
#include "sources/osv.h"
#include "sources/tracker.h"
#include "store/advisory-builder.h"

static void append_list(GString *json, const char *list)
{
        g_auto(GStrv) parts = g_strsplit(strcmp(list, "-") == 0 ? "" : list, ",", -1);

        g_string_append_c(json, '[');
        for (guint i = 0; parts[i]; i++)
                g_string_append_printf(json, "%s\"%s\"", i > 0 ? "," : "", parts[i]);
        g_string_append_c(json, ']');
}

static void append_group(GString *json, const char *line)
{
        g_auto(GStrv) fields = g_strsplit(line, " ", -1);

        if (*line == '{') {
                g_string_append_printf(json, "%s%s", json->len > 1 ? "," : "", line);
                return;
        }
        g_assert_cmpuint(g_strv_length(fields), ==, 8);
        g_strdelimit(fields[2], "_", ' ');
        g_string_append_printf(json, "%s{\"name\":\"%s\",\"packages\":", json->len > 1 ? "," : "",
                               fields[0]);
        append_list(json, fields[1]);
        g_string_append_printf(json,
                               ",\"status\":\"%s\",\"severity\":\"%s\",\"type\":\"a type\","
                               "\"affected\":\"%s\",\"ticket\":null,\"fixed\":",
                               fields[2], fields[3], fields[4]);
        g_string_append_printf(json, strcmp(fields[5], "-") == 0 ? "null" : "\"%s\"", fields[5]);
        g_string_append(json, ",\"issues\":");
        append_list(json, fields[6]);
        g_string_append(json, ",\"advisories\":");
        append_list(json, fields[7]);
        g_string_append_c(json, '}');
}

static GPtrArray *make_groups(const char *const *groups)
{
        g_autoptr(GString) json = g_string_new("[");
        GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)omg_tracker_group_free);

        for (guint i = 0; groups && groups[i]; i++)
                append_group(json, groups[i]);
        if (json->len == 1)
                return list;
        g_string_append_c(json, ']');
        g_autoptr(GBytes) bytes = g_bytes_new(json->str, json->len);
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgTrackerFeed) feed = omg_tracker_parse(bytes, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(feed->n_dropped, ==, 0);
        g_ptr_array_extend_and_steal(list, g_steal_pointer(&feed->groups));
        feed->groups = g_ptr_array_new();
        return list;
}

static void append_events(GString *json, const char *list)
{
        g_auto(GStrv) parts = g_strsplit(list, ",", -1);
        g_autoptr(GString) versions = g_string_new(NULL);
        gboolean first = TRUE;

        g_string_append(json, "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[");
        for (guint i = 0; parts[i]; i++) {
                const char *part = parts[i];
                if (*part == '=') {
                        g_string_append_printf(versions, "%s\"%s\"", versions->len > 0 ? "," : "",
                                               part + 1);
                        continue;
                }
                const char *kind = g_str_has_prefix(part, "<=") ? "last_affected"
                                   : *part == '<'               ? "fixed"
                                   : *part == '^'               ? "limit"
                                                                : "introduced";
                g_string_append_printf(json, "%s{\"%s\":\"%s\"}", first ? "" : ",", kind,
                                       part + strspn(part, "<=^"));
                first = FALSE;
        }
        g_string_append_printf(json, "]}],\"versions\":[%s]", versions->str);
        /* A list of versions alone. */
        if (first) {
                char *empty =
                        strstr(json->str, "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[]}],");
                g_string_erase(
                        json, empty - json->str,
                        (gssize)strlen("\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[]}],"));
        }
}

static char *make_record_json(const char *line)
{
        g_auto(GStrv) fields = g_strsplit(line, " ", -1);
        GString *json = g_string_new(NULL);

        g_assert_cmpuint(g_strv_length(fields), ==, 5);
        g_auto(GStrv) package = g_strsplit(fields[1], "/", 2);
        g_string_append_printf(json,
                               "{\"id\":\"%s\",\"summary\":\"About %s\",\"affected\":[{\"package\":"
                               "{\"ecosystem\":\"%s\",\"name\":\"%s\"},",
                               fields[0], fields[0], package[0], package[1]);
        append_events(json, fields[2]);
        g_string_append(json, "}],\"aliases\":");
        append_list(json, fields[3]);
        if (strcmp(fields[4], "-") != 0)
                g_string_append_printf(
                        json, ",\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"%s\"}]", fields[4]);
        g_string_append_c(json, '}');
        return g_string_free(json, FALSE);
}

static GPtrArray *make_records(const char *const *records)
{
        GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)omg_osv_record_free);

        for (guint i = 0; records && records[i]; i++) {
                g_autofree char *json =
                        records[i][0] == '{' ? g_strdup(records[i]) : make_record_json(records[i]);
                g_autoptr(GBytes) bytes = g_bytes_new(json, strlen(json));
                g_autoptr(GError) error = NULL;
                OmgOsvRecord *record = NULL;
                (void)omg_osv_parse(bytes, &record, &error);
                g_assert_no_error(error);
                g_ptr_array_add(list, record);
        }
        return list;
}

GBytes *advisory_fixture_bytes(const char *const *groups, const char *const *records)
{
        g_autoptr(GPtrArray) group_list = make_groups(groups), record_list = make_records(records);
        OmgAdvisoryParts parts = {
                group_list,
                record_list,
                {{1000, 2, "entry 3 (AVG-7): \"fixed\" is no version"}, {2000, 0, NULL}}};
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) pieces = omg_advisory_layer_make(&parts, 3000, &error);

        g_assert_no_error(error);
        return fixture_join_pieces(pieces);
}

OmgAdvisoryLayer *advisory_fixture(const char *const *groups, const char *const *records)
{
        g_autoptr(GBytes) bytes = advisory_fixture_bytes(groups, records);
        g_autoptr(GError) error = NULL;
        OmgAdvisoryLayer *layer = omg_advisory_layer_new_from_bytes(bytes, &error);

        g_assert_no_error(error);
        return layer;
}
