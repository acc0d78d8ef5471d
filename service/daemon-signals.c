/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIGTERM, SIGINT, SIGHUP, and the end that takes too long. */
#include <signal.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon-private.h"
#include "instance.h"
#include "loop/log-ids.h"
#include "loop/log.h"

/* The promise is an end within 5 s of the signal, whatever hangs. */
#define END_SEC 4u

/* A signal of the kernel's, such as that of a terminal's keys, is nobody's. */
static char *dup_sender(const struct signalfd_siginfo *info)
{
        return info->ssi_code <= 0 ? g_strdup_printf("uid %u", info->ssi_uid) : NULL;
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        OmgDaemon *self = userdata;

        omg_instance_mark_ending(self->lock_fd);
        omg_log(LOG_INFO, OMG_LOG_ID_STOPPED, "omgd ends after signal %u", info->ssi_signo);
        (void)sd_notify(0, "STOPPING=1\nSTATUS=Ending");
        g_free(self->end_reason);
        g_free(self->end_actor);
        self->end_reason = g_strdup(info->ssi_signo == SIGINT ? "SIGINT" : "SIGTERM");
        self->end_actor = dup_sender(info);
        return sd_event_exit(self->event, OMG_EXIT_OK);
}

/* Both the settings and what is on the machine are read by then. */
static void end_reload(OmgDaemon *self)
{
        self->reload_usec = 0;
        omg_log(LOG_INFO, OMG_LOG_ID_RELOADED, "The configuration was read again");
        if (self->ready)
                (void)sd_notifyf(0, "READY=1\nSTATUS=%s", self->status);
}

void omg_daemon_apply_settings(OmgDaemon *self, const OmgConf *conf)
{
        if (self->server)
                omg_socket_server_set_rate(self->server, conf->rate, conf->burst);
        omg_service_set_search_aur(self->service, conf->aur_socket_search);
        omg_idle_set_timeout(self->idle, conf->idle_exit_sec);
}

static void on_settings(const OmgConf *conf, gpointer userdata)
{
        OmgDaemon *self = userdata;

        omg_daemon_log_settings(self, &self->conf, conf);
        self->conf = *conf;
        omg_daemon_apply_settings(self, conf);
        omg_daemon_set_background(self, conf);
        self->settings_read = TRUE;
}

/* The settings were asked for first, on the same thread as what refreshes. */
void omg_daemon_take_reload(OmgDaemon *self, guint64 begun_usec)
{
        if (self->reload_usec != 0 && self->settings_read && begun_usec >= self->reload_usec)
                end_reload(self);
}

/* systemd from 253 on takes the end of a reload from us (Type=notify-reload) and wants the time in
 * it, of CLOCK_MONOTONIC (sd_notify(3)); older ones show the state alone. */
static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        OmgDaemon *self = userdata;

        self->reload_usec = omg_clock_now();
        self->settings_read = FALSE;
        g_free(self->reload_actor);
        self->reload_actor = dup_sender(info);
        if (self->ready)
                (void)sd_notifyf(0,
                                 "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT
                                 "\nSTATUS=Reading the configuration again",
                                 g_get_monotonic_time());
        omg_daemon_policy_reload(self->policy);
        omg_settings_reload(self->settings, self->worker, on_settings, self);
        omg_refresh_request(self->refresh, 0, OMG_REFRESH_ALL, FALSE);
        return 0;
}

void omg_daemon_prepare_signals(void)
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

int omg_daemon_add_signals(OmgDaemon *self)
{
        int r;

        if ((r = sd_event_add_signal(self->event, NULL, SIGTERM, on_end, self)) < 0 ||
            (r = sd_event_add_signal(self->event, NULL, SIGINT, on_end, self)) < 0)
                return r;
        return sd_event_add_signal(self->event, NULL, SIGHUP, on_hangup, self);
}

/* A signal handler reaches nothing else. */
static volatile sig_atomic_t late_code;

static void on_late(int signo)
{
        _exit(late_code);
}

void omg_daemon_limit_end(OmgExit code)
{
        late_code = (sig_atomic_t)code;
        (void)signal(SIGALRM, on_late);
        (void)alarm(END_SEC);
}
