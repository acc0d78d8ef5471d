/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What goes into the audit log (store/audit-db.h), and how each of it reads there. Nothing here
 * touches the log: the records are for omg_audit_db_append(). */

#include "engine/verdict.h"
#include "sources/omgd-conf.h"
#include "sources/policy-state.h"
#include "store/audit-record.h"

/* X(symbol, word, severity): the events, by the names of the daemon before (but the last), and how
 * severe each is unless its function says otherwise: debug, info, warning, error or critical. */
#define OMG_AUDIT_EVENT_TABLE(X)                                       \
        X(PACKAGE_INSTALL, "package_install", "info")                  \
        X(PACKAGE_REMOVE, "package_remove", "info")                    \
        X(PACKAGE_UPGRADE, "package_upgrade", "info")                  \
        X(PACKAGE_DOWNGRADE, "package_downgrade", "warning")           \
        X(SECURITY_AUDIT, "security_audit", "info")                    \
        X(VULNERABILITY_DETECTED, "vulnerability_detected", "warning") \
        X(SIGNATURE_VERIFIED, "signature_verified", "info")            \
        X(SIGNATURE_FAILED, "signature_failed", "error")               \
        X(POLICY_VIOLATION, "policy_violation", "warning")             \
        X(POLICY_CHANGED, "policy_changed", "info")                    \
        X(CONFIG_CHANGED, "config_changed", "info")                    \
        X(DAEMON_STARTED, "daemon_started", "info")                    \
        X(DAEMON_STOPPED, "daemon_stopped", "info")                    \
        X(SBOM_GENERATED, "sbom_generated", "info")                    \
        X(SBOM_EXPORTED, "sbom_exported", "info")                      \
        X(AUR_MAINTAINER_CHANGED, "aur_maintainer_changed", "warning")

typedef enum {
#define X(symbol, word, severity) OMG_AUDIT_##symbol,
        OMG_AUDIT_EVENT_TABLE(X)
#undef X
                OMG_AUDIT_N_EVENTS
} OmgAuditEvent;

/* Static. */
const char *omg_audit_event_get_word(OmgAuditEvent event);
const char *omg_audit_event_get_severity(OmgAuditEvent event);

/* Records to be, in the order in which they were added; all of one time and actor. */
typedef struct {
        GArray *records;   /* OmgAuditRecord, for omg_audit_db_append() */
        guint64 time_usec; /* since 1970 */
        char *actor;
} OmgAuditEvents;

#define OMG_AUDIT_SELF "omgd" /* the actor of what omgd saw or did without being asked */
OmgAuditEvents *omg_audit_events_new(guint64 time_usec, const char *actor);
void omg_audit_events_free(OmgAuditEvents *events);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAuditEvents, omg_audit_events_free)

/* Any event. @severity NULL: the event's own. @metadata: a JSON object, taken over, or NULL. A text
 * of more than OMG_LIMIT_AUDIT_FIELD bytes is cut ("..."; metadata is {"truncated":true} then). */
void omg_audit_events_add(OmgAuditEvents *events, OmgAuditEvent event, const char *severity,
                          const char *resource, const char *description, char *metadata);

/* Who asked for it, of all records in it. */
void omg_audit_events_set_actor(OmgAuditEvents *events, const char *actor);

/* Packages that came, went or have another version between two local layers. */
void omg_audit_events_add_packages(OmgAuditEvents *events, const OmgLayer *before,
                                   const OmgLayer *after);

/* Another look at policy.toml. @before NULL, the first of a run: only if it cannot be used. */
void omg_audit_events_add_policy(OmgAuditEvents *events, const char *path,
                                 const OmgPolicyState *before, const OmgPolicyState *after);

/* omgd.conf and its drop-ins in @dir were read again: which keys have another value. */
void omg_audit_events_add_conf(OmgAuditEvents *events, const char *dir, const OmgConf *before,
                               const OmgConf *after);

/* A package that is refused. */
void omg_audit_events_add_violation(OmgAuditEvents *events, const OmgVerdict *verdict);

/* A finding that is new. All but ids may be NULL. */
typedef struct {
        const char *package, *version;
        const char *advisory;   /* AVG-2843 */
        const char *severity;   /* Critical, High, Medium, Low, Unknown; in any letter case */
        const char *state;      /* fix-available, fix-pending, no-fix, unconfirmed */
        const char *fixed;      /* in that version */
        const char *const *ids; /* CVEs */
} OmgAuditFinding;

void omg_audit_events_add_finding(OmgAuditEvents *events, const OmgAuditFinding *finding);

/* An audit that came to an end. @error: why it failed, or NULL. */
void omg_audit_events_add_scan(OmgAuditEvents *events, guint n_packages, guint n_findings,
                               guint n_high, const GError *error);

/* Somebody was given a bill of materials. @uuid: of its serial number. */
void omg_audit_events_add_sbom(OmgAuditEvents *events, const char *format, const char *uuid,
                               guint n_components, guint n_vulnerabilities);

/* @version: omgd's. @reason: "SIGTERM"; NULL: it was not told. */
void omg_audit_events_add_start(OmgAuditEvents *events, const char *version);
void omg_audit_events_add_stop(OmgAuditEvents *events, const char *version, const char *reason);
