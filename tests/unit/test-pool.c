/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <systemd/sd-event.h>

#include "loop/pool.h"

#define N_ITEMS 200

typedef struct Fixture {
        sd_event *event;
        OmgWorker *worker;
        OmgPool *pool;
        GThread *main_thread;
        guint n_done;
        int n_worked; /* atomic, as are the next four */
        int n_freed;
        int n_at_once;
        int most_at_once;
        int is_open; /* what Gate jobs wait for */
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        f->worker = omg_worker_new(f->event, &error);
        g_assert_no_error(error);
        f->pool = omg_pool_new(f->worker);
        f->main_thread = g_thread_self();
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        omg_pool_free(f->pool);
        omg_worker_free(f->worker);
        g_assert_null(sd_event_unref(f->event));
}

static void run_until(Fixture *f, guint n_done)
{
        while (f->n_done < n_done)
                g_assert_cmpint(sd_event_run(f->event, 10 * G_USEC_PER_SEC), >, 0);
}

static void wait_for(const int *atomic, int value)
{
        while (g_atomic_int_get(atomic) < value)
                g_usleep(500);
}

static void count_done(gpointer data)
{
        Fixture *f = data;

        g_assert_true(g_thread_self() == f->main_thread);
        f->n_done++;
}

static void count_freed(gpointer data)
{
        Fixture *f = data;
        g_atomic_int_inc(&f->n_freed);
}

static void work(const OmgPoolJob *job, gpointer data)
{
        Fixture *f = data;
        int n = g_atomic_int_add(&f->n_at_once, 1) + 1;

        g_assert_true(g_thread_self() != f->main_thread);
        g_assert_false(omg_pool_job_is_cancelled(job));
        if (n > g_atomic_int_get(&f->most_at_once))
                g_atomic_int_set(&f->most_at_once, n);
        g_usleep(100);
        (void)g_atomic_int_add(&f->n_at_once, -1);
        g_atomic_int_inc(&f->n_worked);
}

/* Every job is run on another thread, no more than two at once, and told on main, each once. */
static void test_run(Fixture *f, gconstpointer unused)
{
        for (guint i = 0; i < N_ITEMS; i++)
                g_assert_nonnull(omg_pool_run(f->pool, work, count_done, f, count_freed));
        run_until(f, N_ITEMS);
        g_assert_cmpint(g_atomic_int_get(&f->n_worked), ==, N_ITEMS);
        g_assert_cmpint(g_atomic_int_get(&f->most_at_once), <=, OMG_POOL_THREADS);
        g_assert_cmpint(g_atomic_int_get(&f->n_freed), ==, N_ITEMS);
}

/* Works until it is cancelled, or the gate opens. */
static void work_at_gate(const OmgPoolJob *job, gpointer data)
{
        Fixture *f = data;

        g_atomic_int_inc(&f->n_worked);
        while (!omg_pool_job_is_cancelled(job) && !g_atomic_int_get(&f->is_open))
                g_usleep(500);
}

/* A job that was cancelled is not told, whether it runs or waits; the others are, and the data of
 * all is freed: of one that waits at once, however long those before it take. */
static void test_cancel(Fixture *f, gconstpointer unused)
{
        OmgPoolJob *jobs[2 * OMG_POOL_THREADS];

        for (guint i = 0; i < G_N_ELEMENTS(jobs); i++)
                jobs[i] = omg_pool_run(f->pool, work_at_gate, count_done, f, count_freed);
        wait_for(&f->n_worked, OMG_POOL_THREADS);
        omg_pool_job_cancel(jobs[0]);                      /* it runs */
        omg_pool_job_cancel(jobs[G_N_ELEMENTS(jobs) - 1]); /* it waits */
        g_assert_cmpint(g_atomic_int_get(&f->n_freed), ==, 1);
        g_atomic_int_set(&f->is_open, TRUE);
        run_until(f, G_N_ELEMENTS(jobs) - 2);
        while (g_atomic_int_get(&f->n_freed) < (int)G_N_ELEMENTS(jobs))
                g_assert_cmpint(sd_event_run(f->event, 10 * G_USEC_PER_SEC), >, 0);
        g_assert_cmpuint(f->n_done, ==, G_N_ELEMENTS(jobs) - 2);
        g_assert_cmpint(g_atomic_int_get(&f->n_worked), ==, (int)G_N_ELEMENTS(jobs) - 1);
}

/* Cancelled after its work is done and before main heard of it: not told. */
static void test_cancel_late(Fixture *f, gconstpointer unused)
{
        OmgPoolJob *job = omg_pool_run(f->pool, work, count_done, f, count_freed);

        wait_for(&f->n_worked, 1);
        omg_pool_job_cancel(job);
        while (g_atomic_int_get(&f->n_freed) < 1)
                g_assert_cmpint(sd_event_run(f->event, 10 * G_USEC_PER_SEC), >, 0);
        g_assert_cmpuint(f->n_done, ==, 0);
}

/* Stopping ends what runs, forgets what waits, tells nobody, and takes nothing more. */
static void test_stop(Fixture *f, gconstpointer unused)
{
        for (guint i = 0; i < N_ITEMS; i++)
                (void)omg_pool_run(f->pool, work_at_gate, count_done, f, count_freed);
        wait_for(&f->n_worked, OMG_POOL_THREADS);
        omg_pool_stop(f->pool);
        omg_pool_stop(f->pool);
        g_assert_cmpint(g_atomic_int_get(&f->n_worked), ==, OMG_POOL_THREADS);
        g_assert_null(omg_pool_run(f->pool, work_at_gate, count_done, f, count_freed));
        omg_worker_stop(f->worker);
        g_assert_cmpint(g_atomic_int_get(&f->n_freed), ==, N_ITEMS + 1);
        g_assert_cmpuint(f->n_done, ==, 0);
}

static guint count_threads(void)
{
        g_autoptr(GDir) dir = g_dir_open("/proc/self/task", 0, NULL);
        guint n = 0;

        while (g_dir_read_name(dir))
                n++;
        return n;
}

/* Without work there are no threads: none before the first, and none some time after the last. */
static void test_idle(Fixture *f, gconstpointer unused)
{
        guint before, n;

        g_thread_pool_stop_unused_threads();
        g_thread_pool_set_max_idle_time(20);
        before = count_threads();
        (void)omg_pool_run(f->pool, work, count_done, f, NULL);
        run_until(f, 1);
        for (guint i = 0; (n = count_threads()) > before && i < 500; i++)
                g_usleep(10 * 1000);
        g_assert_cmpuint(n, <=, before);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(path, func) g_test_add("/pool/" path, Fixture, NULL, set_up, func, tear_down)
        ADD("run", test_run);
        ADD("cancel", test_cancel);
        ADD("cancel-late", test_cancel_late);
        ADD("stop", test_stop);
        ADD("idle", test_idle);
        return g_test_run();
}
