/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A look through the whole audit log, step by step, so that hundreds of thousands of records in
 * archives hold up nobody. Between two steps records may be appended, and moved into archives; the
 * walk ends with what is the last one then. Worker thread only, but for omg_audit_walk_free(). */

#include "store/audit-record.h"

typedef struct OmgAuditDb OmgAuditDb;
typedef struct OmgAuditWalk OmgAuditWalk;

typedef struct {
        gboolean is_ok;
        guint64 n_checked;
        guint64 first_bad; /* sequence number; 0: none */
        char *reason;      /* "" when OK */
        guint n_missing; /* archives that are not there any more: their records were not checked */
        guint64 head;    /* the last record as the log itself says; 0: there is none */
        char *origin;    /* why this chain began anew, or NULL */
} OmgAuditVerdict;

void omg_audit_verdict_clear(OmgAuditVerdict *verdict);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgAuditVerdict, omg_audit_verdict_clear)

/* @pinned, unless 0: there must be a record of that number with @pinned_hash; that later ones
 * follow it is as it should be. */
OmgAuditWalk *omg_audit_walk_new(guint64 pinned, const guint8 pinned_hash[OMG_AUDIT_HASH]);

/* On any thread, when no step is under way. NULL is harmless. */
void omg_audit_walk_free(OmgAuditWalk *walk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAuditWalk, omg_audit_walk_free)

/* Reads on, archived records first: at most @n records. FALSE only if the log cannot be read; what
 * is wrong with it is in the verdict. A log that turns out damaged as a file meanwhile, and is made
 * anew, is walked from its beginning. */
gboolean omg_audit_walk_step(OmgAuditWalk *walk, OmgAuditDb *audit, guint n, gboolean *ret_is_done,
                             GError **error);

/* Of a walk that is done. Borrowed. */
const OmgAuditVerdict *omg_audit_walk_get_verdict(const OmgAuditWalk *walk);
