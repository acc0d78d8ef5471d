/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The socket of omg and omg-fast: found, served, closed. */
#include "base/error.h"
#include "daemon-private.h"

gboolean omg_daemon_find_socket(OmgDaemon *self, gboolean is_required, GError **error)
{
        g_autoptr(GError) reason = NULL;

        if (self->paths->is_system)
                return TRUE;
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

gboolean omg_daemon_serve_socket(OmgDaemon *self, const OmgConf *conf, GError **error)
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
void omg_daemon_close_socket(OmgDaemon *self)
{
        const gboolean ours = self->listener && omg_listener_is_ours(self->listener);

        g_clear_pointer(&self->listener, omg_listener_free);
        if (!self->server)
                return;
        if (ours)
                omg_socket_server_turn_away(self->server);
        omg_socket_server_close(self->server);
}
