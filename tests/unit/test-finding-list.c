/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings chosen, and told from those of before. */
#include "engine/finding-list.h"

#include <string.h>

#include "engine/audit-changes.h"

#define ALL ((1u << OMG_FINDING_STATE_N) - 1)

static GStrv split(const char *text)
{
        return g_strsplit(text, " ", -1);
}

static OmgFinding *make(const char *package, const char *id, OmgSeverity severity,
                        OmgFindingState state)
{
        OmgFinding *finding = omg_finding_new(package, "1-1", id);

        finding->fixed = g_strdup("");
        finding->vector = g_strdup("");
        finding->type = g_strdup("");
        finding->status = g_strdup("");
        finding->summary = g_strdup("");
        finding->repo_version = g_strdup("");
        finding->reason = g_strdup("");
        finding->cves = split("CVE-1 CVE-2");
        finding->advisories = split("ASA-1");
        finding->aliases = split("GHSA-1");
        finding->severity = severity;
        finding->state = state;
        return finding;
}

/* Takes the findings, up to NULL, over. */
static OmgAudit *make_audit(OmgFinding *finding, ...)
{
        OmgAudit *audit = g_new0(OmgAudit, 1);
        va_list args;

        g_atomic_ref_count_init(&audit->ref_count);
        audit->findings = g_ptr_array_new_with_free_func((GDestroyNotify)omg_finding_unref);
        va_start(args, finding);
        for (; finding; finding = va_arg(args, OmgFinding *))
                g_ptr_array_add(audit->findings, finding);
        va_end(args);
        return audit;
}

static OmgAudit *make_sample(void)
{
        OmgFinding *scored = make("c", "AVG-3", OMG_SEVERITY_MEDIUM, OMG_FINDING_UNCONFIRMED);

        scored->score = 70;
        return make_audit(make("a", "AVG-1", OMG_SEVERITY_CRITICAL, OMG_FINDING_NO_FIX),
                          make("b", "AVG-2", OMG_SEVERITY_HIGH, OMG_FINDING_IGNORED), scored,
                          make("d", "AVG-4", OMG_SEVERITY_UNKNOWN, OMG_FINDING_FIX_PENDING), NULL);
}

static void expect_chosen(const OmgAudit *audit, OmgFindingFilter filter, const char *expected)
{
        g_autoptr(GPtrArray) found = omg_findings_select(audit->findings, &filter);
        g_autoptr(GString) names = g_string_new(NULL);

        for (guint i = 0; i < found->len; i++)
                g_string_append(names, ((const OmgFinding *)found->pdata[i])->package);
        g_assert_cmpstr(names->str, ==, expected);
}

/* A score that is worse than the severity counts; an unknown one is asked for by itself. */
static void test_select(void)
{
        static const char *const packages[] = {"d", "b", "x", NULL};
        g_autoptr(OmgAudit) audit = make_sample();

        expect_chosen(audit, (OmgFindingFilter){0, ALL, NULL}, "abcd");
        expect_chosen(audit, (OmgFindingFilter){0, OMG_FINDING_STATES_DEFAULT, NULL}, "acd");
        expect_chosen(audit, (OmgFindingFilter){OMG_SEVERITY_LOW, ALL, NULL}, "abc");
        expect_chosen(audit, (OmgFindingFilter){OMG_SEVERITY_HIGH, ALL, NULL}, "abc");
        expect_chosen(audit, (OmgFindingFilter){OMG_SEVERITY_CRITICAL, ALL, NULL}, "a");
        expect_chosen(audit, (OmgFindingFilter){0, 1u << OMG_FINDING_IGNORED, NULL}, "b");
        expect_chosen(audit, (OmgFindingFilter){0, ALL, packages}, "bd");
        expect_chosen(audit, (OmgFindingFilter){0, 0, NULL}, "");
}

static void test_has_id(void)
{
        g_autoptr(OmgFinding) finding = make("a", "AVG-1", 0, 0);

        g_assert_true(omg_finding_has_id(finding, "AVG-1"));
        g_assert_true(omg_finding_has_id(finding, "CVE-2"));
        g_assert_true(omg_finding_has_id(finding, "ASA-1"));
        g_assert_true(omg_finding_has_id(finding, "GHSA-1"));
        g_assert_false(omg_finding_has_id(finding, "AVG-2"));
}

static void expect_new(const OmgAudit *before, const OmgAudit *after, guint max,
                       const char *expected)
{
        g_autoptr(GPtrArray) list = omg_audit_list_new(before, after);
        g_autoptr(GPtrArray) ids = omg_findings_list_ids(list, max);

        g_ptr_array_add(ids, NULL);
        g_autofree char *text = g_strjoinv(" ", (char **)ids->pdata);
        g_assert_cmpstr(text, ==, expected);
}

/* What counts for more than before is new, what counts for less or went is not. */
static void test_new(void)
{
        g_autoptr(OmgAudit) sample = make_sample();
        g_autoptr(OmgAudit) same = make_sample();
        g_autoptr(OmgAudit) other =
                make_audit(make("a", "AVG-1", OMG_SEVERITY_CRITICAL, OMG_FINDING_FIX_AVAILABLE),
                           make("z", "AVG-1", OMG_SEVERITY_CRITICAL, OMG_FINDING_FIX_AVAILABLE),
                           make("b", "AVG-2", OMG_SEVERITY_HIGH, OMG_FINDING_UNCONFIRMED),
                           make("c", "AVG-3", OMG_SEVERITY_MEDIUM, OMG_FINDING_NO_FIX), NULL);

        g_assert_true(omg_audit_equal(sample, same));
        g_assert_true(omg_audit_equal(NULL, NULL));
        g_assert_false(omg_audit_equal(sample, other));
        g_assert_false(omg_audit_equal(sample, NULL));
        g_assert_false(omg_audit_equal(NULL, sample));
        expect_new(sample, same, 9, "");
        expect_new(sample, other, 9, "AVG-1 AVG-2 AVG-3");
        expect_new(sample, other, 2, "AVG-1 AVG-2");
        expect_new(other, sample, 9, "AVG-4");
        expect_new(NULL, sample, 9, "AVG-1 AVG-3 AVG-4");
        expect_new(sample, NULL, 9, "");
}

/* Each text of a finding counts when two audits are compared. */
static void test_equal(void)
{
        static const gsize texts[] = {
                G_STRUCT_OFFSET(OmgFinding, installed), G_STRUCT_OFFSET(OmgFinding, fixed),
                G_STRUCT_OFFSET(OmgFinding, vector),    G_STRUCT_OFFSET(OmgFinding, type),
                G_STRUCT_OFFSET(OmgFinding, status),    G_STRUCT_OFFSET(OmgFinding, summary),
                G_STRUCT_OFFSET(OmgFinding, reason),    G_STRUCT_OFFSET(OmgFinding, repo_version),
        };

        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_autoptr(OmgAudit) a = make_sample();
                g_autoptr(OmgAudit) b = make_sample();
                char **text = G_STRUCT_MEMBER_P(b->findings->pdata[0], texts[i]);
                g_free(*text);
                *text = g_strdup("other");
                g_assert_false(omg_audit_equal(a, b));
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/finding-list/select", test_select);
        g_test_add_func("/finding-list/has-id", test_has_id);
        g_test_add_func("/finding-list/new", test_new);
        g_test_add_func("/finding-list/equal", test_equal);
        return g_test_run();
}
