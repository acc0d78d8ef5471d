/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/background.h"

#include "base/error.h"
#include "loop/background-private.h"
#include "loop/log.h"
#include "loop/refresh-mirrors.h"

#define LOCAL   "local"
#define MIRRORS "mirrors"

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

/* ---- mirrors ---- */

static gboolean are_mirrors_near(gpointer data)
{
        const OmgBackground *self = data;
        return omg_refresh_mirrors_are_near(self->refresh);
}

static void run_mirrors(gpointer data)
{
        OmgBackground *self = data;
        omg_refresh_request(self->refresh, 0,
                            (OmgRefreshWhat)(OMG_REFRESH_ALL | OMG_REFRESH_MIRRORS), FALSE);
}

/* Who waits for an answer is disturbed by none of it but that there is no network. */
GError *omg_background_may_ask(OmgRefreshWhat what, gpointer data)
{
        const OmgBackground *self = data;
        const OmgNetworkState *network = omg_network_get(self->network);

        if (!omg_network_state_may_ask(network))
                return g_error_new(OMG_ERROR, OMG_ERROR_OFFLINE, "the network is %s",
                                   omg_network_state_get_name(network->state));
        if (what & OMG_REFRESH_FOREGROUND)
                return NULL;
        if (network->is_metered && !(what & OMG_REFRESH_ALLOW_METERED))
                return g_error_new_literal(OMG_ERROR, OMG_ERROR_METERED, "the link is metered");
        if (self->inhibited != 0)
                return g_error_new_literal(OMG_ERROR, OMG_ERROR_INHIBITED,
                                           "an inhibitor of refreshes or of the network is held");
        return NULL;
}

/* What earlier runs of omgd knew of the mirrors is known from the first look at the machine on. */
static void set_mirrors(OmgBackground *self)
{
        if (self->has_looked)
                omg_schedule_set_interval(self->schedule, MIRRORS, self->mirrors_sec);
        omg_refresh_set_mirrors(self->refresh, &(OmgRefreshMirrors){
                                                       .is_enabled = self->mirrors_sec > 0,
                                                       .launcher = self->launcher,
                                                       .may_ask = omg_background_may_ask,
                                                       .data = self,
                                               });
}

/* One that asked nobody, because of pacman.conf say, has ended too. */
static void take_mirrors(OmgBackground *self, const OmgRefreshOutcome *outcome)
{
        if (!self->has_looked) {
                self->has_looked = TRUE;
                omg_schedule_restore(self->schedule, MIRRORS,
                                     omg_refresh_get_mirrors_as_of(self->refresh),
                                     omg_records_get_task(self->records, MIRRORS));
                set_mirrors(self);
                omg_background_restore_feeds(self);
        }
        if (outcome->what & OMG_REFRESH_MIRRORS)
                omg_schedule_done(self->schedule, MIRRORS,
                                  outcome->mirrors.is_asked ? outcome->mirrors.error
                                                            : outcome->error,
                                  outcome->mirrors.pause_sec);
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
        self->mirrors_sec = conf->mirrors_sec;
        set_mirrors(self);
        omg_background_set_feeds(self, conf);
        omg_aur_rpc_set_conf(self->aur_rpc, conf);
}

/* That cache.db cannot be written is told by its records. */
static void keep_maintainers(OmgBackground *self)
{
        g_autoptr(GError) error = NULL;

        if (!omg_aur_watch_keep(self->aur_watch, self->audit_log, &error))
                omg_log_debug("Maintainers of the AUR are not kept: %s, ignoring", error->message);
}

/* One that was cancelled has looked at nothing. What could not be read the refresh looks at again
 * by itself. */
static void on_refresh_end(const OmgRefreshOutcome *outcome, gpointer data)
{
        OmgBackground *self = data;

        if (outcome->snapshot) {
                omg_schedule_done(self->schedule, LOCAL, NULL, 0);
                take_mirrors(self, outcome);
                omg_background_take_feeds(self, outcome);
        }
        omg_records_take_refresh(self->records, outcome);
        omg_audit_watch_take_refresh(self->audit_watch, outcome);
        keep_maintainers(self);
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
        self->aur_watch = omg_aur_watch_new(omg_records_get_db(self->records));
        omg_refresh_set_aur_watch(self->refresh, self->aur_watch);
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
        const OmgFeed mirrors = {
                .name = MIRRORS, .is_near = are_mirrors_near, .run = run_mirrors, .data = self};

        restore(self);
        self->network = omg_network_new(omg_worker_get_context(self->worker), timers, NULL,
                                        &self->first_conf, on_network, self);
        self->schedule = omg_schedule_new(timers, &events);
        omg_schedule_add(self->schedule, &local);
        omg_schedule_add(self->schedule, &mirrors);
        omg_background_add_feeds(self);
        omg_background_add_aur(self);
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
        /* The audit may have to do without a feed, or with one more. */
        omg_refresh_request(self->refresh, 0, OMG_REFRESH_ALL, FALSE);
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

typedef struct {
        OmgBackground *background;
        OmgAuditLog *log;
} AuditMessage;

static void audit_message_free(gpointer data)
{
        AuditMessage *message = data;

        omg_audit_log_unref(message->log);
        g_free(message);
}

static void do_set_audit_log(gpointer data)
{
        const AuditMessage *message = data;
        OmgBackground *self = message->background;

        self->audit_log = omg_audit_log_ref(message->log);
        self->audit_watch = omg_audit_watch_new(message->log, self->paths);
}

static void do_nothing(gpointer data)
{
}

static void destroy(gpointer data)
{
        OmgBackground *self = data;

        omg_refresh_set_on_end(self->refresh, NULL, NULL);
        omg_refresh_set_mirrors(self->refresh, &(OmgRefreshMirrors){});
        omg_refresh_set_feeds(self->refresh, &(OmgRefreshFeeds){});
        omg_refresh_set_aur(self->refresh, &(OmgRefreshAurSettings){});
        omg_aur_rpc_free(self->aur_rpc);
        omg_schedule_free(self->schedule);
        omg_network_free(self->network);
        omg_timer_free(self->clock);
        omg_refresh_set_aur_watch(self->refresh, NULL);
        omg_aur_watch_free(self->aur_watch);
        omg_records_free(self->records);
        omg_audit_watch_free(self->audit_watch);
        omg_audit_log_unref(self->audit_log);
        g_free(self);
}

/* ---- main ---- */

OmgBackground *omg_background_new(OmgWorker *worker, OmgRefresh *refresh, const OmgPaths *paths,
                                  OmgLauncher *launcher, const OmgConf *conf,
                                  const OmgBackgroundEvents *events)
{
        OmgBackground *self = g_new0(OmgBackground, 1);

        self->worker = worker;
        self->refresh = refresh;
        self->paths = paths;
        self->launcher = launcher;
        self->events = *events;
        self->first_conf = *conf;
        omg_worker_run(worker, do_start, self, NULL);
        return self;
}

void omg_background_set_audit_log(OmgBackground *self, OmgAuditLog *log)
{
        AuditMessage *message = g_new0(AuditMessage, 1);

        message->background = self;
        message->log = omg_audit_log_ref(log);
        omg_worker_run(self->worker, do_set_audit_log, message, audit_message_free);
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
