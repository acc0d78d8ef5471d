/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Manager. */
#include <errno.h>

#include "base/clock.h"
#include "faces/bus-call.h"
#include "faces/bus-interfaces.h"
#include "faces/bus-manager.h"
#include "faces/bus-options.h"

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

/* ---- Refresh ---- */

/* What can be asked for; 0: not in this version. */
static const struct {
        const char *word;
        guint what;
} sources[] = {
        {"sync", OMG_REFRESH_SYNC | OMG_REFRESH_MIRRORS},
        {"status", OMG_REFRESH_LOCAL},
        {"files", OMG_REFRESH_FILES},
        {"aur", 0},
        {"advisories", 0},
};

static int parse_source(const char *word, guint *what, GError **error)
{
        for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
                if (!g_str_equal(sources[i].word, word))
                        continue;
                if (sources[i].what == 0)
                        return omg_call_fail(error, OMG_ERROR_NOT_SUPPORTED,
                                             "This version does not refresh \"%s\"", word);
                *what |= sources[i].what;
                return 0;
        }
        return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                             "what: \"%.64s\" is none of sync, status and files", word);
}

/* All that is looked after: of file lists those that were asked for. */
static guint get_all(const OmgService *service)
{
        const OmgSnapshot *snapshot = service->snapshot;
        guint what = OMG_REFRESH_ALL | OMG_REFRESH_MIRRORS;

        if (snapshot && snapshot->files[OMG_FILES_LOCAL].layer)
                what |= OMG_REFRESH_LOCAL_FILES;
        if (snapshot && snapshot->files[OMG_FILES_REPO].layer)
                what |= OMG_REFRESH_SYNC_FILES;
        return what;
}

static int read_sources(const OmgService *service, sd_bus_message *call, OmgRefreshWhat *ret_what,
                        GError **error)
{
        const char *word;
        guint what = 0;
        int r;

        r = sd_bus_message_enter_container(call, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read_basic(call, 's', &word)) > 0) {
                r = parse_source(word, &what, error);
                if (r < 0)
                        return r;
        }
        *ret_what = (OmgRefreshWhat)(what != 0 ? what : get_all(service));
        return r < 0 ? r : sd_bus_message_exit_container(call);
}

typedef struct {
        int force;
        int background;
        int allow_metered;
        guint32 max_age; /* seconds */
        gboolean has_max_age;
} RefreshOptions;

/* Whether the last look is young enough for a caller that does not insist: each is at everything on
 * this machine, and knows when the mirrors last confirmed it. */
static gboolean is_fresh(const OmgService *service, OmgRefreshWhat what,
                         const RefreshOptions *options)
{
        if (!options->has_max_age || options->force ||
            !omg_service_is_fresh(service, options->max_age))
                return FALSE;
        return !(what & OMG_REFRESH_MIRRORS) ||
               (guint64)g_get_real_time() <=
                       service->snapshot->as_of_usec + options->max_age * (guint64)G_USEC_PER_SEC;
}

static OmgRefreshWhat add_options(OmgRefreshWhat what, const RefreshOptions *options)
{
        guint bits = what;

        if (!options->background)
                bits |= OMG_REFRESH_FOREGROUND;
        if (options->allow_metered)
                bits |= OMG_REFRESH_ALLOW_METERED;
        return (OmgRefreshWhat)bits;
}

/* What somebody asked for is done in any case; what may wait, not against an inhibitor. */
static gboolean may_in_background(const OmgService *service, GError **error)
{
        const OmgInhibitor *inhibitor =
                omg_inhibitors_find(service->inhibitors, OMG_INHIBIT_REFRESH);

        if (!inhibitor)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_INHIBITED,
                    "%s holds back refreshes in the background: %s", inhibitor->who,
                    inhibitor->why);
        return FALSE;
}

static OmgJob *begin_refresh(OmgService *service, const char *owner, OmgRefreshWhat what,
                             const RefreshOptions *options, GError **error)
{
        gboolean fresh = is_fresh(service, what, options);
        OmgJob *job;

        if (options->background && !may_in_background(service, error))
                return NULL;
        job = fresh ? NULL : omg_jobs_find_queued(service->jobs, what, options->force);
        if (job) {
                job->joined_at = omg_clock_now();
                return job;
        }
        job = omg_jobs_add_refresh(service->jobs, owner, what, options->force,
                                   (guint64)g_get_real_time(), error);
        if (!job)
                return NULL;
        service->metrics.jobs_total++;
        if (fresh)
                omg_jobs_end(service->jobs, job->id, NULL, FALSE, service->snapshot->generation,
                             NULL, omg_clock_now());
        else
                service->actions.refresh(job->id, what, options->force, service->actions.userdata);
        omg_bus_job_update_timer(service);
        return job;
}

static int run_refresh(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                       GError **error)
{
        RefreshOptions options = {};
        const OmgBusOption table[] = {
                {"force", OMG_BUS_OPTION_BOOL, &options.force, NULL},
                {"max-age", OMG_BUS_OPTION_UINT32, &options.max_age, &options.has_max_age},
                {"background", OMG_BUS_OPTION_BOOL, &options.background, NULL},
                {"allow-metered", OMG_BUS_OPTION_BOOL, &options.allow_metered, NULL},
        };
        char path[OMG_BUS_JOB_PATH_SIZE];
        OmgRefreshWhat what;
        const OmgJob *job;
        int r;

        if ((r = read_sources(service, call, &what, error)) < 0 ||
            (r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0)
                return r;
        job = begin_refresh(service, sd_bus_message_get_sender(call) ?: "",
                            add_options(what, &options), &options, error);
        if (!job)
                return -EBADMSG;
        omg_bus_job_format_path(job->id, path);
        return sd_bus_message_append_basic(reply, 'o', path);
}

/* ---- properties and the vtable ---- */

static int property_get_capabilities(sd_bus *bus, const char *path, const char *interface,
                                     const char *property, sd_bus_message *reply, void *userdata,
                                     sd_bus_error *ret_error)
{
        static const char *const words[] = {
                "packages",     "updates",        "status",        "groups",   "repositories",
                "depends",      "search-modes",   "history",       "list-fd",  "files",
                "refresh-sync", "refresh-status", "refresh-files", "runtimes", NULL,
        };

        return sd_bus_message_append_strv(reply, (char **)words);
}

OMG_DEFINE_METHOD(list_jobs, other_calls, FALSE)
OMG_DEFINE_CHANGE(refresh, other_calls, FALSE)
OMG_DEFINE_METHOD(get_metrics, other_calls, FALSE)

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("ListJobs", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(tssdo)", jobs),
                                method_list_jobs, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Refresh", SD_BUS_ARGS("as", what, "a{sv}", options),
                                SD_BUS_RESULT("o", job), method_refresh,
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
