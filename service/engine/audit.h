/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The security audit: which flaws the installed packages are known to have. The tracker's groups
 * are compared by pacman's order of versions:
 *
 *   - "Not affected" never counts, every other status does;
 *   - with a fixed version the package is clean from that one on, and affected before it, whatever
 *     the group calls affected;
 *   - without one it is affected up to the version that is called affected; newer ones are
 *     unconfirmed.
 *
 * OSV's records are looked at for packages that engine/osv-names.h knows, by the upstream version
 * and the order of the ecosystem (base/version-order.h); where that order does not know the
 * version, they are unconfirmed. A flaw that several sources tell of counts once a package; one
 * that the tracker calls fixed or not affected in this version is none, for Arch backports fixes.
 */

#include "engine/finding.h"
#include "engine/osv-names.h"
#include "sources/policy.h"
#include "store/advisory-layer.h"
#include "store/snapshot.h"

typedef struct {
        const char *name; /* "node": of the Runtimes interface; or a package's */
        const char *version;
} OmgAuditPackage;

typedef struct {
        const OmgSnapshot *snapshot;
        const OmgAdvisoryLayer *advisories;
        gboolean skip_tracker;           /* its groups do not count */
        const OmgOsvNames *names;        /* NULL: OSV does not count */
        const OmgPolicy *policy;         /* NULL: nothing is ignored */
        const OmgAuditPackage *runtimes; /* installed ones */
        guint n_runtimes;
        guint64 now_usec; /* since 1970: rules of the policy end */
} OmgAuditParams;

/* Immutable and reference-counted; holds nothing of what it was made from. */
typedef struct {
        gatomicrefcount ref_count;
        GPtrArray *findings; /* OmgFinding, sorted by omg_finding_compare */
        /* Of confirmed ones, those of runtimes too. */
        guint n_by_severity[OMG_SEVERITY_N];
        guint n_high;
        OmgSeverity highest; /* UNKNOWN also when there is none */
        guint n_packages;    /* installed packages with a confirmed one */
        /* Of all. */
        guint n_by_state[OMG_FINDING_STATE_N];
        guint8 *affected;   /* bit by local id (omg_bits_has): has a confirmed one */
        guint8 *security;   /* likewise: its row of ListUpdates ends a confirmed one */
        guint n_security;   /* such rows that are not held back */
        guint64 until_usec; /* a rule that ignored something ends then: look again; or G_MAXUINT64
                             */
} OmgAudit;

/* All installed packages and runtimes. Errors: those of a snapshot without a local layer;
 * DATABASE_CORRUPT: the index of advisories was damaged meanwhile. */
OmgAudit *omg_audit_new(const OmgAuditParams *params, GError **error);

/* The same when since @audit nothing changed but these installed packages (NULL-terminated): came,
 * went, or have another version. Runtimes are looked at again. */
OmgAudit *omg_audit_update(const OmgAudit *audit, const OmgAuditParams *params,
                           const char *const *changed, GError **error);

/* Any names and versions, installed or not; sorted findings. The snapshot needs no local layer. */
GPtrArray *omg_audit_check(const OmgAuditParams *params, const OmgAuditPackage *packages, guint n,
                           GError **error);

/* Whether one package, installed or not, has a confirmed one. Some microseconds. */
gboolean omg_audit_is_affected(const OmgAuditParams *params, const OmgAuditPackage *package);

/* Which packages of the sync layer, as their repositories have them, have a confirmed one: a bitmap
 * of 64-bit words by sync id. Some 10 ms; not for main. Errors as above. */
GBytes *omg_audit_list_candidates(const OmgAuditParams *params, GError **error);

OmgAudit *omg_audit_ref(OmgAudit *audit);
void omg_audit_unref(OmgAudit *audit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAudit, omg_audit_unref)

/* The findings of a package of that name; new array, borrowed elements. */
GPtrArray *omg_audit_find(const OmgAudit *audit, const char *package);
