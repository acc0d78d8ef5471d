/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/cache-db.h"

#include "base/limits-store.h"
#include "store/database-private.h"

/* Texts are NULL where nothing is known, and so are counts. */
static const char *const migrations[] = {
        "CREATE TABLE status (id INTEGER PRIMARY KEY CHECK (id = 1), total INTEGER,"
        " explicit INTEGER, orphans INTEGER, \"foreign\" INTEGER, updates INTEGER,"
        " aur_updates INTEGER, security INTEGER, ignored INTEGER, vulnerable INTEGER,"
        " severity TEXT, as_of INTEGER NOT NULL, generation INTEGER NOT NULL) STRICT;"

        "CREATE TABLE http (url TEXT PRIMARY KEY, etag TEXT, modified TEXT,"
        " fetched INTEGER NOT NULL, next INTEGER NOT NULL, failures INTEGER NOT NULL,"
        " error TEXT, message TEXT, touched INTEGER NOT NULL) STRICT;"

        "CREATE TABLE tasks (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE,"
        " kind TEXT NOT NULL, argument TEXT NOT NULL, queued INTEGER NOT NULL,"
        " expires INTEGER NOT NULL, not_before INTEGER NOT NULL, attempts INTEGER NOT NULL,"
        " running INTEGER NOT NULL, message TEXT) STRICT;"

        "CREATE TABLE feeds (source TEXT PRIMARY KEY, state INTEGER NOT NULL,"
        " as_of INTEGER NOT NULL, checked INTEGER NOT NULL, good INTEGER NOT NULL,"
        " error TEXT, message TEXT) STRICT;"

        "CREATE TABLE advisories (source TEXT NOT NULL, id TEXT NOT NULL, ecosystem TEXT,"
        " package TEXT, json TEXT NOT NULL, modified INTEGER NOT NULL,"
        " fetched INTEGER NOT NULL, PRIMARY KEY (source, id)) STRICT, WITHOUT ROWID;"
        "CREATE INDEX advisories_of ON advisories (package, ecosystem);"

        "CREATE TABLE aur (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,"
        " maintainer TEXT, others TEXT, modified INTEGER NOT NULL, seen INTEGER NOT NULL) STRICT;"
        "CREATE INDEX aur_of ON aur (name, id);"

        "CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, seen INTEGER NOT NULL,"
        " name TEXT NOT NULL, action TEXT NOT NULL, old TEXT, new TEXT) STRICT;",

        /* They stand in files (sources/advisory-files.h). */
        "DROP TABLE advisories;",

        "CREATE TABLE budget (name TEXT PRIMARY KEY, day INTEGER NOT NULL,"
        " used INTEGER NOT NULL) STRICT;",

        /* What an installed build is trusted under, not every change that was ever seen. */
        "DROP TABLE aur;"
        "CREATE TABLE aur (name TEXT PRIMARY KEY, version TEXT NOT NULL,"
        " installed INTEGER NOT NULL, trusted TEXT, maintainer TEXT, others TEXT,"
        " modified INTEGER NOT NULL, gone INTEGER NOT NULL, seen INTEGER NOT NULL,"
        " size INTEGER NOT NULL)"
        " STRICT, WITHOUT ROWID;",
        NULL,
};

static const OmgDatabaseFormat format = {
        .name = "cache.db",
        .application_id = 0x6f6d6743, /* "omgC" */
        .migrations = migrations,
        .has_checksums = TRUE,
        .n_kept = OMG_LIMIT_CORRUPT_KEPT,
};

/* But for "budget": what was used of an allowance is no cache that could be emptied. */
static const char *const tables[] = {"status", "http", "tasks", "feeds", "aur", "events"};

struct OmgCacheDb {
        OmgDatabase *db;
};

static gboolean release_tasks(OmgDatabase *db, gpointer unused, GError **error)
{
        return omg_database_execute(db, error, "UPDATE tasks SET running = 0 WHERE running", "");
}

static gboolean count_running(OmgDatabase *db, gpointer ret_n, GError **error)
{
        return omg_database_count(db, "SELECT count(*) FROM tasks WHERE running", ret_n, error);
}

OmgCacheDb *omg_cache_db_new(const char *data_dir)
{
        OmgCacheDb *cache = g_new0(OmgCacheDb, 1);
        guint64 n_running = 0;

        cache->db = omg_database_new(data_dir, &format);
        /* What fails is in the state; a start without anything to release writes nothing. */
        if (omg_database_read(cache->db, count_running, &n_running, NULL) && n_running > 0)
                (void)omg_database_write(cache->db, release_tasks, NULL, NULL);
        return cache;
}

void omg_cache_db_free(OmgCacheDb *cache)
{
        if (!cache)
                return;
        omg_database_free(cache->db);
        g_free(cache);
}

OmgDatabase *omg_cache_db_get_database(OmgCacheDb *cache)
{
        return cache->db;
}

static gboolean count_tables(OmgDatabase *db, gpointer data, GError **error)
{
        OmgCacheTable *counts = data;

        for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
                g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", tables[i]);
                counts[i].name = tables[i];
                if (!omg_database_count(db, sql, &counts[i].n_rows, error))
                        return FALSE;
        }
        return TRUE;
}

void omg_cache_db_get_info(OmgCacheDb *cache, OmgCacheDbInfo *ret_info)
{
        const char *message;

        G_STATIC_ASSERT(G_N_ELEMENTS(tables) == G_N_ELEMENTS(ret_info->counts));
        *ret_info = (OmgCacheDbInfo){.path = g_strdup(omg_database_get_path(cache->db))};
        if (omg_database_read(cache->db, count_tables, ret_info->counts, NULL))
                ret_info->n_tables = G_N_ELEMENTS(tables);
        ret_info->n_bytes = omg_database_get_size(cache->db);
        ret_info->state = omg_database_get_state(cache->db, &message);
        ret_info->message = g_strdup(message);
}

void omg_cache_db_info_clear(OmgCacheDbInfo *info)
{
        g_clear_pointer(&info->path, g_free);
        g_clear_pointer(&info->message, g_free);
}

static gboolean clear_table(OmgDatabase *db, gpointer table, GError **error)
{
        g_autofree char *sql = g_strdup_printf("DELETE FROM %s", (const char *)table);

        return omg_database_execute(db, error, sql, "");
}

gboolean omg_cache_db_clear(OmgCacheDb *cache, const char *table, GError **error)
{
        for (guint i = 0; i < G_N_ELEMENTS(tables); i++)
                if (g_str_equal(table, tables[i]))
                        return omg_database_write(cache->db, clear_table, (gpointer)tables[i],
                                                  error) &&
                               omg_database_shrink(cache->db, error);
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "\"%s\" is no table of the cache",
                    table);
        return FALSE;
}
