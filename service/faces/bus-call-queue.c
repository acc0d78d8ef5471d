/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calls that wait: how many may, when they run, and when nobody wants their answer. */
#include <time.h>

#include "base/limits.h"
#include "faces/bus-call-runs.h"
#include "faces/bus-permission.h"
#include "loop/log.h"

/* What the bus does not take sd-bus keeps in memory: 384 * 1024 messages of any size, and then it
 * gives up the connection (BUS_WQUEUE_MAX of bus-internal.h; seen so with libsystemd 252). So calls
 * wait long before that: the longest replies have a few MiB. A refusal for a limit has a few 100
 * bytes and is sent all the same, until so many wait that nobody can be reading. */
#define QUEUED_ENOUGH 8u
#define QUEUED_FULL   (16u << 10)

/* How long one turn of the event loop runs waiting calls. A step of a long answer ends it too. */
#define TURN_USEC 2000

static uint64_t count_queued(sd_bus *bus)
{
        uint64_t n = 0;

        (void)sd_bus_get_n_queued_write(bus, &n);
        return n;
}

gboolean omg_calls_has_room(sd_bus *bus)
{
        return count_queued(bus) < QUEUED_ENOUGH;
}

static guint count_waiting(const OmgCalls *self)
{
        guint n = 0;

        for (guint i = 0; i < OMG_CALLS_N; i++)
                n += self->queues[i].length;
        return n;
}

static guint count_waiting_of(const OmgCalls *self, const char *sender)
{
        guint n = 0;

        for (guint i = 0; i < OMG_CALLS_N; i++)
                for (const GList *l = self->queues[i].head; l; l = l->next)
                        n += g_str_equal(omg_call_get_sender(l->data), sender);
        return n;
}

/* ---- peers that leave ---- */

static void drop_waiting_of(GQueue *queue, const char *sender)
{
        for (GList *l = queue->head, *next; l; l = next) {
                next = l->next;
                if (!g_str_equal(omg_call_get_sender(l->data), sender))
                        continue;
                omg_call_free(l->data);
                g_queue_delete_link(queue, l);
        }
}

static int on_peer_leaves(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        OmgCalls *self = userdata;
        const char *name;

        if (sd_bus_message_read(message, "s", &name) < 0)
                return 0;
        for (guint i = 0; i < OMG_CALLS_N; i++)
                drop_waiting_of(&self->queues[i], name);
        omg_calls_update(self);
        return 0;
}

/* The counter, and the match that is there only while something waits: otherwise every program that
 * leaves the bus would wake omgd. */
static void update_waiting(OmgCalls *self)
{
        sd_bus *bus = self->service->bus;
        guint n = count_waiting(self);

        /* Requests of the socket are in it too. */
        self->service->metrics.calls_waiting += n - (guint64)self->n_counted;
        self->n_counted = n;
        if (n == 0) {
                self->peer_leaves = sd_bus_slot_unref(self->peer_leaves);
        } else if (!self->peer_leaves && bus && sd_bus_is_bus_client(bus) > 0) {
                int r = sd_bus_add_match_async(bus, &self->peer_leaves,
                                               "type='signal',sender='org.freedesktop.DBus',"
                                               "path='/org/freedesktop/DBus',"
                                               "interface='org.freedesktop.DBus',"
                                               "member='NameOwnerChanged',arg2=''",
                                               on_peer_leaves, NULL, self);
                if (r < 0)
                        omg_log_warning("Cannot watch for peers that leave the bus: %s, ignoring",
                                        g_strerror(-r));
        }
}

/* ---- running ---- */

/* Has the calls that are ready run: by the next turn of the loop, or once the bus has taken some.
 */
static void schedule(OmgCalls *self)
{
        sd_bus *bus = self->service->bus;
        gboolean any = self->queues[OMG_CALLS_READY].length > 0;
        gboolean room = bus && omg_calls_has_room(bus);

        if (room)
                self->flood_told = FALSE;
        (void)sd_event_source_set_enabled(self->run, any && room ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(self->post, any && !room ? SD_EVENT_ON : SD_EVENT_OFF);
}

void omg_calls_update(OmgCalls *self)
{
        update_waiting(self);
        schedule(self);
}

static void run_ready(OmgCalls *self)
{
        GQueue *ready = &self->queues[OMG_CALLS_READY];

        for (gint64 now = g_get_monotonic_time(), end = now + TURN_USEC;
             now < end && ready->length > 0; now = g_get_monotonic_time()) {
                OmgCall *call = g_queue_peek_head(ready);
                int r;

                if (!omg_calls_has_room(sd_bus_message_get_bus(call->message)))
                        break;
                r = omg_call_run_again(self, g_queue_pop_head(ready));
                if (r < 0)
                        omg_log_debug("Cannot answer a call that waited: %s, ignoring",
                                      g_strerror(-r));
                if (r == OMG_CALL_UNFINISHED)
                        break;
        }
        omg_calls_update(self);
}

static int on_run(sd_event_source *source, uint64_t usec, void *userdata)
{
        run_ready(userdata);
        return 0;
}

static int on_post(sd_event_source *source, void *userdata)
{
        run_ready(userdata);
        return 0;
}

/* ---- waiting ---- */

static int refuse_for_limit(OmgCalls *self, sd_bus_message *message)
{
        g_autoptr(GError) error = NULL;

        if (count_queued(sd_bus_message_get_bus(message)) >= QUEUED_FULL) {
                self->service->metrics.calls_failed++;
                self->service->metrics.limits_exceeded++;
                if (!self->flood_told)
                        omg_log_warning("Calls come in faster than the bus takes the answers, "
                                        "%u of which wait: leaving calls unanswered, ignoring",
                                        QUEUED_FULL);
                self->flood_told = TRUE;
                return OMG_CALL_ANSWERED;
        }
        g_set_error(&error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                    "%u calls of this sender, or %u in all, wait for an answer already",
                    OMG_LIMIT_CALLS_PER_SENDER, OMG_LIMIT_CALLS_TOTAL);
        return omg_call_reply_error(self->service, message, error);
}

void omg_calls_put(OmgCalls *self, OmgCallsState state, OmgCall *call)
{
        /* One after the other: half-done answers take memory. */
        if (state == OMG_CALLS_READY)
                g_queue_push_head(&self->queues[state], call);
        else
                g_queue_push_tail(&self->queues[state], call);
        if (state == OMG_CALLS_ON_POOL)
                omg_call_start_run(self, call);
        else if (state == OMG_CALLS_ON_WORKER)
                omg_call_start_worker_run(self, call);
        else if (state == OMG_CALLS_FOR_PERMISSION)
                omg_call_ask_for_permission(self, call);
        else if (state == OMG_CALLS_FOR_REFRESH)
                omg_calls_ask(self);
        omg_calls_update(self);
}

int omg_calls_wait(OmgCalls *self, OmgCallsState state, OmgCall *waiting)
{
        g_autoptr(OmgCall) call = waiting;

        if (count_waiting(self) >= OMG_LIMIT_CALLS_TOTAL ||
            count_waiting_of(self, omg_call_get_sender(call)) >= OMG_LIMIT_CALLS_PER_SENDER)
                return refuse_for_limit(self, call->message);
        if (state == OMG_CALLS_READY) {
                g_queue_push_tail(&self->queues[state], g_steal_pointer(&call));
                omg_calls_update(self);
        } else {
                omg_calls_put(self, state, g_steal_pointer(&call));
        }
        return 1;
}

void omg_calls_wake(OmgCalls *self, guint64 begun_usec, guint what)
{
        GQueue *for_data = &self->queues[OMG_CALLS_FOR_DATA];

        while (for_data->length > 0)
                g_queue_push_tail_link(&self->queues[OMG_CALLS_READY],
                                       g_queue_pop_head_link(for_data));
        omg_calls_take_refresh(self, begun_usec, what);
        omg_calls_update(self);
}

void omg_calls_drop(OmgCalls *self)
{
        for (guint i = 0; i < OMG_CALLS_N; i++)
                g_queue_clear_full(&self->queues[i], (GDestroyNotify)omg_call_free);
        omg_calls_update(self);
}

void omg_calls_refuse(OmgCalls *self, const GError *error)
{
        for (guint i = 0; i < OMG_CALLS_N; i++)
                for (const GList *l = self->queues[i].head; l; l = l->next)
                        (void)omg_call_reply_error(self->service, ((OmgCall *)l->data)->message,
                                                   error);
        omg_calls_drop(self);
}

/* ---- life ---- */

OmgCalls *omg_calls_new(OmgService *service)
{
        OmgCalls *self = g_new0(OmgCalls, 1);

        self->service = service;
        for (guint i = 0; i < OMG_CALLS_N; i++)
                g_queue_init(&self->queues[i]);
        /* These fail for lack of memory alone, at the start. */
        if (sd_event_add_time(service->event, &self->run, CLOCK_MONOTONIC, 0, 1, on_run, self) <
                    0 ||
            sd_event_source_set_enabled(self->run, SD_EVENT_OFF) < 0 ||
            sd_event_add_post(service->event, &self->post, on_post, self) < 0 ||
            sd_event_source_set_enabled(self->post, SD_EVENT_OFF) < 0)
                g_error("Cannot make event sources");
        return self;
}

void omg_calls_free(OmgCalls *self)
{
        if (!self)
                return;
        omg_calls_drop(self);
        sd_event_source_disable_unref(self->run);
        sd_event_source_disable_unref(self->post);
        g_free(self);
}
