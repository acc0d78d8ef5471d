/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What all method handlers share: counting, limits, waiting for data, answers from a damaged index
 * thrown away, errors.
 *
 * A call waits (its message is kept) until the first load is done, until the next snapshot when the
 * current one turned out damaged, until the bus has taken enough of the replies before it, or
 * between two steps of a long answer. Calls of peers that leave the bus are dropped. */

#include <systemd/sd-bus.h>

#include "base/error.h"
#include "faces/service.h"

/* The work of a method: read from call, append to reply. 0, or negative errno; with @error set that
 * is the answer. May run again for the same call, rewound. What takes longer than 1 ms returns
 * omg_calls_go_on(). */
typedef int (*OmgMethodFunc)(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                             GError **error);

/* Goes on with an answer, in a later turn of the event loop: call and reply are as they were left,
 * and the snapshot is the one the answer was begun with. -EINPROGRESS: not done yet. */
typedef int (*OmgStepFunc)(const OmgSnapshot *snapshot, sd_bus_message *call, sd_bus_message *reply,
                           gpointer progress, GError **error);

typedef struct {
        OmgMethodFunc func;
        gsize counter;       /* offset in OmgMetrics */
        gboolean needs_data; /* waits for the first load; never runs without a snapshot */
} OmgMethod;

OmgCalls *omg_calls_new(OmgService *service);
void omg_calls_free(OmgCalls *calls);

/* Handles a call from a vtable; the return value is the handler's. */
int omg_calls_handle(OmgService *service, sd_bus_message *call, const OmgMethod *method);

/* From an OmgMethodFunc that needs data: step shall do the rest. Takes progress over; it is freed
 * when the call is answered or dropped. Returns -EINPROGRESS, to be returned. */
int omg_calls_go_on(OmgCalls *calls, OmgStepFunc step, gpointer progress,
                    GDestroyNotify free_progress);

/* There is a new snapshot: calls that waited for it run from the event loop. */
void omg_calls_wake(OmgCalls *calls);

/* Forgets all that wait, without an answer (the connection is gone). */
void omg_calls_drop(OmgCalls *calls);

/* Answers all that wait with an error. */
void omg_calls_refuse(OmgCalls *calls, const GError *error);

/* Sets *error and returns a negative errno, for use in a return statement. */
int omg_call_fail(GError **error, OmgError code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Defines the handler method_NAME of a vtable around run_NAME. */
#define OMG_DEFINE_METHOD(name, counter_member, waits)                                          \
        static int method_##name(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) \
        {                                                                                       \
                static const OmgMethod method = {                                               \
                        .func = run_##name,                                                     \
                        .counter = G_STRUCT_OFFSET(OmgMetrics, counter_member),                 \
                        .needs_data = (waits),                                                  \
                };                                                                              \
                return omg_calls_handle(userdata, call, &method);                               \
        }
