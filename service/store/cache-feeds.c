/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/cache-feeds.h"

#include "store/database-private.h"

#define COLUMNS "source, state, as_of, checked, good, error, message"

void omg_feed_row_free(OmgFeedRow *row)
{
        if (!row)
                return;
        g_free(row->source);
        g_free(row->error);
        g_free(row->message);
        g_free(row);
}

OmgError omg_feed_row_get_code(const OmgFeedRow *row)
{
        int code = row->error ? omg_error_from_dbus_name(row->error) : -1;

        return code >= 0 ? (OmgError)code : OMG_ERROR_UNAVAILABLE;
}

static OmgFeedState read_state(guint64 number)
{
        return number == OMG_FEED_OK || number == OMG_FEED_STALE ? (OmgFeedState)number
                                                                 : OMG_FEED_FAILED;
}

static OmgFeedRow *read_row(sqlite3_stmt *row)
{
        OmgFeedRow *feed = g_new0(OmgFeedRow, 1);

        *feed = (OmgFeedRow){
                .source = omg_statement_dup_text(row, 0),
                .state = read_state(omg_statement_get_number(row, 1)),
                .as_of_usec = omg_statement_get_time(row, 2),
                .checked_usec = omg_statement_get_time(row, 3),
                .good_usec = omg_statement_get_time(row, 4),
                .error = omg_statement_dup_text(row, 5),
                .message = omg_statement_dup_text(row, 6),
        };
        return feed;
}

typedef struct {
        const char *source;
        OmgFeedRow *row;
        GPtrArray *rows;
        guint64 as_of_usec;
        guint64 now_usec;
        OmgFeedState state;
        const char *error_name;
        const char *message;
} Call;

static gboolean get(OmgDatabase *db, gpointer data, GError **error)
{
        Call *call = data;
        sqlite3_stmt *row = omg_database_query(
                db, error, "SELECT " COLUMNS " FROM feeds WHERE source = ?", "s", call->source);
        int r = row ? omg_database_step(db, row, error) : -1;

        if (r > 0)
                call->row = read_row(row);
        return r >= 0;
}

gboolean omg_cache_feeds_get(OmgCacheDb *cache, const char *source, OmgFeedRow **ret_row,
                             GError **error)
{
        Call call = {.source = source};

        if (!omg_database_read(omg_cache_db_get_database(cache), get, &call, error)) {
                omg_feed_row_free(call.row);
                return FALSE;
        }
        if (!call.row) {
                call.row = g_new0(OmgFeedRow, 1);
                call.row->source = g_strdup(source);
        }
        *ret_row = call.row;
        return TRUE;
}

static gboolean list(OmgDatabase *db, gpointer data, GError **error)
{
        Call *call = data;
        sqlite3_stmt *row =
                omg_database_query(db, error, "SELECT " COLUMNS " FROM feeds ORDER BY source", "");
        int r = -1;

        g_ptr_array_set_size(call->rows, 0);
        while (row && (r = omg_database_step(db, row, error)) > 0)
                g_ptr_array_add(call->rows, read_row(row));
        return r == 0;
}

gboolean omg_cache_feeds_list(OmgCacheDb *cache, GPtrArray **ret_rows, GError **error)
{
        g_autoptr(GPtrArray) rows =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_feed_row_free);
        Call call = {.rows = rows};

        if (!omg_database_read(omg_cache_db_get_database(cache), list, &call, error))
                return FALSE;
        *ret_rows = g_steal_pointer(&rows);
        return TRUE;
}

static gboolean set_ok(OmgDatabase *db, gpointer data, GError **error)
{
        const Call *call = data;

        return omg_database_execute(db, error,
                                    "INSERT OR REPLACE INTO feeds (source, state, as_of, checked,"
                                    " good) VALUES (?, ?, ?, ?, ?)",
                                    "suttt", call->source, (guint)OMG_FEED_OK, call->as_of_usec,
                                    call->now_usec, call->now_usec);
}

gboolean omg_cache_feeds_set_ok(OmgCacheDb *cache, const char *source, guint64 as_of_usec,
                                guint64 now_usec, GError **error)
{
        Call call = {.source = source, .as_of_usec = as_of_usec, .now_usec = now_usec};

        return omg_database_write(omg_cache_db_get_database(cache), set_ok, &call, error);
}

static gboolean set_failed(OmgDatabase *db, gpointer data, GError **error)
{
        const Call *call = data;

        return omg_database_execute(db, error,
                                    "INSERT INTO feeds (source, state, as_of, checked, good, error,"
                                    " message) VALUES (?, ?, 0, ?, 0, ?, ?)"
                                    " ON CONFLICT (source) DO UPDATE SET state = excluded.state,"
                                    " checked = excluded.checked, error = excluded.error,"
                                    " message = excluded.message",
                                    "sutss", call->source, (guint)call->state, call->now_usec,
                                    call->error_name, call->message);
}

gboolean omg_cache_feeds_set_failed(OmgCacheDb *cache, const char *source, guint64 now_usec,
                                    const char *error_name, const char *message, GError **error)
{
        Call call = {.source = source,
                     .now_usec = now_usec,
                     .state = OMG_FEED_FAILED,
                     .error_name = error_name,
                     .message = message};

        return omg_database_write(omg_cache_db_get_database(cache), set_failed, &call, error);
}

gboolean omg_cache_feeds_set_stale(OmgCacheDb *cache, const char *source, guint64 now_usec,
                                   const char *error_name, const char *message, GError **error)
{
        Call call = {.source = source,
                     .now_usec = now_usec,
                     .state = OMG_FEED_STALE,
                     .error_name = error_name,
                     .message = message};

        return omg_database_write(omg_cache_db_get_database(cache), set_failed, &call, error);
}

static gboolean remove_source(OmgDatabase *db, gpointer source, GError **error)
{
        return omg_database_execute(db, error, "DELETE FROM feeds WHERE source = ?", "s",
                                    (const char *)source);
}

gboolean omg_cache_feeds_remove(OmgCacheDb *cache, const char *source, GError **error)
{
        return omg_database_write(omg_cache_db_get_database(cache), remove_source, (gpointer)source,
                                  error);
}
