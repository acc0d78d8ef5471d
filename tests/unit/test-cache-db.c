/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each group of tables of cache.db keeps, over a restart too, and where its bounds are. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits-store.h"
#include "store/cache-aur.h"
#include "store/cache-events.h"
#include "store/cache-feeds.h"
#include "store/cache-http.h"
#include "store/cache-status.h"
#include "store/cache-tasks.h"

#define NOW G_GUINT64_CONSTANT(1780000000000000)
#define SEC G_GUINT64_CONSTANT(1000000)

/* Bytes of the counts, which are first. */
#define COUNTS (G_STRUCT_OFFSET(OmgStoredStatus, vulnerable) + sizeof(guint32))

typedef struct {
        char *dir;
        OmgCacheDb *cache;
        GError *error;
} Fixture;

static void reopen(Fixture *f)
{
        omg_cache_db_free(f->cache);
        f->cache = omg_cache_db_new(f->dir);
        OmgDatabase *db = omg_cache_db_get_database(f->cache);
        g_assert_cmpint(omg_database_get_state(db, NULL), ==, OMG_DATABASE_OK);
        g_assert_null(omg_database_steal_notice(db));
}

static void set_up(Fixture *f, gconstpointer unused)
{
        const char *parent = g_access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();

        f->dir = g_build_filename(parent, "omg-cache-XXXXXX", NULL);
        g_assert_nonnull(g_mkdtemp(f->dir));
        reopen(f);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        const char *name;

        g_assert_no_error(f->error);
        omg_cache_db_free(f->cache);
        GDir *folder = g_dir_open(f->dir, 0, NULL);
        while ((name = g_dir_read_name(folder))) {
                g_autofree char *path = g_build_filename(f->dir, name, NULL);
                g_assert_cmpint(g_unlink(path), ==, 0);
        }
        g_dir_close(folder);
        g_assert_cmpint(g_rmdir(f->dir), ==, 0);
        g_free(f->dir);
}

static void assert_failed(Fixture *f, gboolean done, int code)
{
        g_assert_false(done);
        g_assert_error(f->error, OMG_ERROR, code);
        g_clear_error(&f->error);
}

static guint64 count_rows(Fixture *f, const char *table)
{
        g_auto(OmgCacheDbInfo) info = {0};

        omg_cache_db_get_info(f->cache, &info);
        for (guint i = 0; i < info.n_tables; i++)
                if (g_str_equal(info.counts[i].name, table))
                        return info.counts[i].n_rows;
        g_assert_not_reached();
}

/* Numbers come back as they were, unknown ones as unknown and 0 as 0, with the age they had. */
static void test_status(Fixture *f, gconstpointer unused)
{
        g_auto(OmgStoredStatus) status = {0};
        OmgStoredStatus first = {
                .total = 1500,
                .explicit = 300,
                .orphans = 0,
                .foreign = G_MAXUINT32,
                .updates = 42,
                .aur_updates = G_MAXUINT32,
                .security = 1,
                .ignored = 2,
                .vulnerable = G_MAXUINT32 - 1,
                .highest_severity = (char *)"High",
                .as_of_usec = NOW,
                .generation = G_MAXINT64,
        };
        gboolean found = TRUE;

        g_assert_true(omg_cache_status_get(f->cache, &status, &found, &f->error));
        g_assert_false(found);
        g_assert_true(omg_cache_status_put(f->cache, &first, &f->error));
        reopen(f);
        g_assert_true(omg_cache_status_get(f->cache, &status, &found, &f->error));
        g_assert_true(found);
        g_assert_cmpmem(&status, COUNTS, &first, COUNTS);
        g_assert_cmpstr(status.highest_severity, ==, "High");
        g_assert_cmpuint(status.as_of_usec, ==, NOW);
        g_assert_cmpuint(status.generation, ==, G_MAXINT64);
        omg_stored_status_clear(&status);

        first.highest_severity = NULL;
        first.updates = 0;
        g_assert_true(omg_cache_status_put(f->cache, &first, &f->error));
        g_assert_true(omg_cache_status_get(f->cache, &status, &found, &f->error));
        g_assert_cmpuint(status.updates, ==, 0);
        g_assert_cmpstr(status.highest_severity, ==, "");
        g_assert_cmpuint(count_rows(f, "status"), ==, 1);
}

/* Each field of a URL's row, that a put replaces it, that remove forgets it. */
static void test_http(Fixture *f, gconstpointer unused)
{
        OmgHttpRow row = {.url = (char *)"https://example.org/core.db",
                          .etag = (char *)"W/\"x\"",
                          .modified = (char *)"Tue, 01 Dec 2026 08:00:00 GMT",
                          .fetched_usec = NOW,
                          .next_usec = NOW + SEC};
        g_autoptr(OmgHttpRow) got = NULL;

        g_assert_true(omg_cache_http_get(f->cache, row.url, &got, &f->error));
        g_assert_null(got);
        g_assert_true(omg_cache_http_put(f->cache, &row, NOW, &f->error));
        reopen(f);
        g_assert_true(omg_cache_http_get(f->cache, row.url, &got, &f->error));
        g_assert_cmpstr(got->url, ==, row.url);
        g_assert_cmpstr(got->etag, ==, row.etag);
        g_assert_cmpstr(got->modified, ==, row.modified);
        g_assert_cmpuint(got->fetched_usec, ==, NOW);
        g_assert_cmpuint(got->next_usec, ==, NOW + SEC);
        g_assert_null(got->error);
        g_clear_pointer(&got, omg_http_row_free);

        row.etag = NULL;
        row.n_failures = 3;
        row.error = (char *)"org.omgd1.Error.Network";
        row.message = (char *)"no route";
        g_assert_true(omg_cache_http_put(f->cache, &row, NOW, &f->error));
        g_assert_true(omg_cache_http_get(f->cache, row.url, &got, &f->error));
        g_assert_null(got->etag);
        g_assert_cmpuint(got->n_failures, ==, 3);
        g_assert_cmpstr(got->error, ==, row.error);
        g_assert_cmpstr(got->message, ==, "no route");
        g_clear_pointer(&got, omg_http_row_free);
        g_assert_true(omg_cache_http_remove(f->cache, row.url, &f->error));
        g_assert_true(omg_cache_http_get(f->cache, row.url, &got, &f->error));
        g_assert_null(got);
}

/* What comes from one server takes away what was known of the same file of another, but not when
 * that may be asked, and of no other file. */
static void test_http_supersede(Fixture *f, gconstpointer unused)
{
        static const char *const urls[] = {"https://a.example/x/core.db",
                                           "https://b.example/core.db",
                                           "https://b.example/score.db"};

        for (guint i = 0; i < G_N_ELEMENTS(urls); i++) {
                const OmgHttpRow row = {.url = (char *)urls[i],
                                        .etag = (char *)"e",
                                        .modified = (char *)"m",
                                        .fetched_usec = NOW,
                                        .next_usec = NOW + SEC};
                g_assert_true(omg_cache_http_put(f->cache, &row, NOW, &f->error));
        }
        g_assert_true(omg_cache_http_supersede(f->cache, urls[0], &f->error));
        for (guint i = 0; i < G_N_ELEMENTS(urls); i++) {
                g_autoptr(OmgHttpRow) got = NULL;
                g_assert_true(omg_cache_http_get(f->cache, urls[i], &got, &f->error));
                g_assert_cmpstr(got->etag, ==, i == 1 ? NULL : "e");
                g_assert_cmpstr(got->modified, ==, i == 1 ? NULL : "m");
                g_assert_cmpuint(got->fetched_usec, ==, i == 1 ? 0 : NOW);
                g_assert_cmpuint(got->next_usec, ==, NOW + SEC);
        }
}

/* Beyond OMG_LIMIT_HTTP_ROWS the one put longest ago goes; beyond OMG_LIMIT_URL it is refused. */
static void test_http_limits(Fixture *f, gconstpointer unused)
{
        g_autofree char *lengthy = g_strnfill(OMG_LIMIT_URL + 1, 'u');
        g_autoptr(OmgHttpRow) got = NULL;
        OmgHttpRow row = {.url = lengthy};

        assert_failed(f, omg_cache_http_put(f->cache, &row, NOW, &f->error),
                      OMG_ERROR_INVALID_ARGS);
        lengthy[OMG_LIMIT_URL] = 0;
        g_assert_true(omg_cache_http_put(f->cache, &row, NOW, &f->error));
        for (guint i = 0; i < OMG_LIMIT_HTTP_ROWS; i++) {
                g_autofree char *url = g_strdup_printf("https://example.org/%u", i);
                row.url = url;
                g_assert_true(omg_cache_http_put(f->cache, &row, NOW + i, &f->error));
        }
        g_assert_cmpuint(count_rows(f, "http"), ==, OMG_LIMIT_HTTP_ROWS);
        g_assert_true(omg_cache_http_get(f->cache, lengthy, &got, &f->error));
        g_assert_null(got);
        g_assert_true(omg_cache_http_get(f->cache, "https://example.org/0", &got, &f->error));
        g_assert_nonnull(got);
}

static gboolean add_task(Fixture *f, const char *key, guint64 queued, guint64 expires,
                         guint64 not_before)
{
        OmgTask task = {.key = (char *)key,
                        .kind = (char *)"sync",
                        .argument = (char *)"core",
                        .queued_usec = queued,
                        .expires_usec = expires,
                        .not_before_usec = not_before};
        gboolean added = FALSE;

        g_assert_true(omg_cache_tasks_add(f->cache, &task, &added, &f->error));
        return added;
}

static OmgTask *take_task(Fixture *f, guint64 now)
{
        OmgTask *task = NULL;

        g_assert_true(omg_cache_tasks_take(f->cache, now, &task, &f->error));
        return task;
}

static guint count_tasks(Fixture *f)
{
        guint n = 0;

        g_assert_true(omg_cache_tasks_count(f->cache, &n, &f->error));
        return n;
}

static guint64 get_next(Fixture *f)
{
        guint64 usec = 7;

        g_assert_true(omg_cache_tasks_get_next(f->cache, &usec, &f->error));
        return usec;
}

/* In the order they came, each once, gone when done. */
static void test_tasks(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgTask) a = NULL, b = NULL, none = NULL;

        g_assert_cmpuint(get_next(f), ==, 0);
        g_assert_true(add_task(f, "b", NOW + 1, NOW + SEC, 0));
        g_assert_true(add_task(f, "a", NOW, NOW + SEC, 0));
        g_assert_false(add_task(f, "a", NOW + 2, NOW + SEC, 0));
        g_assert_cmpuint(count_tasks(f), ==, 2);
        g_assert_cmpuint(get_next(f), ==, 1);
        a = take_task(f, NOW);
        b = take_task(f, NOW);
        none = take_task(f, NOW);
        g_assert_cmpstr(a->key, ==, "a");
        g_assert_cmpstr(a->kind, ==, "sync");
        g_assert_cmpstr(a->argument, ==, "core");
        g_assert_cmpuint(a->queued_usec, ==, NOW);
        g_assert_cmpuint(a->n_attempts, ==, 1);
        g_assert_cmpstr(b->key, ==, "b");
        g_assert_null(none);
        g_assert_cmpuint(count_tasks(f), ==, 2);
        g_assert_cmpuint(get_next(f), ==, 0);
        g_assert_true(omg_cache_tasks_done(f->cache, a->id, &f->error));
        g_assert_true(omg_cache_tasks_done(f->cache, a->id, &f->error));
        g_assert_cmpuint(count_tasks(f), ==, 1);
}

/* A failed one waits for its time, with its attempts and its reason. */
static void test_tasks_fail(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgTask) task = NULL;

        g_assert_true(add_task(f, "a", NOW, NOW + 100 * SEC, 0));
        task = take_task(f, NOW);
        g_assert_true(omg_cache_tasks_fail(f->cache, task->id, NOW + 10 * SEC, "cut", &f->error));
        g_assert_cmpuint(get_next(f), ==, NOW + 10 * SEC);
        g_clear_pointer(&task, omg_task_free);
        g_assert_null(take_task(f, NOW + 10 * SEC - 1));
        task = take_task(f, NOW + 10 * SEC);
        g_assert_cmpuint(task->n_attempts, ==, 2);
        g_assert_cmpstr(task->message, ==, "cut");
}

/* One that was being worked on when omgd ended is not lost. */
static void test_tasks_restart(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgTask) task = NULL;

        g_assert_true(add_task(f, "a", NOW, NOW + SEC, 0));
        task = take_task(f, NOW);
        g_clear_pointer(&task, omg_task_free);
        g_assert_null(take_task(f, NOW));
        reopen(f);
        task = take_task(f, NOW);
        g_assert_nonnull(task);
        g_assert_cmpuint(task->n_attempts, ==, 2);
}

/* Expired ones go, unless they are being worked on; asking again prolongs. */
static void test_tasks_expire(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgTask) task = NULL;
        guint n = 7;

        g_assert_true(add_task(f, "running", NOW, NOW + SEC, 0));
        task = take_task(f, NOW);
        g_assert_true(add_task(f, "old", NOW, NOW + SEC, 0));
        g_assert_true(add_task(f, "again", NOW, NOW + SEC, NOW + 2 * SEC));
        g_assert_false(add_task(f, "again", NOW, NOW + 3 * SEC, NOW + SEC));
        g_assert_true(omg_cache_tasks_expire(f->cache, NOW + SEC - 1, &n, &f->error));
        g_assert_cmpuint(n, ==, 0);
        g_assert_true(omg_cache_tasks_expire(f->cache, NOW + SEC, &n, &f->error));
        g_assert_cmpuint(n, ==, 1);
        g_clear_pointer(&task, omg_task_free);
        task = take_task(f, NOW + SEC);
        g_assert_cmpstr(task->key, ==, "again");
        g_clear_pointer(&task, omg_task_free);
        g_assert_null(take_task(f, NOW + 100 * SEC));
        g_assert_cmpuint(count_tasks(f), ==, 2);
}

static void test_tasks_limits(Fixture *f, gconstpointer unused)
{
        g_autofree char *text = g_strnfill(OMG_LIMIT_TASK_TEXT, 'x');
        OmgTask task = {
                .key = (char *)"k", .kind = (char *)"", .argument = text, .expires_usec = NOW};

        assert_failed(f, omg_cache_tasks_add(f->cache, &task, NULL, &f->error),
                      OMG_ERROR_INVALID_ARGS);
        text[OMG_LIMIT_TASK_TEXT - 1] = 0;
        g_assert_true(omg_cache_tasks_add(f->cache, &task, NULL, &f->error));
        task.argument = (char *)"";
        for (guint i = 1; i < OMG_LIMIT_TASKS; i++) {
                g_autofree char *key = g_strdup_printf("%u", i);
                g_assert_true(add_task(f, key, NOW, NOW, 0));
        }
        task.key = (char *)"one too many";
        assert_failed(f, omg_cache_tasks_add(f->cache, &task, NULL, &f->error),
                      OMG_ERROR_LIMITS_EXCEEDED);
        g_assert_false(add_task(f, "1", NOW, NOW, 0));
        g_assert_cmpuint(count_tasks(f), ==, OMG_LIMIT_TASKS);
}

/* Never, ok, failed: a failure keeps what was good. */
static void test_feeds(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgFeedRow) row = NULL;
        g_autoptr(GPtrArray) rows = NULL;

        g_assert_true(omg_cache_feeds_get(f->cache, "tracker", &row, &f->error));
        g_assert_cmpint(row->state, ==, OMG_FEED_NEVER);
        g_assert_cmpstr(row->source, ==, "tracker");
        g_clear_pointer(&row, omg_feed_row_free);

        g_assert_true(omg_cache_feeds_set_failed(f->cache, "osv", NOW, "E", "m", &f->error));
        g_assert_true(omg_cache_feeds_get(f->cache, "osv", &row, &f->error));
        g_assert_cmpint(row->state, ==, OMG_FEED_FAILED);
        g_assert_cmpuint(row->good_usec, ==, 0);
        g_clear_pointer(&row, omg_feed_row_free);

        g_assert_true(omg_cache_feeds_set_ok(f->cache, "tracker", NOW - SEC, NOW, &f->error));
        g_assert_true(
                omg_cache_feeds_set_failed(f->cache, "tracker", NOW + SEC, "E", "m", &f->error));
        reopen(f);
        g_assert_true(omg_cache_feeds_get(f->cache, "tracker", &row, &f->error));
        g_assert_cmpint(row->state, ==, OMG_FEED_FAILED);
        g_assert_cmpuint(row->as_of_usec, ==, NOW - SEC);
        g_assert_cmpuint(row->good_usec, ==, NOW);
        g_assert_cmpuint(row->checked_usec, ==, NOW + SEC);
        g_assert_cmpstr(row->error, ==, "E");
        g_assert_cmpstr(row->message, ==, "m");
        g_clear_pointer(&row, omg_feed_row_free);
        g_assert_true(
                omg_cache_feeds_set_stale(f->cache, "tracker", NOW + SEC, "E", "old", &f->error));
        g_assert_true(omg_cache_feeds_get(f->cache, "tracker", &row, &f->error));
        g_assert_cmpint(row->state, ==, OMG_FEED_STALE);
        g_assert_cmpuint(row->good_usec, ==, NOW);
        g_assert_cmpstr(row->message, ==, "old");
        g_clear_pointer(&row, omg_feed_row_free);
        g_assert_true(omg_cache_feeds_set_ok(f->cache, "tracker", NOW, NOW + 2 * SEC, &f->error));
        g_assert_true(omg_cache_feeds_list(f->cache, &rows, &f->error));
        g_assert_cmpuint(rows->len, ==, 2);
        const OmgFeedRow *second = rows->pdata[1];
        g_assert_cmpstr(second->source, ==, "tracker");
        g_assert_cmpint(second->state, ==, OMG_FEED_OK);
        g_assert_null(second->error);
        g_assert_true(omg_cache_feeds_remove(f->cache, "tracker", &f->error));
        g_assert_cmpuint(count_rows(f, "feeds"), ==, 1);
}

static void add_events(Fixture *f, guint first, guint n)
{
        g_autoptr(GPtrArray) events =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_package_event_free);

        for (guint i = first; i < first + n; i++) {
                OmgPackageEvent *event = g_new0(OmgPackageEvent, 1);
                event->seen_usec = NOW + i;
                event->name = g_strdup_printf("package-%u", i);
                event->action = g_strdup(i % 2 ? "upgraded" : "installed");
                event->old = i % 2 ? g_strdup("1-1") : NULL;
                event->new = g_strdup("2-1");
                g_ptr_array_add(events, event);
        }
        g_assert_true(omg_cache_events_add(f->cache, events, &f->error));
}

/* Newest first, by pages and from a time on; the oldest go beyond OMG_LIMIT_EVENTS. */
static void test_events(Fixture *f, gconstpointer unused)
{
        g_autoptr(GPtrArray) page = NULL, late = NULL, all = NULL;

        add_events(f, 0, 0);
        add_events(f, 0, 10);
        reopen(f);
        g_assert_true(omg_cache_events_list(f->cache, 0, 3, 2, &page, &f->error));
        g_assert_cmpuint(page->len, ==, 3);
        const OmgPackageEvent *event = page->pdata[0];
        g_assert_cmpstr(event->name, ==, "package-7");
        g_assert_cmpstr(event->action, ==, "upgraded");
        g_assert_cmpstr(event->old, ==, "1-1");
        g_assert_cmpstr(event->new, ==, "2-1");
        g_assert_cmpuint(event->seen_usec, ==, NOW + 7);
        g_assert_null(((OmgPackageEvent *)page->pdata[1])->old);
        g_assert_true(omg_cache_events_list(f->cache, NOW + 8, 100, 0, &late, &f->error));
        g_assert_cmpuint(late->len, ==, 2);

        add_events(f, 10, OMG_LIMIT_EVENTS - 5);
        g_assert_cmpuint(count_rows(f, "events"), ==, OMG_LIMIT_EVENTS);
        g_assert_true(omg_cache_events_list(f->cache, 0, 1, OMG_LIMIT_EVENTS - 1, &all, &f->error));
        g_assert_cmpstr(((OmgPackageEvent *)all->pdata[0])->name, ==, "package-5");

        /* Their room goes back. */
        g_auto(OmgCacheDbInfo) full = {0}, empty = {0};
        omg_cache_db_get_info(f->cache, &full);
        g_assert_true(omg_cache_db_clear(f->cache, "events", &f->error));
        omg_cache_db_get_info(f->cache, &empty);
        g_assert_cmpuint(empty.n_bytes, <, full.n_bytes / 4);
        g_assert_cmpuint(count_rows(f, "events"), ==, 0);
}

static void store_aur(Fixture *f, const OmgAurRow *row, const char *removed)
{
        g_autoptr(GPtrArray) rows = g_ptr_array_new();
        const char *const names[] = {removed, NULL};

        if (row)
                g_ptr_array_add(rows, (gpointer)row);
        g_assert_true(omg_cache_aur_store(f->cache, rows, names, &f->error));
}

/* A row a package, as it was; NULL is nobody, which is not "". */
static void test_aur(Fixture *f, gconstpointer unused)
{
        const OmgAurRow yay = {.name = (char *)"yay",
                               .version = (char *)"12-1",
                               .installed_sec = 1700000000,
                               .trusted = (char *)"jguer",
                               .modified_sec = 1600000000,
                               .n_aur = 100000,
                               .seen_usec = NOW};
        OmgAurRow paru = {.name = (char *)"paru",
                          .version = (char *)"2-1",
                          .maintainer = (char *)"",
                          .others = (char *)"a\nb",
                          .is_gone = TRUE};
        g_autoptr(GHashTable) none = NULL, rows = NULL, rest = NULL;
        const OmgAurRow *row;

        g_assert_true(omg_cache_aur_load(f->cache, &none, &f->error));
        g_assert_cmpuint(g_hash_table_size(none), ==, 0);
        store_aur(f, &yay, NULL);
        store_aur(f, &paru, "other");
        paru.version = (char *)"3-1";
        store_aur(f, &paru, NULL);
        reopen(f);
        g_assert_true(omg_cache_aur_load(f->cache, &rows, &f->error));
        g_assert_cmpuint(g_hash_table_size(rows), ==, 2);
        row = g_hash_table_lookup(rows, "yay");
        g_assert_cmpstr(row->version, ==, "12-1");
        g_assert_cmpuint(row->installed_sec, ==, 1700000000);
        g_assert_cmpstr(row->trusted, ==, "jguer");
        g_assert_null(row->maintainer);
        g_assert_null(row->others);
        g_assert_cmpuint(row->modified_sec, ==, 1600000000);
        g_assert_false(row->is_gone);
        g_assert_cmpuint(row->n_aur, ==, 100000);
        g_assert_cmpuint(row->seen_usec, ==, NOW);
        row = g_hash_table_lookup(rows, "paru");
        g_assert_cmpstr(row->version, ==, "3-1");
        g_assert_null(row->trusted);
        g_assert_cmpstr(row->maintainer, ==, "");
        g_assert_cmpstr(row->others, ==, "a\nb");
        g_assert_true(row->is_gone);
        store_aur(f, NULL, "yay");
        g_assert_true(omg_cache_aur_load(f->cache, &rest, &f->error));
        g_assert_cmpuint(g_hash_table_size(rest), ==, 1);
}

/* More than are watched are not read, however they came there. */
static void test_aur_limit(Fixture *f, gconstpointer unused)
{
        g_autoptr(GPtrArray) rows =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_aur_row_free);
        g_autoptr(GHashTable) read = NULL;
        const char *const none[] = {NULL};

        for (guint i = 0; i < OMG_LIMIT_AUR_ROWS + 3; i++) {
                OmgAurRow *row = g_new0(OmgAurRow, 1);
                row->name = g_strdup_printf("p%u", i);
                row->version = g_strdup("1-1");
                g_ptr_array_add(rows, row);
        }
        g_assert_true(omg_cache_aur_store(f->cache, rows, none, &f->error));
        g_assert_true(omg_cache_aur_load(f->cache, &read, &f->error));
        g_assert_cmpuint(g_hash_table_size(read), ==, OMG_LIMIT_AUR_ROWS);
}

/* What GetCacheInfo shows; and that no other table can be named to be emptied. */
static void test_info(Fixture *f, gconstpointer unused)
{
        g_auto(OmgCacheDbInfo) info = {0}, failed = {0};
        g_autofree char *path = g_build_filename(f->dir, "cache.db", NULL);
        g_autofree char *in = g_build_filename(f->dir, "file", NULL);

        omg_cache_db_get_info(f->cache, &info);
        g_assert_cmpstr(info.path, ==, path);
        g_assert_cmpuint(info.n_bytes, >, 4096);
        g_assert_cmpint(info.state, ==, OMG_DATABASE_OK);
        g_assert_cmpstr(omg_database_state_to_string(info.state), ==, "ok");
        g_assert_cmpstr(info.message, ==, "");
        g_assert_cmpuint(info.n_tables, ==, G_N_ELEMENTS(info.counts));
        assert_failed(f, omg_cache_db_clear(f->cache, "sqlite_schema", &f->error),
                      OMG_ERROR_INVALID_ARGS);

        g_assert_true(g_file_set_contents(in, "", 0, NULL));
        g_autoptr(OmgCacheDb) nowhere = omg_cache_db_new(in);
        omg_cache_db_get_info(nowhere, &failed);
        g_assert_cmpint(failed.state, ==, OMG_DATABASE_FAILED);
        g_assert_cmpuint(failed.n_tables, ==, 0);
        g_assert_cmpstr(failed.message, !=, "");
}

static void add(const char *path, void (*test)(Fixture *f, gconstpointer unused))
{
        g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add("/cache-db/status", test_status);
        add("/cache-db/http", test_http);
        add("/cache-db/http-limits", test_http_limits);
        add("/cache-db/http-supersede", test_http_supersede);
        add("/cache-db/tasks", test_tasks);
        add("/cache-db/tasks-fail", test_tasks_fail);
        add("/cache-db/tasks-restart", test_tasks_restart);
        add("/cache-db/tasks-expire", test_tasks_expire);
        add("/cache-db/tasks-limits", test_tasks_limits);
        add("/cache-db/feeds", test_feeds);
        add("/cache-db/events", test_events);
        add("/cache-db/aur", test_aur);
        add("/cache-db/aur-limit", test_aur_limit);
        add("/cache-db/info", test_info);
        return g_test_run();
}
