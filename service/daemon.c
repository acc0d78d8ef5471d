/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon.h"

#include <stdbool.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "daemon-private.h"
#include "instance.h"

#define FLUSH_TIMEOUT_USEC (1 * (guint64)G_USEC_PER_SEC)

/* The order of the end: refuse, the socket, stop the work, then the bus, which may take a while. */
static void wind_down(OmgDaemon *self)
{
        if (self->ending)
                return;
        self->ending = TRUE;
        omg_daemon_limit_end(self->exit_code);
        if (self->service)
                omg_service_close(self->service);
        omg_daemon_close_socket(self);
        if (self->pool)
                omg_pool_stop(self->pool);
        g_clear_pointer(&self->network_manager, omg_network_manager_free);
        /* On the worker, which the refresh's end stops. */
        g_clear_pointer(&self->background, omg_background_free);
        omg_daemon_runtimes_stop(self->runtimes);
        if (self->service)
                self->service->audit.policy = NULL;
        g_clear_pointer(&self->policy, omg_daemon_policy_free);
        g_clear_pointer(&self->status_file, omg_status_file_free);
        omg_daemon_close_audit_log(self);
        g_clear_pointer(&self->refresh, omg_refresh_free);
        g_clear_pointer(&self->worker, omg_worker_free);
        if (self->bus)
                omg_bus_close(self->bus, FLUSH_TIMEOUT_USEC);
        if (self->service)
                omg_service_detach(self->service);
}

/* Before sd-bus, which closes a connection in an exit source of its own, and may wait for long
 * there. */
static int on_loop_exit(sd_event_source *source, void *userdata)
{
        wind_down(userdata);
        return 0;
}

static int set_up_event(OmgDaemon *self)
{
        sd_event_source *source = NULL;
        int r;

        if ((r = sd_event_default(&self->event)) < 0 || (r = omg_daemon_add_signals(self)) < 0 ||
            (r = sd_event_add_exit(self->event, &source, on_loop_exit, self)) < 0)
                return r;
        r = sd_event_source_set_priority(source, SD_EVENT_PRIORITY_IMPORTANT);
        if (r >= 0)
                r = sd_event_source_set_floating(source, true);
        sd_event_source_unref(source);
        return r < 0 ? r : sd_event_set_watchdog(self->event, true);
}

static guint64 get_boot_usec(void)
{
        return (guint64)g_get_real_time() - omg_clock_now();
}

/* What needs the event loop. */
static gboolean set_up_parts(OmgDaemon *self, GError **error)
{
        OmgServiceActions actions;
        OmgRefreshEvents refresh_events;
        OmgBusEvents bus_events;
        OmgConf conf;

        self->worker = omg_worker_new(self->event, error);
        if (!self->worker)
                return FALSE;
        self->pool = omg_pool_new(self->worker);
        omg_daemon_get_service_actions(self, &actions);
        self->service = omg_service_new(self->event, self->pool, &actions, get_boot_usec());
        self->service->is_system = self->paths->is_system;
        omg_daemon_get_refresh_events(self, &refresh_events);
        self->refresh = omg_refresh_new(self->worker, self->paths, &refresh_events);
        omg_daemon_open_audit_log(self);
        if (!self->paths->is_system)
                self->runtimes = omg_daemon_runtimes_new(self->worker, self->refresh, self->service,
                                                         self->paths->data_dir);
        omg_daemon_get_bus_events(self, &bus_events);
        self->bus = omg_bus_new(self->event, self->paths->is_system, &bus_events);
        if (self->paths->status_file)
                self->status_file =
                        omg_status_file_new(self->worker, self->paths, OMG_STATUS_FILE_MSEC);
        self->settings = omg_settings_new(self->paths->config_dir, &conf);
        self->policy = omg_daemon_policy_new(self->worker, self->refresh, self->paths,
                                             &self->service->audit);
        self->service->audit.policy = omg_daemon_policy_get_watch(self->policy);
        self->conf = conf;
        omg_daemon_start_background(self, &conf);
        self->idle = omg_daemon_idle_new(self);
        if (!omg_daemon_serve_socket(self, &conf, error))
                return FALSE;
        omg_daemon_apply_settings(self, &conf);
        return TRUE;
}

static gboolean set_up(OmgDaemon *self, gboolean needs_socket, GError **error)
{
        int r;

        self->lock_fd = omg_instance_lock(self->paths->data_dir, error);
        if (self->lock_fd < 0)
                return FALSE;
        self->locked_usec = omg_clock_now();
        if (!omg_daemon_find_socket(self, needs_socket, error))
                return FALSE;
        omg_daemon_give_up_network(self);
        r = set_up_event(self);
        if (r < 0) {
                omg_error_set_errno(error, -r, "event loop");
                return FALSE;
        }
        return set_up_parts(self, error);
}

static void take_down(OmgDaemon *self)
{
        wind_down(self);
        omg_socket_server_free(self->server);
        omg_settings_free(self->settings);
        omg_daemon_runtimes_free(self->runtimes);
        omg_service_free(self->service);
        omg_pool_free(self->pool);
        omg_idle_free(self->idle);
        omg_bus_free(self->bus);
        omg_launcher_free(self->launcher);
        sd_event_unref(self->event);
        g_free(self->errors);
        g_free(self->status);
        g_free(self->socket_error);
        g_free(self->end_reason);
        g_free(self->end_actor);
        g_free(self->reload_actor);
        if (self->lock_fd >= 0)
                (void)close(self->lock_fd);
        (void)alarm(0);
}

static OmgExit get_exit_code(const GError *error)
{
        return error->code == OMG_ERROR_BUSY ? OMG_EXIT_ALREADY_RUNNING : OMG_EXIT_FAILURE;
}

OmgExit omg_daemon_run(const OmgPaths *paths, gboolean needs_socket, OmgDetach *detach)
{
        OmgDaemon daemon = {.paths = paths, .detach = detach, .lock_fd = -1};
        g_autoptr(GError) error = NULL;

        omg_daemon_prepare_signals();
        if (set_up(&daemon, needs_socket, &error)) {
                /* The worker reads while the bus answers; whichever is first. */
                omg_refresh_request(daemon.refresh, 0, OMG_REFRESH_ALL, FALSE);
                omg_bus_start(daemon.bus);
                int r = daemon.server ? omg_socket_server_loop(daemon.server)
                                      : sd_event_loop(daemon.event);
                if (r < 0)
                        omg_daemon_fail(&daemon, OMG_EXIT_FAILURE, g_strerror(-r));
        } else {
                omg_daemon_fail(&daemon, get_exit_code(error), error->message);
        }
        take_down(&daemon);
        omg_daemon_report(&daemon, OMG_EXIT_FAILURE, "ended by a signal before it was ready");
        return daemon.exit_code;
}
