/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The connection to the bus comes, owns the name, and goes. */
#include "base/clock.h"
#include "config.h"
#include "daemon-private.h"
#include "loop/log-ids.h"
#include "loop/log.h"

/* One killed is on the bus until a helper that it was just forking closes its connection. */
#define TAKEN_USEC (1 * (guint64)G_USEC_PER_SEC)

static int on_connected(sd_bus *bus, gpointer userdata)
{
        OmgDaemon *self = userdata;
        omg_idle_set_bus(self->idle, bus);
        return omg_service_attach(self->service, bus);
}

static void on_owned(gpointer userdata)
{
        OmgDaemon *self = userdata;

        if (self->paths->is_system) {
                omg_daemon_report_start(self, OMG_EXIT_OK, NULL);
                omg_daemon_notify_ready(self, g_strdup("Serving on the system bus"));
        } else if (self->server) {
                omg_daemon_report_start(self, OMG_EXIT_OK, NULL);
                omg_daemon_notify_ready(self,
                                        g_strdup_printf("Serving on the session bus and at %s",
                                                        omg_listener_get_path(self->listener)));
        } else {
                g_autofree char *message =
                        g_strdup_printf("running, but without socket: %s", self->socket_error);

                omg_daemon_report_start(self, OMG_EXIT_PARTLY, message);
                omg_daemon_notify_ready(self,
                                        g_strdup_printf("Serving on the session bus alone: %s",
                                                        self->socket_error));
        }
        omg_log(LOG_INFO, OMG_LOG_ID_STARTED, "omgd %s owns %s on the %s", OMG_VERSION,
                OMG_BUS_NAME, omg_bus_get_kind(self->bus));
}

static gboolean on_taken(gpointer userdata)
{
        OmgDaemon *self = userdata;
        g_autofree char *message = NULL;

        omg_idle_set_bus(self->idle, NULL);
        omg_service_detach(self->service);
        if (self->reported || omg_clock_now() - self->locked_usec < TAKEN_USEC)
                return TRUE;
        message = g_strdup_printf("omgd is already running (another process owns " OMG_BUS_NAME
                                  " on the %s)",
                                  omg_bus_get_kind(self->bus));
        omg_daemon_fail(self, OMG_EXIT_ALREADY_RUNNING, message);
        return FALSE;
}

/* Ready without a bus too: omgd runs and goes on trying, there is nothing more to wait for. */
static void on_lost(const char *reason, gpointer userdata)
{
        OmgDaemon *self = userdata;
        g_autofree char *message = g_strdup_printf(
                "running, but %s; trying again%s%s", reason,
                self->socket_error ? "; and without socket: " : "", self->socket_error ?: "");

        omg_idle_set_bus(self->idle, NULL);
        omg_service_detach(self->service);
        omg_daemon_report_start(self, OMG_EXIT_PARTLY, message);
        if (self->server)
                omg_daemon_notify_ready(self, g_strdup_printf("Serving at %s; trying again: %s",
                                                              omg_listener_get_path(self->listener),
                                                              reason));
        else
                omg_daemon_notify_ready(self, g_strdup_printf("Trying again: %s", reason));
}

void omg_daemon_get_bus_events(OmgDaemon *self, OmgBusEvents *ret_events)
{
        *ret_events = (OmgBusEvents){.on_connected = on_connected,
                                     .on_owned = on_owned,
                                     .on_taken = on_taken,
                                     .on_lost = on_lost,
                                     .userdata = self};
}
