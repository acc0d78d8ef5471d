/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The counters of Manager.GetMetrics and of the socket's Metrics, since the start: one truth over
 * both faces. Main thread only, but for copies.
 *
 * A call is a call of one of our own methods, or a request of the socket. A batch is one call; what
 * is in it counts in the counters of its kind alone. */

#include "base/error.h"

/* X(member, key): in the order of the reply. */
#define OMG_METRICS_TABLE(X)                                                                   \
        X(calls_total, "calls-total")                                                          \
        X(calls_failed, "calls-failed")       /* of these, answered with an error */           \
        X(calls_waiting, "calls-waiting")     /* now */                                        \
        X(calls_on_pool, "calls-on-pool")     /* answers made on another thread */             \
        X(limits_exceeded, "limits-exceeded") /* calls and jobs refused for a limit */         \
        X(rate_limit_hits, "rate-limit-hits") /* of these, requests faster than their rate */  \
        X(validation_failures, "validation-failures") /* InvalidArgs (also of a request in a   \
                                                         batch), and bodies that cannot be     \
                                                         decoded */                            \
        X(search_calls, "search-calls")                                                        \
        X(details_calls, "details-calls") /* GetDetails; Info */                               \
        X(list_calls, "list-calls")       /* List*; Explicit, ExplicitCount */                 \
        X(history_calls, "history-calls")                                                      \
        X(fd_calls, "fd-calls")           /* ListFd, GenerateSbom */                           \
        X(depends_calls, "depends-calls") /* WhatProvides, RequiredBy, DependsOn, ResolveAur   \
                                           */                                                  \
        X(files_calls, "files-calls")     /* GetFiles, WhoOwns */                              \
        X(suggest_calls, "suggest-calls")                                                      \
        X(status_calls, "status-calls") /* GetSnapshot and Describe (sd-bus reads properties); \
                                           Status */                                           \
        X(audit_calls, "audit-calls")   /* SecurityAudit; ListVulnerabilities and its like */  \
        X(policy_calls, "policy-calls") /* EvaluatePolicy, GetPolicy, ReloadPolicy */          \
        X(log_calls, "log-calls")       /* ListLog, VerifyLog, GetLogHead */                   \
        X(refreshes_total, "refreshes-total")                                                  \
        X(refreshes_failed, "refreshes-failed")                                                \
        X(rebuilds_sync, "rebuilds-sync")                                                      \
        X(rebuilds_local, "rebuilds-local")                                                    \
        X(rebuilds_files, "rebuilds-files")                                                    \
        X(rebuilds_advisories, "rebuilds-advisories")                                          \
        X(rebuilds_aur, "rebuilds-aur")                                                        \
        X(aur_fetches, "aur-fetches")   /* how often the AUR was asked for its archive, */     \
        X(aur_failures, "aur-failures") /* and in vain */                                      \
        X(index_rejected, "index-rejected")                                                    \
        X(jobs_total, "jobs-total")                                                            \
        X(aur_queries, "aur-queries") /* questions of QueryAur, equal ones in flight once */   \
        X(aur_queries_cached, "aur-queries-cached") /* of these, answered from memory */       \
        X(aur_requests_today, "aur-requests-today") /* sent to the AUR on this day of UTC */   \
        X(aur_requests_left, "aur-requests-left")                                              \
        X(cache_hits, "cache-hits")     /* of the socket's replies */                          \
        X(cache_misses, "cache-misses") /* likewise, where one could have been there */        \
        X(connections, "connections")   /* of the socket, now */                               \
        X(bytes_received, "bytes-received")                                                    \
        X(bytes_sent, "bytes-sent")

typedef struct {
#define X(member, key) guint64 member;
        OMG_METRICS_TABLE(X)
#undef X
        guint64 other_calls; /* counter of the methods that have none of their own; not shown */
} OmgMetrics;

/* One more answer that the caller's own fault, or a limit, may have made an error (OmgError);
 * calls_failed is not counted. */
static inline void omg_metrics_count_error(OmgMetrics *metrics, int code)
{
        metrics->validation_failures +=
                code == OMG_ERROR_INVALID_ARGS || code == OMG_ERROR_UNDECODABLE;
        metrics->limits_exceeded += code == OMG_ERROR_LIMITS_EXCEEDED;
}

/* The same for a whole call. */
static inline void omg_metrics_count_failure(OmgMetrics *metrics, int code)
{
        metrics->calls_failed++;
        omg_metrics_count_error(metrics, code);
}
