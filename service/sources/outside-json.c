/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/outside-json.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-advisories.h"

static gboolean refuse(GError **error, const char *what)
{
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID, what);
        return FALSE;
}

/* The value of \uXXXX at @text, or -1. */
static int get_unicode_escape(const char *text, gsize size)
{
        int value = 0;

        if (size < 6 || text[0] != '\\' || text[1] != 'u')
                return -1;
        for (gsize i = 2; i < 6; i++) {
                if (!g_ascii_isxdigit(text[i]))
                        return -1;
                value = value * 16 + g_ascii_xdigit_value(text[i]);
        }
        return value;
}

static gboolean is_high(int value)
{
        return value >= 0xd800 && value <= 0xdbff;
}

static gboolean is_low(int value)
{
        return value >= 0xdc00 && value <= 0xdfff;
}

/* The bytes of an escape sequence, or 0; what stands for no character is replaced in place. */
static gsize pass_escape(char *text, gsize size)
{
        if (size < 2)
                return 0;
        if (text[1] != 'u')
                return text[1] != '\0' && strchr("\"\\/bfnrt", text[1]) ? 2 : 0;
        int value = get_unicode_escape(text, size);
        if (value < 0)
                return 0;
        if (is_high(value) && is_low(get_unicode_escape(text + 6, size - 6)))
                return 12;
        if (value == 0 || is_high(value) || is_low(value))
                memcpy(text, "\\ufffd", 6);
        return 6;
}

/* The bytes of a string with its quotes, or 0. */
static gsize pass_string(char *text, gsize size)
{
        gsize i = 1;

        while (i < size && text[i] != '"') {
                gsize step =
                        text[i] == '\\' ? pass_escape(text + i, size - i) : (guchar)text[i] >= ' ';
                if (step == 0)
                        return 0;
                i += step;
        }
        return i < size ? i + 1 : 0;
}

/* What json-glib takes although it is no JSON (comments, other quotes, hexadecimals) is not plain.
 */
static gboolean is_plain(char c)
{
        return g_ascii_isalnum(c) || (c != '\0' && strchr(" \t\r\n,:+-.", c) != NULL);
}

static gboolean is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static gboolean check_text(char *text, gsize size, guint depth, GError **error)
{
        guint level = 0;
        gboolean ended = FALSE;

        for (gsize i = 0; i < size; i++) {
                const char c = text[i];
                const gsize length = c == '"' ? pass_string(text + i, size - i) : 1;
                if (length == 0 || (ended && !is_blank(c)))
                        return refuse(error, "is no JSON");
                i += length - 1;
                if (c == '{' || c == '[')
                        level++;
                else if ((c == '}' || c == ']') && level > 0)
                        ended = --level == 0;
                else if (c != '"' && !is_plain(c))
                        return refuse(error, "is no JSON");
                if (level > depth)
                        return refuse(error, "is nested too deep");
        }
        return ended ? TRUE : refuse(error, "is cut, or neither a list nor an object");
}

static gboolean check_whole(char *text, gsize size, gsize max, guint depth, GError **error)
{
        gsize start = 0;

        while (start < size && is_blank(text[start]))
                start++;
        if (start == size)
                return refuse(error, "is empty");
        if (size > max) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID,
                            "is longer than %" G_GSIZE_FORMAT " bytes", max);
                return FALSE;
        }
        if (text[start] == '<')
                return refuse(error, "is a web page");
        if (!g_utf8_validate_len(text, size, NULL))
                return refuse(error, "is not UTF-8");
        return check_text(text, size, depth, error);
}

JsonNode *omg_outside_json_load(GBytes *bytes, gsize max, guint depth, GError **error)
{
        g_autoptr(JsonParser) parser = json_parser_new_immutable();
        g_autoptr(GError) fault = NULL;
        gsize size;
        const char *data = g_bytes_get_data(bytes, &size);
        g_autofree char *text = size <= max ? g_memdup2(data, size) : NULL;

        if (!check_whole(text ? text : (char *)data, size, max, depth, error))
                return NULL;
        if (!json_parser_load_from_data(parser, text, (gssize)size, &fault)) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID, "is no JSON: %s",
                            fault->message);
                return NULL;
        }
        JsonNode *root = json_parser_get_root(parser);
        if (!root) {
                refuse(error, "is empty");
                return NULL;
        }
        return json_node_ref(root);
}

static gboolean holds_string(JsonNode *node)
{
        return node && JSON_NODE_HOLDS_VALUE(node) &&
               json_node_get_value_type(node) == G_TYPE_STRING;
}

const char *omg_outside_json_string(JsonObject *object, const char *key)
{
        JsonNode *node = json_object_get_member(object, key);

        return holds_string(node) ? json_node_get_string(node) : NULL;
}

JsonArray *omg_outside_json_array(JsonObject *object, const char *key)
{
        JsonNode *node = json_object_get_member(object, key);

        return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

JsonObject *omg_outside_json_object(JsonObject *object, const char *key)
{
        JsonNode *node = json_object_get_member(object, key);

        return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

guint64 omg_outside_json_time(JsonObject *object, const char *key)
{
        const char *text = omg_outside_json_string(object, key);
        g_autoptr(GDateTime) time = text ? g_date_time_new_from_iso8601(text, NULL) : NULL;
        gint64 seconds = time ? g_date_time_to_unix(time) : 0;

        return seconds > 0 ? (guint64)seconds * G_USEC_PER_SEC +
                                     (guint64)g_date_time_get_microsecond(time)
                           : 0;
}

gboolean omg_outside_json_is_null(JsonObject *object, const char *key)
{
        JsonNode *node = json_object_get_member(object, key);

        return !node || JSON_NODE_HOLDS_NULL(node);
}

const char *omg_outside_json_string_at(JsonArray *array, guint index)
{
        JsonNode *node = json_array_get_element(array, index);

        return holds_string(node) ? json_node_get_string(node) : NULL;
}

JsonObject *omg_outside_json_object_at(JsonArray *array, guint index)
{
        JsonNode *node = json_array_get_element(array, index);

        return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static gboolean is_link(const char *text)
{
        gsize length = text ? strlen(text) : 0;

        for (gsize i = 0; i < length; i++)
                if (text[i] <= ' ' || text[i] > '~')
                        return FALSE;
        return length <= OMG_LIMIT_ADVISORY_TEXT && text &&
               (g_str_has_prefix(text, "https://") || g_str_has_prefix(text, "http://"));
}

static const char *get_link(JsonArray *array, guint index, const char *url_key)
{
        JsonObject *object = url_key ? omg_outside_json_object_at(array, index) : NULL;

        if (!url_key)
                return omg_outside_json_string_at(array, index);
        return object ? omg_outside_json_string(object, url_key) : NULL;
}

GStrv omg_outside_json_links(JsonObject *object, const char *key, const char *url_key)
{
        JsonArray *array = omg_outside_json_array(object, key);
        guint n = array ? json_array_get_length(array) : 0, n_links = 0;
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        GStrv links = g_new0(char *, OMG_LIMIT_ADVISORY_LINKS + 1);

        for (guint i = 0; i < n && n_links < OMG_LIMIT_ADVISORY_LINKS; i++) {
                const char *link = get_link(array, i, url_key);
                if (is_link(link) && g_hash_table_add(seen, (char *)link))
                        links[n_links++] = g_strdup(link);
        }
        return links;
}

char *omg_outside_json_cut(const char *text, gsize max)
{
        gsize length = text ? strlen(text) : 0;

        if (length > max)
                length = (gsize)(g_utf8_find_prev_char(text, text + max + 1) - text);
        return g_strndup(text ? text : "", length);
}
