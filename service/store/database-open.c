/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/database-file.h"
#include "store/database-private.h"
#include "store/database-vfs.h"

/* Somebody who looks with sqlite3(1) at the moment is not to cost us the database. */
#define BUSY_MSEC 200

static gboolean run_sql(OmgDatabase *db, const char *sql, GError **error)
{
        int r = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

        if (r != SQLITE_OK)
                omg_database_set_error(db, sqlite3_extended_errcode(db->handle), error);
        return r == SQLITE_OK;
}

static gboolean read_pragma(OmgDatabase *db, const char *sql, guint32 *ret_value, GError **error)
{
        sqlite3_stmt *statement = NULL;
        int r = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);

        if (r == SQLITE_OK)
                r = sqlite3_step(statement);
        if (r == SQLITE_ROW)
                *ret_value = (guint32)sqlite3_column_int64(statement, 0);
        else
                omg_database_set_error(db, r, error);
        (void)sqlite3_finalize(statement);
        return r == SQLITE_ROW;
}

/* One owner: no shared memory, and another process is kept out. Its tables are data, whatever they
 * say (trusted_schema). */
static gboolean set_up_handle(OmgDatabase *db, GError **error)
{
        (void)sqlite3_extended_result_codes(db->handle, TRUE);
        (void)sqlite3_busy_timeout(db->handle, BUSY_MSEC);
        (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        return run_sql(db,
                       "PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF;"
                       "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -512;"
                       "PRAGMA wal_autocheckpoint = 256; PRAGMA journal_size_limit = 1048576;"
                       "PRAGMA cell_size_check = ON;",
                       error) &&
               run_sql(db,
                       db->format->is_durable ? "PRAGMA synchronous = FULL"
                                              : "PRAGMA synchronous = NORMAL",
                       error);
}

static gboolean run_migrations(OmgDatabase *db, guint32 from, guint32 to, GError **error)
{
        for (guint32 i = from; i < to; i++)
                if (!run_sql(db, db->format->migrations[i], error))
                        return FALSE;

        /* In the same transaction as the tables, so that no crash leaves one without the others. */
        g_autofree char *sql =
                g_strdup_printf("PRAGMA application_id = %d; PRAGMA user_version = %u; COMMIT",
                                (gint32)db->format->application_id, to);
        return run_sql(db, sql, error);
}

static gboolean migrate(OmgDatabase *db, guint32 from, guint32 to, GError **error)
{
        if (from == to)
                return TRUE;
        if (db->is_read_only) {
                omg_database_set_state(db, OMG_DATABASE_READ_ONLY,
                                       "it cannot be brought to today's version");
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s: %s", db->path,
                            db->message);
                return FALSE;
        }
        return run_sql(db, "BEGIN IMMEDIATE", error) && run_migrations(db, from, to, error);
}

/* FIT, or what the file is to be set aside as. */
static gboolean judge_tables(OmgDatabase *db, guint32 *ret_version, guint32 ours,
                             OmgDatabaseFileKind *ret_kind, GError **error)
{
        guint32 version = 0, id = 0, n_tables = 0;

        if (!read_pragma(db, "PRAGMA user_version", &version, error) ||
            !read_pragma(db, "PRAGMA application_id", &id, error) ||
            !read_pragma(db, "SELECT count(*) FROM sqlite_schema", &n_tables, error))
                return FALSE;
        gboolean is_blank = id == 0 && version == 0 && n_tables == 0;
        *ret_version = version;
        *ret_kind = id != db->format->application_id && !is_blank ? OMG_DATABASE_FILE_FOREIGN
                    : version > ours                              ? OMG_DATABASE_FILE_NEWER
                                                                  : OMG_DATABASE_FILE_FIT;
        return TRUE;
}

static gboolean prepare_tables(OmgDatabase *db, OmgDatabaseFileKind *ret_kind, GError **error)
{
        guint32 version = 0, ours = 0;

        while (db->format->migrations[ours])
                ours++;
        if (db->format->has_checksums) {
                int reserved = OMG_VFS_RESERVED; /* counts for a file without pages only */
                (void)sqlite3_file_control(db->handle, NULL, SQLITE_FCNTL_RESERVE_BYTES, &reserved);
        }
        if (!judge_tables(db, &version, ours, ret_kind, error))
                return FALSE;
        if (*ret_kind != OMG_DATABASE_FILE_FIT)
                return TRUE;
        /* The first tables come by a journal, so that the file has its application_id before it has
         * a -wal. */
        return migrate(db, version, ours, error) &&
               (db->is_read_only || run_sql(db, "PRAGMA journal_mode = WAL", error));
}

/* Not by SQLite: its mode would be the umask's, which all threads share. -wal and -journal take
 * theirs from the file. */
static gboolean make_file(OmgDatabase *db, GError **error)
{
        int fd = open(db->path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

        if (fd >= 0) {
                (void)close(fd);
                return TRUE;
        }
        int errnum = errno;
        omg_database_set_state(db, omg_database_state_from_errno(errnum), g_strerror(errnum));
        omg_error_set_errno(error, errnum, "%s", db->path);
        return FALSE;
}

static void note_identity(OmgDatabase *db)
{
        struct stat st = {0};

        (void)lstat(db->path, &st);
        db->device = st.st_dev;
        db->inode = st.st_ino;
}

gboolean omg_database_is_in_place(const OmgDatabase *db)
{
        struct stat st;

        return lstat(db->path, &st) == 0 && db->device == st.st_dev && db->inode == st.st_ino;
}

/* Opening is put off by SQLite until something is read. */
static gboolean connect(OmgDatabase *db, gboolean read_only, GError **error)
{
        g_autofree char *escaped = g_uri_escape_string(db->path, "/", TRUE);
        gboolean has_wal = omg_database_file_has_wal(db->path);
        g_autofree char *uri =
                g_strdup_printf("file:%s%s", escaped, read_only && !has_wal ? "?immutable=1" : "");
        int flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;

        db->is_read_only = read_only;
        int r = sqlite3_open_v2(uri, &db->handle, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
                                omg_vfs_get_name(db->format->has_checksums));
        if (r != SQLITE_OK) {
                omg_database_set_error(db, db->handle ? sqlite3_extended_errcode(db->handle) : r,
                                       error);
                return FALSE;
        }
        if (!read_only && sqlite3_db_readonly(db->handle, "main") == 1) {
                omg_database_set_error(db, SQLITE_READONLY, error);
                return FALSE;
        }
        note_identity(db);
        return set_up_handle(db, error);
}

static gboolean connect_and_prepare(OmgDatabase *db, gboolean read_only,
                                    OmgDatabaseFileKind *ret_kind, GError **error)
{
        if (connect(db, read_only, error) && prepare_tables(db, ret_kind, error))
                return TRUE;
        omg_database_close(db);
        return FALSE;
}

/* Where nothing can be written, what is there may still be read; the state says why nothing can. */
static gboolean connect_somehow(OmgDatabase *db, OmgDatabaseFileKind *ret_kind, GError **error)
{
        g_autoptr(GError) first = NULL;

        g_clear_pointer(&db->damage, g_free);
        if (connect_and_prepare(db, FALSE, ret_kind, &first)) {
                omg_database_set_state(db, OMG_DATABASE_OK, NULL);
                return TRUE;
        }
        if (db->damage || first->code == OMG_ERROR_BUSY) {
                g_propagate_error(error, g_steal_pointer(&first));
                return FALSE;
        }
        OmgDatabaseState state = db->state;
        g_autofree char *message = g_strdup(db->message);
        gboolean done = connect_and_prepare(db, TRUE, ret_kind, NULL);
        omg_database_set_state(db, state, message);
        if (!done)
                g_propagate_error(error, g_steal_pointer(&first));
        return done;
}

/* Looks at the file, and opens it when it is fit. With *ret_why the file is to be set aside. */
static gboolean look_and_connect(OmgDatabase *db, OmgDatabaseFileKind *ret_kind,
                                 const char **ret_why, GError **error)
{
        if (!omg_file_make_private_dir(db->dir, error) ||
            !omg_database_file_look(db->path, db->format, ret_kind, ret_why, error)) {
                omg_database_set_state(db, OMG_DATABASE_FAILED, (*error)->message);
                return FALSE;
        }
        if (*ret_why)
                return TRUE;
        if (*ret_kind == OMG_DATABASE_FILE_ABSENT && !make_file(db, error))
                return FALSE;
        if (!connect_somehow(db, ret_kind, error)) {
                *ret_kind = OMG_DATABASE_FILE_CORRUPT;
                *ret_why = db->damage;
                return db->damage != NULL;
        }
        if (*ret_kind == OMG_DATABASE_FILE_NEWER)
                *ret_why = "a newer omgd made it";
        if (*ret_kind == OMG_DATABASE_FILE_FOREIGN)
                *ret_why = "it is another program's database";
        return TRUE;
}

/* What was set aside leaves the place to a new file; if that too is not fit, the disk is to blame.
 */
static gboolean try_open(OmgDatabase *db, GError **error)
{
        for (guint i = 0; i < 3; i++) {
                OmgDatabaseFileKind kind;
                const char *why = NULL;
                g_autoptr(GError) failure = NULL;

                if (!look_and_connect(db, &kind, &why, &failure)) {
                        g_propagate_error(error, g_steal_pointer(&failure));
                        return FALSE;
                }
                if (!why)
                        return TRUE;
                if (!omg_database_set_aside(db, kind, why, error))
                        return FALSE;
        }
        omg_database_set_state(db, OMG_DATABASE_FAILED, "what is written is not what is read");
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s: %s", db->path, db->message);
        return FALSE;
}

gboolean omg_database_ensure_open(OmgDatabase *db, gboolean for_writing, GError **error)
{
        if (db->handle && for_writing && db->is_read_only)
                omg_database_close(db);
        if (!db->handle && !try_open(db, error))
                return FALSE;
        if (!for_writing || !db->is_read_only)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s: %s", db->path, db->message);
        return FALSE;
}
