/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* org.omgd1.Audit, which has a file for each kind of member: what they share. */

#include <systemd/sd-bus.h>

#include "engine/security-known.h"
#include "faces/service.h"

#define OMG_BUS_AUDIT "org.omgd1.Audit"

/* VULN rows (OmgFinding). */
int omg_bus_findings_append(sd_bus_message *reply, const GPtrArray *findings);

/* META of an answer out of what is known of the snapshot's security. */
int omg_bus_audit_meta_append(sd_bus_message *reply, const OmgSnapshot *snapshot, guint32 total);

/* Getters (userdata: OmgService), in bus-audit-state.c. */
int omg_bus_property_get_last_scan(sd_bus *bus, const char *path, const char *interface,
                                   const char *property, sd_bus_message *reply, void *userdata,
                                   sd_bus_error *ret_error);
int omg_bus_property_get_scan_state(sd_bus *bus, const char *path, const char *interface,
                                    const char *property, sd_bus_message *reply, void *userdata,
                                    sd_bus_error *ret_error);
int omg_bus_property_get_last_error(sd_bus *bus, const char *path, const char *interface,
                                    const char *property, sd_bus_message *reply, void *userdata,
                                    sd_bus_error *ret_error);
int omg_bus_property_get_counts(sd_bus *bus, const char *path, const char *interface,
                                const char *property, sd_bus_message *reply, void *userdata,
                                sd_bus_error *ret_error);

/* Has @events (taken over) go into the audit log with the caller as their actor: "uid 1000". The
 * bus is asked who that is, without waiting; "unknown" when it does not say, because the caller has
 * left, say. */
void omg_bus_audit_record(OmgService *service, sd_bus_message *call, OmgAuditEvents *events);

/* What the policy is in a snapshot, which may be NULL; NULL: nobody has looked yet. */
const OmgPolicyState *omg_bus_audit_get_policy(const OmgSnapshot *snapshot);

/* -EINPROGRESS, to be returned: the call waits for a look at the policy. 0: it has waited, or need
 * not. */
int omg_bus_audit_need_policy(OmgService *service);

/* "none", "ok", "invalid", or "unknown" while nobody has looked; static. */
const char *omg_bus_audit_get_policy_state(const OmgSnapshot *snapshot);

/* PolicyViolation for each installed package that the policy refuses, and did not in @before: at
 * most OMG_LIMIT_POLICY_VIOLATIONS. */
int omg_bus_audit_emit_violations(sd_bus *bus, const OmgSnapshot *before, const OmgSnapshot *now);

int omg_bus_property_get_policy_state(sd_bus *bus, const char *path, const char *interface,
                                      const char *property, sd_bus_message *reply, void *userdata,
                                      sd_bus_error *ret_error);

/* Handlers (userdata: OmgService), in bus-refresh.c and bus-audit-*.c. */
int omg_bus_method_scan(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_vulnerabilities(sd_bus_message *call, void *userdata,
                                        sd_bus_error *ret_error);
int omg_bus_method_check_packages(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_get_advisory(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_evaluate_policy(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_get_policy(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_reload_policy(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_generate_sbom(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_list_log(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_verify_log(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);
int omg_bus_method_get_log_head(sd_bus_message *call, void *userdata, sd_bus_error *ret_error);

/* Defines omg_bus_method_NAME around run_NAME, for the vtable in bus-audit.c. @waits: for the first
 * load; @is_change: the XML has the annotation org.omgd1.Changes. */
#define OMG_DEFINE_AUDIT_METHOD(name, counter, waits, is_change)                                 \
        OMG_DEFINE_HANDLER(name, counter, waits, is_change)                                      \
        int omg_bus_method_##name(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) \
        {                                                                                        \
                return method_##name(call, userdata, ret_error);                                 \
        }
