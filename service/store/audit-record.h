/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One record of the audit log, and the hash that binds it to the one before. */

#include <glib.h>

#define OMG_AUDIT_HASH 32 /* bytes of SHA-256 */

typedef struct {
        guint64 sequence;  /* from 1, without gaps */
        guint64 time_usec; /* UTC, since 1970; as the clock said, so it may go back */
        char *event;       /* "package_install", "daemon_started" */
        char *severity;    /* "debug", "info", "warning", "error", "critical" */
        char *actor;       /* who, from the caller's credentials */
        char *resource;    /* what it is about */
        char *description;
        char *metadata;                  /* a JSON object, or NULL */
        guint8 previous[OMG_AUDIT_HASH]; /* hash of the record before; zeros before the first */
        guint8 hash[OMG_AUDIT_HASH];
        gboolean is_intact; /* read only: the hash is that of the fields */
} OmgAuditRecord;

/* Frees what it holds. */
void omg_audit_record_clear(OmgAuditRecord *record);
void omg_audit_record_free(OmgAuditRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAuditRecord, omg_audit_record_free)

/* SHA-256 over "omgd-audit-1", then sequence, time_usec, event, severity, actor, resource,
 * description, metadata and previous, each with its length before it: 8 bytes, little-endian, as
 * numbers are too. NULL has the length 2^64-1. So no two records have one sequence of bytes. */
void omg_audit_record_hash(const OmgAuditRecord *record, guint8 ret_hash[OMG_AUDIT_HASH]);
