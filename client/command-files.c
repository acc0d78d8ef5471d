/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>

#include "client-rows.h"
#include "client.h"
#include "message-json.h"

#define PAGE 1000u

/* ---- files NAME ---- */

typedef struct {
        gboolean available;
        const char *name;
        guint offset;
        guint64 generation;
} FilesCall;

static int append_files_call(sd_bus_message *call, const FilesCall *files)
{
        int r = sd_bus_message_append_basic(call, 's', files->name);

        if (r >= 0)
                r = sd_bus_message_open_container(call, 'a', "{sv}");
        if (r >= 0 && files->available)
                r = sd_bus_message_append(call, "{sv}", "source", "s", "repo");
        if (r >= 0)
                r = sd_bus_message_append(call, "{sv}{sv}", "limit", "u", PAGE, "offset", "u",
                                          files->offset);
        if (r >= 0 && files->offset > 0)
                r = sd_bus_message_append(call, "{sv}", "generation", "t", files->generation);
        return r < 0 ? r : sd_bus_message_close_container(call);
}

/* One page, added to the paths; *ret_meta is the page's own. */
static int fetch_page(OmgClient *client, const FilesCall *files, JsonArray *paths,
                      JsonObject **ret_meta, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        const char *path;

        int r = omg_bus_new_call(client, OMG_BUS_PACKAGES, "GetFiles", &call);
        if (r >= 0)
                r = append_files_call(call, files);
        if (r >= 0)
                r = omg_bus_call(client, call, "asa{sv}", &reply, error);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read_basic(reply, 's', &path)) > 0)
                json_array_add_string_element(paths, path);
        if (r >= 0)
                r = sd_bus_message_exit_container(reply);
        return r < 0 ? r : omg_message_read_dictionary(reply, ret_meta);
}

static int fetch_files(OmgClient *client, FilesCall *files, JsonArray *paths, JsonObject **ret_meta,
                       sd_bus_error *error)
{
        int r = omg_bus_open(client, error);

        while (r >= 0) {
                g_clear_pointer(ret_meta, json_object_unref);
                r = fetch_page(client, files, paths, ret_meta, error);
                guint n = json_array_get_length(paths);
                if (r < 0 || n == files->offset || omg_json_get_int(*ret_meta, "total", 0) <= n)
                        break;
                files->offset = n;
                files->generation = (guint64)omg_json_get_int(*ret_meta, "generation", 0);
        }
        return r;
}

static int show_files(OmgClient *client, FilesCall *files)
{
        g_autoptr(JsonArray) paths = json_array_new();
        g_autoptr(JsonObject) meta = NULL;
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;

        int r = fetch_files(client, files, paths, &meta, &error);
        if (r < 0)
                return omg_bus_report(r, &error);
        omg_rows_warn(meta);
        if (client->json) {
                g_autoptr(JsonObject) document = json_object_new();
                json_object_set_string_member(document, "package", files->name);
                json_object_set_array_member(document, "files", json_array_ref(paths));
                json_object_set_object_member(document, "meta", json_object_ref(meta));
                omg_output_json(&client->output, document);
        }
        for (guint i = 0; !client->json && i < json_array_get_length(paths); i++) {
                omg_output_append(&client->output, OMG_STYLE_PLAIN, omg_json_get_element(paths, i));
                omg_output_append_format(&client->output, "\n");
        }
        return omg_output_flush(&client->output);
}

int omg_command_files(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        FilesCall files = {};
        g_auto(GStrv) words = NULL;
        const GOptionEntry entries[] = {
                {"available", 'a', 0, G_OPTION_ARG_NONE, &files.available,
                 N_("As the repository has the package, not as it is installed"), NULL},
                {NULL},
        };

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (g_strv_length(words) != 1)
                return omg_command_usage_error(command, _("takes exactly one name"));
        files.name = words[0];
        return show_files(client, &files);
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
