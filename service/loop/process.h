/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Runs one helper program from a thread with a GMainContext: bounded in time and output, killed as
 * a group, always reaped, and no SIGCHLD handling (a pidfd tells when it ended). loop/child.h makes
 * the process.
 *
 * SIGCHLD must not be ignored by the process: the kernel would then reap in our place. */

#include "loop/launcher.h"

typedef struct OmgProcess OmgProcess;

typedef struct OmgProcessResult {
        int wait_status;      /* as waitpid(2) gives it: WIFEXITED(), WTERMSIG() ... */
        GBytes *output;       /* everything it wrote to standard output, within the limit; empty
                                 when its lines went to on_line */
        const char *messages; /* the last lines of its standard error, valid UTF-8; "" for none */
} OmgProcessResult;

/* Called once, from the context, after the helper and its group were killed or ended and the helper
 * was reaped. result is complete, also with an error, and borrowed like the error. error is NULL
 * exactly when the helper exited with 0 in time and within its output limit; otherwise TIMEOUT,
 * CANCELLED, or UNAVAILABLE with the name of the program and what happened to it.
 * omg_process_free() may be called from here. */
typedef void (*OmgProcessDone)(const OmgProcessResult *result, const GError *error, gpointer data);

/* Called from the context for each whole line, without its newline; NULs may be in it. Not after
 * omg_process_cancel(), which may be called from here; omg_process_free() may not. */
typedef void (*OmgProcessLine)(const char *line, gsize length, gpointer data);

typedef struct OmgProcessStart {
        const char *const *argv;        /* argv[0] is a path; PATH is not searched */
        const char *const *environment; /* NULL: ours */
        OmgLauncher *launcher;          /* borrowed, starts its program instead of argv[0], in its
                                           environment; NULL: none */
        guint timeout_msec;             /* more than 0, wall clock: of the whole run; with on_line:
                                           without a line */
        GBytes *input;          /* its standard input, which stays open behind it until the process
                                   is cancelled, freed or ends; NULL: /dev/null */
        OmgProcessLine on_line; /* gets the output line by line; NULL: it is collected */
        OmgProcessDone done;
        gpointer data;
} OmgProcessStart;

/* Starts a helper, which gets nothing else of ours: no other descriptors, default signal mask and
 * dispositions, a process group of its own. More than OMG_LIMIT_HELPER_REPLY bytes of collected
 * output, or in a line, kill it; a helper that does not read its input only misses it. What is
 * behind the last newline goes to no on_line. start is borrowed until the call returns. Call on the
 * thread that runs the context (NULL: the thread-default one). Returns a handle of the caller, or
 * NULL and UNAVAILABLE. */
OmgProcess *omg_process_start(GMainContext *context, const OmgProcessStart *start, GError **error);

/* Kills the helper's group; done follows from the context with CANCELLED. Harmless once it ended.
 */
void omg_process_cancel(OmgProcess *process);

/* Frees the handle. A helper that still runs is killed and reaped here, and done is not called.
 * NULL is harmless. */
void omg_process_free(OmgProcess *process);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgProcess, omg_process_free)
