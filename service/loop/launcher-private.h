/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Between omgd (launcher.c) and the process that starts a program for it (launcher-process.c): an
 * order is one message, a byte 0 and then the arguments, each with its NUL, with the three
 * descriptors; then comes one answer. */

#include <glib.h>
#include <sys/socket.h>
#include <sys/types.h>

#define OMG_LAUNCHER_FDS 3

typedef struct {
        int errnum; /* 0: it runs */
        pid_t pid;  /* 0: there is no process; else one of omgd's, also when it runs nothing */
} OmgLauncherAnswer;

typedef union {
        char space[CMSG_SPACE(OMG_LAUNCHER_FDS * sizeof(int))];
        struct cmsghdr header; /* for its alignment */
} OmgLauncherControl;

/* The forked process: serves @fd until it ends, or omgd does. */
void omg_launcher_main(const char *program, int fd, pid_t omgd) G_GNUC_NORETURN;
