/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How it is made, and what of it is taken from the one before. */
#include <string.h>

#include "base/error.h"
#include "engine/changes.h"
#include "engine/security-private.h"
#include "store/postings.h"

OmgJudge omg_security_make_judge(const OmgSecurity *security, const OmgSnapshot *snapshot,
                                 const OmgPolicy *policy)
{
        return (OmgJudge){
                .audit = {.snapshot = snapshot,
                          .advisories = security->advisories,
                          .skip_tracker = security->skip_tracker,
                          .names = security->names,
                          .policy = policy,
                          .now_usec = (guint64)g_get_real_time()},
                .snapshot = snapshot,
                .policy = policy,
                .vulnerable_local = security->affected,
                .vulnerable_sync =
                        security->candidates ? g_bytes_get_data(security->candidates, NULL) : NULL,
        };
}

/* ---- what of it is as before ---- */

/* The same policy, be it read once more. */
static gboolean same_rules(const OmgPolicyState *a, const OmgPolicyState *b)
{
        return a == b || (a && b && a->policy == b->policy) ||
               (a && b && omg_policy_state_equal(a, b));
}

/* The one before, when what findings follow from is the same but for the packages; else NULL. */
static const OmgSecurity *get_comparable(const OmgSecurityParts *parts)
{
        const OmgSnapshot *before = parts->before, *now = parts->snapshot;
        const OmgSecurity *old = before ? before->security : NULL;

        if (!old || old->advisories != parts->advisories || old->names != parts->names ||
            old->skip_tracker != !parts->feeds[OMG_ADVISORY_TRACKER].is_enabled ||
            !same_rules(old->policy, parts->policy) || before->sync != now->sync || !before->conf ||
            !now->conf || strcmp(before->conf->digest, now->conf->digest) != 0)
                return NULL;
        return old;
}

static gboolean can_reuse_audit(const OmgSecurityParts *parts, const OmgSecurity *old)
{
        return old && old->audit && parts->now_usec < old->audit->until_usec;
}

/* ---- the audit ---- */

GArray *omg_security_list_runtimes(const OmgRuntimeList *list)
{
        GArray *packages = g_array_new(FALSE, FALSE, sizeof(OmgAuditPackage));

        for (guint i = 0; list && i < list->rows->len; i++) {
                const OmgRuntimeRow *row = g_ptr_array_index(list->rows, i);
                const OmgAuditPackage package = {row->name, row->version};
                if (row->runtime && !row->runtime->package && *row->version)
                        g_array_append_val(packages, package);
        }
        return packages;
}

static OmgAudit *update_audit(const OmgSecurityParts *parts, const OmgAuditParams *params,
                              const OmgSecurity *old, GError **error)
{
        g_autoptr(GPtrArray) changed = NULL;

        if (parts->before->local == parts->snapshot->local && old->runtimes == parts->runtimes)
                return omg_audit_ref(old->audit);
        changed = omg_changes_list_installed(parts->before->local, parts->snapshot->local);
        g_ptr_array_add(changed, NULL);
        return omg_audit_update(old->audit, params, (const char *const *)changed->pdata, error);
}

/* NULL: nothing is known; an error only where something should be. */
static OmgAudit *make_audit(const OmgSecurityParts *parts, const OmgSecurity *old, GError **error)
{
        g_autoptr(GArray) runtimes = omg_security_list_runtimes(parts->runtimes);
        const OmgAuditParams params = {
                .snapshot = parts->snapshot,
                .advisories = parts->advisories,
                .skip_tracker = !parts->feeds[OMG_ADVISORY_TRACKER].is_enabled,
                .names = parts->names,
                .policy = parts->policy ? parts->policy->policy : NULL,
                .runtimes = (const OmgAuditPackage *)runtimes->data,
                .n_runtimes = runtimes->len,
                .now_usec = parts->now_usec,
        };

        if (!parts->advisories || !parts->snapshot->local)
                return NULL;
        return can_reuse_audit(parts, old) ? update_audit(parts, &params, old, error)
                                           : omg_audit_new(&params, error);
}

static guint64 *make_affected(const OmgAudit *audit, const OmgLayer *local)
{
        guint n = omg_layer_get_n_packages(local);
        guint64 *bits = g_new0(guint64, omg_bitmap_words(n) + 1);

        for (guint id = 0; id < n; id++)
                if (omg_bits_has(audit->affected, id))
                        bits[id / 64] |= (guint64)1 << (id % 64);
        return bits;
}

/* ---- what the repositories have ---- */

static GBytes *make_candidates(const OmgSecurityParts *parts, const OmgSecurity *old)
{
        const OmgAuditParams params = {
                .snapshot = parts->snapshot,
                .advisories = parts->advisories,
                .skip_tracker = !parts->feeds[OMG_ADVISORY_TRACKER].is_enabled,
                .names = parts->names,
                .policy = parts->policy ? parts->policy->policy : NULL,
                .now_usec = parts->now_usec,
        };

        if (!parts->advisories || !parts->snapshot->sync)
                return NULL;
        if (can_reuse_audit(parts, old) && old->candidates)
                return g_bytes_ref(old->candidates);
        return omg_audit_list_candidates(&params, NULL);
}

/* ---- the policy ---- */

static OmgRefusals *make_refusals(const OmgSecurity *security, const OmgSecurityParts *parts,
                                  const OmgSecurity *old)
{
        const OmgPolicy *policy =
                security->policy ? omg_policy_state_get_policy(security->policy, NULL) : NULL;
        OmgJudge judge;

        if (!policy)
                return NULL;
        if (old && old->refusals && old->audit == security->audit &&
            old->candidates == security->candidates &&
            parts->before->local == parts->snapshot->local &&
            parts->before->aur == parts->snapshot->aur &&
            omg_maintainer_marks_equal(parts->before->maintainer_marks,
                                       parts->snapshot->maintainer_marks))
                return omg_refusals_ref(old->refusals);
        judge = omg_security_make_judge(security, parts->snapshot, policy);
        return omg_refusals_new(&judge);
}

/* ---- the feeds ---- */

static void add_error(OmgSecurity *security, const char *source, OmgError code, const char *message)
{
        g_autoptr(GError) error = g_error_new_literal(OMG_ERROR, (int)code, message);

        g_ptr_array_add(security->errors, omg_source_error_new(source, error));
}

static void add_failure(OmgSecurity *security, const char *source, const GError *error)
{
        add_error(security, source, omg_error_get_code(error), error->message);
        security->state = OMG_SCAN_FAILED;
        security->complete = security->complete && security->advisories;
}

static OmgScanState judge_feed(const OmgFeedFacts *feed, guint64 now)
{
        if (feed->message)
                return feed->is_stale ? OMG_SCAN_STALE : OMG_SCAN_FAILED;
        if (feed->good_usec == 0)
                return OMG_SCAN_NEVER;
        return feed->max_age_usec > 0 && now > feed->good_usec &&
                               now - feed->good_usec > feed->max_age_usec
                       ? OMG_SCAN_STALE
                       : OMG_SCAN_OK;
}

/* Of several feeds the worst counts; one that never came is worse than one that is old. */
static OmgScanState get_worse(OmgScanState a, OmgScanState b)
{
        static const guint rank[] = {[OMG_SCAN_OK] = 0,
                                     [OMG_SCAN_STALE] = 1,
                                     [OMG_SCAN_NEVER] = 2,
                                     [OMG_SCAN_FAILED] = 3};

        return rank[a] >= rank[b] ? a : b;
}

static const char *const names[OMG_ADVISORY_SOURCE_N] = {
        [OMG_ADVISORY_TRACKER] = "tracker", [OMG_ADVISORY_OSV] = "osv"};

/* After what went wrong: which part of the answer is missing. */
static void add_never(OmgSecurity *security, const OmgSecurityParts *parts)
{
        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++)
                if (parts->feeds[i].is_enabled && parts->feeds[i].good_usec == 0 &&
                    !parts->feeds[i].message)
                        add_error(security, names[i], OMG_ERROR_UNAVAILABLE,
                                  "it was never asked with success");
}

/* What a feed holds that nobody can read is not known to be nothing. */
static void add_dropped(OmgSecurity *security, const OmgSecurityParts *parts)
{
        const OmgAdvisoryLayer *layer = parts->advisories;

        for (guint i = 0; layer && i < OMG_ADVISORY_SOURCE_N; i++) {
                const OmgAdvisorySource *source = omg_advisory_layer_get_source(layer, i);
                if (!parts->feeds[i].is_enabled || source->n_dropped == 0)
                        continue;
                g_autofree char *message = g_strdup_printf(
                        "%u of its entries make no sense and are left out: %s", source->n_dropped,
                        omg_advisory_layer_get_text(layer, source->reason));
                add_error(security, names[i], OMG_ERROR_UPSTREAM_INVALID, message);
        }
}

static void take_feeds(OmgSecurity *security, const OmgSecurityParts *parts)
{
        guint n = 0;

        security->state = OMG_SCAN_OK;
        security->complete = TRUE;
        security->as_of_usec = G_MAXUINT64;
        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++) {
                const OmgFeedFacts *feed = &parts->feeds[i];
                if (!feed->is_enabled)
                        continue;
                n++;
                security->state = get_worse(security->state, judge_feed(feed, parts->now_usec));
                security->scanned_usec = MAX(security->scanned_usec, feed->good_usec);
                security->as_of_usec = MIN(security->as_of_usec, feed->good_usec);
                security->complete = security->complete && feed->good_usec > 0;
                if (feed->message)
                        add_error(security, names[i], feed->code, feed->message);
        }
        security->n_feeds = n;
        if (n > 0)
                return;
        security->state = OMG_SCAN_NEVER;
        security->complete = FALSE;
        security->as_of_usec = 0;
}

OmgSecurity *omg_security_new(const OmgSecurityParts *parts)
{
        OmgSecurity *security = g_new0(OmgSecurity, 1);
        const OmgSecurity *old = get_comparable(parts);
        g_autoptr(GError) error = NULL;

        security->errors = g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free);
        security->advisories = parts->advisories ? omg_advisory_layer_ref(parts->advisories) : NULL;
        security->names = parts->names ? omg_osv_names_ref(parts->names) : NULL;
        security->policy = parts->policy ? omg_policy_state_ref(parts->policy) : NULL;
        security->runtimes = parts->runtimes ? omg_runtime_list_ref(parts->runtimes) : NULL;
        security->skip_tracker = !parts->feeds[OMG_ADVISORY_TRACKER].is_enabled;
        take_feeds(security, parts);
        security->audit = make_audit(parts, old, &error);
        if (security->audit)
                security->affected = make_affected(security->audit, parts->snapshot->local);
        security->candidates = make_candidates(parts, old);
        security->refusals = make_refusals(security, parts, old);
        if (!error && parts->index_error)
                error = g_error_copy(parts->index_error);
        if (error)
                add_failure(security, "advisories", error);
        if (parts->names_error)
                add_failure(security, "osv-names.conf", parts->names_error);
        add_dropped(security, parts);
        add_never(security, parts);
        return security;
}
