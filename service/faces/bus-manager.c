/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Manager. */
#include <errno.h>

#include "faces/bus-call.h"
#include "faces/bus-interfaces.h"
#include "faces/bus-manager.h"
#include "faces/bus-options.h"
#include "faces/service-aur.h"

#define INTERFACE "org.omgd1.Manager"

/* ---- ListJobs, GetMetrics ---- */

static int run_list_jobs(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                         GError **error)
{
        const GPtrArray *jobs = omg_jobs_get_all(service->jobs);
        char path[OMG_BUS_JOB_PATH_SIZE];
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(tssdo)");
        for (guint i = 0; r >= 0 && i < jobs->len; i++) {
                const OmgJob *job = jobs->pdata[i];

                omg_bus_job_format_path(job->id, path);
                r = sd_bus_message_append(reply, "(tssdo)", job->id, job->kind, job->state_name,
                                          job->progress, path);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int run_get_metrics(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                           GError **error)
{
        const OmgMetrics *metrics = &service->metrics;

        omg_service_update_aur_metrics(service);
        const struct {
                const char *key;
                guint64 value;
        } rows[] = {
#define X(member, key) {key, metrics->member},
                OMG_METRICS_TABLE(X)
#undef X
        };
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{st}");
        for (gsize i = 0; r >= 0 && i < G_N_ELEMENTS(rows); i++)
                r = sd_bus_message_append(reply, "{st}", rows[i].key, rows[i].value);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* ---- properties and the vtable ---- */

static int property_get_capabilities(sd_bus *bus, const char *path, const char *interface,
                                     const char *property, sd_bus_message *reply, void *userdata,
                                     sd_bus_error *ret_error)
{
        static const char *const words[] = {
                "packages",
                "updates",
                "status",
                "groups",
                "repositories",
                "depends",
                "search-modes",
                "history",
                "list-fd",
                "files",
                "refresh-sync",
                "refresh-status",
                "refresh-files",
                "refresh-advisories",
                "runtimes",
                "audit",
                "policy",
                "sbom",
                "aur",
                "aur-query",
                NULL, /* the end */
        };

        return sd_bus_message_append_strv(reply, (char **)words);
}

OMG_DEFINE_METHOD(list_jobs, other_calls, FALSE)
OMG_DEFINE_METHOD(get_metrics, other_calls, FALSE)

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("ListJobs", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(tssdo)", jobs),
                                method_list_jobs, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Refresh", SD_BUS_ARGS("as", what, "a{sv}", options),
                                SD_BUS_RESULT("o", job), omg_bus_method_refresh,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetMetrics", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{st}", metrics),
                                method_get_metrics, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("StateHasChanged", SD_BUS_ARGS("s", reason), SD_BUS_NO_RESULT,
                                omg_bus_method_state_has_changed, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetCacheInfo", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", info),
                                omg_bus_method_get_cache_info, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ClearCache", SD_BUS_ARGS("as", what, "a{sv}", options),
                                SD_BUS_NO_RESULT, omg_bus_method_clear_cache,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Inhibit", SD_BUS_ARGS("s", what, "s", who, "s", why),
                                SD_BUS_RESULT("h", descriptor), omg_bus_method_inhibit,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListInhibitors", SD_BUS_NO_ARGS,
                                SD_BUS_RESULT("a(asssst)", inhibitors),
                                omg_bus_method_list_inhibitors, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("JobNew", SD_BUS_ARGS("t", id, "o", path), 0),
        SD_BUS_SIGNAL_WITH_ARGS("JobRemoved",
                                SD_BUS_ARGS("t", id, "o", path, "s", kind, "i", status), 0),
        SD_BUS_PROPERTY("Version", "s", NULL, G_STRUCT_OFFSET(OmgService, version),
                        SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("ApiVersion", "u", NULL, G_STRUCT_OFFSET(OmgService, api_version),
                        SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Capabilities", "as", property_get_capabilities, 0,
                        SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Inhibited", "as", omg_bus_property_get_inhibited, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("NetworkState", "s", NULL, G_STRUCT_OFFSET(OmgService, network_state),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Metered", "b", NULL, G_STRUCT_OFFSET(OmgService, metered),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("PacmanLocked", "b", NULL, G_STRUCT_OFFSET(OmgService, pacman_locked),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("QueuedTasks", "u", NULL, G_STRUCT_OFFSET(OmgService, n_tasks),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

int omg_bus_manager_emit(sd_bus *bus, const char *const *names)
{
        return names[0] ? sd_bus_emit_properties_changed_strv(bus, OMG_BUS_PATH, INTERFACE,
                                                              (char **)names)
                        : 0;
}

int omg_bus_manager_add(sd_bus *bus, OmgService *service)
{
        return sd_bus_add_object_vtable(bus, NULL, OMG_BUS_PATH, INTERFACE, manager_vtable,
                                        service);
}

int omg_bus_manager_emit_inhibited(sd_bus *bus)
{
        return sd_bus_emit_properties_changed(bus, OMG_BUS_PATH, INTERFACE, "Inhibited", NULL);
}
