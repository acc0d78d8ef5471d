/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "client-rows.h"
#include "client.h"
#include "message-json.h"

void omg_command_hint_latest(JsonArray *rows, JsonObject *meta)
{
        guint n_rows = json_array_get_length(rows);
        g_autofree char *text = NULL;

        if (omg_json_get_int(meta, "total", 0) <= n_rows)
                return;
        text = g_strdup_printf(_("The latest %u entries; --limit 0 shows all"), n_rows);
        omg_output_hint(text);
}

int omg_command_show_list(OmgClient *client, const OmgListCall *list, const char *key,
                          OmgPrintRow print_row, JsonArray **ret_rows, JsonObject **ret_meta)
{
        g_autoptr(JsonArray) rows = NULL;
        g_autoptr(JsonObject) meta = NULL;
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;

        int r = omg_bus_open(client, &error);
        if (r >= 0)
                r = omg_rows_fetch(client, list, &rows, &meta, &error);
        if (r < 0)
                return omg_bus_report(r, &error);
        omg_rows_warn(meta);
        if (client->json)
                omg_rows_print_json(client, key, rows, meta);
        for (guint i = 0; !client->json && i < json_array_get_length(rows); i++)
                print_row(&client->output, json_array_get_object_element(rows, i));
        r = omg_output_flush(&client->output);
        if (r != OMG_CLIENT_OK)
                return r;
        *ret_rows = g_steal_pointer(&rows);
        *ret_meta = g_steal_pointer(&meta);
        return OMG_CLIENT_OK;
}

int omg_command_run_list(OmgClient *client, const OmgListCall *list, const char *key,
                         OmgPrintRow print_row)
{
        g_autoptr(JsonArray) rows = NULL;
        g_autoptr(JsonObject) meta = NULL;

        return omg_command_show_list(client, list, key, print_row, &rows, &meta);
}

static void print_name(OmgOutput *out, JsonObject *row)
{
        omg_output_append(out, OMG_STYLE_BOLD, omg_json_get_string(row, "name"));
        omg_output_append_format(out, " ");
        omg_output_append(out, OMG_STYLE_VERSION, omg_json_get_string(row, "version"));
}

static void print_package(OmgOutput *out, JsonObject *row)
{
        print_name(out, row);
        omg_output_append_format(out, "\n");
}

/* Which of them the AUR has, and what is wrong with them there. */
static void print_foreign(OmgOutput *out, JsonObject *row)
{
        print_name(out, row);
        if (g_strcmp0(omg_json_get_string(row, "repository"), "aur") == 0) {
                omg_output_append_format(out, " [AUR]");
                omg_rows_append_marks(out, row);
        }
        omg_output_append_format(out, "\n");
}

int omg_command_list(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        gboolean is_explicit = FALSE, orphans = FALSE, foreign = FALSE;
        g_auto(GStrv) words = NULL;
        const GOptionEntry entries[] = {
                {"explicit", 'e', 0, G_OPTION_ARG_NONE, &is_explicit,
                 N_("Only packages installed on request"), NULL},
                {"orphans", 'o', 0, G_OPTION_ARG_NONE, &orphans,
                 N_("Only dependencies that nothing needs any more"), NULL},
                {"foreign", 'f', 0, G_OPTION_ARG_NONE, &foreign,
                 N_("Only packages that are in no repository"), NULL},
                {NULL},
        };

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (words[0])
                return omg_command_usage_error(command, _("list takes no names"));
        if (is_explicit + orphans + foreign > 1)
                return omg_command_usage_error(
                        command, _("--explicit, --orphans and --foreign exclude each other"));
        OmgListCall list = {.type = &omg_row_type_package,
                            .member = is_explicit ? "ListExplicit"
                                      : orphans   ? "ListOrphans"
                                      : foreign   ? "ListForeign"
                                                  : "ListInstalled"};
        return omg_command_run_list(client, &list, "packages",
                                    foreign ? print_foreign : print_package);
}

static void print_replaced(OmgOutput *out, JsonArray *replaced)
{
        for (guint i = 0; i < json_array_get_length(replaced); i++) {
                omg_output_append_format(out, i == 0 ? " [%s " : ", ", _("replaces"));
                omg_output_append(out, OMG_STYLE_PLAIN, omg_json_get_element(replaced, i));
        }
        if (json_array_get_length(replaced) > 0)
                omg_output_append_format(out, "]");
}

/* Of UPD: introspection/org.omgd1.Packages.xml. */
#define FLAG_SECURITY 1
#define FLAG_IGNORED  2
#define FLAG_AUR      8
#define FLAG_OTHER    64 /* maintainer */

/* Of a development package the version says little: "[AUR, git]". */
static void print_aur(OmgOutput *out, JsonObject *row)
{
        const char *vcs = omg_json_get_string(row, "vcs");

        omg_output_append_format(out, " [AUR");
        if (vcs) {
                omg_output_append_format(out, ", ");
                omg_output_append(out, OMG_STYLE_PLAIN, vcs);
        }
        omg_output_append_format(out, "]");
        if (json_object_has_member(row, "out-of-date"))
                omg_output_append_format(out, " [%s]", _("out of date"));
        if (omg_json_get_int(row, "flags", 0) & FLAG_OTHER)
                omg_output_append_format(out, " [%s]", _("maintainer changed"));
}

static void print_update(OmgOutput *out, JsonObject *row)
{
        JsonArray *replaced = omg_json_get_array(row, "replaces");

        omg_output_append(out, OMG_STYLE_BOLD, omg_json_get_string(row, "name"));
        omg_output_append_format(out, " ");
        omg_output_append(out, OMG_STYLE_PLAIN, omg_json_get_string(row, "installed-version"));
        omg_output_append_format(out, " -> ");
        omg_output_append(out, OMG_STYLE_VERSION, omg_json_get_string(row, "new-version"));
        if (replaced)
                print_replaced(out, replaced);
        if (omg_json_get_int(row, "flags", 0) & FLAG_AUR)
                print_aur(out, row);
        if (omg_json_get_int(row, "flags", 0) & FLAG_SECURITY)
                omg_output_append_format(out, " [%s]", _("security"));
        if (omg_json_get_int(row, "flags", 0) & FLAG_IGNORED)
                omg_output_append_format(out, " [%s]", _("ignored"));
        omg_output_append_format(out, "\n");
}

static int append_sources(sd_bus_message *call, gconstpointer data)
{
        char *const *sources = data;

        return sources ? omg_bus_append_strv(call, "sources", sources) : 0;
}

int omg_command_updates(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        g_auto(GStrv) words = NULL, sources = NULL;
        const GOptionEntry entries[] = {
                {"source", 's', 0, G_OPTION_ARG_STRING_ARRAY, &sources,
                 N_("Only updates of this source: repo or aur"), N_("SOURCE")},
                {NULL},
        };
        OmgListCall list = {.type = &omg_row_type_update,
                            .member = "ListUpdates",
                            .append_options = append_sources};

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (words[0])
                return omg_command_usage_error(command, _("updates takes no names"));
        list.data = sources;
        return omg_command_run_list(client, &list, "updates", print_update);
}
