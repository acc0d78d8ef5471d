/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The audit log of a running omgd: DATA_DIR/audit.db, opened, written and read on the worker. That
 * it cannot be written costs nothing but that: it is said once, and when it is over; what is to go
 * into it waits meanwhile, up to OMG_LIMIT_AUDIT_WAITING records, for the next time. */

#include "engine/audit-events.h"
#include "loop/refresh.h"
#include "loop/worker.h"
#include "store/audit-db.h"

typedef struct OmgAuditLog OmgAuditLog;

typedef struct {
        /* Records were appended, the last of which has this number. On main, once for all that came
         * at a time. */
        void (*on_appended)(guint64 head, gpointer userdata);
        gpointer userdata;
} OmgAuditLogEvents;

/* Main thread. */
OmgAuditLog *omg_audit_log_new(OmgWorker *worker, const char *data_dir,
                               const OmgAuditLogEvents *events);

/* What was added before is written first, on the worker, which must be stopped after it; nothing is
 * told any more. Main thread. NULL is harmless. */
void omg_audit_log_free(OmgAuditLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAuditLog, omg_audit_log_free)

/* For whoever hands it to another thread. */
OmgAuditLog *omg_audit_log_ref(OmgAuditLog *log);
void omg_audit_log_unref(OmgAuditLog *log);

/* Has @events (taken over; none in it is fine) appended, once the worker has nothing else to do.
 * Costs next to nothing. Main thread. @log NULL, or freed: nothing is kept. */
void omg_audit_log_add(OmgAuditLog *log, OmgAuditEvents *events);

/* The following is for the worker thread. */

/* The same as omg_audit_log_add(). */
void omg_audit_log_take(OmgAuditLog *log, OmgAuditEvents *events);

/* The log, with all that was added written, as far as it can be; for reading. UNAVAILABLE: omgd is
 * ending. Borrowed. */
OmgAuditDb *omg_audit_log_open(OmgAuditLog *log, GError **error);

/* Writes what was added; whether the log holds all of it, on the disk. */
gboolean omg_audit_log_flush(OmgAuditLog *log);

/* What is the matter with it, for the errors of META: NULL, or a new one. */
OmgSourceError *omg_audit_log_dup_error(OmgAuditLog *log);
