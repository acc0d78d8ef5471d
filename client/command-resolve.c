/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "client-rows.h"
#include "client.h"
#include "message-json.h"

#define INDENT 4

typedef struct {
        gboolean no_check;
        gboolean optional;
        gboolean needed;
        gboolean installed;
} ResolveOptions;

typedef struct {
        JsonArray *items;   /* objects: the keys of the XML */
        JsonArray *missing; /* strings */
        JsonObject *meta;
} Plan;

static void plan_clear(Plan *plan)
{
        g_clear_pointer(&plan->items, json_array_unref);
        g_clear_pointer(&plan->missing, json_array_unref);
        g_clear_pointer(&plan->meta, json_object_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

/* ---- asking ---- */

static int append_options(sd_bus_message *call, const ResolveOptions *options)
{
        return sd_bus_message_append(call, "a{sv}", 4, "check", "b", !options->no_check, "optional",
                                     "b", options->optional, "needed", "b", options->needed,
                                     "installed", "b", options->installed);
}

static int read_plan(sd_bus_message *reply, Plan *plan)
{
        g_autoptr(JsonNode) missing = NULL;

        plan->items = json_array_new();
        int r = omg_rows_read(reply, &omg_row_type_item, plan->items);
        if (r >= 0)
                r = omg_message_read_node(reply, &missing);
        if (r >= 0)
                r = omg_message_read_dictionary(reply, &plan->meta);
        if (r < 0)
                return r;
        plan->missing = json_node_dup_array(missing);
        return 0;
}

static int fetch(OmgClient *client, const ResolveOptions *options, char **names, Plan *plan,
                 sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;

        int r = omg_bus_open(client, error);
        if (r >= 0)
                r = omg_bus_new_call(client, OMG_BUS_PACKAGES, "ResolveAur", &call);
        if (r >= 0)
                r = sd_bus_message_append_strv(call, names);
        if (r >= 0)
                r = append_options(call, options);
        if (r >= 0)
                r = omg_bus_call(client, call, omg_row_type_item.reply_types, &reply, error);
        return r < 0 ? r : read_plan(reply, plan);
}

/* ---- items ---- */

static guint get_length(JsonArray *array)
{
        return array ? json_array_get_length(array) : 0;
}

static char *join(JsonArray *array, const char *separator)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < get_length(array); i++)
                g_string_append_printf(text, "%s%s", i > 0 ? separator : "",
                                       omg_json_get_element(array, i));
        return g_string_free(text, FALSE);
}

static gboolean has_flag(JsonObject *item, const char *name)
{
        JsonArray *names = omg_json_get_array(item, "flag-names");

        for (guint i = 0; i < get_length(names); i++)
                if (g_str_equal(omg_json_get_element(names, i), name))
                        return TRUE;
        return FALSE;
}

static void print_note(OmgOutput *out, gboolean wanted, const char *text)
{
        if (wanted)
                omg_output_append_format(out, " [%s]", text);
}

static void print_notes(OmgOutput *out, JsonObject *item)
{
        const char *installed = omg_json_get_string(item, "installed-version");

        if (installed && !g_str_equal(omg_json_get_string(item, "source"), "installed")) {
                g_autofree char *text = g_strdup_printf(" [%s: %s]", _("installed"), installed);
                omg_output_append(out, OMG_STYLE_INSTALLED, text);
        }
        print_note(out, omg_json_get_boolean(item, "make-only"), _("only to build"));
        print_note(out, has_flag(item, "out-of-date"), _("out of date"));
        print_note(out, has_flag(item, "no-maintainer"), _("without a maintainer"));
        print_note(out, has_flag(item, "maintainer-changed"), _("another maintainer"));
        print_note(out, has_flag(item, "ignored"), _("ignored"));
        print_note(out, has_flag(item, "refused"), _("refused by policy"));
}

/* A line below the item, of the list's names; nothing for one that is not there. */
static void print_names(OmgOutput *out, const char *label, JsonArray *names)
{
        g_autofree char *joined = join(names, " ");

        if (get_length(names) == 0)
                return;
        omg_output_append_format(out, "%*s%s: ", INDENT, "", label);
        omg_output_append_wrapped(out, joined, INDENT + omg_output_width(label) + 2, INDENT * 2);
        omg_output_append_format(out, "\n");
}

static void print_item(OmgOutput *out, JsonObject *item)
{
        g_autofree char *source = g_strconcat(omg_json_get_string(item, "source"), "/", NULL);
        JsonArray *builds = omg_json_get_array(item, "builds");

        omg_output_append(out, OMG_STYLE_REPOSITORY, source);
        omg_output_append(out, OMG_STYLE_BOLD, omg_json_get_string(item, "name"));
        omg_output_append_format(out, " ");
        omg_output_append(out, OMG_STYLE_VERSION, omg_json_get_string(item, "version"));
        print_notes(out, item);
        omg_output_append_format(out, "\n");
        print_names(out, _("needed by"), omg_json_get_array(item, "needed-by"));
        print_names(out, _("built together"), get_length(builds) > 1 ? builds : NULL);
        print_names(out, _("instead of it"), omg_json_get_array(item, "alternatives"));
        print_names(out, _("conflicts with installed"), omg_json_get_array(item, "conflicts"));
}

/* ---- what is wrong ---- */

static void warn_missing(const Plan *plan)
{
        JsonObject *all = omg_json_get_object(plan->meta, "missing-by");

        for (guint i = 0; i < json_array_get_length(plan->missing); i++) {
                const char *text = omg_json_get_element(plan->missing, i);
                JsonArray *names = all ? omg_json_get_array(all, text) : NULL;
                g_autofree char *joined = join(names, ", ");
                if (get_length(names) > 0)
                        omg_output_error(_("nothing satisfies %s, needed by %s"), text, joined);
                else
                        omg_output_error(_("package '%s' was not found"), text);
        }
}

static void warn_order(const Plan *plan)
{
        JsonArray *cycles = omg_json_get_array(plan->meta, "cycles");
        JsonArray *conflicts = omg_json_get_array(plan->meta, "conflicts");

        for (guint i = 0; i < get_length(cycles); i++) {
                JsonArray *cycle = json_array_get_array_element(cycles, i);
                g_autofree char *joined = join(cycle, " > ");
                omg_output_warn(_("a cycle: %s > %s"), joined, omg_json_get_element(cycle, 0));
        }
        if (omg_json_get_boolean(plan->meta, "cycles-truncated"))
                omg_output_warn(_("there may be more cycles"));
        for (guint i = 0; i < get_length(conflicts); i++) {
                JsonArray *pair = json_array_get_array_element(conflicts, i);
                omg_output_warn(_("%s and %s cannot be installed together"),
                                omg_json_get_element(pair, 0), omg_json_get_element(pair, 1));
        }
}

static void print_json(OmgClient *client, const Plan *plan)
{
        g_autoptr(JsonObject) document = json_object_new();

        json_object_set_array_member(document, "items", json_array_ref(plan->items));
        json_object_set_array_member(document, "missing", json_array_ref(plan->missing));
        json_object_set_object_member(document, "meta", json_object_ref(plan->meta));
        omg_output_json(&client->output, document);
}

static int print_plan(OmgClient *client, const Plan *plan)
{
        omg_rows_warn(plan->meta);
        if (client->json)
                print_json(client, plan);
        else
                for (guint i = 0; i < json_array_get_length(plan->items); i++)
                        print_item(&client->output, json_array_get_object_element(plan->items, i));
        int r = omg_output_flush(&client->output);
        warn_order(plan);
        warn_missing(plan);
        if (r == OMG_CLIENT_OK && json_array_get_length(plan->missing) > 0)
                return OMG_CLIENT_NOT_FOUND;
        return r;
}

int omg_command_resolve(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        g_auto(GStrv) names = NULL;
        g_auto(Plan) plan = {NULL};
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        ResolveOptions options = {FALSE};
        const GOptionEntry entries[] = {
                {"no-check", 'C', 0, G_OPTION_ARG_NONE, &options.no_check,
                 N_("Without what only the tests of a build need"), NULL},
                {"optional", 'o', 0, G_OPTION_ARG_NONE, &options.optional,
                 N_("Also the optional dependencies of the packages named"), NULL},
                {"needed", 'n', 0, G_OPTION_ARG_NONE, &options.needed,
                 N_("Build nothing again that is installed and not older"), NULL},
                {"installed", 'i', 0, G_OPTION_ARG_NONE, &options.installed,
                 N_("Also list what is needed and installed"), NULL},
                {NULL},
        };

        if (!omg_command_parse(client, command, entries, argc, argv, &names))
                return OMG_CLIENT_USAGE;
        if (!names[0])
                return omg_command_usage_error(command, _("No package named"));
        int r = fetch(client, &options, names, &plan, &error);
        return r < 0 ? omg_bus_report(r, &error) : print_plan(client, &plan);
}
