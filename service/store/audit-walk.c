/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/audit-walk.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "store/audit-private.h"
#include "store/database-vfs.h"

/* An archive, as the log knows it. */
typedef struct {
        guint64 number; /* 0: none */
        guint64 first;
        guint64 last;
        guint8 prev[OMG_AUDIT_HASH];
        guint8 head[OMG_AUDIT_HASH];
        char *file;
} Segment;

struct OmgAuditWalk {
        guint64 pinned;
        guint8 pinned_hash[OMG_AUDIT_HASH];
        guint n_asides; /* of the file that is walked */
        gboolean has_begun;

        OmgAuditVerdict verdict;
        OmgAuditHead at; /* the last record seen */
        gboolean pinned_seen;
        gboolean is_done;
        guint n_left;       /* records of this step */
        Segment segment;    /* the archive at hand, or the one before */
        sqlite3 *archive;   /* the one at hand; NULL: none */
        gboolean is_live;   /* what is not archived is at hand */
        gboolean is_within; /* some of what is at hand was read */
};

void omg_audit_verdict_clear(OmgAuditVerdict *verdict)
{
        g_clear_pointer(&verdict->reason, g_free);
        g_clear_pointer(&verdict->origin, g_free);
}

static void close_archive(OmgAuditWalk *walk)
{
        (void)sqlite3_close(walk->archive);
        walk->archive = NULL;
}

/* From the beginning. */
static void reset(OmgAuditWalk *walk)
{
        omg_audit_verdict_clear(&walk->verdict);
        walk->verdict = (OmgAuditVerdict){.is_ok = TRUE};
        walk->at = (OmgAuditHead){0};
        walk->pinned_seen = walk->is_done = walk->is_within = walk->is_live = FALSE;
        close_archive(walk);
        g_free(walk->segment.file);
        walk->segment = (Segment){0};
}

OmgAuditWalk *omg_audit_walk_new(guint64 pinned, const guint8 pinned_hash[OMG_AUDIT_HASH])
{
        OmgAuditWalk *walk = g_new0(OmgAuditWalk, 1);

        walk->pinned = pinned;
        if (pinned > 0)
                memcpy(walk->pinned_hash, pinned_hash, OMG_AUDIT_HASH);
        return walk;
}

void omg_audit_walk_free(OmgAuditWalk *walk)
{
        if (!walk)
                return;
        reset(walk);
        g_free(walk);
}

const OmgAuditVerdict *omg_audit_walk_get_verdict(const OmgAuditWalk *walk)
{
        return &walk->verdict;
}

/* ---- one record ---- */

G_GNUC_PRINTF(3, 4)
static gboolean fail(OmgAuditWalk *walk, guint64 sequence, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        if (walk->verdict.is_ok) {
                walk->verdict.is_ok = FALSE;
                walk->verdict.first_bad = sequence;
                walk->verdict.reason = g_strdup_vprintf(format, args);
        }
        va_end(args);
        walk->is_done = TRUE;
        return FALSE;
}

static gboolean check_pinned(OmgAuditWalk *walk, guint64 sequence, const guint8 *hash)
{
        if (sequence != walk->pinned)
                return TRUE;
        walk->pinned_seen = TRUE;
        return memcmp(hash, walk->pinned_hash, OMG_AUDIT_HASH) == 0 ||
               fail(walk, sequence,
                    "record %" G_GUINT64_FORMAT " is not the one of the pinned head", sequence);
}

static gboolean check_record(OmgAuditWalk *walk, const OmgAuditRecord *record)
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

/* The next rows; whatever stands before the first one that should be there is found as well. */
#define NEXT_SQL "SELECT " OMG_AUDIT_COLUMNS " FROM records WHERE seq >= ? ORDER BY seq LIMIT ?"
/* What stands there without a number is in no such list. */
#define COUNT_SQL "SELECT count(*) FROM records"

static gint64 get_from(OmgAuditWalk *walk)
{
        gint64 from = walk->is_within ? (gint64)walk->at.sequence + 1 : G_MININT64;

        walk->is_within = TRUE;
        return from;
}

/* ---- archives ---- */

/* SQLITE_DONE: all of them were read. */
static int read_archive(OmgAuditWalk *walk)
{
        sqlite3_stmt *row = NULL;
        int r = sqlite3_prepare_v2(walk->archive, NEXT_SQL, -1, &row, NULL);

        if (r != SQLITE_OK)
                return r;
        (void)sqlite3_bind_int64(row, 1, get_from(walk));
        (void)sqlite3_bind_int64(row, 2, walk->n_left);
        while ((r = sqlite3_step(row)) == SQLITE_ROW) {
                g_autoptr(OmgAuditRecord) record = omg_audit_row_read(row);

                walk->n_left--;
                if (!check_record(walk, record))
                        break;
        }
        (void)sqlite3_finalize(row);
        return r;
}

static gboolean count_archive(OmgAuditWalk *walk, guint64 *ret_count)
{
        sqlite3_stmt *row = NULL;
        gboolean done = sqlite3_prepare_v2(walk->archive, COUNT_SQL, -1, &row, NULL) == SQLITE_OK &&
                        sqlite3_step(row) == SQLITE_ROW;

        if (done)
                *ret_count = (guint64)sqlite3_column_int64(row, 0);
        (void)sqlite3_finalize(row);
        return done;
}

static void check_archive_end(OmgAuditWalk *walk)
{
        const Segment *segment = &walk->segment;
        guint64 n = 0;

        if (walk->at.sequence != segment->last ||
            memcmp(walk->at.hash, segment->head, OMG_AUDIT_HASH) != 0)
                (void)fail(walk, walk->at.sequence + 1, "%s does not end where it should",
                           segment->file);
        else if (!count_archive(walk, &n) || n != segment->last - segment->first + 1)
                (void)fail(walk, segment->last, "%s has another number of records than it should",
                           segment->file);
}

static void walk_archive(OmgAuditWalk *walk)
{
        int r = read_archive(walk);

        if (walk->is_done || (r == SQLITE_DONE && walk->n_left == 0))
                return;
        if (r == SQLITE_DONE)
                check_archive_end(walk);
        else
                (void)fail(walk, walk->at.sequence + 1, "%s cannot be read: %s", walk->segment.file,
                           sqlite3_errstr(r));
        close_archive(walk);
        walk->is_within = FALSE;
}

/* Its file may have been moved away: then what is left of it is its last hash. */
static void skip_archive(OmgAuditWalk *walk)
{
        const Segment *segment = &walk->segment;

        walk->verdict.n_missing++;
        walk->at.sequence = segment->last;
        memcpy(walk->at.hash, segment->head, OMG_AUDIT_HASH);
        walk->is_within = FALSE;
        if (!walk->pinned_seen && walk->pinned >= segment->first && walk->pinned < segment->last)
                (void)fail(walk, walk->pinned, "%s, which had the pinned head, is not there",
                           segment->file);
        else
                (void)check_pinned(walk, segment->last, segment->head);
}

/* What was read before it was archived needs no second look. */
static gboolean follows(OmgAuditWalk *walk)
{
        const Segment *segment = &walk->segment;
        guint64 next = walk->at.sequence + 1;

        if (walk->is_live && segment->first < next)
                return TRUE;
        walk->is_within = FALSE;
        return (segment->first == next &&
                memcmp(segment->prev, walk->at.hash, OMG_AUDIT_HASH) == 0) ||
               fail(walk, next, "%s does not follow what is before it", segment->file);
}

static void open_archive(OmgAuditWalk *walk, const char *dir)
{
        const Segment *segment = &walk->segment;
        g_autofree char *path = g_build_filename(dir, segment->file, NULL);
        g_autofree char *escaped = g_uri_escape_string(path, "/", TRUE);
        g_autofree char *uri = g_strdup_printf("file:%s?immutable=1", escaped);
        struct stat st;

        if (!follows(walk) || (walk->is_live && segment->last <= walk->at.sequence))
                return;
        walk->is_live = FALSE;
        /* A name of ours is one in this folder. */
        if (strchr(segment->file, '/')) {
                (void)fail(walk, segment->first, "%s is no archive of this log", segment->file);
                return;
        }
        if (lstat(path, &st) < 0 && errno == ENOENT) {
                skip_archive(walk);
                return;
        }
        int r = sqlite3_open_v2(uri, &walk->archive,
                                SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
                                omg_vfs_get_name(FALSE));
        if (r == SQLITE_OK)
                return;
        (void)fail(walk, segment->first, "%s cannot be read: %s", segment->file, sqlite3_errstr(r));
        close_archive(walk);
}

/* 1: another one, and it is opened; 0: there is none; -1: error. */
static int find_archive(OmgDatabase *db, OmgAuditWalk *walk, GError **error)
{
        sqlite3_stmt *row =
                omg_database_query(db, error,
                                   "SELECT number, first, last, prev, head, file FROM segments"
                                   " WHERE number > ? ORDER BY number LIMIT 1",
                                   "t", walk->segment.number);
        int r = row ? omg_database_step(db, row, error) : -1;

        if (r <= 0)
                return r;
        g_free(walk->segment.file);
        walk->segment = (Segment){
                .number = omg_statement_get_time(row, 0),
                .first = omg_statement_get_time(row, 1),
                .last = omg_statement_get_time(row, 2),
                .file = omg_statement_dup_text(row, 5) ?: g_strdup(""),
        };
        (void)omg_audit_read_hash(row, 3, walk->segment.prev);
        (void)omg_audit_read_hash(row, 4, walk->segment.head);
        (void)sqlite3_reset(row);
        return 1;
}

/* ---- what is not archived ---- */

static void check_end(OmgAuditWalk *walk, const OmgDatabase *db, const OmgAuditHead *head,
                      guint64 n_here)
{
        guint64 next = walk->at.sequence + 1;

        if (head->sequence != walk->at.sequence ||
            memcmp(head->hash, walk->at.hash, OMG_AUDIT_HASH) != 0)
                (void)fail(walk, MIN(next, head->sequence + 1),
                           "the log does not end with its head, record %" G_GUINT64_FORMAT,
                           head->sequence);
        else if (n_here != walk->at.sequence - walk->segment.last)
                (void)fail(walk, next, "the log has another number of records than it should");
        else if (!omg_database_is_in_place(db))
                (void)fail(walk, MAX(walk->at.sequence, 1),
                           "%s was removed or replaced while it was open",
                           omg_database_get_path(db));
        else if (walk->pinned > 0 && !walk->pinned_seen)
                (void)fail(walk, next,
                           "the log ends before the pinned head, record %" G_GUINT64_FORMAT,
                           walk->pinned);
        walk->is_done = TRUE;
}

static gboolean walk_records(OmgDatabase *db, OmgAuditWalk *walk, GError **error)
{
        guint64 n_here;
        OmgAuditHead head;

        walk->is_live = TRUE;
        sqlite3_stmt *row =
                omg_database_query(db, error, NEXT_SQL, "tu", get_from(walk), walk->n_left);
        int r = -1;
        while (row && (r = omg_database_step(db, row, error)) > 0) {
                g_autoptr(OmgAuditRecord) record = omg_audit_row_read(row);

                walk->n_left--;
                if (!check_record(walk, record)) {
                        (void)sqlite3_reset(row);
                        return TRUE;
                }
        }
        if (r < 0 || walk->n_left == 0)
                return r == 0;
        if (!omg_audit_read_head(db, &head, error) ||
            !omg_database_count(db, COUNT_SQL, &n_here, error))
                return FALSE;
        check_end(walk, db, &head, n_here);
        return TRUE;
}

/* ---- the whole ---- */

static gboolean read_origin(OmgDatabase *db, OmgAuditWalk *walk, GError **error)
{
        sqlite3_stmt *row = omg_database_query(db, error, "SELECT seq, origin FROM chain", "");
        int r = row ? omg_database_step(db, row, error) : -1;

        if (r > 0) {
                walk->verdict.head = omg_statement_get_time(row, 0);
                g_free(walk->verdict.origin);
                walk->verdict.origin = omg_statement_dup_text(row, 1);
                (void)sqlite3_reset(row);
        }
        return r >= 0;
}

typedef struct {
        OmgAuditDb *audit;
        OmgAuditWalk *walk;
        guint n;
} Step;

/* Another file than that of the step before has another log in it. */
static gboolean step(OmgDatabase *db, gpointer data, GError **error)
{
        const Step *call = data;
        OmgAuditWalk *walk = call->walk;

        if (!walk->has_begun || walk->n_asides != db->n_asides)
                reset(walk);
        walk->has_begun = TRUE;
        walk->n_asides = db->n_asides;
        walk->n_left = call->n;
        if (!read_origin(db, walk, error))
                return FALSE;
        while (!walk->is_done && walk->n_left > 0) {
                int r = walk->archive ? 1 : find_archive(db, walk, error);

                if (r < 0 || (r == 0 && !walk_records(db, walk, error)))
                        return FALSE;
                if (r > 0 && !walk->archive)
                        open_archive(walk, call->audit->dir);
                if (walk->archive && !walk->is_done)
                        walk_archive(walk);
        }
        return TRUE;
}

gboolean omg_audit_walk_step(OmgAuditWalk *walk, OmgAuditDb *audit, guint n, gboolean *ret_is_done,
                             GError **error)
{
        Step call = {audit, walk, n};

        if (!omg_database_read(audit->db, step, &call, error))
                return FALSE;
        if (walk->is_done && !walk->verdict.reason)
                walk->verdict.reason = g_strdup("");
        *ret_is_done = walk->is_done;
        return TRUE;
}

gboolean omg_audit_db_verify(OmgAuditDb *audit, guint64 pinned,
                             const guint8 pinned_hash[OMG_AUDIT_HASH], OmgAuditVerdict *ret_verdict,
                             GError **error)
{
        g_autoptr(OmgAuditWalk) walk = omg_audit_walk_new(pinned, pinned_hash);
        gboolean is_done = FALSE;

        while (!is_done)
                if (!omg_audit_walk_step(walk, audit, G_MAXINT32, &is_done, error))
                        return FALSE;
        *ret_verdict = walk->verdict;
        walk->verdict.reason = walk->verdict.origin = NULL;
        return TRUE;
}
