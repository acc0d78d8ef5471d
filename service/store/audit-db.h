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
#include "store/audit-walk.h"
#include "store/database.h"

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

/* Which records: newest first, without archived ones. Words: NULL, or a list ended by NULL. */
typedef struct {
        guint64 since_usec;
        guint64 until; /* sequence number of the last that may be; 0: that of the head */
        const char *const *events;
        const char *const *severities;
        guint limit;
        guint offset;
} OmgAuditQuery;

typedef struct {
        GPtrArray *records; /* OmgAuditRecord */
        guint total;        /* that the query has without limit and offset */
        guint64 until;
        gboolean is_complete; /* no archived record can be among those asked for */
} OmgAuditPage;

void omg_audit_page_clear(OmgAuditPage *page);

/* INVALID_ARGS: there is no record with the number @until. */
gboolean omg_audit_db_list(OmgAuditDb *audit, const OmgAuditQuery *query, OmgAuditPage *ret_page,
                           GError **error);

/* What was recorded of that event, without archived ones: "RESOURCE\nDETAIL", where the detail is a
 * member of metadata, or with @member NULL the description. A set of new strings. */
gboolean omg_audit_db_list_details(OmgAuditDb *audit, const char *event, const char *member,
                                   GHashTable **ret_details, GError **error);

/* As store/audit-walk.h, at once. */
gboolean omg_audit_db_verify(OmgAuditDb *audit, guint64 pinned,
                             const guint8 pinned_hash[OMG_AUDIT_HASH], OmgAuditVerdict *ret_verdict,
                             GError **error);

/* Moves all but the newest @keep records into a file of their own, audit-FIRST-LAST.db, which omgd
 * does not remove; where they stood, their last hash stays, so that the chain goes on. ret_file,
 * may be NULL: its name, or NULL when there was nothing to move. LOG_TAMPERED: the last of them is
 * not there. */
gboolean omg_audit_db_rotate(OmgAuditDb *audit, guint keep, guint64 now_usec, char **ret_file,
                             GError **error);
