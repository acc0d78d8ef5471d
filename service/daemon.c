/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "config.h"
#include "faces/bus.h"
#include "faces/service.h"
#include "faces/socket-server.h"
#include "instance.h"
#include "loop/listener.h"
#include "loop/log-ids.h"
#include "loop/log.h"
#include "loop/pool.h"
#include "loop/refresh.h"
#include "loop/status-file.h"
#include "loop/worker.h"
#include "settings.h"

/* The promise is an end within 5 s of the signal, whatever hangs. */
#define END_SEC 4u
/* One killed is on the bus until a helper that it was just forking closes its connection. */
#define TAKEN_USEC         (1 * (guint64)G_USEC_PER_SEC)
#define FLUSH_TIMEOUT_USEC (1 * (guint64)G_USEC_PER_SEC)

typedef struct {
        const OmgPaths *paths;
        OmgDetach *detach; /* until the start is reported */
        gboolean reported;
        gboolean ending;
        OmgExit exit_code;
        int lock_fd;
        guint64 locked_usec; /* since when */
        sd_event *event;
        OmgWorker *worker;
        OmgPool *pool;
        OmgRefresh *refresh;
        OmgStatusFile *status_file;
        OmgSettings *settings;
        OmgService *service;
        OmgBus *bus;
        OmgListener *listener; /* NULL: there is no socket, and */
        char *socket_error;    /* why */
        OmgSocketServer *server;
        char *errors; /* of the last refresh, as logged */
} Daemon;

/* ---- the start, told to whoever waits for it ---- */

static void report(Daemon *self, OmgExit code, const char *message)
{
        OmgDetach *detach = g_steal_pointer(&self->detach);
        int r;

        if (self->reported)
                return;
        self->reported = TRUE;
        if (!detach)
                return;
        r = omg_detach_report(detach, code, message);
        omg_log_use_journal();
        if (r < 0)
                omg_log_warning("Cannot leave the terminal: %s, ignoring", g_strerror(-r));
}

/* It runs. What is logged earlier goes to the terminal of whoever started it. */
static void report_start(Daemon *self, OmgExit code, const char *message)
{
        const gboolean is_first = !self->reported;

        report(self, code, message);
        if (!is_first)
                return;
        if (self->server)
                omg_log(LOG_INFO, OMG_LOG_ID_STARTED, "omgd %s listens at %s", OMG_VERSION,
                        omg_listener_get_path(self->listener));
        else
                omg_log_warning("%s; serving D-Bus alone", self->socket_error);
}

static void fail(Daemon *self, OmgExit code, const char *message)
{
        self->exit_code = code;
        /* The parent says it on its standard error; else we do. */
        if (!self->detach)
                omg_log_err("%s", message);
        report(self, code, message);
        (void)sd_notifyf(0, "STATUS=%s", message);
        if (self->event)
                (void)sd_event_exit(self->event, (int)code);
}

/* ---- refreshes ---- */

static void request_refresh(guint64 id, OmgRefreshWhat what, gboolean force, gpointer userdata)
{
        Daemon *self = userdata;
        omg_refresh_request(self->refresh, id, what, force);
}

static void cancel_refresh(guint64 id, gpointer userdata)
{
        Daemon *self = userdata;
        omg_refresh_cancel(self->refresh, id);
}

static void on_progress(guint64 id, const char *stage, double progress, gpointer userdata)
{
        Daemon *self = userdata;
        omg_service_progress(self->service, id, stage, progress);
}

static char *join_errors(const GPtrArray *errors)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < errors->len; i++) {
                const OmgSourceError *error = errors->pdata[i];
                g_string_append_printf(text, "%s%s: %s", i > 0 ? "; " : "", error->source,
                                       error->message);
        }
        return g_string_free(text, FALSE);
}

static const char *describe_failure(const OmgSnapshot *snapshot)
{
        if (!snapshot->sync && !snapshot->local)
                return "Nothing could be read";
        return snapshot->stale ? "Not everything could be read, keeping what was read before"
                               : "Not everything could be read";
}

/* A failing source fails at every look: it is said once, and so is its recovery. */
static void log_errors(Daemon *self, const OmgSnapshot *snapshot)
{
        g_autofree char *errors = join_errors(snapshot->errors);
        const char *before = self->errors ?: "";

        if (g_str_equal(before, errors))
                return;
        if (errors[0] != '\0')
                omg_log(LOG_WARNING, OMG_LOG_ID_REFRESH_FAILED, "%s: %s",
                        describe_failure(snapshot), errors);
        else
                omg_log_notice("Everything can be read again");
        g_free(self->errors);
        self->errors = g_steal_pointer(&errors);
}

/* A prompt shows all of them or nothing. */
static void set_status_file(Daemon *self)
{
        const OmgStatus *status = &self->service->status;
        const OmgStatusCounts counts = {
                .total = status->total_packages,
                .explicit = status->explicit_packages,
                .orphans = status->orphan_packages,
                .updates = status->updates_available,
        };

        omg_status_file_set(self->status_file, omg_status_has_counts(status) ? &counts : NULL);
}

static void on_done(const OmgRefreshOutcome *outcome, gpointer userdata)
{
        Daemon *self = userdata;

        if (outcome->snapshot)
                log_errors(self, outcome->snapshot);
        omg_service_apply(self->service, outcome);
        if (self->server)
                omg_socket_server_wake(self->server);
        set_status_file(self);
}

/* ---- the bus ---- */

static int on_connected(sd_bus *bus, gpointer userdata)
{
        Daemon *self = userdata;
        return omg_service_attach(self->service, bus);
}

static void on_owned(gpointer userdata)
{
        Daemon *self = userdata;

        if (self->server) {
                report_start(self, OMG_EXIT_OK, NULL);
                (void)sd_notifyf(0, "READY=1\nSTATUS=Serving on the session bus and at %s",
                                 omg_listener_get_path(self->listener));
        } else {
                g_autofree char *message =
                        g_strdup_printf("running, but without socket: %s", self->socket_error);

                report_start(self, OMG_EXIT_PARTLY, message);
                (void)sd_notifyf(0, "READY=1\nSTATUS=Serving on the session bus alone: %s",
                                 self->socket_error);
        }
        omg_log(LOG_INFO, OMG_LOG_ID_STARTED, "omgd %s owns %s", OMG_VERSION, OMG_BUS_NAME);
}

static gboolean on_taken(gpointer userdata)
{
        Daemon *self = userdata;

        omg_service_detach(self->service);
        if (self->reported || omg_clock_now() - self->locked_usec < TAKEN_USEC)
                return TRUE;
        fail(self, OMG_EXIT_ALREADY_RUNNING,
             "omgd is already running (another process owns " OMG_BUS_NAME " on the session bus)");
        return FALSE;
}

/* Ready without a bus too: omgd runs and goes on trying, there is nothing more to wait for. */
static void on_lost(const char *reason, gpointer userdata)
{
        Daemon *self = userdata;
        g_autofree char *message = g_strdup_printf(
                "running, but %s; trying again%s%s", reason,
                self->socket_error ? "; and without socket: " : "", self->socket_error ?: "");

        omg_service_detach(self->service);
        report_start(self, OMG_EXIT_PARTLY, message);
        if (self->server)
                (void)sd_notifyf(0, "READY=1\nSTATUS=Serving at %s; trying again: %s",
                                 omg_listener_get_path(self->listener), reason);
        else
                (void)sd_notifyf(0, "READY=1\nSTATUS=Trying again: %s", reason);
}

/* ---- the socket ---- */

/* Before there are threads. FALSE: omgd is not to run. A path that nobody asked for and that cannot
 * be served costs the socket, not the service. */
static gboolean find_socket(Daemon *self, gboolean is_required, GError **error)
{
        g_autoptr(GError) reason = NULL;

        self->listener = omg_listener_new_inherited();
        if (!self->listener)
                self->listener = omg_listener_new(self->paths->socket, &reason);
        if (self->listener)
                return TRUE;
        if (is_required || g_error_matches(reason, OMG_ERROR, OMG_ERROR_BUSY)) {
                g_propagate_error(error, g_steal_pointer(&reason));
                return FALSE;
        }
        self->socket_error = g_strdup(reason->message);
        return TRUE;
}

static gboolean serve_socket(Daemon *self, const OmgConf *conf, GError **error)
{
        OmgSocketLimits limits = omg_socket_limits_default;

        if (!self->listener)
                return TRUE;
        limits.rate = conf->rate;
        limits.burst = conf->burst;
        self->server = omg_socket_server_new(self->service, omg_listener_steal_fd(self->listener),
                                             &limits, error);
        return self->server != NULL;
}

/* The file first: whoever still finds it is answered. */
static void close_socket(Daemon *self)
{
        g_clear_pointer(&self->listener, omg_listener_free);
        if (self->server)
                omg_socket_server_close(self->server);
}

/* ---- signals ---- */

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        Daemon *self = userdata;

        omg_log(LOG_INFO, OMG_LOG_ID_STOPPED, "omgd ends after signal %u", info->ssi_signo);
        (void)sd_notify(0, "STOPPING=1");
        return sd_event_exit(self->event, OMG_EXIT_OK);
}

static void on_settings(const OmgConf *conf, gpointer userdata)
{
        Daemon *self = userdata;

        if (self->server)
                omg_socket_server_set_rate(self->server, conf->rate, conf->burst);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        Daemon *self = userdata;

        omg_settings_reload(self->settings, self->worker, on_settings, self);
        omg_refresh_request(self->refresh, 0, OMG_REFRESH_ALL, FALSE);
        return 0;
}

/* Before any thread starts: they inherit the mask. */
static void prepare_signals(void)
{
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGHUP);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        /* Standard error may be a pipe that nobody reads any more. */
        (void)signal(SIGPIPE, SIG_IGN);
        /* Whoever started us may have ignored it; helpers are waited for. */
        (void)signal(SIGCHLD, SIG_DFL);
}

/* A signal handler reaches nothing else. */
static volatile sig_atomic_t late_code;

static void on_late(int signo)
{
        _exit(late_code);
}

/* Nothing of value is lost when the end is cut short: index files are written whole or not at all.
 */
static void limit_end(OmgExit code)
{
        late_code = (sig_atomic_t)code;
        (void)signal(SIGALRM, on_late);
        (void)alarm(END_SEC);
}

/* ---- life ---- */

/* The order of the end: refuse, the socket, stop the work, then the bus, which may take a while. */
static void wind_down(Daemon *self)
{
        if (self->ending)
                return;
        self->ending = TRUE;
        limit_end(self->exit_code);
        if (self->service)
                omg_service_close(self->service);
        close_socket(self);
        if (self->pool)
                omg_pool_stop(self->pool);
        /* On the worker, which the refresh's end stops. */
        g_clear_pointer(&self->status_file, omg_status_file_free);
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

static int set_up_event(Daemon *self)
{
        sd_event_source *source = NULL;
        int r;

        if ((r = sd_event_default(&self->event)) < 0 ||
            (r = sd_event_add_signal(self->event, NULL, SIGTERM, on_end, self)) < 0 ||
            (r = sd_event_add_signal(self->event, NULL, SIGINT, on_end, self)) < 0 ||
            (r = sd_event_add_signal(self->event, NULL, SIGHUP, on_hangup, self)) < 0 ||
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
static gboolean set_up_parts(Daemon *self, GError **error)
{
        OmgConf conf;

        self->worker = omg_worker_new(self->event, error);
        if (!self->worker)
                return FALSE;
        self->pool = omg_pool_new(self->worker);
        self->service = omg_service_new(self->event, self->pool,
                                        &(OmgServiceActions){.refresh = request_refresh,
                                                             .cancel = cancel_refresh,
                                                             .userdata = self},
                                        get_boot_usec());
        self->refresh = omg_refresh_new(self->worker, self->paths,
                                        &(OmgRefreshEvents){.on_progress = on_progress,
                                                            .on_done = on_done,
                                                            .userdata = self});
        self->bus = omg_bus_new(self->event, &(OmgBusEvents){.on_connected = on_connected,
                                                             .on_owned = on_owned,
                                                             .on_taken = on_taken,
                                                             .on_lost = on_lost,
                                                             .userdata = self});
        self->status_file = omg_status_file_new(self->worker, self->paths, OMG_STATUS_FILE_MSEC);
        self->settings = omg_settings_new(self->paths->config_dir, &conf);
        return serve_socket(self, &conf, error);
}

static gboolean set_up(Daemon *self, gboolean needs_socket, GError **error)
{
        int r;

        self->lock_fd = omg_instance_lock(self->paths->data_dir, error);
        if (self->lock_fd < 0)
                return FALSE;
        self->locked_usec = omg_clock_now();
        if (!find_socket(self, needs_socket, error))
                return FALSE;
        r = set_up_event(self);
        if (r < 0) {
                omg_error_set_errno(error, -r, "event loop");
                return FALSE;
        }
        return set_up_parts(self, error);
}

static void take_down(Daemon *self)
{
        wind_down(self);
        omg_socket_server_free(self->server);
        omg_settings_free(self->settings);
        omg_service_free(self->service);
        omg_pool_free(self->pool);
        omg_bus_free(self->bus);
        sd_event_unref(self->event);
        g_free(self->errors);
        g_free(self->socket_error);
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
        Daemon daemon = {.paths = paths, .detach = detach, .lock_fd = -1};
        g_autoptr(GError) error = NULL;

        prepare_signals();
        if (set_up(&daemon, needs_socket, &error)) {
                /* The worker reads while the bus answers; whichever is first. */
                omg_refresh_request(daemon.refresh, 0, OMG_REFRESH_ALL, FALSE);
                omg_bus_start(daemon.bus);
                int r = sd_event_loop(daemon.event);
                if (r < 0)
                        fail(&daemon, OMG_EXIT_FAILURE, g_strerror(-r));
        } else {
                fail(&daemon, get_exit_code(error), error->message);
        }
        take_down(&daemon);
        report(&daemon, OMG_EXIT_FAILURE, "ended by a signal before it was ready");
        return daemon.exit_code;
}
