/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <glib/gstdio.h>

#include "fixture.h"
#include "loop/log.h"
#include "loop/records.h"
#include "store/cache-events.h"

#define CONF  "[options]\nDBPath = /db\n[core]\nServer = file:///x\n"
#define LATER G_MAXINT64

static const FixturePackage repositories[] = {
        {"core", "bash", "5.2-1", "Shell", NULL, NULL, 0, NULL}, {}};
static const FixturePackage before[] = {{NULL, "bash", "5.1-1", "Shell", NULL, NULL, 0, NULL},
                                        {NULL, "glibc", "2.38-1", "C", NULL, NULL, 0, NULL},
                                        {NULL, "zlib", "1.3-2", "Zip", NULL, NULL, 0, NULL},
                                        {}};
static const FixturePackage after[] = {{NULL, "bash", "5.2-1", "Shell", NULL, NULL, 0, NULL},
                                       {NULL, "which", "2.21-1", "Which", NULL, NULL, 0, NULL},
                                       {NULL, "zlib", "1.3-1", "Zip", NULL, NULL, 0, NULL},
                                       {}};

typedef struct Fixture {
        char *dir;
        OmgRecords *records;
        guint n_warnings, n_notices;
} Fixture;

static void count(int priority, const struct iovec *fields, gsize n_fields, gpointer data)
{
        Fixture *f = data;

        f->n_warnings += priority == LOG_WARNING;
        f->n_notices += priority == LOG_NOTICE;
}

static void set_up(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;

        omg_log_set_sink(count, f);
        f->dir = g_dir_make_tmp("omg-records-XXXXXX", &error);
        g_assert_no_error(error);
        f->records = omg_records_new(f->dir);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        g_autoptr(GDir) dir = g_dir_open(f->dir, 0, NULL);

        omg_records_free(f->records);
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
                g_autofree char *path = g_build_filename(f->dir, name, NULL);
                g_assert_cmpint(g_unlink(path), ==, 0);
        }
        g_assert_true(g_rmdir(f->dir) == 0 || g_unlink(f->dir) == 0);
        omg_log_set_sink(NULL, NULL);
        g_free(f->dir);
}

/* As after the end of omgd, however that came. */
static void reopen(Fixture *f)
{
        omg_records_free(f->records);
        f->records = omg_records_new(f->dir);
}

static void take(Fixture *f, OmgSnapshot *snapshot, OmgSnapshot *last)
{
        g_autoptr(OmgChanges) changes = omg_changes_new(last, snapshot);

        omg_records_take_refresh(f->records,
                                 &(OmgRefreshOutcome){.snapshot = snapshot, .changes = changes});
}

/* The numbers of the last good refresh, with their age; one that read nothing changes nothing. */
static void test_status(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgSnapshot) snapshot = fixture_snapshot(repositories, before, CONF);
        g_autoptr(OmgSnapshot) nothing = fixture_snapshot(NULL, NULL, CONF);
        OmgStatus expected, status;

        g_assert_false(omg_records_get_status(f->records, &status));
        snapshot->as_of_usec = 1234567;
        omg_status_compute(snapshot, 0, &expected);
        take(f, snapshot, NULL);
        take(f, nothing, snapshot);
        omg_records_take_refresh(f->records, &(OmgRefreshOutcome){});
        reopen(f);
        g_assert_true(omg_records_get_status(f->records, &status));
        g_assert_cmpuint(status.total_packages, ==, 3);
        g_assert_cmpuint(status.explicit_packages, ==, expected.explicit_packages);
        g_assert_cmpuint(status.orphan_packages, ==, expected.orphan_packages);
        g_assert_cmpuint(status.foreign_packages, ==, 2);
        g_assert_cmpuint(status.updates_available, ==, 1);
        g_assert_cmpuint(status.ignored_updates, ==, 0);
        g_assert_cmpuint(status.security_updates, ==, OMG_UNKNOWN);
        g_assert_cmpuint(status.vulnerable_packages, ==, OMG_UNKNOWN);
        g_assert_cmpuint(status.aur_updates_available, ==, OMG_UNKNOWN);
        g_assert_cmpstr(status.highest_severity, ==, "");
        g_assert_cmpuint(status.as_of_usec, ==, 1234567);
        g_assert_cmpuint(f->n_warnings, ==, 0);
}

/* The AUR's updates, too, while it was known. */
static void test_status_aur(Fixture *f, gconstpointer unused)
{
        const FixturePackage aur[] = {{"aur", "zlib", "99-1", ""}, {}};
        const FixtureSystem system = {
                .sync = repositories, .local = before, .aur = aur, .conf = CONF};
        g_autoptr(OmgSnapshot) snapshot = fixture_system_snapshot(&system);
        OmgStatus status;

        take(f, snapshot, NULL);
        reopen(f);
        g_assert_true(omg_records_get_status(f->records, &status));
        g_assert_cmpuint(status.aur_updates_available, ==, 1);
        g_assert_cmpuint(status.updates_available, ==, 1);
}

static void assert_event(GPtrArray *events, const char *name, const char *action, const char *old,
                         const char *new)
{
        for (guint i = 0; i < events->len; i++) {
                const OmgPackageEvent *event = events->pdata[i];

                if (!g_str_equal(event->name, name))
                        continue;
                g_assert_cmpstr(event->action, ==, action);
                g_assert_cmpstr(event->old, ==, old);
                g_assert_cmpstr(event->new, ==, new);
                g_assert_cmpuint(event->seen_usec, >, 0);
                return;
        }
        g_error("no event of %s", name);
}

/* What differs between two refreshes is noted, of the first one nothing. */
static void test_events(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgSnapshot) first = fixture_snapshot(repositories, before, CONF);
        g_autoptr(OmgSnapshot) second = fixture_snapshot(repositories, after, CONF);
        g_autoptr(GPtrArray) none = NULL, events = NULL;
        g_autoptr(GError) error = NULL;

        take(f, first, NULL);
        take(f, first, first);
        g_assert_true(
                omg_cache_events_list(omg_records_get_db(f->records), 0, 10, 0, &none, &error));
        g_assert_cmpuint(none->len, ==, 0);
        take(f, second, first);
        reopen(f);
        g_assert_true(
                omg_cache_events_list(omg_records_get_db(f->records), 0, 10, 0, &events, &error));
        g_assert_cmpuint(events->len, ==, 4);
        assert_event(events, "bash", "upgraded", "5.1-1", "5.2-1");
        assert_event(events, "glibc", "removed", "2.38-1", NULL);
        assert_event(events, "which", "installed", NULL, "2.21-1");
        assert_event(events, "zlib", "downgraded", "1.3-2", "1.3-1");
}

/* Tasks live from one omgd to the next until they are done; one that comes again lives as long as
 * the last. */
static void test_tasks(Fixture *f, gconstpointer unused)
{
        g_assert_cmpuint(omg_records_get_task(f->records, "mirrors"), ==, 0);
        omg_records_set_task(f->records, "mirrors", TRUE, LATER - 1);
        omg_records_set_task(f->records, "aur", TRUE, LATER - 2);
        omg_records_set_task(f->records, "nobody", FALSE, 0);
        reopen(f);
        g_assert_cmpuint(omg_records_get_task(f->records, "mirrors"), ==, LATER - 1);
        g_assert_cmpuint(omg_records_get_task(f->records, "aur"), ==, LATER - 2);
        omg_records_set_task(f->records, "aur", TRUE, LATER);
        omg_records_set_task(f->records, "mirrors", FALSE, 0);
        g_assert_cmpuint(omg_records_get_task(f->records, "mirrors"), ==, 0);
        reopen(f);
        reopen(f);
        g_assert_cmpuint(omg_records_get_task(f->records, "mirrors"), ==, 0);
        g_assert_cmpuint(omg_records_get_task(f->records, "aur"), ==, LATER);
        g_assert_cmpuint(f->n_warnings, ==, 0);
}

/* Where nothing can be kept all goes on, that is said once, and so is its end. */
static void test_no_folder(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgSnapshot) snapshot = fixture_snapshot(repositories, before, CONF);
        OmgStatus status;

        omg_records_free(g_steal_pointer(&f->records));
        for (guint i = 0; i < 3; i++) {
                static const char *const names[] = {"cache.db", "cache.db-wal", "cache.db-shm"};
                g_autofree char *path = g_build_filename(f->dir, names[i], NULL);
                (void)g_unlink(path);
        }
        g_assert_cmpint(g_rmdir(f->dir), ==, 0);
        g_assert_true(g_file_set_contents(f->dir, "a file", -1, NULL));
        f->records = omg_records_new(f->dir);
        for (guint i = 0; i < 3; i++) {
                g_assert_false(omg_records_get_status(f->records, &status));
                take(f, snapshot, NULL);
                omg_records_set_task(f->records, "mirrors", TRUE, LATER);
        }
        g_assert_cmpstr(omg_records_get_state(f->records), !=, "ok");
        g_assert_cmpuint(f->n_warnings, ==, 1);

        g_assert_cmpint(g_unlink(f->dir), ==, 0);
        take(f, snapshot, NULL);
        g_assert_cmpstr(omg_records_get_state(f->records), ==, "ok");
        g_assert_cmpuint(f->n_notices, ==, 1);
        g_assert_true(omg_records_get_status(f->records, &status));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

#define ADD(path, function) g_test_add("/records/" path, Fixture, NULL, set_up, function, tear_down)
        ADD("status", test_status);
        ADD("status/aur", test_status_aur);
        ADD("events", test_events);
        ADD("tasks", test_tasks);
        ADD("no-folder", test_no_folder);
        return g_test_run();
}
