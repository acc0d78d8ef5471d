/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What concerns omgd itself: its caches, and holding it back. */
#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "format.h"
#include "message-json.h"

#define DEFAULT_WHAT "refresh:network"

/* ---- cache ---- */

static char *format_number(JsonObject *object, const char *key)
{
        gint64 number = omg_json_get_int(object, key, -1);

        return number < 0 ? g_strdup(_("unknown")) : g_strdup_printf("%" G_GINT64_FORMAT, number);
}

static char *format_bytes(JsonObject *object, const char *key)
{
        gint64 bytes = omg_json_get_int(object, key, -1);

        return bytes < 0 ? g_strdup(_("unknown")) : omg_format_size(bytes);
}

static char *format_of(char *value, char *most)
{
        g_autofree char *first = value, *second = most;

        return g_strdup_printf(_("%s of %s"), first, second);
}

static void print_replies(OmgOutput *out, JsonObject *replies)
{
        const struct {
                const char *label;
                char *value;
        } lines[] = {
                {_("Kept replies"), format_of(format_number(replies, "entries"),
                                              format_number(replies, "max-entries"))},
                {_("Bytes"),
                 format_of(format_bytes(replies, "bytes"), format_bytes(replies, "max-bytes"))},
                {_("Kept for seconds"), format_number(replies, "ttl")},
                {_("Hits"), format_number(replies, "hits")},
                {_("Misses"), format_number(replies, "misses")},
        };
        guint width = 0;

        for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
                width = MAX(width, omg_output_width(lines[i].label));
        for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
                omg_output_append_field(out, lines[i].label, width, lines[i].value);
                g_free(lines[i].value);
        }
}

/* Rows of (file, bytes, time). */
static void print_index(OmgOutput *out, JsonArray *index)
{
        for (guint i = 0; index && i < json_array_get_length(index); i++) {
                JsonArray *row = json_array_get_array_element(index, i);
                if (!row || json_array_get_length(row) < 3)
                        continue;
                g_autofree char *size = omg_format_size(json_array_get_int_element(row, 1));
                g_autofree char *date =
                        omg_format_date(json_array_get_int_element(row, 2) / G_USEC_PER_SEC);

                omg_output_append(out, OMG_STYLE_BOLD, omg_json_get_element(row, 0));
                omg_output_append_format(out, " %s %s\n", size, date);
        }
}

static int fetch_cache_info(OmgClient *client, JsonObject **ret_info, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        int r;

        if ((r = omg_bus_new_call(client, OMG_BUS_MANAGER, "GetCacheInfo", &call)) < 0 ||
            (r = omg_bus_call(client, call, "a{sv}", &reply, error)) < 0)
                return r;
        return omg_message_read_dictionary(reply, ret_info);
}

static int clear_cache(OmgClient *client, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        int r;

        if ((r = omg_bus_new_call(client, OMG_BUS_MANAGER, "ClearCache", &call)) < 0 ||
            (r = sd_bus_message_append(call, "asa{sv}", 0, 0)) < 0)
                return r;
        return omg_bus_call(client, call, "", &reply, error);
}

static void print_cache_info(OmgClient *client, JsonObject *info)
{
        JsonObject *replies = omg_json_get_object(info, "replies");

        if (client->json) {
                omg_output_json(&client->output, info);
                return;
        }
        if (replies)
                print_replies(&client->output, replies);
        print_index(&client->output, omg_json_get_array(info, "index"));
}

int omg_command_cache(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        gboolean clear = FALSE;
        g_auto(GStrv) words = NULL;
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) info = NULL;
        const GOptionEntry entries[] = {
                {"clear", 'c', 0, G_OPTION_ARG_NONE, &clear, N_("Empty the caches first"), NULL},
                {NULL},
        };
        int r;

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (words[0])
                return omg_command_usage_error(command, _("cache takes no names"));
        r = omg_bus_open(client, &error);
        if (r >= 0 && clear)
                r = clear_cache(client, &error);
        if (r >= 0)
                r = fetch_cache_info(client, &info, &error);
        if (r < 0)
                return omg_bus_report(r, &error);
        print_cache_info(client, info);
        return omg_output_flush(&client->output);
}

/* ---- inhibit ---- */

/* The first element of a row: its words, with ':' in between, as they are given to Inhibit. */
static char *join_words(JsonArray *row)
{
        JsonArray *words = json_array_get_array_element(row, 0);
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; words && i < json_array_get_length(words); i++)
                g_string_append_printf(text, "%s%s", i > 0 ? ":" : "",
                                       omg_json_get_element(words, i));
        return g_strdup(text->str);
}

static void print_inhibitors(OmgOutput *out, JsonArray *rows)
{
        for (guint i = 0; i < json_array_get_length(rows); i++) {
                JsonArray *row = json_array_get_array_element(rows, i);
                g_autofree char *what = join_words(row);

                omg_output_append(out, OMG_STYLE_BOLD, omg_json_get_element(row, 1));
                omg_output_append_format(out, " ");
                omg_output_append(out, OMG_STYLE_PLAIN, what);
                omg_output_append_format(out, " ");
                omg_output_append(out, OMG_STYLE_PLAIN, omg_json_get_element(row, 2));
                omg_output_append_format(out, "\n");
        }
}

/* A row with the names that the XML gives its members. */
static JsonNode *make_named(JsonArray *row)
{
        static const char *const names[] = {"what", "who", "why", "sender", "since"};
        JsonNode *node = json_node_new(JSON_NODE_OBJECT);
        JsonObject *object = json_object_new();

        for (guint i = 0; i < G_N_ELEMENTS(names); i++)
                json_object_set_member(object, names[i], json_array_dup_element(row, i));
        json_node_take_object(node, object);
        return node;
}

static void print_inhibitors_json(OmgOutput *out, JsonArray *rows)
{
        g_autoptr(JsonObject) document = json_object_new();
        JsonArray *named = json_array_new();

        for (guint i = 0; i < json_array_get_length(rows); i++)
                json_array_add_element(named, make_named(json_array_get_array_element(rows, i)));
        json_object_set_array_member(document, "inhibitors", named);
        omg_output_json(out, document);
}

static int list_inhibitors(OmgClient *client)
{
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        g_autoptr(JsonNode) node = NULL;
        int r;

        if ((r = omg_bus_new_call(client, OMG_BUS_MANAGER, "ListInhibitors", &call)) < 0 ||
            (r = omg_bus_call(client, call, "a(asssst)", &reply, &error)) < 0 ||
            (r = omg_message_read_node(reply, &node)) < 0)
                return omg_bus_report(r, &error);
        if (client->json)
                print_inhibitors_json(&client->output, json_node_get_array(node));
        else
                print_inhibitors(&client->output, json_node_get_array(node));
        return omg_output_flush(&client->output);
}

/* Runs it to its end. The descriptor of the inhibitor is not for it: what it leaves running would
 * hold on. */
static int run_command(char **words)
{
        pid_t pid, ended;
        int status, r;

        r = posix_spawnp(&pid, words[0], NULL, NULL, words, environ);
        if (r != 0) {
                omg_output_error("%s: %s", words[0], g_strerror(r));
                return OMG_CLIENT_ERROR;
        }
        /* The terminal's are for the command; we end with it. */
        (void)signal(SIGINT, SIG_IGN);
        (void)signal(SIGQUIT, SIG_IGN);
        do
                ended = waitpid(pid, &status, 0);
        while (ended < 0 && errno == EINTR);
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int hold_and_run(OmgClient *client, const char *what, const char *why, char **words)
{
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        g_autoptr(sd_bus_message) call = NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        int r;

        if ((r = omg_bus_new_call(client, OMG_BUS_MANAGER, "Inhibit", &call)) < 0 ||
            (r = sd_bus_message_append(call, "sss", what, "omgctl", why ?: words[0])) < 0 ||
            (r = omg_bus_call(client, call, "h", &reply, &error)) < 0)
                return omg_bus_report(r, &error);
        /* The reply keeps the descriptor, closed on exec, until the command has ended. */
        return run_command(words);
}

int omg_command_inhibit(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        g_autofree char *what = NULL, *why = NULL;
        g_auto(GStrv) words = NULL;
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        const GOptionEntry entries[] = {
                {"what", 'w', 0, G_OPTION_ARG_STRING, &what,
                 N_("What to hold back: idle-exit, refresh and network, with a colon in between "
                    "(default refresh:network)"),
                 N_("WHAT")},
                {"why", 'y', 0, G_OPTION_ARG_STRING, &why,
                 N_("Why, for others to read (default: the command)"), N_("TEXT")},
                {NULL},
        };
        int r;

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        r = omg_bus_open(client, &error);
        if (r < 0)
                return omg_bus_report(r, &error);
        return words[0] ? hold_and_run(client, what ?: DEFAULT_WHAT, why, words)
                        : list_inhibitors(client);
}
