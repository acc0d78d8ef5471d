/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What all method handlers share: counting, limits, waiting for data, answers from a damaged index
 * thrown away, errors.
 *
 * A call waits (its message is kept) until the first load is done, until the next snapshot when the
 * current one turned out damaged, until a look at the machine that it asked for, until the bus has
 * taken enough of the replies before it, between two steps of a long answer, or while another
 * thread makes it: one of the pool, or the worker, where the answer needs what is the worker's.
 * Calls of peers that leave the bus are dropped. */

#include <systemd/sd-bus.h>

#include "base/error.h"
#include "faces/service.h"

/* The work of a method: read from call, append to reply. 0, or negative errno; with @error set that
 * is the answer. May run again for the same call, rewound. What takes longer than 1 ms returns
 * omg_calls_go_on(), omg_calls_run_on_pool() or omg_calls_run_on_worker(). */
typedef int (*OmgMethodFunc)(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                             GError **error);

/* Goes on with an answer, in a later turn of the event loop: call and reply are as they were left,
 * and the snapshot is the one the answer was begun with. -EINPROGRESS: not done yet. */
typedef int (*OmgStepFunc)(const OmgSnapshot *snapshot, sd_bus_message *call, sd_bus_message *reply,
                           gpointer progress, GError **error);

/* The long part of an answer, on a thread of the pool: sees the snapshot and what the method put
 * into data, and no message. Leaves what it finds in data. FALSE with an error: that is the answer.
 * Looks now and then whether the job was cancelled: then anything may be returned. */
typedef gboolean (*OmgPoolFunc)(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                                GError **error);

/* The short part after it, on main: appends what the work left in data. As OmgMethodFunc. */
typedef int (*OmgAppendFunc)(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                             GError **error);

typedef struct {
        OmgMethodFunc func;
        gsize counter;       /* offset in OmgMetrics */
        gboolean needs_data; /* waits for the first load; never runs without a snapshot */
        gboolean changes;    /* changes something: on the system bus for root alone */
} OmgMethod;

OmgCalls *omg_calls_new(OmgService *service);
void omg_calls_free(OmgCalls *calls);

/* Handles a call from a vtable; the return value is the handler's. */
int omg_calls_handle(OmgService *service, sd_bus_message *call, const OmgMethod *method);

/* From an OmgMethodFunc that needs data: step shall do the rest. Takes progress over; it is freed
 * when the call is answered or dropped. Returns -EINPROGRESS, to be returned. */
int omg_calls_go_on(OmgCalls *calls, OmgStepFunc step, gpointer progress,
                    GDestroyNotify free_progress);

/* From an OmgMethodFunc that needs data: work on a thread of the pool and then append shall do the
 * rest. Takes data over; it is freed, perhaps on another thread, when the call is answered or was
 * dropped. Returns -EINPROGRESS, to be returned. */
int omg_calls_run_on_pool(OmgCalls *calls, OmgPoolFunc work, OmgAppendFunc append, gpointer data,
                          GDestroyNotify free_data);

/* From an OmgMethodFunc: the call needs a look at the machine (OmgRefreshWhat) that begins after it
 * came. TRUE: return -EINPROGRESS; the method runs again after that look. FALSE: the call has
 * waited for it already, so what is there now is all there is. */
gboolean omg_calls_wait_for_refresh(OmgCalls *calls, guint what);

/* A refresh came to a snapshot: calls that waited for data, or for a look at these sources that
 * began not before they came, run from the event loop. */
void omg_calls_wake(OmgCalls *calls, guint64 begun_usec, guint what);

/* Forgets all that wait, without an answer (the connection is gone). */
void omg_calls_drop(OmgCalls *calls);

/* Answers all that wait with an error. */
void omg_calls_refuse(OmgCalls *calls, const GError *error);

/* Sets *error and returns a negative errno, for use in a return statement. */
int omg_call_fail(GError **error, OmgError code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Defines the handler method_NAME of a vtable around run_NAME: of a method that reads, and of one
 * that changes something, whose XML has the annotation org.omgd1.Changes. */
#define OMG_DEFINE_METHOD(name, counter_member, waits) \
        OMG_DEFINE_HANDLER(name, counter_member, waits, FALSE)
#define OMG_DEFINE_CHANGE(name, counter_member, waits) \
        OMG_DEFINE_HANDLER(name, counter_member, waits, TRUE)

#define OMG_DEFINE_HANDLER(name, counter_member, waits, is_change)                              \
        static int method_##name(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) \
        {                                                                                       \
                static const OmgMethod method = {                                               \
                        .func = run_##name,                                                     \
                        .counter = G_STRUCT_OFFSET(OmgMetrics, counter_member),                 \
                        .needs_data = (waits),                                                  \
                        .changes = (is_change),                                                 \
                };                                                                              \
                return omg_calls_handle(userdata, call, &method);                               \
        }
