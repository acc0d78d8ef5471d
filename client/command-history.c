/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "base/limits.h"
#include "client-rows.h"
#include "client.h"
#include "format.h"
#include "message-json.h"

typedef struct {
        int limit;
        char *since_text;
        gint64 since;
        GStrv actions;
        GStrv names;
} HistoryOptions;

static void history_options_clear(HistoryOptions *options)
{
        g_free(options->since_text);
        g_strfreev(options->actions);
        g_strfreev(options->names);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HistoryOptions, history_options_clear)

static int append_options(sd_bus_message *call, gconstpointer data)
{
        const HistoryOptions *options = data;
        int r = 0;

        if (options->since_text)
                r = sd_bus_message_append(call, "{sv}", "since", "x", options->since);
        if (r >= 0 && options->actions)
                r = omg_bus_append_strv(call, "actions", options->actions);
        if (r >= 0 && options->names[0])
                r = omg_bus_append_strv(call, "packages", options->names);
        return r;
}

static void print_entry(OmgOutput *out, JsonObject *row)
{
        const char *old = omg_json_get_string(row, "old-version");
        g_autofree char *time = omg_format_sortable(omg_json_get_int(row, "time", G_MAXINT64));

        omg_output_append_format(out, "%s ", time);
        omg_output_append(out, OMG_STYLE_PLAIN, omg_json_get_string(row, "action"));
        omg_output_append_format(out, " ");
        omg_output_append(out, OMG_STYLE_BOLD, omg_json_get_string(row, "package"));
        omg_output_append_format(out, " ");
        if (old) {
                omg_output_append(out, OMG_STYLE_PLAIN, old);
                omg_output_append_format(out, " -> ");
        }
        omg_output_append(out, OMG_STYLE_VERSION, omg_json_get_string(row, "version"));
        omg_output_append_format(out, "\n");
}

static int show_history(OmgClient *client, const HistoryOptions *options)
{
        g_autoptr(JsonArray) rows = NULL;
        g_autoptr(JsonObject) meta = NULL;
        OmgListCall list = {.type = &omg_row_type_history,
                            .member = "ListHistory",
                            .limit = (guint)options->limit,
                            .append_options = append_options,
                            .data = options};

        int r = omg_command_show_list(client, &list, "entries", print_entry, &rows, &meta);
        if (r != OMG_CLIENT_OK)
                return r;
        if (!client->json)
                omg_command_hint_latest(rows, meta);
        return json_array_get_length(rows) == 0 && options->names[0] ? OMG_CLIENT_NOT_FOUND
                                                                     : OMG_CLIENT_OK;
}

int omg_command_history(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        g_auto(HistoryOptions) options = {.limit = OMG_LIMIT_ROWS_DEFAULT};
        const GOptionEntry entries[] = {
                {"limit", 'l', 0, G_OPTION_ARG_INT, &options.limit,
                 N_("Most entries to show, 0 for all (default 50)"), N_("N")},
                {"since", 's', 0, G_OPTION_ARG_STRING, &options.since_text,
                 N_("Only what was done on this day or later (YYYY-MM-DD)"), N_("DATE")},
                {"action", 'a', 0, G_OPTION_ARG_STRING_ARRAY, &options.actions,
                 N_("Only this (installed, removed, upgraded, downgraded, reinstalled); may be "
                    "repeated"),
                 N_("WORD")},
                {NULL},
        };

        if (!omg_command_parse(client, command, entries, argc, argv, &options.names))
                return OMG_CLIENT_USAGE;
        if (options.limit < 0)
                return omg_command_usage_error(command, _("--limit cannot be negative"));
        if (options.since_text && !omg_parse_date(options.since_text, &options.since))
                return omg_command_usage_error(
                        command, _("--since takes a day (YYYY-MM-DD), or a day and a time "
                                   "(YYYY-MM-DDThh:mm:ss)"));
        return show_history(client, &options);
}
