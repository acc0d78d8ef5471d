/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Audit: the properties, and VulnerabilitiesChanged. */
#include "faces/bus-audit.h"

#include <string.h>

#include "base/limits.h"
#include "engine/audit-changes.h"
#include "faces/bus-interfaces.h"

/* ---- what the properties say of a snapshot, which may be NULL ---- */

static const OmgSecurity *get_security(const OmgSnapshot *snapshot)
{
        return snapshot ? snapshot->security : NULL;
}

static guint64 get_last_scan(const OmgSnapshot *snapshot)
{
        return get_security(snapshot) ? snapshot->security->scanned_usec : 0;
}

static const char *get_state(const OmgSnapshot *snapshot)
{
        return omg_scan_state_get_name(get_security(snapshot) ? snapshot->security->state
                                                              : OMG_SCAN_NEVER);
}

/* NULL: nothing went wrong. */
static const OmgSourceError *get_error(const OmgSnapshot *snapshot)
{
        const OmgSecurity *security = get_security(snapshot);

        if (!security || security->errors->len == 0 ||
            (security->state != OMG_SCAN_FAILED && security->state != OMG_SCAN_STALE))
                return NULL;
        return security->errors->pdata[0];
}

static char *dup_error_text(const OmgSourceError *error)
{
        g_autofree char *valid = error ? g_utf8_make_valid(error->message, -1) : NULL;

        return error ? g_strdup_printf("%s: %s", error->source, valid) : g_strdup("");
}

static const char *get_error_name(const OmgSourceError *error)
{
        return error ? omg_error_get_dbus_name((int)error->code) : "";
}

static int append_counts(sd_bus_message *message, const OmgSnapshot *snapshot)
{
        OmgSecurityCounts counts;
        int r;

        r = sd_bus_message_open_container(message, 'a', "{su}");
        if (r >= 0 && omg_security_get_counts(snapshot, &counts)) {
                for (guint i = OMG_SEVERITY_N; r >= 0 && i-- > 0;)
                        r = sd_bus_message_append(message, "{su}", omg_severity_get_word(i),
                                                  counts.by_severity[i]);
                for (guint i = 0; r >= 0 && i < OMG_FINDING_STATE_N; i++)
                        r = sd_bus_message_append(message, "{su}", omg_finding_state_get_name(i),
                                                  counts.by_state[i]);
        }
        return r < 0 ? r : sd_bus_message_close_container(message);
}

/* ---- properties ---- */

int omg_bus_property_get_last_scan(sd_bus *bus, const char *path, const char *interface,
                                   const char *property, sd_bus_message *reply, void *userdata,
                                   sd_bus_error *ret_error)
{
        const OmgService *service = userdata;

        return sd_bus_message_append(reply, "t", get_last_scan(service->snapshot));
}

int omg_bus_property_get_scan_state(sd_bus *bus, const char *path, const char *interface,
                                    const char *property, sd_bus_message *reply, void *userdata,
                                    sd_bus_error *ret_error)
{
        const OmgService *service = userdata;

        return sd_bus_message_append(reply, "s", get_state(service->snapshot));
}

int omg_bus_property_get_last_error(sd_bus *bus, const char *path, const char *interface,
                                    const char *property, sd_bus_message *reply, void *userdata,
                                    sd_bus_error *ret_error)
{
        const OmgService *service = userdata;
        const OmgSourceError *error = get_error(service->snapshot);
        g_autofree char *text = dup_error_text(error);

        return sd_bus_message_append(reply, "(ss)", get_error_name(error), text);
}

int omg_bus_property_get_counts(sd_bus *bus, const char *path, const char *interface,
                                const char *property, sd_bus_message *reply, void *userdata,
                                sd_bus_error *ret_error)
{
        const OmgService *service = userdata;

        return append_counts(reply, service->snapshot);
}

/* ---- signals ---- */

static gboolean has_same_error(const OmgSnapshot *a, const OmgSnapshot *b)
{
        const OmgSourceError *x = get_error(a), *y = get_error(b);

        if (!x || !y)
                return x == y;
        return x->code == y->code && strcmp(x->source, y->source) == 0 &&
               strcmp(x->message, y->message) == 0;
}

static gboolean has_same_counts(const OmgSnapshot *a, const OmgSnapshot *b)
{
        OmgSecurityCounts x = {}, y = {};
        gboolean is_known = omg_security_get_counts(a, &x);

        return is_known == omg_security_get_counts(b, &y) && memcmp(&x, &y, sizeof(x)) == 0;
}

static int emit_properties(sd_bus *bus, const OmgSnapshot *before, const OmgSnapshot *now)
{
        const char *names[6] = {};
        gsize n = 0;

        if (get_last_scan(before) != get_last_scan(now))
                names[n++] = "LastScanUSec";
        if (strcmp(get_state(before), get_state(now)) != 0)
                names[n++] = "ScanState";
        if (!has_same_error(before, now))
                names[n++] = "LastError";
        if (!has_same_counts(before, now))
                names[n++] = "Counts";
        if (strcmp(omg_bus_audit_get_policy_state(before), omg_bus_audit_get_policy_state(now)) !=
            0)
                names[n++] = "PolicyState";
        return n == 0 ? 0
                      : sd_bus_emit_properties_changed_strv(bus, OMG_BUS_PATH, OMG_BUS_AUDIT,
                                                            (char **)names);
}

static int emit_changed(sd_bus *bus, const OmgSnapshot *now, const OmgChanges *changes)
{
        g_autoptr(GPtrArray) ids = omg_findings_list_ids(changes->new_findings, OMG_LIMIT_ROWS);
        sd_bus_message *signal = NULL;
        int r;

        g_ptr_array_add(ids, NULL);
        if ((r = sd_bus_message_new_signal(bus, &signal, OMG_BUS_PATH, OMG_BUS_AUDIT,
                                           "VulnerabilitiesChanged")) >= 0 &&
            (r = sd_bus_message_append(signal, "t", now->generation)) >= 0 &&
            (r = append_counts(signal, now)) >= 0 &&
            (r = sd_bus_message_append_strv(signal, (char **)ids->pdata)) >= 0)
                r = sd_bus_send(bus, signal, NULL);
        sd_bus_message_unref(signal);
        return r;
}

int omg_bus_audit_emit(sd_bus *bus, const OmgService *service, const OmgSnapshot *before,
                       const OmgChanges *changes)
{
        int r;

        r = emit_properties(bus, before, service->snapshot);
        if (r >= 0 && changes && changes->findings)
                r = emit_changed(bus, service->snapshot, changes);
        if (r >= 0 && before)
                r = omg_bus_audit_emit_violations(bus, before, service->snapshot);
        return r;
}
