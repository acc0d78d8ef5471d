/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "client-rows.h"
#include "client.h"
#include "info-text.h"
#include "message-json.h"

/* What GetDetails answered. */
typedef struct {
        JsonArray *details; /* objects: the keys of the XML and "asked" */
        JsonArray *missing; /* names */
        JsonObject *meta;
} Info;

static void info_clear(Info *info)
{
        g_clear_pointer(&info->details, json_array_unref);
        g_clear_pointer(&info->missing, json_array_unref);
        g_clear_pointer(&info->meta, json_object_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Info, info_clear)

/* Makes an object of each pair (name asked for, a{sv}). */
static JsonArray *name_details(JsonArray *pairs)
{
        JsonArray *details = json_array_new();

        for (guint i = 0; i < json_array_get_length(pairs); i++) {
                JsonArray *pair = json_array_get_array_element(pairs, i);
                JsonObject *object = json_array_get_object_element(pair, 1);
                json_object_set_string_member(object, "asked", omg_json_get_element(pair, 0));
                json_array_add_object_element(details, json_object_ref(object));
        }
        return details;
}

static int read_info(sd_bus_message *reply, Info *info)
{
        g_autoptr(JsonNode) details = NULL;
        g_autoptr(JsonNode) missing = NULL;

        int r = omg_message_read_node(reply, &details);
        if (r >= 0)
                r = omg_message_read_node(reply, &missing);
        if (r >= 0)
                r = omg_message_read_dictionary(reply, &info->meta);
        if (r < 0)
                return r;
        info->details = name_details(json_node_get_array(details));
        info->missing = json_node_dup_array(missing);
        return 0;
}

static int fetch_info(OmgClient *client, char **names, Info *info, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;

        int r = omg_bus_open(client, error);
        if (r >= 0)
                r = omg_bus_new_call(client, OMG_BUS_PACKAGES, "GetDetails", &call);
        if (r >= 0)
                r = sd_bus_message_append_strv(call, names);
        if (r >= 0)
                r = sd_bus_message_append(call, "a{sv}", 0);
        if (r >= 0)
                r = omg_bus_call(client, call, "a(sa{sv})asa{sv}", &reply, error);
        return r < 0 ? r : read_info(reply, info);
}

/* With --available, what is only installed counts as missing, as for pacman -Si. */
static void drop_local(Info *info)
{
        JsonArray *available = json_array_new();

        for (guint i = 0; i < json_array_get_length(info->details); i++) {
                JsonObject *package = json_array_get_object_element(info->details, i);
                if (g_strcmp0(omg_json_get_string(package, "repository"), "local") == 0) {
                        json_array_add_string_element(info->missing,
                                                      omg_json_get_string(package, "asked"));
                        continue;
                }
                json_object_remove_member(package, "installed");
                json_array_add_object_element(available, json_object_ref(package));
        }
        json_array_unref(info->details);
        info->details = available;
}

static void print_json(OmgClient *client, const Info *info)
{
        g_autoptr(JsonObject) document = json_object_new();

        json_object_set_array_member(document, "details", json_array_ref(info->details));
        json_object_set_array_member(document, "missing", json_array_ref(info->missing));
        json_object_set_object_member(document, "meta", json_object_ref(info->meta));
        omg_output_json(&client->output, document);
}

static int print_info(OmgClient *client, const Info *info)
{
        omg_rows_warn(info->meta);
        if (client->json)
                print_json(client, info);
        for (guint i = 0; !client->json && i < json_array_get_length(info->details); i++)
                omg_info_text_append(&client->output,
                                     json_array_get_object_element(info->details, i));
        int r = omg_output_flush(&client->output);
        for (guint i = 0; i < json_array_get_length(info->missing); i++)
                omg_output_error(_("package '%s' was not found"),
                                 omg_json_get_element(info->missing, i));
        if (r == OMG_CLIENT_OK && json_array_get_length(info->missing) > 0)
                return OMG_CLIENT_NOT_FOUND;
        return r;
}

int omg_command_info(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        gboolean available = FALSE;
        g_auto(GStrv) names = NULL;
        g_auto(Info) info = {NULL};
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        const GOptionEntry entries[] = {
                {"available", 'a', 0, G_OPTION_ARG_NONE, &available,
                 N_("What the repository holds, also of an installed package"), NULL},
                {NULL},
        };

        if (!omg_command_parse(client, command, entries, argc, argv, &names))
                return OMG_CLIENT_USAGE;
        if (!names[0])
                return omg_command_usage_error(command, _("No package named"));
        int r = fetch_info(client, names, &info, &error);
        if (r < 0)
                return omg_bus_report(r, &error);
        if (available)
                drop_local(&info);
        return print_info(client, &info);
}
