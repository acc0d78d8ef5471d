/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The policy of a running omgd: read at the start, when policy.toml changes and with a reload; what
 * is wrong with it goes into the log, once, and that it changed into the audit log. Main thread.
 * All take NULL. */

#include "faces/service-audit.h"
#include "loop/policy-watch.h"
#include "loop/refresh.h"

typedef struct OmgDaemonPolicy OmgDaemonPolicy;

/* The refreshes get each state before main does; @refresh must outlive it, and so must @audit. */
OmgDaemonPolicy *omg_daemon_policy_new(OmgWorker *worker, OmgRefresh *refresh,
                                       const OmgPaths *paths, OmgServiceAudit *audit);

/* Borrowed; not of NULL. */
OmgPolicyWatch *omg_daemon_policy_get_watch(const OmgDaemonPolicy *self);

/* Of the last look; NULL before the first. Borrowed until the loop goes on. */
OmgPolicyState *omg_daemon_policy_get_state(const OmgDaemonPolicy *self);

/* Looks now, before what the worker is asked for later. */
void omg_daemon_policy_reload(OmgDaemonPolicy *self);

/* Before the worker's end. */
void omg_daemon_policy_free(OmgDaemonPolicy *self);
