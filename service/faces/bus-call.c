/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/bus-call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "base/limits.h"
#include "loop/log.h"

/* What the bus does not take sd-bus keeps in memory: 384 * 1024 messages of any size, and then it
 * gives up the connection (BUS_WQUEUE_MAX of bus-internal.h; seen so with libsystemd 252). So calls
 * wait long before that: the longest replies have a few MiB. A refusal for a limit has a few 100
 * bytes and is sent all the same, until so many wait that nobody can be reading. */
#define QUEUED_ENOUGH 8u
#define QUEUED_FULL   (16u << 10)

/* How long one turn of the event loop runs waiting calls. A step of a long answer ends it too. */
#define TURN_USEC 2000

/* A snapshot that is damaged again and again: somebody keeps cutting the files. */
#define MAX_DAMAGED_RUNS 3u

/* A call that is worked on, now or later. */
typedef struct {
        sd_bus_message *message;
        const OmgMethod *method;
        guint damaged_runs;

        /* While it is answered step by step: */
        sd_bus_message *reply;
        OmgSnapshot *snapshot; /* what the answer was begun with */
        OmgStepFunc step;
        gpointer progress;
        GDestroyNotify free_progress;
} Waiting;

/* What running a call came to, beside a negative errno. */
enum {
        RUN_ANSWERED = 1,
        RUN_UNFINISHED,
        RUN_DAMAGED, /* nothing was sent: the snapshot under it is damaged */
};

struct OmgCalls {
        OmgService *service;
        GQueue for_data; /* Waiting, until the next snapshot */
        GQueue ready;    /* Waiting, as soon as the bus has room */
        /* On while calls can run. A timer that is over, because sd-event counts a defer source as
         * the one that waits longest for ever: no message would be read in between. */
        sd_event_source *run;
        sd_event_source *post;    /* on while the bus has no room: looks after every event */
        sd_bus_slot *peer_leaves; /* only while something waits */
        Waiting *current;         /* while a method runs */
        gboolean flood_told;      /* since the last time the bus had room */
};

int omg_call_fail(GError **error, OmgError code, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        if (error)
                *error = g_error_new_valist(OMG_ERROR, (gint)code, format, args);
        va_end(args);
        return -EBADMSG;
}

static Waiting *waiting_new(sd_bus_message *call, const OmgMethod *method)
{
        Waiting *waiting = g_new0(Waiting, 1);

        waiting->message = sd_bus_message_ref(call);
        waiting->method = method;
        return waiting;
}

/* Throws the answer away, as far as there is one. */
static void waiting_reset(Waiting *waiting)
{
        waiting->reply = sd_bus_message_unref(waiting->reply);
        g_clear_pointer(&waiting->snapshot, omg_snapshot_unref);
        if (waiting->free_progress)
                waiting->free_progress(waiting->progress);
        waiting->step = NULL;
        waiting->progress = NULL;
        waiting->free_progress = NULL;
}

static void waiting_free(Waiting *waiting)
{
        waiting_reset(waiting);
        sd_bus_message_unref(waiting->message);
        g_free(waiting);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Waiting, waiting_free)

static const char *get_sender(sd_bus_message *message)
{
        /* Without a bus in between there is no sender: one peer. */
        return sd_bus_message_get_sender(message) ?: "";
}

static uint64_t count_queued(sd_bus *bus)
{
        uint64_t n = 0;

        (void)sd_bus_get_n_queued_write(bus, &n);
        return n;
}

/* The one place where an error of ours becomes one of the bus. */
static int reply_error(OmgService *service, sd_bus_message *call, const GError *error)
{
        g_autofree char *valid = g_utf8_make_valid(error->message, -1);
        int code = omg_error_get_code(error);
        int r;

        service->metrics.calls_failed++;
        if (code == OMG_ERROR_LIMITS_EXCEEDED)
                service->metrics.limits_exceeded++;
        if (omg_log_enabled(LOG_DEBUG))
                omg_log_with(LOG_DEBUG, NULL,
                             (&(OmgLogFields){.method = sd_bus_message_get_member(call),
                                              .sender = sd_bus_message_get_sender(call)}),
                             "Call fails: %s", valid);
        r = sd_bus_reply_method_error(
                call, &SD_BUS_ERROR_MAKE_CONST(omg_error_get_dbus_name(code), valid));
        return r < 0 ? r : 1; /* 0: the caller wants no reply */
}

/* ---- running ---- */

static int send_result(OmgService *service, sd_bus_message *call, sd_bus_message *reply, int r,
                       const GError *error)
{
        g_autoptr(GError) unwritten = NULL;

        if (error)
                return reply_error(service, call, error);
        if (r >= 0)
                r = sd_bus_message_send(reply);
        if (r >= 0)
                return 1;
        /* Only reading gives EBADMSG; the rest is not the caller's fault, whatever errno says. */
        if (r == -EBADMSG)
                g_set_error(&unwritten, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "The message cannot be read");
        else
                g_set_error(&unwritten, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "The answer could not be written: %s", g_strerror(-r));
        return reply_error(service, call, unwritten);
}

/* Begins an answer, or goes on with it. */
static int run_func(OmgService *service, Waiting *waiting, GError **error)
{
        int r;

        if (waiting->reply)
                return waiting->step(waiting->snapshot, waiting->message, waiting->reply,
                                     waiting->progress, error);
        if ((r = sd_bus_message_rewind(waiting->message, true)) < 0 ||
            (r = sd_bus_message_new_method_return(waiting->message, &waiting->reply)) < 0)
                return r;
        if (waiting->method->needs_data)
                waiting->snapshot = omg_snapshot_ref(service->snapshot);
        service->calls->current = waiting;
        r = waiting->method->func(service, waiting->message, waiting->reply, error);
        service->calls->current = NULL;
        return r;
}

static int run_method(OmgService *service, Waiting *waiting)
{
        g_autoptr(GError) error = NULL;
        int r;

        r = run_func(service, waiting, &error);
        if (waiting->snapshot && omg_snapshot_is_damaged(waiting->snapshot)) {
                waiting_reset(waiting);
                return RUN_DAMAGED;
        }
        if (r == -EINPROGRESS && waiting->step)
                return RUN_UNFINISHED;
        return send_result(service, waiting->message, waiting->reply, r, error);
}

int omg_calls_go_on(OmgCalls *self, OmgStepFunc step, gpointer progress,
                    GDestroyNotify free_progress)
{
        self->current->step = step;
        self->current->progress = progress;
        self->current->free_progress = free_progress;
        return -EINPROGRESS;
}

/* ---- waiting ---- */

static gboolean has_room(sd_bus *bus)
{
        return count_queued(bus) < QUEUED_ENOUGH;
}

static guint count_waiting(const OmgCalls *self)
{
        return self->for_data.length + self->ready.length;
}

static guint count_waiting_of(const GQueue *queue, const char *sender)
{
        guint n = 0;

        for (const GList *l = queue->head; l; l = l->next)
                n += g_str_equal(get_sender(((Waiting *)l->data)->message), sender);
        return n;
}

static void drop_waiting_of(GQueue *queue, const char *sender)
{
        for (GList *l = queue->head, *next; l; l = next) {
                next = l->next;
                if (!g_str_equal(get_sender(((Waiting *)l->data)->message), sender))
                        continue;
                waiting_free(l->data);
                g_queue_delete_link(queue, l);
        }
}

static int on_peer_leaves(sd_bus_message *message, void *userdata, sd_bus_error *ret_error);

/* The counter, and the match that is there only while something waits: otherwise every program that
 * leaves the bus would wake omgd. */
static void update_waiting(OmgCalls *self)
{
        sd_bus *bus = self->service->bus;

        self->service->metrics.calls_waiting = count_waiting(self);
        if (count_waiting(self) == 0) {
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

static int on_peer_leaves(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        OmgCalls *self = userdata;
        const char *name;

        if (sd_bus_message_read(message, "s", &name) < 0)
                return 0;
        drop_waiting_of(&self->for_data, name);
        drop_waiting_of(&self->ready, name);
        update_waiting(self);
        return 0;
}

/* Has the calls that are ready run: by the next turn of the loop, or once the bus has taken some.
 */
static void schedule(OmgCalls *self)
{
        sd_bus *bus = self->service->bus;
        gboolean any = self->ready.length > 0;
        gboolean room = bus && has_room(bus);

        if (room)
                self->flood_told = FALSE;
        (void)sd_event_source_set_enabled(self->run, any && room ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(self->post, any && !room ? SD_EVENT_ON : SD_EVENT_OFF);
}

static void ask_for_repair(OmgService *service)
{
        if (service->damage_told)
                return;
        service->damage_told = TRUE;
        omg_log_warning("An index file was shortened while it was in use; it is checked again");
        service->actions.refresh(0, OMG_REFRESH_ALL, FALSE, service->actions.userdata);
}

static int refuse_damaged(OmgService *service, sd_bus_message *call)
{
        g_autoptr(GError) error = g_error_new_literal(OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                                      "The index files are damaged time and again");

        return reply_error(service, call, error);
}

/* Runs a call that waited; it may have to wait again. */
static int run_waiting(OmgCalls *self, Waiting *call)
{
        g_autoptr(Waiting) waiting = call;
        OmgService *service = self->service;
        int r;

        if (waiting->method->needs_data && !service->snapshot) {
                g_queue_push_tail(&self->for_data, g_steal_pointer(&waiting));
                return RUN_DAMAGED;
        }
        r = run_method(service, waiting);
        if (r == RUN_UNFINISHED) {
                /* One after the other: half-done answers take memory. */
                g_queue_push_head(&self->ready, g_steal_pointer(&waiting));
        } else if (r == RUN_DAMAGED) {
                ask_for_repair(service);
                if (++waiting->damaged_runs >= MAX_DAMAGED_RUNS)
                        return refuse_damaged(service, waiting->message);
                g_queue_push_tail(&self->for_data, g_steal_pointer(&waiting));
        }
        return r;
}

static void run_ready(OmgCalls *self)
{
        for (gint64 now = g_get_monotonic_time(), end = now + TURN_USEC;
             now < end && self->ready.length > 0; now = g_get_monotonic_time()) {
                Waiting *waiting = g_queue_peek_head(&self->ready);
                int r;

                if (!has_room(sd_bus_message_get_bus(waiting->message)))
                        break;
                r = run_waiting(self, g_queue_pop_head(&self->ready));
                if (r < 0)
                        omg_log_debug("Cannot answer a call that waited: %s, ignoring",
                                      g_strerror(-r));
                if (r == RUN_UNFINISHED)
                        break;
        }
        update_waiting(self);
        schedule(self);
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

static int refuse_for_limit(OmgCalls *self, sd_bus_message *call)
{
        g_autoptr(GError) error = NULL;

        if (count_queued(sd_bus_message_get_bus(call)) >= QUEUED_FULL) {
                self->service->metrics.calls_failed++;
                self->service->metrics.limits_exceeded++;
                if (!self->flood_told)
                        omg_log_warning("Calls come in faster than the bus takes the answers, "
                                        "%u of which wait: leaving calls unanswered, ignoring",
                                        QUEUED_FULL);
                self->flood_told = TRUE;
                return 1;
        }
        g_set_error(&error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                    "%u calls of this sender, or %u in all, wait for an answer already",
                    OMG_LIMIT_CALLS_PER_SENDER, OMG_LIMIT_CALLS_TOTAL);
        return reply_error(self->service, call, error);
}

static int wait_in(OmgCalls *self, GQueue *queue, Waiting *call)
{
        g_autoptr(Waiting) waiting = call;
        const char *sender = get_sender(waiting->message);

        if (count_waiting(self) >= OMG_LIMIT_CALLS_TOTAL ||
            count_waiting_of(&self->for_data, sender) + count_waiting_of(&self->ready, sender) >=
                    OMG_LIMIT_CALLS_PER_SENDER)
                return refuse_for_limit(self, waiting->message);

        g_queue_push_tail(queue, g_steal_pointer(&waiting));
        update_waiting(self);
        schedule(self);
        return 1;
}

/* ---- the interface ---- */

int omg_calls_handle(OmgService *service, sd_bus_message *call, const OmgMethod *method)
{
        OmgCalls *self = service->calls;
        g_autoptr(Waiting) waiting = NULL;
        int r;

        service->metrics.calls_total++;
        G_STRUCT_MEMBER(guint64, &service->metrics, method->counter)++;

        if (service->closing) {
                g_autoptr(GError) error =
                        g_error_new_literal(OMG_ERROR, OMG_ERROR_UNAVAILABLE, "omgd is ending");
                return reply_error(service, call, error);
        }
        waiting = waiting_new(call, method);
        if (method->needs_data && !service->snapshot)
                return wait_in(self, &self->for_data, g_steal_pointer(&waiting));
        if (!has_room(sd_bus_message_get_bus(call)))
                return wait_in(self, &self->ready, g_steal_pointer(&waiting));

        r = run_method(service, waiting);
        if (r == RUN_UNFINISHED)
                return wait_in(self, &self->ready, g_steal_pointer(&waiting));
        if (r != RUN_DAMAGED)
                return r;
        ask_for_repair(service);
        waiting->damaged_runs = 1;
        return wait_in(self, &self->for_data, g_steal_pointer(&waiting));
}

void omg_calls_wake(OmgCalls *self)
{
        while (self->for_data.length > 0)
                g_queue_push_tail_link(&self->ready, g_queue_pop_head_link(&self->for_data));
        schedule(self);
}

void omg_calls_drop(OmgCalls *self)
{
        g_queue_clear_full(&self->for_data, (GDestroyNotify)waiting_free);
        g_queue_clear_full(&self->ready, (GDestroyNotify)waiting_free);
        update_waiting(self);
        schedule(self);
}

static void refuse_queue(OmgCalls *self, GQueue *queue, const GError *error)
{
        for (const GList *l = queue->head; l; l = l->next)
                (void)reply_error(self->service, ((Waiting *)l->data)->message, error);
}

void omg_calls_refuse(OmgCalls *self, const GError *error)
{
        refuse_queue(self, &self->ready, error);
        refuse_queue(self, &self->for_data, error);
        omg_calls_drop(self);
}

OmgCalls *omg_calls_new(OmgService *service)
{
        OmgCalls *self = g_new0(OmgCalls, 1);

        self->service = service;
        g_queue_init(&self->for_data);
        g_queue_init(&self->ready);
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
