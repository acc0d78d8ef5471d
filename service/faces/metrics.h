/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The counters of Manager.GetMetrics, since the start. Main thread only. */

#include <glib.h>

/* X(member, key): in the order of the reply. */
#define OMG_METRICS_TABLE(X)                                                                    \
        X(calls_total, "calls-total")         /* calls of our own methods */                    \
        X(calls_failed, "calls-failed")       /* of these, answered with an error */            \
        X(calls_waiting, "calls-waiting")     /* now */                                         \
        X(calls_on_pool, "calls-on-pool")     /* answers made on another thread */              \
        X(limits_exceeded, "limits-exceeded") /* calls and jobs refused for a limit */          \
        X(search_calls, "search-calls")                                                         \
        X(details_calls, "details-calls")                                                       \
        X(list_calls, "list-calls")                                                             \
        X(history_calls, "history-calls")                                                       \
        X(fd_calls, "fd-calls")           /* ListFd */                                          \
        X(depends_calls, "depends-calls") /* WhatProvides, RequiredBy, DependsOn */             \
        X(files_calls, "files-calls")     /* GetFiles, WhoOwns */                               \
        X(suggest_calls, "suggest-calls")                                                       \
        X(status_calls, "status-calls") /* GetSnapshot and Describe; sd-bus reads properties */ \
        X(refreshes_total, "refreshes-total")                                                   \
        X(refreshes_failed, "refreshes-failed")                                                 \
        X(rebuilds_sync, "rebuilds-sync")                                                       \
        X(rebuilds_local, "rebuilds-local")                                                     \
        X(rebuilds_files, "rebuilds-files")                                                     \
        X(index_rejected, "index-rejected")                                                     \
        X(jobs_total, "jobs-total")

typedef struct {
#define X(member, key) guint64 member;
        OMG_METRICS_TABLE(X)
#undef X
        guint64 other_calls; /* counter of the methods that have none of their own; not shown */
} OmgMetrics;
