/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Between the parts of bus-call: bus-call.c runs methods and sends what they come to,
 * bus-call-queue.c keeps the calls that wait, bus-call-runs.h has what answers on other threads. */

#include <systemd/sd-event.h>

#include "faces/bus-call.h"

/* What an unfinished call waits for. */
typedef enum {
        OMG_CALLS_FOR_PERMISSION, /* the bus's word on who calls */
        OMG_CALLS_FOR_DATA,       /* the next snapshot */
        OMG_CALLS_FOR_REFRESH,    /* a look at the machine that begins after the call came */
        OMG_CALLS_ON_POOL,        /* work on another thread */
        OMG_CALLS_ON_WORKER,      /* likewise */
        OMG_CALLS_READY,          /* room on the bus, and its turn */
        OMG_CALLS_N,
} OmgCallsState;

typedef struct OmgPoolRun OmgPoolRun;
typedef struct OmgWorkerRun OmgWorkerRun;

/* A call that is worked on, now or later. */
typedef struct {
        sd_bus_message *message;
        const OmgMethod *method;
        guint64 came_usec; /* omg_clock_now() */
        guint damaged_runs;
        guint refresh_wanted;  /* OmgRefreshWhat of the look it waits for */
        guint refresh_waited;  /* of those it has waited for */
        sd_bus_slot *question; /* to the bus, for permission, or NULL */

        /* While it is answered step by step, on the pool or on the worker: */
        sd_bus_message *reply;
        OmgSnapshot *snapshot; /* what the answer was begun with */
        OmgStepFunc step;
        gpointer progress;
        GDestroyNotify free_progress;
        OmgPoolRun *run;
        OmgWorkerRun *worker_run;
} OmgCall;

/* What running a call came to, beside a negative errno. */
enum {
        OMG_CALL_ANSWERED = 1,
        OMG_CALL_UNFINISHED,  /* more steps */
        OMG_CALL_ON_POOL,     /* has a run, to be started */
        OMG_CALL_ON_WORKER,   /* likewise */
        OMG_CALL_FOR_REFRESH, /* refresh_wanted says which */
        OMG_CALL_DAMAGED,     /* nothing was sent: the snapshot under it is damaged */
};

struct OmgCalls {
        OmgService *service;
        GQueue queues[OMG_CALLS_N]; /* OmgCall */
        /* On while calls can run. A timer that is over, because sd-event counts a defer source as
         * the one that waits longest for ever: no message would be read in between. */
        sd_event_source *run;
        sd_event_source *post;    /* on while the bus has no room: looks after every event */
        sd_bus_slot *peer_leaves; /* only while something waits */
        OmgCall *current;         /* while a method runs */
        guint n_counted;          /* of metrics.calls_waiting */
        gboolean flood_told;      /* since the last time the bus had room */
        guint64 asked_usec;       /* when a refresh was asked for that has not come yet, or 0 */
        guint asked_what;
};

/* bus-call.c: */
void omg_call_free(OmgCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgCall, omg_call_free)

/* "" without a bus in between: one peer. */
const char *omg_call_get_sender(const OmgCall *call);
/* Runs a call that waited, or goes on with it; it may have to wait again. Takes it over. */
int omg_call_run_again(OmgCalls *calls, OmgCall *call);
/* Answers with an error; returns what a handler returns. */
int omg_call_reply_error(OmgService *service, sd_bus_message *message, const GError *error);

/* bus-call-queue.c: */
gboolean omg_calls_has_room(sd_bus *bus);
/* A new call waits, if the limits allow. Takes it over; returns what a handler returns. */
int omg_calls_wait(OmgCalls *calls, OmgCallsState state, OmgCall *call);
/* A call that waited before waits again. Takes it over. */
void omg_calls_put(OmgCalls *calls, OmgCallsState state, OmgCall *call);

/* The counter, the watch for peers that leave, and the event sources, after queues have changed. */
void omg_calls_update(OmgCalls *calls);
