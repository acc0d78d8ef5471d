/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit log: what is appended is there, what is done to it behind its back is found. */
#include <glib.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits-store.h"
#include "killed.h"
#include "store/audit-db.h"

#define NOW     G_GUINT64_CONSTANT(1780000000000000)
#define N_KILLS 200u

typedef struct {
        char *dir;
        char *path;
        OmgAuditDb *audit;
        GError *error;
} Fixture;

static void open_log(Fixture *f)
{
        f->audit = omg_audit_db_new(f->dir);
        OmgDatabase *db = omg_audit_db_get_database(f->audit);
        g_assert_cmpint(omg_database_get_state(db, NULL), ==, OMG_DATABASE_OK);
}

static void close_log(Fixture *f)
{
        g_clear_pointer(&f->audit, omg_audit_db_free);
}

static void set_up(Fixture *f, gconstpointer unused)
{
        const char *parent = g_access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();

        f->dir = g_build_filename(parent, "omg-audit-XXXXXX", NULL);
        g_assert_nonnull(g_mkdtemp(f->dir));
        f->path = g_build_filename(f->dir, "audit.db", NULL);
        open_log(f);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        const char *name;

        g_assert_no_error(f->error);
        close_log(f);
        GDir *folder = g_dir_open(f->dir, 0, NULL);
        while ((name = g_dir_read_name(folder))) {
                g_autofree char *path = g_build_filename(f->dir, name, NULL);
                g_assert_cmpint(g_unlink(path), ==, 0);
        }
        g_dir_close(folder);
        g_assert_cmpint(g_rmdir(f->dir), ==, 0);
        g_free(f->path);
        g_free(f->dir);
}

static const OmgAuditRecord sample = {
        .time_usec = NOW,
        .event = (char *)"package_upgrade",
        .severity = (char *)"info",
        .actor = (char *)"uid 1000",
        .resource = (char *)"openssl",
        .description = (char *)"3.0-1 to 3.0-2",
        .metadata = (char *)"{\"repository\":\"core\"}",
};

static gboolean try_append(Fixture *f, guint n, GError **error)
{
        g_autofree OmgAuditRecord *records = g_new0(OmgAuditRecord, n);
        guint64 last;

        for (guint i = 0; i < n; i++) {
                records[i] = sample;
                records[i].time_usec = NOW + i;
        }
        return omg_audit_db_append(f->audit, records, n, &last, error);
}

static void append(Fixture *f, guint n)
{
        g_assert_true(try_append(f, n, &f->error));
}

static guint64 get_head(Fixture *f, guint8 hash[OMG_AUDIT_HASH])
{
        guint64 sequence = 99;

        g_assert_true(omg_audit_db_get_head(f->audit, &sequence, hash, &f->error));
        return sequence;
}

static GPtrArray *list(Fixture *f, const OmgAuditQuery *query)
{
        OmgAuditPage page;

        g_assert_true(omg_audit_db_list(f->audit, query, &page, &f->error));
        return page.records;
}

static void verify(Fixture *f, guint64 pinned, const guint8 *hash, OmgAuditVerdict *ret_verdict)
{
        g_assert_true(omg_audit_db_verify(f->audit, pinned, hash, ret_verdict, &f->error));
}

static void assert_good(Fixture *f, guint n)
{
        g_auto(OmgAuditVerdict) verdict = {0};

        verify(f, 0, NULL, &verdict);
        g_assert_cmpstr(verdict.reason, ==, "");
        g_assert_true(verdict.is_ok);
        g_assert_cmpuint(verdict.n_checked, ==, n);
        g_assert_cmpuint(verdict.first_bad, ==, 0);
}

static void assert_bad(Fixture *f, guint64 first_bad, const char *reason)
{
        g_auto(OmgAuditVerdict) verdict = {0};

        verify(f, 0, NULL, &verdict);
        g_assert_false(verdict.is_ok);
        g_assert_cmpuint(verdict.first_bad, ==, first_bad);
        if (!strstr(verdict.reason, reason))
                g_error("\"%s\" does not say \"%s\"", verdict.reason, reason);
}

/* As somebody would with sqlite3(1), while omgd is stopped. */
static void tamper(Fixture *f, const char *file, const char *sql)
{
        g_autofree char *path = g_build_filename(f->dir, file, NULL);
        sqlite3 *handle;

        close_log(f);
        g_assert_cmpint(sqlite3_open(path, &handle), ==, SQLITE_OK);
        g_assert_cmpint(sqlite3_exec(handle, sql, NULL, NULL, NULL), ==, SQLITE_OK);
        g_assert_cmpint(sqlite3_close(handle), ==, SQLITE_OK);
        open_log(f);
}

/* Empty, then with records over a restart: numbers, chain, fields, newest first. */
static void test_append(Fixture *f, gconstpointer unused)
{
        static const guint8 zeros[OMG_AUDIT_HASH];
        g_autoptr(GPtrArray) records = NULL, late = NULL;
        guint8 hash[OMG_AUDIT_HASH];

        g_assert_cmpuint(get_head(f, hash), ==, 0);
        g_assert_cmpmem(hash, sizeof(hash), zeros, sizeof(zeros));
        assert_good(f, 0);
        append(f, 3);
        close_log(f);
        open_log(f);
        append(f, 2);
        assert_good(f, 5);
        g_assert_cmpuint(get_head(f, hash), ==, 5);

        records = list(f, &(OmgAuditQuery){.limit = 3, .offset = 1});
        g_assert_cmpuint(records->len, ==, 3);
        const OmgAuditRecord *fourth = records->pdata[0], *third = records->pdata[1];
        g_assert_cmpuint(fourth->sequence, ==, 4);
        g_assert_cmpstr(fourth->event, ==, sample.event);
        g_assert_cmpstr(fourth->severity, ==, sample.severity);
        g_assert_cmpstr(fourth->actor, ==, sample.actor);
        g_assert_cmpstr(fourth->resource, ==, sample.resource);
        g_assert_cmpstr(fourth->description, ==, sample.description);
        g_assert_cmpstr(fourth->metadata, ==, sample.metadata);
        g_assert_cmpmem(fourth->previous, OMG_AUDIT_HASH, third->hash, OMG_AUDIT_HASH);
        g_assert_true(fourth->is_intact);
        late = list(f, &(OmgAuditQuery){.since_usec = NOW + 1, .limit = 100});
        g_assert_cmpuint(late->len, ==, 3);
}

/* The hash is the documented one: computed here in another way, from the bytes as they are
 * described. */
static void add_field(GByteArray *bytes, const void *data, gsize length)
{
        guint64 prefix = GUINT64_TO_LE(length);

        g_byte_array_append(bytes, (const guint8 *)&prefix, sizeof(prefix));
        g_byte_array_append(bytes, data, length);
}

static void test_hash(Fixture *f, gconstpointer unused)
{
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        guint64 sequence = GUINT64_TO_LE(1), time = GUINT64_TO_LE(NOW), none = G_MAXUINT64;
        OmgAuditRecord record = sample, other = sample;
        guint8 hash[OMG_AUDIT_HASH], second[OMG_AUDIT_HASH];
        g_autoptr(GString) hex = g_string_new(NULL);

        record.sequence = 1;
        record.metadata = NULL;
        omg_audit_record_hash(&record, hash);
        g_byte_array_append(bytes, (const guint8 *)"omgd-audit-1", 12);
        add_field(bytes, &sequence, 8);
        add_field(bytes, &time, 8);
        add_field(bytes, "package_upgrade", 15);
        add_field(bytes, "info", 4);
        add_field(bytes, "uid 1000", 8);
        add_field(bytes, "openssl", 7);
        add_field(bytes, "3.0-1 to 3.0-2", 14);
        g_byte_array_append(bytes, (const guint8 *)&none, 8);
        add_field(bytes, record.previous, OMG_AUDIT_HASH);
        g_autofree char *expected =
                g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes->data, bytes->len);
        for (guint i = 0; i < OMG_AUDIT_HASH; i++)
                g_string_append_printf(hex, "%02x", hash[i]);
        g_assert_cmpstr(hex->str, ==, expected);

        /* Letters that move from one field to the next make another record. */
        other.sequence = 1;
        other.metadata = NULL;
        other.event = (char *)"package_upgradei";
        other.severity = (char *)"nfo";
        omg_audit_record_hash(&other, second);
        g_assert_true(memcmp(hash, second, sizeof(hash)) != 0);
        other = record;
        other.metadata = (char *)"";
        omg_audit_record_hash(&other, second);
        g_assert_true(memcmp(hash, second, sizeof(hash)) != 0);
}

static const struct {
        const char *name;
        const char *sql;
        guint64 first_bad;
        const char *reason;
} attacks[] = {
        {"event", "UPDATE records SET event = 'x' WHERE seq = 3", 3, "3 was changed"},
        {"time", "UPDATE records SET time = time + 1 WHERE seq = 1", 1, "1 was changed"},
        {"metadata", "UPDATE records SET metadata = NULL WHERE seq = 9", 9, "9 was changed"},
        {"hash", "UPDATE records SET hash = zeroblob(32) WHERE seq = 4", 4, "4 was changed"},
        {"short-hash", "UPDATE records SET hash = x'00' WHERE seq = 4", 4, "4 was changed"},
        {"previous", "UPDATE records SET prev = zeroblob(32) WHERE seq = 4", 4, "does not follow"},
        {"removed", "DELETE FROM records WHERE seq = 5", 5, "5 is missing"},
        {"removed-first", "DELETE FROM records WHERE seq = 1", 1, "1 is missing"},
        {"removed-last", "DELETE FROM records WHERE seq = 10", 10, "does not end with its head"},
        {"removed-all", "DELETE FROM records", 1, "does not end with its head"},
        {"shifted",
         "DELETE FROM records WHERE seq = 5; UPDATE records SET seq = seq - 1 WHERE seq > 5", 5,
         "does not follow"},
        {"swapped",
         "UPDATE records SET seq = 99 WHERE seq = 4; UPDATE records SET seq = 4 WHERE seq = 6;"
         "UPDATE records SET seq = 6 WHERE seq = 99",
         4, "does not follow"},
        {"added",
         "INSERT INTO records SELECT 11, time, event, severity, actor, resource, description,"
         " metadata, prev, hash FROM records WHERE seq = 10",
         11, "does not follow"},
        {"head", "UPDATE chain SET seq = 9", 10, "does not end with its head"},
        {"no-head", "DELETE FROM chain", 1, "does not end with its head"},
};

/* Changed, removed, added, reordered: each is found, at the right record; a list says which. */
static void test_attack(Fixture *f, gconstpointer index)
{
        guint i = GPOINTER_TO_UINT(index);

        append(f, 10);
        tamper(f, "audit.db", attacks[i].sql);
        g_assert_null(omg_database_steal_notice(omg_audit_db_get_database(f->audit)));
        assert_bad(f, attacks[i].first_bad, attacks[i].reason);
        if (strstr(attacks[i].reason, "changed")) {
                g_autoptr(GPtrArray) records = NULL;
                records = list(f, &(OmgAuditQuery){.limit = 100});
                const OmgAuditRecord *bad = records->pdata[10 - attacks[i].first_bad];
                g_assert_cmpuint(bad->sequence, ==, attacks[i].first_bad);
                g_assert_false(bad->is_intact);
        }
}

/* A trigger that swallows what is appended does not go unnoticed. */
static void test_swallowed(Fixture *f, gconstpointer unused)
{
        append(f, 1);
        tamper(f, "audit.db",
               "CREATE TRIGGER swallow BEFORE INSERT ON records BEGIN"
               " SELECT raise(IGNORE); END");
        g_assert_false(try_append(f, 1, &f->error));
        g_assert_error(f->error, OMG_ERROR, OMG_ERROR_LOG_TAMPERED);
        g_clear_error(&f->error);
}

/* A head kept elsewhere finds the cut and the recomputed chain; that the log went on is no fault.
 */
static void test_pinned(Fixture *f, gconstpointer unused)
{
        g_auto(OmgAuditVerdict) grown = {0}, recomputed = {0}, cut = {0};
        guint8 hash[OMG_AUDIT_HASH];

        append(f, 5);
        guint64 pinned = get_head(f, hash);
        append(f, 1);
        verify(f, pinned, hash, &grown);
        g_assert_true(grown.is_ok);

        /* A whole new chain of the same length, right in itself. */
        close_log(f);
        g_assert_cmpint(g_unlink(f->path), ==, 0);
        open_log(f);
        OmgAuditRecord other = sample;
        other.actor = (char *)"somebody else";
        for (guint i = 0; i < 6; i++)
                g_assert_true(omg_audit_db_append(f->audit, &other, 1, NULL, &f->error));
        assert_good(f, 6);
        verify(f, pinned, hash, &recomputed);
        g_assert_false(recomputed.is_ok);
        g_assert_cmpuint(recomputed.first_bad, ==, pinned);

        pinned = get_head(f, hash);
        tamper(f, "audit.db",
               "DELETE FROM records WHERE seq > 4;"
               "UPDATE chain SET seq = 4, hash = (SELECT hash FROM records WHERE seq = 4)");
        assert_good(f, 4);
        verify(f, pinned, hash, &cut);
        g_assert_false(cut.is_ok);
        g_assert_cmpuint(cut.first_bad, ==, 5);
        g_assert_nonnull(strstr(cut.reason, "before the pinned head"));
}

/* The chain goes on over archives; they are checked too, and may be moved away. */
static void test_rotate(Fixture *f, gconstpointer unused)
{
        g_autofree char *first = NULL, *second = NULL, *nothing = NULL;
        g_auto(OmgAuditVerdict) verdict = {0}, pinned_gone = {0}, pinned_end = {0};
        guint8 early[OMG_AUDIT_HASH], end[OMG_AUDIT_HASH];

        append(f, 3);
        (void)get_head(f, early);
        append(f, 3);
        (void)get_head(f, end);
        append(f, 4);
        g_assert_true(omg_audit_db_rotate(f->audit, 4, NOW, &first, &f->error));
        g_assert_cmpstr(first, ==, "audit-1-6.db");
        g_assert_true(omg_audit_db_rotate(f->audit, 4, NOW, &nothing, &f->error));
        g_assert_null(nothing);
        append(f, 5);
        g_assert_true(omg_audit_db_rotate(f->audit, 0, NOW, &second, &f->error));
        g_assert_cmpstr(second, ==, "audit-7-15.db");
        assert_good(f, 15);
        append(f, 2);
        close_log(f);
        open_log(f);
        assert_good(f, 17);

        g_autofree char *path = g_build_filename(f->dir, first, NULL);
        GStatBuf st;
        g_assert_cmpint(g_stat(path, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 07777, ==, 0600);
        g_assert_cmpint(g_unlink(path), ==, 0);
        verify(f, 0, NULL, &verdict);
        g_assert_true(verdict.is_ok);
        g_assert_cmpuint(verdict.n_missing, ==, 1);
        g_assert_cmpuint(verdict.n_checked, ==, 11);
        verify(f, 3, early, &pinned_gone);
        g_assert_false(pinned_gone.is_ok);
        g_assert_cmpuint(pinned_gone.first_bad, ==, 3);
        verify(f, 6, end, &pinned_end);
        g_assert_true(pinned_end.is_ok);
}

static const struct {
        const char *name;
        const char *file;
        const char *sql;
        guint64 first_bad;
        const char *reason;
} archive_attacks[] = {
        {"record", "audit-1-6.db", "UPDATE records SET actor = 'x' WHERE seq = 2", 2,
         "2 was changed"},
        {"last", "audit-1-6.db", "DELETE FROM records WHERE seq = 6", 6, "does not end where"},
        {"table", "audit-1-6.db", "DROP TABLE records", 1, "cannot be read"},
        {"segment", "audit.db", "UPDATE segments SET head = zeroblob(32)", 7, "does not end where"},
        {"no-segment", "audit.db", "DELETE FROM segments", 1, "1 is missing"},
        {"file", "audit.db", "UPDATE segments SET file = '../audit.db'", 1,
         "no archive of this log"},
};

static void test_archive_attack(Fixture *f, gconstpointer index)
{
        guint i = GPOINTER_TO_UINT(index);

        append(f, 10);
        g_assert_true(omg_audit_db_rotate(f->audit, 4, NOW, NULL, &f->error));
        tamper(f, archive_attacks[i].file, archive_attacks[i].sql);
        assert_bad(f, archive_attacks[i].first_bad, archive_attacks[i].reason);
}

/* What an interrupted rotation left over is in nobody's way. */
static void test_rotate_again(Fixture *f, gconstpointer unused)
{
        g_autofree char *left = g_build_filename(f->dir, ".audit-archive", NULL);
        g_autofree char *same = g_build_filename(f->dir, "audit-1-6.db", NULL);

        append(f, 10);
        g_assert_true(g_file_set_contents(left, "half", -1, NULL));
        g_assert_true(g_file_set_contents(same, "of a run that did not commit", -1, NULL));
        g_assert_true(omg_audit_db_rotate(f->audit, 4, NOW, NULL, &f->error));
        assert_good(f, 10);
        tamper(f, "audit.db", "DELETE FROM records WHERE seq = 8");
        g_assert_false(omg_audit_db_rotate(f->audit, 2, NOW, NULL, &f->error));
        g_assert_error(f->error, OMG_ERROR, OMG_ERROR_LOG_TAMPERED);
        g_clear_error(&f->error);
}

/* At OMG_LIMIT_AUDIT_RECORDS the older half goes by itself; beyond OMG_LIMIT_AUDIT_TEXT: refused.
 */
/* Steps of any size come to the same, while records come and go into archives in between. */
static void test_walk_steps(Fixture *f, gconstpointer unused)
{
        append(f, 10);
        g_assert_true(omg_audit_db_rotate(f->audit, 4, NOW, NULL, &f->error));
        for (guint n = 1; n <= 8; n++) {
                g_autoptr(OmgAuditWalk) walk = omg_audit_walk_new(0, NULL);
                gboolean is_done = FALSE;
                guint n_steps = 0;
                guint64 last = 0;
                guint8 hash[OMG_AUDIT_HASH];

                for (; !is_done; n_steps++) {
                        g_assert_true(omg_audit_walk_step(walk, f->audit, n, &is_done, &f->error));
                        if (n_steps < 3)
                                append(f, 1);
                        if (n_steps == 2)
                                g_assert_true(
                                        omg_audit_db_rotate(f->audit, 1, NOW, NULL, &f->error));
                }
                last = get_head(f, hash);
                const OmgAuditVerdict *verdict = omg_audit_walk_get_verdict(walk);
                g_assert_cmpstr(verdict->reason, ==, "");
                g_assert_true(verdict->is_ok);
                g_assert_cmpuint(verdict->head, ==, last);
                g_assert_cmpuint(verdict->n_checked, ==, last);
                g_assert_cmpuint(n_steps, >=, last / n);
        }
}

/* A rotation of what the walk is in the middle of. */
static void test_walk_rotated(Fixture *f, gconstpointer unused)
{
        append(f, 10);
        for (guint keep = 0; keep < 8; keep++) {
                g_autoptr(OmgAuditWalk) walk = omg_audit_walk_new(0, NULL);
                gboolean is_done = FALSE;
                guint8 hash[OMG_AUDIT_HASH];

                g_assert_true(omg_audit_walk_step(walk, f->audit, 4, &is_done, &f->error));
                g_assert_false(is_done);
                g_assert_true(omg_audit_db_rotate(f->audit, keep, NOW, NULL, &f->error));
                while (!is_done)
                        g_assert_true(omg_audit_walk_step(walk, f->audit, 4, &is_done, &f->error));
                const OmgAuditVerdict *verdict = omg_audit_walk_get_verdict(walk);
                g_assert_cmpstr(verdict->reason, ==, "");
                g_assert_cmpuint(verdict->n_checked, ==, get_head(f, hash));
                append(f, 9);
        }
}

/* A log that turns out damaged in the middle is walked anew: the one that was begun then. */
static void test_walk_damaged(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgAuditWalk) walk = omg_audit_walk_new(0, NULL);
        gboolean is_done = FALSE;

        append(f, 3000);
        close_log(f);
        open_log(f); /* nothing of it is in memory */
        g_assert_true(omg_audit_walk_step(walk, f->audit, 10, &is_done, &f->error));
        g_autofree guint8 *noise = g_malloc(256 << 10);
        memset(noise, 0xa5, 256 << 10);
        FILE *file = fopen(f->path, "r+");
        g_assert_nonnull(file);
        g_assert_cmpint(fseek(file, 64 << 10, SEEK_SET), ==, 0);
        g_assert_cmpuint(fwrite(noise, 1, 256 << 10, file), ==, 256 << 10);
        g_assert_cmpint(fclose(file), ==, 0);
        while (!is_done)
                g_assert_true(omg_audit_walk_step(walk, f->audit, 100, &is_done, &f->error));
        const OmgAuditVerdict *verdict = omg_audit_walk_get_verdict(walk);
        g_assert_true(verdict->is_ok);
        g_assert_cmpuint(verdict->n_checked, ==, 0);
        g_autofree char *notice = omg_database_steal_notice(omg_audit_db_get_database(f->audit));
        g_assert_nonnull(notice);
}

/* Rows that no list would show. */
static void test_hidden(Fixture *f, gconstpointer unused)
{
        append(f, 3);
        tamper(f, "audit.db",
               "CREATE TABLE t AS SELECT * FROM records; DROP TABLE records;"
               "ALTER TABLE t RENAME TO records;"
               "INSERT INTO records SELECT NULL, time, event, severity, actor, resource, "
               "description,"
               " metadata, prev, hash FROM records WHERE seq = 2");
        assert_bad(f, 4, "another number of records");
}

/* What is written into a file that has no name any more is lost at the end. */
static void test_removed(Fixture *f, gconstpointer unused)
{
        g_autofree char *away = g_strconcat(f->path, ".away", NULL);

        append(f, 3);
        g_assert_cmpint(g_rename(f->path, away), ==, 0);
        assert_bad(f, 3, "was removed or replaced");
        g_assert_true(g_file_set_contents(f->path, "", 0, NULL));
        assert_bad(f, 3, "was removed or replaced");
        g_assert_cmpint(g_rename(away, f->path), ==, 0);
        assert_good(f, 3);
}

/* What was recorded before, of one event, also where somebody left no JSON. */
static void test_details(Fixture *f, gconstpointer unused)
{
        g_autoptr(GHashTable) by_text = NULL, by_member = NULL, none = NULL;

        append(f, 3);
        tamper(f, "audit.db",
               "UPDATE records SET metadata = '{' WHERE seq = 1;"
               "UPDATE records SET resource = 'vim' WHERE seq = 2;"
               "UPDATE records SET metadata = NULL WHERE seq = 3");
        g_assert_true(omg_audit_db_list_details(f->audit, sample.event, NULL, &by_text, &f->error));
        g_assert_cmpuint(g_hash_table_size(by_text), ==, 2);
        g_assert_true(g_hash_table_contains(by_text, "openssl\n3.0-1 to 3.0-2"));
        g_assert_true(omg_audit_db_list_details(f->audit, sample.event, "repository", &by_member,
                                                &f->error));
        g_assert_cmpuint(g_hash_table_size(by_member), ==, 1);
        g_assert_true(g_hash_table_contains(by_member, "vim\ncore"));
        g_assert_true(omg_audit_db_list_details(f->audit, "other", NULL, &none, &f->error));
        g_assert_cmpuint(g_hash_table_size(none), ==, 0);
}

/* What the query says, with archives. */
static void test_query(Fixture *f, gconstpointer unused)
{
        static const char *const other[] = {"daemon_started", "x", NULL};
        static const char *const same[] = {"x", "package_upgrade", NULL};
        static const struct {
                OmgAuditQuery query;
                guint total, n;
                gboolean is_complete;
        } samples[] = {
                {{.limit = 100}, 4, 4, FALSE},
                {{.limit = 2, .offset = 3}, 4, 1, FALSE},
                {{.since_usec = NOW + 7, .limit = 100}, 3, 3, TRUE},
                {{.until = 8, .limit = 100}, 2, 2, FALSE},
                {{.events = other, .limit = 100}, 0, 0, FALSE},
                {{.events = same, .limit = 100}, 4, 4, FALSE},
                {{.severities = same, .limit = 100}, 0, 0, FALSE},
        };
        OmgAuditPage page;

        append(f, 10);
        g_assert_true(omg_audit_db_rotate(f->audit, 4, NOW, NULL, &f->error));
        for (guint i = 0; i < G_N_ELEMENTS(samples); i++) {
                g_assert_true(omg_audit_db_list(f->audit, &samples[i].query, &page, &f->error));
                g_assert_cmpuint(page.total, ==, samples[i].total);
                g_assert_cmpuint(page.records->len, ==, samples[i].n);
                g_assert_cmpint(page.is_complete, ==, samples[i].is_complete);
                omg_audit_page_clear(&page);
        }
        g_autoptr(GError) error = NULL;
        g_assert_false(omg_audit_db_list(f->audit, &(OmgAuditQuery){.until = 11}, &page, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
}

static void test_limits(Fixture *f, gconstpointer unused)
{
        g_autofree char *text = g_strnfill(OMG_LIMIT_AUDIT_TEXT, 'x');
        g_autoptr(GPtrArray) records = NULL;
        OmgAuditRecord record = sample;

        record.metadata = text;
        g_assert_false(omg_audit_db_append(f->audit, &record, 1, NULL, &f->error));
        g_assert_error(f->error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_clear_error(&f->error);

        for (guint i = 0; i < OMG_LIMIT_AUDIT_RECORDS / 1000; i++)
                append(f, 1000);
        records = list(f, &(OmgAuditQuery){.limit = G_MAXINT32});
        g_assert_cmpuint(records->len, ==, OMG_LIMIT_AUDIT_RECORDS / 2);
        assert_good(f, OMG_LIMIT_AUDIT_RECORDS);
}

/* A file that is no database any more is kept for ever, and the new chain says that it is one. */
static void test_damaged(Fixture *f, gconstpointer unused)
{
        for (guint i = 0; i < 5; i++) {
                g_auto(OmgAuditVerdict) verdict = {0};

                append(f, 2);
                close_log(f);
                g_assert_true(g_file_set_contents(f->path, "gone", -1, NULL));
                open_log(f);
                append(f, 1);
                verify(f, 0, NULL, &verdict);
                g_assert_true(verdict.is_ok);
                g_assert_cmpuint(verdict.n_checked, ==, 1);
                g_assert_nonnull(strstr(verdict.origin, ".corrupt"));
        }
        guint n = 0;
        const char *name;
        GDir *folder = g_dir_open(f->dir, 0, NULL);
        while ((name = g_dir_read_name(folder)))
                n += g_str_has_suffix(name, ".corrupt");
        g_dir_close(folder);
        g_assert_cmpuint(n, ==, 5);
}

/* Flipped bits anywhere in the file: found by verify, or the file is set aside; never a crash,
 * never "all is well" with another content. */
static void test_flips(Fixture *f, gconstpointer unused)
{
        g_autofree char *bytes = NULL;
        gsize length;

        append(f, 40);
        close_log(f);
        g_assert_true(g_file_get_contents(f->path, &bytes, &length, NULL));
        for (guint i = 0; i < 500; i++) {
                g_autoptr(GPtrArray) records = NULL;
                g_auto(OmgAuditVerdict) verdict = {0};
                gsize at = g_test_rand_int_range(0, length);
                char bit = (char)(1 << g_test_rand_int_range(0, 8));

                bytes[at] ^= bit;
                g_assert_true(g_file_set_contents(f->path, bytes, length, NULL));
                bytes[at] ^= bit;
                f->audit = omg_audit_db_new(f->dir);
                verify(f, 0, NULL, &verdict);
                records = list(f, &(OmgAuditQuery){.limit = 100});
                OmgDatabase *db = omg_audit_db_get_database(f->audit);
                g_autofree char *notice = omg_database_steal_notice(db);
                if (verdict.is_ok && !notice)
                        g_assert_cmpuint(records->len, ==, 40);
                for (guint j = 0; verdict.is_ok && j < records->len; j++) {
                        const OmgAuditRecord *record = records->pdata[j];
                        g_assert_true(record->is_intact);
                        g_assert_cmpstr(record->description, ==, sample.description);
                }
                close_log(f);
        }
}

static void store_records(int fd, gpointer data)
{
        Fixture *f = data;
        guint8 hash[OMG_AUDIT_HASH];

        open_log(f);
        for (guint64 n = get_head(f, hash) + 1; try_append(f, 1, NULL); n++) {
                killed_acknowledge(fd, n);
                if (n % 50 == 0)
                        (void)omg_audit_db_rotate(f->audit, 20, NOW, NULL, NULL);
        }
}

static guint64 highest;

static void check_records(guint64 last, gpointer data)
{
        Fixture *f = data;
        g_auto(OmgAuditVerdict) verdict = {0};

        highest = MAX(highest, last);
        if (g_test_rand_bit())
                return;
        open_log(f);
        verify(f, 0, NULL, &verdict);
        g_assert_cmpstr(verdict.reason, ==, "");
        g_assert_cmpuint(verdict.n_checked, >=, highest);
        g_assert_cmpuint(verdict.n_missing, ==, 0);
        g_assert_null(verdict.origin);
        close_log(f);
}

/* Killed while it appends and rotates: what was acknowledged is there, and the chain holds. */
static void test_killed(Fixture *f, gconstpointer unused)
{
        close_log(f);
        highest = 0;
        killed_loop(N_KILLS, 8000, store_records, check_records, f);
        g_assert_cmpuint(highest, >, 0);
}

/* One writer: the second is told so. */
static void test_second(Fixture *f, gconstpointer unused)
{
        append(f, 1);
        g_autoptr(OmgAuditDb) second = omg_audit_db_new(f->dir);
        g_assert_false(omg_audit_db_append(second, &sample, 1, NULL, &f->error));
        g_assert_error(f->error, OMG_ERROR, OMG_ERROR_BUSY);
        g_clear_error(&f->error);
        assert_good(f, 1);
}

static void add(const char *path, void (*test)(Fixture *f, gconstpointer data), guint index)
{
        g_test_add(path, Fixture, GUINT_TO_POINTER(index), set_up, test, tear_down);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add("/audit-db/append", test_append, 0);
        add("/audit-db/hash", test_hash, 0);
        for (guint i = 0; i < G_N_ELEMENTS(attacks); i++) {
                g_autofree char *name = g_strconcat("/audit-db/attack/", attacks[i].name, NULL);
                add(name, test_attack, i);
        }
        add("/audit-db/swallowed", test_swallowed, 0);
        add("/audit-db/pinned", test_pinned, 0);
        add("/audit-db/rotate", test_rotate, 0);
        for (guint i = 0; i < G_N_ELEMENTS(archive_attacks); i++) {
                g_autofree char *name =
                        g_strconcat("/audit-db/archive/", archive_attacks[i].name, NULL);
                add(name, test_archive_attack, i);
        }
        add("/audit-db/rotate-again", test_rotate_again, 0);
        add("/audit-db/walk/steps", test_walk_steps, 0);
        add("/audit-db/walk/rotated", test_walk_rotated, 0);
        add("/audit-db/walk/damaged", test_walk_damaged, 0);
        add("/audit-db/hidden", test_hidden, 0);
        add("/audit-db/removed", test_removed, 0);
        add("/audit-db/details", test_details, 0);
        add("/audit-db/query", test_query, 0);
        add("/audit-db/limits", test_limits, 0);
        add("/audit-db/damaged", test_damaged, 0);
        add("/audit-db/flips", test_flips, 0);
        add("/audit-db/killed", test_killed, 0);
        add("/audit-db/second", test_second, 0);
        return g_test_run();
}
