/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that is known of one advisory, by each kind of id. */
#include "engine/advisory-answer.h"

#include "advisory-fixture.h"
#include "base/error.h"
#include "base/limits-advisories.h"
#include "fixture.h"

#define CONF "[options]\nSigLevel = Never\n[core]\n"

static const FixturePackage sync_packages[] = {{"core", "a", "2-1"}, {}};
static const FixturePackage local_packages[] = {{NULL, "a", "1-1"}, {NULL, "b", "2-1"}, {}};
static const char *const groups[] = {
        "AVG-1 a,b,gone Vulnerable High 1-1 2-1 CVE-2020-1,CVE-2020-2 ASA-1",
        "AVG-2 b Vulnerable Low 1-1 - CVE-2020-3 -",
        "AVG-3 gone Fixed Low 1-1 2-1 CVE-2020-1 ASA-1", NULL};
static const char *const records[] = {"GHSA-1 PyPI/x 0,<1.2 CVE-2020-1,PYSEC-1 -",
                                      "PYSEC-1 PyPI/x 0,<1.2 CVE-2020-1,GHSA-1 -",
                                      "GHSA-2 PyPI/y 0,<1.2 CVE-2020-9 -", NULL};

static OmgSnapshot *make_snapshot(gboolean is_fetched, gboolean has_local)
{
        g_autoptr(OmgLayer) sync = fixture_layer(OMG_LAYER_SYNC, sync_packages);
        g_autoptr(OmgLayer) local = fixture_layer(OMG_LAYER_LOCAL, local_packages);
        g_autoptr(OmgAdvisoryLayer) advisories = advisory_fixture(groups, records);
        OmgSnapshotParts parts = {
                .sync = sync, .local = has_local ? local : NULL, .conf = fixture_conf(CONF)};
        OmgSnapshot *snapshot = omg_snapshot_new(&parts, 7);
        OmgSecurityParts security = {
                .snapshot = snapshot,
                .advisories = is_fetched ? advisories : NULL,
                .feeds = {[OMG_ADVISORY_TRACKER] = {.is_enabled = TRUE, .good_usec = 1}},
                .now_usec = 2,
        };

        omg_security_attach(snapshot, omg_security_new(&security));
        return snapshot;
}

/* "groups | records | findings", each by their ids. */
static char *describe(const OmgAdvisoryAnswer *answer)
{
        GString *text = g_string_new(NULL);
        const OmgAdvisoryLayer *layer = answer->layer;

        for (guint i = 0; i < answer->groups->len; i++)
                g_string_append_printf(
                        text, "%s ",
                        omg_advisory_layer_get_text(
                                layer, omg_advisory_layer_get_group(
                                               layer, g_array_index(answer->groups, guint, i))
                                               ->id));
        g_string_append(text, "| ");
        for (guint i = 0; i < answer->records->len; i++)
                g_string_append_printf(
                        text, "%s ",
                        omg_advisory_layer_get_text(
                                layer, omg_advisory_layer_get_record(
                                               layer, g_array_index(answer->records, guint, i))
                                               ->id));
        g_string_append(text, "|");
        for (guint i = 0; i < answer->findings->len; i++) {
                const OmgFinding *finding = answer->findings->pdata[i];
                g_string_append_printf(text, " %s:%s", finding->package, finding->id);
        }
        return g_string_free(text, FALSE);
}

/* What names an id is found by it; of a group also what OSV says of its flaws, and the reverse. */
static void test_ids(void)
{
        static const char *const cases[][2] = {
                {"AVG-1", "AVG-1 | GHSA-1 PYSEC-1 | a:AVG-1"},
                {"AVG-2", "AVG-2 | | b:AVG-2"},
                {"AVG-3", "AVG-3 | GHSA-1 PYSEC-1 |"},
                {"ASA-1", "AVG-1 AVG-3 | GHSA-1 PYSEC-1 | a:AVG-1"},
                {"CVE-2020-1", "AVG-1 AVG-3 | GHSA-1 PYSEC-1 | a:AVG-1"},
                {"CVE-2020-2", "AVG-1 | GHSA-1 PYSEC-1 | a:AVG-1"},
                {"CVE-2020-9", "| GHSA-2 |"},
                {"GHSA-1", "AVG-1 AVG-3 | GHSA-1 PYSEC-1 |"},
                {"GHSA-2", "| GHSA-2 |"},
        };
        g_autoptr(OmgSnapshot) snapshot = make_snapshot(TRUE, TRUE);

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(OmgAdvisoryAnswer) answer =
                        omg_advisory_look_up(snapshot, cases[i][0], &error);
                g_assert_no_error(error);
                g_autofree char *text = describe(answer);
                g_test_message("%s", cases[i][0]);
                g_assert_cmpstr(text, ==, cases[i][1]);
        }
}

static void expect_error(const OmgSnapshot *snapshot, const char *id, OmgError code)
{
        g_autoptr(GError) error = NULL;

        g_assert_null(omg_advisory_look_up(snapshot, id, &error));
        g_assert_error(error, OMG_ERROR, (int)code);
}

static void test_errors(void)
{
        g_autoptr(OmgSnapshot) snapshot = make_snapshot(TRUE, TRUE);
        g_autoptr(OmgSnapshot) never = make_snapshot(FALSE, TRUE);
        g_autofree char *longest = g_strnfill(OMG_LIMIT_ADVISORY_ID, 'x');
        g_autofree char *too_long = g_strnfill(OMG_LIMIT_ADVISORY_ID + 1, 'x');

        expect_error(snapshot, "AVG-9", OMG_ERROR_NOT_FOUND);
        expect_error(snapshot, "avg-1", OMG_ERROR_NOT_FOUND);
        expect_error(snapshot, longest, OMG_ERROR_NOT_FOUND);
        expect_error(snapshot, too_long, OMG_ERROR_INVALID_ARGS);
        expect_error(snapshot, "", OMG_ERROR_INVALID_ARGS);
        expect_error(never, "AVG-1", OMG_ERROR_UNAVAILABLE);
}

static void expect_state(const OmgAdvisoryAnswer *answer, const OmgSnapshot *snapshot,
                         const char *package, const char *state, const char *installed)
{
        const char *version;

        g_assert_cmpstr(omg_advisory_answer_get_state(answer, snapshot,
                                                      g_array_index(answer->groups, guint, 0),
                                                      package, &version),
                        ==, state);
        g_assert_cmpstr(version, ==, installed);
}

static void test_packages(void)
{
        g_autoptr(OmgSnapshot) snapshot = make_snapshot(TRUE, TRUE);
        g_autoptr(OmgSnapshot) unread = make_snapshot(TRUE, FALSE);
        g_autoptr(OmgAdvisoryAnswer) answer = omg_advisory_look_up(snapshot, "AVG-1", NULL);
        g_autoptr(OmgAdvisoryAnswer) blind = omg_advisory_look_up(unread, "AVG-1", NULL);

        expect_state(answer, snapshot, "a", "fix-available", "1-1");
        expect_state(answer, snapshot, "b", "not-affected", "2-1");
        expect_state(answer, snapshot, "gone", "", "");
        g_assert_null(blind->audit);
        expect_state(blind, unread, "a", "unknown", "");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/advisory-answer/ids", test_ids);
        g_test_add_func("/advisory-answer/errors", test_errors);
        g_test_add_func("/advisory-answer/packages", test_packages);
        return g_test_run();
}
