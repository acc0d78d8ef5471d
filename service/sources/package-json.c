/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <json-glib/json-glib.h>
#include <stdio.h>

#include "base/error.h"
#include "base/limits.h"
#include "sources/version-files.h"

/* JSON-GLib's parser goes deeper with each bracket, on the stack, as far as the file wants; and it
 * takes comments and single quotes, within which brackets would be no brackets. FALSE: there is
 * something that JSON does not have. */
static gboolean measure(const char *text, gsize length, guint *ret_depth)
{
        gboolean in_string = FALSE;
        guint depth = 0;

        *ret_depth = 0;
        for (gsize i = 0; i < length; i++) {
                if (in_string && text[i] == '\\')
                        i++;
                else if (text[i] == '"')
                        in_string = !in_string;
                else if (in_string)
                        continue;
                else if (text[i] == '{' || text[i] == '[')
                        depth++;
                else if (text[i] == '}' || text[i] == ']')
                        depth -= depth > 0;
                else if (text[i] == '/' || text[i] == '\'' || text[i] == '#')
                        return FALSE;
                *ret_depth = MAX(*ret_depth, depth);
        }
        return TRUE;
}

static const char *find_text(JsonObject *root, const char *section, const char *name)
{
        JsonNode *node = json_object_get_member(root, section);
        JsonObject *object =
                node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;

        node = object ? json_object_get_member(object, name) : NULL;
        return node && JSON_NODE_HOLDS_VALUE(node) &&
                               json_node_get_value_type(node) == G_TYPE_STRING
                       ? json_node_get_string(node)
                       : NULL;
}

static gboolean add_wishes(JsonObject *root, const char *path, GPtrArray *wishes, GError **error)
{
        static const char *const names[] = {"node", "bun"};

        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                const char *wanted =
                        find_text(root, "engines", names[i]) ?: find_text(root, "volta", names[i]);

                if (!wanted ||
                    omg_runtime_wish_add(wishes, OMG_RUNTIME_FILE, names[i], wanted, path))
                        continue;
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "%s: this is no version",
                            names[i]);
                return FALSE;
        }
        return TRUE;
}

/* JSON-GLib begins with "<data>:LINE:COLUMN: "; what follows may quote any length of the text. */
static void fail_json(GError **error, const GError *reason)
{
        guint line;

        if (sscanf(reason->message, "<data>:%u:", &line) == 1)
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "line %u: this is no JSON",
                            line);
        else
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "this is no JSON");
}

gboolean omg_package_json_parse(const char *path, GBytes *bytes, GPtrArray *wishes, GError **error)
{
        g_autoptr(JsonParser) parser = json_parser_new_immutable();
        g_autoptr(GError) reason = NULL;
        gsize length;
        const char *text = g_bytes_get_data(bytes, &length);
        JsonNode *root;
        guint depth;

        if (length == 0 || !g_utf8_validate_len(text, length, NULL) ||
            !measure(text, length, &depth)) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "this is no JSON");
                return FALSE;
        }
        if (depth > OMG_LIMIT_JSON_DEPTH) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "more than %u objects and arrays in one another", OMG_LIMIT_JSON_DEPTH);
                return FALSE;
        }
        if (!json_parser_load_from_data(parser, text, (gssize)length, &reason)) {
                fail_json(error, reason);
                return FALSE;
        }
        root = json_parser_get_root(parser);
        if (!root || !JSON_NODE_HOLDS_OBJECT(root))
                return TRUE;
        return add_wishes(json_node_get_object(root), path, wishes, error);
}
