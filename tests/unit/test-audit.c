/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/audit.h"

#include <string.h>

#include "advisory-fixture.h"
#include "base/error.h"
#include "engine/osv-questions.h"
#include "fixture.h"

#define NAMES "[Prefixes]\npython-=PyPI\nnodejs-=npm\n[Runtimes]\ngo=Go:stdlib;Go:toolchain\n"
#define CONF  "[options]\n[core]\n[extra]\n[search]\nUsage = Search\n[third]\n"
#define HIGH  "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" /* 9.8 */
#define LOW   "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N" /* 1.8 */

typedef struct {
        OmgSnapshot *snapshot;
        OmgAdvisoryLayer *layer;
        OmgOsvNames *names;
        OmgPolicy *policy;
        OmgAuditParams params;
} System;

static const FixturePackage sync_packages[] = {
        {"core", "openssl", "3.0-1"},        {"core", "zlib", "1.2-1"},
        {"extra", "python-yaml", "6.0.1-1"}, {"extra", "python-old", "1.5-1"},
        {"extra", "split", "2:1-1"},         {"search", "zlib", "9-1"},
        {"third", "openssl", "3.5-1"},       {},
};

static OmgPolicy *make_policy(const char *text)
{
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
        g_autoptr(GError) error = NULL;
        OmgPolicy *policy = omg_policy_parse("policy.toml", bytes, &error);

        g_assert_no_error(error);
        return policy;
}

static void system_init(System *system, const FixturePackage *local, const char *const *groups,
                        const char *const *records)
{
        g_autoptr(GBytes) names = g_bytes_new_static(NAMES, strlen(NAMES));

        *system = (System){
                .snapshot = fixture_snapshot(sync_packages, local, CONF),
                .layer = advisory_fixture(groups, records),
                .names = omg_osv_names_new(&names, 1, NULL, NULL),
        };
        g_assert_nonnull(system->names);
        system->params = (OmgAuditParams){
                .snapshot = system->snapshot,
                .advisories = system->layer,
                .names = system->names,
                .now_usec = 1000000,
        };
}

static void system_set_policy(System *system, const char *text)
{
        omg_policy_unref(system->policy);
        system->policy = make_policy(text);
        system->params.policy = system->policy;
}

static void system_clear(System *system)
{
        omg_snapshot_unref(system->snapshot);
        omg_advisory_layer_unref(system->layer);
        omg_osv_names_unref(system->names);
        g_clear_pointer(&system->policy, omg_policy_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(System, system_clear)

/* "package id state fixed severity" of each, in order. */
static char *describe(GPtrArray *findings)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < findings->len; i++) {
                const OmgFinding *f = g_ptr_array_index(findings, i);
                g_string_append_printf(text, "%s%s %s %s %s %s", i > 0 ? "\n" : "", f->package,
                                       f->id, omg_finding_state_get_name(f->state),
                                       *f->fixed ? f->fixed : "-",
                                       omg_severity_get_word(f->severity));
        }
        return g_string_free(text, FALSE);
}

static OmgAudit *audit(const System *system)
{
        g_autoptr(GError) error = NULL;
        OmgAudit *result = omg_audit_new(&system->params, &error);

        g_assert_no_error(error);
        return result;
}

static void assert_findings(const System *system, const char *expected)
{
        g_autoptr(OmgAudit) result = audit(system);
        g_autofree char *text = describe(result->findings);

        g_assert_cmpstr(text, ==, expected);
}

/* Point 1 of the rules, case by case: all statuses, with and without a fixed version. */
static void test_tracker(void)
{
        static const FixturePackage local[] = {
                {NULL, "openssl", "2.0-1"}, {NULL, "zlib", "1.0-1"}, {NULL, "gone", "1.0-1"}, {}};
        static const struct {
                const char *group, *expected;
        } cases[] = {
                {"AVG-1 zlib Vulnerable High 1.0-1 1.1-1 - -",
                 "zlib AVG-1 fix-available 1.1-1 High"},
                {"AVG-1 zlib Fixed High 1.0-1 1.1-1 - -", "zlib AVG-1 fix-available 1.1-1 High"},
                {"AVG-1 zlib Testing Low 1.0-1 1.1-1 - -", "zlib AVG-1 fix-available 1.1-1 Low"},
                {"AVG-1 zlib Unknown Unknown 1.0-1 1.1-1 - -",
                 "zlib AVG-1 fix-available 1.1-1 Unknown"},
                {"AVG-1 zlib Not_affected High 1.0-1 1.1-1 - -", ""},
                {"AVG-1 zlib Not_affected High 1.0-1 - - -", ""},
                /* The very version that is fixed, and its epoch and pkgrel. */
                {"AVG-1 zlib Vulnerable High 0.9-1 1.0-1 - -", ""},
                {"AVG-1 zlib Vulnerable High 0.9-1 0.9-2 - -", ""},
                {"AVG-1 zlib Vulnerable High 1.0-1 1.0-2 - -",
                 "zlib AVG-1 fix-available 1.0-2 High"},
                {"AVG-1 zlib Vulnerable High 1.0-1 1:0.1-1 - -",
                 "zlib AVG-1 fix-pending 1:0.1-1 High"},
                /* "affected" is no lower bound. */
                {"AVG-1 zlib Fixed High 1.1-1 1.2-1 - -", "zlib AVG-1 fix-available 1.2-1 High"},
                /* Newer than what any enabled repository holds; [search] is not enabled. */
                {"AVG-1 zlib Vulnerable High 1.0-1 1.2-2 - -", "zlib AVG-1 fix-pending 1.2-2 High"},
                {"AVG-1 zlib Vulnerable High 1.0-1 9-1 - -", "zlib AVG-1 fix-pending 9-1 High"},
                /* In a repository that comes later. */
                {"AVG-1 openssl Fixed High 1.0-1 3.2-1 - -",
                 "openssl AVG-1 fix-available 3.2-1 High"},
                {"AVG-1 gone Vulnerable High 1.0-1 1.1-1 - -", "gone AVG-1 fix-pending 1.1-1 High"},
                /* No fixed version. */
                {"AVG-1 zlib Vulnerable High 1.0-1 - - -", "zlib AVG-1 no-fix - High"},
                {"AVG-1 zlib Fixed High 1.1-1 - - -", "zlib AVG-1 no-fix - High"},
                {"AVG-1 zlib Vulnerable High 0.9-1 - - -", "zlib AVG-1 unconfirmed - High"},
                {"AVG-1 zlib Unknown High 1.0 - - -", "zlib AVG-1 no-fix - High"},
                {"AVG-1 other Vulnerable High 1.0-1 - - -", ""},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                const char *const groups[] = {cases[i].group, NULL};
                g_auto(System) system = {};
                system_init(&system, local, groups, NULL);
                g_test_message("%s", cases[i].group);
                assert_findings(&system, cases[i].expected);
        }
}

/* Every installed package of a group; all that a finding tells. */
static void test_finding(void)
{
        static const FixturePackage local[] = {
                {NULL, "openssl", "2.0-1"}, {NULL, "zlib", "1.0-1"}, {}};
        static const char *const groups[] = {
                "AVG-7 zlib,openssl,other Vulnerable Critical 2.0-1 2.5-1 CVE-2022-1,CVE-2021-5 "
                "ASA-2,ASA-1,ASA-2",
                NULL};
        g_auto(System) system = {};

        system_init(&system, local, groups, NULL);
        g_autoptr(OmgAudit) result = audit(&system);
        g_assert_cmpuint(result->findings->len, ==, 2);
        const OmgFinding *f = g_ptr_array_index(result->findings, 0);
        g_autofree char *cves = g_strjoinv(" ", f->cves);
        g_autofree char *advisories = g_strjoinv(" ", f->advisories);
        g_assert_cmpstr(f->package, ==, "openssl");
        g_assert_cmpstr(f->installed, ==, "2.0-1");
        g_assert_cmpstr(f->type, ==, "a type");
        g_assert_cmpstr(f->status, ==, "Vulnerable");
        g_assert_cmpstr(f->repo_version, ==, "3.0-1");
        g_assert_cmpstr(cves, ==, "CVE-2022-1 CVE-2021-5");
        g_assert_cmpstr(advisories, ==, "ASA-1 ASA-2");
        g_assert_cmpuint(f->score, ==, OMG_NO_SCORE);
        g_assert_true(omg_finding_is_high(f));
        g_autofree char *url = omg_advisory_dup_url(f->id);
        g_autofree char *other = omg_advisory_dup_url("GHSA-a/b");
        g_assert_cmpstr(url, ==, "https://security.archlinux.org/AVG-7");
        g_assert_cmpstr(other, ==, "https://osv.dev/vulnerability/GHSA-a%2Fb");
}

/* The order, and the counts: what is unconfirmed affects nobody. */
static void test_counts(void)
{
        static const FixturePackage local[] = {
                {NULL, "openssl", "2.0-1"}, {NULL, "split", "1-1"}, {NULL, "zlib", "1.0-1"}, {}};
        static const char *const groups[] = {"AVG-10 zlib Vulnerable High 1.0-1 - - -",
                                             "AVG-9 zlib Vulnerable High 1.0-1 1.1-1 - -",
                                             "AVG-8 openssl Vulnerable Low 3.0-1 3.0-1 - -",
                                             "AVG-7 zlib Unknown Unknown 1.0-1 - - -",
                                             "AVG-6 split Vulnerable Critical 0.5-1 - - -",
                                             NULL};
        g_auto(System) system = {};

        system_init(&system, local, groups, NULL);
        assert_findings(&system, "split AVG-6 unconfirmed - Critical\n"
                                 "zlib AVG-10 no-fix - High\n"
                                 "zlib AVG-9 fix-available 1.1-1 High\n"
                                 "openssl AVG-8 fix-available 3.0-1 Low\n"
                                 "zlib AVG-7 no-fix - Unknown");
        g_autoptr(OmgAudit) result = audit(&system);
        g_assert_cmpuint(result->n_by_severity[OMG_SEVERITY_CRITICAL], ==, 0);
        g_assert_cmpuint(result->n_by_severity[OMG_SEVERITY_HIGH], ==, 2);
        g_assert_cmpuint(result->n_by_severity[OMG_SEVERITY_LOW], ==, 1);
        g_assert_cmpuint(result->n_by_severity[OMG_SEVERITY_UNKNOWN], ==, 1);
        g_assert_cmpuint(result->n_high, ==, 2);
        g_assert_cmpint(result->highest, ==, OMG_SEVERITY_HIGH);
        g_assert_cmpuint(result->n_packages, ==, 2);
        g_assert_cmpuint(result->n_by_state[OMG_FINDING_NO_FIX], ==, 2);
        g_assert_cmpuint(result->n_by_state[OMG_FINDING_FIX_AVAILABLE], ==, 2);
        g_assert_cmpuint(result->n_by_state[OMG_FINDING_UNCONFIRMED], ==, 1);
        for (guint id = 0; id < omg_layer_get_n_packages(system.snapshot->local); id++) {
                const char *name = omg_layer_get_name(system.snapshot->local, id);
                g_assert_cmpint(omg_bits_has(result->affected, id), ==, strcmp(name, "split") != 0);
        }
        g_autoptr(GPtrArray) found = omg_audit_find(result, "zlib");
        g_assert_cmpuint(found->len, ==, 3);
        g_assert_cmpuint(result->until_usec, ==, G_MAXUINT64);
}

/* An update is one of security when it ends a finding: not when it only brings another version. */
static void test_security(void)
{
        static const FixturePackage local[] = {{NULL, "openssl", "2.0-1"},
                                               {NULL, "python-old", "1-1"},
                                               {NULL, "python-yaml", "5-1"},
                                               {NULL, "zlib", "1.0-1"},
                                               {}};
        static const char *const groups[] = {"AVG-1 openssl Fixed High 1.0-1 3.2-1 - -",
                                             "AVG-2 zlib Fixed High 1.0-1 1.2-1 - -", NULL};
        static const char *const records[] = {"GHSA-1 PyPI/yaml 0,<5.4 - -",
                                              "GHSA-2 PyPI/old 0,<1.6 - -", NULL};
        static const struct {
                const char *name;
                gboolean security;
        } expected[] = {
                {"openssl", FALSE}, {"python-old", FALSE}, {"python-yaml", TRUE}, {"zlib", TRUE}};
        g_auto(System) system = {};

        system_init(&system, local, groups, records);
        g_autoptr(OmgAudit) result = audit(&system);
        g_assert_cmpuint(result->n_packages, ==, 4);
        g_assert_cmpuint(result->n_security, ==, 2);
        for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
                guint id = omg_layer_find(system.snapshot->local, expected[i].name,
                                          strlen(expected[i].name), NULL);
                g_assert_cmpint(omg_bits_has(result->security, id), ==, expected[i].security);
        }
}

/* Ranges, lists, and what cannot be told, with python-yaml at 6.0.1 in the repositories. */
static void test_osv(void)
{
        static const struct {
                const char *installed, *record, *expected;
        } cases[] = {
                {"5.3-1", "GHSA-1 PyPI/yaml 0,<5.4 - -", "fix-available 5.4"},
                {"1:5.3-1", "GHSA-1 PyPI/yaml 0,<5.4 - -", "fix-available 5.4"},
                {"5.4-1", "GHSA-1 PyPI/yaml 0,<5.4 - -", ""},
                {"5.4rc1-1", "GHSA-1 PyPI/yaml 0,<5.4 - -", "fix-available 5.4"},
                {"5.3-1", "GHSA-1 PyPI/yaml 0,<7.0 - -", "fix-pending 7.0"},
                {"5.3-1", "GHSA-1 PyPI/yaml 0,<=5.3 - -", "no-fix -"},
                {"5.3.1-1", "GHSA-1 PyPI/yaml 0,<=5.3 - -", ""},
                {"5.3-1", "GHSA-1 PyPI/yaml 5.3 - -", "no-fix -"},
                {"5.2-1", "GHSA-1 PyPI/yaml 5.3 - -", ""},
                {"5.3-1", "GHSA-1 PyPI/yaml 1,<2,5,<5.5 - -", "fix-available 5.5"},
                {"3-1", "GHSA-1 PyPI/yaml 1,<2,5,<5.5 - -", ""},
                {"1.5-1", "GHSA-1 PyPI/yaml 5,<5.5,1,<2 - -", "fix-available 2"},
                {"5.3-1", "GHSA-1 PyPI/yaml 0,^5 - -", ""},
                {"4-1", "GHSA-1 PyPI/yaml 0,^5 - -", "no-fix -"},
                {"4-1", "GHSA-1 PyPI/yaml 0,^* - -", "no-fix -"},
                {"5.3-1", "GHSA-1 PyPI/yaml =5.3 - -", "no-fix -"},
                {"5.3-1", "GHSA-1 PyPI/yaml =5.1,=5.2,=5.3.0,=5.10 - -", "no-fix -"},
                {"5.4-1", "GHSA-1 PyPI/yaml =5.1,=5.2,=5.3.0,=5.10 - -", ""},
                {"5.3-1", "GHSA-1 PyPI/yaml 1,<2,=5.3 - -", "no-fix -"},
                {"odd-1", "GHSA-1 PyPI/yaml =odd - -", "no-fix -"},
                {"5.3-1", "GHSA-1 PyPI/yaml =odd - -", ""},
                /* No place in the order. */
                {"r55.gabc-1", "GHSA-1 PyPI/yaml 0,<5.4 - -", "unconfirmed -"},
                {"r55.gabc-1", "GHSA-1 PyPI/yaml =5.4 - -", "unconfirmed -"},
                {"r55.gabc-1", "GHSA-1 PyPI/yaml 0 - -", "no-fix -"},
                {"5.3-1", "GHSA-1 PyPI/yaml 0,<what - -", "unconfirmed -"},
                {"5.3-1", "GHSA-1 npm/yaml 0 - -", ""},
                {"5.3-1", "GHSA-1 PyPI/other 0 - -", ""},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                const FixturePackage local[] = {{NULL, "python-yaml", cases[i].installed}, {}};
                const char *const records[] = {cases[i].record, NULL};
                g_auto(System) system = {};
                g_autofree char *expected =
                        *cases[i].expected ? g_strdup_printf("python-yaml GHSA-1 %s Unknown",
                                                             cases[i].expected)
                                           : g_strdup("");
                system_init(&system, local, NULL, records);
                g_test_message("%s: %s", cases[i].installed, cases[i].record);
                assert_findings(&system, expected);
        }
}

/* What several sources tell of one flaw counts once; what the tracker calls clean is clean. */
static void test_merge(void)
{
        static const FixturePackage local[] = {{NULL, "python-yaml", "5.3-1"}, {}};
        static const struct {
                const char *group, *records[4], *expected;
        } cases[] = {
                /* Two records of OSV that name each other. */
                {NULL,
                 {"PYSEC-1 PyPI/yaml 0,<5.4 GHSA-1 -", "GHSA-1 PyPI/yaml 0,<5.4 - -"},
                 "python-yaml GHSA-1 fix-available 5.4 Unknown"},
                /* That share a CVE. */
                {NULL,
                 {"PYSEC-1 PyPI/yaml 0,<5.4 CVE-1 -", "GHSA-1 PyPI/yaml 0 CVE-1 " LOW},
                 "python-yaml PYSEC-1 fix-available 5.4 Low"},
                /* A third that joins two. */
                {NULL,
                 {"A-1 PyPI/yaml 0,<5.4 CVE-1 -", "B-1 PyPI/yaml 0,<5.4 CVE-2 -",
                  "C-1 PyPI/yaml 0,<5.4 CVE-1,CVE-2 -"},
                 "python-yaml A-1 fix-available 5.4 Unknown"},
                {NULL,
                 {"A-1 PyPI/yaml 0,<5.4 CVE-1 -", "B-1 PyPI/yaml 0,<5.4 CVE-2 -"},
                 "python-yaml A-1 fix-available 5.4 Unknown\n"
                 "python-yaml B-1 fix-available 5.4 Unknown"},
                /* With the tracker: its word counts, the score is added. */
                {"AVG-1 python-yaml Vulnerable Medium 5.3-1 - CVE-9,CVE-1 -",
                 {"GHSA-1 PyPI/yaml 0,<5.4 CVE-1 " HIGH},
                 "python-yaml AVG-1 no-fix - Medium"},
                {"AVG-1 python-yaml Unknown Unknown 5.3-1 - CVE-1 -",
                 {"GHSA-1 PyPI/yaml 0,<5.4 CVE-1 " HIGH},
                 "python-yaml AVG-1 no-fix - Critical"},
                /* What it leaves open is not open when OSV knows. */
                {"AVG-1 python-yaml Vulnerable Low 5.2-1 - CVE-1 -",
                 {"GHSA-1 PyPI/yaml 0,<5.4 CVE-1 " HIGH},
                 "python-yaml GHSA-1 fix-available 5.4 Critical\n"
                 "python-yaml AVG-1 unconfirmed - Low"},
                {"AVG-1 python-yaml Vulnerable Low 5.2-1 - CVE-1 -",
                 {"GHSA-1 PyPI/yaml 0,<what CVE-1 -"},
                 "python-yaml AVG-1 unconfirmed - Low"},
                /* By another record's CVE. */
                {"AVG-1 python-yaml Vulnerable Medium 5.3-1 - CVE-1 -",
                 {"GHSA-1 PyPI/yaml 0,<5.4 PYSEC-1 -", "PYSEC-1 PyPI/yaml 0,<5.4 CVE-1 -"},
                 "python-yaml AVG-1 no-fix - Medium"},
                /* Fixed here by a backport, or not affected at all. */
                {"AVG-1 python-yaml Fixed Medium 5.2-1 5.3-1 CVE-1 -",
                 {"GHSA-1 PyPI/yaml 0,<5.4 CVE-1 -"},
                 ""},
                {"AVG-1 python-yaml Not_affected Medium 5.2-1 - CVE-1 -",
                 {"GHSA-1 PyPI/yaml 0,<5.4 CVE-1 -"},
                 ""},
                /* Clean of one flaw is not clean of two, nor of one without a CVE. */
                {"AVG-1 python-yaml Fixed Medium 5.2-1 5.3-1 CVE-1 -",
                 {"GHSA-1 PyPI/yaml 0,<5.4 CVE-1,CVE-2 -"},
                 "python-yaml GHSA-1 fix-available 5.4 Unknown"},
                {"AVG-1 python-yaml Fixed Medium 5.2-1 5.3-1 CVE-1 -",
                 {"GHSA-1 PyPI/yaml 0,<5.4 - -"},
                 "python-yaml GHSA-1 fix-available 5.4 Unknown"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                const char *const groups[] = {cases[i].group, NULL};
                g_auto(System) system = {};
                system_init(&system, local, groups, cases[i].records);
                g_test_message("case %zu", i);
                assert_findings(&system, cases[i].expected);
        }
}

/* What a merged finding tells. */
static void test_merged(void)
{
        static const FixturePackage local[] = {{NULL, "python-yaml", "5.3-1"}, {}};
        static const char *const groups[] = {
                "AVG-1 python-yaml Vulnerable Medium 5.3-1 - CVE-2022-1 ASA-1", NULL};
        static const char *const records[] = {"GHSA-1 PyPI/yaml 0,<5.4 CVE-2022-1,PYSEC-1 " HIGH,
                                              "PYSEC-1 PyPI/yaml 0,<5.4 - " LOW, NULL};
        g_auto(System) system = {};

        system_init(&system, local, groups, records);
        g_autoptr(OmgAudit) result = audit(&system);
        g_assert_cmpuint(result->findings->len, ==, 1);
        const OmgFinding *f = g_ptr_array_index(result->findings, 0);
        g_autofree char *cves = g_strjoinv(" ", f->cves), *aliases = g_strjoinv(" ", f->aliases);
        g_assert_cmpstr(cves, ==, "CVE-2022-1");
        g_assert_cmpstr(aliases, ==, "PYSEC-1 GHSA-1");
        g_assert_cmpstr(f->summary, ==, "About GHSA-1");
        g_assert_cmpuint(f->score, ==, 98);
        g_assert_cmpstr(f->vector, ==, HIGH);
        g_assert_cmpint(f->severity, ==, OMG_SEVERITY_MEDIUM);
        g_assert_true(omg_finding_is_high(f));
        g_assert_cmpuint(result->n_high, ==, 1);
}

/* Rules: by the group's id, its advisory, all of its CVEs, the package; until their day. */
static void test_ignored(void)
{
        static const FixturePackage local[] = {{NULL, "zlib", "1.0-1"}, {}};
        static const char *const groups[] = {"AVG-1 zlib Vulnerable High 1.0-1 - CVE-1,CVE-2 ASA-1",
                                             NULL};
        static const struct {
                const char *policy;
                gboolean ignored;
        } cases[] = {
                {"[[ignore]]\nid = \"AVG-1\"\nreason = \"r\"\n", TRUE},
                {"[[ignore]]\nid = \"ASA-1\"\nreason = \"r\"\n", TRUE},
                {"[[ignore]]\nid = \"CVE-1\"\nreason = \"r\"\n", FALSE},
                {"[[ignore]]\nid = \"CVE-1\"\nreason = \"r\"\n"
                 "[[ignore]]\nid = \"CVE-2\"\nreason = \"r\"\n",
                 TRUE},
                {"[[ignore]]\nid = \"AVG-2\"\nreason = \"r\"\n", FALSE},
                {"[[ignore]]\nid = \"AVG-1\"\npackage = \"z*\"\nreason = \"r\"\n", TRUE},
                {"[[ignore]]\nid = \"AVG-1\"\npackage = \"y*\"\nreason = \"r\"\n", FALSE},
                {"[[ignore]]\npackage = \"zlib\"\nreason = \"r\"\nexpires = 2099-01-01\n", TRUE},
                {"[[ignore]]\nid = \"AVG-1\"\nreason = \"r\"\nexpires = 2001-01-01\n", TRUE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(System) system = {};
                system_init(&system, local, groups, NULL);
                system_set_policy(&system, cases[i].policy);
                g_test_message("%s", cases[i].policy);
                g_autoptr(OmgAudit) result = audit(&system);
                const OmgFinding *f = g_ptr_array_index(result->findings, 0);
                g_assert_cmpint(f->state == OMG_FINDING_IGNORED, ==, cases[i].ignored);
                g_assert_cmpstr(f->reason, ==, cases[i].ignored ? "r" : "");
                g_assert_cmpuint(result->n_packages, ==, !cases[i].ignored);
                g_assert_cmpuint(result->n_by_severity[OMG_SEVERITY_HIGH], ==, !cases[i].ignored);
                g_assert_cmpint(omg_bits_has(result->affected, 0), ==, !cases[i].ignored);
        }
        g_auto(System) system = {};
        system_init(&system, local, groups, NULL);
        system_set_policy(&system, cases[8].policy);
        g_autoptr(OmgAudit) before = audit(&system);
        g_assert_cmpuint(before->until_usec, <, G_MAXUINT64);
        system.params.now_usec = before->until_usec + 1;
        g_autoptr(OmgAudit) after = audit(&system);
        g_assert_cmpuint(after->n_by_state[OMG_FINDING_IGNORED], ==, 0);
        g_assert_cmpuint(after->until_usec, ==, G_MAXUINT64);
}

/* What several rules ignore together counts again when the first of them ends. */
static void test_ignored_together(void)
{
        static const FixturePackage local[] = {{NULL, "zlib", "1.0-1"}, {}};
        static const char *const groups[] = {"AVG-1 zlib Vulnerable High 1.0-1 - CVE-1,CVE-2 -",
                                             NULL};
        static const char *const policies[] = {
                "[[ignore]]\nid = \"CVE-1\"\nreason = \"r\"\nexpires = 2001-01-01\n"
                "[[ignore]]\nid = \"CVE-2\"\nreason = \"r\"\n",
                "[[ignore]]\nid = \"CVE-1\"\nreason = \"r\"\n"
                "[[ignore]]\nid = \"CVE-2\"\nreason = \"r\"\nexpires = 2001-01-01\n"};

        for (gsize i = 0; i < G_N_ELEMENTS(policies); i++) {
                g_auto(System) system = {};
                system_init(&system, local, groups, NULL);
                system_set_policy(&system, policies[i]);
                g_autoptr(OmgAudit) before = audit(&system);
                g_assert_cmpuint(before->n_by_state[OMG_FINDING_IGNORED], ==, 1);
                g_assert_cmpuint(before->until_usec, <, G_MAXUINT64);
                system.params.now_usec = before->until_usec;
                assert_findings(&system, "zlib AVG-1 no-fix - High");
        }
}

/* Runtimes are looked at by OSV's names alone, and belong to no package. */
static void test_runtimes(void)
{
        static const FixturePackage local[] = {{NULL, "go", "1.18-1"}, {}};
        static const char *const groups[] = {"AVG-1 go Vulnerable High 2-1 - - -", NULL};
        static const char *const records[] = {"GO-1 Go/stdlib 0,<1.18.1 - " HIGH,
                                              "GO-2 Go/toolchain 1.19.0 - -", NULL};
        static const OmgAuditPackage runtimes[] = {{"go", "1.18"}, {"node", "18.0.0"}};
        g_auto(System) system = {};

        system_init(&system, local, groups, records);
        system.params.runtimes = runtimes;
        system.params.n_runtimes = G_N_ELEMENTS(runtimes);
        assert_findings(&system, "go GO-1 fix-pending 1.18.1 Critical\ngo AVG-1 no-fix - High");
        g_autoptr(OmgAudit) result = audit(&system);
        g_assert_true(((OmgFinding *)g_ptr_array_index(result->findings, 0))->is_runtime);
        g_assert_cmpuint(result->n_packages, ==, 1);
        system.params.names = NULL;
        assert_findings(&system, "go AVG-1 no-fix - High");
}

/* An update of the answer is the answer anew. */
static void test_update(void)
{
        static const FixturePackage before[] = {{NULL, "openssl", "2.0-1"},
                                                {NULL, "python-yaml", "5-1"},
                                                {NULL, "zlib", "1.0-1"},
                                                {}};
        static const FixturePackage after[] = {{NULL, "aaa", "1-1"},
                                               {NULL, "openssl", "3.0-1"},
                                               {NULL, "python-old", "1-1"},
                                               {NULL, "zlib", "1.0-1"},
                                               {}};
        static const char *const groups[] = {"AVG-1 openssl,zlib Vulnerable High 2.0-1 2.5-1 - -",
                                             "AVG-2 openssl Vulnerable High 3.0-1 - - -", NULL};
        static const char *const records[] = {"GHSA-1 PyPI/yaml 0 - -", "GHSA-2 PyPI/old 0 - " HIGH,
                                              "GO-1 Go/stdlib 0 - -", NULL};
        static const OmgAuditPackage runtime = {"go", "1.18"};
        static const char *const changed[] = {"openssl",    "aaa",     "python-yaml",
                                              "python-old", "openssl", NULL};
        g_auto(System) first = {}, second = {};

        system_init(&first, before, groups, records);
        system_init(&second, after, groups, records);
        first.params.runtimes = second.params.runtimes = &runtime;
        first.params.n_runtimes = second.params.n_runtimes = 1;
        g_autoptr(OmgAudit) old = audit(&first);
        g_autoptr(OmgAudit) whole = audit(&second);
        g_autoptr(OmgAudit) updated = omg_audit_update(old, &second.params, changed, NULL);
        g_autofree char *a = describe(whole->findings), *b = describe(updated->findings);

        g_assert_cmpstr(a, ==, b);
        g_assert_cmpmem(whole->affected, 1, updated->affected, 1);
        g_assert_cmpmem(whole->security, 1, updated->security, 1);
        g_assert_cmpuint(whole->n_packages, ==, updated->n_packages);
        g_assert_cmpuint(whole->n_high, ==, updated->n_high);
        for (guint i = 0; i < OMG_FINDING_STATE_N; i++)
                g_assert_cmpuint(whole->n_by_state[i], ==, updated->n_by_state[i]);
        g_assert_cmpuint(updated->findings->len, ==, 4);
}

/* Names and versions of anybody; no local database is needed, but for the audit one is. */
static void test_check(void)
{
        static const char *const groups[] = {"AVG-1 zlib Vulnerable High 1.0-1 1.1-1 - -", NULL};
        static const OmgAuditPackage packages[] = {
                {"zlib", "1.0-1"}, {"zlib", "1.1-1"}, {"gone", "1-1"}, {"python-yaml", "1-1"}};
        static const char *const records[] = {"GHSA-1 PyPI/yaml 0 - -", NULL};
        g_autoptr(GError) error = NULL;
        g_auto(System) system = {};

        system_init(&system, NULL, groups, records);
        g_autoptr(GPtrArray) findings =
                omg_audit_check(&system.params, packages, G_N_ELEMENTS(packages), &error);
        g_assert_no_error(error);
        g_autofree char *text = describe(findings);
        g_assert_cmpstr(text, ==,
                        "zlib AVG-1 fix-available 1.1-1 High\n"
                        "python-yaml GHSA-1 no-fix - Unknown");
        g_assert_null(omg_audit_new(&system.params, &error));
        g_assert_nonnull(error);
}

static gboolean is_in_aur(const char *package, gpointer userdata)
{
        return strcmp(package, "python-aur") == 0;
}

static char *ask(const OmgAuditParams *params, OmgIsInAur in_aur)
{
        g_autoptr(GPtrArray) questions = omg_osv_list_questions(params, in_aur, NULL);
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < questions->len; i++) {
                const OmgOsvQuestion *q = g_ptr_array_index(questions, i);
                g_string_append_printf(text, "%s%s/%s %s", i > 0 ? "\n" : "", q->ecosystem, q->name,
                                       q->version);
        }
        return g_string_free(text, FALSE);
}

/* Only what is official or the AUR's is named: not what another repository holds first, nor what
 * nobody knows; nothing while it is not known what the repositories hold. */
static void test_questions(void)
{
        static const FixturePackage sync[] = {
                {"core", "python-yaml", "6-1"},  {"third", "python-both", "1-1"},
                {"extra", "python-both", "1-1"}, {"third", "python-secret", "1-1"},
                {"core", "zlib", "1-1"},         {}};
        static const FixturePackage local[] = {{NULL, "python-aur", "2-1"},
                                               {NULL, "python-both", "1-1"},
                                               {NULL, "python-private", "1-1"},
                                               {NULL, "python-secret", "1-1"},
                                               {NULL, "python-yaml", "1:5.4-2"},
                                               {NULL, "zlib", "1-1"},
                                               {}};
        static const OmgAuditPackage runtimes[] = {{"go", "1.18"}, {"go", "1.18.0"}};
        g_auto(System) system = {};

        system_init(&system, local, NULL, NULL);
        g_autoptr(OmgSnapshot) snapshot =
                fixture_snapshot(sync, local, "[options]\n[third]\n[core]\n[extra]\n");
        system.params.snapshot = snapshot;
        system.params.runtimes = runtimes;
        system.params.n_runtimes = G_N_ELEMENTS(runtimes);
        g_autofree char *with_aur = ask(&system.params, is_in_aur);
        g_autofree char *without = ask(&system.params, NULL);
        g_assert_cmpstr(with_aur, ==,
                        "Go/stdlib 1.18.0\nGo/toolchain 1.18.0\nPyPI/aur 2\n"
                        "PyPI/yaml 5.4");
        g_assert_cmpstr(without, ==, "Go/stdlib 1.18.0\nGo/toolchain 1.18.0\nPyPI/yaml 5.4");
        g_autoptr(OmgSnapshot) half = fixture_snapshot(NULL, local, CONF);
        system.params.snapshot = half;
        g_autofree char *unknown = ask(&system.params, is_in_aur);
        g_assert_cmpstr(unknown, ==, "Go/stdlib 1.18.0\nGo/toolchain 1.18.0");
        system.params.names = NULL;
        g_autofree char *off = ask(&system.params, is_in_aur);
        g_assert_cmpstr(off, ==, "");
}

static void test_states(void)
{
        OmgFindingState state;

        for (guint i = 0; i < OMG_FINDING_STATE_N; i++) {
                g_assert_true(omg_finding_state_find(omg_finding_state_get_name(i), &state));
                g_assert_cmpuint(state, ==, i);
        }
        g_assert_false(omg_finding_state_find("", &state));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/audit/tracker", test_tracker);
        g_test_add_func("/audit/finding", test_finding);
        g_test_add_func("/audit/counts", test_counts);
        g_test_add_func("/audit/security", test_security);
        g_test_add_func("/audit/osv", test_osv);
        g_test_add_func("/audit/merge", test_merge);
        g_test_add_func("/audit/merged", test_merged);
        g_test_add_func("/audit/ignored", test_ignored);
        g_test_add_func("/audit/ignored-together", test_ignored_together);
        g_test_add_func("/audit/runtimes", test_runtimes);
        g_test_add_func("/audit/update", test_update);
        g_test_add_func("/audit/check", test_check);
        g_test_add_func("/audit/questions", test_questions);
        g_test_add_func("/audit/states", test_states);
        return g_test_run();
}
