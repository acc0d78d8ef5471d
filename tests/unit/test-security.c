/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a snapshot knows of its security: what it is made of, what is taken from the one before, and
 * what it says of the feeds. */
#include "engine/security.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "advisory-fixture.h"
#include "base/error.h"
#include "engine/changes.h"
#include "engine/rows.h"
#include "engine/security-known.h"
#include "fixture.h"

#define CONF "[options]\nSigLevel = Never\n[core]\n"
#define NOW  (1000 * (guint64)G_USEC_PER_SEC)

static const FixturePackage sync_packages[] = {
        {"core", "a", "2-1"}, {"core", "b", "1-1"}, {"core", "c", "1-1"}, {}};
static const FixturePackage local_packages[] = {
        {NULL, "a", "1-1"}, {NULL, "b", "1-1"}, {NULL, "d", "1-1"}, {}};
static const FixturePackage upgraded_packages[] = {
        {NULL, "a", "2-1"}, {NULL, "b", "1-1"}, {NULL, "d", "1-1"}, {}};
static const char *const groups[] = {"AVG-1 a Vulnerable High 1-1 2-1 CVE-2020-1 -",
                                     "AVG-2 b,c Vulnerable Low 1-1 - CVE-2020-2 -", NULL};

typedef struct {
        OmgLayer *sync, *local, *upgraded;
        OmgAdvisoryLayer *advisories;
        OmgPolicyState *policy;
        OmgSecurityParts parts;
        OmgLayer *aur; /* NULL: not known */
} Fixture;

static OmgPolicyState *make_policy(const char *text)
{
        g_autofree char *path = NULL;
        g_autoptr(GError) error = NULL;
        int fd = g_file_open_tmp("omg-policy-XXXXXX", &path, &error);

        g_assert_no_error(error);
        g_assert_cmpint(close(fd), ==, 0);
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        OmgPolicyState *state = omg_policy_state_new(path, NULL, NULL);
        (void)g_unlink(path);
        return state;
}

static void set_up(Fixture *f, gconstpointer unused)
{
        f->sync = fixture_layer(OMG_LAYER_SYNC, sync_packages);
        f->local = fixture_layer(OMG_LAYER_LOCAL, local_packages);
        f->upgraded = fixture_layer(OMG_LAYER_LOCAL, upgraded_packages);
        f->advisories = advisory_fixture(groups, NULL);
        f->policy = make_policy("minimum_grade = \"Community\"\n");
        f->parts = (OmgSecurityParts){
                .advisories = f->advisories,
                .policy = f->policy,
                .feeds = {[OMG_ADVISORY_TRACKER] = {.is_enabled = TRUE, .good_usec = NOW - 1}},
                .now_usec = NOW,
        };
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        omg_layer_unref(f->sync);
        omg_layer_unref(f->local);
        omg_layer_unref(f->upgraded);
        omg_layer_unref(f->aur);
        omg_advisory_layer_unref(f->advisories);
        omg_policy_state_unref(f->policy);
}

/* Of these layers, with what is known as the fixture's parts say. */
static OmgSnapshot *make_snapshot(Fixture *f, OmgLayer *local, const OmgSnapshot *before)
{
        OmgSnapshotParts parts = {
                .sync = f->sync, .local = local, .aur = f->aur, .conf = fixture_conf(CONF)};
        OmgSnapshot *snapshot = omg_snapshot_new(&parts, 7);

        f->parts.snapshot = snapshot;
        f->parts.before = before;
        omg_security_attach(snapshot, omg_security_new(&f->parts));
        return snapshot;
}

static guint32 find(const OmgLayer *layer, const char *name)
{
        guint32 id = omg_layer_find(layer, name, strlen(name), NULL);

        g_assert_cmpuint(id, !=, OMG_NO_PACKAGE);
        return id;
}

static guint32 get_installed(const OmgSnapshot *snapshot, const char *name)
{
        return omg_security_get_installed_flags(snapshot, find(snapshot->local, name));
}

static guint32 get_candidate(const OmgSnapshot *snapshot, const char *name)
{
        return omg_security_get_candidate_flags(snapshot, find(snapshot->sync, name));
}

/* A confirmed flaw makes the grade Risk, which is less than what the policy wants. */
static void test_flags(Fixture *f, gconstpointer unused)
{
        const guint32 both = OMG_PKG_AFFECTED | OMG_PKG_REFUSED;
        g_autoptr(OmgSnapshot) s = make_snapshot(f, f->local, NULL);
        const OmgUpdate *update = &g_array_index(s->updates, OmgUpdate, 0);

        g_assert_cmpuint(get_installed(s, "a"), ==, both);
        g_assert_cmpuint(get_installed(s, "b"), ==, both);
        g_assert_cmpuint(get_installed(s, "d"), ==, 0);
        g_assert_cmpuint(get_candidate(s, "a"), ==, 0);
        g_assert_cmpuint(get_candidate(s, "c"), ==, both);
        g_assert_cmpuint(omg_security_get_installed_flags(s, 3), ==, 0);
        g_assert_cmpuint(omg_security_get_candidate_flags(s, 1000), ==, 0);
        g_assert_cmpuint(s->updates->len, ==, 1);
        g_assert_cmpuint(omg_security_get_update_flags(s, update), ==, OMG_UPD_SECURITY);
        g_assert_cmpuint(s->security->audit->n_packages, ==, 2);
}

static const FixturePackage aur_packages[] = {
        {"aur", "d", "2-1", .maintainer = "eve"}, {"aur", "b", "1-1"}, {"aur", "fine", "1-1"}, {}};

static guint32 get_aur(const OmgSnapshot *snapshot, const char *name)
{
        return omg_security_get_aur_flags(snapshot, find(snapshot->aur, name));
}

/* Those of the AUR are looked at one by one; what is no policy's matter is known without one. */
static void test_aur_flags(Fixture *f, gconstpointer unused)
{
        OmgPackageView view;

        f->aur = fixture_layer(OMG_LAYER_AUR, aur_packages);
        g_autoptr(OmgSnapshot) s = make_snapshot(f, f->local, NULL);
        g_assert_cmpuint(get_aur(s, "b"), ==, OMG_PKG_AFFECTED | OMG_PKG_REFUSED);
        g_assert_cmpuint(get_aur(s, "fine"), ==, 0);
        g_assert_cmpuint(omg_security_get_aur_flags(s, 1000), ==, 0);
        omg_policy_state_unref(f->policy);
        f->parts.policy = f->policy = make_policy("banned_packages = ['fine', 'd']\n");
        g_autoptr(OmgSnapshot) banned = make_snapshot(f, f->local, s);
        g_assert_cmpuint(get_aur(banned, "fine"), ==, OMG_PKG_REFUSED);
        omg_row_view(banned, (OmgRow){.id = find(f->aur, "fine"), .source = OMG_ROW_AUR}, &view);
        g_assert_cmpuint(view.flags, ==, OMG_PKG_REFUSED);
        g_assert_cmpuint(banned->updates->len, ==, 2);
        for (guint i = 0; i < 2; i++) {
                const OmgUpdate *update = &g_array_index(banned->updates, OmgUpdate, i);
                g_assert_cmpint((omg_security_get_update_flags(banned, update) & OMG_UPD_REFUSED) !=
                                        0,
                                ==, (update->flags & OMG_UPD_AUR) != 0);
        }
        f->parts.policy = NULL;
        g_autoptr(OmgSnapshot) none = make_snapshot(f, f->local, NULL);
        g_assert_cmpuint(get_aur(none, "b"), ==, OMG_PKG_AFFECTED);
        g_assert_cmpuint(get_aur(none, "fine"), ==, 0);
        f->parts.advisories = NULL;
        g_autoptr(OmgSnapshot) nothing = make_snapshot(f, f->local, NULL);
        g_assert_cmpuint(get_aur(nothing, "b"), ==, 0);
}

/* A mark alone makes another refusal: what was judged before does not stand. */
static void test_marks(Fixture *f, gconstpointer unused)
{
        OmgSnapshotParts parts = {.sync = f->sync, .local = f->local, .conf = fixture_conf(CONF)};
        guint32 id = find(f->local, "d");
        g_autoptr(OmgSnapshot) marked = NULL;

        omg_policy_state_unref(f->policy);
        f->parts.policy = f->policy = make_policy("allow_maintainer_change = false\n");
        f->aur = fixture_layer(OMG_LAYER_AUR, aur_packages);
        g_autoptr(OmgSnapshot) s = make_snapshot(f, f->local, NULL);
        g_assert_cmpuint(get_installed(s, "d"), ==, 0);
        parts.aur = f->aur;
        marked = omg_snapshot_new(&parts, 7);
        marked->maintainer_marks =
                g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)omg_maintainer_mark_free);
        (void)g_hash_table_insert(marked->maintainer_marks, GUINT_TO_POINTER(id),
                                  omg_maintainer_mark_new("jguer", "eve"));
        f->parts.snapshot = marked;
        f->parts.before = s;
        omg_security_attach(marked, omg_security_new(&f->parts));
        g_assert_true(marked->security->audit == s->security->audit);
        g_assert_cmpuint(get_installed(marked, "d"), ==, OMG_PKG_REFUSED);
        g_assert_cmpuint(get_aur(marked, "d"), ==, OMG_PKG_REFUSED);
        g_assert_false(omg_security_equal(s->security, marked->security));
}

/* Nothing known is no flag, and no answer either. */
static void test_never(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;
        OmgAuditParams params;
        OmgJudge judge;

        f->parts.advisories = NULL;
        f->parts.policy = NULL;
        f->parts.feeds[OMG_ADVISORY_TRACKER].good_usec = 0;
        g_autoptr(OmgSnapshot) s = make_snapshot(f, f->local, NULL);
        g_assert_cmpint(s->security->state, ==, OMG_SCAN_NEVER);
        g_assert_false(s->security->complete);
        g_assert_null(s->security->audit);
        g_assert_cmpuint(get_installed(s, "a"), ==, 0);
        g_assert_false(omg_security_get_params(s, &params, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_clear_error(&error);
        g_assert_false(omg_security_get_judge(s, &judge, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
}

/* Of a later snapshot only what changed is looked at, and comes to what a whole audit does. */
static void test_incremental(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgSnapshot) first = make_snapshot(f, f->local, NULL);
        g_autoptr(OmgSnapshot) again = make_snapshot(f, f->local, first);
        g_autoptr(OmgSnapshot) upgraded = make_snapshot(f, f->upgraded, again);
        g_autoptr(OmgSnapshot) whole = make_snapshot(f, f->upgraded, NULL);
        g_autoptr(OmgChanges) changes = omg_changes_new(first, upgraded);
        g_autoptr(OmgChanges) none = omg_changes_new(first, again);

        g_assert_true(again->security->audit == first->security->audit);
        g_assert_true(again->security->candidates == first->security->candidates);
        g_assert_true(again->security->refusals == first->security->refusals);
        g_assert_true(omg_security_equal(first->security, again->security));
        g_assert_false(omg_security_equal(first->security, upgraded->security));
        g_assert_true(omg_security_equal(upgraded->security, whole->security));
        g_assert_cmpuint(get_installed(upgraded, "a"), ==, 0);
        g_assert_cmpuint(get_installed(upgraded, "b"), !=, 0);
        g_assert_true(changes->security);
        g_assert_false(none->security);
}

/* A rule that ends: the audit of before does not count after it. */
static void test_policy(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgPolicyState) policy =
                make_policy("[[ignore]]\nid = \"AVG-1\"\nreason = \"r\"\nexpires = 1970-01-01\n");
        g_autoptr(OmgSnapshot) first = make_snapshot(f, f->local, NULL);
        guint64 until = 86400 * (guint64)G_USEC_PER_SEC;

        g_assert_cmpint(policy->status, ==, OMG_POLICY_OK);
        f->parts.policy = policy;
        g_autoptr(OmgSnapshot) ignoring = make_snapshot(f, f->local, first);
        g_assert_cmpuint(get_installed(ignoring, "a"), ==, 0);
        g_assert_cmpuint(ignoring->security->audit->until_usec, ==, until);
        g_assert_false(omg_security_equal(first->security, ignoring->security));
        f->parts.now_usec = until;
        g_autoptr(OmgSnapshot) ended = make_snapshot(f, f->local, ignoring);
        g_assert_cmpuint(get_installed(ended, "a"), !=, 0);
        g_assert_cmpuint(ended->security->audit->until_usec, ==, G_MAXUINT64);
}

/* That the tracker is off, its list at hand or not. */
static void test_skipped_tracker(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgSnapshot) on = make_snapshot(f, f->local, NULL);

        f->parts.feeds[OMG_ADVISORY_TRACKER].is_enabled = FALSE;
        g_autoptr(OmgSnapshot) off = make_snapshot(f, f->local, on);
        g_assert_cmpuint(get_installed(off, "a"), ==, 0);
        g_assert_cmpuint(get_candidate(off, "c"), ==, 0);
        g_assert_cmpint(off->security->state, ==, OMG_SCAN_NEVER);
}

/* That nothing was found is known only when every feed that is on was asked. */
static void test_known(Fixture *f, gconstpointer unused)
{
        static const char *const others[] = {"AVG-1 other Vulnerable High 1-1 2-1 - -", NULL};
        g_autoptr(OmgAdvisoryLayer) nothing = advisory_fixture(others, NULL);
        g_autoptr(GError) error = NULL;
        OmgSecurityCounts counts;

        g_assert_false(omg_security_get_counts(NULL, &counts));
        g_autoptr(OmgSnapshot) found = make_snapshot(f, f->local, NULL);
        g_assert_true(omg_security_get_counts(found, &counts));
        g_assert_cmpuint(counts.by_severity[OMG_SEVERITY_HIGH], ==, 1);
        g_assert_cmpuint(counts.by_severity[OMG_SEVERITY_LOW], ==, 1);
        g_assert_cmpuint(counts.by_state[OMG_FINDING_FIX_AVAILABLE], ==, 1);
        g_assert_cmpuint(counts.n_packages, ==, 2);
        g_assert_cmpuint(counts.n_security, ==, 1);
        g_assert_cmpint(counts.highest, ==, OMG_SEVERITY_HIGH);
        g_assert_true(counts.has_confirmed);

        f->parts.feeds[OMG_ADVISORY_OSV].is_enabled = TRUE;
        g_autoptr(OmgSnapshot) partly = make_snapshot(f, f->local, NULL);
        g_assert_true(omg_security_get_counts(partly, &counts));
        f->parts.advisories = nothing;
        g_autoptr(OmgSnapshot) unknown = make_snapshot(f, f->local, NULL);
        g_assert_nonnull(omg_security_get_audit(unknown, NULL));
        g_assert_false(omg_security_get_counts(unknown, &counts));
        f->parts.feeds[OMG_ADVISORY_OSV].is_enabled = FALSE;
        g_autoptr(OmgSnapshot) clean = make_snapshot(f, f->local, NULL);
        g_assert_true(omg_security_get_counts(clean, &counts));
        g_assert_false(counts.has_confirmed);
        f->parts.feeds[OMG_ADVISORY_TRACKER].is_enabled = FALSE;
        g_autoptr(OmgSnapshot) off = make_snapshot(f, f->local, NULL);
        g_assert_null(omg_security_get_audit(off, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_false(omg_security_get_counts(off, &counts));
}

/* A change that nobody knows anything of before is all new; one of the packages tells which. */
static void test_changes(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgSnapshot) upgraded = make_snapshot(f, f->upgraded, NULL);
        g_autoptr(OmgSnapshot) first = make_snapshot(f, f->local, upgraded);
        OmgAdvisoryLayer *advisories = f->parts.advisories;

        f->parts.advisories = NULL;
        g_autoptr(OmgSnapshot) never = make_snapshot(f, f->local, NULL);
        f->parts.advisories = advisories;
        g_autoptr(OmgChanges) same = omg_changes_new(first, first);
        g_autoptr(OmgChanges) worse = omg_changes_new(upgraded, first);
        g_autoptr(OmgChanges) better = omg_changes_new(first, upgraded);
        g_autoptr(OmgChanges) all = omg_changes_new(never, first);
        g_autoptr(OmgChanges) lost = omg_changes_new(first, never);
        const OmgFinding *finding;

        g_assert_false(same->findings);
        g_assert_true(worse->findings && better->findings && all->findings && lost->findings);
        g_assert_cmpuint(worse->new_findings->len, ==, 1);
        finding = worse->new_findings->pdata[0];
        g_assert_cmpstr(finding->id, ==, "AVG-1");
        g_assert_cmpuint(better->new_findings->len, ==, 0);
        g_assert_cmpuint(all->new_findings->len, ==, 2);
        g_assert_cmpuint(lost->new_findings->len, ==, 0);
}

static void test_states(Fixture *f, gconstpointer unused)
{
        static const struct {
                OmgFeedFacts tracker, osv;
                OmgScanState state;
                guint64 scanned, as_of;
                gboolean complete;
                guint n_errors;
        } cases[] = {
                {{TRUE, 5, 0, 0, 0, NULL}, {}, OMG_SCAN_OK, 5, 5, TRUE, 0},
                {{TRUE, 5, 0, 0, 0, NULL}, {TRUE, 9, 0, 0, 0, NULL}, OMG_SCAN_OK, 9, 5, TRUE, 0},
                {{TRUE, 5, 0, 0, 0, NULL},
                 {TRUE, 0, 0, 0, 0, NULL},
                 OMG_SCAN_NEVER,
                 5,
                 0,
                 FALSE,
                 1},
                {{TRUE, NOW - 9, 9, 0, 0, NULL}, {}, OMG_SCAN_OK, NOW - 9, NOW - 9, TRUE, 0},
                {{TRUE, NOW - 9, 8, 0, 0, NULL}, {}, OMG_SCAN_STALE, NOW - 9, NOW - 9, TRUE, 0},
                {{TRUE, 5, 0, 0, OMG_ERROR_NETWORK, "x"}, {}, OMG_SCAN_FAILED, 5, 5, TRUE, 1},
                {{TRUE, 5, 0, TRUE, OMG_ERROR_UPSTREAM_INVALID, "x"},
                 {},
                 OMG_SCAN_STALE,
                 5,
                 5,
                 TRUE,
                 1},
                {{TRUE, 0, 0, 0, OMG_ERROR_NETWORK, "x"}, {}, OMG_SCAN_FAILED, 0, 0, FALSE, 1},
                {{TRUE, 5, 0, 0, OMG_ERROR_NETWORK, "x"},
                 {TRUE, 0, 0, 0, 0, NULL},
                 OMG_SCAN_FAILED,
                 5,
                 0,
                 FALSE,
                 2},
                {{}, {}, OMG_SCAN_NEVER, 0, 0, FALSE, 0},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                f->parts.feeds[OMG_ADVISORY_TRACKER] = cases[i].tracker;
                f->parts.feeds[OMG_ADVISORY_OSV] = cases[i].osv;
                g_autoptr(OmgSnapshot) s = make_snapshot(f, f->local, NULL);
                g_test_message("case %" G_GSIZE_FORMAT, i);
                g_assert_cmpint(s->security->state, ==, cases[i].state);
                g_assert_cmpuint(s->security->scanned_usec, ==, cases[i].scanned);
                g_assert_cmpuint(s->security->as_of_usec, ==, cases[i].as_of);
                g_assert_cmpint(s->security->complete, ==, cases[i].complete);
                /* And what makes no sense in the tracker's list. */
                g_assert_cmpuint(s->security->errors->len, ==,
                                 cases[i].n_errors + cases[i].tracker.is_enabled);
        }
}

/* Entries that were left out are told of, for as long as their feed is on. */
static void test_dropped(Fixture *f, gconstpointer unused)
{
        g_autoptr(OmgSnapshot) s = make_snapshot(f, f->local, NULL);
        const OmgSourceError *told = g_ptr_array_index(s->security->errors, 0);

        g_assert_cmpuint(s->security->errors->len, ==, 1);
        g_assert_cmpstr(told->source, ==, "tracker");
        g_assert_cmpint(told->code, ==, OMG_ERROR_UPSTREAM_INVALID);
        g_assert_cmpstr(told->message, ==,
                        "2 of its entries make no sense and are left out: "
                        "entry 3 (AVG-7): \"fixed\" is no version");
        g_assert_cmpint(s->security->state, ==, OMG_SCAN_OK);
        f->parts.feeds[OMG_ADVISORY_TRACKER].is_enabled = FALSE;
        g_autoptr(OmgSnapshot) off = make_snapshot(f, f->local, s);
        g_assert_cmpuint(off->security->errors->len, ==, 0);
}

/* What is wrong with the index, or with osv-names.conf, is a failure with the last good result. */
static void test_failures(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = g_error_new_literal(OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, "x");

        f->parts.index_error = error;
        f->parts.names_error = error;
        g_autoptr(OmgSnapshot) s = make_snapshot(f, f->local, NULL);
        g_assert_cmpint(s->security->state, ==, OMG_SCAN_FAILED);
        g_assert_cmpuint(s->security->errors->len, ==, 3);
        g_assert_cmpuint(get_installed(s, "a"), !=, 0);
}

#define ADD(name) g_test_add("/security/" #name, Fixture, NULL, set_up, test_##name, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD(flags);
        ADD(aur_flags);
        ADD(marks);
        ADD(never);
        ADD(incremental);
        ADD(policy);
        ADD(skipped_tracker);
        ADD(states);
        ADD(dropped);
        ADD(failures);
        ADD(known);
        ADD(changes);
        return g_test_run();
}
