/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/severity.h"
#include "client-rows.h"
#include "client-wait.h"
#include "client.h"
#include "format.h"
#include "message-json.h"

typedef struct {
        gboolean all; /* ignored ones, too */
        gboolean details;
        gboolean scan;
        char *severity; /* NULL: not given */
        char *const *packages;
        OmgSeverity at_least;
        gboolean never_fails; /* --severity none */
} Options;

/* ---- the question ---- */

static int append_options(sd_bus_message *call, gconstpointer data)
{
        static const char *const states[] = {"fix-available", "fix-pending", "no-fix",
                                             "unconfirmed",   "ignored",     NULL};
        const Options *options = data;
        int r = 0;

        if (options->packages[0])
                r = omg_bus_append_strv(call, "packages", options->packages);
        if (r >= 0 && options->all)
                r = omg_bus_append_strv(call, "states", (char *const *)states);
        if (r >= 0 && options->details)
                r = sd_bus_message_append(call, "{sv}", "required-by", "b", TRUE);
        return r;
}

/* ---- the table ---- */

static const struct {
        const char *state;
        const char *words;
        gboolean is_confirmed;
} states[] = {
        {"fix-available", N_("update available"), TRUE},
        {"fix-pending", N_("fixed, but in no repository yet"), TRUE},
        {"no-fix", N_("no fix"), TRUE},
        {"unconfirmed", N_("not confirmed"), FALSE},
        {"ignored", N_("ignored by the policy"), FALSE},
};

static gsize find_state(JsonObject *row)
{
        const char *state = omg_json_get_string(row, "state");
        gsize i = 0;

        while (i < G_N_ELEMENTS(states) && g_strcmp0(states[i].state, state) != 0)
                i++;
        return i;
}

static const char *get_words(JsonObject *row)
{
        gsize i = find_state(row);

        return i < G_N_ELEMENTS(states) ? _(states[i].words) : omg_json_get_string(row, "state");
}

static char *dup_versions(JsonObject *row)
{
        const char *fixed = omg_json_get_string(row, "fixed");

        return fixed && *fixed
                       ? g_strdup_printf("%s -> %s", omg_json_get_string(row, "installed"), fixed)
                       : g_strdup(omg_json_get_string(row, "installed"));
}

enum { SEVERITY, PACKAGE, VERSIONS, ADVISORY, N_COLUMNS };

/* New texts of a row's columns. */
static void make_columns(JsonObject *row, char *ret_columns[static N_COLUMNS])
{
        ret_columns[SEVERITY] = g_strdup(omg_json_get_string(row, "severity"));
        ret_columns[PACKAGE] = g_strdup(omg_json_get_string(row, "package"));
        ret_columns[VERSIONS] = dup_versions(row);
        ret_columns[ADVISORY] = g_strdup(omg_json_get_string(row, "advisory"));
}

static void free_columns(char *columns[static N_COLUMNS])
{
        for (guint i = 0; i < N_COLUMNS; i++)
                g_free(columns[i]);
}

static void measure(JsonArray *rows, guint ret_widths[static N_COLUMNS])
{
        for (guint i = 0; i < json_array_get_length(rows); i++) {
                char *columns[N_COLUMNS];
                make_columns(json_array_get_object_element(rows, i), columns);
                for (guint j = 0; j < N_COLUMNS; j++)
                        ret_widths[j] = MAX(ret_widths[j], omg_output_width(columns[j]));
                free_columns(columns);
        }
}

static void print_row(OmgOutput *out, JsonObject *row, const guint widths[static N_COLUMNS])
{
        static const OmgStyle styles[N_COLUMNS] = {
                [SEVERITY] = OMG_STYLE_INSTALLED,
                [PACKAGE] = OMG_STYLE_BOLD,
                [VERSIONS] = OMG_STYLE_VERSION,
                [ADVISORY] = OMG_STYLE_REPOSITORY,
        };
        char *columns[N_COLUMNS];

        make_columns(row, columns);
        for (guint i = 0; i < N_COLUMNS; i++) {
                omg_output_append(out, styles[i], columns[i]);
                omg_output_append_format(out, "%*s",
                                         (int)(widths[i] - omg_output_width(columns[i]) + 2), "");
        }
        omg_output_append(out, OMG_STYLE_PLAIN, get_words(row));
        omg_output_append_format(out, "\n");
        free_columns(columns);
}

/* ---- --details ---- */

#define INDENT 10

static void print_text(OmgOutput *out, const char *label, const char *text)
{
        guint column = INDENT + omg_output_width(label) + 2;

        if (!text || !*text)
                return;
        omg_output_append_format(out, "%*s%s: ", INDENT, "", label);
        omg_output_append_wrapped(out, text, column, column);
        omg_output_append_format(out, "\n");
}

static void print_list(OmgOutput *out, const char *label, JsonArray *list)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; list && i < json_array_get_length(list); i++)
                g_string_append_printf(text, "%s%s", i > 0 ? " " : "",
                                       omg_json_get_element(list, i));
        print_text(out, label, text->str);
}

static void print_details(OmgOutput *out, JsonObject *row)
{
        print_text(out, _("Type"), omg_json_get_string(row, "type"));
        print_text(out, _("Summary"), omg_json_get_string(row, "summary"));
        if (json_object_has_member(row, "cvss"))
                omg_output_append_format(out, "%*sCVSS: %.1f\n", INDENT, "",
                                         json_object_get_double_member(row, "cvss"));
        print_list(out, "CVE", omg_json_get_array(row, "cves"));
        print_list(out, _("Also"), omg_json_get_array(row, "aliases"));
        print_list(out, "ASA", omg_json_get_array(row, "advisories"));
        print_text(out, _("In the repositories"), omg_json_get_string(row, "repo-version"));
        print_list(out, _("Required By"), omg_json_get_array(row, "required-by"));
        print_text(out, _("Ignored because"), omg_json_get_string(row, "reason"));
        print_text(out, _("See"), omg_json_get_string(row, "url"));
}

/* ---- what it comes to ---- */

static gboolean is_confirmed(JsonObject *row)
{
        gsize i = find_state(row);

        return i < G_N_ELEMENTS(states) && states[i].is_confirmed;
}

/* The severity, or what the score stands for where that is worse: as "min-severity" has it. */
static OmgSeverity get_rank(JsonObject *row)
{
        OmgSeverity severity = omg_severity_from_word(omg_json_get_string(row, "severity"));
        double score = json_object_has_member(row, "cvss")
                               ? json_object_get_double_member(row, "cvss")
                               : 0;

        return MAX(severity, omg_severity_from_score((guint)(score * 10 + 0.5)));
}

static guint count_confirmed(JsonArray *rows, OmgSeverity at_least)
{
        guint n = 0;

        for (guint i = 0; i < json_array_get_length(rows); i++) {
                JsonObject *row = json_array_get_object_element(rows, i);
                n += is_confirmed(row) && get_rank(row) >= at_least;
        }
        return n;
}

/* Without a time in META a feed that is on was never asked: then nobody knows how many there are.
 */
static void print_summary(OmgOutput *out, guint n_confirmed, guint n_others, JsonObject *meta)
{
        gint64 usec = omg_json_get_int(meta, "as-of", 0);
        g_autofree char *age = omg_format_date(usec / G_USEC_PER_SEC);

        if (usec == 0)
                omg_output_append_format(out,
                                         _("Confirmed so far: %u; others shown: %u; not every "
                                           "security feed was ever asked\n"),
                                         n_confirmed, n_others);
        else
                omg_output_append_format(
                        out, _("Confirmed: %u; others shown: %u; security feeds asked: %s\n"),
                        n_confirmed, n_others, age);
}

static void print_table(OmgOutput *out, const Options *options, JsonArray *rows, JsonObject *meta)
{
        guint widths[N_COLUMNS] = {};
        guint n_rows = json_array_get_length(rows), n = count_confirmed(rows, 0);

        measure(rows, widths);
        for (guint i = 0; i < n_rows; i++) {
                JsonObject *row = json_array_get_object_element(rows, i);
                print_row(out, row, widths);
                if (options->details)
                        print_details(out, row);
        }
        print_summary(out, n, n_rows - n, meta);
}

/* Which of the errors of META are about the feeds, not about this machine's databases. */
static gboolean has_unasked_feed(JsonObject *meta)
{
        JsonArray *errors = omg_json_get_array(meta, "errors");

        for (guint i = 0; errors && i < json_array_get_length(errors); i++) {
                const char *source =
                        omg_json_get_string(json_array_get_object_element(errors, i), "source");
                if (g_strcmp0(source, "tracker") == 0 || g_strcmp0(source, "osv") == 0)
                        return !omg_json_get_boolean(meta, "complete");
        }
        return FALSE;
}

static void warn(JsonObject *meta)
{
        if (omg_json_get_boolean(meta, "stale"))
                omg_output_warn(_("this is not today's state of the security feeds"));
        if (has_unasked_feed(meta))
                omg_output_warn(_("a security feed was never asked: there may be more"));
        omg_rows_warn_errors(omg_json_get_array(meta, "errors"));
}

static int judge(const Options *options, JsonArray *rows, JsonObject *meta, gboolean scan_failed)
{
        if (options->never_fails)
                return OMG_CLIENT_OK;
        if (count_confirmed(rows, options->at_least) > 0)
                return OMG_CLIENT_ERROR;
        return scan_failed || has_unasked_feed(meta) ? OMG_CLIENT_UNKNOWN : OMG_CLIENT_OK;
}

/* ---- the command ---- */

/* What omgd refuses to say is not what it could not be asked for. */
static int report(int r, const sd_bus_error *error)
{
        int code = omg_bus_report(r, error);

        if (code == OMG_CLIENT_ERROR && sd_bus_error_has_name(error, "org.omgd1.Error.Unavailable"))
                omg_output_hint(_("Nobody knows whether this machine is vulnerable. Try: omgctl "
                                  "audit --scan"));
        return code == OMG_CLIENT_ERROR ? OMG_CLIENT_UNKNOWN : code;
}

static int show(OmgClient *client, const Options *options, gboolean scan_failed)
{
        g_autoptr(JsonArray) rows = NULL;
        g_autoptr(JsonObject) meta = NULL;
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        const OmgListCall list = {.type = &omg_row_type_vulnerability,
                                  .interface = OMG_BUS_AUDIT,
                                  .member = "ListVulnerabilities",
                                  .append_options = append_options,
                                  .data = options};
        int r = omg_rows_fetch(client, &list, &rows, &meta, &error);

        if (r < 0)
                return report(r, &error);
        warn(meta);
        if (client->json)
                omg_rows_print_json(client, "vulnerabilities", rows, meta);
        else
                print_table(&client->output, options, rows, meta);
        r = omg_output_flush(&client->output);
        return r != OMG_CLIENT_OK ? r : judge(options, rows, meta, scan_failed);
}

/* Returns FALSE when there is no use going on: *ret_code. */
static gboolean scan(OmgClient *client, gboolean *ret_failed, int *ret_code)
{
        char *what[] = {(char *)"advisories", NULL};
        g_autoptr(JsonObject) result = NULL;

        *ret_code = omg_client_wait_refresh(client, what, FALSE, &result);
        if (*ret_code != OMG_CLIENT_OK && *ret_code != OMG_CLIENT_ERROR)
                return FALSE;
        *ret_failed = *ret_code == OMG_CLIENT_ERROR || omg_json_get_int(result, "status", -1) != 0;
        if (result && *ret_failed)
                omg_output_error("%s: %s", omg_bus_short_name(omg_json_get_string(result, "error")),
                                 omg_json_get_string(result, "message"));
        return TRUE;
}

static int run_audit(OmgClient *client, const Options *options)
{
        g_auto(sd_bus_error) error = SD_BUS_ERROR_NULL;
        gboolean scan_failed = FALSE;
        int code, r;

        if (options->scan && !scan(client, &scan_failed, &code))
                return code;
        r = omg_bus_open(client, &error);
        return r < 0 ? omg_bus_report(r, &error) : show(client, options, scan_failed);
}

static gboolean read_severity(Options *options)
{
        const char *word = options->severity ? options->severity : "high";

        options->never_fails = g_ascii_strcasecmp(word, "none") == 0;
        options->at_least = omg_severity_from_word(word);
        return options->never_fails || options->at_least != OMG_SEVERITY_UNKNOWN ||
               g_ascii_strcasecmp(word, "unknown") == 0;
}

int omg_command_audit(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        Options options = {};
        g_autofree char *severity = NULL;
        g_auto(GStrv) words = NULL;
        const GOptionEntry entries[] = {
                {"severity", 'S', 0, G_OPTION_ARG_STRING, &severity,
                 N_("Exit with 1 for what is so severe, or more (critical, high, medium, low, "
                    "unknown, none; default high)"),
                 N_("LEVEL")},
                {"all", 'a', 0, G_OPTION_ARG_NONE, &options.all, N_("Also what the policy ignores"),
                 NULL},
                {"details", 'd', 0, G_OPTION_ARG_NONE, &options.details,
                 N_("With links, scores, and who needs the package"), NULL},
                {"scan", 0, 0, G_OPTION_ARG_NONE, &options.scan,
                 N_("Let omgd ask the security feeds first"), NULL},
                {NULL},
        };

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        options.severity = severity;
        options.packages = words;
        if (!read_severity(&options))
                return omg_command_usage_error(command,
                                               _("--severity takes critical, high, medium, low, "
                                                 "unknown or none"));
        return run_audit(client, &options);
}
