/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What refreshes leave in the audit log. */
#include "loop/audit-watch.h"

#include <glib/gstdio.h>
#include <systemd/sd-event.h>

#include "advisory-fixture.h"
#include "base/error.h"
#include "engine/security.h"
#include "fixture.h"

#define CONF "[options]\nSigLevel = Never\n[core]\n"
#define NOW  (1000 * (guint64)G_USEC_PER_SEC)

static const FixturePackage sync_packages[] = {{"core", "a", "2-1"}, {}};
static const FixturePackage before_packages[] = {{NULL, "a", "1-1"}, {NULL, "b", "1-1"}, {}};
static const FixturePackage after_packages[] = {{NULL, "a", "2-1"}, {NULL, "c", "1-1"}, {}};
static const char *const groups[] = {"AVG-1 a Vulnerable High 1-1 2-1 CVE-2020-1 -", NULL};
static const char *const no_groups[] = {NULL};

typedef struct {
        sd_event *event;
        OmgWorker *worker;
        OmgAuditLog *log;
        OmgAuditWatch *watch; /* the worker's */
        OmgPaths paths;
        OmgAdvisoryLayer *advisories, *no_advisories;
        const OmgSnapshot *snapshot; /* the one at hand */
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

static void do_new(gpointer data)
{
        Fixture *f = data;

        f->watch = omg_audit_watch_new(f->log, &f->paths);
        omg_worker_post(f->worker, hear_done, f, NULL);
}

static void do_take(gpointer data)
{
        Fixture *f = data;
        const OmgRefreshOutcome outcome = {.snapshot = (OmgSnapshot *)f->snapshot};

        omg_audit_watch_take_refresh(f->watch, &outcome);
        omg_worker_post(f->worker, hear_done, f, NULL);
}

static void do_free(gpointer data)
{
        Fixture *f = data;

        omg_audit_watch_free(f->watch);
        omg_worker_post(f->worker, hear_done, f, NULL);
}

/* "EVENT RESOURCE" of all records, the oldest first. */
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

                g_string_append_printf(text, "%s%s %s", text->len > 0 ? ", " : "", record->event,
                                       record->resource);
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

static void set_up(Fixture *f, gconstpointer unused)
{
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        f->worker = omg_worker_new(f->event, NULL);
        f->paths.data_dir = g_dir_make_tmp("omg-watch-XXXXXX", NULL);
        f->log = omg_audit_log_new(f->worker, f->paths.data_dir,
                                   &(OmgAuditLogEvents){.on_appended = on_appended});
        f->advisories = advisory_fixture(groups, NULL);
        f->no_advisories = advisory_fixture(no_groups, NULL);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        run(f, do_free);
        omg_audit_log_free(f->log);
        omg_worker_free(f->worker);
        g_assert_null(sd_event_unref(f->event));
        g_autofree char *db = g_build_filename(f->paths.data_dir, "audit.db", NULL);
        g_autofree char *idx = g_build_filename(f->paths.data_dir, "local.idx", NULL);
        (void)g_unlink(db);
        (void)g_unlink(idx);
        g_assert_cmpint(g_rmdir(f->paths.data_dir), ==, 0);
        g_free(f->paths.data_dir);
        omg_advisory_layer_unref(f->advisories);
        omg_advisory_layer_unref(f->no_advisories);
        g_free(f->seen);
}

static void take(Fixture *f, const OmgSnapshot *snapshot)
{
        f->snapshot = snapshot;
        run(f, do_take);
}

static void check(Fixture *f, const char *expected)
{
        run(f, do_read);
        g_assert_cmpstr(f->seen, ==, expected);
}

/* ---- packages ---- */

/* Nothing is known before the first; what cannot be read, or was never there, is no removal. */
static void test_packages(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgSnapshot) x = fixture_snapshot(sync_packages, before_packages, CONF);
        g_autoptr(OmgSnapshot) none = fixture_snapshot(sync_packages, NULL, CONF);
        g_autoptr(OmgSnapshot) y = fixture_snapshot(sync_packages, after_packages, CONF);

        run(f, do_new);
        take(f, x);
        take(f, none);
        take(f, NULL);
        take(f, x);
        check(f, "");
        take(f, y);
        take(f, y);
        check(f, "package_upgrade a, package_remove b, package_install c");
}

/* ---- scans ---- */

/* A look at the same packages, after the tracker was asked then. */
static OmgSnapshot *scan(Fixture *f, const OmgAdvisoryLayer *advisories, guint64 good_usec,
                         const char *message)
{
        OmgSnapshot *snapshot = fixture_snapshot(sync_packages, before_packages, CONF);
        const OmgSecurityParts parts = {
                .snapshot = snapshot,
                .advisories = (OmgAdvisoryLayer *)advisories,
                .feeds = {[OMG_ADVISORY_TRACKER] = {.is_enabled = TRUE,
                                                    .good_usec = good_usec,
                                                    .code = OMG_ERROR_NETWORK,
                                                    .message = message}},
                .now_usec = NOW,
        };

        omg_security_attach(snapshot, omg_security_new(&parts));
        return snapshot;
}

/* What was known at the start is no news; the same result is not told again on the same day, and a
 * failure once. */
static void test_scans(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgSnapshot) start = scan(f, f->no_advisories, 10, NULL);
        g_autoptr(OmgSnapshot) first = scan(f, f->no_advisories, 11, NULL);
        g_autoptr(OmgSnapshot) same = scan(f, f->no_advisories, 12, NULL);
        g_autoptr(OmgSnapshot) other = scan(f, f->advisories, 13, NULL);
        g_autoptr(OmgSnapshot) failed = scan(f, f->advisories, 13, "no route");
        g_autoptr(OmgSnapshot) differently = scan(f, f->advisories, 13, "no answer");

        run(f, do_new);
        take(f, start);
        check(f, "");
        take(f, first);
        check(f, "security_audit packages");
        take(f, same);
        take(f, first);
        check(f, "security_audit packages");
        take(f, other);
        check(f, "security_audit packages, vulnerability_detected a, security_audit packages");
        take(f, failed);
        take(f, failed);
        take(f, differently);
        check(f, "security_audit packages, vulnerability_detected a, security_audit packages, "
                 "security_audit packages, security_audit packages");
}

#define ADD(path, function) \
        g_test_add("/audit-watch/" path, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD("packages", test_packages);
        ADD("scans", test_scans);
        return g_test_run();
}
