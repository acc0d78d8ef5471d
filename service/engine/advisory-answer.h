/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* All that is known of one advisory, group, record or CVE, whatever is installed: GetAdvisory. */

#include "engine/security.h"

typedef struct {
        const OmgAdvisoryLayer *layer; /* borrowed */
        const OmgAudit *audit;         /* borrowed; NULL: not known */
        GArray *groups;                /* guint: of the tracker's that have the id or name it */
        GArray *records;               /* guint: likewise of OSV's records */
        GPtrArray *findings;           /* OmgFinding, borrowed: what was found of it here */
} OmgAdvisoryAnswer;

void omg_advisory_answer_free(OmgAdvisoryAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAdvisoryAnswer, omg_advisory_answer_free)

/* By an id of the tracker's (AVG-, ASA-), of a flaw (CVE-) or of OSV's (GHSA-, PYSEC-, ...), letter
 * for letter. Of a group there are also the records that name one of its CVEs, of a record the
 * groups. Borrowed from the snapshot. Some milliseconds; not for main. Errors: UNAVAILABLE when
 * nothing was ever fetched; NOT_FOUND; INVALID_ARGS for what is no id. */
OmgAdvisoryAnswer *omg_advisory_look_up(const OmgSnapshot *snapshot, const char *id,
                                        GError **error);

/* What is known of a package of a group on this machine: *ret_installed its version, "" when it is
 * not installed; the state is that of its finding, "not-affected" without one, "unknown" without an
 * audit, and "" for what is not installed. Static. */
const char *omg_advisory_answer_get_state(const OmgAdvisoryAnswer *answer,
                                          const OmgSnapshot *snapshot, guint group,
                                          const char *package, const char **ret_installed);
