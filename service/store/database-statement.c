/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdarg.h>

#include "store/database-private.h"

OmgDatabaseState omg_database_state_from_errno(int errnum)
{
        if (errnum == ENOSPC || errnum == EDQUOT)
                return OMG_DATABASE_FULL;
        if (errnum == EROFS || errnum == EACCES || errnum == EPERM)
                return OMG_DATABASE_READ_ONLY;
        return OMG_DATABASE_FAILED;
}

static OmgDatabaseState get_state_of(int r, int errnum)
{
        if (r == SQLITE_FULL)
                return OMG_DATABASE_FULL;
        if ((r & 0xff) == SQLITE_READONLY)
                return OMG_DATABASE_READ_ONLY;
        return omg_database_state_from_errno(errnum);
}

/* A statement that does not fit the tables (SQLITE_ERROR) means that the tables are not ours. */
static gboolean is_damage(int r)
{
        return (r & 0xff) == SQLITE_CORRUPT || r == SQLITE_NOTADB || r == SQLITE_IOERR_DATA ||
               r == SQLITE_ERROR || r == SQLITE_MISMATCH;
}

static const char *describe(OmgDatabase *db, int r)
{
        if (r == SQLITE_IOERR_DATA)
                return "a page does not fit its checksum";
        return db->handle && (r & 0xff) != SQLITE_IOERR ? sqlite3_errmsg(db->handle)
                                                        : sqlite3_errstr(r);
}

/* sqlite3_system_errno() is the errno of the end, when SQLite has tidied up; that of the failed
 * write is with the file it was for. */
static int get_errno(OmgDatabase *db, int r)
{
        sqlite3_file *log = NULL;
        int errnum = 0;

        if (!db->handle || ((r & 0xff) != SQLITE_IOERR && (r & 0xff) != SQLITE_CANTOPEN))
                return 0;
        if ((r & 0xff) == SQLITE_CANTOPEN)
                return sqlite3_system_errno(db->handle);
        (void)sqlite3_file_control(db->handle, NULL, SQLITE_FCNTL_JOURNAL_POINTER, &log);
        if (log && log->pMethods)
                (void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &errnum);
        if (errnum == 0)
                (void)sqlite3_file_control(db->handle, NULL, SQLITE_FCNTL_LAST_ERRNO, &errnum);
        return errnum;
}

void omg_database_set_error(OmgDatabase *db, int r, GError **error)
{
        int errnum = get_errno(db, r);

        if (is_damage(r)) {
                g_free(db->damage);
                db->damage = g_strdup(describe(db, r));
                g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, "%s: %s", db->path,
                            db->damage);
                return;
        }
        g_autofree char *message =
                errnum != 0 ? g_strdup_printf("%s: %s", sqlite3_errstr(r), g_strerror(errnum))
                            : g_strdup((r & 0xff) == SQLITE_BUSY ? "it is in use by another process"
                                                                 : describe(db, r));
        int code = (r & 0xff) == SQLITE_BUSY ? OMG_ERROR_BUSY : OMG_ERROR_UNAVAILABLE;
        g_set_error(error, OMG_ERROR, code, "%s: %s", db->path, message);
        if ((r & 0xff) != SQLITE_CONSTRAINT && r != SQLITE_TOOBIG)
                omg_database_set_state(db, get_state_of(r, errnum), message);
}

static sqlite3_stmt *get_statement(OmgDatabase *db, const char *sql, GError **error)
{
        sqlite3_stmt *statement = g_hash_table_lookup(db->statements, sql);

        if (statement) {
                (void)sqlite3_reset(statement);
                (void)sqlite3_clear_bindings(statement);
                return statement;
        }
        int r = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                                   NULL);
        if (r != SQLITE_OK) {
                omg_database_set_error(db, r, error);
                return NULL;
        }
        g_hash_table_insert(db->statements, g_strdup(sql), statement);
        return statement;
}

static int bind_one(sqlite3_stmt *statement, int at, char type, va_list *args)
{
        switch (type) {
        case 's':
                return sqlite3_bind_text(statement, at, va_arg(*args, const char *), -1,
                                         SQLITE_TRANSIENT);
        case 't':
                return sqlite3_bind_int64(statement, at, va_arg(*args, gint64));
        case 'u':
                return sqlite3_bind_int64(statement, at, va_arg(*args, guint));
        case 'b': {
                GBytes *bytes = va_arg(*args, GBytes *);
                if (!bytes)
                        return SQLITE_OK;
                gsize size;
                gconstpointer data = g_bytes_get_data(bytes, &size);
                return sqlite3_bind_blob64(statement, at, data ? data : "", size, SQLITE_TRANSIENT);
        }
        default:
                g_assert_not_reached();
        }
}

static sqlite3_stmt *query_va(OmgDatabase *db, GError **error, const char *sql, const char *types,
                              va_list *args)
{
        g_return_val_if_fail(db->is_running, NULL);

        sqlite3_stmt *statement = get_statement(db, sql, error);
        if (!statement)
                return NULL;
        for (int i = 0; types[i]; i++) {
                int r = bind_one(statement, i + 1, types[i], args);
                if (r != SQLITE_OK) {
                        omg_database_set_error(db, r, error);
                        return NULL;
                }
        }
        return statement;
}

sqlite3_stmt *omg_database_query(OmgDatabase *db, GError **error, const char *sql,
                                 const char *types, ...)
{
        va_list args;

        va_start(args, types);
        sqlite3_stmt *statement = query_va(db, error, sql, types, &args);
        va_end(args);
        return statement;
}

int omg_database_step(OmgDatabase *db, sqlite3_stmt *statement, GError **error)
{
        int r = sqlite3_step(statement);

        if (r == SQLITE_ROW)
                return 1;
        if (r != SQLITE_DONE)
                omg_database_set_error(db, r, error);
        (void)sqlite3_reset(statement);
        return r == SQLITE_DONE ? 0 : -1;
}

gboolean omg_database_execute(OmgDatabase *db, GError **error, const char *sql, const char *types,
                              ...)
{
        va_list args;

        va_start(args, types);
        sqlite3_stmt *statement = query_va(db, error, sql, types, &args);
        va_end(args);
        return statement && omg_database_step(db, statement, error) == 0;
}

guint omg_database_get_changes(OmgDatabase *db)
{
        return (guint)sqlite3_changes(db->handle);
}

gboolean omg_database_count(OmgDatabase *db, const char *sql, guint64 *ret_count, GError **error)
{
        sqlite3_stmt *statement = omg_database_query(db, error, sql, "");

        if (!statement || omg_database_step(db, statement, error) != 1)
                return FALSE;
        *ret_count = (guint64)sqlite3_column_int64(statement, 0);
        (void)sqlite3_reset(statement);
        return TRUE;
}

char *omg_statement_dup_text(sqlite3_stmt *statement, int column)
{
        return g_strdup((const char *)sqlite3_column_text(statement, column));
}

guint64 omg_statement_get_time(sqlite3_stmt *statement, int column)
{
        return (guint64)sqlite3_column_int64(statement, column);
}

guint32 omg_statement_get_number(sqlite3_stmt *statement, int column)
{
        return (guint32)sqlite3_column_int64(statement, column);
}

GBytes *omg_statement_get_bytes(sqlite3_stmt *statement, int column)
{
        if (sqlite3_column_type(statement, column) == SQLITE_NULL)
                return NULL;
        gconstpointer data = sqlite3_column_blob(statement, column);
        return g_bytes_new(data, (gsize)sqlite3_column_bytes(statement, column));
}
