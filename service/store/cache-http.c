/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/cache-http.h"

#include <string.h>

#include "base/limits-store.h"
#include "store/database-private.h"

void omg_http_row_free(OmgHttpRow *row)
{
        if (!row)
                return;
        g_free(row->url);
        g_free(row->etag);
        g_free(row->modified);
        g_free(row->error);
        g_free(row->message);
        g_free(row);
}

typedef struct {
        const char *url;
        OmgHttpRow *row;
} Get;

static gboolean get(OmgDatabase *db, gpointer data, GError **error)
{
        Get *call = data;
        sqlite3_stmt *row = omg_database_query(
                db, error,
                "SELECT etag, modified, fetched, next, failures, error, message FROM http"
                " WHERE url = ?",
                "s", call->url);
        int r = row ? omg_database_step(db, row, error) : -1;

        if (r <= 0)
                return r == 0;
        call->row = g_new0(OmgHttpRow, 1);
        *call->row = (OmgHttpRow){
                .url = g_strdup(call->url),
                .etag = omg_statement_dup_text(row, 0),
                .modified = omg_statement_dup_text(row, 1),
                .fetched_usec = omg_statement_get_time(row, 2),
                .next_usec = omg_statement_get_time(row, 3),
                .n_failures = omg_statement_get_number(row, 4),
                .error = omg_statement_dup_text(row, 5),
                .message = omg_statement_dup_text(row, 6),
        };
        return TRUE;
}

gboolean omg_cache_http_get(OmgCacheDb *cache, const char *url, OmgHttpRow **ret_row,
                            GError **error)
{
        Get call = {.url = url};

        if (!omg_database_read(omg_cache_db_get_database(cache), get, &call, error)) {
                omg_http_row_free(call.row);
                return FALSE;
        }
        *ret_row = call.row;
        return TRUE;
}

typedef struct {
        const OmgHttpRow *row;
        guint64 now_usec;
} Put;

static gboolean put(OmgDatabase *db, gpointer data, GError **error)
{
        const Put *call = data;
        const OmgHttpRow *row = call->row;

        guint64 n;

        return omg_database_execute(
                       db, error,
                       "INSERT OR REPLACE INTO http (url, etag, modified, fetched, next, failures,"
                       " error, message, touched) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       "sssttusst", row->url, row->etag, row->modified, row->fetched_usec,
                       row->next_usec, row->n_failures, row->error, row->message, call->now_usec) &&
               omg_database_count(db, "SELECT count(*) FROM http", &n, error) &&
               (n <= OMG_LIMIT_HTTP_ROWS ||
                omg_database_execute(db, error,
                                     "DELETE FROM http WHERE url IN (SELECT url FROM http"
                                     " ORDER BY touched DESC, rowid DESC LIMIT -1 OFFSET ?)",
                                     "u", OMG_LIMIT_HTTP_ROWS));
}

gboolean omg_cache_http_put(OmgCacheDb *cache, const OmgHttpRow *row, guint64 now_usec,
                            GError **error)
{
        Put call = {row, now_usec};

        if (strlen(row->url) > OMG_LIMIT_URL) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "a URL of more than %u bytes",
                            OMG_LIMIT_URL);
                return FALSE;
        }
        return omg_database_write(omg_cache_db_get_database(cache), put, &call, error);
}

static gboolean remove_url(OmgDatabase *db, gpointer url, GError **error)
{
        return omg_database_execute(db, error, "DELETE FROM http WHERE url = ?", "s",
                                    (const char *)url);
}

gboolean omg_cache_http_remove(OmgCacheDb *cache, const char *url, GError **error)
{
        return omg_database_write(omg_cache_db_get_database(cache), remove_url, (gpointer)url,
                                  error);
}

static gboolean supersede(OmgDatabase *db, gpointer data, GError **error)
{
        const char *url = data;
        const char *name = strrchr(url, '/');

        return !name ||
               omg_database_execute(db, error,
                                    "UPDATE http SET etag = NULL, modified = NULL, fetched = 0"
                                    " WHERE url <> ? AND substr(url, -length(?)) = ?",
                                    "sss", url, name, name);
}

gboolean omg_cache_http_supersede(OmgCacheDb *cache, const char *url, GError **error)
{
        return omg_database_write(omg_cache_db_get_database(cache), supersede, (gpointer)url,
                                  error);
}
