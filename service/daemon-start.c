/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The start, told to whoever waits for it. */
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "config.h"
#include "daemon-private.h"
#include "loop/log-ids.h"
#include "loop/log.h"

void omg_daemon_report(OmgDaemon *self, OmgExit code, const char *message)
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

void omg_daemon_report_start(OmgDaemon *self, OmgExit code, const char *message)
{
        const gboolean is_first = !self->reported;

        omg_daemon_report(self, code, message);
        if (!is_first)
                return;
        if (self->server)
                omg_log(LOG_INFO, OMG_LOG_ID_STARTED, "omgd %s listens at %s", OMG_VERSION,
                        omg_listener_get_path(self->listener));
        else if (!self->paths->is_system)
                omg_log_warning("%s; serving D-Bus alone", self->socket_error);
}

void omg_daemon_fail(OmgDaemon *self, OmgExit code, const char *message)
{
        self->exit_code = code;
        g_free(self->end_reason);
        self->end_reason = g_strdup(message);
        /* The parent says it on its standard error; else we do. */
        if (!self->detach)
                omg_log_err("%s", message);
        omg_daemon_report(self, code, message);
        (void)sd_notifyf(0, "STATUS=%s", message);
        if (self->event)
                (void)sd_event_exit(self->event, (int)code);
}

void omg_daemon_notify_ready(OmgDaemon *self, char *status)
{
        g_free(self->status);
        self->status = status;
        self->ready = TRUE;
        /* READY=1 would end a reload. */
        if (self->reload_usec == 0)
                (void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}
