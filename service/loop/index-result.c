/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/index-result.h"

#include <json-glib/json-glib.h>

#include "base/error.h"

static gboolean refuse(GError **error)
{
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "omgd-index did not say what it did");
        return FALSE;
}

/* json-glib 1.6 descends as deep as the text nests, until the stack ends: look before. */
static gboolean is_flat(const char *text, gsize size)
{
        gboolean in_string = FALSE;
        guint depth = 0;

        for (gsize i = 0; i < size; i++) {
                if (in_string && text[i] == '\\')
                        i++;
                else if (text[i] == '"')
                        in_string = !in_string;
                else if (!in_string && (text[i] == '{' || text[i] == '['))
                        depth++;
        }
        return depth == 1;
}

static const char *get_string(JsonObject *object, const char *member)
{
        JsonNode *node = json_object_get_member(object, member);

        return node && JSON_NODE_HOLDS_VALUE(node) &&
                               json_node_get_value_type(node) == G_TYPE_STRING
                       ? json_node_get_string(node)
                       : NULL;
}

/* FALSE: a number that is none. */
static gboolean read_numbers(JsonObject *object, OmgIndexCheck *check)
{
        const struct {
                const char *member;
                guint64 *value;
        } numbers[] = {
                {"packages", &check->packages}, {"newer", &check->newer},
                {"older", &check->older},       {"added", &check->added},
                {"removed", &check->removed},   {"newest", &check->newest},
                {"dropped", &check->dropped},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
                JsonNode *node = json_object_get_member(object, numbers[i].member);
                if (!node)
                        continue;
                if (!JSON_NODE_HOLDS_VALUE(node) ||
                    json_node_get_value_type(node) != G_TYPE_INT64 || json_node_get_int(node) < 0)
                        return FALSE;
                *numbers[i].value = (guint64)json_node_get_int(node);
        }
        return TRUE;
}

gboolean omg_index_result_parse(const char *text, gsize size, OmgIndexCheck *ret_check,
                                GError **error)
{
        g_autoptr(JsonParser) parser = json_parser_new();
        JsonNode *root = NULL;

        if (size > 0 && is_flat(text, size) &&
            json_parser_load_from_data(parser, text, (gssize)size, NULL))
                root = json_parser_get_root(parser);
        if (!root || !JSON_NODE_HOLDS_OBJECT(root))
                return refuse(error);

        JsonObject *object = json_node_get_object(root);
        JsonNode *ok = json_object_get_member(object, "ok");
        if (!ok || !JSON_NODE_HOLDS_VALUE(ok) || json_node_get_value_type(ok) != G_TYPE_BOOLEAN)
                return refuse(error);
        if (json_node_get_boolean(ok)) {
                OmgIndexCheck check = {};
                if (!read_numbers(object, &check))
                        return refuse(error);
                *ret_check = check;
                return TRUE;
        }

        const char *message = get_string(object, "message");
        int code = omg_error_from_dbus_name(get_string(object, "error"));
        if (code < 0 || !message || !*message)
                return refuse(error);
        g_set_error_literal(error, OMG_ERROR, code, message);
        return FALSE;
}
