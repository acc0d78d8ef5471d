/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The service as a whole: builds all objects, runs the loop, and takes them down in order. */

#include "base/paths.h"
#include "detach.h"
#include "options.h"

/* Runs until SIGTERM or SIGINT, or until it turns out that it cannot. needs_socket: a socket that
 * cannot be served is the end, because somebody asked for that very path; else omgd serves D-Bus
 * alone. Takes detach over (NULL: in the foreground) and tells it how the start went. Returns the
 * exit code of the process. */
OmgExit omg_daemon_run(const OmgPaths *paths, gboolean needs_socket, OmgDetach *detach);
