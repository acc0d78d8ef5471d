/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Calls that the worker answers, because what they are about is the worker's: the databases. As on
 * the pool, the call stays on main with its message and goes with its peer, and of one sender's
 * calls the worker answers one at a time. */

#include "faces/bus-call.h"

/* The part of an answer that needs what belongs to the worker (the databases), on the worker, when
 * it has nothing else to do. Sees what the method put into data, and leaves there what it finds. A
 * step takes some milliseconds: what is longer returns OMG_WORKER_MORE, and is called again. */
typedef enum {
        OMG_WORKER_FAILED, /* with the error, which is the answer */
        OMG_WORKER_MORE,
        OMG_WORKER_DONE,
} OmgWorkerStep;

typedef OmgWorkerStep (*OmgWorkerFunc)(gpointer data, GError **error);

/* From any OmgMethodFunc: work on the worker and then append shall do the rest. @data as above. The
 * snapshot that append gets is NULL when the method needs no data. */
int omg_calls_run_on_worker(OmgCalls *calls, OmgWorkerFunc work, OmgAppendFunc append,
                            gpointer data, GDestroyNotify free_data);

/* From an OmgMethodFunc or OmgAppendFunc: the call that is answered. Borrowed. */
sd_bus_message *omg_calls_get_message(const OmgCalls *calls);

/* From an OmgAppendFunc after omg_calls_run_on_worker(): the call needs a look that begins after
 * the work was done. Returns -EINPROGRESS, to be returned; the method runs again after that look,
 * and omg_calls_has_waited() tells it so. */
int omg_calls_wait_for_later_refresh(OmgCalls *calls, guint what);
gboolean omg_calls_has_waited(const OmgCalls *calls, guint what);
