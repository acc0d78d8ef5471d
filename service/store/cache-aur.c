/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/limits-store.h"
#include "store/cache-events.h"
#include "store/database-private.h"

void omg_aur_row_free(OmgAurRow *row)
{
        if (!row)
                return;
        g_free(row->name);
        g_free(row->maintainer);
        g_free(row->others);
        g_free(row);
}

typedef struct {
        const OmgAurRow *row;
        gboolean changed;
} Add;

static gboolean insert(OmgDatabase *db, const OmgAurRow *row, GError **error)
{
        return omg_database_execute(db, error,
                                    "INSERT INTO aur (name, maintainer, others, modified, seen)"
                                    " VALUES (?, ?, ?, ?, ?)",
                                    "ssstt", row->name, row->maintainer, row->others,
                                    row->modified_usec, row->seen_usec) &&
               omg_database_execute(db, error,
                                    "DELETE FROM aur WHERE id <= (SELECT max(id) FROM aur) - ?",
                                    "u", OMG_LIMIT_AUR_ROWS);
}

static gboolean add(OmgDatabase *db, gpointer data, GError **error)
{
        Add *call = data;
        const OmgAurRow *row = call->row;
        sqlite3_stmt *last =
                omg_database_query(db, error,
                                   "SELECT id, maintainer, others, modified FROM aur WHERE name = ?"
                                   " ORDER BY id DESC LIMIT 1",
                                   "s", row->name);
        int r = last ? omg_database_step(db, last, error) : -1;

        if (r < 0)
                return FALSE;
        call->changed = FALSE;
        if (r == 0)
                return insert(db, row, error);
        g_autofree char *maintainer = omg_statement_dup_text(last, 1);
        g_autofree char *others = omg_statement_dup_text(last, 2);
        call->changed =
                g_strcmp0(maintainer, row->maintainer) != 0 || g_strcmp0(others, row->others) != 0;
        if (call->changed)
                return insert(db, row, error);
        return omg_database_execute(db, error, "UPDATE aur SET modified = ? WHERE id = ?", "tt",
                                    row->modified_usec, omg_statement_get_time(last, 0));
}

gboolean omg_cache_aur_add(OmgCacheDb *cache, const OmgAurRow *row, gboolean *ret_changed,
                           GError **error)
{
        Add call = {.row = row};

        if (!omg_database_write(omg_cache_db_get_database(cache), add, &call, error))
                return FALSE;
        if (ret_changed)
                *ret_changed = call.changed;
        return TRUE;
}

typedef struct {
        const char *name;
        guint limit;
        GPtrArray *rows;
} List;

static gboolean list(OmgDatabase *db, gpointer data, GError **error)
{
        const List *call = data;
        sqlite3_stmt *row = omg_database_query(
                db, error,
                "SELECT maintainer, others, modified, seen FROM aur WHERE name = ?"
                " ORDER BY id DESC LIMIT ?",
                "su", call->name, call->limit);
        int r = -1;

        g_ptr_array_set_size(call->rows, 0);
        while (row && (r = omg_database_step(db, row, error)) > 0) {
                OmgAurRow *aur = g_new0(OmgAurRow, 1);
                *aur = (OmgAurRow){
                        .name = g_strdup(call->name),
                        .maintainer = omg_statement_dup_text(row, 0),
                        .others = omg_statement_dup_text(row, 1),
                        .modified_usec = omg_statement_get_time(row, 2),
                        .seen_usec = omg_statement_get_time(row, 3),
                };
                g_ptr_array_add(call->rows, aur);
        }
        return r == 0;
}

gboolean omg_cache_aur_list(OmgCacheDb *cache, const char *name, guint limit, GPtrArray **ret_rows,
                            GError **error)
{
        g_autoptr(GPtrArray) rows =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_aur_row_free);
        List call = {name, limit, rows};

        if (!omg_database_read(omg_cache_db_get_database(cache), list, &call, error))
                return FALSE;
        *ret_rows = g_steal_pointer(&rows);
        return TRUE;
}
