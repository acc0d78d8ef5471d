/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "client-rows.h"
#include "client.h"
#include "format.h"
#include "message-json.h"

/* ---- groups ---- */

static int append_installed(sd_bus_message *call, gconstpointer data)
{
        const gboolean *installed = data;

        return sd_bus_message_append(call, "{sv}", "installed", "b", *installed);
}

static void print_group(OmgOutput *out, JsonObject *row)
{
        omg_output_append(out, OMG_STYLE_BOLD, omg_json_get_string(row, "name"));
        omg_output_append_format(out, " %" G_GINT64_FORMAT "\n",
                                 omg_json_get_int(row, "packages", 0));
}

int omg_command_groups(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        gboolean installed = FALSE;
        g_auto(GStrv) words = NULL;
        const GOptionEntry entries[] = {
                {"installed", 'i', 0, G_OPTION_ARG_NONE, &installed,
                 N_("The groups of installed packages"), NULL},
                {NULL},
        };
        OmgListCall list = {.type = &omg_row_type_group,
                            .member = "ListGroups",
                            .append_options = append_installed,
                            .data = &installed};

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (words[0])
                return omg_command_usage_error(command, _("groups takes no names"));
        return omg_command_run_list(client, &list, "groups", print_group);
}

/* ---- repositories ---- */

static void print_repository(OmgOutput *out, JsonObject *row)
{
        gint64 packages = omg_json_get_int(row, "packages", -1);
        gint64 time = omg_json_get_int(row, "time", -1);
        g_autofree char *date =
                time < 0 ? g_strdup(_("unknown")) : omg_format_date(time / G_USEC_PER_SEC);

        omg_output_append(out, OMG_STYLE_BOLD, omg_json_get_string(row, "name"));
        omg_output_append_format(out, " ");
        if (packages < 0)
                omg_output_append_format(out, "%s", _("unknown"));
        else
                omg_output_append_format(out, "%" G_GINT64_FORMAT, packages);
        omg_output_append_format(out, " ");
        omg_output_append(out, OMG_STYLE_PLAIN, omg_json_get_string(row, "state"));
        omg_output_append_format(out, " %s\n", date);
}

int omg_command_repos(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        g_auto(GStrv) words = NULL;
        OmgListCall list = {.type = &omg_row_type_repository, .member = "ListRepositories"};

        if (!omg_command_parse(client, command, NULL, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (words[0])
                return omg_command_usage_error(command, _("repos takes no names"));
        return omg_command_run_list(client, &list, "repositories", print_repository);
}
