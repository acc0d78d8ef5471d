/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Runs one helper program from a thread with a GMainContext: bounded in time and output, killed as
 * a group, always reaped, and no SIGCHLD handling (a pidfd tells when it ended).
 *
 * SIGCHLD must not be ignored by the process: the kernel would then reap in our place. */

#include <glib.h>

typedef struct OmgProcess OmgProcess;

typedef struct OmgProcessResult {
        int wait_status;      /* as waitpid(2) gives it: WIFEXITED(), WTERMSIG() ... */
        GBytes *output;       /* everything it wrote to standard output, within the limit */
        const char *messages; /* the last lines of its standard error, valid UTF-8; "" for none */
} OmgProcessResult;

/* Called once, from the context, after the helper and its group were killed or ended and the helper
 * was reaped. result is complete, also with an error, and borrowed like the error. error is NULL
 * exactly when the helper exited with 0 in time and within its output limit; otherwise TIMEOUT,
 * CANCELLED, or UNAVAILABLE with the name of the program and what happened to it.
 * omg_process_free() may be called from here. */
typedef void (*OmgProcessDone)(const OmgProcessResult *result, const GError *error, gpointer data);

/* Starts argv[0] (a path; PATH is not searched) with argv, the environment environment (NULL: ours)
 * and nothing else of ours: standard input from /dev/null, no other descriptors, default signal
 * mask and dispositions, a process group of its own. timeout_msec is wall clock, more than 0. More
 * than OMG_LIMIT_HELPER_REPLY bytes of standard output kill it. Call on the thread that runs the
 * context (NULL: the thread-default one). Returns a handle of the caller, or NULL and UNAVAILABLE.
 */
OmgProcess *omg_process_start(GMainContext *context, const char *const *argv,
                              const char *const *environment, guint timeout_msec,
                              OmgProcessDone done, gpointer data, GError **error);

/* Kills the helper's group; done follows from the context with CANCELLED. Harmless once it ended.
 */
void omg_process_cancel(OmgProcess *process);

/* Frees the handle. A helper that still runs is killed and reaped here, and done is not called.
 * NULL is harmless. */
void omg_process_free(OmgProcess *process);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgProcess, omg_process_free)
