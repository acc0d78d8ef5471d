/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "client-rows.h"
#include "client.h"
#include "message-json.h"

typedef struct {
        const char *directory; /* NULL: none */
        char *const *names;
} Options;

static int append_options(sd_bus_message *call, gconstpointer data)
{
        const Options *options = data;
        int r = 0;

        if (options->names[0])
                r = omg_bus_append_strv(call, "names", options->names);
        if (r >= 0 && options->directory)
                r = sd_bus_message_append(call, "{sv}", "directory", "s", options->directory);
        return r;
}

static void print_mark(OmgOutput *out, const char *mark)
{
        omg_output_append_format(out, " ");
        omg_output_append(out, OMG_STYLE_INSTALLED, mark);
}

static void print_runtime(OmgOutput *out, JsonObject *row)
{
        const char *version = omg_json_get_string(row, "version");
        const char *requested = omg_json_get_string(row, "requested");

        omg_output_append(out, OMG_STYLE_BOLD, omg_json_get_string(row, "name"));
        omg_output_append_format(out, " ");
        omg_output_append(out, OMG_STYLE_VERSION, version && *version ? version : _("unknown"));
        omg_output_append_format(out, " ");
        omg_output_append(out, OMG_STYLE_REPOSITORY, omg_json_get_string(row, "source"));
        if (omg_json_get_boolean(row, "active"))
                print_mark(out, _("[active]"));
        if (!omg_json_get_boolean(row, "installed"))
                print_mark(out, _("[not installed]"));
        if (requested) {
                g_autofree char *text = g_strdup_printf(_("[wanted: %s]"), requested);
                print_mark(out, text);
        }
        omg_output_append_format(out, " ");
        omg_output_append(out, OMG_STYLE_PLAIN, omg_json_get_string(row, "origin"));
        omg_output_append_format(out, "\n");
}

/* As the shell means it, and as the bus can carry it. */
static char *get_absolute(const char *directory)
{
        g_autofree char *absolute = g_canonicalize_filename(directory, NULL);

        return g_utf8_validate(absolute, -1, NULL) ? g_steal_pointer(&absolute) : NULL;
}

int omg_command_runtimes(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        g_autofree char *given = NULL;
        g_autofree char *directory = NULL;
        g_auto(GStrv) words = NULL;
        const GOptionEntry entries[] = {
                {"directory", 'd', 0, G_OPTION_ARG_FILENAME, &given,
                 N_("As it is in this directory, with its version files"), N_("DIR")},
                {NULL},
        };
        Options options = {};
        OmgListCall list = {.type = &omg_row_type_runtime,
                            .interface = OMG_BUS_RUNTIMES,
                            .member = "List",
                            .append_options = append_options,
                            .data = &options};

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (given && !(directory = get_absolute(given)))
                return omg_command_usage_error(command, _("--directory is not valid UTF-8"));
        options.directory = directory;
        options.names = words;
        return omg_command_run_list(client, &list, "runtimes", print_runtime);
}
