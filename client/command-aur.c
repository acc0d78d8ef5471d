/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "base/limits.h"
#include "client-rows.h"
#include "client-wait.h"
#include "client.h"
#include "info-text.h"
#include "message-json.h"

#define DESCRIPTION_INDENT 4 /* as pacman -Ss */

/* A list of several pages is begun anew so often when the AUR's answer became another. */
#define MAX_TRIES 3

typedef struct {
        const char *by;
        char **arguments;
        guint32 limit, offset;
        gboolean fresh;
} Query;

/* What came of it, of all pages. */
typedef struct {
        JsonArray *packages; /* objects */
        JsonArray *missing, *unknown;
        gint64 total, as_of;
        gboolean cached;
        JsonObject *failed; /* the result of a job that has failed; nothing else then */
} Answer;

static void answer_clear(Answer *answer)
{
        g_clear_pointer(&answer->packages, json_array_unref);
        g_clear_pointer(&answer->missing, json_array_unref);
        g_clear_pointer(&answer->unknown, json_array_unref);
        g_clear_pointer(&answer->failed, json_object_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

/* ---- asking ---- */

static int append_options(sd_bus_message *call, const Query *query)
{
        int r = sd_bus_message_open_container(call, 'a', "{sv}");

        if (r >= 0 && query->fresh)
                r = sd_bus_message_append(call, "{sv}", "max-age", "u", 0);
        if (r >= 0)
                r = sd_bus_message_append(call, "{sv}", "limit", "u", query->limit);
        if (r >= 0)
                r = sd_bus_message_append(call, "{sv}", "offset", "u", query->offset);
        return r < 0 ? r : sd_bus_message_close_container(call);
}

static int make_call(OmgClient *client, gconstpointer data, sd_bus_message **ret_call)
{
        const Query *query = data;
        g_autoptr(sd_bus_message) call = NULL;

        int r = omg_bus_new_call(client, OMG_BUS_PACKAGES, "QueryAur", &call);
        if (r >= 0)
                r = sd_bus_message_append(call, "s", query->by);
        if (r >= 0)
                r = sd_bus_message_append_strv(call, query->arguments);
        if (r >= 0)
                r = append_options(call, query);
        if (r >= 0)
                *ret_call = g_steal_pointer(&call);
        return r;
}

/* Adds the packages of a page; how many there are. */
static guint take_page(JsonObject *result, Answer *answer)
{
        JsonArray *pairs = omg_json_get_array(result, "packages");
        JsonArray *missing = omg_json_get_array(result, "missing");
        JsonArray *unknown = omg_json_get_array(result, "unknown");
        const guint n = pairs ? json_array_get_length(pairs) : 0;

        for (guint i = 0; i < n; i++) {
                JsonArray *pair = json_array_get_array_element(pairs, i);
                json_array_add_object_element(
                        answer->packages, json_object_ref(json_array_get_object_element(pair, 1)));
        }
        if (missing && !answer->missing)
                answer->missing = json_array_ref(missing);
        if (unknown && !answer->unknown)
                answer->unknown = json_array_ref(unknown);
        answer->total = omg_json_get_int(result, "total", 0);
        answer->as_of = omg_json_get_int(result, "as-of", 0);
        answer->cached = omg_json_get_boolean(result, "cached");
        return n;
}

/* One page. *ret_n: how many packages came; 0 also when the job has failed. */
static int fetch_page(OmgClient *client, const Query *query, Answer *answer, guint *ret_n)
{
        const OmgClientJob job = {
                .doing = N_("Asking the AUR"),
                .ended = N_("omgd ended before the AUR answered"),
                .interrupted = N_("Not waiting any longer for the AUR."),
                .late = N_("no answer of the AUR in time"),
                .make_call = make_call,
                .data = query,
                .is_long = TRUE,
        };
        g_autoptr(JsonObject) result = NULL;
        int code = omg_client_wait_job(client, &job, &result);

        *ret_n = 0;
        if (code != OMG_CLIENT_OK)
                return code;
        if (omg_json_get_int(result, "status", -1) != OMG_CLIENT_JOB_DONE)
                answer->failed = g_steal_pointer(&result);
        else
                *ret_n = take_page(omg_json_get_object(result, "result"), answer);
        return OMG_CLIENT_OK;
}

/* @limit 0: all there are. A page is as long as omgd lets a result be. */
static int fetch_pages(OmgClient *client, Query query, guint limit, Answer *answer)
{
        gint64 as_of = 0;
        guint n;

        answer_clear(answer);
        answer->packages = json_array_new();
        do {
                const guint n_sofar = json_array_get_length(answer->packages);
                query.offset = n_sofar;
                query.limit = limit > 0 ? MIN(limit - n_sofar, OMG_LIMIT_ROWS) : OMG_LIMIT_ROWS;
                int code = fetch_page(client, &query, answer, &n);
                if (code != OMG_CLIENT_OK || answer->failed)
                        return code;
                if (n_sofar > 0 && answer->as_of != as_of)
                        return -1;
                as_of = answer->as_of;
                /* The pages are of one answer. */
                query.fresh = FALSE;
        } while (n > 0 && json_array_get_length(answer->packages) < answer->total &&
                 (limit == 0 || json_array_get_length(answer->packages) < limit));
        return OMG_CLIENT_OK;
}

static int fetch(OmgClient *client, const Query *query, guint limit, Answer *answer)
{
        for (guint i = 0; i < MAX_TRIES; i++) {
                int code = fetch_pages(client, *query, limit, answer);
                if (code >= 0)
                        return code;
        }
        omg_output_error(_("the AUR's answer became another while it was read"));
        return OMG_CLIENT_ERROR;
}

/* ---- showing ---- */

static int print_failed(OmgClient *client, const Answer *answer)
{
        omg_output_error("%s: %s", omg_bus_short_name(omg_json_get_string(answer->failed, "error")),
                         omg_json_get_string(answer->failed, "message"));
        if (client->json)
                omg_output_json(&client->output, answer->failed);
        (void)omg_output_flush(&client->output);
        return OMG_CLIENT_ERROR;
}

static void print_json(OmgClient *client, const Answer *answer)
{
        g_autoptr(JsonObject) document = json_object_new();

        json_object_set_array_member(document, "packages", json_array_ref(answer->packages));
        if (answer->missing)
                json_object_set_array_member(document, "missing", json_array_ref(answer->missing));
        if (answer->unknown)
                json_object_set_array_member(document, "unknown", json_array_ref(answer->unknown));
        json_object_set_int_member(document, "total", answer->total);
        json_object_set_int_member(document, "as-of", answer->as_of);
        json_object_set_boolean_member(document, "cached", answer->cached);
        omg_output_json(&client->output, document);
}

static void print_row(OmgOutput *out, JsonObject *row)
{
        omg_output_append(out, OMG_STYLE_REPOSITORY, "aur/");
        omg_output_append(out, OMG_STYLE_BOLD, omg_json_get_string(row, "name"));
        omg_output_append_format(out, " ");
        omg_output_append(out, OMG_STYLE_VERSION, omg_json_get_string(row, "version"));
        omg_output_append_format(out, " (+%" G_GINT64_FORMAT ")",
                                 omg_json_get_int(row, "votes", 0));
        if (!json_object_has_member(row, "maintainer"))
                omg_output_append_format(out, " [%s]", _("orphan"));
        if (json_object_has_member(row, "out-of-date"))
                omg_output_append_format(out, " [%s]", _("out of date"));
        omg_output_append_format(out, "\n%*s", DESCRIPTION_INDENT, "");
        omg_output_append_wrapped(out, omg_json_get_string(row, "description"), DESCRIPTION_INDENT,
                                  DESCRIPTION_INDENT);
        omg_output_append_format(out, "\n");
}

static int print_search(OmgClient *client, const Answer *answer)
{
        const guint n = json_array_get_length(answer->packages);

        if (client->json)
                print_json(client, answer);
        for (guint i = 0; !client->json && i < n; i++)
                print_row(&client->output, json_array_get_object_element(answer->packages, i));
        int r = omg_output_flush(&client->output);
        if (!client->json && answer->total > n) {
                g_autofree char *text = g_strdup_printf(
                        _("%u of %u packages shown; --limit 0 shows all"), n, (guint)answer->total);
                omg_output_hint(text);
        }
        return r == OMG_CLIENT_OK && n == 0 ? OMG_CLIENT_NOT_FOUND : r;
}

static int print_info(OmgClient *client, const Answer *answer)
{
        const guint n_missing = answer->missing ? json_array_get_length(answer->missing) : 0;

        if (client->json)
                print_json(client, answer);
        for (guint i = 0; !client->json && i < json_array_get_length(answer->packages); i++)
                omg_info_text_append(&client->output,
                                     json_array_get_object_element(answer->packages, i));
        int r = omg_output_flush(&client->output);
        for (guint i = 0; i < n_missing; i++)
                omg_output_error(_("package '%s' is not in the AUR"),
                                 omg_json_get_element(answer->missing, i));
        for (guint i = 0; answer->unknown && i < json_array_get_length(answer->unknown); i++)
                omg_output_error(_("package '%s': not known, the AUR's answer has nonsense in it"),
                                 omg_json_get_element(answer->unknown, i));
        if (answer->unknown && json_array_get_length(answer->unknown) > 0)
                return OMG_CLIENT_ERROR;
        return r == OMG_CLIENT_OK && n_missing > 0 ? OMG_CLIENT_NOT_FOUND : r;
}

/* ---- the command ---- */

static int run_search(OmgClient *client, const OmgCommand *command, char **words, const char *by,
                      int limit, gboolean fresh)
{
        g_auto(Answer) answer = {NULL};

        if (!words[0])
                return omg_command_usage_error(command, _("Nothing to search for"));
        if (limit < 0)
                return omg_command_usage_error(command, _("--limit cannot be negative"));
        g_autofree char *text = g_strjoinv(" ", words);
        char *arguments[] = {text, NULL};
        const Query query = {.by = by ? by : "name-desc", .arguments = arguments, .fresh = fresh};
        int code = fetch(client, &query, (guint)limit, &answer);
        if (code != OMG_CLIENT_OK)
                return code;
        return answer.failed ? print_failed(client, &answer) : print_search(client, &answer);
}

static int run_info(OmgClient *client, const OmgCommand *command, char **names, gboolean fresh)
{
        g_auto(Answer) answer = {NULL};
        const Query query = {.by = "info", .arguments = names, .fresh = fresh};

        if (!names[0])
                return omg_command_usage_error(command, _("No package named"));
        int code = fetch(client, &query, 0, &answer);
        if (code != OMG_CLIENT_OK)
                return code;
        return answer.failed ? print_failed(client, &answer) : print_info(client, &answer);
}

int omg_command_aur(OmgClient *client, const OmgCommand *command, int argc, char **argv)
{
        g_autofree char *by = NULL;
        gboolean fresh = FALSE;
        int limit = OMG_LIMIT_ROWS_DEFAULT;
        g_auto(GStrv) words = NULL;
        const GOptionEntry entries[] = {
                {"by", 'b', 0, G_OPTION_ARG_STRING, &by,
                 N_("The field to search: name, name-desc, depends, maintainer ..."), N_("FIELD")},
                {"limit", 'l', 0, G_OPTION_ARG_INT, &limit,
                 N_("Most packages to show, 0 for all (default 50)"), N_("N")},
                {"fresh", 'f', 0, G_OPTION_ARG_NONE, &fresh,
                 N_("Ask the AUR also for what it was asked minutes ago"), NULL},
                {NULL},
        };

        if (!omg_command_parse(client, command, entries, argc, argv, &words))
                return OMG_CLIENT_USAGE;
        if (words[0] && g_str_equal(words[0], "search"))
                return run_search(client, command, words + 1, by, limit, fresh);
        if (words[0] && g_str_equal(words[0], "info") && !by)
                return run_info(client, command, words + 1, fresh);
        return omg_command_usage_error(command, words[0] && g_str_equal(words[0], "info")
                                                        ? _("--by is for aur search")
                                                        : _("aur takes search or info"));
}
