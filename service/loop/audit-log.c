/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/audit-log.h"

#include "base/limits-store.h"
#include "loop/log.h"

/* Shared by main and what is under way between the threads. */
struct OmgAuditLog {
        OmgWorker *worker;
        char *dir;
        OmgAuditLogEvents events; /* main's */
        gboolean is_closed;       /* main's */

        /* The worker's: */
        OmgAuditDb *db;         /* NULL: closed */
        OmgDatabaseState state; /* as it was said last */
        char *error;            /* why what waits could not be written, or NULL */
        GArray *waiting;        /* OmgAuditRecord */
        guint64 n_lost;         /* more than can wait */
        gboolean is_planned;    /* the writing of what waits */
};

static void log_clear(gpointer data)
{
        OmgAuditLog *log = data;

        g_array_unref(log->waiting);
        g_free(log->error);
        g_free(log->dir);
}

OmgAuditLog *omg_audit_log_ref(OmgAuditLog *log)
{
        return g_atomic_rc_box_acquire(log);
}

void omg_audit_log_unref(OmgAuditLog *log)
{
        if (log)
                g_atomic_rc_box_release_full(log, log_clear);
}

static void release(gpointer data)
{
        omg_audit_log_unref(data);
}

/* On its way to the worker, or back. */
typedef struct {
        OmgAuditLog *log;
        OmgAuditEvents *events;
        guint64 head;
} Message;

static Message *message_new(OmgAuditLog *log)
{
        Message *message = g_new0(Message, 1);

        message->log = omg_audit_log_ref(log);
        return message;
}

static void message_free(gpointer data)
{
        Message *message = data;

        omg_audit_events_free(message->events);
        omg_audit_log_unref(message->log);
        g_free(message);
}

/* ---- main ---- */

static void hear_appended(gpointer data)
{
        const Message *message = data;
        const OmgAuditLog *log = message->log;

        if (!log->is_closed)
                log->events.on_appended(message->head, log->events.userdata);
}

/* ---- the worker: the file ---- */

/* After each use: a disk that is full stays so for a while, and is said once. */
static void watch_state(OmgAuditLog *log)
{
        OmgDatabase *db = omg_audit_db_get_database(log->db);
        g_autofree char *notice = omg_database_steal_notice(db);
        const char *why;
        OmgDatabaseState state = omg_database_get_state(db, &why);

        if (notice)
                omg_log_warning("%s", notice);
        if (state == log->state)
                return;
        log->state = state;
        if (state == OMG_DATABASE_OK)
                omg_log_notice("%s can be written again", omg_database_get_path(db));
        else
                omg_log_warning("%s: %s; what happens is not in the audit log, ignoring",
                                omg_database_get_path(db), why);
}

/* What fails for another reason than the state of the file is said here, once. */
static void set_error(OmgAuditLog *log, const GError *error)
{
        const gboolean was_ok = log->state == OMG_DATABASE_OK && !log->error;

        watch_state(log);
        if (error && was_ok && log->state == OMG_DATABASE_OK)
                omg_log_warning("%s; what happens is not in the audit log, ignoring",
                                error->message);
        g_free(log->error);
        log->error = error ? g_strdup(error->message) : NULL;
}

/* The newest go: that they are missing is known, and what follows them is not. */
static void forget_some(OmgAuditLog *log)
{
        if (log->waiting->len <= OMG_LIMIT_AUDIT_WAITING)
                return;
        log->n_lost += log->waiting->len - OMG_LIMIT_AUDIT_WAITING;
        g_array_set_size(log->waiting, OMG_LIMIT_AUDIT_WAITING);
}

static void post_head(OmgAuditLog *log, guint64 head)
{
        Message *message = message_new(log);

        message->head = head;
        omg_worker_post(log->worker, hear_appended, message, message_free);
}

static void write_waiting(OmgAuditLog *log)
{
        g_autoptr(GError) error = NULL;
        guint64 head = 0;

        if (log->waiting->len == 0)
                return;
        if (omg_audit_db_append(log->db, (const OmgAuditRecord *)(gpointer)log->waiting->data,
                                log->waiting->len, &head, &error)) {
                if (log->n_lost > 0)
                        omg_log_warning("%" G_GUINT64_FORMAT " records are missing in the audit "
                                        "log: it could not be written for too long",
                                        log->n_lost);
                log->n_lost = 0;
                g_array_set_size(log->waiting, 0);
                post_head(log, head);
        } else {
                forget_some(log);
        }
        set_error(log, error);
}

static void do_write(gpointer data)
{
        OmgAuditLog *log = data;

        log->is_planned = FALSE;
        if (log->db)
                write_waiting(log);
}

/* All that comes until the worker has time is one transaction. */
static void take(OmgAuditLog *log, OmgAuditEvents *events)
{
        GArray *records = events->records;

        if (!log->db || records->len == 0)
                return;
        g_array_append_vals(log->waiting, records->data, records->len);
        g_array_set_clear_func(records, NULL); /* they are in the other one now */
        if (log->is_planned)
                return;
        log->is_planned = TRUE;
        omg_worker_run_idle(log->worker, do_write, omg_audit_log_ref(log), release);
}

static void do_add(gpointer data)
{
        const Message *message = data;
        take(message->log, message->events);
}

static void do_open(gpointer data)
{
        OmgAuditLog *log = data;

        log->db = omg_audit_db_new(log->dir);
        watch_state(log);
}

static void do_close(gpointer data)
{
        OmgAuditLog *log = data;

        write_waiting(log);
        if (log->waiting->len > 0)
                omg_log_warning("%u records that waited are not in the audit log",
                                log->waiting->len);
        g_clear_pointer(&log->db, omg_audit_db_free);
}

/* ---- the worker: for others ---- */

void omg_audit_log_take(OmgAuditLog *log, OmgAuditEvents *events)
{
        take(log, events);
        omg_audit_events_free(events);
}

OmgAuditDb *omg_audit_log_open(OmgAuditLog *log, GError **error)
{
        if (log->db)
                write_waiting(log);
        else
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "The audit log is closed");
        return log->db;
}

gboolean omg_audit_log_flush(OmgAuditLog *log)
{
        if (log->db)
                write_waiting(log);
        return log->db && log->waiting->len == 0;
}

OmgSourceError *omg_audit_log_dup_error(OmgAuditLog *log)
{
        g_autoptr(GError) error = NULL;
        const char *why;

        watch_state(log);
        if (omg_database_get_state(omg_audit_db_get_database(log->db), &why) == OMG_DATABASE_OK)
                why = log->error;
        if (!why)
                return NULL;
        g_set_error(&error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                    "%s (%u records wait to be written, %" G_GUINT64_FORMAT " are lost)", why,
                    log->waiting->len, log->n_lost);
        return omg_source_error_new("audit.db", error);
}

/* ---- main ---- */

OmgAuditLog *omg_audit_log_new(OmgWorker *worker, const char *data_dir,
                               const OmgAuditLogEvents *events)
{
        OmgAuditLog *log = g_atomic_rc_box_new0(OmgAuditLog);

        log->worker = worker;
        log->dir = g_strdup(data_dir);
        log->events = *events;
        log->waiting = g_array_new(FALSE, TRUE, sizeof(OmgAuditRecord));
        g_array_set_clear_func(log->waiting, (GDestroyNotify)omg_audit_record_clear);
        omg_worker_run(worker, do_open, omg_audit_log_ref(log), release);
        return log;
}

void omg_audit_log_add(OmgAuditLog *log, OmgAuditEvents *events)
{
        Message *message;

        if (!log || log->is_closed || events->records->len == 0) {
                omg_audit_events_free(events);
                return;
        }
        message = message_new(log);
        message->events = events;
        omg_worker_run(log->worker, do_add, message, message_free);
}

void omg_audit_log_free(OmgAuditLog *log)
{
        if (!log)
                return;
        log->is_closed = TRUE;
        omg_worker_run(log->worker, do_close, omg_audit_log_ref(log), release);
        omg_audit_log_unref(log);
}
