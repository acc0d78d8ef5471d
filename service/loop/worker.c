/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/worker.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/error.h"

typedef struct Work {
        OmgWorkFunc func;
        gpointer data;
        GDestroyNotify destroy;
        int is_handed; /* see hand_over() */
} Work;

struct OmgWorker {
        GThread *thread; /* NULL once stopped */
        GMainContext *context;
        GMainLoop *loop;
        OmgTimers *timers;
        GAsyncQueue *to_worker;
        GAsyncQueue *when_idle; /* to the worker, too */
        GAsyncQueue *to_main;
        int wake_fd; /* readable while to_main may hold something */
        sd_event_source *wake_source;
        int is_stopped; /* atomic */
};

static void work_free(Work *work)
{
        if (work->destroy)
                work->destroy(work->data);
        g_free(work);
}

static void work_run(Work *work)
{
        work->func(work->data);
        work_free(work);
}

/* Appends to a queue; TRUE when it was empty before. The queue's lock orders everything already.
 * The atomic flag says the same once more in a language the thread sanitizer reads (GLib is not
 * instrumented), so that it finds true races and needs no suppression that would hide them. */
static gboolean hand_over(GAsyncQueue *queue, OmgWorkFunc func, gpointer data,
                          GDestroyNotify destroy)
{
        Work *work = g_new0(Work, 1);
        gboolean was_empty;

        work->func = func;
        work->data = data;
        work->destroy = destroy;
        g_atomic_int_set(&work->is_handed, 1);

        g_async_queue_lock(queue);
        was_empty = g_async_queue_length_unlocked(queue) == 0;
        g_async_queue_push_unlocked(queue, work);
        g_async_queue_unlock(queue);
        return was_empty;
}

static Work *take_over(GAsyncQueue *queue)
{
        Work *work = g_async_queue_try_pop(queue);

        if (work)
                g_assert(g_atomic_int_get(&work->is_handed) == 1);
        return work;
}

static void discard_all(GAsyncQueue *queue)
{
        for (Work *work; (work = take_over(queue));)
                work_free(work);
}

static void wake_main(OmgWorker *worker)
{
        static const uint64_t one = 1;

        /* The counter cannot overflow: it is written once per emptied queue. */
        while (write(worker->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
                ;
}

static int on_wake(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        OmgWorker *worker = userdata;
        int n = g_async_queue_length(worker->to_main);
        uint64_t counter;

        /* Read before the queue is emptied: what comes in between writes again. */
        (void)!read(fd, &counter, sizeof(counter));

        /* As many as were there at the start: a worker that never pauses must not hold up the bus.
         */
        for (Work *work; n > 0 && (work = take_over(worker->to_main)); n--) {
                work_run(work);
                if (g_atomic_int_get(&worker->is_stopped))
                        return 0;
        }
        if (g_async_queue_length(worker->to_main) > 0)
                wake_main(worker);
        return 0;
}

static gboolean on_worker_turn(gpointer data)
{
        OmgWorker *worker = data;
        Work *work = take_over(worker->to_worker);

        if (work)
                work_run(work);
        return G_SOURCE_REMOVE;
}

static gboolean on_quit(gpointer data)
{
        g_main_loop_quit(data);
        return G_SOURCE_REMOVE;
}

static gboolean on_idle_turn(gpointer data)
{
        OmgWorker *worker = data;
        Work *work = take_over(worker->when_idle);

        if (work)
                work_run(work);
        return G_SOURCE_REMOVE;
}

/* Not g_main_context_invoke_full(): it runs the function here and now when the thread has not taken
 * its context yet, or is the caller. Within a priority there is no way to overtake. */
static void schedule(GMainContext *context, int priority, GSourceFunc func, gpointer data)
{
        g_autoptr(GSource) source = g_idle_source_new();

        g_source_set_priority(source, priority);
        g_source_set_callback(source, func, data, NULL);
        g_source_attach(source, context);
}

static gpointer worker_main(gpointer data)
{
        OmgWorker *worker = data;

        g_main_context_push_thread_default(worker->context);
        g_main_loop_run(worker->loop);
        g_main_context_pop_thread_default(worker->context);
        return NULL;
}

OmgWorker *omg_worker_new(sd_event *event, GError **error)
{
        g_autoptr(OmgWorker) worker = g_new0(OmgWorker, 1);
        int r;

        worker->context = g_main_context_new();
        worker->loop = g_main_loop_new(worker->context, FALSE);
        worker->to_worker = g_async_queue_new();
        worker->when_idle = g_async_queue_new();
        worker->to_main = g_async_queue_new();
        worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (worker->wake_fd < 0) {
                omg_error_set_errno(error, errno, "eventfd for the worker");
                return NULL;
        }

        worker->timers = omg_timers_new(worker->context, error);
        if (!worker->timers)
                return NULL;

        r = sd_event_add_io(event, &worker->wake_source, worker->wake_fd, EPOLLIN, on_wake, worker);
        if (r < 0) {
                omg_error_set_errno(error, -r, "event source for the worker");
                return NULL;
        }
        (void)sd_event_source_set_description(worker->wake_source, "worker");

        worker->thread = g_thread_try_new("worker", worker_main, worker, error);
        if (!worker->thread) {
                g_autofree char *reason = error ? g_strdup((*error)->message) : NULL;

                g_clear_error(error);
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "worker thread: %s", reason);
                return NULL;
        }
        return g_steal_pointer(&worker);
}

GMainContext *omg_worker_get_context(OmgWorker *worker)
{
        return worker->context;
}

OmgTimers *omg_worker_get_timers(OmgWorker *worker)
{
        return worker->timers;
}

void omg_worker_run(OmgWorker *worker, OmgWorkFunc on_worker, gpointer data, GDestroyNotify destroy)
{
        if (g_atomic_int_get(&worker->is_stopped)) {
                if (destroy)
                        destroy(data);
                return;
        }
        (void)hand_over(worker->to_worker, on_worker, data, destroy);
        schedule(worker->context, G_PRIORITY_DEFAULT, on_worker_turn, worker);
}

void omg_worker_run_idle(OmgWorker *worker, OmgWorkFunc on_worker, gpointer data,
                         GDestroyNotify destroy)
{
        if (g_atomic_int_get(&worker->is_stopped)) {
                if (destroy)
                        destroy(data);
                return;
        }
        (void)hand_over(worker->when_idle, on_worker, data, destroy);
        schedule(worker->context, G_PRIORITY_DEFAULT_IDLE, on_idle_turn, worker);
}

void omg_worker_post(OmgWorker *worker, OmgWorkFunc on_main, gpointer data, GDestroyNotify destroy)
{
        if (g_atomic_int_get(&worker->is_stopped)) {
                if (destroy)
                        destroy(data);
                return;
        }
        if (hand_over(worker->to_main, on_main, data, destroy))
                wake_main(worker);
}

void omg_worker_stop(OmgWorker *worker)
{
        if (worker->thread) {
                /* Queued, not called from here: a loop that does not run yet would miss it. */
                schedule(worker->context, G_PRIORITY_DEFAULT, on_quit, worker->loop);
                (void)g_thread_join(g_steal_pointer(&worker->thread));
        }
        g_atomic_int_set(&worker->is_stopped, 1);
        worker->wake_source = sd_event_source_disable_unref(worker->wake_source);
        discard_all(worker->to_worker);
        discard_all(worker->when_idle);
        discard_all(worker->to_main);
}

void omg_worker_free(OmgWorker *worker)
{
        if (!worker)
                return;
        omg_worker_stop(worker);
        if (worker->wake_fd >= 0)
                (void)close(worker->wake_fd);
        g_async_queue_unref(worker->to_worker);
        g_async_queue_unref(worker->when_idle);
        g_async_queue_unref(worker->to_main);
        omg_timers_free(worker->timers);
        g_main_loop_unref(worker->loop);
        g_main_context_unref(worker->context);
        g_free(worker);
}
