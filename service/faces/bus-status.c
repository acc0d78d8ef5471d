/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Status. */
#include "faces/bus-call.h"
#include "faces/bus-interfaces.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"

#define INTERFACE "org.omgd1.Status"

/* X(property, type, member of OmgStatus), in the order of the XML: makes the vtable's properties,
 * GetSnapshot and the comparison of two states. */
#define STATUS_TABLE(X)                                    \
        X(TotalPackages, "u", total_packages)              \
        X(ExplicitPackages, "u", explicit_packages)        \
        X(OrphanPackages, "u", orphan_packages)            \
        X(ForeignPackages, "u", foreign_packages)          \
        X(UpdatesAvailable, "u", updates_available)        \
        X(AurUpdatesAvailable, "u", aur_updates_available) \
        X(SecurityUpdates, "u", security_updates)          \
        X(IgnoredUpdates, "u", ignored_updates)            \
        X(VulnerablePackages, "u", vulnerable_packages)    \
        X(HighestSeverity, "s", highest_severity)          \
        X(AsOfUSec, "t", as_of_usec)                       \
        X(State, "s", state)                               \
        X(RebootSuggested, "b", reboot_suggested)          \
        X(IndexGeneration, "t", index_generation)          \
        X(IndexedPackages, "u", indexed_packages)

static const struct {
        const char *name;
        char type;
        gsize offset; /* in OmgStatus */
} properties[] = {
#define X(property, type, member) {#property, (type)[0], G_STRUCT_OFFSET(OmgStatus, member)},
        STATUS_TABLE(X)
#undef X
};

static gconstpointer get_value(const OmgStatus *status, gsize i)
{
        gconstpointer member = G_STRUCT_MEMBER_P(status, properties[i].offset);

        return properties[i].type == 's' ? *(const char *const *)member : member;
}

/* ---- methods ---- */

static int run_get_snapshot(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                            GError **error)
{
        const OmgSnapshot *snapshot = service->snapshot;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        for (gsize i = 0; r >= 0 && i < G_N_ELEMENTS(properties); i++)
                r = omg_bus_entry_append(reply, properties[i].name, properties[i].type,
                                         get_value(&service->status, i));
        if (r >= 0)
                r = omg_bus_entry_append(reply, "aur-state", 's',
                                         omg_status_get_aur_state(snapshot));
        if (r >= 0)
                r = omg_bus_entry_append(reply, "aur-as-of", 't',
                                         &(guint64){snapshot ? snapshot->aur_feed.good_usec : 0});
        if (r >= 0)
                r = omg_bus_errors_entry_append(reply, snapshot ? snapshot->errors : NULL);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int run_describe(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                        GError **error)
{
        g_autofree char *json = omg_status_describe(&service->status, service->snapshot);

        return sd_bus_message_append_basic(reply, 's', json);
}

/* ---- signals ---- */

static gboolean is_same(const OmgStatus *a, const OmgStatus *b, gsize i)
{
        gconstpointer x = get_value(a, i), y = get_value(b, i);

        switch (properties[i].type) {
        case 's':
                return g_strcmp0(x, y) == 0;
        case 't':
                return *(const guint64 *)x == *(const guint64 *)y;
        default:
                return *(const guint32 *)x == *(const guint32 *)y;
        }
}

int omg_bus_status_emit(sd_bus *bus, const OmgService *service, const OmgStatus *before)
{
        char *names[G_N_ELEMENTS(properties) + 1];
        gsize n = 0;

        for (gsize i = 0; i < G_N_ELEMENTS(properties); i++)
                if (!is_same(before, &service->status, i))
                        names[n++] = (char *)properties[i].name;
        names[n] = NULL;
        return n == 0 ? 0
                      : sd_bus_emit_properties_changed_strv(bus, OMG_BUS_PATH, INTERFACE, names);
}

/* ---- the vtable ---- */

OMG_DEFINE_METHOD(get_snapshot, status_calls, FALSE)
OMG_DEFINE_METHOD(describe, status_calls, FALSE)

static const sd_bus_vtable status_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("GetSnapshot", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", snapshot),
                                method_get_snapshot, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Describe", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json),
                                method_describe, SD_BUS_VTABLE_UNPRIVILEGED),
#define X(property, type, member)                                                          \
        SD_BUS_PROPERTY(#property, type, NULL, G_STRUCT_OFFSET(OmgService, status.member), \
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        STATUS_TABLE(X)
#undef X
                SD_BUS_VTABLE_END,
};

int omg_bus_status_add(sd_bus *bus, OmgService *service)
{
        return sd_bus_add_object_vtable(bus, NULL, OMG_BUS_PATH, INTERFACE, status_vtable, service);
}
