/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Between the parts of bus-call, too: bus-call-pool.c answers on threads of the pool, and waits for
 * refreshes; bus-call-worker.c answers on the worker. */

#include "faces/bus-call-private.h"

/* bus-call-pool.c: */
/* Of a call in ON_POOL. Does nothing while another one of its sender is worked for. */
void omg_call_start_run(OmgCalls *calls, OmgCall *call);
int omg_call_finish_run(OmgCall *call, GError **error);

/* Nobody waits for it any more. NULL is harmless. */
void omg_pool_run_drop(OmgPoolRun *run);

/* bus-call-worker.c, as the three above: */
void omg_call_start_worker_run(OmgCalls *calls, OmgCall *call);
int omg_call_finish_worker_run(OmgCall *call, GError **error);
void omg_worker_run_drop(OmgWorkerRun *run);

/* bus-call-pool.c: */
/* Asks for the look that the calls in FOR_REFRESH need, unless it is under way. */
void omg_calls_ask(OmgCalls *calls);

/* A look that began then has come: calls that it serves are ready. */
void omg_calls_take_refresh(OmgCalls *calls, guint64 begun_usec, guint what);
