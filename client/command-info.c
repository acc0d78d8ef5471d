/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "client-rows.h"
#include "client.h"
#include "info-text.h"
#include "message-json.h"

/* What GetDetails answered, or GetAurDetails. */
typedef struct {
        JsonArray *details; /* objects: the keys of the XML and "asked" */
        JsonArray *missing; /* names */
        JsonObject *meta;
        JsonObject *aur_meta;     /* of the AUR's details among these; NULL: it was not asked */
        gboolean is_aur_unknown;  /* nobody knows what the AUR has of the missing ones; */
        gboolean is_aur_in_error; /* moreover that is no matter of settings */
} Info;

static void info_clear(Info *info)
{
        g_clear_pointer(&info->details, json_array_unref);
        g_clear_pointer(&info->missing, json_array_unref);
        g_clear_pointer(&info->meta, json_object_unref);
        g_clear_pointer(&info->aur_meta, json_object_unref);
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

static int fetch_info(OmgClient *client, const char *member, char **names, Info *info,
                      sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;

        int r = omg_bus_open(client, error);
        if (r >= 0)
                r = omg_bus_new_call(client, OMG_BUS_PACKAGES, member, &call);
        if (r >= 0)
                r = sd_bus_message_append_strv(call, names);
        if (r >= 0)
                r = sd_bus_message_append(call, "a{sv}", 0);
        if (r >= 0)
                r = omg_bus_call(client, call, "a(sa{sv})asa{sv}", &reply, error);
        return r < 0 ? r : read_info(reply, info);
}

static gboolean is_of(JsonObject *package, const char *repository)
{
        return g_strcmp0(omg_json_get_string(package, "repository"), repository) == 0;
}

/* With --available, what is only installed counts as missing, as for pacman -Si. */
static void drop_local(Info *info)
{
        JsonArray *available = json_array_new();

        for (guint i = 0; i < json_array_get_length(info->details); i++) {
                JsonObject *package = json_array_get_object_element(info->details, i);
                if (is_of(package, "local") || is_of(package, "aur")) {
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

/* ---- the AUR ---- */

/* What is in no repository, and what is installed from the AUR. */
static GStrv list_for_aur(const Info *info)
{
        g_autoptr(GStrvBuilder) names = g_strv_builder_new();

        for (guint i = 0; i < json_array_get_length(info->missing); i++)
                g_strv_builder_add(names, omg_json_get_element(info->missing, i));
        for (guint i = 0; i < json_array_get_length(info->details); i++) {
                JsonObject *package = json_array_get_object_element(info->details, i);
                if (is_of(package, "aur"))
                        g_strv_builder_add(names, omg_json_get_string(package, "name"));
        }
        return g_strv_builder_end(names);
}

static JsonObject *find_asked(JsonArray *details, const char *name)
{
        for (guint i = 0; i < json_array_get_length(details); i++) {
                JsonObject *package = json_array_get_object_element(details, i);
                if (g_strcmp0(omg_json_get_string(package, "asked"), name) == 0)
                        return package;
        }
        return NULL;
}

/* What is installed shows the AUR's beside it. */
static void add_aur(JsonObject *package, const Info *aur)
{
        JsonObject *there = is_of(package, "aur") && !json_object_has_member(package, "aur")
                                    ? find_asked(aur->details, omg_json_get_string(package, "name"))
                                    : NULL;

        if (there)
                json_object_set_object_member(package, "aur", json_object_ref(there));
}

/* Details of both, in the order of the names. */
static void merge_aur(Info *info, char **names, Info *aur)
{
        JsonArray *details = json_array_new(), *missing = json_array_new();

        for (char **name = names; *name; name++) {
                JsonObject *package = find_asked(info->details, *name);
                if (package)
                        add_aur(package, aur);
                else
                        package = find_asked(aur->details, *name);
                if (package)
                        json_array_add_object_element(details, json_object_ref(package));
                else
                        json_array_add_string_element(missing, *name);
        }
        json_array_unref(info->details);
        json_array_unref(info->missing);
        info->details = details;
        info->missing = missing;
        info->aur_meta = g_steal_pointer(&aur->meta);
}

/* An older omgd knows of no AUR; one that knows nothing of it says why. */
static void ask_aur(OmgClient *client, char **names, Info *info)
{
        g_auto(GStrv) wanted = list_for_aur(info);
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        g_auto(Info) aur = {NULL};

        if (!wanted[0])
                return;
        if (fetch_info(client, "GetAurDetails", wanted, &aur, &error) >= 0) {
                merge_aur(info, names, &aur);
                return;
        }
        if (sd_bus_error_has_name(&error, SD_BUS_ERROR_UNKNOWN_METHOD) || !error.name)
                return;
        info->is_aur_unknown = TRUE;
        info->is_aur_in_error = !sd_bus_error_has_name(&error, "org.omgd1.Error.Unavailable");
        omg_output_warn("%s: %s", omg_bus_short_name(error.name), error.message);
}

/* ---- the answer ---- */

static void print_json(OmgClient *client, const Info *info)
{
        g_autoptr(JsonObject) document = json_object_new();

        json_object_set_array_member(document, "details", json_array_ref(info->details));
        json_object_set_array_member(document, "missing", json_array_ref(info->missing));
        json_object_set_object_member(document, "meta", json_object_ref(info->meta));
        if (info->aur_meta)
                json_object_set_object_member(document, "aur-meta",
                                              json_object_ref(info->aur_meta));
        omg_output_json(&client->output, document);
}

static int print_info(OmgClient *client, const Info *info)
{
        omg_rows_warn(info->meta);
        if (info->aur_meta)
                omg_rows_warn(info->aur_meta);
        if (client->json)
                print_json(client, info);
        for (guint i = 0; !client->json && i < json_array_get_length(info->details); i++)
                omg_info_text_append(&client->output,
                                     json_array_get_object_element(info->details, i));
        int r = omg_output_flush(&client->output);
        for (guint i = 0; i < json_array_get_length(info->missing); i++)
                omg_output_error(info->is_aur_unknown ? _("no repository has a package '%s'")
                                                      : _("package '%s' was not found"),
                                 omg_json_get_element(info->missing, i));
        if (r == OMG_CLIENT_OK && json_array_get_length(info->missing) > 0)
                return info->is_aur_in_error ? OMG_CLIENT_ERROR : OMG_CLIENT_NOT_FOUND;
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
        int r = fetch_info(client, "GetDetails", names, &info, &error);
        if (r < 0)
                return omg_bus_report(r, &error);
        if (available)
                drop_local(&info);
        ask_aur(client, names, &info);
        return print_info(client, &info);
}
