/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/pool.h"

#include <malloc.h>

#include "loop/log.h"

/* An answer that takes so long may have taken much memory, which malloc keeps: it goes back to the
 * kernel a while after. */
#define LONG_USEC      5000
#define TRIM_AFTER_SEC 5u

/* Whose a job is. Each step is an atomic write before, and a read after the hand-over: GLib's
 * queues order everything already, but the thread sanitizer does not see inside of them. */
typedef enum {
        WAITING = 1,
        FORGOTTEN, /* cancelled before a thread took it: its data is gone, the rest is the thread's
                    */
        RUNNING,
        DONE,
} JobState;

struct OmgPoolJob {
        OmgPool *pool;
        OmgPoolWork work;
        OmgWorkFunc done;
        gpointer data;
        GDestroyNotify destroy;
        int is_cancelled; /* atomic */
        int state;        /* JobState, atomic */
};

struct OmgPool {
        OmgWorker *worker;
        GThreadPool *threads; /* NULL once stopped */
        int *trim_planned;    /* atomic, in a box that the planned trim holds too */
        GQueue jobs;          /* OmgPoolJob that are not done or cancelled; main only */
        int n_given;          /* jobs; main only */
        int n_ended;          /* of these; atomic, as a job's state: the last touch of a thread */
};

static void job_free(gpointer data)
{
        OmgPoolJob *job = data;

        if (job->destroy)
                job->destroy(job->data);
        g_free(job);
}

static void on_done(gpointer data)
{
        OmgPoolJob *job = data;

        g_assert(g_atomic_int_get(&job->state) == DONE);
        if (omg_pool_job_is_cancelled(job))
                return;
        (void)g_queue_remove(&job->pool->jobs, job);
        job->done(job->data);
}

static gboolean on_trim(gpointer planned)
{
        g_atomic_int_set((int *)planned, FALSE);
        (void)malloc_trim(0);
        return G_SOURCE_REMOVE;
}

/* On the worker, for nobody waits for it; one that is planned serves all. */
static void plan_trim(OmgPool *self)
{
        if (!g_atomic_int_compare_and_exchange(self->trim_planned, FALSE, TRUE))
                return;
        g_autoptr(GSource) timer = g_timeout_source_new_seconds(TRIM_AFTER_SEC);
        g_source_set_callback(timer, on_trim, g_atomic_rc_box_acquire(self->trim_planned),
                              g_atomic_rc_box_release);
        (void)g_source_attach(timer, omg_worker_get_context(self->worker));
}

static void run_job(gpointer data, gpointer userdata)
{
        OmgPoolJob *job = data;
        OmgPool *self = userdata;
        gint64 start = g_get_monotonic_time();

        /* Read first: a read is what the sanitizer takes for the hand-over. */
        if (g_atomic_int_get(&job->state) != WAITING ||
            !g_atomic_int_compare_and_exchange(&job->state, WAITING, RUNNING)) {
                g_free(job);
                g_atomic_int_inc(&self->n_ended);
                return;
        }
        if (!omg_pool_job_is_cancelled(job))
                job->work(job, job->data);
        if (g_get_monotonic_time() - start > LONG_USEC)
                plan_trim(self);
        g_atomic_int_set(&job->state, DONE);
        omg_worker_post(self->worker, on_done, job, job_free);
        g_atomic_int_inc(&self->n_ended);
}

void omg_pool_trim_later(OmgPool *self)
{
        if (self && self->threads)
                plan_trim(self);
}

OmgPool *omg_pool_new(OmgWorker *worker)
{
        OmgPool *self = g_new0(OmgPool, 1);

        self->worker = worker;
        self->trim_planned = g_atomic_rc_box_new0(int);
        /* Shared threads: GLib ends them after 15 s without work, and makes none before there is
         * some, so that this cannot fail. */
        self->threads = g_thread_pool_new(run_job, self, OMG_POOL_THREADS, FALSE, NULL);
        g_queue_init(&self->jobs);
        return self;
}

OmgWorker *omg_pool_get_worker(const OmgPool *pool)
{
        return pool->worker;
}

OmgPoolJob *omg_pool_run(OmgPool *self, OmgPoolWork work, OmgWorkFunc done, gpointer data,
                         GDestroyNotify destroy)
{
        g_autoptr(GError) error = NULL;
        OmgPoolJob *job;

        if (!self->threads) {
                if (destroy)
                        destroy(data);
                return NULL;
        }
        job = g_new0(OmgPoolJob, 1);
        *job = (OmgPoolJob){self, work, done, data, destroy};
        g_atomic_int_set(&job->state, WAITING);
        g_queue_push_tail(&self->jobs, job);
        self->n_given++;
        /* The job is queued all the same, and runs when one of the next finds a thread. */
        if (!g_thread_pool_push(self->threads, job, &error))
                omg_log_warning("Cannot start a thread: %s, ignoring", error->message);
        return job;
}

void omg_pool_job_cancel(OmgPoolJob *job)
{
        const GDestroyNotify destroy = job->destroy;
        gpointer data = job->data;

        (void)g_queue_remove(&job->pool->jobs, job);
        g_atomic_int_set(&job->is_cancelled, TRUE);
        /* Others can be cancelled faster than those before them end: what they hold must not pile
         * up. */
        if (g_atomic_int_compare_and_exchange(&job->state, WAITING, FORGOTTEN) && destroy)
                destroy(data);
}

gboolean omg_pool_job_is_cancelled(const OmgPoolJob *job)
{
        return g_atomic_int_get(&job->is_cancelled);
}

void omg_pool_stop(OmgPool *self)
{
        OmgPoolJob *job;

        if (!self->threads)
                return;
        while ((job = g_queue_pop_head(&self->jobs)))
                g_atomic_int_set(&job->is_cancelled, TRUE);
        /* Not at once: each queued job runs, to nothing, so that each is freed in one way. */
        g_thread_pool_free(g_steal_pointer(&self->threads), FALSE, TRUE);
        g_assert(g_atomic_int_get(&self->n_ended) == self->n_given);
}

void omg_pool_free(OmgPool *self)
{
        if (!self)
                return;
        omg_pool_stop(self);
        g_atomic_rc_box_release(self->trim_planned);
        g_free(self);
}
