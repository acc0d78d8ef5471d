/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Records for the audit log, as engine/audit-events.h, of what changed between two audits, or
 * between two looks of the policy at what is installed. */

#include "engine/audit-events.h"
#include "engine/audit.h"
#include "engine/refusals.h"

/* What a log has already, of before this run of omgd: omg_security_event_dup_key() of each. */

/* @detail: of a finding its id, of a violation the record's description. New. */
char *omg_security_event_dup_key(const char *package, const char *detail);

/* Confirmed findings that @before (NULL: there was none) has not, or not confirmed; of the same
 * package and id, whatever its version. @known: not these either; a set of keys, NULL: none. */
void omg_audit_events_add_new_findings(OmgAuditEvents *events, const OmgAudit *before,
                                       const OmgAudit *after, GHashTable *known);

/* Installed packages that are refused, and were not in @before (NULL: there was none). @judge: what
 * @after was made by. @known as above. */
void omg_audit_events_add_new_violations(OmgAuditEvents *events, const OmgJudge *judge,
                                         const OmgRefusals *before, const OmgRefusals *after,
                                         GHashTable *known);

/* What an audit of so many packages came to. */
void omg_audit_events_add_audit(OmgAuditEvents *events, guint n_packages, const OmgAudit *audit);
