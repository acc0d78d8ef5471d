/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/finding.h"

#include <string.h>

static const char *const names[OMG_FINDING_STATE_N] = {
        [OMG_FINDING_FIX_AVAILABLE] = "fix-available",
        [OMG_FINDING_FIX_PENDING] = "fix-pending",
        [OMG_FINDING_NO_FIX] = "no-fix",
        [OMG_FINDING_UNCONFIRMED] = "unconfirmed",
        [OMG_FINDING_IGNORED] = "ignored",
};

OmgFinding *omg_finding_new(const char *package, const char *installed, const char *id)
{
        OmgFinding *finding = g_new0(OmgFinding, 1);

        g_atomic_ref_count_init(&finding->ref_count);
        finding->package = g_strdup(package);
        finding->installed = g_strdup(installed);
        finding->id = g_strdup(id);
        finding->score = OMG_NO_SCORE;
        return finding;
}

OmgFinding *omg_finding_ref(OmgFinding *finding)
{
        g_atomic_ref_count_inc(&finding->ref_count);
        return finding;
}

void omg_finding_unref(OmgFinding *finding)
{
        if (!finding || !g_atomic_ref_count_dec(&finding->ref_count))
                return;
        char *const texts[] = {finding->package, finding->installed, finding->fixed,
                               finding->id,      finding->vector,    finding->type,
                               finding->status,  finding->summary,   finding->repo_version,
                               finding->reason};
        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
                g_free(texts[i]);
        g_strfreev(finding->cves);
        g_strfreev(finding->advisories);
        g_strfreev(finding->aliases);
        g_free(finding);
}

const char *omg_finding_state_get_name(OmgFindingState state)
{
        g_assert(state < OMG_FINDING_STATE_N);
        return names[state];
}

gboolean omg_finding_state_find(const char *name, OmgFindingState *ret_state)
{
        for (guint i = 0; i < OMG_FINDING_STATE_N; i++)
                if (strcmp(names[i], name) == 0) {
                        *ret_state = i;
                        return TRUE;
                }
        return FALSE;
}

gboolean omg_finding_is_confirmed(const OmgFinding *finding)
{
        return finding->state < OMG_FINDING_UNCONFIRMED;
}

OmgSeverity omg_finding_get_rank(const OmgFinding *finding)
{
        OmgSeverity by_score = finding->score == OMG_NO_SCORE
                                       ? OMG_SEVERITY_UNKNOWN
                                       : omg_severity_from_score(finding->score);

        return MAX(finding->severity, by_score);
}

gboolean omg_finding_is_high(const OmgFinding *finding)
{
        return omg_finding_get_rank(finding) >= OMG_SEVERITY_HIGH;
}

int omg_finding_compare(gconstpointer a, gconstpointer b)
{
        const OmgFinding *x = *(const OmgFinding *const *)a;
        const OmgFinding *y = *(const OmgFinding *const *)b;
        int order;

        if (x->severity != y->severity)
                return x->severity > y->severity ? -1 : 1;
        order = strcmp(x->package, y->package);
        return order != 0 ? order : strcmp(x->id, y->id);
}

char *omg_advisory_dup_url(const char *id)
{
        gboolean is_tracker = g_str_has_prefix(id, "AVG-") || g_str_has_prefix(id, "ASA-") ||
                              g_str_has_prefix(id, "CVE-");
        g_autofree char *escaped = g_uri_escape_string(id, NULL, FALSE);

        return g_strconcat(is_tracker ? "https://security.archlinux.org/"
                                      : "https://osv.dev/vulnerability/",
                           escaped, NULL);
}
