/* SPDX-License-Identifier: GPL-3.0-or-later */
/* omgd's own network, given up. */
#include "base/no-network.h"
#include "config.h"
#include "daemon-private.h"
#include "loop/log.h"

/* Where that cannot be had, in an old kernel or a container that forbids it, omgd runs all the
 * same: it is a second wall. */
void omg_daemon_give_up_network(OmgDaemon *self)
{
        const char *helper = self->paths->fetch_helper ?: OMG_LIBEXECDIR "/omgd-fetch";
        g_autoptr(GError) launcher_error = NULL;
        g_autoptr(GError) error = NULL;

        self->launcher = omg_launcher_new(helper, &launcher_error);
        if (!self->launcher)
                omg_log_warning("%s; so nothing can be fetched, ignoring", launcher_error->message);
        if (!omg_no_network_enter(OMG_NO_NETWORK_BUT_NETLINK, &error))
                omg_log_warning("%s, ignoring", error->message);
}
