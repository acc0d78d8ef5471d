/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/database.h"

#include <sys/stat.h>

#include "store/database-file.h"
#include "store/database-private.h"

static void finalize(gpointer statement)
{
        (void)sqlite3_finalize(statement);
}

OmgDatabase *omg_database_new(const char *dir, const OmgDatabaseFormat *format)
{
        OmgDatabase *db = g_new0(OmgDatabase, 1);

        db->format = format;
        db->dir = g_strdup(dir);
        db->path = g_build_filename(dir, format->name, NULL);
        db->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finalize);
        db->notice = g_string_new(NULL);
        /* What is wrong is in the state. */
        g_autoptr(GError) error = NULL;
        (void)omg_database_ensure_open(db, FALSE, &error);
        return db;
}

void omg_database_close(OmgDatabase *db)
{
        g_hash_table_remove_all(db->statements);
        if (db->handle)
                (void)sqlite3_close_v2(db->handle);
        db->handle = NULL;
}

void omg_database_free(OmgDatabase *db)
{
        if (!db)
                return;
        omg_database_close(db);
        g_hash_table_unref(db->statements);
        g_string_free(db->notice, TRUE);
        g_free(db->last_aside);
        g_free(db->damage);
        g_free(db->message);
        g_free(db->path);
        g_free(db->dir);
        g_free(db);
}

void omg_database_set_state(OmgDatabase *db, OmgDatabaseState state, const char *message)
{
        char *copy = state == OMG_DATABASE_OK ? NULL : g_strdup(message);

        g_free(db->message);
        db->message = copy;
        db->state = state;
}

OmgDatabaseState omg_database_get_state(const OmgDatabase *db, const char **ret_message)
{
        if (ret_message)
                *ret_message = db->message ? db->message : "";
        return db->state;
}

const char *omg_database_state_to_string(OmgDatabaseState state)
{
        static const char *const names[] = {
                [OMG_DATABASE_OK] = "ok",
                [OMG_DATABASE_READ_ONLY] = "read-only",
                [OMG_DATABASE_FULL] = "full",
                [OMG_DATABASE_FAILED] = "failed",
        };
        return names[state];
}

char *omg_database_steal_notice(OmgDatabase *db)
{
        if (db->notice->len == 0)
                return NULL;
        char *notice = g_strdup(db->notice->str);
        g_string_truncate(db->notice, 0);
        return notice;
}

const char *omg_database_get_path(const OmgDatabase *db)
{
        return db->path;
}

guint64 omg_database_get_size(const OmgDatabase *db)
{
        static const char *const sides[] = {"", "-wal", "-journal"};
        guint64 size = 0;

        for (guint i = 0; i < G_N_ELEMENTS(sides); i++) {
                g_autofree char *path = g_strconcat(db->path, sides[i], NULL);
                struct stat st;
                if (lstat(path, &st) == 0)
                        size += st.st_size;
        }
        return size;
}

gboolean omg_database_set_aside(OmgDatabase *db, int kind, const char *why, GError **error)
{
        g_autofree char *reason = g_strdup(why), *name = NULL;
        g_autoptr(GError) failure = NULL;

        omg_database_close(db);
        if (!omg_database_file_set_aside(db->path, db->format, kind, &name, &failure)) {
                omg_database_set_state(db, OMG_DATABASE_FAILED, failure->message);
                g_propagate_error(error, g_steal_pointer(&failure));
                return FALSE;
        }
        db->n_asides++;
        g_free(db->last_aside);
        db->last_aside = g_strdup_printf("%s cannot be used: %s; it is kept as %s and made anew",
                                         db->path, reason, name);
        g_string_append_printf(db->notice, "%s%s", db->notice->len > 0 ? "; " : "", db->last_aside);
        return TRUE;
}

/* A SELECT that was not read to its end would hold back COMMIT's checkpoint. */
static void reset_statements(OmgDatabase *db)
{
        sqlite3_stmt *statement = NULL;

        while ((statement = sqlite3_next_stmt(db->handle, statement)))
                if (sqlite3_stmt_busy(statement))
                        (void)sqlite3_reset(statement);
}

static gboolean end(OmgDatabase *db, gboolean done, GError **error)
{
        reset_statements(db);
        int r = done ? sqlite3_exec(db->handle, "COMMIT", NULL, NULL, NULL) : SQLITE_OK;

        if (r != SQLITE_OK)
                omg_database_set_error(db, sqlite3_extended_errcode(db->handle), error);
        /* Some errors have rolled back already. */
        if (!sqlite3_get_autocommit(db->handle))
                (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
        return done && r == SQLITE_OK;
}

static gboolean run_once(OmgDatabase *db, gboolean for_writing, OmgDatabaseFunc func, gpointer data,
                         GError **error)
{
        if (!omg_database_ensure_open(db, for_writing, error))
                return FALSE;
        int r = sqlite3_exec(db->handle, for_writing ? "BEGIN IMMEDIATE" : "BEGIN", NULL, NULL,
                             NULL);
        if (r != SQLITE_OK) {
                omg_database_set_error(db, sqlite3_extended_errcode(db->handle), error);
                return FALSE;
        }
        db->is_running = TRUE;
        gboolean done = func(db, data, error);
        db->is_running = FALSE;
        return end(db, done, error);
}

static gboolean run(OmgDatabase *db, gboolean for_writing, OmgDatabaseFunc func, gpointer data,
                    GError **error)
{
        g_return_val_if_fail(!db->is_running, FALSE);

        g_autoptr(GError) failure = NULL;
        for (guint i = 0; i < 2; i++) {
                g_clear_error(&failure);
                g_clear_pointer(&db->damage, g_free);
                if (run_once(db, for_writing, func, data, &failure)) {
                        if (for_writing)
                                omg_database_set_state(db, OMG_DATABASE_OK, NULL);
                        return TRUE;
                }
                if (!db->damage || !db->handle ||
                    !omg_database_set_aside(db, OMG_DATABASE_FILE_CORRUPT, db->damage, NULL))
                        break;
        }
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
}

gboolean omg_database_write(OmgDatabase *db, OmgDatabaseFunc func, gpointer data, GError **error)
{
        return run(db, TRUE, func, data, error);
}

gboolean omg_database_read(OmgDatabase *db, OmgDatabaseFunc func, gpointer data, GError **error)
{
        return run(db, FALSE, func, data, error);
}

gboolean omg_database_shrink(OmgDatabase *db, GError **error)
{
        if (!omg_database_ensure_open(db, TRUE, error))
                return FALSE;
        /* VACUUM goes through the log; the second writes that into the file and cuts both. */
        int r = sqlite3_exec(db->handle, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL,
                             NULL);
        if (r != SQLITE_OK)
                omg_database_set_error(db, sqlite3_extended_errcode(db->handle), error);
        return r == SQLITE_OK;
}
