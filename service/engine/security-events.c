/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/security-events.h"

char *omg_security_event_dup_key(const char *package, const char *detail)
{
        return g_strconcat(package, "\n", detail, NULL);
}

static gboolean is_known(GHashTable *known, const char *package, const char *detail)
{
        g_autofree char *key = known ? omg_security_event_dup_key(package, detail) : NULL;

        return key && g_hash_table_contains(known, key);
}

/* ---- findings ---- */

/* Of the confirmed ones. */
static GHashTable *collect_keys(const OmgAudit *audit)
{
        GHashTable *keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        for (guint i = 0; audit && i < audit->findings->len; i++) {
                const OmgFinding *finding = audit->findings->pdata[i];

                if (omg_finding_is_confirmed(finding))
                        (void)g_hash_table_add(
                                keys, omg_security_event_dup_key(finding->package, finding->id));
        }
        return keys;
}

static void add_finding(OmgAuditEvents *events, const OmgFinding *finding)
{
        const OmgAuditFinding record = {
                .package = finding->package,
                .version = finding->installed,
                .advisory = finding->id,
                .severity = omg_severity_get_word(finding->severity),
                .state = omg_finding_state_get_name(finding->state),
                .fixed = finding->fixed[0] ? finding->fixed : NULL,
                .ids = (const char *const *)finding->cves,
        };

        omg_audit_events_add_finding(events, &record);
}

void omg_audit_events_add_new_findings(OmgAuditEvents *events, const OmgAudit *before,
                                       const OmgAudit *after, GHashTable *known)
{
        g_autoptr(GHashTable) old = NULL;

        if (before == after)
                return;
        old = collect_keys(before);
        for (guint i = 0; i < after->findings->len; i++) {
                const OmgFinding *finding = after->findings->pdata[i];

                if (omg_finding_is_confirmed(finding) &&
                    !is_known(old, finding->package, finding->id) &&
                    !is_known(known, finding->package, finding->id))
                        add_finding(events, finding);
        }
}

void omg_audit_events_add_audit(OmgAuditEvents *events, guint n_packages, const OmgAudit *audit)
{
        guint n_findings = 0;

        for (guint i = 0; i < OMG_SEVERITY_N; i++)
                n_findings += audit->n_by_severity[i];
        omg_audit_events_add_scan(events, n_packages, n_findings, audit->n_high, NULL);
}

/* ---- the policy ---- */

static void add_violation(OmgAuditEvents *events, const OmgVerdict *verdict, GHashTable *known)
{
        const guint n = events->records->len;
        const OmgAuditRecord *record;

        omg_audit_events_add_violation(events, verdict);
        record = &g_array_index(events->records, OmgAuditRecord, n);
        if (is_known(known, record->resource, record->description))
                g_array_set_size(events->records, n);
}

void omg_audit_events_add_new_violations(OmgAuditEvents *events, const OmgJudge *judge,
                                         const OmgRefusals *before, const OmgRefusals *after,
                                         GHashTable *known)
{
        g_autoptr(GArray) ids = omg_refusals_list_new(after, before);

        for (guint i = 0; i < ids->len; i++) {
                g_autoptr(OmgVerdict) verdict =
                        omg_verdict_new_installed(judge, g_array_index(ids, guint32, i));

                add_violation(events, verdict, known);
        }
}
