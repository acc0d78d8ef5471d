/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/audit-db.h"

#include <string.h>

#include "base/limits-store.h"
#include "store/audit-private.h"

/* chain repeats the head, so that a last record that simply was deleted is missed. Pages have no
 * checksums: who changes a record with sqlite3(1) is to be found out by the chain, not taken for a
 * broken disk. */
static const char *const migrations[] = {
        OMG_AUDIT_RECORDS_TABLE
        "CREATE TABLE chain (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL,"
        " hash BLOB NOT NULL, origin TEXT) STRICT;"
        "CREATE TABLE segments (number INTEGER PRIMARY KEY, first INTEGER NOT NULL,"
        " last INTEGER NOT NULL, prev BLOB NOT NULL, head BLOB NOT NULL,"
        " closed INTEGER NOT NULL, file TEXT NOT NULL) STRICT;",
        NULL,
};

static const OmgDatabaseFormat format = {
        .name = "audit.db",
        .application_id = OMG_AUDIT_APPLICATION_ID,
        .migrations = migrations,
        .is_durable = TRUE,
};

OmgAuditDb *omg_audit_db_new(const char *data_dir)
{
        OmgAuditDb *audit = g_new0(OmgAuditDb, 1);

        audit->dir = g_strdup(data_dir);
        audit->db = omg_database_new(data_dir, &format);
        return audit;
}

void omg_audit_db_free(OmgAuditDb *audit)
{
        if (!audit)
                return;
        omg_database_free(audit->db);
        g_free(audit->dir);
        g_free(audit);
}

OmgDatabase *omg_audit_db_get_database(OmgAuditDb *audit)
{
        return audit->db;
}

gboolean omg_audit_read_hash(sqlite3_stmt *row, int column, guint8 ret_hash[OMG_AUDIT_HASH])
{
        gboolean fits = sqlite3_column_type(row, column) == SQLITE_BLOB &&
                        sqlite3_column_bytes(row, column) == OMG_AUDIT_HASH;

        if (fits)
                memcpy(ret_hash, sqlite3_column_blob(row, column), OMG_AUDIT_HASH);
        else
                memset(ret_hash, 0, OMG_AUDIT_HASH);
        return fits;
}

OmgAuditRecord *omg_audit_row_read(sqlite3_stmt *row)
{
        OmgAuditRecord *record = g_new0(OmgAuditRecord, 1);
        guint8 hash[OMG_AUDIT_HASH];

        *record = (OmgAuditRecord){
                .sequence = omg_statement_get_time(row, 0),
                .time_usec = omg_statement_get_time(row, 1),
                .event = omg_statement_dup_text(row, 2),
                .severity = omg_statement_dup_text(row, 3),
                .actor = omg_statement_dup_text(row, 4),
                .resource = omg_statement_dup_text(row, 5),
                .description = omg_statement_dup_text(row, 6),
                .metadata = omg_statement_dup_text(row, 7),
        };
        gboolean fits = omg_audit_read_hash(row, 8, record->previous);
        fits = omg_audit_read_hash(row, 9, record->hash) && fits;
        omg_audit_record_hash(record, hash);
        record->is_intact = fits && memcmp(hash, record->hash, sizeof(hash)) == 0;
        return record;
}

void omg_audit_row_bind(sqlite3_stmt *statement, const OmgAuditRecord *record)
{
        const char *const texts[] = {record->event,    record->severity,    record->actor,
                                     record->resource, record->description, record->metadata};

        (void)sqlite3_bind_int64(statement, 1, (gint64)record->sequence);
        (void)sqlite3_bind_int64(statement, 2, (gint64)record->time_usec);
        for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
                (void)sqlite3_bind_text(statement, 3 + (int)i, texts[i], -1, SQLITE_TRANSIENT);
        (void)sqlite3_bind_blob(statement, 9, record->previous, OMG_AUDIT_HASH, SQLITE_TRANSIENT);
        (void)sqlite3_bind_blob(statement, 10, record->hash, OMG_AUDIT_HASH, SQLITE_TRANSIENT);
}

static gboolean read_head_of(OmgDatabase *db, const char *sql, OmgAuditHead *ret_head,
                             GError **error)
{
        OmgAuditHead head = {0};
        sqlite3_stmt *row = omg_database_query(db, error, sql, "");
        int r = row ? omg_database_step(db, row, error) : -1;

        if (r < 0)
                return FALSE;
        if (r > 0) {
                head.sequence = omg_statement_get_time(row, 0);
                (void)omg_audit_read_hash(row, 1, head.hash);
                (void)sqlite3_reset(row);
        }
        *ret_head = head;
        return TRUE;
}

gboolean omg_audit_read_archived(OmgDatabase *db, OmgAuditHead *ret_head, GError **error)
{
        return read_head_of(db, "SELECT last, head FROM segments ORDER BY number DESC LIMIT 1",
                            ret_head, error);
}

gboolean omg_audit_read_head(OmgDatabase *db, OmgAuditHead *ret_head, GError **error)
{
        return read_head_of(db, "SELECT seq, hash FROM chain", ret_head, error);
}

typedef struct {
        const OmgAuditRecord *records;
        gsize n;
        guint64 last;
        guint64 n_here; /* not archived */
} Append;

/* A trigger that somebody put there could swallow the row: that it came in is checked. */
static gboolean insert(OmgDatabase *db, const OmgAuditRecord *record, GError **error)
{
        sqlite3_stmt *statement = omg_database_query(db, error,
                                                     "INSERT INTO records (" OMG_AUDIT_COLUMNS
                                                     ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                                     "");

        if (!statement)
                return FALSE;
        omg_audit_row_bind(statement, record);
        if (omg_database_step(db, statement, error) != 0)
                return FALSE;
        if (omg_database_get_changes(db) == 1)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_LOG_TAMPERED, "%s takes no record",
                    omg_database_get_path(db));
        return FALSE;
}

static gboolean write_head(OmgDatabase *db, const OmgAuditHead *head, GError **error)
{
        g_autoptr(GBytes) hash = g_bytes_new(head->hash, sizeof(head->hash));

        return omg_database_execute(db, error,
                                    "INSERT INTO chain (id, seq, hash, origin) VALUES (1, ?, ?, ?)"
                                    " ON CONFLICT (id) DO UPDATE SET seq = excluded.seq,"
                                    " hash = excluded.hash",
                                    "tbs", head->sequence, hash, db->last_aside);
}

static gboolean append(OmgDatabase *db, gpointer data, GError **error)
{
        Append *call = data;
        OmgAuditHead head, archived;

        if (!omg_audit_read_head(db, &head, error) ||
            !omg_audit_read_archived(db, &archived, error))
                return FALSE;
        for (gsize i = 0; i < call->n; i++) {
                OmgAuditRecord record = call->records[i];
                record.sequence = ++head.sequence;
                memcpy(record.previous, head.hash, sizeof(head.hash));
                omg_audit_record_hash(&record, record.hash);
                if (!insert(db, &record, error))
                        return FALSE;
                memcpy(head.hash, record.hash, sizeof(head.hash));
        }
        call->last = head.sequence;
        call->n_here = head.sequence - archived.sequence;
        return write_head(db, &head, error);
}

static gboolean check_record(const OmgAuditRecord *record, GError **error)
{
        gsize length = strlen(record->event) + strlen(record->severity) + strlen(record->actor) +
                       strlen(record->resource) + strlen(record->description) +
                       (record->metadata ? strlen(record->metadata) : 0);

        if (length <= OMG_LIMIT_AUDIT_TEXT)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                    "a record of the audit log has more than %u bytes", OMG_LIMIT_AUDIT_TEXT);
        return FALSE;
}

gboolean omg_audit_db_append(OmgAuditDb *audit, const OmgAuditRecord *records, gsize n,
                             guint64 *ret_last, GError **error)
{
        Append call = {records, n, 0, 0};

        for (gsize i = 0; i < n; i++)
                if (!check_record(&records[i], error))
                        return FALSE;
        if (!omg_database_write(audit->db, append, &call, error))
                return FALSE;
        /* When it fails, not at each record anew. */
        if (call.n_here >= OMG_LIMIT_AUDIT_RECORDS &&
            (call.n_here - n) / 1000 != call.n_here / 1000)
                (void)omg_audit_db_rotate(audit, OMG_LIMIT_AUDIT_RECORDS / 2, g_get_real_time(),
                                          NULL, NULL);
        if (ret_last)
                *ret_last = call.last;
        return TRUE;
}

static gboolean get_head(OmgDatabase *db, gpointer ret_head, GError **error)
{
        return omg_audit_read_head(db, ret_head, error);
}

gboolean omg_audit_db_get_head(OmgAuditDb *audit, guint64 *ret_sequence,
                               guint8 ret_hash[OMG_AUDIT_HASH], GError **error)
{
        OmgAuditHead head;

        if (!omg_database_read(audit->db, get_head, &head, error))
                return FALSE;
        *ret_sequence = head.sequence;
        memcpy(ret_hash, head.hash, sizeof(head.hash));
        return TRUE;
}

void omg_audit_page_clear(OmgAuditPage *page)
{
        g_clear_pointer(&page->records, g_ptr_array_unref);
}

typedef struct {
        const OmgAuditQuery *query;
        char *events; /* " one two ", or NULL */
        char *severities;
        OmgAuditPage page;
} List;

#define MATCHES                                                   \
        " FROM records WHERE seq <= ?1 AND time >= ?2"            \
        " AND (?3 IS NULL OR instr(?3, ' ' || event || ' ') > 0)" \
        " AND (?4 IS NULL OR instr(?4, ' ' || severity || ' ') > 0)"

static gboolean choose_until(OmgDatabase *db, List *call, OmgAuditHead *archived, GError **error)
{
        guint64 until = call->query->until;
        OmgAuditHead head;

        if (!omg_audit_read_head(db, &head, error) || !omg_audit_read_archived(db, archived, error))
                return FALSE;
        call->page.until = until > 0 ? until : head.sequence;
        if (until <= head.sequence)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                    "the log has no record %" G_GUINT64_FORMAT ", it ends with %" G_GUINT64_FORMAT,
                    until, head.sequence);
        return FALSE;
}

static gboolean count_records(OmgDatabase *db, List *call, GError **error)
{
        sqlite3_stmt *row =
                omg_database_query(db, error, "SELECT count(*)" MATCHES, "ttss", call->page.until,
                                   call->query->since_usec, call->events, call->severities);
        int r = row ? omg_database_step(db, row, error) : -1;

        if (r <= 0)
                return FALSE;
        call->page.total = (guint)MIN(omg_statement_get_time(row, 0), G_MAXUINT);
        (void)sqlite3_reset(row);
        return TRUE;
}

/* Archived ones are older than the oldest that is here, as far as the clock went forward. */
static gboolean look_at_oldest(OmgDatabase *db, List *call, const OmgAuditHead *archived,
                               GError **error)
{
        guint64 oldest; /* the greatest number: none is here */

        if (!omg_database_count(
                    db, "SELECT coalesce((SELECT time FROM records ORDER BY seq LIMIT 1), -1)",
                    &oldest, error))
                return FALSE;
        call->page.is_complete = archived->sequence == 0 || call->query->since_usec > oldest;
        return TRUE;
}

static gboolean list(OmgDatabase *db, gpointer data, GError **error)
{
        List *call = data;
        OmgAuditHead archived;

        g_ptr_array_set_size(call->page.records, 0);
        if (!choose_until(db, call, &archived, error) || !count_records(db, call, error) ||
            !look_at_oldest(db, call, &archived, error))
                return FALSE;

        sqlite3_stmt *row = omg_database_query(
                db, error,
                "SELECT " OMG_AUDIT_COLUMNS MATCHES " ORDER BY seq DESC LIMIT ?5 OFFSET ?6",
                "ttssuu", call->page.until, call->query->since_usec, call->events, call->severities,
                call->query->limit, call->query->offset);
        int r = -1;
        while (row && (r = omg_database_step(db, row, error)) > 0)
                g_ptr_array_add(call->page.records, omg_audit_row_read(row));
        return r == 0;
}

static char *join_words(const char *const *words)
{
        g_autofree char *joined = words ? g_strjoinv(" ", (char **)words) : NULL;

        return joined ? g_strconcat(" ", joined, " ", NULL) : NULL;
}

gboolean omg_audit_db_list(OmgAuditDb *audit, const OmgAuditQuery *query, OmgAuditPage *ret_page,
                           GError **error)
{
        g_autofree char *events = join_words(query->events);
        g_autofree char *severities = join_words(query->severities);
        List call = {
                .query = query,
                .events = events,
                .severities = severities,
                .page.records =
                        g_ptr_array_new_with_free_func((GDestroyNotify)omg_audit_record_free),
        };

        if (!omg_database_read(audit->db, list, &call, error)) {
                omg_audit_page_clear(&call.page);
                return FALSE;
        }
        *ret_page = call.page;
        return TRUE;
}

typedef struct {
        const char *event;
        const char *member;
        GHashTable *found;
} Details;

/* Who changes a record may have left anything for metadata. */
static gboolean list_details(OmgDatabase *db, gpointer data, GError **error)
{
        const Details *call = data;
        sqlite3_stmt *row = omg_database_query(
                db, error,
                "SELECT DISTINCT resource, CASE WHEN ?2 IS NULL THEN description"
                " WHEN json_valid(metadata) THEN json_extract(metadata, '$.' || ?2) END"
                " FROM records WHERE event = ?1",
                "ss", call->event, call->member);
        int r = -1;

        g_hash_table_remove_all(call->found);
        while (row && (r = omg_database_step(db, row, error)) > 0) {
                g_autofree char *resource = omg_statement_dup_text(row, 0);
                g_autofree char *detail = omg_statement_dup_text(row, 1);

                if (resource && detail)
                        (void)g_hash_table_add(call->found,
                                               g_strconcat(resource, "\n", detail, NULL));
        }
        return r == 0;
}

gboolean omg_audit_db_list_details(OmgAuditDb *audit, const char *event, const char *member,
                                   GHashTable **ret_details, GError **error)
{
        g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        Details call = {event, member, found};

        if (!omg_database_read(audit->db, list_details, &call, error))
                return FALSE;
        *ret_details = g_steal_pointer(&found);
        return TRUE;
}
