/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/audit-private.h"
#include "store/database-vfs.h"

typedef struct {
        OmgAuditDb *audit;
        guint keep;
        guint64 now_usec;
        OmgAuditHead before; /* the archives so far end with it */
        OmgAuditHead last;   /* of those to move */
        char *file;
} Rotate;

static gboolean fail_sqlite(sqlite3 *handle, const char *path, GError **error)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s: %s", path,
                    sqlite3_errmsg(handle));
        return FALSE;
}

/* The rows as they are: what was done to them before is for verify to find, here or there. */
static gboolean copy_rows(OmgDatabase *db, const Rotate *call, sqlite3_stmt *insert, GError **error)
{
        sqlite3_stmt *row = omg_database_query(
                db, error, "SELECT " OMG_AUDIT_COLUMNS " FROM records WHERE seq <= ? ORDER BY seq",
                "t", call->last.sequence);
        int r = -1;

        while (row && (r = omg_database_step(db, row, error)) > 0) {
                g_autoptr(OmgAuditRecord) record = omg_audit_row_read(row);
                omg_audit_row_bind(insert, record);
                if (sqlite3_step(insert) != SQLITE_DONE)
                        return fail_sqlite(sqlite3_db_handle(insert), call->file, error);
                (void)sqlite3_reset(insert);
        }
        return r == 0;
}

static gboolean fill(OmgDatabase *db, const Rotate *call, sqlite3 *handle, GError **error)
{
        static const char insert_sql[] =
                "INSERT INTO records (" OMG_AUDIT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        g_autofree char *sql =
                g_strdup_printf("PRAGMA journal_mode = OFF; BEGIN; " OMG_AUDIT_RECORDS_TABLE
                                "PRAGMA application_id = %d",
                                OMG_AUDIT_APPLICATION_ID);
        sqlite3_stmt *insert = NULL;

        if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK ||
            sqlite3_prepare_v2(handle, insert_sql, -1, &insert, NULL) != SQLITE_OK)
                return fail_sqlite(handle, call->file, error);
        gboolean done = copy_rows(db, call, insert, error);
        (void)sqlite3_finalize(insert);
        return done && (sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ||
                        fail_sqlite(handle, call->file, error));
}

/* A torn file is of no use, so the new name comes after fsync, and the records go after both. */
static gboolean finish(const Rotate *call, const char *temporary, GError **error)
{
        g_autofree char *path = g_build_filename(call->audit->dir, call->file, NULL);
        int fd = open(temporary, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        int folder = open(call->audit->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        gboolean done = fd >= 0 && folder >= 0 && fsync(fd) == 0 && rename(temporary, path) == 0 &&
                        (fsync(folder) == 0 || errno == EINVAL);
        if (!done)
                omg_error_set_errno(error, errno, "%s", path);
        if (fd >= 0)
                (void)close(fd);
        if (folder >= 0)
                (void)close(folder);
        return done;
}

static gboolean write_archive(OmgDatabase *db, const Rotate *call, GError **error)
{
        g_autofree char *temporary = g_build_filename(call->audit->dir, ".audit-archive", NULL);
        sqlite3 *handle = NULL;

        (void)unlink(temporary); /* of a run that was killed */
        int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0) {
                omg_error_set_errno(error, errno, "%s", temporary);
                return FALSE;
        }
        (void)close(fd);
        int r = sqlite3_open_v2(temporary, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                                omg_vfs_get_name(FALSE));
        gboolean done = r == SQLITE_OK ? fill(db, call, handle, error)
                                       : fail_sqlite(handle, temporary, error);
        (void)sqlite3_close(handle);
        done = done && finish(call, temporary, error);
        if (!done)
                (void)unlink(temporary);
        return done;
}

static gboolean read_last(OmgDatabase *db, OmgAuditHead *last, GError **error)
{
        sqlite3_stmt *row = omg_database_query(db, error, "SELECT hash FROM records WHERE seq = ?",
                                               "t", last->sequence);
        int r = row ? omg_database_step(db, row, error) : -1;

        if (r > 0 && omg_audit_read_hash(row, 0, last->hash)) {
                (void)sqlite3_reset(row);
                return TRUE;
        }
        if (r >= 0)
                g_set_error(error, OMG_ERROR, OMG_ERROR_LOG_TAMPERED,
                            "record %" G_GUINT64_FORMAT " is missing", last->sequence);
        return FALSE;
}

static gboolean close_segment(OmgDatabase *db, const Rotate *call, GError **error)
{
        g_autoptr(GBytes) prev = g_bytes_new(call->before.hash, OMG_AUDIT_HASH);
        g_autoptr(GBytes) head = g_bytes_new(call->last.hash, OMG_AUDIT_HASH);

        return omg_database_execute(db, error,
                                    "INSERT INTO segments (first, last, prev, head, closed, file)"
                                    " VALUES (?, ?, ?, ?, ?, ?)",
                                    "ttbbts", call->before.sequence + 1, call->last.sequence, prev,
                                    head, call->now_usec, call->file) &&
               omg_database_execute(db, error, "DELETE FROM records WHERE seq <= ?", "t",
                                    call->last.sequence);
}

static gboolean rotate(OmgDatabase *db, gpointer data, GError **error)
{
        Rotate *call = data;
        OmgAuditHead head;

        g_clear_pointer(&call->file, g_free);
        if (!omg_audit_read_head(db, &head, error) ||
            !omg_audit_read_archived(db, &call->before, error))
                return FALSE;
        if (head.sequence <= call->before.sequence + call->keep)
                return TRUE;
        call->last.sequence = head.sequence - call->keep;
        if (!read_last(db, &call->last, error))
                return FALSE;
        call->file = g_strdup_printf("audit-%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT ".db",
                                     call->before.sequence + 1, call->last.sequence);
        return write_archive(db, call, error) && close_segment(db, call, error);
}

gboolean omg_audit_db_rotate(OmgAuditDb *audit, guint keep, guint64 now_usec, char **ret_file,
                             GError **error)
{
        Rotate call = {.audit = audit, .keep = keep, .now_usec = now_usec};
        gboolean done = omg_database_write(audit->db, rotate, &call, error);
        g_autofree char *file = call.file;

        if (done && ret_file)
                *ret_file = g_steal_pointer(&file);
        return done;
}
