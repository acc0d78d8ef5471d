/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>

#include "base/limits.h"
#include "client-rows.h"
#include "client.h"
#include "format.h"
#include "message-json.h"

#define HASH_SIZE 32

/* ---- list ---- */

typedef struct {
        int limit;
        char *since_text;
        gint64 since;
        GStrv events;
        char *severity;
        GStrv words;
} LogOptions;

static void log_options_clear(LogOptions *options)
{
        g_free(options->since_text);
        g_strfreev(options->events);
        g_free(options->severity);
        g_strfreev(options->words);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LogOptions, log_options_clear)

static int append_options(sd_bus_message *call, gconstpointer data)
{
        const LogOptions *options = data;
        int r = 0;

        if (options->since_text)
                r = sd_bus_message_append(call, "{sv}", "since", "x",
                                          options->since * G_USEC_PER_SEC);
        if (r >= 0 && options->events)
                r = omg_bus_append_strv(call, "events", options->events);
        if (r >= 0 && options->severity)
                r = sd_bus_message_append(call, "{sv}", "severity", "s", options->severity);
        return r;
}

static void print_column(OmgOutput *out, OmgStyle style, const char *text, guint width)
{
        guint used = omg_output_width(text);

        omg_output_append(out, style, text);
        omg_output_append_format(out, "%*s", used < width ? (int)(width - used) + 1 : 1, "");
}

static void print_record(OmgOutput *out, JsonObject *row)
{
        gint64 usec = omg_json_get_int(row, "time", G_MAXINT64);
        g_autofree char *time = omg_format_sortable(usec / G_USEC_PER_SEC);

        omg_output_append_format(out, "%s ", time);
        print_column(out, OMG_STYLE_PLAIN, omg_json_get_string(row, "severity"), 8);
        print_column(out, OMG_STYLE_BOLD, omg_json_get_string(row, "event"), 18);
        print_column(out, OMG_STYLE_REPOSITORY, omg_json_get_string(row, "actor"), 8);
        omg_output_append(out, OMG_STYLE_PLAIN, omg_json_get_string(row, "description"));
        if (!omg_json_get_boolean(row, "intact"))
                omg_output_append_format(out, " %s", _("[changed]"));
        omg_output_append_format(out, "\n");
}

static int list_log(OmgClient *client, const LogOptions *options)
{
        g_autoptr(JsonArray) rows = NULL;
        g_autoptr(JsonObject) meta = NULL;
        OmgListCall list = {.type = &omg_row_type_log,
                            .interface = OMG_BUS_AUDIT,
                            .member = "ListLog",
                            .limit = (guint)options->limit,
                            .append_options = append_options,
                            .data = options};
        int r = omg_command_show_list(client, &list, "records", print_record, &rows, &meta);

        if (r == OMG_CLIENT_OK && !client->json)
                omg_command_hint_latest(rows, meta);
        return r;
}

/* ---- head ---- */

static int fetch_head(OmgClient *client, JsonObject *ret_head, sd_bus_error *error)
{
        g_autoptr(sd_bus_message) call = NULL, reply = NULL;
        g_autoptr(JsonNode) sequence = NULL, hash = NULL;
        int r = omg_bus_open(client, error);

        if (r >= 0)
                r = omg_bus_new_call(client, OMG_BUS_AUDIT, "GetLogHead", &call);
        if (r >= 0)
                r = omg_bus_call(client, call, "tay", &reply, error);
        if (r >= 0)
                r = omg_message_read_node(reply, &sequence);
        if (r >= 0)
                r = omg_message_read_node(reply, &hash);
        if (r < 0)
                return r;
        json_object_set_member(ret_head, "sequence", g_steal_pointer(&sequence));
        json_object_set_member(ret_head, "hash", g_steal_pointer(&hash));
        return 0;
}

static int show_head(OmgClient *client)
{
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) head = json_object_new();
        int r = fetch_head(client, head, &error);

        if (r < 0)
                return omg_bus_report(r, &error);
        if (omg_json_get_int(head, "sequence", 0) == 0) {
                omg_output_error("%s", _("the audit log has no records yet"));
                return OMG_CLIENT_NOT_FOUND;
        }
        if (client->json)
                omg_output_json(&client->output, head);
        else
                omg_output_append_format(&client->output, "%" G_GINT64_FORMAT ":%s\n",
                                         omg_json_get_int(head, "sequence", 0),
                                         omg_json_get_string(head, "hash"));
        return omg_output_flush(&client->output);
}

/* ---- verify ---- */

typedef struct {
        guint64 sequence; /* 0: none */
        guint8 hash[HASH_SIZE];
} Pinned;

/* As show_head() prints it. */
static gboolean parse_pinned(const char *text, Pinned *ret_pinned)
{
        g_auto(GStrv) parts = g_strsplit(text, ":", 2);

        if (!parts[0] || !parts[1] || strlen(parts[1]) != (gsize)2 * HASH_SIZE ||
            !g_ascii_string_to_unsigned(parts[0], 10, 1, G_MAXINT64, &ret_pinned->sequence, NULL))
                return FALSE;
        for (guint i = 0; i < HASH_SIZE; i++) {
                int high = g_ascii_xdigit_value(parts[1][2 * i]);
                int low = g_ascii_xdigit_value(parts[1][2 * i + 1]);

                if (high < 0 || low < 0)
                        return FALSE;
                ret_pinned->hash[i] = (guint8)(high << 4 | low);
        }
        return TRUE;
}

static int append_pinned(sd_bus_message *call, const Pinned *pinned)
{
        int r = sd_bus_message_open_container(call, 'a', "{sv}");

        if (r >= 0 && pinned->sequence > 0) {
                if ((r = sd_bus_message_append(call, "{sv}", "sequence", "t", pinned->sequence)) <
                            0 ||
                    (r = sd_bus_message_open_container(call, 'e', "sv")) < 0 ||
                    (r = sd_bus_message_append(call, "s", "hash")) < 0 ||
                    (r = sd_bus_message_open_container(call, 'v', "ay")) < 0 ||
                    (r = sd_bus_message_append_array(call, 'y', pinned->hash, HASH_SIZE)) < 0 ||
                    (r = sd_bus_message_close_container(call)) < 0)
                        return r;
                r = sd_bus_message_close_container(call);
        }
        return r < 0 ? r : sd_bus_message_close_container(call);
}

/* "ok", "checked" and "first-bad" beside what the details have. */
static int fetch_verdict(OmgClient *client, const Pinned *pinned, JsonObject **ret_verdict,
                         sd_bus_error *error)
{
        static const char *const names[] = {"ok", "checked", "first-bad"};
        g_autoptr(sd_bus_message) call = NULL, reply = NULL;
        JsonNode *values[G_N_ELEMENTS(names)] = {};
        int r = omg_bus_open(client, error);

        if (r >= 0)
                r = omg_bus_new_call(client, OMG_BUS_AUDIT, "VerifyLog", &call);
        if (r >= 0)
                r = append_pinned(call, pinned);
        if (r >= 0)
                r = omg_bus_call(client, call, "btta{sv}", &reply, error);
        for (guint i = 0; r >= 0 && i < G_N_ELEMENTS(names); i++)
                r = omg_message_read_node(reply, &values[i]);
        if (r >= 0)
                r = omg_message_read_dictionary(reply, ret_verdict);
        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
                if (r >= 0)
                        json_object_set_member(*ret_verdict, names[i], values[i]);
                else
                        g_clear_pointer(&values[i], json_node_unref);
        }
        return r;
}

static void print_verdict(OmgOutput *out, JsonObject *verdict, const Pinned *pinned)
{
        const gulong n = (gulong)omg_json_get_int(verdict, "checked", 0);
        const guint missing = (guint)omg_json_get_int(verdict, "missing", 0);
        const char *origin = omg_json_get_string(verdict, "origin");

        if (!omg_json_get_boolean(verdict, "ok"))
                omg_output_error(_("the log was tampered with: %s"),
                                 omg_json_get_string(verdict, "reason"));
        else if (pinned->sequence > 0)
                omg_output_append_format(
                        out, _("The log has the pinned head, and its %lu records are whole\n"), n);
        else
                omg_output_append_format(out, _("The log's %lu records are whole\n"), n);
        if (missing > 0)
                omg_output_warn(_("%u archives of the log are not there, and were not checked"),
                                missing);
        if (origin)
                omg_output_warn(_("the log was begun anew: %s"), origin);
}

static int verify_log(OmgClient *client, const Pinned *pinned)
{
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) verdict = NULL;
        int r = fetch_verdict(client, pinned, &verdict, &error);

        if (r < 0)
                return omg_bus_report(r, &error);
        if (client->json)
                omg_output_json(&client->output, verdict);
        else
                print_verdict(&client->output, verdict, pinned);
        r = omg_output_flush(&client->output);
        return omg_json_get_boolean(verdict, "ok") ? r : OMG_CLIENT_ERROR;
}

/* ---- the command ---- */

static int run_word(OmgClient *client, const OmgCommand *command, const LogOptions *options)
{
        const char *word = options->words[0];
        const guint n = g_strv_length(options->words);
        Pinned pinned = {};

        if (!word || (g_str_equal(word, "list") && n == 1))
                return list_log(client, options);
        if (g_str_equal(word, "head") && n == 1)
                return show_head(client);
        if (!g_str_equal(word, "verify") || n > 2)
                return omg_command_usage_error(
                        command, _("log takes list, head, or verify and a pinned head"));
        if (n == 2 && !parse_pinned(options->words[1], &pinned))
                return omg_command_usage_error(
                        command, _("A pinned head is SEQUENCE:HASH, as omgctl log head prints it"));
        return verify_log(client, &pinned);
}

int omg_command_log(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        g_auto(LogOptions) options = {.limit = OMG_LIMIT_ROWS_DEFAULT};
        const GOptionEntry entries[] = {
                {"limit", 'l', 0, G_OPTION_ARG_INT, &options.limit,
                 N_("Most entries to show, 0 for all (default 50)"), N_("N")},
                {"since", 's', 0, G_OPTION_ARG_STRING, &options.since_text,
                 N_("Only what was done on this day or later (YYYY-MM-DD)"), N_("DATE")},
                {"event", 'e', 0, G_OPTION_ARG_STRING_ARRAY, &options.events,
                 N_("Only this event, such as package_upgrade; may be repeated"), N_("WORD")},
                {"severity", 'S', 0, G_OPTION_ARG_STRING, &options.severity,
                 N_("Only what is so severe or more (debug, info, warning, error, critical)"),
                 N_("WORD")},
                {NULL},
        };

        if (!omg_command_parse(client, command, entries, argc, argv, &options.words))
                return OMG_CLIENT_USAGE;
        if (options.limit < 0)
                return omg_command_usage_error(command, _("--limit cannot be negative"));
        if (options.since_text && !omg_parse_date(options.since_text, &options.since))
                return omg_command_usage_error(
                        command, _("--since takes a day (YYYY-MM-DD), or a day and a time "
                                   "(YYYY-MM-DDThh:mm:ss)"));
        return run_word(client, command, &options);
}
