/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What is known of the security of one snapshot: what an audit found, what the policy refuses, and
 * how far the feeds are to be believed. Immutable; belongs to a snapshot
 * (snapshot->security), and is made before that is published. */

#include "engine/audit.h"
#include "engine/refusals.h"
#include "engine/runtime-list.h"
#include "sources/policy-state.h"

typedef enum {
        OMG_SCAN_NEVER,  /* a feed that is on was never fetched, or none is on */
        OMG_SCAN_OK,     /* each feed that is on is here, and was asked in time */
        OMG_SCAN_STALE,  /* what is here is old, or something older was offered */
        OMG_SCAN_FAILED, /* the last try failed; what is shown is the last good result, if any */
} OmgScanState;

/* "never", "ok", "stale", "failed"; static. */
const char *omg_scan_state_get_name(OmgScanState state);

/* What is known of one feed; a value but for its text. */
typedef struct {
        gboolean is_enabled;
        guint64 good_usec;    /* its server last confirmed what is here, µs since 1970; 0: never */
        guint64 max_age_usec; /* older than that it is stale; 0: never */
        gboolean is_stale;    /* its server last offered something older than what is here */
        OmgError code;        /* why the last try failed, or is stale; counts with: */
        const char *message;  /* NULL: it did not fail */
} OmgFeedFacts;

/* What it is made of; all borrowed, and NULL is what is not known. */
typedef struct {
        const OmgSnapshot *snapshot;
        const OmgSnapshot *before; /* the snapshot before: what did not change is taken from it */
        OmgAdvisoryLayer *advisories;
        const GError *index_error; /* why the index of advisories is not what it should be */
        const GError *names_error; /* likewise the names */
        OmgOsvNames *names;        /* NULL: OSV does not count */
        OmgPolicyState *policy;
        OmgRuntimeList *runtimes;
        OmgFeedFacts feeds[OMG_ADVISORY_SOURCE_N];
        guint64 now_usec;
} OmgSecurityParts;

struct OmgSecurity {
        OmgAdvisoryLayer *advisories; /* NULL: never fetched */
        gboolean skip_tracker;        /* the tracker does not count */
        OmgOsvNames *names;           /* NULL: OSV does not count */
        OmgPolicyState *policy;
        OmgRuntimeList *runtimes;
        OmgAudit *audit;       /* NULL: not known, as state says, or there is no local database */
        OmgRefusals *refusals; /* NULL: no policy is known */
        guint64 *affected;     /* audit->affected as a bitmap of 64-bit words; NULL likewise */
        GBytes *candidates;    /* such of sync ids: what a repository has is affected; or NULL */
        OmgScanState state;
        guint64 scanned_usec; /* a feed was last asked with success, µs since 1970; 0: never */
        guint64 as_of_usec;   /* what is known is so old: that of the older feed; 0: never */
        guint n_feeds;        /* feeds that are on */
        gboolean complete;    /* each of these was fetched once */
        GPtrArray *errors;    /* OmgSourceError: "tracker", "osv", "advisories" (their index) and
                               * "osv-names.conf"; last the feeds that are on and were never asked,
                               * which is no failure; never NULL */
};

/* Full, or of what changed since @parts->before. */
OmgSecurity *omg_security_new(const OmgSecurityParts *parts);
void omg_security_free(OmgSecurity *security);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgSecurity, omg_security_free)

/* Those to be audited: whose version is known, and that are not a package's, which counts by
 * itself. GArray of OmgAuditPackage, borrowed from the list; NULL has none. */
GArray *omg_security_list_runtimes(const OmgRuntimeList *list);

/* Gives it to the snapshot it was made for, before that is published; taken over. */
void omg_security_attach(OmgSnapshot *snapshot, OmgSecurity *security);

/* Whether the same is known, whenever it was found out: a page of one can be continued with the
 * other. NULL knows nothing. */
gboolean omg_security_equal(const OmgSecurity *a, const OmgSecurity *b);

/* To judge packages of the snapshot by; borrowed from it. POLICY_INVALID, as
 * omg_policy_state_get_policy(), or UNAVAILABLE before the first look at the policy. */
gboolean omg_security_get_judge(const OmgSnapshot *snapshot, OmgJudge *ret_judge, GError **error);

/* The parameters of an audit of other packages (omg_audit_check); borrowed. UNAVAILABLE as above.
 */
gboolean omg_security_get_params(const OmgSnapshot *snapshot, OmgAuditParams *ret_params,
                                 GError **error);

/* OMG_PKG_AFFECTED and _REFUSED of an installed package as it is, and of another one as its
 * repository or the AUR has it; OMG_UPD_SECURITY and _REFUSED of a row of updates. 0: nothing is
 * known. Those of the AUR are found out when they are asked for, in some microseconds. */
guint32 omg_security_get_installed_flags(const OmgSnapshot *snapshot, guint32 local_id);
guint32 omg_security_get_candidate_flags(const OmgSnapshot *snapshot, guint32 sync_id);
guint32 omg_security_get_aur_flags(const OmgSnapshot *snapshot, guint32 aur_id);
guint32 omg_security_get_update_flags(const OmgSnapshot *snapshot, const OmgUpdate *update);
