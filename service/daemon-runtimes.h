/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What org.omgd1.Runtimes shows: looked at on the pool after the first load, when something changed
 * in the places of runtimes, and when other packages are installed. Main thread. All take NULL. */

#include "faces/service.h"
#include "loop/refresh.h"
#include "loop/worker.h"

typedef struct OmgDaemonRuntimes OmgDaemonRuntimes;

/* Before there is a connection. @refresh gets each list, too, and must outlive the pool's work.
 * @data_dir: omgd's. NULL after a word in the log: there is no such
 * interface. */
OmgDaemonRuntimes *omg_daemon_runtimes_new(OmgWorker *worker, OmgRefresh *refresh,
                                           OmgService *service, const char *data_dir);

/* A refresh has come to something: looks again when other packages are installed. */
void omg_daemon_runtimes_refresh(OmgDaemonRuntimes *self);

/* After the pool's end and before the worker's; then, before the service's. */
void omg_daemon_runtimes_stop(OmgDaemonRuntimes *self);
void omg_daemon_runtimes_free(OmgDaemonRuntimes *self);
