/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tables' files (cache-*.c, audit-*.c) say to a database. The only header that knows
 * SQLite; nothing outside store/ includes it. */

#include <sqlite3.h>

#include "base/error.h"
#include "store/database.h"

/* Work inside one transaction. It is called again, from the start, when the file turned out to be
 * damaged and was made anew: it must give its outputs away only at its end. */
typedef gboolean (*OmgDatabaseFunc)(OmgDatabase *db, gpointer data, GError **error);

/* All or nothing: what it wrote is committed when it returns TRUE. Errors: its own, or UNAVAILABLE
 * with the file's name (no room, read-only, I/O), or BUSY (in use by another process). */
gboolean omg_database_write(OmgDatabase *db, OmgDatabaseFunc func, gpointer data, GError **error);
gboolean omg_database_read(OmgDatabase *db, OmgDatabaseFunc func, gpointer data, GError **error);

/* Within such a func: a statement with its parameters, by letter of types: s const char * (NULL:
 * NULL), t guint64 or gint64, u guint32, b GBytes * (NULL: NULL). Kept and used again by its text,
 * so one text may not be stepped twice at the same time. Borrowed; ends with the transaction. */
sqlite3_stmt *omg_database_query(OmgDatabase *db, GError **error, const char *sql,
                                 const char *types, ...);

/* 1: a row; 0: no more; -1: error. */
int omg_database_step(OmgDatabase *db, sqlite3_stmt *statement, GError **error);

/* A statement that gives no rows. */
gboolean omg_database_execute(OmgDatabase *db, GError **error, const char *sql, const char *types,
                              ...);

/* Rows the last statement changed. */
guint omg_database_get_changes(OmgDatabase *db);

/* The one number that a query gives; its first column. */
gboolean omg_database_count(OmgDatabase *db, const char *sql, guint64 *ret_count, GError **error);

/* Columns of the row at hand. New strings; NULL is NULL. */
char *omg_statement_dup_text(sqlite3_stmt *statement, int column);
guint64 omg_statement_get_time(sqlite3_stmt *statement, int column);
guint32 omg_statement_get_number(sqlite3_stmt *statement, int column);
GBytes *omg_statement_get_bytes(sqlite3_stmt *statement, int column);

/* Gives the room of what was deleted back to the disk. Not in a transaction. */
gboolean omg_database_shrink(OmgDatabase *db, GError **error);

/* The following is database*.c's own. */

struct OmgDatabase {
        const OmgDatabaseFormat *format;
        char *dir;
        char *path;
        sqlite3 *handle;        /* NULL: not open */
        GHashTable *statements; /* const char * → sqlite3_stmt */
        OmgDatabaseState state;
        char *message; /* why, or NULL */
        GString *notice;
        guint64 device, inode; /* of the file that is open */
        gboolean is_read_only; /* the handle is */
        gboolean is_running;   /* in a transaction's func */
        guint n_asides;        /* how often something was set aside */
        char *last_aside;      /* what was set aside last and why, or NULL */
        char *damage;          /* what a statement found out about the file, or NULL */
};

/* Opens what is not open; with for_writing also what is open read-only, once more. */
gboolean omg_database_ensure_open(OmgDatabase *db, gboolean for_writing, GError **error);
void omg_database_close(OmgDatabase *db);

/* Whether the file that is open is the one at its path: nobody removed or replaced it. */
gboolean omg_database_is_in_place(const OmgDatabase *db);

/* Closes the file and renames it, with a notice. */
gboolean omg_database_set_aside(OmgDatabase *db, int kind, const char *why, GError **error);

/* Sets the error, and the state when r is about the file as a whole; damage is noted in db->damage.
 */
void omg_database_set_error(OmgDatabase *db, int r, GError **error);
void omg_database_set_state(OmgDatabase *db, OmgDatabaseState state, const char *message);
OmgDatabaseState omg_database_state_from_errno(int errnum);
