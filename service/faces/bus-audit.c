/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Audit: signals, and the vtable. The members are in the files beside this one. */
#include "faces/bus-audit.h"

#include <systemd/sd-event.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits-store.h"
#include "faces/bus-interfaces.h"
#include "loop/log.h"

/* ---- LogAppended ---- */

static void emit_appended(OmgService *service)
{
        OmgServiceAudit *audit = &service->audit;
        int r = 0;

        if (audit->signalled == audit->head)
                return;
        audit->signalled = audit->head;
        audit->signalled_usec = omg_clock_now();
        if (service->bus)
                r = sd_bus_emit_signal(service->bus, OMG_BUS_PATH, OMG_BUS_AUDIT, "LogAppended",
                                       "t", audit->head);
        if (r < 0)
                omg_log_warning("Cannot send a signal: %s, ignoring", g_strerror(-r));
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        emit_appended(userdata);
        return 0;
}

/* Not before that time; FALSE: there is no timer, which fails for lack of memory alone. */
static gboolean emit_later(OmgService *service, guint64 at_usec)
{
        sd_event_source **timer = &service->audit.timer;

        if (!*timer && sd_event_add_time(service->event, timer, CLOCK_BOOTTIME, at_usec, 0,
                                         on_timer, service) < 0)
                return FALSE;
        return sd_event_source_set_time(*timer, at_usec) >= 0 &&
               sd_event_source_set_enabled(*timer, SD_EVENT_ONESHOT) >= 0;
}

void omg_service_set_log_head(OmgService *service, guint64 head)
{
        OmgServiceAudit *audit = &service->audit;
        guint64 next = audit->signalled_usec + OMG_LIMIT_LOG_SIGNAL_USEC;

        audit->head = head;
        if (audit->signalled_usec > 0 && omg_clock_now() < next && emit_later(service, next))
                return;
        emit_appended(service);
}

/* ---- the vtable ---- */

static const sd_bus_vtable audit_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Scan", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                                omg_bus_method_scan, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListVulnerabilities", SD_BUS_ARGS("a{sv}", options),
                                SD_BUS_RESULT("a(ssssssasa{sv})", vulnerabilities, "a{sv}", meta),
                                omg_bus_method_list_vulnerabilities, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CheckPackages", SD_BUS_ARGS("a(ss)", packages, "a{sv}", options),
                                SD_BUS_RESULT("a(ssssssasa{sv})", vulnerabilities, "a{sv}", meta),
                                omg_bus_method_check_packages, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetAdvisory", SD_BUS_ARGS("s", id),
                                SD_BUS_RESULT("a{sv}", advisory), omg_bus_method_get_advisory,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("EvaluatePolicy", SD_BUS_ARGS("as", packages, "a{sv}", options),
                                SD_BUS_RESULT("a(sbsasa{sv})", verdicts),
                                omg_bus_method_evaluate_policy, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetPolicy", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", policy),
                                omg_bus_method_get_policy, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ReloadPolicy", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT,
                                omg_bus_method_reload_policy, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListLog", SD_BUS_ARGS("a{sv}", options),
                                SD_BUS_RESULT("a(txsssssa{sv})", records, "a{sv}", meta),
                                omg_bus_method_list_log, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(
                "VerifyLog", SD_BUS_ARGS("a{sv}", options),
                SD_BUS_RESULT("b", ok, "t", checked, "t", first_bad, "a{sv}", details),
                omg_bus_method_verify_log, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetLogHead", SD_BUS_NO_ARGS,
                                SD_BUS_RESULT("t", sequence, "ay", hash),
                                omg_bus_method_get_log_head, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GenerateSbom", SD_BUS_ARGS("s", format, "a{sv}", options),
                                SD_BUS_RESULT("h", document), omg_bus_method_generate_sbom,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("VulnerabilitiesChanged",
                                SD_BUS_ARGS("t", generation, "a{su}", counts, "as", new_ids), 0),
        SD_BUS_SIGNAL_WITH_ARGS("PolicyViolation", SD_BUS_ARGS("s", package, "as", reasons), 0),
        SD_BUS_SIGNAL_WITH_ARGS("LogAppended", SD_BUS_ARGS("t", sequence), 0),
        SD_BUS_PROPERTY("LastScanUSec", "t", omg_bus_property_get_last_scan, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ScanState", "s", omg_bus_property_get_scan_state, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("LastError", "(ss)", omg_bus_property_get_last_error, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Counts", "a{su}", omg_bus_property_get_counts, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("PolicyState", "s", omg_bus_property_get_policy_state, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

int omg_bus_audit_add(sd_bus *bus, OmgService *service)
{
        return sd_bus_add_object_vtable(bus, NULL, OMG_BUS_PATH, OMG_BUS_AUDIT, audit_vtable,
                                        service);
}
