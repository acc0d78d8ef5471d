/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/feed-judge.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits-advisories.h"
#include "fetch/json-line.h"
#include "loop/process.h"

/* A helper that is a script, and what came of a run. */
typedef struct {
        char *folder, *helper;
        GMainLoop *loop;
        OmgFeedJudge *judge;
        guint n_lines, n_done;
        gboolean is_cancelling;
        GError *error;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
        f->folder = g_dir_make_tmp("omg-judge.XXXXXX", NULL);
        f->helper = g_build_filename(f->folder, "helper", NULL);
        f->loop = g_main_loop_new(NULL, FALSE);
}

static void tear_down(Fixture *f, gconstpointer data)
{
        omg_feed_judge_free(f->judge);
        (void)g_unlink(f->helper);
        (void)g_rmdir(f->folder);
        g_main_loop_unref(f->loop);
        g_clear_error(&f->error);
        g_free(f->folder);
        g_free(f->helper);
}

static void on_line(const OmgJudgeLine *line, gpointer userdata)
{
        Fixture *f = userdata;

        f->n_lines++;
        if (f->is_cancelling)
                omg_feed_judge_cancel(f->judge);
}

static void on_done(const GError *error, gpointer userdata)
{
        Fixture *f = userdata;

        f->n_done++;
        f->error = error ? g_error_copy(error) : NULL;
        g_main_loop_quit(f->loop);
}

static void start_script(Fixture *f, OmgFeedJudgeKind kind, const char *body)
{
        g_autofree char *script = g_strconcat("#!/bin/sh\n", body, "\n", NULL);
        g_autoptr(GPtrArray) files = g_ptr_array_new();
        char *groups[] = {(char *)"AVG-1", (char *)"AVG-2", NULL};
        OmgFeedJudgeStart start = {
                .helper = f->helper,
                .kind = kind,
                .files = files,
                .n_questions = 3,
                .previous = "/previous",
                .details = "/details",
                .groups = groups,
                .on_line = on_line,
                .on_done = on_done,
                .userdata = f,
        };
        g_autoptr(GError) error = NULL;

        g_ptr_array_add(files, (char *)"/a");
        if (kind == OMG_FEED_JUDGE_GROUPS || kind == OMG_FEED_JUDGE_RECORDS)
                g_ptr_array_add(files, (char *)"/b");
        g_assert_true(g_file_set_contents_full(f->helper, script, -1, G_FILE_SET_CONTENTS_NONE,
                                               0755, NULL));
        f->judge = omg_feed_judge_start(&start, &error);
        g_assert_no_error(error);
}

static void run_script(Fixture *f, OmgFeedJudgeKind kind, const char *body)
{
        start_script(f, kind, body);
        g_main_loop_run(f->loop);
        g_assert_cmpuint(f->n_done, ==, 1);
}

#define SAY(text) "echo '" text "';"
#define LIST      SAY("{\"what\":\"list\",\"groups\":1,\"dropped\":0,\"newest\":5}")
#define WANTED    SAY("{\"what\":\"wanted\",\"id\":\"AVG-1\"}")
#define BAD(file)                                                                               \
        SAY("{\"what\":\"bad\",\"file\":" file ",\"error\":\"org.omgd1.Error.UpstreamInvalid\"" \
            ",\"message\":\"m\"}")
#define GROUP(file) SAY("{\"what\":\"group\",\"file\":" file ",\"id\":\"AVG-1\"}")
#define ID(question) \
        SAY("{\"what\":\"id\",\"question\":" question ",\"id\":\"A-1\",\"modified\":1}")
#define TOKEN(question) SAY("{\"what\":\"token\",\"question\":" question ",\"token\":\"t\"}")
#define RECORD_OF(file, id) \
        SAY("{\"what\":\"record\",\"file\":" file ",\"id\":\"" id "\",\"modified\":1}")
#define RECORD(file) RECORD_OF(file, "A-1")

static const struct {
        const char *name;
        OmgFeedJudgeKind kind;
        const char *body;
        guint n_lines;
} good[] = {
        {"list", OMG_FEED_JUDGE_LIST, LIST WANTED WANTED, 3},
        {"bad-list", OMG_FEED_JUDGE_LIST, BAD("0"), 1},
        {"groups", OMG_FEED_JUDGE_GROUPS, BAD("0") GROUP("1"), 2},
        {"answer", OMG_FEED_JUDGE_ANSWER, ID("0") ID("0") TOKEN("0") ID("2"), 4},
        {"empty-answer", OMG_FEED_JUDGE_ANSWER, "", 0},
        {"bad-answer", OMG_FEED_JUDGE_ANSWER, BAD("0"), 1},
        {"records", OMG_FEED_JUDGE_RECORDS, RECORD("0") BAD("1"), 2},
        /* The command line, and nothing of ours in it that a shell would see. */
        {"list-command", OMG_FEED_JUDGE_LIST,
         "[ \"$*\" = 'judge-list --previous=/previous --details=/details --groups=AVG-1,AVG-2 "
         "/a' ] || exit 9;" LIST,
         1},
        {"answer-command", OMG_FEED_JUDGE_ANSWER, "[ \"$2\" = --questions=3 ] || exit 9;", 0},
};

/* What fits what was asked is told, in order. */
static void test_good(Fixture *f, gconstpointer data)
{
        const guint i = GPOINTER_TO_UINT(data);

        run_script(f, good[i].kind, good[i].body);
        g_assert_no_error(f->error);
        g_assert_cmpuint(f->n_lines, ==, good[i].n_lines);
}

static const struct {
        const char *name;
        OmgFeedJudgeKind kind;
        const char *body;
        guint n_lines; /* before it is found out */
} nonsense[] = {
        {"text", OMG_FEED_JUDGE_LIST, "echo hello;", 0},
        {"other-kind", OMG_FEED_JUDGE_LIST, RECORD("0"), 0},
        {"wanted-first", OMG_FEED_JUDGE_LIST, WANTED LIST, 0},
        {"wanted-of-bad", OMG_FEED_JUDGE_LIST, BAD("0") WANTED, 1},
        {"wanted-id", OMG_FEED_JUDGE_LIST, LIST SAY("{\"what\":\"wanted\",\"id\":\"../x\"}"), 1},
        {"two-lists", OMG_FEED_JUDGE_LIST, LIST LIST, 1},
        {"nothing", OMG_FEED_JUDGE_LIST, "", 0},
        {"half", OMG_FEED_JUDGE_GROUPS, GROUP("0"), 1},
        {"other-file", OMG_FEED_JUDGE_GROUPS, GROUP("1"), 0},
        {"twice", OMG_FEED_JUDGE_RECORDS, RECORD("0") RECORD("0"), 1},
        {"third-file", OMG_FEED_JUDGE_RECORDS, RECORD("0") RECORD("1") RECORD("2"), 2},
        {"record-id", OMG_FEED_JUDGE_RECORDS, RECORD_OF("0", "a/b"), 0},
        {"dot-id", OMG_FEED_JUDGE_RECORDS, RECORD_OF("0", ".x"), 0},
        {"fourth-question", OMG_FEED_JUDGE_ANSWER, ID("3"), 0},
        {"back", OMG_FEED_JUDGE_ANSWER, ID("1") ID("0"), 1},
        {"two-tokens", OMG_FEED_JUDGE_ANSWER, TOKEN("0") TOKEN("0"), 1},
        {"id-behind-token", OMG_FEED_JUDGE_ANSWER, TOKEN("0") ID("0"), 1},
        {"bad-in-the-end", OMG_FEED_JUDGE_ANSWER, ID("0") BAD("0"), 1},
        {"good-behind-bad", OMG_FEED_JUDGE_ANSWER, BAD("0") ID("0"), 1},
        {"crash", OMG_FEED_JUDGE_ANSWER, ID("0") "kill -SEGV $$", 1},
        {"failure", OMG_FEED_JUDGE_ANSWER, ID("0") "exit 1", 1},
};

static void test_nonsense(Fixture *f, gconstpointer data)
{
        const guint i = GPOINTER_TO_UINT(data);

        run_script(f, nonsense[i].kind, nonsense[i].body);
        g_assert_error(f->error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_cmpuint(f->n_lines, ==, nonsense[i].n_lines);
}

/* More lines than an answer may have: OMG_LIMIT_JUDGE_LINES. */
static void test_flood(Fixture *f, gconstpointer data)
{
        run_script(f, OMG_FEED_JUDGE_ANSWER,
                   "exec yes '{\"what\":\"id\",\"question\":0,\"id\":\"A-1\",\"modified\":1}'");
        g_assert_error(f->error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(f->error->message, "too much"));
        g_assert_cmpuint(f->n_lines, ==, OMG_LIMIT_JUDGE_LINES);
}

static void test_cancel(Fixture *f, gconstpointer data)
{
        f->is_cancelling = TRUE;
        run_script(f, OMG_FEED_JUDGE_ANSWER, ID("0") ID("0") "sleep 600");
        g_assert_error(f->error, OMG_ERROR, OMG_ERROR_CANCELLED);
        g_assert_cmpuint(f->n_lines, ==, 1);
}

/* Freed while it runs: nothing is called any more. */
static void test_free(Fixture *f, gconstpointer data)
{
        start_script(f, OMG_FEED_JUDGE_ANSWER, "sleep 600");
        g_clear_pointer(&f->judge, omg_feed_judge_free);
        while (g_main_context_iteration(NULL, FALSE))
                ;
        g_assert_cmpuint(f->n_done, ==, 0);
}

static void test_missing(Fixture *f, gconstpointer data)
{
        g_autoptr(GPtrArray) files = g_ptr_array_new();
        const OmgFeedJudgeStart start = {.helper = f->helper, .files = files};
        g_autoptr(GError) error = NULL;

        g_assert_null(omg_feed_judge_start(&start, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(error->message, "OMG_INDEX_HELPER"));
}

static void add(const char *name, guint data, void (*test)(Fixture *, gconstpointer))
{
        g_autofree char *path = g_strconcat("/feed-judge/", name, NULL);

        g_test_add(path, Fixture, GUINT_TO_POINTER(data), set_up, test, tear_down);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(good); i++)
                add(good[i].name, i, test_good);
        for (guint i = 0; i < G_N_ELEMENTS(nonsense); i++)
                add(nonsense[i].name, i, test_nonsense);
        add("flood", 0, test_flood);
        add("cancel", 0, test_cancel);
        add("free", 0, test_free);
        add("missing", 0, test_missing);
        return g_test_run();
}
