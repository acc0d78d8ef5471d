/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What is asked of the mirrors of one repository, what their answers mean, what is remembered of
 * them, and which of two databases is the newer. No network: the answers are made here. */

#include "loop/mirror-item.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits-fetch.h"
#include "base/limits-network.h"
#include "fetch/json-line.h"
#include "loop/sync-copies.h"
#include "sources/sync-copy.h"

#define SEC G_GINT64_CONSTANT(1000000000)

typedef struct {
        char *dir;
        OmgPacmanConf *conf;
        OmgMirrorNotes *notes;
} Fixture;

static void write_file(const Fixture *f, const char *name, const char *content, gint64 time_ns)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(f->dir, name, NULL);
        g_autofree char *parent = g_path_get_dirname(path);
        const struct timespec time = {time_ns / SEC, time_ns % SEC};
        const struct timespec times[2] = {time, time};

        g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
        g_file_set_contents(path, content, -1, &error);
        g_assert_no_error(error);
        g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
}

static void load(Fixture *f, const char *repository)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(f->dir, "pacman.conf", NULL);
        g_autofree char *cache = g_build_filename(f->dir, "cache", NULL);
        g_autofree char *content =
                g_strdup_printf("[options]\nDBPath = %s/db\n[core]\n%s", f->dir, repository);

        write_file(f, "pacman.conf", content, SEC);
        g_clear_pointer(&f->notes, omg_mirror_notes_free);
        omg_pacman_conf_unref(f->conf);
        f->conf = omg_pacman_conf_load(path, NULL, NULL, &error);
        g_assert_no_error(error);
        omg_sync_copy_set_cache_dir(f->conf, cache);
        g_assert_true(omg_sync_copies_prepare(f->conf, &error));
        g_assert_no_error(error);
        f->notes = omg_mirror_notes_load(f->conf);
}

static void set_up(Fixture *f, gconstpointer data)
{
        f->dir = g_dir_make_tmp("omg-mirror-XXXXXX", NULL);
        write_file(f, "db/sync/core.db", "core", 1000 * SEC);
        load(f, "SigLevel = DatabaseNever\n"
                "Server = https://a.example/r\nServer = http://b.example/r\n"
                "Server = rsync://c.example/r\nServer = file:///d\n");
}

static void remove_tree(const char *path)
{
        g_autoptr(GDir) dir =
                g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                remove_tree(child);
        }
        g_assert_cmpint(g_remove(path), ==, 0);
}

static void tear_down(Fixture *f, gconstpointer data)
{
        omg_mirror_notes_free(f->notes);
        omg_pacman_conf_unref(f->conf);
        remove_tree(f->dir);
        g_free(f->dir);
}

static OmgMirrorItem *item_new(const Fixture *f, guint flags, const GError *why_not)
{
        return omg_mirror_item_new(f->conf, g_ptr_array_index(f->conf->repositories, 0),
                                   omg_mirror_notes_get(f->notes, "core"), flags, why_not);
}

/* One request, as it is asked for: its addresses, and validators. */
static void expect_request(OmgMirrorItem *item, const char *urls, const char *etag,
                           const char *modified)
{
        g_auto(OmgFetchRequest) request = {};
        g_autoptr(GError) error = NULL;

        omg_mirror_item_make_request(item, 7, &request);
        g_assert_true(omg_fetch_request_check(&request, &error));
        g_assert_no_error(error);
        g_autofree char *joined = g_strjoinv(" ", request.urls);
        g_assert_cmpstr(joined, ==, urls);
        g_assert_cmpstr(request.etag, ==, etag);
        g_assert_cmpstr(request.last_modified, ==, modified);
        g_assert_cmpuint(request.id, ==, 7);
}

static void answer(OmgMirrorItem *item, OmgFetchOutcome outcome, guint64 mirror, const char *url,
                   const char *etag, const char *modified)
{
        OmgFetchResult result;

        omg_fetch_result_init(&result);
        result.event = OMG_FETCH_EVENT_DONE;
        result.outcome = outcome;
        result.mirror = mirror;
        result.url = (char *)url;
        result.etag = (char *)etag;
        result.last_modified = (char *)modified;
        if (outcome == OMG_FETCH_FAILED || outcome == OMG_FETCH_LIMITED) {
                result.error = (char *)(outcome == OMG_FETCH_LIMITED
                                                ? "org.omgd1.Error.UpstreamRateLimited"
                                                : "org.omgd1.Error.Network");
                result.message = (char *)"it says no";
                result.retry_after = outcome == OMG_FETCH_LIMITED ? 50 : OMG_JSON_NONE;
        }
        omg_mirror_item_take_result(item, &result);
}

/* Which is newer, by what packages and times say. */
static void test_judge(void)
{
        static const struct {
                guint newer, older, added, removed;
                gint64 modified, at_hand;
                OmgMirrorAge expected;
        } table[] = {
                {0, 0, 2, 0, -1, -1, OMG_MIRROR_NEWER}, /* nothing is here */
                {0, 5, 0, 0, 9, -1, OMG_MIRROR_NEWER},
                {1, 0, 0, 0, 5, 10 * SEC, OMG_MIRROR_NEWER}, /* packages before times */
                {1, 0, 0, 0, -1, 10 * SEC, OMG_MIRROR_NEWER},
                {0, 1, 9, 0, 20, 10 * SEC, OMG_MIRROR_OLDER},
                {0, 1, 0, 0, -1, 10 * SEC, OMG_MIRROR_OLDER},
                {3, 1, 0, 0, 20, 10 * SEC, OMG_MIRROR_NEWER}, /* both: times */
                {3, 1, 0, 0, 5, 10 * SEC, OMG_MIRROR_OLDER},
                {3, 1, 0, 0, -1, 10 * SEC, OMG_MIRROR_NEWER}, /* without: the more */
                {1, 3, 0, 0, -1, 10 * SEC, OMG_MIRROR_OLDER},
                {1, 3, 0, 0, 5, 10 * SEC + 1, OMG_MIRROR_OLDER}, /* not a server's time */
                {3, 1, 0, 0, 5, 10 * SEC + 1, OMG_MIRROR_NEWER},
                {0, 0, 1, 1, 5, 10 * SEC, OMG_MIRROR_OLDER}, /* neither: times */
                {0, 0, 1, 1, 20, 10 * SEC, OMG_MIRROR_NEWER},
                {0, 0, 1, 1, 10, 10 * SEC, OMG_MIRROR_NEWER},
                {0, 0, 0, 0, 20, 10 * SEC, OMG_MIRROR_NEWER}, /* another signature, say */
                {0, 0, 0, 0, 10, 10 * SEC, OMG_MIRROR_SAME},
                {0, 0, 0, 0, -1, 10 * SEC, OMG_MIRROR_SAME},
                {0, 0, 0, 0, 5, 10 * SEC + 1, OMG_MIRROR_SAME},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
                OmgIndexCheck check = {.newer = table[i].newer,
                                       .older = table[i].older,
                                       .added = table[i].added,
                                       .removed = table[i].removed};
                g_test_message("row %" G_GSIZE_FORMAT, i);
                g_assert_cmpint(omg_mirror_judge(&check, table[i].modified, table[i].at_hand), ==,
                                table[i].expected);
        }
}

#define ALL "https://a.example/r/core.db http://b.example/r/core.db file:///d/core.db"

/* All that can be asked, in order; what is newer than pacman's file, whose time is a server's. */
static void test_request(Fixture *f, gconstpointer data)
{
        OmgMirrorItem *item = item_new(f, 0, NULL);

        expect_request(item, ALL, NULL, "Thu, 01 Jan 1970 00:16:40 GMT");
        omg_mirror_item_free(item);
        /* A time with a fraction is that of a download. */
        write_file(f, "db/sync/core.db", "core", 1000 * SEC + 5);
        item = item_new(f, 0, NULL);
        expect_request(item, ALL, NULL, NULL);
        omg_mirror_item_free(item);
        write_file(f, "db/sync/core.db", "core", 1767225599 * SEC);
        item = item_new(f, 0, NULL);
        expect_request(item, ALL, NULL, "Wed, 31 Dec 2025 23:59:59 GMT");
        omg_mirror_item_free(item);
        item = item_new(f, OMG_MIRROR_WHOLE, NULL);
        expect_request(item, ALL, NULL, NULL);
        omg_mirror_item_free(item);
}

/* Unchanged: known to be today's, with the validators, which are asked with as long as the file is
 * the same, over a restart too. */
static void test_unchanged(Fixture *f, gconstpointer data)
{
        OmgMirrorItem *item = item_new(f, 0, NULL);
        g_autoptr(GError) error = NULL;
        guint64 before = (guint64)g_get_real_time();

        expect_request(item, ALL, NULL, "Thu, 01 Jan 1970 00:16:40 GMT");
        answer(item, OMG_FETCH_UNCHANGED, 1, "http://b.example/r/core.db", "\"e\"", "date");
        g_assert_cmpint(item->step, ==, OMG_MIRROR_DONE);
        g_assert_no_error(item->error);
        g_assert_false(item->is_new);
        omg_mirror_item_free(item);
        g_assert_cmpuint(omg_mirror_notes_get_as_of(f->notes, f->conf), >=, before);

        g_assert_true(omg_mirror_notes_save(f->notes, f->conf, &error));
        g_assert_no_error(error);
        omg_mirror_notes_free(f->notes);
        f->notes = omg_mirror_notes_load(f->conf);
        g_assert_cmpuint(omg_mirror_notes_get_as_of(f->notes, f->conf), >=, before);
        item = item_new(f, 0, NULL);
        expect_request(item, ALL, "\"e\"", "date");
        omg_mirror_item_free(item);
        /* pacman brings another. */
        write_file(f, "db/sync/core.db", "other", 2000 * SEC);
        item = item_new(f, 0, NULL);
        expect_request(item, ALL, NULL, "Thu, 01 Jan 1970 00:33:20 GMT");
        omg_mirror_item_free(item);
}

/* A new one comes into place with the mirror's time, and never with one before that of the old. */
static void test_new(Fixture *f, gconstpointer data)
{
        static const struct {
                gint64 staged, expected;
                const char *modified;
        } table[] = {{2000 * SEC, 2000 * SEC, "date"}, {500 * SEC, 1000 * SEC + 1, "date"}};

        for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
                OmgMirrorItem *item = item_new(f, 0, NULL);
                OmgIndexCheck check = {.newer = 1};
                g_autofree char *own = omg_sync_copy_dup_own(f->conf, "core");
                struct stat st;

                answer(item, OMG_FETCH_STORED, 0, "https://a.example/r/core.db", NULL,
                       table[i].modified);
                g_assert_cmpint(item->step, ==, OMG_MIRROR_CHECK);
                write_file(f, "cache/pacman/staging/core.db", "new", table[i].staged);
                omg_mirror_item_take_check(item, &check, NULL);
                g_assert_cmpint(item->step, ==, OMG_MIRROR_DONE);
                g_assert_no_error(item->error);
                g_assert_true(item->is_new);
                g_assert_true(omg_sync_copy_is_own(f->conf, "core"));
                g_assert_cmpint(stat(own, &st), ==, 0);
                g_assert_cmpint(st.st_mtim.tv_sec * SEC + st.st_mtim.tv_nsec, ==,
                                table[i].expected);
                omg_mirror_item_free(item);
                omg_sync_copies_drop(f->conf, "core");
        }
}

/* What is no good: the next mirror, of three at most; the error names the last. */
static void test_bad(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) corrupt = NULL;
        OmgIndexCheck check = {.older = 1};
        OmgMirrorItem *item = item_new(f, 0, NULL);
        g_autofree char *staged = omg_sync_copies_dup_staged(f->conf, "core", "");

        corrupt = g_error_new(OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, "%s: no archive", staged);
        answer(item, OMG_FETCH_STORED, 0, "https://a.example/r/core.db", NULL, NULL);
        omg_mirror_item_take_check(item, NULL, corrupt);
        g_assert_cmpint(item->step, ==, OMG_MIRROR_ASK);
        /* The whole: what is here is not what that mirror is asked about any more. */
        expect_request(item, "http://b.example/r/core.db file:///d/core.db", NULL, NULL);
        write_file(f, "cache/pacman/staging/core.db", "old", 5 * SEC);
        answer(item, OMG_FETCH_STORED, 0, "http://b.example/r/core.db", NULL, "date");
        omg_mirror_item_take_check(item, &check, NULL);
        g_assert_cmpint(item->step, ==, OMG_MIRROR_ASK);
        g_assert_error(item->error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID);
        g_assert_nonnull(strstr(item->error->message, "stale"));
        expect_request(item, "file:///d/core.db", NULL, NULL);
        /* That the last does not answer says less than what the others had. */
        answer(item, OMG_FETCH_FAILED, 0, "file:///d/core.db", NULL, NULL);
        g_assert_cmpint(item->step, ==, OMG_MIRROR_DONE);
        g_assert_nonnull(strstr(item->error->message, "b.example"));
        g_assert_false(omg_sync_copy_is_own(f->conf, "core"));
        g_assert_error(omg_mirror_notes_get(f->notes, "core")->error, OMG_ERROR,
                       OMG_ERROR_UPSTREAM_INVALID);
        omg_mirror_item_free(item);

        item = item_new(f, 0, NULL);
        answer(item, OMG_FETCH_STORED, 0, "https://a.example/r/core.db", NULL, NULL);
        omg_mirror_item_take_check(item, NULL, corrupt);
        g_assert_cmpstr(item->error->message, ==, "https://a.example/r/core.db: no archive");
        omg_mirror_item_free(item);

        /* What is here cannot be read: then any other is better. */
        item = item_new(f, OMG_MIRROR_REPLACE, NULL);
        expect_request(item, ALL, NULL, NULL);
        answer(item, OMG_FETCH_STORED, 0, "https://a.example/r/core.db", NULL, NULL);
        write_file(f, "cache/pacman/staging/core.db", "old", 5 * SEC);
        omg_mirror_item_take_check(item, &check, NULL);
        g_assert_no_error(item->error);
        g_assert_true(omg_sync_copy_is_own(f->conf, "core"));
        omg_mirror_item_free(item);
}

static void test_tries(Fixture *f, gconstpointer data)
{
        GString *servers = g_string_new("SigLevel = DatabaseNever\n");
        g_autoptr(GError) corrupt =
                g_error_new_literal(OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, "no archive");
        guint n = 0;

        for (guint i = 0; i < 2 * OMG_LIMIT_FETCH_URLS; i++)
                g_string_append_printf(servers, "Server = http://m%u.example\n", i);
        load(f, servers->str);
        g_string_free(servers, TRUE);
        OmgMirrorItem *item = item_new(f, 0, NULL);
        g_assert_cmpuint(item->urls->len, ==, OMG_LIMIT_FETCH_URLS);
        for (; item->step == OMG_MIRROR_ASK; n++) {
                answer(item, OMG_FETCH_STORED, 0, NULL, NULL, NULL);
                omg_mirror_item_take_check(item, NULL, corrupt);
        }
        g_assert_cmpuint(n, ==, OMG_LIMIT_MIRROR_TRIES);
        omg_mirror_item_free(item);
}

/* The signature is where the database came from. */
static void test_signature(Fixture *f, gconstpointer data)
{
        static const struct {
                const char *server, *url, *expected;
        } table[] = {
                {"https://a.example", "https://a.example/core.db", "https://a.example/core.db.sig"},
                {"https://a.example", "https://b.example/x/core.db",
                 "https://b.example/x/core.db.sig"},
                {"https://a.example", "https://b.example/get?id=5",
                 "https://a.example/core.db.sig"},
                {"https://u:p@a.example", "https://a.example/core.db",
                 "https://u:p@a.example/core.db.sig"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
                g_autofree char *text = g_strdup_printf(
                        "SigLevel = DatabaseRequired\nServer = %s\n", table[i].server);
                load(f, text);
                OmgMirrorItem *item = item_new(f, 0, NULL);
                answer(item, OMG_FETCH_STORED, 0, table[i].url, NULL, NULL);
                g_assert_cmpint(item->step, ==, OMG_MIRROR_SIG);
                expect_request(item, table[i].expected, NULL, NULL);
                answer(item, OMG_FETCH_ABSENT, 0, NULL, NULL, NULL);
                g_assert_cmpint(item->step, ==, OMG_MIRROR_DONE);
                g_assert_error(item->error, OMG_ERROR, OMG_ERROR_SIGNATURE_INVALID);
                omg_mirror_item_free(item);
        }
        load(f, "SigLevel = DatabaseOptional\nServer = http://a.example\n");
        OmgMirrorItem *item = item_new(f, 0, NULL);
        answer(item, OMG_FETCH_STORED, 0, "http://a.example/core.db", NULL, NULL);
        answer(item, OMG_FETCH_ABSENT, 0, NULL, NULL, NULL);
        g_assert_cmpint(item->step, ==, OMG_MIRROR_CHECK);
        omg_mirror_item_free(item);
        /* That it did not come does not mean that there is none. */
        item = item_new(f, 0, NULL);
        answer(item, OMG_FETCH_STORED, 0, "http://a.example/core.db", NULL, NULL);
        answer(item, OMG_FETCH_FAILED, 0, NULL, NULL, NULL);
        g_assert_cmpint(item->step, ==, OMG_MIRROR_DONE);
        g_assert_error(item->error, OMG_ERROR, OMG_ERROR_NETWORK);
        omg_mirror_item_free(item);
}

/* Without network those on this machine alone; a pause that a mirror wants is kept. */
static void test_not_asked(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) offline = g_error_new_literal(OMG_ERROR, OMG_ERROR_OFFLINE, "no network");
        g_autoptr(GError) error = NULL;
        OmgMirrorItem *item = item_new(f, 0, offline);

        expect_request(item, "file:///d/core.db", NULL, "Thu, 01 Jan 1970 00:16:40 GMT");
        omg_mirror_item_free(item);

        load(f, "Server = ftp://a.example\n");
        item = item_new(f, 0, NULL);
        g_assert_cmpint(item->step, ==, OMG_MIRROR_DONE);
        g_assert_error(item->error, OMG_ERROR, OMG_ERROR_NOT_SUPPORTED);
        omg_mirror_item_free(item);

        load(f, "SigLevel = DatabaseNever\nServer = http://a.example\n");
        item = item_new(f, 0, offline);
        g_assert_cmpint(item->step, ==, OMG_MIRROR_DONE);
        g_assert_error(item->error, OMG_ERROR, OMG_ERROR_OFFLINE);
        /* That is no news of the mirrors. */
        g_assert_no_error(omg_mirror_notes_get(f->notes, "core")->error);
        omg_mirror_item_free(item);

        item = item_new(f, 0, NULL);
        g_auto(OmgFetchRequest) request = {};
        omg_mirror_item_make_request(item, 1, &request);
        answer(item, OMG_FETCH_LIMITED, 0, "http://a.example/core.db", NULL, NULL);
        g_assert_cmpuint(item->pause_sec, ==, 50);
        omg_mirror_item_free(item);
        g_assert_true(omg_mirror_notes_save(f->notes, f->conf, &error));
        omg_mirror_notes_free(f->notes);
        f->notes = omg_mirror_notes_load(f->conf);
        item = item_new(f, 0, NULL);
        g_assert_cmpint(item->step, ==, OMG_MIRROR_DONE);
        g_assert_error(item->error, OMG_ERROR, OMG_ERROR_UPSTREAM_RATE_LIMITED);
        g_assert_cmpuint(item->pause_sec, >, 0);
        g_assert_cmpuint(item->pause_sec, <=, 51);
        omg_mirror_item_free(item);
}

/* Notes that somebody else wrote, or a wrong clock, do no harm. */
static void test_notes(Fixture *f, gconstpointer data)
{
        static const char *const bad[] = {
                "",
                "[core",
                "[core]\nsize=x\nconfirmed=-1\nerror=5\n",
                "[core]\nsize=4\nmtime-ns=1000000000000\nconfirmed=99999999999999999\n"
                "not-before=99999999999999999\nerror=nonsense\nmessage=m\n",
                "[nothere]\nsize=4\n",
        };
        g_autoptr(GError) error = NULL;

        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
                write_file(f, "cache/pacman/mirrors.ini", bad[i], SEC);
                g_autoptr(OmgMirrorNotes) notes = omg_mirror_notes_load(f->conf);
                const OmgMirrorNote *note = omg_mirror_notes_get(notes, "core");
                g_assert_cmpuint(note->confirmed_usec, ==, 0);
                g_assert_cmpuint(note->not_before_usec, ==, 0);
                g_assert_no_error(note->error);
                /* By when the file was written: now. */
                g_assert_cmpuint(omg_mirror_notes_get_as_of(notes, f->conf), >, 0);
        }
        OmgMirrorNote *note = omg_mirror_notes_get(f->notes, "core");
        note->error = g_error_new_literal(OMG_ERROR, OMG_ERROR_NETWORK, "two\nlines = \\ [x]");
        g_assert_true(omg_mirror_notes_save(f->notes, f->conf, &error));
        g_autoptr(OmgMirrorNotes) again = omg_mirror_notes_load(f->conf);
        g_assert_error(omg_mirror_notes_get(again, "core")->error, OMG_ERROR, OMG_ERROR_NETWORK);
        g_assert_cmpstr(omg_mirror_notes_get(again, "core")->error->message, ==,
                        "two\nlines = \\ [x]");

        g_autofree char *theirs = omg_sync_copy_dup_pacman(f->conf, "core");
        g_autofree char *own = omg_sync_copy_dup_own(f->conf, "core");
        (void)g_unlink(own);
        g_assert_cmpint(g_unlink(theirs), ==, 0);
        g_assert_cmpuint(omg_mirror_notes_get_as_of(again, f->conf), ==, 0);
        load(f, "Usage = Search\nServer = http://a.example\n");
        g_assert_cmpuint(omg_mirror_notes_get_as_of(again, f->conf), ==, G_MAXUINT64);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)
        g_test_add_func("/mirror-item/judge", test_judge);
        ADD("/mirror-item/request", test_request);
        ADD("/mirror-item/unchanged", test_unchanged);
        ADD("/mirror-item/new", test_new);
        ADD("/mirror-item/bad", test_bad);
        ADD("/mirror-item/tries", test_tries);
        ADD("/mirror-item/signature", test_signature);
        ADD("/mirror-item/not-asked", test_not_asked);
        ADD("/mirror-item/notes", test_notes);
        return g_test_run();
}
