/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/security.h"

#include <string.h>

#include "base/error.h"
#include "engine/audit-changes.h"
#include "engine/security-private.h"
#include "store/postings.h"

const char *omg_scan_state_get_name(OmgScanState state)
{
        static const char *const names[] = {
                [OMG_SCAN_NEVER] = "never",
                [OMG_SCAN_OK] = "ok",
                [OMG_SCAN_STALE] = "stale",
                [OMG_SCAN_FAILED] = "failed",
        };

        return names[state];
}

/* ---- of a snapshot ---- */

void omg_security_free(OmgSecurity *security)
{
        if (!security)
                return;
        omg_advisory_layer_unref(security->advisories);
        omg_osv_names_unref(security->names);
        omg_policy_state_unref(security->policy);
        omg_runtime_list_unref(security->runtimes);
        omg_audit_unref(security->audit);
        omg_refusals_unref(security->refusals);
        g_free(security->affected);
        g_clear_pointer(&security->candidates, g_bytes_unref);
        g_ptr_array_unref(security->errors);
        g_free(security);
}

void omg_security_attach(OmgSnapshot *snapshot, OmgSecurity *security)
{
        g_assert(!snapshot->security);
        snapshot->security = security;
        snapshot->free_security = omg_security_free;
}

/* ---- what was found ---- */

static gboolean same_bits(const OmgLayer *layer, const guint64 *a, const guint64 *b)
{
        if (!a || !b)
                return a == b;
        return memcmp(a, b, omg_bitmap_words(omg_layer_get_n_packages(layer)) * sizeof(*a)) == 0;
}

static gboolean same_refusals(const OmgRefusals *a, const OmgRefusals *b)
{
        if (a == b || !a || !b)
                return a == b;
        /* With other packages it is another snapshot in any case. */
        return a->local_layer != b->local_layer || a->sync_layer != b->sync_layer ||
               (same_bits(a->local_layer, a->local, b->local) &&
                same_bits(a->sync_layer, a->sync, b->sync));
}

static gboolean same_policy(const OmgPolicyState *a, const OmgPolicyState *b)
{
        return a == b || (a && b && omg_policy_state_equal(a, b));
}

gboolean omg_security_equal(const OmgSecurity *a, const OmgSecurity *b)
{
        if (a == b || !a || !b)
                return a == b;
        return a->advisories == b->advisories && omg_audit_equal(a->audit, b->audit) &&
               same_policy(a->policy, b->policy) && same_refusals(a->refusals, b->refusals) &&
               (a->candidates == b->candidates ||
                (a->candidates && b->candidates && g_bytes_equal(a->candidates, b->candidates)));
}

/* ---- what follows from it ---- */

gboolean omg_security_get_judge(const OmgSnapshot *snapshot, OmgJudge *ret_judge, GError **error)
{
        const OmgSecurity *security = snapshot->security;
        const OmgPolicy *policy;

        if (!security || !security->policy) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                    "the policy was not read yet");
                return FALSE;
        }
        policy = omg_policy_state_get_policy(security->policy, error);
        if (!policy)
                return FALSE;
        *ret_judge = omg_security_make_judge(security, snapshot, policy);
        return TRUE;
}

gboolean omg_security_get_params(const OmgSnapshot *snapshot, OmgAuditParams *ret_params,
                                 GError **error)
{
        const OmgSecurity *security = snapshot->security;

        if (!security || !security->advisories) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                    "no advisories were ever fetched; ask for a Scan");
                return FALSE;
        }
        if (security->skip_tracker && !security->names) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                    "neither the tracker nor OSV is on (omgd.conf)");
                return FALSE;
        }
        *ret_params = (OmgAuditParams){
                .snapshot = snapshot,
                .advisories = security->advisories,
                .skip_tracker = security->skip_tracker,
                .names = security->names,
                .policy = security->policy ? security->policy->policy : NULL,
                .now_usec = (guint64)g_get_real_time(),
        };
        return TRUE;
}

guint32 omg_security_get_installed_flags(const OmgSnapshot *snapshot, guint32 local_id)
{
        const OmgSecurity *security = snapshot->security;
        guint32 flags = 0;

        if (!security || local_id >= omg_layer_get_n_packages(snapshot->local))
                return 0;
        if (security->affected && omg_bitmap_has(security->affected, local_id))
                flags |= OMG_PKG_AFFECTED;
        if (omg_refusals_has_installed(security->refusals, local_id))
                flags |= OMG_PKG_REFUSED;
        return flags;
}

static gboolean is_affected_candidate(const OmgSecurity *security, guint32 sync_id)
{
        gsize size;
        const guint64 *bits =
                security->candidates ? g_bytes_get_data(security->candidates, &size) : NULL;

        return bits && sync_id / 64 < size / sizeof(*bits) && omg_bitmap_has(bits, sync_id);
}

guint32 omg_security_get_candidate_flags(const OmgSnapshot *snapshot, guint32 sync_id)
{
        const OmgSecurity *security = snapshot->security;
        guint32 flags = 0;

        if (!security)
                return 0;
        if (is_affected_candidate(security, sync_id))
                flags |= OMG_PKG_AFFECTED;
        if (omg_refusals_has_candidate(security->refusals, sync_id))
                flags |= OMG_PKG_REFUSED;
        return flags;
}

guint32 omg_security_get_aur_flags(const OmgSnapshot *snapshot, guint32 aur_id)
{
        const OmgSecurity *security = snapshot->security;
        const OmgPolicy *policy;
        OmgJudge judge;
        gboolean is_affected;
        guint refusals;

        if (!security || !snapshot->aur || !snapshot->local)
                return 0;
        policy = security->policy ? omg_policy_state_get_policy(security->policy, NULL) : NULL;
        judge = omg_security_make_judge(security, snapshot, policy);
        refusals = omg_judge_aur(&judge, aur_id, &is_affected);
        return (is_affected ? OMG_PKG_AFFECTED : 0) | (refusals != 0 ? OMG_PKG_REFUSED : 0);
}

static gboolean is_update_refused(const OmgSnapshot *snapshot, const OmgUpdate *update)
{
        if (update->flags & OMG_UPD_AUR)
                return (omg_security_get_aur_flags(snapshot, update->sync_id) & OMG_PKG_REFUSED) !=
                       0;
        return omg_refusals_has_candidate(snapshot->security->refusals, update->sync_id);
}

guint32 omg_security_get_update_flags(const OmgSnapshot *snapshot, const OmgUpdate *update)
{
        const OmgSecurity *security = snapshot->security;
        guint32 flags = 0;

        if (!security)
                return 0;
        if (security->audit && update->n_replaces == 0 && !update->replaced &&
            omg_bits_has(security->audit->security, update->local_id))
                flags |= OMG_UPD_SECURITY;
        if (is_update_refused(snapshot, update))
                flags |= OMG_UPD_REFUSED;
        return flags;
}
