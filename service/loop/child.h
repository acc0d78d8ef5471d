/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The one place where omgd makes a helper's process, for loop/process.h: by itself, or by a
 * launcher outside of what omgd has forbidden itself. */

#include "loop/launcher.h"

typedef struct {
        OmgLauncher *launcher;          /* starts its program, with the arguments behind argv[0] and
                                           its own environment; NULL: we start argv[0] */
        const char *const *argv;        /* argv[0] is a path; PATH is not searched */
        const char *const *environment; /* NULL: ours */
        int input_fd;                   /* -1: /dev/null */
        int output_fd;
        int messages_fd;
} OmgChild;

/* Starts it with the three descriptors as its standard ones and no others, the default signal mask
 * and dispositions, and a process group of its own. The descriptors stay the caller's. The process
 * is a child of ours: waitpid(2) is the caller's too. Error: UNAVAILABLE, or the launcher's. */
gboolean omg_child_spawn(const OmgChild *what, pid_t *ret_pid, GError **error);
