/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What refreshes come to, for the audit log: packages that came and went, also while no omgd ran;
 * new findings, scans, packages newly refused, maintainers in the AUR. Worker thread only. */

#include "loop/audit-log.h"

typedef struct OmgAuditWatch OmgAuditWatch;

/* Before the first refresh: looks at what the omgd before this one knew of packages. */
OmgAuditWatch *omg_audit_watch_new(OmgAuditLog *log, const OmgPaths *paths);

/* NULL is harmless. */
void omg_audit_watch_free(OmgAuditWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAuditWatch, omg_audit_watch_free)

/* One that was cancelled has seen nothing. NULL: nobody is interested. */
void omg_audit_watch_take_refresh(OmgAuditWatch *watch, const OmgRefreshOutcome *outcome);
