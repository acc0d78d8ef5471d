/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Detaches omgd from the terminal, with the parent waiting until the service says that it runs.
 *
 *   switch (omg_detach_begin(&detach, &exit_code)) {
 *   case OMG_DETACH_PARENT: return exit_code;
 *   case OMG_DETACH_CHILD:  start, then omg_detach_report(detach, 0, NULL);
 *   }
 */

#include <glib.h>

typedef struct OmgDetach OmgDetach;

typedef enum {
        OMG_DETACH_PARENT, /* all is said; end with the exit code */
        OMG_DETACH_CHILD,  /* the service: go on */
} OmgDetachRole;

/* Forks twice, so that the service leads no session and cannot get a terminal. The parent waits and
 * returns with what was reported: the message, if any, is on its standard error, and the code is
 * what it is to exit with. It says so and takes OMG_EXIT_FAILURE when the service ends before it
 * reports (with the signal or exit status), when it cannot fork, or after SIGINT, SIGTERM and
 * SIGHUP, which also end the service. The child still has standard input, output and error. Must
 * run before any thread starts. *ret_detach is set in the child, *ret_exit_code in the parent. */
OmgDetachRole omg_detach_begin(OmgDetach **ret_detach, int *ret_exit_code);

/* Sends the exit code and a message (NULL or "" for none) to the waiting parent, then leaves what
 * was inherited: standard input, output and error become /dev/null, the directory /, the umask 077.
 * Frees detach; NULL (in the foreground) does nothing. A parent that is gone meanwhile does not
 * matter. Returns 0 or a negative errno of the descriptors or the directory. */
int omg_detach_report(OmgDetach *detach, int exit_code, const char *message);
