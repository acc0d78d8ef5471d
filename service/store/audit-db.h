/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* audit.db: the append-only log of what omgd did and found. Each record holds the hash of the one
 * before it (audit-record.h). One process at a time has the file (database.h); each append is on
 * the disk when it returns. All functions block and belong to the worker. Errors: as cache-db.h,
 * unless the header says more.
 *
 * A record that was changed, removed or put elsewhere is found by omg_audit_db_verify(). Who can
 * write the file can also compute a new chain: that is found only against a head that somebody kept
 * elsewhere (omg_audit_db_get_head()). An audit.db that is damaged as a file is set aside like any
 * database and never removed; a new chain begins, and says so (OmgAuditVerdict.origin). */

#include "store/audit-record.h"
#include "store/database.h"

typedef struct OmgAuditDb OmgAuditDb;

OmgAuditDb *omg_audit_db_new(const char *data_dir);
void omg_audit_db_free(OmgAuditDb *audit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAuditDb, omg_audit_db_free)

/* For its state and its notice. Borrowed. */
OmgDatabase *omg_audit_db_get_database(OmgAuditDb *audit);

/* Appends @n records, all or none; of each only the fields from time_usec to metadata count.
 * ret_last, may be NULL: the sequence number of the last. INVALID_ARGS: a record of more than
 * OMG_LIMIT_AUDIT_TEXT bytes. When the file has OMG_LIMIT_AUDIT_RECORDS, the older half is
 * archived, as below; that this failed is no error here. */
gboolean omg_audit_db_append(OmgAuditDb *audit, const OmgAuditRecord *records, gsize n,
                             guint64 *ret_last, GError **error);

/* The last record's number and hash; 0 and zeros: there is none. */
gboolean omg_audit_db_get_head(OmgAuditDb *audit, guint64 *ret_sequence,
                               guint8 ret_hash[OMG_AUDIT_HASH], GError **error);

/* Newest first, those of @since_usec or later, without archived ones. GPtrArray of OmgAuditRecord,
 * the caller's. */
gboolean omg_audit_db_list(OmgAuditDb *audit, guint64 since_usec, guint limit, guint offset,
                           GPtrArray **ret_records, GError **error);

typedef struct {
        gboolean is_ok;
        guint64 n_checked;
        guint64 first_bad; /* sequence number; 0: none */
        char *reason;      /* "" when OK */
        guint n_missing; /* archives that are not there any more: their records were not checked */
        char *origin;    /* why this chain began anew, or NULL */
} OmgAuditVerdict;

void omg_audit_verdict_clear(OmgAuditVerdict *verdict);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgAuditVerdict, omg_audit_verdict_clear)

/* Reads all records, archived ones first. @pinned, unless 0: there must be a record of that number
 * with
 * @pinned_hash; that later ones follow it is as it should be. FALSE only if the log cannot be
 * read; what is wrong with it is in the verdict. */
gboolean omg_audit_db_verify(OmgAuditDb *audit, guint64 pinned,
                             const guint8 pinned_hash[OMG_AUDIT_HASH], OmgAuditVerdict *ret_verdict,
                             GError **error);

/* Moves all but the newest @keep records into a file of their own, audit-FIRST-LAST.db, which omgd
 * does not remove; where they stood, their last hash stays, so that the chain goes on. ret_file,
 * may be NULL: its name, or NULL when there was nothing to move. LOG_TAMPERED: the last of them is
 * not there. */
gboolean omg_audit_db_rotate(OmgAuditDb *audit, guint keep, guint64 now_usec, char **ret_file,
                             GError **error);
