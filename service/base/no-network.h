/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Gives up the network for good, by a seccomp(2) filter that every program started from here
 * inherits. A library of its own, so that only who uses it links libseccomp. */

#include <glib.h>

typedef enum {
        OMG_NO_NETWORK_UNIX_ALONE = 0,
        OMG_NO_NETWORK_BUT_NETLINK = 1, /* also what tells whether there is a link */
} OmgNoNetwork;

/* From now on socket(2) and socketpair(2) of any family but AF_UNIX (and AF_NETLINK) fail with
 * EAFNOSUPPORT, io_uring, which opens sockets past them, with ENOSYS, and so does every system call
 * by way of another architecture's table. For all threads of the process. Also sets no_new_privs
 * (prctl(2)). Sockets that are open already stay. Errors: UNAVAILABLE, and then nothing has
 * changed but perhaps no_new_privs. */
gboolean omg_no_network_enter(OmgNoNetwork how, GError **error);
