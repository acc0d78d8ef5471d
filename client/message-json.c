/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message-json.h"

#include <errno.h>
#include <glib.h>
#include <math.h>
#include <string.h>

/* JSON knows no integer type; json-glib's is gint64. */
static void set_unsigned(JsonNode *node, guint64 value)
{
        if (value == G_MAXUINT64)
                json_node_init_null(node);
        else if (value <= G_MAXINT64)
                json_node_init_int(node, (gint64)value);
        else
                json_node_init_double(node, (double)value);
}

static void set_count(JsonNode *node, guint32 value)
{
        if (value == G_MAXUINT32)
                json_node_init_null(node);
        else
                json_node_init_int(node, value);
}

static void set_double(JsonNode *node, double value)
{
        if (isfinite(value))
                json_node_init_double(node, value);
        else
                json_node_init_null(node);
}

static int read_basic(sd_bus_message *message, char type, JsonNode *node)
{
        union {
                guint8 y;
                int b;
                gint16 n;
                guint16 q;
                gint32 i;
                guint32 u;
                gint64 x;
                guint64 t;
                double d;
                const char *s;
                int h;
        } value;

        int r = sd_bus_message_read_basic(message, type, &value);
        if (r <= 0)
                return r < 0 ? r : -ENXIO;
        switch (type) {
        case SD_BUS_TYPE_BYTE:
                json_node_init_int(node, value.y);
                break;
        case SD_BUS_TYPE_BOOLEAN:
                json_node_init_boolean(node, value.b);
                break;
        case SD_BUS_TYPE_INT16:
                json_node_init_int(node, value.n);
                break;
        case SD_BUS_TYPE_UINT16:
                json_node_init_int(node, value.q);
                break;
        case SD_BUS_TYPE_INT32:
                json_node_init_int(node, value.i);
                break;
        case SD_BUS_TYPE_UINT32:
                set_count(node, value.u);
                break;
        case SD_BUS_TYPE_INT64:
                json_node_init_int(node, value.x);
                break;
        case SD_BUS_TYPE_UINT64:
                set_unsigned(node, value.t);
                break;
        case SD_BUS_TYPE_DOUBLE:
                set_double(node, value.d);
                break;
        case SD_BUS_TYPE_UNIX_FD:
                json_node_init_null(node);
                break;
        default: /* string, object path, signature */
                json_node_init_string(node, value.s);
                break;
        }
        return 0;
}

/* D-Bus nests at most 64 deep, which sd-bus enforces: so do the functions below. */
static int read_elements(sd_bus_message *message, char type, const char *contents, JsonNode *node)
{
        g_autoptr(JsonArray) array = json_array_new();

        int r = sd_bus_message_enter_container(message, type, contents);
        if (r < 0)
                return r;
        while ((r = sd_bus_message_at_end(message, FALSE)) == 0) {
                JsonNode *element = NULL;
                r = omg_message_read_node(message, &element);
                if (r < 0)
                        return r;
                json_array_add_element(array, element);
        }
        if (r > 0)
                r = sd_bus_message_exit_container(message);
        if (r >= 0)
                json_node_init_array(node, array);
        return r;
}

static int read_entry(sd_bus_message *message, JsonObject *object)
{
        JsonNode *value = NULL;
        const char *key = NULL;
        const char *contents = NULL;

        int r = sd_bus_message_peek_type(message, NULL, &contents);
        if (r > 0)
                r = sd_bus_message_enter_container(message, SD_BUS_TYPE_DICT_ENTRY, contents);
        if (r > 0)
                r = sd_bus_message_read_basic(message, SD_BUS_TYPE_STRING, &key);
        if (r > 0)
                r = omg_message_read_node(message, &value);
        if (r < 0)
                return r;
        if (!key || !value)
                return -EBADMSG;
        json_object_set_member(object, key, value);
        return sd_bus_message_exit_container(message);
}

static int read_object(sd_bus_message *message, const char *contents, JsonNode *node)
{
        g_autoptr(JsonObject) object = json_object_new();

        int r = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, contents);
        if (r < 0)
                return r;
        while ((r = sd_bus_message_at_end(message, FALSE)) == 0) {
                r = read_entry(message, object);
                if (r < 0)
                        return r;
        }
        if (r > 0)
                r = sd_bus_message_exit_container(message);
        if (r >= 0)
                json_node_init_object(node, object);
        return r;
}

static int read_variant(sd_bus_message *message, const char *contents, JsonNode **ret_node)
{
        g_autoptr(JsonNode) node = NULL;

        int r = sd_bus_message_enter_container(message, SD_BUS_TYPE_VARIANT, contents);
        if (r >= 0)
                r = omg_message_read_node(message, &node);
        if (r >= 0)
                r = sd_bus_message_exit_container(message);
        if (r < 0)
                return r;
        *ret_node = g_steal_pointer(&node);
        return 0;
}

static int read_bytes(sd_bus_message *message, JsonNode *node)
{
        g_autoptr(GString) text = g_string_new(NULL);
        const void *data = NULL;
        size_t size = 0;
        int r = sd_bus_message_read_array(message, SD_BUS_TYPE_BYTE, &data, &size);

        for (size_t i = 0; r >= 0 && i < size; i++)
                g_string_append_printf(text, "%02x", ((const guint8 *)data)[i]);
        if (r >= 0)
                json_node_init_string(node, text->str);
        return r;
}

int omg_message_read_node(sd_bus_message *message, JsonNode **ret_node)
{
        g_autoptr(JsonNode) node = json_node_alloc();
        const char *contents = NULL;
        char type = 0;

        int r = sd_bus_message_peek_type(message, &type, &contents);
        if (r <= 0)
                return r < 0 ? r : -ENXIO;
        if (type == SD_BUS_TYPE_VARIANT)
                return read_variant(message, contents, ret_node);
        if (type == SD_BUS_TYPE_ARRAY && g_str_equal(contents, "y"))
                r = read_bytes(message, node);
        else if (type == SD_BUS_TYPE_ARRAY && g_str_has_prefix(contents, "{s"))
                r = read_object(message, contents, node);
        else if (type == SD_BUS_TYPE_ARRAY || type == SD_BUS_TYPE_STRUCT)
                r = read_elements(message, type, contents, node);
        else
                r = read_basic(message, type, node);
        if (r < 0)
                return r;
        *ret_node = g_steal_pointer(&node);
        return 0;
}

static void name_errors(JsonObject *object)
{
        JsonArray *errors = omg_json_get_array(object, "errors");
        g_autoptr(JsonArray) named = json_array_new();

        for (guint i = 0; errors && i < json_array_get_length(errors); i++) {
                JsonNode *pair = json_array_get_element(errors, i);
                if (!JSON_NODE_HOLDS_ARRAY(pair))
                        continue;
                JsonObject *entry = json_object_new();
                JsonArray *texts = json_node_get_array(pair);
                json_object_set_string_member(entry, "source", omg_json_get_element(texts, 0));
                json_object_set_string_member(entry, "error", omg_json_get_element(texts, 1));
                json_array_add_object_element(named, entry);
        }
        if (errors)
                json_object_set_array_member(object, "errors", g_steal_pointer(&named));
}

int omg_message_read_dictionary(sd_bus_message *message, JsonObject **ret_object)
{
        g_autoptr(JsonNode) node = NULL;

        int r = omg_message_read_node(message, &node);
        if (r < 0)
                return r;
        if (!JSON_NODE_HOLDS_OBJECT(node))
                return -EBADMSG;
        *ret_object = json_node_dup_object(node);
        name_errors(*ret_object);
        return 0;
}

static JsonNode *get_value(JsonObject *object, const char *name, GType type)
{
        JsonNode *node = json_object_get_member(object, name);
        if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != type)
                return NULL;
        return node;
}

const char *omg_json_get_string(JsonObject *object, const char *name)
{
        JsonNode *node = get_value(object, name, G_TYPE_STRING);
        return node ? json_node_get_string(node) : NULL;
}

gint64 omg_json_get_int(JsonObject *object, const char *name, gint64 otherwise)
{
        JsonNode *node = get_value(object, name, G_TYPE_INT64);
        return node ? json_node_get_int(node) : otherwise;
}

gboolean omg_json_get_boolean(JsonObject *object, const char *name)
{
        JsonNode *node = get_value(object, name, G_TYPE_BOOLEAN);
        return node && json_node_get_boolean(node);
}

JsonArray *omg_json_get_array(JsonObject *object, const char *name)
{
        JsonNode *node = json_object_get_member(object, name);
        return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

JsonObject *omg_json_get_object(JsonObject *object, const char *name)
{
        JsonNode *node = json_object_get_member(object, name);
        return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

const char *omg_json_get_element(JsonArray *array, guint index)
{
        if (index >= json_array_get_length(array))
                return "";
        JsonNode *node = json_array_get_element(array, index);
        if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
                return "";
        return json_node_get_string(node);
}
