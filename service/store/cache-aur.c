/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/cache-aur.h"

#include "base/limits-store.h"
#include "store/database-private.h"

static gboolean load(OmgDatabase *db, gpointer data, GError **error)
{
        GHashTable *rows = data;
        sqlite3_stmt *statement = omg_database_query(db, error,
                                                     "SELECT name, version, installed, trusted, "
                                                     "maintainer, others, modified, gone, seen,"
                                                     " size FROM aur ORDER BY name LIMIT ?",
                                                     "u", OMG_LIMIT_AUR_ROWS);
        int r = -1;

        g_hash_table_remove_all(rows);
        while (statement && (r = omg_database_step(db, statement, error)) > 0) {
                OmgAurRow *row = g_new(OmgAurRow, 1);
                *row = (OmgAurRow){
                        .name = omg_statement_dup_text(statement, 0),
                        .version = omg_statement_dup_text(statement, 1),
                        .installed_sec = omg_statement_get_time(statement, 2),
                        .trusted = omg_statement_dup_text(statement, 3),
                        .maintainer = omg_statement_dup_text(statement, 4),
                        .others = omg_statement_dup_text(statement, 5),
                        .modified_sec = omg_statement_get_time(statement, 6),
                        .is_gone = omg_statement_get_number(statement, 7) != 0,
                        .seen_usec = omg_statement_get_time(statement, 8),
                        .n_aur = omg_statement_get_number(statement, 9),
                };
                if (row->name && row->version)
                        (void)g_hash_table_replace(rows, row->name, row);
                else
                        omg_aur_row_free(row);
        }
        return r == 0;
}

gboolean omg_cache_aur_load(OmgCacheDb *cache, GHashTable **ret_rows, GError **error)
{
        g_autoptr(GHashTable) rows = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                           (GDestroyNotify)omg_aur_row_free);

        if (!omg_database_read(omg_cache_db_get_database(cache), load, rows, error))
                return FALSE;
        *ret_rows = g_steal_pointer(&rows);
        return TRUE;
}

typedef struct {
        const GPtrArray *rows;
        const char *const *removed;
} Store;

static gboolean store(OmgDatabase *db, gpointer data, GError **error)
{
        const Store *call = data;

        for (guint i = 0; i < call->rows->len; i++) {
                const OmgAurRow *row = call->rows->pdata[i];
                if (!omg_database_execute(
                            db, error,
                            "INSERT OR REPLACE INTO aur (name, version, installed, trusted,"
                            " maintainer, others, modified, gone, seen, size)"
                            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                            "sstssstutu", row->name, row->version, row->installed_sec, row->trusted,
                            row->maintainer, row->others, row->modified_sec, (guint32)row->is_gone,
                            row->seen_usec, row->n_aur))
                        return FALSE;
        }
        for (const char *const *name = call->removed; *name; name++)
                if (!omg_database_execute(db, error, "DELETE FROM aur WHERE name = ?", "s", *name))
                        return FALSE;
        return TRUE;
}

gboolean omg_cache_aur_store(OmgCacheDb *cache, const GPtrArray *rows, const char *const *removed,
                             GError **error)
{
        Store call = {rows, removed};

        return (rows->len == 0 && !removed[0]) ||
               omg_database_write(omg_cache_db_get_database(cache), store, &call, error);
}
