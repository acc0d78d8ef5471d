/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/background.h"

#include "loop/log.h"
#include "loop/network.h"
#include "loop/records.h"
#include "loop/schedule.h"

#define LOCAL "local"

/* Everything below the first five members belongs to the worker thread. */
struct OmgBackground {
        OmgWorker *worker;
        OmgRefresh *refresh;
        const OmgPaths *paths;
        OmgBackgroundEvents events;
        OmgConf first_conf;

        OmgRecords *records;
        OmgNetwork *network;
        OmgSchedule *schedule;
        OmgTimer *clock; /* for when the machine wakes up */
        guint inhibited; /* OmgGates */
        OmgBackgroundState told;
        gboolean has_told;
};

/* A hand-over, in either direction. */
typedef struct {
        OmgBackground *background;
        OmgBackgroundState state;
        OmgStatus status;
        OmgConf conf;
        OmgNetworkManagerFacts facts;
        guint inhibited;
} Message;

static Message *message_new(OmgBackground *background)
{
        Message *message = g_new0(Message, 1);

        message->background = background;
        return message;
}

/* ---- on the worker ---- */

static void deliver(gpointer data)
{
        const Message *message = data;
        const OmgBackgroundEvents *events = &message->background->events;

        events->on_state(&message->state, events->userdata);
}

static void tell(OmgBackground *self)
{
        const OmgNetworkState *network = omg_network_get(self->network);
        const OmgBackgroundState state = {
                .network = *network,
                .n_tasks = omg_schedule_get_n_tasks(self->schedule),
                .store_state = omg_records_get_state(self->records),
        };
        Message *message;

        if (self->has_told && state.network.state == self->told.network.state &&
            state.network.is_metered == self->told.network.is_metered &&
            state.n_tasks == self->told.n_tasks && state.store_state == self->told.store_state)
                return;
        self->told = state;
        self->has_told = TRUE;
        message = message_new(self);
        message->state = state;
        omg_worker_post(self->worker, deliver, message, g_free);
}

static void set_gates(OmgBackground *self)
{
        const OmgNetworkState *network = omg_network_get(self->network);
        guint closed = self->inhibited;

        if (!omg_network_state_may_ask(network))
                closed |= OMG_GATE_OFFLINE;
        if (network->is_metered)
                closed |= OMG_GATE_METERED;
        omg_schedule_set_gates(self->schedule, (OmgGates)closed);
}

static void on_network(const OmgNetworkState *state, gpointer data)
{
        OmgBackground *self = data;

        omg_log_info("Network: %s%s", omg_network_state_get_name(state->state),
                     state->is_metered ? ", metered" : "");
        set_gates(self);
        tell(self);
}

static void on_task(const char *name, gboolean is_queued, guint64 expires_usec, gpointer data)
{
        OmgBackground *self = data;

        omg_records_set_task(self->records, name, is_queued, expires_usec);
        tell(self);
}

static void run_local(gpointer data)
{
        OmgBackground *self = data;
        omg_refresh_request(self->refresh, 0, OMG_REFRESH_ALL, FALSE);
}

static void on_clock(OmgTimerReason reason, gpointer data)
{
        OmgBackground *self = data;

        if (reason == OMG_TIMER_RESUMED)
                omg_schedule_trigger(self->schedule, LOCAL);
}

static void take_conf(OmgBackground *self, const OmgConf *conf)
{
        omg_schedule_set_interval(self->schedule, LOCAL, conf->interval_sec);
}

/* One that was cancelled has looked at nothing. What could not be read the refresh looks at again
 * by itself. */
static void on_refresh_end(const OmgRefreshOutcome *outcome, gpointer data)
{
        OmgBackground *self = data;

        if (outcome->snapshot)
                omg_schedule_done(self->schedule, LOCAL, NULL, 0);
        omg_records_take_refresh(self->records, outcome);
        tell(self);
}

static void deliver_restored(gpointer data)
{
        const Message *message = data;
        const OmgBackgroundEvents *events = &message->background->events;

        events->on_restored(&message->status, events->userdata);
}

/* Posted before the first refresh can be. */
static void restore(OmgBackground *self)
{
        OmgStatus status;
        Message *message;

        self->records = omg_records_new(self->paths->data_dir);
        if (!omg_records_get_status(self->records, &status))
                return;
        message = message_new(self);
        message->status = status;
        omg_worker_post(self->worker, deliver_restored, message, g_free);
}

static void do_start(gpointer data)
{
        OmgBackground *self = data;
        OmgTimers *timers = omg_worker_get_timers(self->worker);
        const OmgScheduleEvents events = {.on_task = on_task, .data = self};
        const OmgFeed local = {.name = LOCAL, .is_local = TRUE, .run = run_local, .data = self};

        restore(self);
        self->network = omg_network_new(omg_worker_get_context(self->worker), timers, NULL,
                                        &self->first_conf, on_network, self);
        self->schedule = omg_schedule_new(timers, &events);
        omg_schedule_add(self->schedule, &local);
        self->clock = omg_timers_add(timers, TRUE, on_clock, self);
        set_gates(self);
        take_conf(self, &self->first_conf);
        omg_refresh_set_on_end(self->refresh, on_refresh_end, self);
        tell(self);
}

static void do_set_conf(gpointer data)
{
        const Message *message = data;
        OmgBackground *self = message->background;

        omg_network_set_conf(self->network, &message->conf);
        take_conf(self, &message->conf);
}

static void do_set_manager(gpointer data)
{
        const Message *message = data;

        omg_network_set_manager(message->background->network, &message->facts);
}

static void do_set_inhibited(gpointer data)
{
        const Message *message = data;
        OmgBackground *self = message->background;

        self->inhibited = message->inhibited;
        set_gates(self);
}

static void do_nothing(gpointer data)
{
}

static void destroy(gpointer data)
{
        OmgBackground *self = data;

        omg_refresh_set_on_end(self->refresh, NULL, NULL);
        omg_schedule_free(self->schedule);
        omg_network_free(self->network);
        omg_timer_free(self->clock);
        omg_records_free(self->records);
        g_free(self);
}

/* ---- main ---- */

OmgBackground *omg_background_new(OmgWorker *worker, OmgRefresh *refresh, const OmgPaths *paths,
                                  const OmgConf *conf, const OmgBackgroundEvents *events)
{
        OmgBackground *self = g_new0(OmgBackground, 1);

        self->worker = worker;
        self->refresh = refresh;
        self->paths = paths;
        self->events = *events;
        self->first_conf = *conf;
        omg_worker_run(worker, do_start, self, NULL);
        return self;
}

void omg_background_set_conf(OmgBackground *self, const OmgConf *conf)
{
        Message *message = message_new(self);

        message->conf = *conf;
        omg_worker_run(self->worker, do_set_conf, message, g_free);
}

void omg_background_set_manager(OmgBackground *self, const OmgNetworkManagerFacts *facts)
{
        Message *message = message_new(self);

        message->facts = *facts;
        omg_worker_run(self->worker, do_set_manager, message, g_free);
}

void omg_background_set_inhibited(OmgBackground *self, gboolean refresh, gboolean network)
{
        Message *message = message_new(self);

        message->inhibited = (refresh ? OMG_GATE_REFRESH_INHIBITED : 0u) |
                             (network ? OMG_GATE_NETWORK_INHIBITED : 0u);
        omg_worker_run(self->worker, do_set_inhibited, message, g_free);
}

void omg_background_free(OmgBackground *self)
{
        if (self)
                omg_worker_run(self->worker, do_nothing, self, destroy);
}
