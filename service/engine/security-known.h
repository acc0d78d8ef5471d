/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the audit of a snapshot found, and whether that is known: nothing found, and nobody knows,
 * never look alike. */

#include "engine/security.h"

/* What was found; borrowed. NULL: nobody knows. UNAVAILABLE: nothing was ever fetched, or no feed
 * is on; or why the local database cannot be read, or the index of advisories. */
const OmgAudit *omg_security_get_audit(const OmgSnapshot *snapshot, GError **error);

/* Numbers of findings as it shows them. While a feed that is on was never asked they are what the
 * others said, so that there may be more. */
typedef struct {
        guint by_severity[OMG_SEVERITY_N];   /* of confirmed ones */
        guint by_state[OMG_FINDING_STATE_N]; /* of all */
        guint n_packages;                    /* with a confirmed one */
        guint n_security;                    /* updates that end one, without those held back */
        OmgSeverity highest;                 /* of confirmed ones; UNKNOWN also for none */
        gboolean has_confirmed;
        gboolean is_complete; /* every feed that is on was asked */
} OmgSecurityCounts;

/* FALSE: not known. That is also the answer where nothing was found, but not every feed that is on
 * was ever asked. @snapshot may be NULL. */
gboolean omg_security_get_counts(const OmgSnapshot *snapshot, OmgSecurityCounts *ret_counts);
