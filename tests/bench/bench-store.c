/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The store beside SQLite alone, doing the same with the same file: what checksums, checks and the
 * chain cost. usage: bench-store DIR (on a disk, for what waits for one; it must be empty) */

#include <sqlite3.h>

#include "bench-common.h"
#include "store/audit-db.h"
#include "store/cache-http.h"
#include "store/cache-status.h"

#define N_OPENS   201u
#define N_APPENDS 201u

typedef struct {
        const char *dir;
        OmgCacheDb *cache;
        OmgAuditDb *audit;
        sqlite3 *plain;
        sqlite3_stmt *insert;
} Bench;

static const OmgAuditRecord record = {
        .time_usec = 1780000000000000,
        .event = (char *)"package_upgrade",
        .severity = (char *)"info",
        .actor = (char *)"uid 1000",
        .resource = (char *)"openssl",
        .description = (char *)"3.0-1 to 3.0-2",
        .metadata = (char *)"{\"repository\":\"core\"}",
};

static void measure(const char *name, BenchFunction function, Bench *bench, guint n)
{
        g_autofree guint64 *spans = g_new(guint64, n);

        for (guint i = 0; i < n; i++) {
                guint64 begin = bench_now_ns();
                function(bench, i);
                spans[i] = bench_now_ns() - begin;
        }
        bench_print(bench_percentile(spans, n, 50), "us", "%s: p50", name);
}

static void check(int r)
{
        if (r != SQLITE_OK && r != SQLITE_DONE && r != SQLITE_ROW)
                g_error("SQLite: %s", sqlite3_errstr(r));
}

static void open_ours(gpointer data, guint i)
{
        Bench *bench = data;
        g_auto(OmgStoredStatus) status = {0};
        gboolean found;

        g_autoptr(OmgCacheDb) cache = omg_cache_db_new(bench->dir);
        g_assert_true(omg_cache_status_get(cache, &status, &found, NULL) && found);
}

static void open_plain(gpointer data, guint i)
{
        Bench *bench = data;
        g_autofree char *path = g_build_filename(bench->dir, "cache.db", NULL);
        sqlite3 *handle = NULL;
        sqlite3_stmt *row = NULL;

        check(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL));
        check(sqlite3_prepare_v2(handle, "SELECT * FROM status", -1, &row, NULL));
        g_assert_cmpint(sqlite3_step(row), ==, SQLITE_ROW);
        check(sqlite3_finalize(row));
        check(sqlite3_close(handle));
}

static void append_ours(gpointer data, guint i)
{
        Bench *bench = data;

        g_assert_true(omg_audit_db_append(bench->audit, &record, 1, NULL, NULL));
}

static void append_plain(gpointer data, guint i)
{
        Bench *bench = data;
        const char *const texts[] = {record.event,    record.severity,    record.actor,
                                     record.resource, record.description, record.metadata};

        check(sqlite3_exec(bench->plain, "BEGIN IMMEDIATE", NULL, NULL, NULL));
        for (guint j = 0; j < G_N_ELEMENTS(texts); j++)
                check(sqlite3_bind_text(bench->insert, 1 + (int)j, texts[j], -1, SQLITE_STATIC));
        check(sqlite3_bind_zeroblob(bench->insert, 7, 64));
        check(sqlite3_step(bench->insert));
        check(sqlite3_reset(bench->insert));
        check(sqlite3_exec(bench->plain, "COMMIT", NULL, NULL, NULL));
}

static void open_plain_log(Bench *bench)
{
        g_autofree char *path = g_build_filename(bench->dir, "plain.db", NULL);

        check(sqlite3_open(path, &bench->plain));
        check(sqlite3_exec(bench->plain,
                           "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                           "PRAGMA synchronous = FULL;"
                           "CREATE TABLE r (id INTEGER PRIMARY KEY, a, b, c, d, e, f, g)",
                           NULL, NULL, NULL));
        check(sqlite3_prepare_v2(bench->plain,
                                 "INSERT INTO r (a, b, c, d, e, f, g) VALUES (?, ?, ?, ?, ?, ?, ?)",
                                 -1, &bench->insert, NULL));
}

static void put_url(gpointer data, guint i)
{
        Bench *bench = data;
        g_autofree char *url = g_strdup_printf("https://example.org/%u", i);
        OmgHttpRow row = {.url = url, .etag = (char *)"\"1\"", .fetched_usec = 1, .next_usec = 2};

        g_assert_true(omg_cache_http_put(bench->cache, &row, i + 1, NULL));
}

static void get_url(gpointer data, guint i)
{
        Bench *bench = data;
        g_autofree char *url = g_strdup_printf("https://example.org/%u", i);
        g_autoptr(OmgHttpRow) row = NULL;

        g_assert_true(omg_cache_http_get(bench->cache, url, &row, NULL) && row);
}

static void measure_cache(Bench *bench)
{
        OmgStoredStatus status = {.total = 1500, .as_of_usec = 1780000000000000};

        bench->cache = omg_cache_db_new(bench->dir);
        g_assert_true(omg_cache_status_put(bench->cache, &status, NULL));
        measure("store: put a URL's row", put_url, bench, N_OPENS);
        measure("store: get a URL's row", get_url, bench, N_OPENS);
        omg_cache_db_free(bench->cache);
        measure("store: open cache.db, first row", open_ours, bench, N_OPENS);
        measure("SQLite alone: open cache.db, first row", open_plain, bench, N_OPENS);
}

static void measure_audit(Bench *bench)
{
        bench->audit = omg_audit_db_new(bench->dir);
        open_plain_log(bench);
        measure("store: append to audit.db", append_ours, bench, N_APPENDS);
        measure("SQLite alone: append a row, synchronous=FULL", append_plain, bench, N_APPENDS);
        check(sqlite3_finalize(bench->insert));
        check(sqlite3_close(bench->plain));
        omg_audit_db_free(bench->audit);
}

int main(int argc, char **argv)
{
        if (argc != 2) {
                g_printerr("usage: bench-store DIR\n");
                return 2;
        }
        Bench bench = {.dir = argv[1]};
        measure_cache(&bench);
        measure_audit(&bench);
        return 0;
}
