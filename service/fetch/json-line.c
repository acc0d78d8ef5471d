/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fetch/json-line.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define FIELD(type, base, member) (*(type *)((char *)(base) + (member)->offset))

/* The bytes of an escape sequence from its backslash on, or 0. No surrogate and no NUL: neither is
 * ever written by us. */
static gsize get_escape_length(const char *text, gsize size)
{
        guint value = 0;

        if (size < 2 || !strchr("\"\\/bfnrtu", text[1]) || text[1] == '\0')
                return 0;
        if (text[1] != 'u')
                return 2;
        for (gsize i = 2; i < 6; i++) {
                if (i >= size || !g_ascii_isxdigit(text[i]))
                        return 0;
                value = value * 16 + (guint)g_ascii_xdigit_value(text[i]);
        }
        return value == 0 || (value >= 0xd800 && value <= 0xdfff) ? 0 : 6;
}

/* The bytes of a string from its quote to its quote, or 0. */
static gsize get_string_length(const char *text, gsize size)
{
        gsize i = 1;

        while (i < size && text[i] != '"') {
                const gsize step = text[i] == '\\' ? get_escape_length(text + i, size - i)
                                                   : (guchar)text[i] >= ' ';
                if (step == 0)
                        return 0;
                i += step;
        }
        return i < size ? i + 1 : 0;
}

static gboolean is_plain(char c)
{
        return g_ascii_isalnum(c) || c == ' ' || c == ',' || c == ':' || c == '+' || c == '-' ||
               c == '.';
}

gboolean omg_json_line_is_safe(const char *text, gsize size, guint depth)
{
        guint level = 0;

        if (size == 0 || text[0] != '{' || text[size - 1] != '}' ||
            !g_utf8_validate_len(text, size, NULL))
                return FALSE;
        for (gsize i = 0; i < size; i++) {
                const char c = text[i];
                const gsize length = c == '"' ? get_string_length(text + i, size - i) : 1;
                if (length == 0 || (level == 0 && i > 0))
                        return FALSE;
                i += length - 1;
                if (c == '{' || c == '[')
                        level++;
                else if (c == '}' || c == ']')
                        level--;
                else if (c != '"' && !is_plain(c))
                        return FALSE;
                if (level > depth)
                        return FALSE;
        }
        return level == 0;
}

static gboolean refuse(GError **error, const char *key, const char *what)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "\"%s\" %s", key, what);
        return FALSE;
}

static gboolean holds(JsonNode *node, GType type)
{
        return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type;
}

static gboolean read_string(const OmgJsonMember *member, JsonNode *node, void *target,
                            GError **error)
{
        if (!holds(node, G_TYPE_STRING))
                return refuse(error, member->key, "is no string");
        if (strlen(json_node_get_string(node)) > member->max)
                return refuse(error, member->key, "is too long");
        FIELD(char *, target, member) = json_node_dup_string(node);
        return TRUE;
}

static gboolean read_uint(const OmgJsonMember *member, JsonNode *node, void *target, GError **error)
{
        gint64 value = holds(node, G_TYPE_INT64) ? json_node_get_int(node) : -1;

        if (value < 0)
                return refuse(error, member->key, "is no number of 0 or more");
        if ((guint64)value > member->max)
                return refuse(error, member->key, "is too much");
        FIELD(guint64, target, member) = (guint64)value;
        return TRUE;
}

static gboolean read_boolean(const OmgJsonMember *member, JsonNode *node, void *target,
                             GError **error)
{
        if (!holds(node, G_TYPE_BOOLEAN))
                return refuse(error, member->key, "is neither true nor false");
        FIELD(gboolean, target, member) = json_node_get_boolean(node);
        return TRUE;
}

static gboolean read_word(const OmgJsonMember *member, JsonNode *node, void *target, GError **error)
{
        for (guint i = 0; holds(node, G_TYPE_STRING) && member->words[i]; i++)
                if (strcmp(member->words[i], json_node_get_string(node)) == 0) {
                        FIELD(guint, target, member) = i;
                        return TRUE;
                }
        return refuse(error, member->key, "is none of the words it may be");
}

static gboolean read_strings(const OmgJsonMember *member, JsonNode *node, void *target,
                             GError **error)
{
        JsonArray *array = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
        guint n = array ? json_array_get_length(array) : 0;
        g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);

        if (n == 0)
                return refuse(error, member->key, "is no list, or an empty one");
        if (n > member->max)
                return refuse(error, member->key, "has too many in it");
        for (guint i = 0; i < n; i++) {
                JsonNode *element = json_array_get_element(array, i);
                if (!holds(element, G_TYPE_STRING))
                        return refuse(error, member->key, "has something else than strings in it");
                g_ptr_array_add(strings, json_node_dup_string(element));
        }
        g_ptr_array_add(strings, NULL);
        FIELD(char **, target, member) = (char **)g_ptr_array_steal(strings, NULL);
        return TRUE;
}

static gboolean (*const readers[])(const OmgJsonMember *, JsonNode *, void *, GError **) = {
        [OMG_JSON_STRING] = read_string,   [OMG_JSON_UINT] = read_uint,
        [OMG_JSON_BOOLEAN] = read_boolean, [OMG_JSON_WORD] = read_word,
        [OMG_JSON_STRINGS] = read_strings,
};

static void set_absent(const OmgJsonMember *member, void *target)
{
        switch (member->type) {
        case OMG_JSON_STRING:
                FIELD(char *, target, member) = NULL;
                return;
        case OMG_JSON_UINT:
                FIELD(guint64, target, member) = OMG_JSON_NONE;
                return;
        case OMG_JSON_BOOLEAN:
                FIELD(gboolean, target, member) = FALSE;
                return;
        case OMG_JSON_WORD:
                FIELD(guint, target, member) = 0;
                return;
        case OMG_JSON_STRINGS:
                FIELD(char **, target, member) = NULL;
                return;
        }
}

static gboolean check_keys(JsonObject *object, const OmgJsonMember *members, gsize n_members,
                           GError **error)
{
        g_autoptr(GList) keys = json_object_get_members(object);

        for (const GList *key = keys; key; key = key->next) {
                gsize i = 0;
                while (i < n_members && strcmp(members[i].key, key->data) != 0)
                        i++;
                if (i == n_members) {
                        g_autofree char *shown = omg_text_strip(key->data);
                        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "there is no key \"%.64s\"", shown);
                        return FALSE;
                }
        }
        return TRUE;
}

static gboolean read_members(JsonObject *object, const OmgJsonMember *members, gsize n_members,
                             void *target, GError **error)
{
        for (gsize i = 0; i < n_members; i++) {
                JsonNode *node = json_object_get_member(object, members[i].key);
                if (!node && members[i].is_required)
                        return refuse(error, members[i].key, "is missing");
                if (node && !readers[members[i].type](&members[i], node, target, error))
                        return FALSE;
        }
        return TRUE;
}

gboolean omg_json_line_parse(const char *text, gsize size, const OmgJsonMember *members,
                             gsize n_members, void *target, GError **error)
{
        g_autoptr(JsonParser) parser = json_parser_new();

        for (gsize i = 0; i < n_members; i++)
                set_absent(&members[i], target);
        if (!omg_json_line_is_safe(text, size, 2) ||
            !json_parser_load_from_data(parser, text, (gssize)size, NULL) ||
            !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser))) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "this is no line of one JSON object");
                return FALSE;
        }

        JsonObject *object = json_node_get_object(json_parser_get_root(parser));
        return check_keys(object, members, n_members, error) &&
               read_members(object, members, n_members, target, error);
}

static void write_string(JsonBuilder *builder, const char *text)
{
        g_autofree char *valid = omg_text_make_valid(text, -1);
        json_builder_add_string_value(builder, valid);
}

static void write_strings(JsonBuilder *builder, char **strings)
{
        json_builder_begin_array(builder);
        for (guint i = 0; strings && strings[i]; i++)
                write_string(builder, strings[i]);
        json_builder_end_array(builder);
}

static gboolean is_absent(const OmgJsonMember *member, const void *source)
{
        switch (member->type) {
        case OMG_JSON_STRING:
        case OMG_JSON_STRINGS:
                return !FIELD(const void *const, source, member);
        case OMG_JSON_UINT:
                return FIELD(const guint64, source, member) == OMG_JSON_NONE;
        case OMG_JSON_BOOLEAN:
                return !member->is_required && !FIELD(const gboolean, source, member);
        case OMG_JSON_WORD:
                return !member->is_required && FIELD(const guint, source, member) == 0;
        }
        return TRUE;
}

static void write_member(JsonBuilder *builder, const OmgJsonMember *member, const void *source)
{
        json_builder_set_member_name(builder, member->key);
        switch (member->type) {
        case OMG_JSON_STRING:
                write_string(builder, FIELD(const char *const, source, member));
                return;
        case OMG_JSON_UINT:
                json_builder_add_int_value(builder, (gint64)FIELD(const guint64, source, member));
                return;
        case OMG_JSON_BOOLEAN:
                json_builder_add_boolean_value(builder, FIELD(const gboolean, source, member));
                return;
        case OMG_JSON_WORD:
                json_builder_add_string_value(builder,
                                              member->words[FIELD(const guint, source, member)]);
                return;
        case OMG_JSON_STRINGS:
                write_strings(builder, FIELD(char **const, source, member));
                return;
        }
}

char *omg_json_line_format(const OmgJsonMember *members, gsize n_members, const void *source)
{
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        for (gsize i = 0; i < n_members; i++)
                if (!is_absent(&members[i], source))
                        write_member(builder, &members[i], source);
        json_builder_end_object(builder);
        g_autoptr(JsonNode) root = json_builder_get_root(builder);
        return json_to_string(root, FALSE);
}

void omg_json_line_clear(const OmgJsonMember *members, gsize n_members, void *target)
{
        for (gsize i = 0; i < n_members; i++) {
                if (members[i].type == OMG_JSON_STRING)
                        g_clear_pointer(&FIELD(char *, target, &members[i]), g_free);
                else if (members[i].type == OMG_JSON_STRINGS)
                        g_clear_pointer(&FIELD(char **, target, &members[i]), g_strfreev);
        }
}
