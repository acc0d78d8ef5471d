/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Records for the audit log, as engine/audit-events.h, of who maintains packages of the AUR. */

#include "engine/audit-events.h"
#include "engine/maintainers.h"

/* The member of a record's metadata that tells the same change, found once more by another run of
 * omgd, from another one. */
#define OMG_MAINTAINER_EVENT_ID "id"

/* All of @changes (OmgMaintainerChange) but those in @known, a set of
 * omg_security_event_dup_key(NAME, ID); NULL: none. */
void omg_audit_events_add_maintainers(OmgAuditEvents *events, const GPtrArray *changes,
                                      GHashTable *known);
