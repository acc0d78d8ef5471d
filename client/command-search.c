/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "base/limits.h"
#include "client-rows.h"
#include "client.h"
#include "message-json.h"

#define DESCRIPTION_INDENT 4 /* as pacman -Ss */

typedef struct {
        const char *member;
        gboolean name;
        gboolean prefix;
        char *mode;
        gboolean installed;
        int limit;
        char **repositories;
        char **sources;
} SearchOptions;

static void search_options_clear(SearchOptions *options)
{
        g_clear_pointer(&options->mode, g_free);
        g_clear_pointer(&options->repositories, g_strfreev);
        g_clear_pointer(&options->sources, g_strfreev);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SearchOptions, search_options_clear)

static int append_options(sd_bus_message *call, gconstpointer data)
{
        const SearchOptions *options = data;
        const char *mode = options->name ? "name" : options->prefix ? "prefix" : options->mode;
        int r = 0;

        if (mode)
                r = sd_bus_message_append(call, "{sv}", "mode", "s", mode);
        if (r >= 0 && options->installed)
                r = sd_bus_message_append(call, "{sv}", "installed", "b", TRUE);
        if (r >= 0 && options->repositories)
                r = omg_bus_append_strv(call, "repositories", options->repositories);
        if (r >= 0 && options->sources)
                r = omg_bus_append_strv(call, "sources", options->sources);
        return r;
}

static void print_installed(OmgOutput *out, JsonObject *row)
{
        const char *installed = omg_json_get_string(row, "installed-version");
        if (!installed)
                return;
        g_autofree char *text = g_str_equal(installed, omg_json_get_string(row, "version"))
                                        ? g_strdup_printf(" [%s]", _("installed"))
                                        : g_strdup_printf(" [%s: %s]", _("installed"), installed);
        omg_output_append(out, OMG_STYLE_INSTALLED, text);
}

/* Of a package of the AUR, as its helpers print them: votes and popularity. */
static void print_votes(OmgOutput *out, JsonObject *row)
{
        if (!json_object_has_member(row, "votes") || !json_object_has_member(row, "popularity"))
                return;
        omg_output_append_format(out, " (+%" G_GINT64_FORMAT " %.2f)",
                                 omg_json_get_int(row, "votes", 0),
                                 json_object_get_double_member(row, "popularity"));
}

static void print_row(OmgOutput *out, JsonObject *row)
{
        g_autofree char *repository =
                g_strconcat(omg_json_get_string(row, "repository"), "/", NULL);

        omg_output_append(out, OMG_STYLE_REPOSITORY, repository);
        omg_output_append(out, OMG_STYLE_BOLD, omg_json_get_string(row, "name"));
        omg_output_append_format(out, " ");
        omg_output_append(out, OMG_STYLE_VERSION, omg_json_get_string(row, "version"));
        print_votes(out, row);
        print_installed(out, row);
        omg_rows_append_marks(out, row);
        omg_output_append_format(out, "\n%*s", DESCRIPTION_INDENT, "");
        omg_output_append_wrapped(out, omg_json_get_string(row, "description"), DESCRIPTION_INDENT,
                                  DESCRIPTION_INDENT);
        omg_output_append_format(out, "\n");
}

/* A list that the default limit cut short must not look like all there is. */
static void hint_at_more(JsonArray *rows, JsonObject *meta)
{
        guint n_rows = json_array_get_length(rows);
        guint total = (guint)omg_json_get_int(meta, "total", 0);
        g_autofree char *text = NULL;

        if (total <= n_rows)
                return;
        if (omg_json_get_boolean(meta, "total-exact"))
                text = g_strdup_printf(_("%u of %u packages shown; --limit 0 shows all"), n_rows,
                                       total);
        else
                text = g_strdup_printf(_("%u of more than %u packages shown; --limit 0 shows all"),
                                       n_rows, total);
        omg_output_hint(text);
}

static int search(OmgClient *client, const SearchOptions *options, const char *query)
{
        g_autoptr(JsonArray) rows = NULL;
        g_autoptr(JsonObject) meta = NULL;
        OmgListCall list = {&omg_row_type_package, options->member, query,
                            options->limit,        append_options,  options};

        int r = omg_command_show_list(client, &list, "packages", print_row, &rows, &meta);
        if (r != OMG_CLIENT_OK)
                return r;
        if (!client->json)
                hint_at_more(rows, meta);
        return json_array_get_length(rows) == 0 ? OMG_CLIENT_NOT_FOUND : OMG_CLIENT_OK;
}

#define COMMON_OPTIONS(options)                                           \
        {"limit",                                                         \
         'l',                                                             \
         0,                                                               \
         G_OPTION_ARG_INT,                                                \
         &(options)->limit,                                               \
         N_("Most packages to show, 0 for all (default 50)"),             \
         N_("N")},                                                        \
                {"source",                                                \
                 's',                                                     \
                 0,                                                       \
                 G_OPTION_ARG_STRING_ARRAY,                               \
                 &(options)->sources,                                     \
                 N_("Only of repo, aur or local; may be repeated"),       \
                 N_("SOURCE")},                                           \
                {"repo",                                                  \
                 'r',                                                     \
                 0,                                                       \
                 G_OPTION_ARG_STRING_ARRAY,                               \
                 &(options)->repositories,                                \
                 N_("Only packages of this repository; may be repeated"), \
                 N_("NAME")},                                             \
                {"installed",                                             \
                 'i',                                                     \
                 0,                                                       \
                 G_OPTION_ARG_NONE,                                       \
                 &(options)->installed,                                   \
                 N_("Only installed packages"),                           \
                 NULL},                                                   \
        {                                                                 \
                NULL                                                      \
        }

int omg_command_search(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        g_auto(SearchOptions) options = {.member = "Search", .limit = OMG_LIMIT_ROWS_DEFAULT};
        g_auto(GStrv) words = NULL;
        const GOptionEntry entries[] = {
                {"name", 'n', 0, G_OPTION_ARG_NONE, &options.name,
                 N_("Every word must be in the name"), NULL},
                {"prefix", 'p', 0, G_OPTION_ARG_NONE, &options.prefix,
                 N_("The name must begin with the text"), NULL},
                {"mode", 'm', 0, G_OPTION_ARG_STRING, &options.mode,
                 N_("words, name, prefix, glob, regex, provides, file or group"), N_("MODE")},
                COMMON_OPTIONS(&options),
        };

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (!words[0])
                return omg_command_usage_error(command, _("Nothing to search for"));
        if (options.name + options.prefix + (options.mode != NULL) > 1)
                return omg_command_usage_error(command,
                                               _("--name, --prefix and --mode exclude each other"));
        if (options.limit < 0)
                return omg_command_usage_error(command, _("--limit cannot be negative"));
        g_autofree char *query = g_strjoinv(" ", words);
        return search(client, &options, query);
}

int omg_command_provides(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        g_auto(SearchOptions) options = {.member = "WhatProvides", .limit = OMG_LIMIT_ROWS_DEFAULT};
        g_auto(GStrv) words = NULL;
        const GOptionEntry entries[] = {COMMON_OPTIONS(&options)};

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (!words[0] || words[1])
                return omg_command_usage_error(command, _("provides takes one dependency"));
        if (options.limit < 0)
                return omg_command_usage_error(command, _("--limit cannot be negative"));
        return search(client, &options, words[0]);
}
