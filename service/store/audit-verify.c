/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "store/audit-private.h"
#include "store/database-vfs.h"

/* What the next record must be. */
typedef struct {
        OmgAuditDb *audit;
        OmgAuditVerdict verdict;
        OmgAuditHead at; /* the last record seen */
        guint64 pinned;
        const guint8 *pinned_hash;
        gboolean pinned_seen;
} Walk;

G_GNUC_PRINTF(3, 4)
static gboolean fail(Walk *walk, guint64 sequence, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        if (walk->verdict.is_ok) {
                walk->verdict.is_ok = FALSE;
                walk->verdict.first_bad = sequence;
                walk->verdict.reason = g_strdup_vprintf(format, args);
        }
        va_end(args);
        return FALSE;
}

static gboolean check_pinned(Walk *walk, guint64 sequence, const guint8 *hash)
{
        if (sequence != walk->pinned)
                return TRUE;
        walk->pinned_seen = TRUE;
        return memcmp(hash, walk->pinned_hash, OMG_AUDIT_HASH) == 0 ||
               fail(walk, sequence,
                    "record %" G_GUINT64_FORMAT " is not the one of the pinned head", sequence);
}

static gboolean check_record(Walk *walk, const OmgAuditRecord *record)
{
        guint64 expected = walk->at.sequence + 1;

        if (record->sequence != expected)
                return fail(walk, expected, "record %" G_GUINT64_FORMAT " is missing", expected);
        if (memcmp(record->previous, walk->at.hash, OMG_AUDIT_HASH) != 0)
                return fail(walk, expected,
                            "record %" G_GUINT64_FORMAT " does not follow the one before it",
                            expected);
        if (!record->is_intact)
                return fail(walk, expected, "record %" G_GUINT64_FORMAT " was changed", expected);
        walk->at.sequence = expected;
        memcpy(walk->at.hash, record->hash, OMG_AUDIT_HASH);
        walk->verdict.n_checked++;
        return check_pinned(walk, expected, record->hash);
}

typedef struct {
        guint64 first;
        guint64 last;
        guint8 prev[OMG_AUDIT_HASH];
        guint8 head[OMG_AUDIT_HASH];
        char *file;
} Segment;

static void segment_free(Segment *segment)
{
        g_free(segment->file);
        g_free(segment);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Segment, segment_free)

static void walk_archive(Walk *walk, const Segment *segment, sqlite3 *handle)
{
        sqlite3_stmt *row = NULL;
        int r = sqlite3_prepare_v2(handle, "SELECT " OMG_AUDIT_COLUMNS " FROM records ORDER BY seq",
                                   -1, &row, NULL);

        while (r == SQLITE_OK && (r = sqlite3_step(row)) == SQLITE_ROW) {
                g_autoptr(OmgAuditRecord) record = omg_audit_row_read(row);
                r = check_record(walk, record) ? SQLITE_OK : SQLITE_ABORT;
        }
        (void)sqlite3_finalize(row);
        if (r != SQLITE_DONE)
                (void)fail(walk, walk->at.sequence + 1, "%s cannot be read: %s", segment->file,
                           sqlite3_errstr(r));
        else if (walk->at.sequence != segment->last ||
                 memcmp(walk->at.hash, segment->head, OMG_AUDIT_HASH) != 0)
                (void)fail(walk, walk->at.sequence + 1, "%s does not end where it should",
                           segment->file);
}

/* Its file may have been moved away: then what is left of it is its last hash. */
static void skip_archive(Walk *walk, const Segment *segment)
{
        walk->verdict.n_missing++;
        walk->at.sequence = segment->last;
        memcpy(walk->at.hash, segment->head, OMG_AUDIT_HASH);
        if (walk->pinned >= segment->first && walk->pinned < segment->last)
                (void)fail(walk, walk->pinned, "%s, which had the pinned head, is not there",
                           segment->file);
        else
                (void)check_pinned(walk, segment->last, segment->head);
}

static void walk_segment(Walk *walk, const Segment *segment)
{
        g_autofree char *path = g_build_filename(walk->audit->dir, segment->file, NULL);
        g_autofree char *escaped = g_uri_escape_string(path, "/", TRUE);
        g_autofree char *uri = g_strdup_printf("file:%s?immutable=1", escaped);
        sqlite3 *handle = NULL;
        struct stat st;

        if (segment->first != walk->at.sequence + 1 ||
            memcmp(segment->prev, walk->at.hash, OMG_AUDIT_HASH) != 0) {
                (void)fail(walk, walk->at.sequence + 1, "%s does not follow what is before it",
                           segment->file);
                return;
        }
        /* A name of ours is one in this folder. */
        if (strchr(segment->file, '/')) {
                (void)fail(walk, segment->first, "%s is no archive of this log", segment->file);
                return;
        }
        if (lstat(path, &st) < 0 && errno == ENOENT) {
                skip_archive(walk, segment);
                return;
        }
        int r = sqlite3_open_v2(uri, &handle,
                                SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
                                omg_vfs_get_name(FALSE));
        if (r == SQLITE_OK)
                walk_archive(walk, segment, handle);
        else
                (void)fail(walk, segment->first, "%s cannot be read: %s", segment->file,
                           sqlite3_errstr(r));
        (void)sqlite3_close(handle);
}

static gboolean walk_segments(OmgDatabase *db, Walk *walk, GError **error)
{
        sqlite3_stmt *row = omg_database_query(
                db, error, "SELECT first, last, prev, head, file FROM segments ORDER BY number",
                "");
        int r = -1;

        while (row && (r = omg_database_step(db, row, error)) > 0) {
                g_autoptr(Segment) segment = g_new0(Segment, 1);
                segment->first = omg_statement_get_time(row, 0);
                segment->last = omg_statement_get_time(row, 1);
                (void)omg_audit_read_hash(row, 2, segment->prev);
                (void)omg_audit_read_hash(row, 3, segment->head);
                segment->file = omg_statement_dup_text(row, 4);
                if (walk->verdict.is_ok)
                        walk_segment(walk, segment);
        }
        return r == 0;
}

static gboolean walk_records(OmgDatabase *db, Walk *walk, GError **error)
{
        sqlite3_stmt *row = omg_database_query(
                db, error, "SELECT " OMG_AUDIT_COLUMNS " FROM records ORDER BY seq", "");
        int r = -1;

        while (row && (r = omg_database_step(db, row, error)) > 0) {
                g_autoptr(OmgAuditRecord) record = omg_audit_row_read(row);
                if (walk->verdict.is_ok)
                        (void)check_record(walk, record);
        }
        return r == 0;
}

static void check_end(Walk *walk, const OmgAuditHead *head)
{
        guint64 next = walk->at.sequence + 1;

        if (!walk->verdict.is_ok)
                return;
        if (head->sequence != walk->at.sequence ||
            memcmp(head->hash, walk->at.hash, OMG_AUDIT_HASH) != 0)
                (void)fail(walk, MIN(next, head->sequence + 1),
                           "the log does not end with its head, record %" G_GUINT64_FORMAT,
                           head->sequence);
        else if (walk->pinned > 0 && !walk->pinned_seen)
                (void)fail(walk, next,
                           "the log ends before the pinned head, record %" G_GUINT64_FORMAT,
                           walk->pinned);
}

static gboolean read_origin(OmgDatabase *db, Walk *walk, GError **error)
{
        sqlite3_stmt *row = omg_database_query(db, error, "SELECT origin FROM chain", "");
        int r = row ? omg_database_step(db, row, error) : -1;

        if (r > 0)
                walk->verdict.origin = omg_statement_dup_text(row, 0);
        return r >= 0;
}

static gboolean verify(OmgDatabase *db, gpointer data, GError **error)
{
        Walk *walk = data;
        OmgAuditHead head;

        omg_audit_verdict_clear(&walk->verdict);
        walk->verdict = (OmgAuditVerdict){.is_ok = TRUE};
        walk->at = (OmgAuditHead){0};
        walk->pinned_seen = FALSE;
        if (!omg_audit_read_head(db, &head, error) || !read_origin(db, walk, error) ||
            !walk_segments(db, walk, error) || !walk_records(db, walk, error))
                return FALSE;
        check_end(walk, &head);
        return TRUE;
}

gboolean omg_audit_db_verify(OmgAuditDb *audit, guint64 pinned,
                             const guint8 pinned_hash[OMG_AUDIT_HASH], OmgAuditVerdict *ret_verdict,
                             GError **error)
{
        Walk walk = {.audit = audit, .pinned = pinned, .pinned_hash = pinned_hash};

        if (!omg_database_read(audit->db, verify, &walk, error)) {
                omg_audit_verdict_clear(&walk.verdict);
                return FALSE;
        }
        if (!walk.verdict.reason)
                walk.verdict.reason = g_strdup("");
        *ret_verdict = walk.verdict;
        return TRUE;
}
