/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* JSON of servers, loaded by json-glib only once its size and depth are known to be harmless: it
 * recurses without a bound, and takes much that is no JSON. */

#include <json-glib/json-glib.h>

/* The root of the text. UPSTREAM_INVALID when it is empty, longer than @max bytes, deeper than
 * @depth, HTML, not UTF-8 or no JSON, and the message says which. An escaped NUL or half a
 * surrogate pair becomes U+FFFD: one bad text must not cost the feed. */
JsonNode *omg_outside_json_load(GBytes *bytes, gsize max, guint depth, GError **error);

/* A member that is a string, borrowed; NULL when it is absent or something else. */
const char *omg_outside_json_string(JsonObject *object, const char *key);

/* A member that is a list or an object; NULL likewise. */
JsonArray *omg_outside_json_array(JsonObject *object, const char *key);
JsonObject *omg_outside_json_object(JsonObject *object, const char *key);

/* A member that is an RFC 3339 time, in µs since 1970; 0 when it is something else. */
guint64 omg_outside_json_time(JsonObject *object, const char *key);

/* TRUE when the member is not there or null. */
gboolean omg_outside_json_is_null(JsonObject *object, const char *key);

/* An element that is a string or an object; NULL when it is something else. */
const char *omg_outside_json_string_at(JsonArray *array, guint index);
JsonObject *omg_outside_json_object_at(JsonArray *array, guint index);
