/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end when nobody uses it: decided once, then as after SIGTERM, but without refusing anybody:
 * the name is given up first, so that the next call starts a new omgd, and what came until then is
 * answered. */
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "base/clock.h"
#include "daemon-private.h"
#include "instance.h"
#include "loop/log-ids.h"
#include "loop/log.h"

#define LOOK_USEC (20 * (guint64)1000)
/* For calls that came at the last moment, and for a bus that does not answer. */
#define DRAIN_USEC (3 * (guint64)G_USEC_PER_SEC)

static gboolean has_work(const OmgDaemon *self)
{
        const OmgService *service = self->service;

        return omg_jobs_count_unfinished(service->jobs) > 0 || service->metrics.calls_waiting > 0 ||
               service->metrics.connections > 0;
}

static gboolean is_busy(gpointer userdata)
{
        const OmgDaemon *self = userdata;

        /* Without a snapshot the first load is under way. */
        return !self->service->snapshot || self->reload_usec != 0 || has_work(self) ||
               (omg_inhibitors_get(self->service->inhibitors) & OMG_INHIBIT_IDLE_EXIT) ||
               (self->server && omg_socket_server_has_waiting(self->server));
}

static guint64 get_uses(gpointer userdata)
{
        const OmgDaemon *self = userdata;
        return self->service->metrics.calls_total;
}

/* ---- the end ---- */

static int on_drain(sd_event_source *source, uint64_t usec, void *userdata)
{
        OmgDaemon *self = userdata;

        if (self->released && !has_work(self))
                return sd_event_exit(self->event, OMG_EXIT_OK);
        if (omg_clock_now() >= self->drain_until)
                return sd_event_exit(self->event, OMG_EXIT_OK);
        (void)sd_event_source_set_time_relative(source, LOOK_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void on_released(gpointer userdata)
{
        OmgDaemon *self = userdata;
        self->released = TRUE;
}

static void on_idle(gpointer userdata)
{
        OmgDaemon *self = userdata;
        int r;

        if (self->drain_until != 0)
                return;
        omg_idle_set_timeout(self->idle, 0);
        omg_log(LOG_INFO, OMG_LOG_ID_STOPPED, "omgd ends: nobody uses it");
        /* Before the name goes: a service manager that is asked for omgd starts another one once
         * this has ended, and an omgd that the bus starts waits for that too. */
        omg_instance_mark_ending(self->lock_fd);
        (void)sd_notify(0, "STOPPING=1\nSTATUS=Ending: nobody uses it");
        g_free(self->end_reason);
        self->end_reason = g_strdup("nobody uses it");
        self->drain_until = omg_clock_now() + DRAIN_USEC;
        self->released = !omg_bus_release(self->bus, on_released);
        r = sd_event_add_time_relative(self->event, NULL, CLOCK_BOOTTIME, 0, LOOK_USEC, on_drain,
                                       self);
        if (r < 0)
                (void)sd_event_exit(self->event, OMG_EXIT_OK);
}

OmgIdle *omg_daemon_idle_new(OmgDaemon *self)
{
        return omg_idle_new(self->event, &(OmgIdleEvents){.is_busy = is_busy,
                                                          .get_uses = get_uses,
                                                          .on_idle = on_idle,
                                                          .userdata = self});
}
