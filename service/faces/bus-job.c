/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Job: the objects below /org/omgd1/job, and the signals about them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "base/clock.h"
#include "faces/bus-call.h"
#include "faces/bus-interfaces.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"
#include "faces/bus-packages.h"
#include "loop/log.h"

#define INTERFACE "org.omgd1.Job"
#define MANAGER   "org.omgd1.Manager"

void omg_bus_job_format_path(guint64 id, char path[static OMG_BUS_JOB_PATH_SIZE])
{
        (void)snprintf(path, OMG_BUS_JOB_PATH_SIZE, OMG_BUS_JOB_PATH "/%" G_GUINT64_FORMAT, id);
}

/* The job at a path, or NULL. */
static OmgJob *find_job(const OmgService *service, const char *path)
{
        guint64 id;

        if (!g_str_has_prefix(path, OMG_BUS_JOB_PATH "/") ||
            !g_ascii_string_to_unsigned(path + strlen(OMG_BUS_JOB_PATH "/"), 10, 1, G_MAXUINT64,
                                        &id, NULL))
                return NULL;
        return omg_jobs_get(service->jobs, id);
}

/* ---- methods ---- */

/* The job of a call; it can be gone when the call had to wait. */
static int get_job(OmgService *service, sd_bus_message *call, OmgJob **ret_job, GError **error)
{
        *ret_job = find_job(service, sd_bus_message_get_path(call));
        if (!*ret_job)
                return omg_call_fail(error, OMG_ERROR_NOT_FOUND, "There is no such job any more");
        return 0;
}

static int run_cancel(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                      GError **error)
{
        OmgJob *job;
        int r;

        if ((r = omg_bus_options_read(call, NULL, 0, error)) < 0 ||
            (r = get_job(service, call, &job, error)) < 0)
                return r;
        if (omg_job_get_status(job) >= 0)
                return 0;
        if (!g_str_equal(job->owner, sd_bus_message_get_sender(call) ?: ""))
                return omg_call_fail(error, OMG_ERROR_ACCESS_DENIED,
                                     "Only the one who asked for the job first may cancel it");
        if (!job->cancelable)
                return omg_call_fail(error, OMG_ERROR_NOT_SUPPORTED,
                                     "The job cannot be cancelled now");
        if (job->aur)
                service->actions.cancel_aur(job->id, service->actions.userdata);
        else
                service->actions.cancel(job->id, service->actions.userdata);
        return 0;
}

static int append_result_dict(sd_bus_message *message, const OmgJob *job)
{
        int r;

        if ((r = sd_bus_message_open_container(message, 'a', "{sv}")) < 0 ||
            (r = omg_bus_entry_append(message, "changed", 'b', &job->changed)) < 0 ||
            (r = omg_bus_entry_append(message, "generation", 't', &job->generation)) < 0 ||
            (r = omg_bus_errors_entry_append(message, job->errors)) < 0)
                return r;
        return sd_bus_message_close_container(message);
}

static int append_status(sd_bus_message *message, const OmgJob *job)
{
        return sd_bus_message_append(message, "iss", omg_job_get_status(job), job->error_name,
                                     job->message);
}

static int run_get_result(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                          GError **error)
{
        OmgJob *job;
        int r;

        r = get_job(service, call, &job, error);
        if (r < 0)
                return r;
        if (omg_job_get_status(job) < 0)
                return omg_call_fail(error, OMG_ERROR_BUSY, "The job is %s", job->state_name);
        if ((r = append_status(reply, job)) < 0)
                return r;
        return job->aur ? omg_bus_aur_append_result(service, call, reply, job, error)
                        : append_result_dict(reply, job);
}

/* The userdata of the job's vtable is the job, for its properties. */
#define DEFINE_JOB_METHOD(define, name)                                                      \
        define(name, other_calls, FALSE) static int job_method_##name(                       \
                sd_bus_message *call, void *userdata, sd_bus_error *ret_error)               \
        {                                                                                    \
                const OmgJob *job = userdata;                                                \
                return method_##name(call, omg_jobs_get_userdata(job->registry), ret_error); \
        }

DEFINE_JOB_METHOD(OMG_DEFINE_CHANGE, cancel)
DEFINE_JOB_METHOD(OMG_DEFINE_METHOD, get_result)

/* ---- signals ---- */

static void log_unsent(const char *what, int r)
{
        if (r < 0)
                omg_log_warning("Cannot send %s: %s, ignoring", what, g_strerror(-r));
}

static void on_job_new(OmgJob *job, gpointer userdata)
{
        OmgService *service = userdata;
        char path[OMG_BUS_JOB_PATH_SIZE];
        int r;

        if (!service->bus)
                return;
        omg_bus_job_format_path(job->id, path);
        r = sd_bus_emit_object_added(service->bus, path);
        if (r >= 0)
                r = sd_bus_emit_signal(service->bus, OMG_BUS_PATH, MANAGER, "JobNew", "to", job->id,
                                       path);
        log_unsent("JobNew", r);
}

static void on_job_progress(OmgJob *job, gpointer userdata)
{
        OmgService *service = userdata;
        char path[OMG_BUS_JOB_PATH_SIZE];

        if (!service->bus)
                return;
        omg_bus_job_format_path(job->id, path);
        log_unsent("PropertiesChanged",
                   sd_bus_emit_properties_changed(service->bus, path, INTERFACE, "Stage",
                                                  "Progress", "ProgressValid", NULL));
}

static int emit_completed(sd_bus *bus, const char *path, const OmgJob *job)
{
        sd_bus_message *signal = NULL;
        int r;

        r = sd_bus_message_new_signal(bus, &signal, path, INTERFACE, "Completed");
        if (r >= 0)
                r = append_status(signal, job);
        /* To all who listen, most of whom have not asked: the packages are for GetResult. */
        if (r >= 0)
                r = job->aur ? omg_bus_aur_append_summary(signal, job)
                             : append_result_dict(signal, job);
        if (r >= 0)
                r = sd_bus_message_send(signal);
        sd_bus_message_unref(signal);
        return r;
}

static void on_job_state(OmgJob *job, gpointer userdata)
{
        OmgService *service = userdata;
        char path[OMG_BUS_JOB_PATH_SIZE];
        int r;

        if (!service->bus)
                return;
        omg_bus_job_format_path(job->id, path);
        r = sd_bus_emit_properties_changed(service->bus, path, INTERFACE, "State", "Stage",
                                           "Progress", "ProgressValid", "Cancelable", NULL);
        if (r >= 0 && omg_job_get_status(job) >= 0)
                r = emit_completed(service->bus, path, job);
        log_unsent("PropertiesChanged", r);
}

static void on_job_removed(OmgJob *job, gpointer userdata)
{
        OmgService *service = userdata;
        char path[OMG_BUS_JOB_PATH_SIZE];
        int r;

        if (!service->bus)
                return;
        omg_bus_job_format_path(job->id, path);
        r = sd_bus_emit_signal(service->bus, OMG_BUS_PATH, MANAGER, "JobRemoved", "tosi", job->id,
                               path, job->kind, omg_job_get_status(job));
        if (r >= 0)
                r = sd_bus_emit_object_removed(service->bus, path);
        log_unsent("JobRemoved", r);
}

void omg_bus_job_get_events(OmgService *service, OmgJobEvents *ret_events)
{
        *ret_events = (OmgJobEvents){
                .on_new = on_job_new,
                .on_progress = on_job_progress,
                .on_state = on_job_state,
                .on_removed = on_job_removed,
                .userdata = service,
        };
}

/* ---- time ---- */

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        omg_bus_job_update_timer(userdata);
        return 0;
}

void omg_bus_job_update_timer(OmgService *service)
{
        guint64 next = omg_jobs_tick(service->jobs, omg_clock_now());
        int r;

        if (next == G_MAXUINT64) {
                (void)sd_event_source_set_enabled(service->job_timer, SD_EVENT_OFF);
                return;
        }
        if (service->job_timer) {
                r = sd_event_source_set_time(service->job_timer, next);
                if (r >= 0)
                        r = sd_event_source_set_enabled(service->job_timer, SD_EVENT_ONESHOT);
        } else {
                r = sd_event_add_time(service->event, &service->job_timer, CLOCK_BOOTTIME, next, 0,
                                      on_timer, service);
        }
        if (r < 0)
                omg_log_warning("Cannot set a timer: %s, ignoring", g_strerror(-r));
}

/* ---- the objects ---- */

static const sd_bus_vtable job_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Cancel", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT,
                                job_method_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(
                "GetResult", SD_BUS_NO_ARGS,
                SD_BUS_RESULT("i", status, "s", error, "s", message, "a{sv}", result),
                job_method_get_result, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("Completed",
                                SD_BUS_ARGS("i", status, "s", error, "s", message, "a{sv}", result),
                                0),
        SD_BUS_PROPERTY("Id", "t", NULL, G_STRUCT_OFFSET(OmgJob, id), SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Kind", "s", NULL, G_STRUCT_OFFSET(OmgJob, kind),
                        SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("StartedUSec", "t", NULL, G_STRUCT_OFFSET(OmgJob, started_usec),
                        SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Owner", "s", NULL, G_STRUCT_OFFSET(OmgJob, owner),
                        SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("State", "s", NULL, G_STRUCT_OFFSET(OmgJob, state_name),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Stage", "s", NULL, G_STRUCT_OFFSET(OmgJob, stage),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Progress", "d", NULL, G_STRUCT_OFFSET(OmgJob, progress),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ProgressValid", "b", NULL, G_STRUCT_OFFSET(OmgJob, progress_valid),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Cancelable", "b", NULL, G_STRUCT_OFFSET(OmgJob, cancelable),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

static int on_find(sd_bus *bus, const char *path, const char *interface, void *userdata,
                   void **ret_found, sd_bus_error *ret_error)
{
        OmgJob *job = find_job(userdata, path);

        if (!job)
                return 0;
        *ret_found = job;
        return 1;
}

static int on_enumerate(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes,
                        sd_bus_error *ret_error)
{
        const OmgService *service = userdata;
        const GPtrArray *jobs = omg_jobs_get_all(service->jobs);
        char path[OMG_BUS_JOB_PATH_SIZE];
        char **nodes = g_new0(char *, jobs->len + 1); /* sd-bus frees it: g_malloc is malloc */

        for (guint i = 0; i < jobs->len; i++) {
                const OmgJob *job = jobs->pdata[i];
                omg_bus_job_format_path(job->id, path);
                nodes[i] = g_strdup(path);
        }
        *ret_nodes = nodes;
        return 0;
}

int omg_bus_job_add(sd_bus *bus, OmgService *service)
{
        int r;

        r = sd_bus_add_fallback_vtable(bus, NULL, OMG_BUS_JOB_PATH, INTERFACE, job_vtable, on_find,
                                       service);
        return r < 0 ? r
                     : sd_bus_add_node_enumerator(bus, NULL, OMG_BUS_JOB_PATH, on_enumerate,
                                                  service);
}
