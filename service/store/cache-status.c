/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/cache-status.h"

#include "store/database-private.h"

#define N_COUNTS 9

/* In the order of the table's columns. */
static const gsize counts[N_COUNTS] = {
        G_STRUCT_OFFSET(OmgStoredStatus, total),      G_STRUCT_OFFSET(OmgStoredStatus, explicit),
        G_STRUCT_OFFSET(OmgStoredStatus, orphans),    G_STRUCT_OFFSET(OmgStoredStatus, foreign),
        G_STRUCT_OFFSET(OmgStoredStatus, updates),    G_STRUCT_OFFSET(OmgStoredStatus, aur_updates),
        G_STRUCT_OFFSET(OmgStoredStatus, security),   G_STRUCT_OFFSET(OmgStoredStatus, ignored),
        G_STRUCT_OFFSET(OmgStoredStatus, vulnerable),
};

void omg_stored_status_clear(OmgStoredStatus *status)
{
        g_clear_pointer(&status->highest_severity, g_free);
}

static gboolean put(OmgDatabase *db, gpointer data, GError **error)
{
        const OmgStoredStatus *status = data;
        const char *severity = status->highest_severity;
        sqlite3_stmt *statement = omg_database_query(
                db, error,
                "INSERT OR REPLACE INTO status (id, severity, as_of, generation, total, explicit,"
                " orphans, \"foreign\", updates, aur_updates, security, ignored, vulnerable)"
                " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                "stt", severity && *severity ? severity : NULL, status->as_of_usec,
                status->generation);

        if (!statement)
                return FALSE;
        /* What is not bound is NULL. */
        for (int i = 0; i < N_COUNTS; i++) {
                guint32 count = G_STRUCT_MEMBER(guint32, status, counts[i]);
                if (count != G_MAXUINT32)
                        (void)sqlite3_bind_int64(statement, 4 + i, count);
        }
        return omg_database_step(db, statement, error) == 0;
}

gboolean omg_cache_status_put(OmgCacheDb *cache, const OmgStoredStatus *status, GError **error)
{
        return omg_database_write(omg_cache_db_get_database(cache), put, (gpointer)status, error);
}

typedef struct {
        OmgStoredStatus status;
        gboolean found;
} Get;

static gboolean get(OmgDatabase *db, gpointer data, GError **error)
{
        Get *call = data;
        sqlite3_stmt *row = omg_database_query(
                db, error,
                "SELECT severity, as_of, generation, total, explicit, orphans, \"foreign\","
                " updates, aur_updates, security, ignored, vulnerable FROM status",
                "");
        int r = row ? omg_database_step(db, row, error) : -1;

        call->found = r > 0;
        if (r <= 0)
                return r == 0;
        call->status.highest_severity = omg_statement_dup_text(row, 0);
        call->status.as_of_usec = omg_statement_get_time(row, 1);
        call->status.generation = omg_statement_get_time(row, 2);
        for (int i = 0; i < N_COUNTS; i++)
                G_STRUCT_MEMBER(guint32, &call->status, counts[i]) =
                        sqlite3_column_type(row, 3 + i) == SQLITE_NULL
                                ? G_MAXUINT32
                                : omg_statement_get_number(row, 3 + i);
        return TRUE;
}

gboolean omg_cache_status_get(OmgCacheDb *cache, OmgStoredStatus *ret_status, gboolean *ret_found,
                              GError **error)
{
        Get call = {0};

        if (!omg_database_read(omg_cache_db_get_database(cache), get, &call, error)) {
                omg_stored_status_clear(&call.status);
                return FALSE;
        }
        if (call.found) {
                if (!call.status.highest_severity)
                        call.status.highest_severity = g_strdup("");
                *ret_status = call.status;
        }
        *ret_found = call.found;
        return TRUE;
}
