/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of maintainers, over restarts and sudden ends, and that each change comes into the
 * audit log once. */
#include "loop/aur-watch.h"

#include <glib/gstdio.h>
#include <systemd/sd-event.h>

#include "engine/security.h"
#include "fixture.h"
#include "loop/audit-watch.h"

#define CONF    "[options]\nSigLevel = Never\n[core]\n"
#define NOWHERE "/dev/null/omg"

static const FixturePackage sync_packages[] = {{"core", "glibc", "2-1"}, {}};
static const FixturePackage local_packages[] = {{NULL, "yay", "1-1"}, {}};
static const FixturePackage of_jguer[] = {{"aur", "yay", "1-1", .maintainer = "jguer"}, {}};
static const FixturePackage of_eve[] = {
        {"aur", "yay", "2-1", .maintainer = "eve", .relations = "K:bob K:alice T:77"}, {}};

/* At which instant an omgd ends. */
typedef enum { NOT, BEFORE_LOG, BEFORE_CACHE } Kill;

typedef struct {
        sd_event *event;
        OmgWorker *worker;
        OmgPaths paths;
        OmgAuditLog *log;
        const char *cache_dir;

        /* The worker's: an omgd from its start to its end. */
        OmgCacheDb *cache;
        OmgAurWatch *watch;
        OmgAuditWatch *audit_watch;

        const FixturePackage *aur;
        Kill kill;
        guint64 now;
        gboolean is_kept;
        guint n_changes, n_marks; /* of the last look */
        char *seen;
        gboolean is_done;
} Fixture;

static void on_appended(guint64 head, gpointer userdata)
{
}

/* ---- on the worker, while main waits ---- */

static void hear_done(gpointer data)
{
        ((Fixture *)data)->is_done = TRUE;
}

static void do_start(gpointer data)
{
        Fixture *f = data;

        f->cache = omg_cache_db_new(f->cache_dir);
        f->watch = omg_aur_watch_new(f->cache);
        f->audit_watch = omg_audit_watch_new(f->log, &f->paths);
        omg_worker_post(f->worker, hear_done, f, NULL);
}

static void do_stop(gpointer data)
{
        Fixture *f = data;

        g_clear_pointer(&f->watch, omg_aur_watch_free);
        g_clear_pointer(&f->audit_watch, omg_audit_watch_free);
        g_clear_pointer(&f->cache, omg_cache_db_free);
        omg_worker_post(f->worker, hear_done, f, NULL);
}

static void record(Fixture *f, OmgSnapshot *snapshot, OmgChanges *changes)
{
        const OmgRefreshOutcome outcome = {.snapshot = snapshot, .changes = changes};

        if (f->kill == BEFORE_LOG)
                return;
        omg_audit_watch_take_refresh(f->audit_watch, &outcome);
        if (f->kill == BEFORE_CACHE)
                (void)omg_audit_log_flush(f->log);
        else
                f->is_kept = omg_aur_watch_keep(f->watch, f->log, NULL);
}

static void do_look(gpointer data)
{
        Fixture *f = data;
        const FixtureSystem system = {
                .sync = sync_packages, .local = local_packages, .aur = f->aur, .conf = CONF};
        g_autoptr(OmgSnapshot) snapshot = fixture_system_snapshot(&system);
        g_autoptr(OmgChanges) changes = omg_changes_new(NULL, snapshot);

        g_ptr_array_unref(changes->maintainers);
        changes->maintainers = omg_aur_watch_look(f->watch, snapshot, ++f->now);
        f->n_changes = changes->maintainers->len;
        f->n_marks = snapshot->maintainer_marks ? g_hash_table_size(snapshot->maintainer_marks) : 0;
        f->is_kept = FALSE;
        record(f, snapshot, changes);
        omg_worker_post(f->worker, hear_done, f, NULL);
}

/* Of all records, the oldest first. */
static void do_read(gpointer data)
{
        Fixture *f = data;
        g_autoptr(GError) error = NULL;
        OmgAuditDb *db = omg_audit_log_open(f->log, &error);
        g_autoptr(GString) text = g_string_new(NULL);
        OmgAuditPage page;

        g_assert_nonnull(db);
        g_assert_true(omg_audit_db_list(db, &(OmgAuditQuery){.limit = 100}, &page, &error));
        for (guint i = page.records->len; i-- > 0;) {
                const OmgAuditRecord *record = page.records->pdata[i];
                g_string_append_printf(text, "%s%s %s %s: %s", text->len > 0 ? "; " : "",
                                       record->event, record->severity, record->resource,
                                       record->description);
        }
        omg_audit_page_clear(&page);
        g_free(f->seen);
        f->seen = g_strdup(text->str);
        omg_worker_post(f->worker, hear_done, f, NULL);
}

static void run(Fixture *f, OmgWorkFunc func)
{
        f->is_done = FALSE;
        omg_worker_run(f->worker, func, f, NULL);
        while (!f->is_done)
                g_assert_cmpint(sd_event_run(f->event, 10 * G_USEC_PER_SEC), >, 0);
}

/* ---- the fixture ---- */

static OmgAuditLog *open_log(Fixture *f, const char *dir)
{
        return omg_audit_log_new(f->worker, dir, &(OmgAuditLogEvents){.on_appended = on_appended});
}

static void set_up(Fixture *f, gconstpointer unused)
{
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        f->worker = omg_worker_new(f->event, NULL);
        f->paths.data_dir = g_dir_make_tmp("omg-aur-watch-XXXXXX", NULL);
        f->cache_dir = f->paths.data_dir;
        f->log = open_log(f, f->paths.data_dir);
        run(f, do_start);
}

static void remove_file(const Fixture *f, const char *name)
{
        g_autofree char *path = g_build_filename(f->paths.data_dir, name, NULL);
        (void)g_unlink(path);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        run(f, do_stop);
        omg_audit_log_free(f->log);
        omg_worker_free(f->worker);
        g_assert_null(sd_event_unref(f->event));
        remove_file(f, "audit.db");
        remove_file(f, "cache.db");
        g_assert_cmpint(g_rmdir(f->paths.data_dir), ==, 0);
        g_free(f->paths.data_dir);
        g_free(f->seen);
}

static void restart(Fixture *f)
{
        run(f, do_stop);
        f->kill = NOT;
        run(f, do_start);
}

static void look(Fixture *f, const FixturePackage *aur, guint n_changes, guint n_marks)
{
        f->aur = aur;
        run(f, do_look);
        g_assert_cmpuint(f->n_changes, ==, n_changes);
        g_assert_cmpuint(f->n_marks, ==, n_marks);
}

static void check(Fixture *f, const char *expected)
{
        run(f, do_read);
        g_assert_cmpstr(f->seen, ==, expected);
}

#define CHANGED "aur_maintainer_changed warning yay: yay went from maintainer jguer to eve"

/* ---- tests ---- */

/* Told once, and marked over restarts until the former maintainer is back. */
static void test_restart(Fixture *f, gconstpointer unused)
{
        look(f, of_jguer, 0, 0);
        g_assert_true(f->is_kept);
        restart(f);
        look(f, of_jguer, 0, 0);
        look(f, of_eve, 1, 1);
        check(f, CHANGED);
        look(f, of_eve, 0, 1);
        restart(f);
        look(f, of_eve, 0, 1);
        check(f, CHANGED);
        restart(f);
        look(f, of_jguer, 1, 0);
        check(f, CHANGED "; aur_maintainer_changed warning yay: yay went from maintainer eve to "
                         "jguer");
        restart(f);
        look(f, of_eve, 1, 1);
        check(f, CHANGED "; aur_maintainer_changed warning yay: yay went from maintainer eve to "
                         "jguer; " CHANGED);
}

/* The archive came while nobody was looking: omgd was down, or what it found was lost with it. */
static void test_killed(Fixture *f, gconstpointer unused)
{
        look(f, of_jguer, 0, 0);
        f->kill = BEFORE_LOG;
        look(f, of_eve, 1, 1);
        restart(f);
        check(f, "");
        f->kill = BEFORE_CACHE;
        look(f, of_eve, 1, 1);
        check(f, CHANGED);
        restart(f);
        f->kill = BEFORE_CACHE;
        look(f, of_eve, 1, 1);
        restart(f);
        look(f, of_eve, 1, 1);
        g_assert_true(f->is_kept);
        check(f, CHANGED);
        restart(f);
        look(f, of_eve, 0, 1);
        check(f, CHANGED);
}

/* Between two ends other things may have happened: each is told. */
static void test_killed_twice(Fixture *f, gconstpointer unused)
{
        look(f, of_jguer, 0, 0);
        f->kill = BEFORE_CACHE;
        look(f, of_eve, 1, 1);
        restart(f);
        look(f, of_jguer, 0, 0);
        look(f, of_eve, 1, 1);
        restart(f);
        look(f, of_jguer, 1, 0);
        check(f, CHANGED "; aur_maintainer_changed warning yay: yay went from maintainer eve to "
                         "jguer");
}

/* Without cache.db it begins anew: no alarm, true or false. */
static void test_lost_cache(Fixture *f, gconstpointer unused)
{
        look(f, of_jguer, 0, 0);
        look(f, of_eve, 1, 1);
        run(f, do_stop);
        remove_file(f, "cache.db");
        run(f, do_start);
        look(f, of_eve, 0, 0);
        look(f, of_jguer, 1, 1);
}

/* With one that cannot be read nothing is known, and the rest goes on. */
static void test_no_cache(Fixture *f, gconstpointer unused)
{
        look(f, of_jguer, 0, 0);
        run(f, do_stop);
        f->cache_dir = NOWHERE;
        run(f, do_start);
        look(f, of_eve, 0, 0);
        look(f, of_jguer, 0, 0);
        f->cache_dir = f->paths.data_dir;
        restart(f);
        look(f, of_eve, 1, 1);
}

/* What could not be logged is found again by the next omgd. */
static void test_no_log(Fixture *f, gconstpointer unused)
{
        OmgAuditLog *good = f->log;

        look(f, of_jguer, 0, 0);
        run(f, do_stop);
        f->log = open_log(f, NOWHERE);
        run(f, do_start);
        look(f, of_eve, 1, 1);
        look(f, of_eve, 0, 1);
        g_assert_true(f->is_kept);
        run(f, do_stop);
        omg_audit_log_free(f->log);
        f->log = good;
        run(f, do_start);
        look(f, of_eve, 1, 1);
        check(f, CHANGED);
}

static char *read_bytes(const Fixture *f, const char *name)
{
        g_autofree char *path = g_build_filename(f->paths.data_dir, name, NULL);
        g_autofree char *bytes = NULL;
        gsize size = 0;

        (void)g_file_get_contents(path, &bytes, &size, NULL);
        return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, size);
}

/* Looks that find nothing new leave the disk alone. */
static void test_writes_nothing(Fixture *f, gconstpointer unused)
{
        g_autofree char *db = NULL, *wal = NULL, *db_after = NULL, *wal_after = NULL;

        look(f, of_jguer, 0, 0);
        look(f, of_eve, 1, 1);
        db = read_bytes(f, "cache.db");
        wal = read_bytes(f, "cache.db-wal");
        look(f, of_eve, 0, 1);
        look(f, NULL, 0, 0);
        look(f, of_eve, 0, 1);
        db_after = read_bytes(f, "cache.db");
        wal_after = read_bytes(f, "cache.db-wal");
        g_assert_cmpstr(db, ==, db_after);
        g_assert_cmpstr(wal, ==, wal_after);
        look(f, of_jguer, 1, 0);
        g_free(wal_after);
        wal_after = read_bytes(f, "cache.db-wal");
        g_assert_cmpstr(wal, !=, wal_after);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define add(path, func) g_test_add("/aur-watch/" path, Fixture, NULL, set_up, func, tear_down)
        add("restart", test_restart);
        add("killed", test_killed);
        add("killed-twice", test_killed_twice);
        add("lost-cache", test_lost_cache);
        add("no-cache", test_no_cache);
        add("no-log", test_no_log);
        add("writes-nothing", test_writes_nothing);
        return g_test_run();
}
