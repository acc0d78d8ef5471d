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

/* The web pages in a member that is a list, of strings or, with @url_key, of objects that have
 * them: http and https, in printable ASCII, each once and in their order, at most
 * OMG_LIMIT_ADVISORY_LINKS. New, never NULL; what is something else is left out. */
GStrv omg_outside_json_links(JsonObject *object, const char *key, const char *url_key);

/* Whole characters of a text, at most @max bytes; "" for NULL. New. */
char *omg_outside_json_cut(const char *text, gsize max);

/* A member that is an RFC 3339 time, in µs since 1970; 0 when it is something else. */
guint64 omg_outside_json_time(JsonObject *object, const char *key);

/* TRUE when the member is not there or null. */
gboolean omg_outside_json_is_null(JsonObject *object, const char *key);

/* An element that is a string or an object; NULL when it is something else. */
const char *omg_outside_json_string_at(JsonArray *array, guint index);
JsonObject *omg_outside_json_object_at(JsonArray *array, guint index);
