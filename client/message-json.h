/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* D-Bus values as JSON. Both outputs of omgctl, plain and --json, are made from the result.
 *
 * Strings, booleans, numbers: themselves. Arrays of bytes: their hexadecimal digits. Arrays and
 * structures: arrays. a{s...}: an object. A variant: what it holds. What is not known, 4294967295
 * as u and 18446744073709551615 as t: null, like what JSON cannot hold (NaN, an infinity, a file
 * descriptor). */

#include <json-glib/json-glib.h>
#include <systemd/sd-bus.h>

/* Reads the next complete value. Returns 0 or a negative errno; -ENXIO when there is none. */
int omg_message_read_node(sd_bus_message *message, JsonNode **ret_node);

/* Reads META, whose errors become objects {"source", "error"}; or any other a{sv}. */
int omg_message_read_dictionary(sd_bus_message *message, JsonObject **ret_object);

/* A member of an object when it is there and of that type: else NULL, the default, FALSE. */
const char *omg_json_get_string(JsonObject *object, const char *name);
gint64 omg_json_get_int(JsonObject *object, const char *name, gint64 otherwise);
gboolean omg_json_get_boolean(JsonObject *object, const char *name);
JsonArray *omg_json_get_array(JsonObject *object, const char *name);
JsonObject *omg_json_get_object(JsonObject *object, const char *name);

/* The string at a position of an array, "" when it is none; borrowed. */
const char *omg_json_get_element(JsonArray *array, guint index);
