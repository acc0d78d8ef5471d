/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to the AUR with helpers that do what the test says: in their order, one at a time,
 * equal ones once, from memory where that will do; and what is not asked, with the reason. */
#include "loop/aur-rpc.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits-aur.h"
#include "fixture.h"
#include "loop/aur-budget.h"

#define SERVER "http://127.0.0.1:1"
#define SEC    ((guint64)G_USEC_PER_SEC)

static const FixturePackage packages[] = {
        {"aur", "vim-git", "9.1-1", "Vi, improved", NULL, NULL, 0, .votes = 7},
        {"aur", "nano-git", "8-1", "An editor", NULL, NULL, 0, .votes = 5},
        {NULL, NULL, NULL, NULL, NULL, NULL, 0},
};

typedef struct {
        char *folder;
        OmgPaths paths;
        OmgCacheDb *cache;
        OmgTimers *timers;
        OmgConf conf;
        OmgAurRpc *rpc;
        GError *hindrance;
        guint asked_how;
        GString *done;   /* "ID words;", in their order */
        GString *stages; /* "ID stage;" */
        guint64 until_usec;
        OmgAurAnswer *answer; /* the last */
} Fixture;

static void write_file(Fixture *f, const char *name, const char *text, int mode)
{
        g_autofree char *path = g_build_filename(f->folder, name, NULL);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        g_assert_cmpint(g_chmod(path, (guint)mode), ==, 0);
}

static char *read_file(Fixture *f, const char *name)
{
        g_autofree char *path = g_build_filename(f->folder, name, NULL);
        char *text = NULL;

        return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

/* It notes what it is asked and whether somebody asks at the same time, then does as "mode" says.
 */
#define FETCH                                                                               \
        "#!/bin/sh\n"                                                                       \
        "cd \"$1\" || exit 1\n"                                                             \
        "top=../../..\n"                                                                    \
        "mkdir $top/busy || echo TWICE >>$top/fetched\n"                                    \
        "read -r line\n"                                                                    \
        "echo \"$line\" >>$top/fetched\n"                                                   \
        "out=$(echo \"$line\" | sed 's/.*\"output\":\"\\([^\"]*\\)\".*/\\1/')\n"            \
        "done='\"event\":\"done\",\"id\":0,\"mirror\":0,\"url\":\"http://x/\"'\n"           \
        "stored() { printf '{}' >$out; echo "                                               \
        "\"{$done,\\\"outcome\\\":\\\"stored\\\",\\\"status\\\":200,\\\"size\\\":2}\"; }\n" \
        "failed() { echo \"{$done,\\\"outcome\\\":\\\"$1\\\",\\\"status\\\":$2$3,"          \
        "\\\"error\\\":\\\"org.omgd1.Error.$4\\\",\\\"message\\\":\\\"in words\\\"}\"; }\n" \
        ". $top/mode\n"                                                                     \
        "rmdir $top/busy\n"

/* The reply files must be there. */
#define INDEX                                                              \
        "#!/bin/sh\n"                                                      \
        "top=$(dirname \"$0\")\n"                                          \
        "[ \"$1\" = aur-reply ] || exit 1\n"                               \
        "while [ $# -gt 0 ]; do case \"$1\" in\n"                          \
        "--output) out=$2; shift;;\n"                                      \
        "*.json) [ -s \"$1\" ] || exit 1; echo \"$1\" >>\"$top/read\";;\n" \
        "esac; shift; done\n"                                              \
        ". \"$top/index-mode\"\n"

#define INDEX_GOOD "cp \"$top/layer\" \"$out\"; echo '{\"ok\":true}'"

static GError *may_ask(OmgRefreshWhat what, gpointer data)
{
        Fixture *f = data;

        f->asked_how = what;
        return f->hindrance ? g_error_copy(f->hindrance) : NULL;
}

static void on_progress(guint64 id, const char *stage, double progress, gpointer data)
{
        Fixture *f = data;

        g_string_append_printf(f->stages, "%u %s;", (guint)id, stage);
}

static void on_done(const OmgAurOutcome *outcome, gpointer data)
{
        Fixture *f = data;

        g_assert_true((outcome->answer == NULL) == (outcome->error != NULL));
        g_assert_cmpuint(outcome->day_usec, >, (guint64)g_get_real_time());
        f->until_usec = outcome->until_usec;
        if (outcome->error) {
                g_string_append_printf(
                        f->done, "%u %s;", (guint)outcome->id,
                        strrchr(omg_error_get_dbus_name(omg_error_get_code(outcome->error)), '.') +
                                1);
                return;
        }
        g_string_append_printf(f->done, "%u %u%s;", (guint)outcome->id, outcome->answer->n_ids,
                               outcome->is_cached ? " cached" : "");
        omg_aur_answer_unref(f->answer);
        f->answer = omg_aur_answer_ref(outcome->answer);
}

static void begin(Fixture *f)
{
        const OmgAurRpcSetup setup = {.paths = &f->paths,
                                      .cache = f->cache,
                                      .timers = f->timers,
                                      .may_ask = may_ask,
                                      .on_progress = on_progress,
                                      .on_done = on_done,
                                      .data = f};

        f->rpc = omg_aur_rpc_new(&setup);
        omg_aur_rpc_set_conf(f->rpc, &f->conf);
}

static void set_up(Fixture *f, gconstpointer unused)
{
        g_autoptr(GBytes) layer = fixture_layer_bytes(OMG_LAYER_AUR, packages);
        gsize size;
        const char *bytes = g_bytes_get_data(layer, &size);

        f->folder = g_dir_make_tmp("omg-aur-XXXXXX", NULL);
        f->paths.cache_dir = g_build_filename(f->folder, "cache", NULL);
        f->paths.index_helper = g_build_filename(f->folder, "index", NULL);
        f->paths.fetch_helper = g_build_filename(f->folder, "fetch", NULL);
        g_assert_cmpint(g_mkdir(f->paths.cache_dir, 0700), ==, 0);
        write_file(f, "fetch", FETCH, 0700);
        write_file(f, "index", INDEX, 0700);
        write_file(f, "mode", "stored", 0600);
        write_file(f, "index-mode", INDEX_GOOD, 0600);
        g_autofree char *path = g_build_filename(f->folder, "layer", NULL);
        g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
        f->cache = omg_cache_db_new(f->folder);
        f->timers = omg_timers_new_manual(1000 * SEC);
        f->done = g_string_new(NULL);
        f->stages = g_string_new(NULL);
        omg_conf_init(&f->conf);
        (void)g_strlcpy(f->conf.aur_url, SERVER, sizeof(f->conf.aur_url));
        begin(f);
}

static void remove_folder(const char *path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                if (g_file_test(child, G_FILE_TEST_IS_DIR))
                        remove_folder(child);
                else
                        (void)g_unlink(child);
        }
        (void)g_rmdir(path);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        omg_aur_rpc_free(f->rpc);
        omg_timers_free(f->timers);
        omg_cache_db_free(f->cache);
        omg_aur_answer_unref(f->answer);
        g_clear_error(&f->hindrance);
        remove_folder(f->folder);
        g_free(f->folder);
        g_free(f->paths.cache_dir);
        g_free(f->paths.index_helper);
        g_free(f->paths.fetch_helper);
        g_string_free(f->done, TRUE);
        g_string_free(f->stages, TRUE);
}

static void ask_how(Fixture *f, guint64 id, const char *by, const char *text, guint max_age_sec,
                    OmgRefreshWhat how)
{
        g_auto(GStrv) words = g_strsplit(text, " ", -1);
        g_autoptr(OmgAurQuestion) question =
                omg_aur_question_new(by, (const char *const *)words, NULL);

        g_assert_nonnull(question);
        omg_aur_rpc_ask(f->rpc, &(OmgAurRequest){id, question, max_age_sec, how});
}

static void ask(Fixture *f, guint64 id, const char *by, const char *text)
{
        ask_how(f, id, by, text, OMG_AUR_MAX_AGE_SEC, OMG_REFRESH_FOREGROUND);
}

static gboolean on_late(gpointer data)
{
        g_error("waited in vain for: %s", (const char *)data);
        return G_SOURCE_REMOVE;
}

/* Runs until that is what came, and forgets it. */
static void expect(Fixture *f, const char *done)
{
        guint late = g_timeout_add_seconds(60, on_late, (gpointer)done);

        while (f->done->len < strlen(done))
                (void)g_main_context_iteration(NULL, TRUE);
        g_source_remove(late);
        g_assert_cmpstr(f->done->str, ==, done);
        g_string_truncate(f->done, 0);
}

static guint count_fetched(Fixture *f)
{
        g_autofree char *text = read_file(f, "fetched");
        guint n = 0;

        g_assert_null(strstr(text, "TWICE"));
        for (const char *c = text; *c; c++)
                n += *c == '\n';
        return n;
}

static void assert_nothing_left(Fixture *f)
{
        g_autofree char *path = g_build_filename(f->paths.cache_dir, "aur", "rpc", NULL);
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);

        g_assert_nonnull(dir);
        g_assert_null(g_dir_read_name(dir));
}

/* Names in the order of the question, those that are not there by themselves, and no file is left.
 */
static void test_info(Fixture *f, gconstpointer unused)
{
        ask(f, 1, "info", "vim-git zzz nano-git aaa");
        expect(f, "1 2;");
        g_assert_cmpstr(f->stages->str, ==, "1 fetching;1 reading;");
        g_assert_cmpstr(omg_layer_get_name(f->answer->layer, f->answer->ids[0]), ==, "nano-git");
        g_assert_cmpstr(omg_layer_get_name(f->answer->layer, f->answer->ids[1]), ==, "vim-git");
        g_assert_cmpuint(f->answer->missing->len, ==, 2);
        g_assert_cmpstr(f->answer->missing->pdata[0], ==, "aaa");
        g_assert_cmpstr(f->answer->missing->pdata[1], ==, "zzz");
        g_assert_cmpuint(f->answer->n_bytes, >, 0);
        assert_nothing_left(f);

        /* What nobody asked for is not there. */
        ask(f, 2, "info", "vim-git");
        expect(f, "2 1;");
        g_assert_cmpuint(f->answer->n_dropped, ==, 0);
        write_file(f, "index-mode",
                   "cp \"$top/layer\" \"$out\"; echo '{\"ok\":true,\"dropped\":3}'", 0600);
        ask(f, 3, "name", "vi");
        expect(f, "3 2;");
        g_assert_cmpuint(f->answer->n_dropped, ==, 3);
        g_assert_cmpuint(count_fetched(f), ==, 3);
}

/* A question that takes several requests: one after the other, and read together. */
static void test_chunks(Fixture *f, gconstpointer unused)
{
        g_autoptr(GString) names = g_string_new("vim-git");

        for (guint i = 0; i < 400; i++)
                g_string_append_printf(names, " name-%04u", i);
        ask(f, 1, "info", names->str);
        expect(f, "1 1;");
        g_assert_cmpuint(f->answer->missing->len, ==, 400);
        g_autofree char *read = read_file(f, "read");
        g_assert_cmpuint(count_fetched(f), ==, 2);
        g_assert_nonnull(strstr(read, "reply-0.json\n"));
        g_assert_nonnull(strstr(read, "reply-1.json\n"));
        guint n_used;
        guint64 day_usec;
        omg_aur_rpc_get_used(f->rpc, &n_used, &day_usec);
        g_assert_cmpuint(n_used, ==, 2);
}

/* In their order, never two at once; equal ones are asked once, and all hear of it. */
static void test_queue(Fixture *f, gconstpointer unused)
{
        ask(f, 1, "name", "vi");
        ask(f, 2, "name", "nano");
        ask(f, 3, "name", "vi");
        ask(f, 4, "depends", "vi");
        ask(f, 5, "name", "nano");
        expect(f, "1 2;3 2;2 2;5 2;4 2;");
        g_assert_cmpuint(count_fetched(f), ==, 3);
}

/* From memory while it is young enough for the one who asks; not of another server. */
static void test_memory(Fixture *f, gconstpointer unused)
{
        guint64 now = omg_timers_now(f->timers);

        ask(f, 1, "name", "vi");
        expect(f, "1 2;");
        ask(f, 2, "name", "vi");
        expect(f, "2 2 cached;");
        (void)omg_timers_advance(f->timers, now + 299 * SEC);
        ask(f, 3, "name", "vi");
        expect(f, "3 2 cached;");
        ask_how(f, 4, "name", "vi", 299, OMG_REFRESH_FOREGROUND);
        expect(f, "4 2;");
        ask_how(f, 5, "name", "vi", 0, OMG_REFRESH_FOREGROUND);
        expect(f, "5 2;");
        g_assert_cmpuint(count_fetched(f), ==, 3);

        (void)g_strlcpy(f->conf.aur_url, "http://127.0.0.2:1", sizeof(f->conf.aur_url));
        omg_aur_rpc_set_conf(f->rpc, &f->conf);
        ask(f, 6, "name", "vi");
        expect(f, "6 2;");

        /* Whatever somebody would take, nothing is kept for longer. */
        g_assert_cmpuint(omg_timers_get_next(f->timers), <, G_MAXUINT64);
        now = omg_timers_now(f->timers);
        (void)omg_timers_advance(f->timers, now + (OMG_LIMIT_AUR_ANSWER_SEC + 3600) * SEC);
        g_assert_cmpuint(omg_timers_get_next(f->timers), ==, G_MAXUINT64);
        ask_how(f, 7, "name", "vi", G_MAXUINT, OMG_REFRESH_FOREGROUND);
        expect(f, "7 2;");
}

/* As many answers as may be kept, and the one that goes for one more. */
static void test_memory_bound(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgAurAnswers) answers = omg_aur_answers_new();
        g_autoptr(OmgLayer) layer = fixture_layer(OMG_LAYER_AUR, packages);
        g_autoptr(GPtrArray) questions =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_aur_question_unref);

        for (guint i = 0; i <= OMG_LIMIT_AUR_ANSWERS; i++) {
                g_autofree char *text = g_strdup_printf("text%u", i);
                OmgAurQuestion *question =
                        omg_aur_question_new("name", (const char *[]){text, NULL}, NULL);
                g_autoptr(OmgAurAnswer) answer = omg_aur_answer_new(question, layer, 1, 0, 1);
                g_ptr_array_add(questions, question);
                omg_aur_answers_add(answers, "s", answer, i);
        }
        for (guint i = 0; i <= OMG_LIMIT_AUR_ANSWERS; i++)
                g_assert_true((omg_aur_answers_find(answers, "s", questions->pdata[i], 300, 50) !=
                               NULL) == (i > 0));
        g_assert_null(omg_aur_answers_find(answers, "t", questions->pdata[1], 300, 50));

        /* One that fills all the room that there is, and one that is larger. */
        for (guint more = 0; more < 2; more++) {
                g_autoptr(OmgAurAnswer) large = omg_aur_answer_new(
                        questions->pdata[0], layer, OMG_LIMIT_AUR_ANSWER_BYTES + more, 0, 1);
                omg_aur_answers_add(answers, "s", large, 60);
                g_assert_true((omg_aur_answers_find(answers, "s", questions->pdata[0], 300, 60) !=
                               NULL) == (more == 0));
                g_assert_null(omg_aur_answers_find(answers, "s", questions->pdata[2], 300, 60));
        }
}

/* Off, in either way: with how to turn it on, and neither asked nor from memory. */
static void test_off(Fixture *f, gconstpointer unused)
{
        ask(f, 1, "name", "vi");
        expect(f, "1 2;");
        f->conf.aur_enabled = FALSE;
        omg_aur_rpc_set_conf(f->rpc, &f->conf);
        ask(f, 2, "name", "vi");
        expect(f, "2 Unavailable;");
        f->conf.aur_enabled = TRUE;
        f->conf.aur_sec = 0;
        omg_aur_rpc_set_conf(f->rpc, &f->conf);
        ask(f, 3, "name", "vi");
        expect(f, "3 Unavailable;");
        f->conf.aur_sec = 3600;
        omg_aur_rpc_set_conf(f->rpc, &f->conf);
        ask(f, 4, "name", "vi");
        expect(f, "4 2 cached;");
        g_assert_cmpuint(count_fetched(f), ==, 1);
}

/* The network's state counts for servers elsewhere, with what the one who asks allows. */
static void test_hindrance(Fixture *f, gconstpointer unused)
{
        f->hindrance = g_error_new_literal(OMG_ERROR, OMG_ERROR_OFFLINE, "no network");
        ask(f, 1, "name", "vi");
        expect(f, "1 2;");
        (void)g_strlcpy(f->conf.aur_url, "http://aur.invalid", sizeof(f->conf.aur_url));
        omg_aur_rpc_set_conf(f->rpc, &f->conf);
        ask_how(f, 2, "name", "vi", 300, OMG_REFRESH_ALLOW_METERED);
        expect(f, "2 Offline;");
        g_assert_cmpuint(f->asked_how, ==, OMG_REFRESH_ALLOW_METERED);
        g_assert_cmpuint(count_fetched(f), ==, 1);
}

/* The day's last request is sent, and none behind it; what is in memory is told all the same, and
 * an omgd that is started anew knows. */
static void test_budget(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgAurBudget) other = omg_aur_budget_new(f->cache, (guint64)g_get_real_time());

        g_clear_pointer(&f->rpc, omg_aur_rpc_free);
        for (guint i = 1; i < OMG_LIMIT_AUR_REQUESTS_PER_DAY; i++)
                omg_aur_budget_take(other, (guint64)g_get_real_time());
        begin(f);
        ask(f, 1, "name", "vi");
        expect(f, "1 2;");
        ask(f, 2, "name", "nano");
        expect(f, "2 LimitsExceeded;");
        g_assert_cmpuint(f->until_usec, ==, omg_aur_budget_get_day_end((guint64)g_get_real_time()));
        ask(f, 3, "name", "vi");
        expect(f, "3 2 cached;");
        omg_aur_rpc_free(f->rpc);
        begin(f);
        ask(f, 4, "name", "vi");
        expect(f, "4 LimitsExceeded;");
        g_assert_cmpuint(count_fetched(f), ==, 1);
}

/* One that wants to be left alone is, by those who wait already and after a restart. */
static void test_limited(Fixture *f, gconstpointer unused)
{
        const guint64 now = (guint64)g_get_real_time();

        write_file(f, "mode", "failed limited 429 ',\"retry-after\":1800' UpstreamRateLimited",
                   0600);
        ask(f, 1, "name", "vi");
        ask(f, 2, "name", "nano");
        expect(f, "1 UpstreamRateLimited;2 UpstreamRateLimited;");
        g_assert_cmpuint(f->until_usec, >=, now + 1800 * SEC);
        g_assert_cmpuint(f->until_usec, <, now + 1860 * SEC);
        omg_aur_rpc_free(f->rpc);
        begin(f);
        write_file(f, "mode", "stored", 0600);
        ask(f, 3, "name", "vi");
        expect(f, "3 UpstreamRateLimited;");
        g_assert_cmpuint(count_fetched(f), ==, 1);
        assert_nothing_left(f);
}

/* The same in words of a reply; other errors of the AUR are told and end nothing. */
static void test_words(Fixture *f, gconstpointer unused)
{
        write_file(f, "index-mode",
                   "echo '{\"ok\":false,\"error\":\"org.omgd1.Error.UpstreamInvalid\","
                   "\"message\":\"nonsense\"}'; exit 1",
                   0600);
        ask(f, 1, "name", "vi");
        expect(f, "1 UpstreamInvalid;");
        g_assert_cmpuint(f->until_usec, ==, 0);
        write_file(f, "index-mode",
                   "echo '{\"ok\":false,\"error\":\"org.omgd1.Error.UpstreamRateLimited\","
                   "\"message\":\"Rate limit reached\"}'; exit 1",
                   0600);
        ask(f, 2, "name", "vi");
        ask(f, 3, "name", "nano");
        expect(f, "2 UpstreamRateLimited;3 UpstreamRateLimited;");
        g_assert_cmpuint(f->until_usec, >, (guint64)g_get_real_time() + 3500 * SEC);
        g_assert_cmpuint(count_fetched(f), ==, 2);
}

/* A network that fails is tried again at once, a server that fails after a while. */
static void test_failing(Fixture *f, gconstpointer unused)
{
        write_file(f, "mode", "failed failed 404 '' UpstreamInvalid", 0600);
        ask(f, 1, "name", "vi");
        expect(f, "1 UpstreamInvalid;");
        write_file(f, "mode", "failed failed 500 '' Network", 0600);
        ask(f, 2, "name", "vi");
        expect(f, "2 Network;");
        g_assert_cmpuint(f->until_usec, >, (guint64)g_get_real_time());
        ask(f, 3, "name", "vi");
        expect(f, "3 Network;");
        g_assert_cmpuint(count_fetched(f), ==, 2);
}

/* Helpers that are not there, end, write no layer, or one that is none. */
static void test_helpers(Fixture *f, gconstpointer unused)
{
        write_file(f, "index-mode", "echo nothing >\"$out\"; echo '{\"ok\":true}'", 0600);
        ask(f, 1, "name", "vi");
        expect(f, "1 DatabaseCorrupt;");
        write_file(f, "index-mode", "echo '{\"ok\":true}'", 0600);
        ask(f, 2, "name", "vi");
        expect(f, "2 DatabaseMissing;");
        write_file(f, "index-mode", "kill -9 $$", 0600);
        ask(f, 3, "name", "vi");
        expect(f, "3 Unavailable;");
        write_file(f, "mode", "rmdir $top/busy; exit 1", 0600);
        ask(f, 4, "name", "vi");
        expect(f, "4 Unavailable;");
        g_assert_cmpint(g_unlink(f->paths.index_helper), ==, 0);
        write_file(f, "mode", "stored", 0600);
        ask(f, 5, "name", "vi");
        expect(f, "5 Unavailable;");
        g_assert_cmpint(g_unlink(f->paths.fetch_helper), ==, 0);
        ask(f, 6, "name", "vi");
        ask(f, 7, "name", "vi");
        expect(f, "6 Unavailable;7 Unavailable;");
        assert_nothing_left(f);
}

/* Who cancels hears of it at once; what others wait for goes on, and the next begins. */
static void test_cancel(Fixture *f, gconstpointer unused)
{
        write_file(f, "mode", "rmdir $top/busy; touch $top/sleeps; sleep 60", 0600);
        ask(f, 1, "name", "vi");
        ask(f, 2, "name", "vi");
        ask(f, 3, "name", "nano");
        ask(f, 4, "name", "gone");
        omg_aur_rpc_cancel(f->rpc, 9);
        omg_aur_rpc_cancel(f->rpc, 1);
        omg_aur_rpc_cancel(f->rpc, 4);
        expect(f, "1 Cancelled;4 Cancelled;");
        g_autofree char *sleeps = g_build_filename(f->folder, "sleeps", NULL);
        while (!g_file_test(sleeps, G_FILE_TEST_EXISTS))
                (void)g_main_context_iteration(NULL, FALSE);
        write_file(f, "mode", "stored", 0600);
        omg_aur_rpc_cancel(f->rpc, 2);
        /* The same again, while the one that nobody wants ends. */
        ask(f, 5, "name", "vi");
        expect(f, "2 Cancelled;3 2;5 2;");
        g_assert_cmpuint(count_fetched(f), ==, 3);
}

/* What runs, and what waits, at the end of it all. */
static void test_end(Fixture *f, gconstpointer unused)
{
        write_file(f, "mode", "sleep 60", 0600);
        ask(f, 1, "name", "vi");
        ask(f, 2, "name", "nano");
        g_clear_pointer(&f->rpc, omg_aur_rpc_free);
        g_assert_cmpstr(f->done->str, ==, "");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)
        ADD("/aur-rpc/info", test_info);
        ADD("/aur-rpc/chunks", test_chunks);
        ADD("/aur-rpc/queue", test_queue);
        ADD("/aur-rpc/memory", test_memory);
        ADD("/aur-rpc/memory-bound", test_memory_bound);
        ADD("/aur-rpc/off", test_off);
        ADD("/aur-rpc/hindrance", test_hindrance);
        ADD("/aur-rpc/budget", test_budget);
        ADD("/aur-rpc/limited", test_limited);
        ADD("/aur-rpc/words", test_words);
        ADD("/aur-rpc/failing", test_failing);
        ADD("/aur-rpc/helpers", test_helpers);
        ADD("/aur-rpc/cancel", test_cancel);
        ADD("/aur-rpc/end", test_end);
#undef ADD
        return g_test_run();
}
