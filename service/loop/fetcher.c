/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/fetcher.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits-fetch.h"
#include "base/token-bucket.h"
#include "config.h"
#include "loop/process.h"

/* Lines beyond one a request that it may say, at once and a second: twice what it would. */
#define SPARE_LINES    64u
#define LINES_A_SECOND 20u

/* What is needed to judge an answer. */
typedef struct {
        guint64 id; /* the caller's */
        char *output;
        guint64 max_bytes;
        guint n_urls;
        gboolean is_optional, has_validators, is_done;
} Expected;

struct OmgFetcher {
        OmgProcess *process;
        char *directory;
        Expected *expected; /* the helper knows them by their place */
        guint n_expected;
        guint64 landlock;
        OmgTokenBucket lines;
        GError *fault; /* nonsense that it spoke */
        OmgFetcherEvent on_event;
        OmgFetcherDone on_done;
        gpointer userdata;
};

static gboolean refuse(GError **error, const char *what)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "omgd-fetch spoke nonsense: %s", what);
        return FALSE;
}

static gboolean check_file(const OmgFetcher *fetcher, const Expected *expected, guint64 size,
                           GError **error)
{
        g_autofree char *path = g_build_filename(fetcher->directory, expected->output, NULL);
        struct stat st;

        if (size > expected->max_bytes)
                return refuse(error, "it stored more than it may");
        if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
            (guint64)st.st_size != size)
                return refuse(error, "what it says that it stored is not there");
        return TRUE;
}

static gboolean check_done(const OmgFetcher *fetcher, const Expected *expected,
                           const OmgFetchResult *result, GError **error)
{
        if (result->mirror != OMG_JSON_NONE && result->mirror >= expected->n_urls)
                return refuse(error, "there is no such mirror");
        if (result->outcome == OMG_FETCH_ABSENT && !expected->is_optional)
                return refuse(error, "what must be there is absent");
        if (result->outcome == OMG_FETCH_UNCHANGED && !expected->has_validators)
                return refuse(error, "what was not there is unchanged");
        return result->outcome != OMG_FETCH_STORED ||
               check_file(fetcher, expected, result->size, error);
}

static void finish_request(OmgFetcher *fetcher, Expected *expected, OmgFetchResult *result)
{
        expected->is_done = TRUE;
        result->event = OMG_FETCH_EVENT_DONE;
        result->id = expected->id;
        fetcher->on_event(result, fetcher->userdata);
}

/* NULL: no such request, or one that has ended. */
static Expected *find_expected(OmgFetcher *fetcher, guint64 place, GError **error)
{
        if (place < fetcher->n_expected && !fetcher->expected[place].is_done)
                return &fetcher->expected[place];
        (void)refuse(error, "it is not asked for that");
        return NULL;
}

static gboolean take_result(OmgFetcher *fetcher, OmgFetchResult *result, GError **error)
{
        const gboolean is_refused = result->event == OMG_FETCH_EVENT_REFUSED;
        Expected *expected;

        if (result->event == OMG_FETCH_EVENT_READY)
                fetcher->landlock = result->landlock;
        if (result->event == OMG_FETCH_EVENT_READY || result->event == OMG_FETCH_EVENT_ALIVE)
                return TRUE;
        expected = find_expected(fetcher, is_refused ? result->line - 1 : result->id, error);
        if (!expected)
                return FALSE;
        if (result->event == OMG_FETCH_EVENT_PROGRESS) {
                result->id = expected->id;
                fetcher->on_event(result, fetcher->userdata);
                return TRUE;
        }
        if (!is_refused && !check_done(fetcher, expected, result, error))
                return FALSE;
        finish_request(fetcher, expected, result);
        return TRUE;
}

static gboolean take_line(OmgFetcher *fetcher, const char *line, gsize length, GError **error)
{
        g_auto(OmgFetchResult) result;

        omg_fetch_result_init(&result);
        if (!omg_token_bucket_take(&fetcher->lines, (guint64)g_get_monotonic_time(), LINES_A_SECOND,
                                   fetcher->n_expected + SPARE_LINES))
                return refuse(error, "too much");
        if (!omg_fetch_result_parse(line, length, &result, error)) {
                g_prefix_error(error, "omgd-fetch spoke nonsense: ");
                return FALSE;
        }
        return take_result(fetcher, &result, error);
}

static void on_line(const char *line, gsize length, gpointer userdata)
{
        OmgFetcher *fetcher = userdata;

        if (!take_line(fetcher, line, length, &fetcher->fault))
                omg_process_cancel(fetcher->process);
}

/* Why the rest has no answer. */
static GError *get_reason(const OmgFetcher *fetcher, const GError *process_error)
{
        if (fetcher->fault)
                return g_error_new_literal(OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                           fetcher->fault->message);
        if (process_error && process_error->code == OMG_ERROR_TIMEOUT)
                return g_error_new_literal(OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                           process_error->message);
        if (process_error)
                return g_error_copy(process_error);
        for (guint i = 0; i < fetcher->n_expected; i++)
                if (!fetcher->expected[i].is_done)
                        return g_error_new_literal(
                                OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                "omgd-fetch did not say what became of all it was asked for");
        return NULL;
}

static void on_ended(const OmgProcessResult *process_result, const GError *process_error,
                     gpointer userdata)
{
        OmgFetcher *fetcher = userdata;
        g_autoptr(GError) reason = get_reason(fetcher, process_error);

        for (guint i = 0; i < fetcher->n_expected; i++) {
                g_auto(OmgFetchResult) result;

                omg_fetch_result_init(&result);
                if (fetcher->expected[i].is_done)
                        continue;
                omg_fetch_result_set_error(&result, reason->code, reason->message);
                finish_request(fetcher, &fetcher->expected[i], &result);
        }
        fetcher->on_done(reason, fetcher->userdata);
}

static gboolean add_line(GString *text, const OmgFetchRequest *request, guint place, GError **error)
{
        OmgFetchRequest copy = *request;

        copy.id = place;
        if (!omg_fetch_request_check(&copy, error)) {
                g_prefix_error(error, "request %u: ", place);
                return FALSE;
        }
        g_autofree char *line = omg_fetch_request_format(&copy);
        if (strlen(line) > OMG_LIMIT_FETCH_LINE) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "request %u: more than %u bytes", place, OMG_LIMIT_FETCH_LINE);
                return FALSE;
        }
        g_string_append_printf(text, "%s\n", line);
        return TRUE;
}

static GBytes *make_input(const OmgFetcherStart *start, GError **error)
{
        g_autoptr(GString) text = g_string_new(NULL);

        if (start->n_requests == 0 || start->n_requests > OMG_LIMIT_FETCH_REQUESTS) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "from 1 to %u requests can be made at once", OMG_LIMIT_FETCH_REQUESTS);
                return NULL;
        }
        for (guint i = 0; i < start->n_requests; i++)
                if (!add_line(text, &start->requests[i], i, error))
                        return NULL;
        g_string_append_c(text, '\n');
        return g_string_free_to_bytes(g_steal_pointer(&text));
}

static OmgFetcher *fetcher_new(const OmgFetcherStart *start)
{
        OmgFetcher *fetcher = g_new0(OmgFetcher, 1);

        fetcher->directory = g_strdup(start->directory);
        fetcher->landlock = OMG_JSON_NONE;
        fetcher->on_event = start->on_event;
        fetcher->on_done = start->on_done;
        fetcher->userdata = start->userdata;
        fetcher->n_expected = start->n_requests;
        fetcher->expected = g_new0(Expected, start->n_requests);
        for (guint i = 0; i < start->n_requests; i++) {
                const OmgFetchRequest *request = &start->requests[i];
                fetcher->expected[i] = (Expected){
                        .id = request->id,
                        .output = g_strdup(request->output),
                        .max_bytes = omg_fetch_request_get_max(request),
                        .n_urls = g_strv_length(request->urls),
                        .is_optional = request->is_optional,
                        .has_validators = request->etag || request->last_modified,
                };
        }
        return fetcher;
}

OmgFetcher *omg_fetcher_start(const OmgFetcherStart *start, GError **error)
{
        g_autoptr(GBytes) input = make_input(start, error);
        g_autoptr(OmgFetcher) fetcher = NULL;
        const char *argv[] = {start->helper ? start->helper : OMG_LIBEXECDIR "/omgd-fetch",
                              start->directory, NULL};

        if (!input || !omg_file_make_private_dir(start->directory, error))
                return NULL;
        fetcher = fetcher_new(start);
        const OmgProcessStart process = {.argv = argv,
                                         .launcher = start->launcher,
                                         .timeout_msec = OMG_LIMIT_FETCH_SILENCE_SEC * 1000,
                                         .input = input,
                                         .on_line = on_line,
                                         .done = on_ended,
                                         .data = fetcher};
        fetcher->process = omg_process_start(NULL, &process, error);
        if (!fetcher->process) {
                g_prefix_error(error, "the helper (OMG_FETCH_HELPER can name another): ");
                return NULL;
        }
        return g_steal_pointer(&fetcher);
}

void omg_fetcher_cancel(OmgFetcher *fetcher)
{
        omg_process_cancel(fetcher->process);
}

void omg_fetcher_free(OmgFetcher *fetcher)
{
        if (!fetcher)
                return;
        omg_process_free(fetcher->process);
        for (guint i = 0; i < fetcher->n_expected; i++)
                g_free(fetcher->expected[i].output);
        g_free(fetcher->expected);
        g_free(fetcher->directory);
        g_clear_error(&fetcher->fault);
        g_free(fetcher);
}

guint64 omg_fetcher_get_landlock(const OmgFetcher *fetcher)
{
        return fetcher->landlock;
}
