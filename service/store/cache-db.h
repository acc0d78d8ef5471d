/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* cache.db: what omgd remembers between its runs and can find out again. One file a group of
 * tables: cache-status.h, cache-http.h, cache-tasks.h, cache-feeds.h, cache-events.h,
 * cache-budget.h, cache-aur.h.
 *
 * All functions block, belong to the worker, and are one transaction each. Times are µs since 1970,
 * 0: never. Errors of all: UNAVAILABLE or BUSY with the file's path (database.h says what each
 * state of the file means), INVALID_ARGS or LIMITS_EXCEEDED where the header says so; what failed
 * has changed nothing. */

#include "store/database.h"

typedef struct OmgCacheDb OmgCacheDb;

/* Opens or makes cache.db in @data_dir; never NULL, see omg_database_new(). Tasks that were being
 * worked on when omgd ended are waiting again. */
OmgCacheDb *omg_cache_db_new(const char *data_dir);
void omg_cache_db_free(OmgCacheDb *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgCacheDb, omg_cache_db_free)

/* For its state, its notice and its size. Borrowed. */
OmgDatabase *omg_cache_db_get_database(OmgCacheDb *cache);

typedef struct {
        const char *name; /* "status", "http", "tasks", "feeds", "aur", "events" */
        guint64 n_rows;
} OmgCacheTable;

typedef struct {
        char *path;
        guint64 n_bytes; /* on the disk, with what is not merged yet */
        OmgDatabaseState state;
        char *message;  /* why the state is not OK, or "" */
        guint n_tables; /* 0: they cannot be counted */
        OmgCacheTable counts[6];
} OmgCacheDbInfo;

/* Never fails: n_tables says whether the rows could be counted. */
void omg_cache_db_get_info(OmgCacheDb *cache, OmgCacheDbInfo *ret_info);
void omg_cache_db_info_clear(OmgCacheDbInfo *info);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgCacheDbInfo, omg_cache_db_info_clear)

/* Empties one of the tables above, and gives its room back to the disk. INVALID_ARGS: no such
 * table. */
gboolean omg_cache_db_clear(OmgCacheDb *cache, const char *table, GError **error);
