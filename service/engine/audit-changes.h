/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What differs between two audits of one machine: for VulnerabilitiesChanged, and for the log. */

#include "engine/audit.h"

/* Whether both say the same of each finding; one that is NULL knows nothing, which is not the same
 * as having found nothing. */
gboolean omg_audit_equal(const OmgAudit *a, const OmgAudit *b);

/* The findings of @after that are new: those of which @before had none with the same package (or
 * runtime) and id, or one that counted less. Confirmed ones count most, then those that are
 * unconfirmed; what is ignored does not count. OmgFinding, referenced, the worst first; NULL has
 * none. */
GPtrArray *omg_audit_list_new(const OmgAudit *before, const OmgAudit *after);

/* The ids of some findings (OmgFinding), each once, by their bytes, at most @max; borrowed. */
GPtrArray *omg_findings_list_ids(const GPtrArray *findings, guint max);
