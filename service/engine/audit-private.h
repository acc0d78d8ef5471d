/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the parts of audit.h share. */

#include "base/ecosystem.h"
#include "engine/audit.h"

/* One run over some packages. */
typedef struct {
        const OmgAuditParams *params;
        const guint8 *enabled; /* by repository of the sync layer: it may upgrade something */
        GString *name, *version, *other; /* buffers */
        /* Of the package at hand: */
        GPtrArray *tracker, *osv; /* OmgFinding */
        GHashTable *clean;        /* CVEs that the tracker says it has no more */
        /* Of its version for OSV, by order: */
        GString *keys[OMG_ORDER_N];
        int has_key[OMG_ORDER_N]; /* 0: not asked yet, -1: it has no place in the order */
        guint64 until_usec;       /* the earliest end of a rule that ignored something */
} OmgAuditRun;

/* Every version of a package in an enabled repository, in their order: the first for which
 * @is_fixed holds, or NULL; *ret_first is the first of all, or NULL. Borrowed from the layer. */
const char *omg_audit_find_version(const OmgAuditRun *run, const char *package,
                                   gboolean (*is_fixed)(const char *version, gpointer userdata),
                                   gpointer userdata, const char **ret_first);

/* The findings of OSV about a package or a runtime, added to @findings. @upstream: its version for
 * them. */
void omg_audit_add_osv(OmgAuditRun *run, const char *package, const char *installed,
                       const char *upstream, const OmgOsvTarget *target, gboolean is_runtime,
                       GPtrArray *findings);

/* Puts findings of OSV about one flaw of one package together, and with the tracker's. @osv is left
 * with those that stand alone. @clean: CVEs of which the tracker says that the installed version
 * has them no more (a set of texts). */
void omg_audit_merge(GPtrArray *tracker, GPtrArray *osv, GHashTable *clean);

/* Sets score and vector by the worst of some vectors, when that is worse than what there is. */
void omg_audit_add_score(OmgFinding *finding, const OmgAdvisoryLayer *layer,
                         const OmgAdvisoryRun *vectors);
