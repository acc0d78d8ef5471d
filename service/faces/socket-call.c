/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/socket-call.h"

#include <systemd/sd-event.h>
#include <time.h>

#include "base/clock.h"
#include "faces/socket-work.h"

/* How long one turn of the event loop runs requests that waited. */
#define TURN_USEC 2000

/* Batches that are worked on at once. The pool's other thread stays with those who ask for one
 * thing. */
#define MOST_BATCHES (OMG_POOL_THREADS - 1)

/* What is done on another thread: of main's only copies. */
typedef struct {
        OmgSocketCall *call; /* valid while the job is not cancelled; for main alone */
        GBytes *body;
        OmgSnapshot *snapshot; /* may be NULL */
        OmgStatus status;
        OmgMetrics metrics; /* as they were */
        OmgRuntimeList *runtimes;
        guint cache_size;
        gboolean search_aur;
        OmgSocketFacts facts;

        OmgSocketOutcome outcome;
        GByteArray *frame;
        OmgMetrics counted;
        gboolean clear_cache;
} Run;

struct OmgSocketCall {
        OmgSocketCalls *calls;
        GBytes *body;
        OmgSocketFacts facts;
        guint damaged_runs;
        OmgSocketDone done;
        gpointer userdata;
        GQueue *queue; /* it is in, or NULL */
        GList link;
        OmgPoolJob *job;   /* under way, or NULL */
        gboolean is_batch; /* and is one of n_batches */
};

struct OmgSocketCalls {
        OmgService *service;
        OmgWireArena *arena;
        OmgWireEncoder *encoder;
        guint n_calls;
        guint n_batches; /* on the pool */
        GQueue for_data; /* wait for the next snapshot */
        GQueue for_pool; /* batches that wait for the one that is on the pool */
        GQueue ready;
        /* On while calls can run. A timer that is over, because sd-event counts a defer source as
         * the one that waits longest for ever: no connection would be read in between. */
        sd_event_source *run;
};

static void update_run(OmgSocketCalls *self)
{
        (void)sd_event_source_set_enabled(self->run,
                                          self->ready.length > 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void put(OmgSocketCall *call, GQueue *queue)
{
        call->queue = queue;
        g_queue_push_tail_link(queue, &call->link);
        update_run(call->calls);
}

static void take_out(OmgSocketCall *call)
{
        if (!call->queue)
                return;
        g_queue_unlink(call->queue, &call->link);
        call->queue = NULL;
        update_run(call->calls);
}

static void leave_pool(OmgSocketCall *call);

static void call_free(OmgSocketCall *call)
{
        take_out(call);
        leave_pool(call);
        call->calls->n_calls--;
        call->calls->service->metrics.calls_waiting--;
        g_bytes_unref(call->body);
        g_free(call);
}

/* ---- what answers are made with, on main ---- */

static OmgSocketWork get_work(OmgSocketCalls *self)
{
        OmgService *service = self->service;

        return (OmgSocketWork){
                .context =
                        {
                                .snapshot = service->snapshot,
                                .status = &service->loaded,
                                .metrics = &service->metrics,
                                .runtimes = service->runtimes.list,
                                .cache = self->service->replies,
                                .search_aur = service->search_aur,
                                .search = service->search,
                                .arena = self->arena,
                        },
                .encoder = self->encoder,
                .counters = &service->metrics,
                .is_ending = service->closing,
        };
}

static void append_error(OmgSocketCalls *self, guint64 id, OmgError code, const char *message,
                         GByteArray *out)
{
        OmgSocketWork work = get_work(self);

        omg_wire_arena_reset(self->arena);
        omg_socket_work_fail(&work, id, code, message, out);
}

/* ---- on another thread ---- */

static void run_free(gpointer data)
{
        Run *run = data;

        g_bytes_unref(run->body);
        omg_snapshot_unref(run->snapshot);
        omg_runtime_list_unref(run->runtimes);
        g_clear_pointer(&run->frame, g_byte_array_unref);
        g_free(run);
}

static gboolean is_cancelled(gconstpointer job)
{
        return omg_pool_job_is_cancelled(job);
}

static void work_on_pool(const OmgPoolJob *job, gpointer data)
{
        Run *run = data;
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();
        g_autoptr(OmgWireEncoder) encoder = omg_wire_encoder_new();
        g_autoptr(OmgSearch) search = omg_search_new();
        OmgInterrupt interrupt = {is_cancelled, job};
        OmgSocketWork work = {
                .context =
                        {
                                .snapshot = run->snapshot,
                                .status = &run->status,
                                .metrics = &run->metrics,
                                .runtimes = run->runtimes,
                                .cache_size = run->cache_size,
                                .search_aur = run->search_aur,
                                .search = search,
                                .arena = arena,
                                .interrupt = &interrupt,
                        },
                .encoder = encoder,
                .counters = &run->counted,
        };
        gsize length;
        const guint8 *body = g_bytes_get_data(run->body, &length);

        run->frame = g_byte_array_new();
        run->outcome = omg_socket_work_run(&work, body, length, &run->facts, run->frame);
        run->clear_cache = work.context.clear_cache;
}

static void on_pool_done(gpointer data);

/* FALSE: omgd is ending, and the pool has. */
static gboolean run_on_pool(OmgSocketCall *call)
{
        OmgSocketCalls *self = call->calls;
        OmgService *service = self->service;
        Run *run = g_new0(Run, 1);

        *run = (Run){
                .call = call,
                .body = g_bytes_ref(call->body),
                .snapshot = service->snapshot ? omg_snapshot_ref(service->snapshot) : NULL,
                .status = service->loaded,
                .metrics = service->metrics,
                .runtimes = service->runtimes.list ? omg_runtime_list_ref(service->runtimes.list)
                                                   : NULL,
                .cache_size = omg_cache_count(self->service->replies, omg_clock_now()),
                .search_aur = service->search_aur,
                .facts = call->facts,
        };
        call->job = omg_pool_run(service->pool, work_on_pool, on_pool_done, run, run_free);
        if (call->job)
                service->metrics.calls_on_pool++;
        return call->job != NULL;
}

/* The tag of a lone request is its first byte. */
static gboolean is_batch(const OmgSocketCall *call)
{
        gsize length;
        const guint8 *body = g_bytes_get_data(call->body, &length);

        return length > 0 && body[0] == OMG_WIRE_BATCH;
}

static gboolean start_on_pool(OmgSocketCall *call)
{
        OmgSocketCalls *self = call->calls;

        if (!is_batch(call))
                return run_on_pool(call);
        if (self->n_batches >= MOST_BATCHES) {
                put(call, &self->for_pool);
                return TRUE;
        }
        call->is_batch = run_on_pool(call);
        self->n_batches += call->is_batch;
        return call->is_batch;
}

/* Its job is done, or not wanted any more: the next batch's turn. */
static void leave_pool(OmgSocketCall *call)
{
        OmgSocketCalls *self = call->calls;
        OmgSocketCall *next;

        if (call->job)
                omg_pool_job_cancel(g_steal_pointer(&call->job));
        if (!call->is_batch)
                return;
        call->is_batch = FALSE;
        self->n_batches--;
        next = g_queue_peek_head(&self->for_pool);
        if (!next)
                return;
        take_out(next);
        /* Then omgd is ending, which it is told where it runs. */
        if (!start_on_pool(next))
                put(next, &self->ready);
}

/* ---- what a go has come to ---- */

/* TRUE: the call is answered, in @frame; FALSE: it waits. @snapshot: what the go has read. */
static gboolean take_outcome(OmgSocketCall *call, OmgSocketOutcome outcome,
                             const OmgSnapshot *snapshot, GByteArray *frame)
{
        OmgSocketCalls *self = call->calls;
        OmgService *service = self->service;

        switch (outcome) {
        case OMG_SOCKET_WORK_ANSWERED:
        case OMG_SOCKET_WORK_UNDECODABLE:
                return TRUE;
        case OMG_SOCKET_WORK_FOR_DATA:
                put(call, service->snapshot ? &self->ready : &self->for_data);
                return FALSE;
        case OMG_SOCKET_WORK_ON_POOL:
                if (start_on_pool(call))
                        return FALSE;
                append_error(self, call->facts.id, OMG_ERROR_UNAVAILABLE, OMG_SERVICE_ENDING_TEXT,
                             frame);
                return TRUE;
        case OMG_SOCKET_WORK_DAMAGED:
                break;
        }
        if (++call->damaged_runs >= OMG_SERVICE_DAMAGED_RUNS) {
                append_error(self, call->facts.id, OMG_ERROR_UNAVAILABLE, OMG_SERVICE_DAMAGED_TEXT,
                             frame);
                return TRUE;
        }
        /* Another may have come while a thread read the damaged one. */
        if (service->snapshot != snapshot) {
                put(call, &self->ready);
                return FALSE;
        }
        omg_service_ask_for_repair(service);
        put(call, &self->for_data);
        return FALSE;
}

static OmgSocketVerdict get_verdict(OmgSocketOutcome outcome)
{
        return outcome == OMG_SOCKET_WORK_UNDECODABLE ? OMG_SOCKET_UNDECODABLE
                                                      : OMG_SOCKET_ANSWERED;
}

/* Whoever waits may do anything in done: even end the call of another. */
static void end_call(OmgSocketCall *call, OmgSocketOutcome outcome, GByteArray *frame)
{
        OmgSocketDone done = call->done;
        gpointer userdata = call->userdata;

        call_free(call);
        done(frame, get_verdict(outcome), userdata);
}

/* Adds one thread's counts to main's. All members are numbers of one type. */
static void add_counts(OmgMetrics *metrics, const OmgMetrics *counted)
{
#define X(member, key) metrics->member += counted->member;
        OMG_METRICS_TABLE(X)
#undef X
        metrics->other_calls += counted->other_calls;
}

static void on_pool_done(gpointer data)
{
        Run *run = data;
        OmgSocketCall *call = run->call;
        OmgSocketCalls *self = call->calls;

        call->job = NULL;
        leave_pool(call);
        call->facts.has_id = run->facts.has_id;
        call->facts.id = run->facts.id;
        /* Of a go that comes to nothing nothing is counted: it is counted when it comes again. */
        if (run->outcome == OMG_SOCKET_WORK_ANSWERED ||
            run->outcome == OMG_SOCKET_WORK_UNDECODABLE) {
                add_counts(&self->service->metrics, &run->counted);
                if (run->clear_cache)
                        omg_cache_clear(self->service->replies);
        }
        if (take_outcome(call, run->outcome, run->snapshot, run->frame))
                end_call(call, run->outcome, run->frame);
}

/* ---- running ---- */

static gboolean is_long(gsize length)
{
        return length > OMG_LIMIT_BODY_ON_MAIN;
}

static void run_again(OmgSocketCalls *self, OmgSocketCall *call)
{
        g_autoptr(GByteArray) frame = g_byte_array_new();
        OmgSocketOutcome outcome = OMG_SOCKET_WORK_ON_POOL;
        OmgSocketWork work = get_work(self);
        gsize length;
        const guint8 *body = g_bytes_get_data(call->body, &length);

        if (!is_long(length) || self->service->closing)
                outcome = omg_socket_work_run(&work, body, length, &call->facts, frame);
        if (take_outcome(call, outcome, self->service->snapshot, frame))
                end_call(call, outcome, frame);
}

static int on_run(sd_event_source *source, uint64_t usec, void *userdata)
{
        OmgSocketCalls *self = userdata;

        for (gint64 now = g_get_monotonic_time(), end = now + TURN_USEC;
             now < end && self->ready.length > 0; now = g_get_monotonic_time()) {
                OmgSocketCall *call = self->ready.head->data;

                take_out(call);
                run_again(self, call);
        }
        update_run(self);
        return 0;
}

static OmgSocketCall *call_new(OmgSocketCalls *self, const guint8 *body, gsize length,
                               const OmgSocketFacts *facts, OmgSocketDone done, gpointer userdata)
{
        OmgSocketCall *call = g_new0(OmgSocketCall, 1);

        call->calls = self;
        call->body = g_bytes_new(body, length);
        call->facts = *facts;
        call->done = done;
        call->userdata = userdata;
        call->link.data = call;
        self->n_calls++;
        self->service->metrics.calls_waiting++;
        return call;
}

OmgSocketVerdict omg_socket_call(OmgSocketCalls *self, const guint8 *body, gsize length,
                                 gboolean is_refused, GByteArray *out, OmgSocketDone done,
                                 gpointer userdata, OmgSocketCall **ret_call)
{
        OmgSocketOutcome outcome = OMG_SOCKET_WORK_ON_POOL;
        OmgSocketWork work = get_work(self);
        OmgSocketFacts facts = {.is_refused = is_refused};
        OmgSocketCall *call;

        self->service->metrics.calls_total++;
        if (!is_long(length) || self->service->closing)
                outcome = omg_socket_work_run(&work, body, length, &facts, out);
        if (outcome == OMG_SOCKET_WORK_ANSWERED || outcome == OMG_SOCKET_WORK_UNDECODABLE)
                return get_verdict(outcome);

        call = call_new(self, body, length, &facts, done, userdata);
        if (take_outcome(call, outcome, self->service->snapshot, out)) {
                call_free(call);
                return get_verdict(outcome);
        }
        *ret_call = call;
        return OMG_SOCKET_LATER;
}

void omg_socket_calls_wake(OmgSocketCalls *self)
{
        OmgSocketCall *call;

        if (!self->service->snapshot)
                return;
        omg_cache_set_generation(self->service->replies, self->service->snapshot->generation);
        while ((call = g_queue_peek_head(&self->for_data))) {
                take_out(call);
                put(call, &self->ready);
        }
}

/* ---- ends ---- */

void omg_socket_call_cancel(OmgSocketCall *call)
{
        call_free(call);
}

void omg_socket_call_fail(OmgSocketCall *call, OmgError code, const char *message, GByteArray *out)
{
        OmgSocketCalls *self = call->calls;
        OmgSocketWork work = get_work(self);
        gsize length;
        const guint8 *body = g_bytes_get_data(call->body, &length);

        /* A long body whose turn on the pool has not ended: so rare that main can look itself. */
        if (!call->facts.has_id)
                (void)omg_socket_work_read_id(&work, body, length, &call->facts.id);
        append_error(self, call->facts.id, code, message, out);
        call_free(call);
}

void omg_socket_error_append(OmgSocketCalls *self, OmgError code, const char *message,
                             GByteArray *out)
{
        self->service->metrics.calls_total++;
        append_error(self, 0, code, message, out);
}

/* ---- life ---- */

OmgSocketCalls *omg_socket_calls_new(OmgService *service)
{
        OmgSocketCalls *self = g_new0(OmgSocketCalls, 1);

        self->service = service;
        self->arena = omg_wire_arena_new();
        self->encoder = omg_wire_encoder_new();
        g_queue_init(&self->for_data);
        g_queue_init(&self->for_pool);
        g_queue_init(&self->ready);
        /* These fail for lack of memory alone, at the start. */
        if (sd_event_add_time(service->event, &self->run, CLOCK_MONOTONIC, 0, 1, on_run, self) <
                    0 ||
            sd_event_source_set_enabled(self->run, SD_EVENT_OFF) < 0)
                g_error("No memory for an event source");
        return self;
}

void omg_socket_calls_free(OmgSocketCalls *self)
{
        if (!self)
                return;
        g_assert(self->n_calls == 0);
        sd_event_source_disable_unref(self->run);
        omg_wire_encoder_free(self->encoder);
        omg_wire_arena_free(self->arena);
        g_free(self);
}
