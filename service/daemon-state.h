/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* All that daemon.c knows. Only daemon*.c see it, by daemon-private.h. */

#include "daemon-policy.h"
#include "daemon-runtimes.h"
#include "daemon.h"
#include "faces/bus.h"
#include "faces/service-background.h"
#include "faces/socket-server.h"
#include "idle.h"
#include "loop/audit-log.h"
#include "loop/background.h"
#include "loop/launcher.h"
#include "loop/listener.h"
#include "loop/network-manager.h"
#include "loop/pool.h"
#include "loop/refresh.h"
#include "loop/status-file.h"
#include "loop/worker.h"
#include "settings.h"

typedef struct {
        const OmgPaths *paths;
        OmgDetach *detach; /* until the start is reported */
        gboolean reported;
        gboolean ending;
        OmgExit exit_code;
        int lock_fd;
        guint64 locked_usec;   /* since when */
        OmgLauncher *launcher; /* of omgd-fetch; NULL: could not be made */
        sd_event *event;
        OmgWorker *worker;
        OmgPool *pool;
        OmgRefresh *refresh;
        OmgBackground *background;
        OmgAuditLog *audit_log;
        char *end_reason, *end_actor; /* for it, or NULL */
        OmgNetworkManager *network_manager;
        OmgStatusFile *status_file; /* NULL: there is none */
        OmgIdle *idle;
        OmgSettings *settings;
        OmgDaemonPolicy *policy;
        OmgService *service;
        OmgDaemonRuntimes *runtimes; /* NULL: there are none */
        OmgBus *bus;
        OmgListener *listener; /* NULL: there is no socket, and */
        char *socket_error;    /* why */
        OmgSocketServer *server;
        char *errors;           /* of the last refresh, as logged */
        gboolean ready;         /* told to the service manager */
        char *status;           /* likewise, in its words */
        guint64 reload_usec;    /* since when a reload is under way, omg_clock_now(); 0: none is */
        gboolean settings_read; /* of that reload */
        char *reload_actor;     /* who asked for it, for the audit log */
        OmgConf conf;           /* in force */
        guint64 drain_until;    /* the end of an unused omgd has begun; 0: not */
        gboolean released;      /* and it has no name on the bus any more */
} OmgDaemon;
