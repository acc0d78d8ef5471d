/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the audit log is told of audits and refusals: what is new, once. */
#include "engine/security-events.h"

#include <string.h>

#include "base/error.h"
#include "fixture.h"

#define NOW  G_GUINT64_CONSTANT(1780000000000000)
#define CONF "[options]\nSigLevel = Never\n[core]\n"

/* ---- findings ---- */

/* "PACKAGE ID STATE" each, NULL at the end. */
static OmgAudit *make_audit(const char *const *lines)
{
        OmgAudit *audit = g_new0(OmgAudit, 1);

        g_atomic_ref_count_init(&audit->ref_count);
        audit->findings = g_ptr_array_new_with_free_func((GDestroyNotify)omg_finding_unref);
        for (guint i = 0; lines[i]; i++) {
                g_auto(GStrv) words = g_strsplit(lines[i], " ", 3);
                OmgFinding *finding = omg_finding_new(words[0], "1-1", words[1]);

                finding->fixed = g_strdup("");
                finding->severity = OMG_SEVERITY_HIGH;
                g_assert_true(omg_finding_state_find(words[2], &finding->state));
                g_ptr_array_add(audit->findings, finding);
                audit->n_by_severity[OMG_SEVERITY_HIGH] += omg_finding_is_confirmed(finding);
        }
        audit->n_high = audit->n_by_severity[OMG_SEVERITY_HIGH];
        return audit;
}

/* "PACKAGE ADVISORY-TEXT" of each record that comes of it. */
static void check_findings(const OmgAudit *before, const OmgAudit *after, GHashTable *known,
                           const char *expected)
{
        g_autoptr(OmgAuditEvents) events = omg_audit_events_new(NOW, OMG_AUDIT_SELF);
        g_autoptr(GString) text = g_string_new(NULL);

        omg_audit_events_add_new_findings(events, before, after, known);
        for (guint i = 0; i < events->records->len; i++) {
                const OmgAuditRecord *record = &g_array_index(events->records, OmgAuditRecord, i);

                g_assert_cmpstr(record->event, ==, "vulnerability_detected");
                g_assert_cmpstr(record->severity, ==, "error");
                g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
                                       record->description);
        }
        g_assert_cmpstr(text->str, ==, expected);
}

/* Of one flaw the package is told once, until it was not affected in between. */
static void test_findings(void)
{
        static const char *const none[] = {NULL};
        static const char *const first[] = {"a AVG-1 no-fix", "b AVG-2 unconfirmed",
                                            "c AVG-3 ignored", NULL};
        static const char *const second[] = {"a AVG-1 fix-available", "b AVG-2 no-fix",
                                             "c AVG-3 no-fix", "d AVG-1 no-fix", NULL};
        g_autoptr(OmgAudit) empty = make_audit(none), x = make_audit(first);
        g_autoptr(OmgAudit) y = make_audit(second);
        g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        check_findings(NULL, x, NULL, "a 1-1 is affected by AVG-1 (no-fix)");
        check_findings(x, x, NULL, "");
        check_findings(x, y, NULL,
                       "b 1-1 is affected by AVG-2 (no-fix), c 1-1 is affected by AVG-3 (no-fix), "
                       "d 1-1 is affected by AVG-1 (no-fix)");
        check_findings(y, empty, NULL, "");
        (void)g_hash_table_add(known, omg_security_event_dup_key("a", "AVG-1"));
        (void)g_hash_table_add(known, omg_security_event_dup_key("d", "AVG-2"));
        check_findings(NULL, x, known, "");
        check_findings(x, y, known,
                       "b 1-1 is affected by AVG-2 (no-fix), c 1-1 is affected by AVG-3 (no-fix), "
                       "d 1-1 is affected by AVG-1 (no-fix)");
}

static void test_audit(void)
{
        static const char *const lines[] = {"a AVG-1 no-fix", "b AVG-2 unconfirmed",
                                            "d AVG-4 fix-pending", NULL};
        g_autoptr(OmgAudit) audit = make_audit(lines);
        g_autoptr(OmgAuditEvents) events = omg_audit_events_new(NOW, OMG_AUDIT_SELF);

        omg_audit_events_add_audit(events, 12, audit);
        g_assert_cmpstr(g_array_index(events->records, OmgAuditRecord, 0).metadata, ==,
                        "{\"packages\":12,\"findings\":2,\"high\":2}");
}

/* ---- violations ---- */

static char *list_violations(const OmgJudge *judge, const OmgRefusals *before,
                             const OmgRefusals *after, GHashTable *known)
{
        g_autoptr(OmgAuditEvents) events = omg_audit_events_new(NOW, OMG_AUDIT_SELF);
        GString *text = g_string_new(NULL);

        omg_audit_events_add_new_violations(events, judge, before, after, known);
        for (guint i = 0; i < events->records->len; i++)
                g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                                       g_array_index(events->records, OmgAuditRecord, i).resource);
        return g_string_free(text, FALSE);
}

static void test_violations(void)
{
        static const FixturePackage sync[] = {{"core", "a", "1-1", ""}, {}};
        static const FixturePackage local[] = {
                {NULL, "a", "1-1", ""}, {NULL, "b", "1-1", ""}, {NULL, "c", "1-1", ""}, {}};
        const char *one = "banned_packages = ['a']\n", *two = "banned_packages = ['a', 'b', 'c']\n";
        g_autoptr(GBytes) one_bytes = g_bytes_new_static(one, strlen(one));
        g_autoptr(GBytes) two_bytes = g_bytes_new_static(two, strlen(two));
        g_autoptr(OmgPolicy) first = omg_policy_parse("/p", one_bytes, NULL);
        g_autoptr(OmgPolicy) second = omg_policy_parse("/p", two_bytes, NULL);
        g_autoptr(OmgSnapshot) snapshot = fixture_snapshot(sync, local, CONF);
        const OmgJudge x = {.snapshot = snapshot, .policy = first};
        const OmgJudge y = {.snapshot = snapshot, .policy = second};
        g_autoptr(OmgRefusals) before = omg_refusals_new(&x), after = omg_refusals_new(&y);
        g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autofree char *at_first = list_violations(&x, NULL, before, NULL);
        g_autofree char *more = list_violations(&y, before, after, NULL);
        g_autofree char *same = list_violations(&y, after, after, NULL);
        g_autofree char *rest = NULL;

        g_assert_cmpstr(at_first, ==, "a");
        g_assert_cmpstr(more, ==, "b, c");
        g_assert_cmpstr(same, ==, "");
        (void)g_hash_table_add(
                known,
                omg_security_event_dup_key("b", "the policy refuses b: banned_packages has \"b\""));
        (void)g_hash_table_add(known, omg_security_event_dup_key("c", "for another reason"));
        rest = list_violations(&y, before, after, known);
        g_assert_cmpstr(rest, ==, "c");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/security-events/findings", test_findings);
        g_test_add_func("/security-events/audit", test_audit);
        g_test_add_func("/security-events/violations", test_violations);
        return g_test_run();
}
