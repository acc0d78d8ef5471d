/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the files of the audit log share. */

#include "store/audit-db.h"
#include "store/database-private.h"

#define OMG_AUDIT_APPLICATION_ID 0x6f6d6741 /* "omgA" */
#define OMG_AUDIT_COLUMNS \
        "seq, time, event, severity, actor, resource, description, metadata, prev, hash"
#define OMG_AUDIT_RECORDS_TABLE                                                                  \
        "CREATE TABLE records (seq INTEGER PRIMARY KEY, time INTEGER NOT NULL,"                  \
        " event TEXT NOT NULL, severity TEXT NOT NULL, actor TEXT NOT NULL,"                     \
        " resource TEXT NOT NULL, description TEXT NOT NULL, metadata TEXT, prev BLOB NOT NULL," \
        " hash BLOB NOT NULL) STRICT;"

struct OmgAuditDb {
        OmgDatabase *db;
        char *dir;
};

typedef struct {
        guint64 sequence;
        guint8 hash[OMG_AUDIT_HASH];
} OmgAuditHead;

/* A row of OMG_AUDIT_COLUMNS. New; a hash of another length is read as zeros, and not intact. */
OmgAuditRecord *omg_audit_row_read(sqlite3_stmt *row);

/* Binds a record to the ten parameters of an INSERT with OMG_AUDIT_COLUMNS. */
void omg_audit_row_bind(sqlite3_stmt *statement, const OmgAuditRecord *record);

/* 32 bytes of a column; FALSE, and zeros, for anything else. */
gboolean omg_audit_read_hash(sqlite3_stmt *row, int column, guint8 ret_hash[OMG_AUDIT_HASH]);

/* Within a transaction: the last record archived (0 and zeros: none was), and the head. */
gboolean omg_audit_read_archived(OmgDatabase *db, OmgAuditHead *ret_head, GError **error);
gboolean omg_audit_read_head(OmgDatabase *db, OmgAuditHead *ret_head, GError **error);
