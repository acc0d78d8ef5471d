/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/cache-tasks.h"

#include <string.h>

#include "base/limits-store.h"
#include "store/database-private.h"

void omg_task_free(OmgTask *task)
{
        if (!task)
                return;
        g_free(task->key);
        g_free(task->kind);
        g_free(task->argument);
        g_free(task->message);
        g_free(task);
}

typedef struct {
        const OmgTask *task;
        gboolean added;
} Add;

static gboolean check_room(OmgDatabase *db, GError **error)
{
        guint64 n;

        if (!omg_database_count(db, "SELECT count(*) FROM tasks", &n, error))
                return FALSE;
        if (n < OMG_LIMIT_TASKS)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                    "%u network tasks are waiting already", OMG_LIMIT_TASKS);
        return FALSE;
}

static gboolean add(OmgDatabase *db, gpointer data, GError **error)
{
        Add *call = data;
        const OmgTask *task = call->task;

        if (!omg_database_execute(db, error,
                                  "UPDATE tasks SET expires = max(expires, ?),"
                                  " not_before = min(not_before, ?) WHERE key = ?",
                                  "tts", task->expires_usec, task->not_before_usec, task->key))
                return FALSE;
        call->added = omg_database_get_changes(db) == 0;
        return !call->added ||
               (check_room(db, error) &&
                omg_database_execute(db, error,
                                     "INSERT INTO tasks (key, kind, argument, queued, expires,"
                                     " not_before, attempts, running)"
                                     " VALUES (?, ?, ?, ?, ?, ?, 0, 0)",
                                     "sssttt", task->key, task->kind, task->argument,
                                     task->queued_usec, task->expires_usec, task->not_before_usec));
}

gboolean omg_cache_tasks_add(OmgCacheDb *cache, const OmgTask *task, gboolean *ret_added,
                             GError **error)
{
        Add call = {.task = task};

        if (strlen(task->key) + strlen(task->kind) + strlen(task->argument) > OMG_LIMIT_TASK_TEXT) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "a network task of more than %u bytes", OMG_LIMIT_TASK_TEXT);
                return FALSE;
        }
        if (!omg_database_write(omg_cache_db_get_database(cache), add, &call, error))
                return FALSE;
        if (ret_added)
                *ret_added = call.added;
        return TRUE;
}

typedef struct {
        guint64 now_usec;
        OmgTask *task;
        guint n;
} Take;

static gboolean expire(OmgDatabase *db, gpointer data, GError **error)
{
        Take *call = data;

        if (!omg_database_execute(db, error, "DELETE FROM tasks WHERE expires <= ? AND NOT running",
                                  "t", call->now_usec))
                return FALSE;
        call->n = omg_database_get_changes(db);
        return TRUE;
}

static gboolean take(OmgDatabase *db, gpointer data, GError **error)
{
        Take *call = data;

        g_clear_pointer(&call->task, omg_task_free);
        if (!expire(db, data, error))
                return FALSE;
        sqlite3_stmt *row = omg_database_query(
                db, error,
                "SELECT id, key, kind, argument, queued, expires, not_before, attempts + 1, message"
                " FROM tasks WHERE not_before <= ? AND NOT running ORDER BY queued, id LIMIT 1",
                "t", call->now_usec);
        int r = row ? omg_database_step(db, row, error) : -1;
        if (r <= 0)
                return r == 0;
        call->task = g_new0(OmgTask, 1);
        *call->task = (OmgTask){
                .id = omg_statement_get_time(row, 0),
                .key = omg_statement_dup_text(row, 1),
                .kind = omg_statement_dup_text(row, 2),
                .argument = omg_statement_dup_text(row, 3),
                .queued_usec = omg_statement_get_time(row, 4),
                .expires_usec = omg_statement_get_time(row, 5),
                .not_before_usec = omg_statement_get_time(row, 6),
                .n_attempts = omg_statement_get_number(row, 7),
                .message = omg_statement_dup_text(row, 8),
        };
        return omg_database_execute(db, error,
                                    "UPDATE tasks SET running = 1, attempts = attempts + 1"
                                    " WHERE id = ?",
                                    "t", call->task->id);
}

gboolean omg_cache_tasks_take(OmgCacheDb *cache, guint64 now_usec, OmgTask **ret_task,
                              GError **error)
{
        Take call = {.now_usec = now_usec};

        if (!omg_database_write(omg_cache_db_get_database(cache), take, &call, error)) {
                omg_task_free(call.task);
                return FALSE;
        }
        *ret_task = call.task;
        return TRUE;
}

gboolean omg_cache_tasks_expire(OmgCacheDb *cache, guint64 now_usec, guint *ret_n, GError **error)
{
        Take call = {.now_usec = now_usec};

        if (!omg_database_write(omg_cache_db_get_database(cache), expire, &call, error))
                return FALSE;
        if (ret_n)
                *ret_n = call.n;
        return TRUE;
}

typedef struct {
        guint64 id;
        guint64 not_before_usec;
        const char *message;
} End;

static gboolean done(OmgDatabase *db, gpointer data, GError **error)
{
        return omg_database_execute(db, error, "DELETE FROM tasks WHERE id = ?", "t",
                                    ((const End *)data)->id);
}

gboolean omg_cache_tasks_done(OmgCacheDb *cache, guint64 id, GError **error)
{
        End call = {.id = id};

        return omg_database_write(omg_cache_db_get_database(cache), done, &call, error);
}

static gboolean fail(OmgDatabase *db, gpointer data, GError **error)
{
        const End *call = data;

        return omg_database_execute(db, error,
                                    "UPDATE tasks SET running = 0, not_before = ?, message = ?"
                                    " WHERE id = ?",
                                    "tst", call->not_before_usec, call->message, call->id);
}

gboolean omg_cache_tasks_fail(OmgCacheDb *cache, guint64 id, guint64 not_before_usec,
                              const char *message, GError **error)
{
        End call = {id, not_before_usec, message};

        return omg_database_write(omg_cache_db_get_database(cache), fail, &call, error);
}

static gboolean count(OmgDatabase *db, gpointer ret_n, GError **error)
{
        return omg_database_count(db, "SELECT count(*) FROM tasks", ret_n, error);
}

gboolean omg_cache_tasks_count(OmgCacheDb *cache, guint *ret_n, GError **error)
{
        guint64 n;

        if (!omg_database_read(omg_cache_db_get_database(cache), count, &n, error))
                return FALSE;
        *ret_n = (guint)n;
        return TRUE;
}

static gboolean get_next(OmgDatabase *db, gpointer ret_usec, GError **error)
{
        return omg_database_count(
                db, "SELECT coalesce(max(1, min(not_before)), 0) FROM tasks WHERE NOT running",
                ret_usec, error);
}

gboolean omg_cache_tasks_get_next(OmgCacheDb *cache, guint64 *ret_usec, GError **error)
{
        guint64 usec;

        if (!omg_database_read(omg_cache_db_get_database(cache), get_next, &usec, error))
                return FALSE;
        *ret_usec = usec;
        return TRUE;
}
