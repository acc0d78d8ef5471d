/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include "base/error.h"

/* These can only fail for want of memory, which ends a GLib program anyway. */
static void set_descriptors(posix_spawn_file_actions_t *actions, const OmgChild *what)
{
        (void)posix_spawn_file_actions_init(actions);
        if (what->input_fd >= 0)
                (void)posix_spawn_file_actions_adddup2(actions, what->input_fd, STDIN_FILENO);
        else
                (void)posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY,
                                                       0);
        (void)posix_spawn_file_actions_adddup2(actions, what->output_fd, STDOUT_FILENO);
        (void)posix_spawn_file_actions_adddup2(actions, what->messages_fd, STDERR_FILENO);
        (void)posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

/* posix_spawn(), the one kind of fork that is safe beside other threads. */
static int spawn_here(const OmgChild *what, pid_t *ret_pid)
{
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t none, all;
        int r;

        (void)sigemptyset(&none);
        (void)sigfillset(&all);
        (void)posix_spawnattr_init(&attributes);
        (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                            POSIX_SPAWN_SETSIGDEF);
        (void)posix_spawnattr_setpgroup(&attributes, 0);
        (void)posix_spawnattr_setsigmask(&attributes, &none);
        (void)posix_spawnattr_setsigdefault(&attributes, &all);
        set_descriptors(&actions, what);

        r = posix_spawn(ret_pid, what->argv[0], &actions, &attributes, (char *const *)what->argv,
                        what->environment ? (char *const *)what->environment : environ);
        (void)posix_spawn_file_actions_destroy(&actions);
        (void)posix_spawnattr_destroy(&attributes);
        return r;
}

static gboolean spawn_by_launcher(const OmgChild *what, pid_t *ret_pid, GError **error)
{
        const int null = what->input_fd < 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
        const int fds[] = {null >= 0 ? null : what->input_fd, what->output_fd, what->messages_fd};
        gboolean ok;

        if (fds[0] < 0) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "/dev/null: %s",
                            g_strerror(errno));
                return FALSE;
        }
        ok = omg_launcher_start(what->launcher, what->argv + 1, fds, ret_pid, error);
        if (null >= 0)
                (void)close(null);
        return ok;
}

gboolean omg_child_spawn(const OmgChild *what, pid_t *ret_pid, GError **error)
{
        int r;

        if (what->launcher)
                return spawn_by_launcher(what, ret_pid, error);
        r = spawn_here(what, ret_pid);
        /* Not omg_error_set_errno(): a missing helper is no missing database. */
        if (r != 0)
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "cannot start %s: %s",
                            what->argv[0], g_strerror(r));
        return r == 0;
}
