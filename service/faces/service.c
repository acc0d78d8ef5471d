/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/service.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/limits.h"
#include "config.h"
#include "faces/bus-call.h"
#include "faces/bus-interfaces.h"
#include "faces/service-background.h"
#include "loop/log.h"

static void on_inhibited(gpointer userdata)
{
        OmgService *self = userdata;
        int r = self->bus ? omg_bus_manager_emit_inhibited(self->bus) : 0;

        if (self->actions.set_inhibited)
                self->actions.set_inhibited(omg_inhibitors_get(self->inhibitors),
                                            self->actions.userdata);
        if (r < 0)
                omg_log_warning("Cannot send a signal: %s, ignoring", g_strerror(-r));
}

static void look_after_nudge(gpointer userdata)
{
        OmgService *self = userdata;

        if (!self->closing)
                self->actions.refresh(0, OMG_REFRESH_ALL, FALSE, self->actions.userdata);
}

OmgService *omg_service_new(sd_event *event, OmgPool *pool, const OmgServiceActions *actions,
                            guint64 boot_usec)
{
        OmgService *self = g_new0(OmgService, 1);
        OmgJobEvents job_events;

        self->version = OMG_VERSION;
        self->api_version = 1;
        self->network_state = omg_network_state_get_name(OMG_NETWORK_STATE_UNKNOWN);
        self->boot_usec = boot_usec;
        self->event = sd_event_ref(event);
        self->pool = pool;
        self->actions = *actions;
        self->search = omg_search_new();
        self->calls = omg_calls_new(self);
        omg_bus_job_get_events(self, &job_events);
        self->jobs = omg_jobs_new(&job_events);
        self->replies = omg_cache_new(OMG_LIMIT_CACHE_ENTRIES, OMG_LIMIT_CACHE_BYTES,
                                      OMG_LIMIT_CACHE_SEC * (guint64)G_USEC_PER_SEC);
        self->inhibitors = omg_inhibitors_new(event, on_inhibited, self);
        self->nudge = omg_nudge_new(event, look_after_nudge, self);
        omg_service_compute_status(self);
        return self;
}

void omg_service_free(OmgService *self)
{
        if (!self)
                return;
        omg_service_detach(self);
        omg_calls_free(self->calls);
        omg_jobs_free(self->jobs);
        omg_search_free(self->search);
        omg_cache_free(self->replies);
        omg_inhibitors_free(self->inhibitors);
        omg_nudge_free(self->nudge);
        g_clear_pointer(&self->snapshot, omg_snapshot_unref);
        g_clear_pointer(&self->runtimes.list, omg_runtime_list_unref);
        g_free(self->stored);
        sd_event_source_disable_unref(self->job_timer);
        sd_event_source_disable_unref(self->audit.timer);
        sd_event_unref(self->event);
        g_free(self);
}

int omg_service_attach(OmgService *self, sd_bus *bus)
{
        int r;

        if ((r = sd_bus_add_object_manager(bus, NULL, OMG_BUS_PATH)) < 0 ||
            (r = omg_bus_manager_add(bus, self)) < 0 || (r = omg_bus_packages_add(bus, self)) < 0 ||
            (r = omg_bus_audit_add(bus, self)) < 0 || (r = omg_bus_status_add(bus, self)) < 0 ||
            (r = omg_bus_job_add(bus, self)) < 0 ||
            (r = self->runtimes.paths ? omg_bus_runtimes_add(bus, self) : 0) < 0)
                return r;
        self->bus = bus;
        return 0;
}

void omg_service_detach(OmgService *self)
{
        /* First: the connection may be freed already. */
        self->bus = NULL;
        omg_calls_drop(self->calls);
}

gboolean omg_service_is_fresh(const OmgService *self, guint32 max_age_sec)
{
        return self->looked_at > 0 &&
               omg_clock_now() - self->looked_at <= max_age_sec * (guint64)G_USEC_PER_SEC;
}

void omg_service_ask_for_repair(OmgService *self)
{
        if (self->damage_told)
                return;
        self->damage_told = TRUE;
        omg_log_warning("An index file turned out damaged while it was in use; it is made anew");
        self->actions.refresh(0, OMG_REFRESH_ALL, FALSE, self->actions.userdata);
}

void omg_service_close(OmgService *self)
{
        g_autoptr(GError) error =
                g_error_new_literal(OMG_ERROR, OMG_ERROR_UNAVAILABLE, OMG_SERVICE_ENDING_TEXT);

        self->closing = TRUE;
        omg_calls_refuse(self->calls, error);
}

void omg_service_progress(OmgService *self, guint64 id, const char *stage, double progress)
{
        omg_jobs_set_progress(self->jobs, id, stage, progress, omg_clock_now());
        omg_bus_job_update_timer(self);
}

static gboolean is_cancelled(const OmgRefreshOutcome *outcome)
{
        return g_error_matches(outcome->error, OMG_ERROR, OMG_ERROR_CANCELLED);
}

static void count_refresh(OmgMetrics *metrics, const OmgRefreshOutcome *outcome)
{
        metrics->refreshes_total++;
        metrics->refreshes_failed += outcome->error && !is_cancelled(outcome);
        metrics->rebuilds_sync += outcome->rebuilt_sync;
        metrics->rebuilds_local += outcome->rebuilt_local;
        metrics->rebuilds_files += outcome->rebuilt_files;
        metrics->rebuilds_advisories += outcome->rebuilt_advisories;
        metrics->rebuilds_aur += outcome->rebuilt_aur;
        metrics->aur_fetches += outcome->aur.is_sent;
        metrics->aur_failures += outcome->aur.is_sent && outcome->aur.error;
        metrics->index_rejected += outcome->rejected;
}

/* @old: the snapshot before, NULL at the first load. */
static void emit_changes(OmgService *self, const OmgRefreshOutcome *outcome, const OmgSnapshot *old,
                         const OmgStatus *before)
{
        int r;

        if (!self->bus)
                return;
        r = omg_bus_status_emit(self->bus, self, before);
        if (r >= 0 && old && outcome->changes)
                r = omg_bus_packages_emit(self->bus, self, outcome->changes);
        if (r >= 0 && outcome->changes)
                r = omg_bus_packages_emit_maintainers(self->bus, self->snapshot->generation,
                                                      outcome->changes->maintainers);
        if (r >= 0)
                r = omg_bus_audit_emit(self->bus, self, old, outcome->changes);
        if (r < 0)
                omg_log_warning("Cannot send signals: %s, ignoring", g_strerror(-r));
}

static void swap_snapshot(OmgService *self, const OmgRefreshOutcome *outcome)
{
        OmgSnapshot *old = self->snapshot;
        OmgStatus before = self->status;

        self->snapshot = omg_snapshot_ref(outcome->snapshot);
        self->damage_told = FALSE;
        omg_service_compute_status(self);
        if (self->snapshot->errors->len == self->snapshot->n_mirror_errors)
                self->looked_at = outcome->begun_usec;
        emit_changes(self, outcome, old, &before);
        omg_snapshot_unref(old);
}

void omg_service_set_runtimes(OmgService *self, OmgRuntimeList *list)
{
        OmgRuntimeList *old = self->runtimes.list;
        int r = 0;

        self->runtimes.list = list;
        if (self->bus && self->runtimes.paths && !omg_runtime_list_has_same_active(old, list))
                r = omg_bus_runtimes_emit(self->bus);
        if (r < 0)
                omg_log_warning("Cannot send signals: %s, ignoring", g_strerror(-r));
        omg_runtime_list_unref(old);
}

/* A caller may have joined a job that, unknown to main, had begun: it looked too early for that
 * caller. */
static gboolean run_again(OmgService *self, const OmgRefreshOutcome *outcome)
{
        OmgJob *job = omg_jobs_get(self->jobs, outcome->id);

        if (!job || job->joined_at <= outcome->begun_usec || outcome->error)
                return FALSE;
        self->actions.refresh(job->id, job->what, job->force, self->actions.userdata);
        return TRUE;
}

void omg_service_apply(OmgService *self, const OmgRefreshOutcome *outcome)
{
        count_refresh(&self->metrics, outcome);
        if (outcome->snapshot)
                swap_snapshot(self, outcome);

        /* After the signals: whoever waits for the job finds everything in place. */
        if (!run_again(self, outcome))
                omg_jobs_end(self->jobs, outcome->id, outcome->error,
                             outcome->changes && outcome->changes->any,
                             self->snapshot ? self->snapshot->generation : 0,
                             outcome->snapshot ? outcome->snapshot->errors : NULL, omg_clock_now());
        omg_bus_job_update_timer(self);
        /* One that was cancelled has looked at nothing. */
        if (self->snapshot)
                omg_calls_wake(self->calls, outcome->snapshot ? outcome->begun_usec : 0,
                               outcome->what);
}
