/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>

#include "client-rows.h"
#include "client.h"
#include "message-json.h"

/* ---- files NAME ---- */

static int append_source(sd_bus_message *call, gconstpointer data)
{
        const gboolean *available = data;

        return *available ? sd_bus_message_append(call, "{sv}", "source", "s", "repo") : 0;
}

static void print_json(OmgClient *client, const char *name, JsonArray *paths, JsonObject *meta)
{
        g_autoptr(JsonObject) document = json_object_new();

        json_object_set_string_member(document, "package", name);
        json_object_set_array_member(document, "files", json_array_ref(paths));
        json_object_set_object_member(document, "meta", json_object_ref(meta));
        omg_output_json(&client->output, document);
}

static int show_files(OmgClient *client, const char *name, gboolean available)
{
        const OmgListCall list = {
                .type = &omg_row_type_path,
                .member = "GetFiles",
                .query = name,
                .append_options = append_source,
                .data = &available,
        };
        g_autoptr(JsonArray) paths = NULL;
        g_autoptr(JsonObject) meta = NULL;
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;

        int r = omg_bus_open(client, &error);
        if (r >= 0)
                r = omg_rows_fetch(client, &list, &paths, &meta, &error);
        if (r < 0)
                return omg_bus_report(r, &error);
        omg_rows_warn(meta);
        if (client->json)
                print_json(client, name, paths, meta);
        for (guint i = 0; !client->json && i < json_array_get_length(paths); i++) {
                omg_output_append(&client->output, OMG_STYLE_PLAIN, omg_json_get_element(paths, i));
                omg_output_append_format(&client->output, "\n");
        }
        return omg_output_flush(&client->output);
}

int omg_command_files(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        gboolean available = FALSE;
        g_auto(GStrv) words = NULL;
        const GOptionEntry entries[] = {
                {"available", 'a', 0, G_OPTION_ARG_NONE, &available,
                 N_("As the repository has the package, not as it is installed"), NULL},
                {NULL},
        };

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (g_strv_length(words) != 1)
                return omg_command_usage_error(command, _("takes exactly one name"));
        return show_files(client, words[0], available);
}

/* ---- owns PATH... ---- */

/* The path omgd is asked for: absolute; of a bare name that is no file here the program of that
 * name in PATH, as with pacman -Qo. */
static char *find_path(const char *word)
{
        struct stat st;

        if (!strchr(word, '/') && lstat(word, &st) < 0) {
                char *program = g_find_program_in_path(word);
                if (program && *program == '/')
                        return program;
                g_free(program);
        }
        /* Not g_canonicalize_filename(): ".." behind a symbolic link leads elsewhere. */
        if (*word == '/')
                return g_strdup(word);
        g_autofree char *here = g_get_current_dir();
        return g_build_filename(here, word, NULL);
}

static int append_sources(sd_bus_message *call, gconstpointer data)
{
        const gboolean *available = data;

        return *available ? sd_bus_message_append(call, "{sv}", "sources", "as", 1, "repo") : 0;
}

static void print_owner(OmgOutput *out, JsonObject *row)
{
        omg_output_append(out, OMG_STYLE_PLAIN, omg_json_get_string(row, "path"));
        omg_output_append_format(out, ": ");
        omg_output_append(out, OMG_STYLE_BOLD, omg_json_get_string(row, "package"));
        omg_output_append_format(out, "\n");
}

/* Says which of the paths are in no row; TRUE when there are such. */
static gboolean tell_unowned(char **paths, JsonArray *rows)
{
        g_autoptr(GHashTable) owned = g_hash_table_new(g_str_hash, g_str_equal);
        gboolean any = FALSE;

        for (guint i = 0; i < json_array_get_length(rows); i++)
                g_hash_table_add(owned, (gpointer)omg_json_get_string(
                                                json_array_get_object_element(rows, i), "path"));
        for (char **p = paths; *p; p++) {
                if (g_hash_table_contains(owned, *p))
                        continue;
                g_autofree char *text = g_strdup_printf(_("No package owns %s"), *p);
                omg_output_hint(text);
                any = TRUE;
        }
        return any;
}

static int show_owners(OmgClient *client, char **paths, gboolean available)
{
        const OmgListCall list = {
                .type = &omg_row_type_owner,
                .member = "WhoOwns",
                .words = paths,
                .append_options = append_sources,
                .data = &available,
        };
        g_autoptr(JsonArray) rows = NULL;
        g_autoptr(JsonObject) meta = NULL;

        int r = omg_command_show_list(client, &list, "owners", print_owner, &rows, &meta);
        return r == OMG_CLIENT_OK && tell_unowned(paths, rows) ? OMG_CLIENT_NOT_FOUND : r;
}

int omg_command_owns(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        gboolean available = FALSE;
        g_auto(GStrv) words = NULL;
        const GOptionEntry entries[] = {
                {"available", 'a', 0, G_OPTION_ARG_NONE, &available,
                 N_("Ask the repositories' lists of files, not the installed packages"), NULL},
                {NULL},
        };

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (!words[0])
                return omg_command_usage_error(command, _("needs at least one path"));
        for (char **w = words; *w; w++) {
                if (!**w)
                        return omg_command_usage_error(command, _("a path is empty"));
                char *path = find_path(*w);
                g_free(*w);
                *w = path;
        }
        return show_owners(client, words, available);
}
