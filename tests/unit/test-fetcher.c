/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits-fetch.h"
#include "loop/fetcher.h"

/* A directory, a helper in it, and what came of a run. */
typedef struct {
        char *folder, *directory, *helper, *source;
        GMainLoop *loop;
        OmgFetcher *fetcher;
        GPtrArray *results; /* "ID OUTCOME ERROR", of events DONE in their order */
        guint n_progress;
        guint64 size;
        gboolean cancel_at_progress;
        guint n_done;
        GError *error;
} Fixture;

static const char *const outcome_names[] = {"pending",   "failed", "stored",
                                            "unchanged", "absent", "limited"};

static void set_up(Fixture *f, gconstpointer data)
{
        f->folder = g_dir_make_tmp("omg-fetcher.XXXXXX", NULL);
        f->directory = g_build_filename(f->folder, "in", NULL);
        f->helper = g_build_filename(f->folder, "helper", NULL);
        f->source = g_build_filename(f->folder, "source", NULL);
        f->results = g_ptr_array_new_with_free_func(g_free);
        f->loop = g_main_loop_new(NULL, FALSE);
        g_assert_true(g_file_set_contents(f->source, "content", -1, NULL));
}

static void remove_folder(const char *path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                (void)g_unlink(child);
        }
        (void)g_rmdir(path);
}

static void tear_down(Fixture *f, gconstpointer data)
{
        omg_fetcher_free(f->fetcher);
        remove_folder(f->directory);
        remove_folder(f->folder);
        g_main_loop_unref(f->loop);
        g_ptr_array_unref(f->results);
        g_clear_error(&f->error);
        g_free(f->folder);
        g_free(f->directory);
        g_free(f->helper);
        g_free(f->source);
}

static void on_event(const OmgFetchResult *result, gpointer userdata)
{
        Fixture *f = userdata;

        if (result->event == OMG_FETCH_EVENT_PROGRESS) {
                g_assert_cmpuint(result->id, ==, 1000);
                f->n_progress++;
                if (f->cancel_at_progress)
                        omg_fetcher_cancel(f->fetcher);
                return;
        }
        g_assert_cmpuint(result->event, ==, OMG_FETCH_EVENT_DONE);
        f->size = result->size;
        g_ptr_array_add(f->results,
                        g_strdup_printf("%u %s%s%s", (guint)result->id,
                                        outcome_names[result->outcome], result->error ? " " : "",
                                        result->error ? strrchr(result->error, '.') + 1 : ""));
}

static void on_done(const GError *error, gpointer userdata)
{
        Fixture *f = userdata;

        f->n_done++;
        f->error = error ? g_error_copy(error) : NULL;
        g_main_loop_quit(f->loop);
}

/* Two requests: 1000 must be there, 1001 may be absent and has a validator. */
static void start_with(Fixture *f, const char *helper)
{
        g_autofree char *url = g_strconcat("file://", f->source, NULL);
        g_autofree char *absent_url = g_strconcat(url, ".none", NULL);
        char *urls[] = {url, NULL}, *absent_urls[] = {absent_url, NULL};
        const OmgFetchRequest requests[] = {
                {.id = 1000,
                 .urls = urls,
                 .output = (char *)"a",
                 .kind = OMG_FETCH_BULK,
                 .max_bytes = 100},
                {.id = 1001,
                 .urls = absent_urls,
                 .output = (char *)"b",
                 .max_bytes = OMG_JSON_NONE,
                 .etag = (char *)"\"1\"",
                 .is_optional = TRUE},
        };
        const OmgFetcherStart start = {.helper = helper,
                                       .directory = f->directory,
                                       .requests = requests,
                                       .n_requests = G_N_ELEMENTS(requests),
                                       .on_event = on_event,
                                       .on_done = on_done,
                                       .userdata = f};
        g_autoptr(GError) error = NULL;

        f->fetcher = omg_fetcher_start(&start, &error);
        g_assert_no_error(error);
}

/* The helper is a script that reads the requests and then does what @body says in its directory. */
static void run_script(Fixture *f, const char *body)
{
        g_autofree char *script = g_strdup_printf("#!/bin/sh\ncd \"$1\" || exit 9\n"
                                                  "while read -r line && [ -n \"$line\" ]; do :; "
                                                  "done\n%s\n",
                                                  body);

        g_assert_true(g_file_set_contents_full(f->helper, script, -1, G_FILE_SET_CONTENTS_NONE,
                                               0755, NULL));
        start_with(f, f->helper);
        g_main_loop_run(f->loop);
        g_assert_cmpuint(f->n_done, ==, 1);
        g_assert_cmpuint(f->results->len, ==, 2);
}

static void assert_results(Fixture *f, const char *first, const char *second)
{
        g_assert_cmpstr(g_ptr_array_index(f->results, 0), ==, first);
        g_assert_cmpstr(g_ptr_array_index(f->results, 1), ==, second);
}

#define SAY(text) "echo '" text "';"
#define ABSENT    SAY("{\"event\":\"done\",\"id\":1,\"outcome\":\"absent\",\"status\":404}")
#define STORED(size)                                                                          \
        SAY("{\"event\":\"done\",\"id\":0,\"outcome\":\"stored\",\"url\":\"x\",\"mirror\":0," \
            "\"size\":" size "}")

/* The real helper: ids are the caller's, the file is there, and the directory was made. */
static void test_real(Fixture *f, gconstpointer data)
{
        g_autofree char *output = g_build_filename(f->directory, "a", NULL);
        g_autofree char *content = NULL;
        struct stat st;

        start_with(f, g_getenv("OMG_FETCH_HELPER"));
        g_main_loop_run(f->loop);
        g_assert_no_error(f->error);
        assert_results(f, "1000 stored", "1001 absent");
        g_assert_true(g_file_get_contents(output, &content, NULL, NULL));
        g_assert_cmpstr(content, ==, "content");
        g_assert_cmpint(stat(f->directory, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 0777, ==, 0700);
        g_assert_cmpuint(omg_fetcher_get_landlock(f->fetcher), !=, OMG_JSON_NONE);
}

/* Events come in the helper's order, progress before the end, with what is known. */
static void test_order(Fixture *f, gconstpointer data)
{
        run_script(f, SAY("{\"event\":\"ready\",\"landlock\":0}") SAY("{\"event\":\"alive\"}")
                              SAY("{\"event\":\"progress\",\"id\":0,\"size\":1}") ABSENT
                   "printf 12345 > a;" STORED("5"));
        g_assert_no_error(f->error);
        assert_results(f, "1001 absent", "1000 stored");
        g_assert_cmpuint(f->n_progress, ==, 1);
        g_assert_cmpuint(f->size, ==, 5);
        g_assert_cmpuint(omg_fetcher_get_landlock(f->fetcher), ==, 0);
}

/* A refused line is its request's failure. */
static void test_refused(Fixture *f, gconstpointer data)
{
        run_script(f, SAY("{\"event\":\"refused\",\"line\":1,\"outcome\":\"failed\",\"error\":"
                          "\"org.freedesktop.DBus.Error.InvalidArgs\",\"message\":\"m\"}") ABSENT);
        g_assert_no_error(f->error);
        assert_results(f, "1000 failed InvalidArgs", "1001 absent");
}

/* Nonsense ends the run; what was answered before stays, the rest is unavailable. */
static void test_nonsense(Fixture *f, gconstpointer data)
{
        g_autofree char *body = g_strconcat(ABSENT, data, "sleep 600", NULL);

        run_script(f, body);
        g_assert_error(f->error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(f->error->message, "nonsense"));
        assert_results(f, "1001 absent", "1000 failed Unavailable");
}

/* A crash, a failure, silence about a request: the same, with the reason. */
static void test_ends(Fixture *f, gconstpointer data)
{
        g_autofree char *body = g_strconcat(ABSENT, data, NULL);

        run_script(f, body);
        g_assert_error(f->error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        assert_results(f, "1001 absent", "1000 failed Unavailable");
}

/* Cancelled from within an event: the rest says so. */
static void test_cancel(Fixture *f, gconstpointer data)
{
        f->cancel_at_progress = TRUE;
        run_script(f, SAY("{\"event\":\"progress\",\"id\":0,\"size\":1}") ABSENT "sleep 600");
        g_assert_error(f->error, OMG_ERROR, OMG_ERROR_CANCELLED);
        assert_results(f, "1000 failed Cancelled", "1001 failed Cancelled");
}

/* Freed while it runs: nothing is called any more. */
static void test_free(Fixture *f, gconstpointer data)
{
        start_with(f, "/bin/cat");
        g_clear_pointer(&f->fetcher, omg_fetcher_free);
        while (g_main_context_iteration(NULL, FALSE))
                ;
        g_assert_cmpuint(f->n_done, ==, 0);
        g_assert_cmpuint(f->results->len, ==, 0);
}

/* What cannot be asked is refused before anything is started; a missing helper is named. */
static void test_start_errors(Fixture *f, gconstpointer data)
{
        char *urls[] = {(char *)"http://a/", NULL}, *bad_urls[] = {(char *)"a", NULL};
        OmgFetchRequest requests[] = {
                {.urls = urls, .output = (char *)"a", .max_bytes = OMG_JSON_NONE},
                {.urls = bad_urls, .output = (char *)"b", .max_bytes = OMG_JSON_NONE},
        };
        OmgFetcherStart start = {.helper = "/nonexistent/helper",
                                 .directory = f->directory,
                                 .requests = requests,
                                 .n_requests = 2,
                                 .on_event = on_event,
                                 .on_done = on_done,
                                 .userdata = f};
        GError *error = NULL;

        g_assert_null(omg_fetcher_start(&start, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_assert_true(g_str_has_prefix(error->message, "request 1: \"urls\""));
        g_clear_error(&error);
        start.n_requests = 0;
        g_assert_null(omg_fetcher_start(&start, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_clear_error(&error);
        start.n_requests = OMG_LIMIT_FETCH_REQUESTS + 1;
        g_assert_null(omg_fetcher_start(&start, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_clear_error(&error);
        start.n_requests = 1;
        g_assert_null(omg_fetcher_start(&start, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(error->message, "OMG_FETCH_HELPER"));
        g_clear_error(&error);
}

/* Mirrors that fill more than a line may have. */
static void test_long_line(Fixture *f, gconstpointer data)
{
        g_auto(GStrv) urls = g_new0(char *, OMG_LIMIT_FETCH_URLS + 1);
        const OmgFetchRequest request = {
                .urls = urls, .output = (char *)"a", .max_bytes = OMG_JSON_NONE};
        const OmgFetcherStart start = {.directory = f->directory,
                                       .requests = &request,
                                       .n_requests = 1,
                                       .on_event = on_event,
                                       .on_done = on_done};
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < OMG_LIMIT_FETCH_URLS; i++) {
                urls[i] = g_strnfill(OMG_LIMIT_FETCH_URL, 'x');
                (void)memcpy(urls[i], "http://", 7);
        }
        g_assert_null(omg_fetcher_start(&start, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_assert_nonnull(strstr(error->message, "more than 65536 bytes"));
}

static const struct {
        const char *name, *body;
} nonsense[] = {
        {"text", "echo hello;"},
        {"empty-line", "echo;"},
        {"unasked", SAY("{\"event\":\"done\",\"id\":2,\"outcome\":\"absent\"}")},
        {"twice", ABSENT},
        {"unasked-progress", SAY("{\"event\":\"progress\",\"id\":1,\"size\":1}")},
        {"no-line", SAY("{\"event\":\"refused\",\"outcome\":\"failed\",\"error\":"
                        "\"org.omgd1.Error.Busy\",\"message\":\"m\"}")},
        {"absent", SAY("{\"event\":\"done\",\"id\":0,\"outcome\":\"absent\"}")},
        {"unchanged", SAY("{\"event\":\"done\",\"id\":0,\"outcome\":\"unchanged\"}")},
        {"mirror", SAY("{\"event\":\"done\",\"id\":0,\"outcome\":\"stored\",\"url\":\"x\","
                       "\"mirror\":1,\"size\":1}")},
        {"no-file", STORED("5")},
        {"other-size", "printf 1234 > a;" STORED("5")},
        {"link", "printf 12345 > c; ln -s c a;" STORED("5")},
        {"folder", "mkdir a; rmdir a; ln -s /dev a;" STORED("0")},
        {"too-large", "head -c 101 /dev/zero > a;" STORED("101")},
        {"flood", "while echo '{\"event\":\"alive\"}'; do :; done;"},
};

static const struct {
        const char *name, *body;
} ends[] = {
        {"crash", "kill -SEGV $$"},
        {"failure", "echo no memory >&2; exit 1"},
        {"silence", "exit 0"},
        {"long-line", "head -c 20000 /dev/zero | tr '\\0' x; sleep 600"},
        {"half-line", "printf '{\"event\":\"done\"'; exit 0"},
};

static void add(const char *name, void (*test)(Fixture *, gconstpointer), gconstpointer data)
{
        g_autofree char *path = g_strconcat("/fetcher/", name, NULL);
        g_test_add(path, Fixture, data, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
        int fd = pidfd_open(getpid(), 0);

        /* As in test-process.c. */
        if (fd < 0 && errno == ENOSYS)
                return 77;
        (void)close(fd);
        g_test_init(&argc, &argv, NULL);
        add("real", test_real, NULL);
        add("order", test_order, NULL);
        add("refused", test_refused, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(nonsense); i++) {
                g_autofree char *name = g_strconcat("nonsense/", nonsense[i].name, NULL);
                add(name, test_nonsense, nonsense[i].body);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
                g_autofree char *name = g_strconcat("ends/", ends[i].name, NULL);
                add(name, test_ends, ends[i].body);
        }
        add("cancel", test_cancel, NULL);
        add("free", test_free, NULL);
        add("start-errors", test_start_errors, NULL);
        add("long-line", test_long_line, NULL);
        return g_test_run();
}
