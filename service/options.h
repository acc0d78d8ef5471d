/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The command line of omgd and its exit codes. */

#include <glib.h>

/* Documented in omgd(1) and --help: scripts rely on them. */
typedef enum {
        OMG_EXIT_OK = 0,
        OMG_EXIT_FAILURE = 1,         /* the reason is on standard error */
        OMG_EXIT_USAGE = 2,           /* wrong command line */
        OMG_EXIT_ALREADY_RUNNING = 3, /* another omgd has the bus name or the socket */
        /* Parent of a detached start: runs, but without session bus so far, or without socket. */
        OMG_EXIT_PARTLY = 4,
} OmgExit;

typedef struct OmgOptions {
        gboolean foreground;
        gboolean check_config;
        gboolean is_system; /* the system bus; never with a socket */
        char *socket;       /* absolute path, or NULL for the default; owned */
} OmgOptions;

/* Reads the command line. TRUE: go on with *ret_options, to be cleared with omg_options_clear().
 * FALSE: end with *ret_exit_code, OMG_EXIT_OK after --help or --version (printed on standard
 * output), OMG_EXIT_USAGE after a mistake (said on standard error). Nothing else is touched. The
 * locale and the gettext domain are set before by main(). */
gboolean omg_options_parse(int argc, char **argv, OmgOptions *ret_options, int *ret_exit_code);

void omg_options_clear(OmgOptions *options);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgOptions, omg_options_clear)
