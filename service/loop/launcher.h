/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Starts one helper program from outside of what omgd has forbidden itself. A process that is
 * forked before omgd gives up the network (base/no-network.h), which all that omgd starts would
 * inherit, waits for nothing but orders to start that program, whose path and environment are those
 * of the fork: whoever gets hold of omgd cannot have it start something else. What it starts is a
 * child of omgd (clone(2), CLONE_PARENT), to be waited for and killed like any other.
 *
 * It ends with omgd, whatever ends that. Idle, it sleeps. */

#include <glib.h>
#include <sys/types.h>

typedef struct OmgLauncher OmgLauncher;

/* Forks: before there are threads. Nothing of ours stays open in the new process. UNAVAILABLE. */
OmgLauncher *omg_launcher_new(const char *program, GError **error);

/* Starts the program with these arguments (without its name; NULL-terminated) and descriptors as
 * its standard input, output and error, which stay the caller's; in a process group of its own,
 * with default signals, an umask of 077 and no other descriptor. Waits until it runs: milliseconds.
 * One thread at a time. Errors: INVALID_ARGS for more than OMG_LIMIT_LAUNCH bytes of arguments;
 * UNAVAILABLE for a program that cannot be started, and for a launcher that is gone: then until
 * omgd is started anew. */
gboolean omg_launcher_start(OmgLauncher *launcher, const char *const *arguments, const int fds[3],
                            pid_t *ret_pid, GError **error);

/* Ends the process; what it started goes on. NULL is harmless. */
void omg_launcher_free(OmgLauncher *launcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgLauncher, omg_launcher_free)
