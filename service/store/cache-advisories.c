/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/cache-advisories.h"

#include <string.h>

#include "base/limits-store.h"
#include "store/database-private.h"

#define SELECT "SELECT source, id, ecosystem, package, json, modified, fetched FROM advisories"

void omg_advisory_row_free(OmgAdvisoryRow *row)
{
        if (!row)
                return;
        g_free(row->source);
        g_free(row->id);
        g_free(row->ecosystem);
        g_free(row->package);
        g_free(row->json);
        g_free(row);
}

typedef struct {
        const char *source;
        const char *id; /* or after which */
        const char *ecosystem;
        const char *package;
        guint limit;
        GPtrArray *rows; /* in or out */
        gboolean replaces;
} Call;

static gboolean put_one(OmgDatabase *db, const char *source, const OmgAdvisoryRow *row,
                        GError **error)
{
        return omg_database_execute(db, error,
                                    "INSERT OR REPLACE INTO advisories (source, id, ecosystem,"
                                    " package, json, modified, fetched)"
                                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                                    "ssssstt", source, row->id, row->ecosystem, row->package,
                                    row->json, row->modified_usec, row->fetched_usec);
}

static gboolean check_room(OmgDatabase *db, const char *source, GError **error)
{
        sqlite3_stmt *row = omg_database_query(
                db, error, "SELECT count(*) FROM advisories WHERE source = ?", "s", source);

        if (!row || omg_database_step(db, row, error) != 1)
                return FALSE;
        if (omg_statement_get_time(row, 0) <= OMG_LIMIT_ADVISORIES)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED, "more than %u advisories of %s",
                    OMG_LIMIT_ADVISORIES, source);
        return FALSE;
}

static gboolean put(OmgDatabase *db, gpointer data, GError **error)
{
        const Call *call = data;

        if (call->replaces &&
            !omg_database_execute(db, error, "DELETE FROM advisories WHERE source = ?", "s",
                                  call->source))
                return FALSE;
        for (guint i = 0; i < call->rows->len; i++)
                if (!put_one(db, call->source, call->rows->pdata[i], error))
                        return FALSE;
        return check_room(db, call->source, error);
}

static gboolean check_and_put(OmgCacheDb *cache, Call *call, GError **error)
{
        for (guint i = 0; i < call->rows->len; i++) {
                const OmgAdvisoryRow *row = call->rows->pdata[i];
                if (strlen(row->json) <= OMG_LIMIT_ADVISORY)
                        continue;
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "advisory %s has more than %u bytes", row->id, OMG_LIMIT_ADVISORY);
                return FALSE;
        }
        if (call->rows->len > OMG_LIMIT_ADVISORIES) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "more than %u advisories of %s", OMG_LIMIT_ADVISORIES, call->source);
                return FALSE;
        }
        return omg_database_write(omg_cache_db_get_database(cache), put, call, error);
}

gboolean omg_cache_advisories_replace(OmgCacheDb *cache, const char *source, GPtrArray *rows,
                                      GError **error)
{
        Call call = {.source = source, .rows = rows, .replaces = TRUE};

        return check_and_put(cache, &call, error);
}

gboolean omg_cache_advisories_put(OmgCacheDb *cache, const char *source, GPtrArray *rows,
                                  GError **error)
{
        Call call = {.source = source, .rows = rows};

        return check_and_put(cache, &call, error);
}

static gboolean remove_one(OmgDatabase *db, gpointer data, GError **error)
{
        const Call *call = data;

        return omg_database_execute(db, error, "DELETE FROM advisories WHERE source = ? AND id = ?",
                                    "ss", call->source, call->id);
}

gboolean omg_cache_advisories_remove(OmgCacheDb *cache, const char *source, const char *id,
                                     GError **error)
{
        Call call = {.source = source, .id = id};

        return omg_database_write(omg_cache_db_get_database(cache), remove_one, &call, error);
}

static gboolean read_rows(OmgDatabase *db, sqlite3_stmt *row, GPtrArray *rows, GError **error)
{
        int r = -1;

        g_ptr_array_set_size(rows, 0);
        while (row && (r = omg_database_step(db, row, error)) > 0) {
                OmgAdvisoryRow *advisory = g_new0(OmgAdvisoryRow, 1);
                *advisory = (OmgAdvisoryRow){
                        .source = omg_statement_dup_text(row, 0),
                        .id = omg_statement_dup_text(row, 1),
                        .ecosystem = omg_statement_dup_text(row, 2),
                        .package = omg_statement_dup_text(row, 3),
                        .json = omg_statement_dup_text(row, 4),
                        .modified_usec = omg_statement_get_time(row, 5),
                        .fetched_usec = omg_statement_get_time(row, 6),
                };
                g_ptr_array_add(rows, advisory);
        }
        return r == 0;
}

static gboolean get(OmgDatabase *db, gpointer data, GError **error)
{
        const Call *call = data;

        return read_rows(db,
                         omg_database_query(db, error, SELECT " WHERE source = ? AND id = ?", "ss",
                                            call->source, call->id),
                         call->rows, error);
}

static gboolean list(OmgDatabase *db, gpointer data, GError **error)
{
        const Call *call = data;

        return read_rows(db,
                         omg_database_query(db, error,
                                            SELECT " WHERE source = ? AND id > ?"
                                                   " ORDER BY id LIMIT ?",
                                            "ssu", call->source, call->id, call->limit),
                         call->rows, error);
}

static gboolean find(OmgDatabase *db, gpointer data, GError **error)
{
        const Call *call = data;

        return read_rows(db,
                         omg_database_query(db, error,
                                            SELECT " WHERE package = ? AND ecosystem IS ?"
                                                   " ORDER BY source, id",
                                            "ss", call->package, call->ecosystem),
                         call->rows, error);
}

static GPtrArray *ask(OmgCacheDb *cache, OmgDatabaseFunc func, Call *call, GError **error)
{
        g_autoptr(GPtrArray) rows =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_advisory_row_free);

        call->rows = rows;
        if (!omg_database_read(omg_cache_db_get_database(cache), func, call, error))
                return NULL;
        return g_steal_pointer(&rows);
}

gboolean omg_cache_advisories_get(OmgCacheDb *cache, const char *source, const char *id,
                                  OmgAdvisoryRow **ret_row, GError **error)
{
        Call call = {.source = source, .id = id};
        g_autoptr(GPtrArray) rows = ask(cache, get, &call, error);

        if (!rows)
                return FALSE;
        *ret_row = rows->len > 0 ? g_ptr_array_steal_index(rows, 0) : NULL;
        return TRUE;
}

gboolean omg_cache_advisories_list(OmgCacheDb *cache, const char *source, const char *after,
                                   guint limit, GPtrArray **ret_rows, GError **error)
{
        Call call = {.source = source, .id = after, .limit = limit};
        GPtrArray *rows = ask(cache, list, &call, error);

        if (rows)
                *ret_rows = rows;
        return rows != NULL;
}

gboolean omg_cache_advisories_find(OmgCacheDb *cache, const char *ecosystem, const char *package,
                                   GPtrArray **ret_rows, GError **error)
{
        Call call = {.ecosystem = ecosystem, .package = package};
        GPtrArray *rows = ask(cache, find, &call, error);

        if (rows)
                *ret_rows = rows;
        return rows != NULL;
}
