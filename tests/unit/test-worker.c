/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <sys/resource.h>
#include <systemd/sd-event.h>

#include "loop/worker.h"

#define N_ITEMS   1000
#define N_THREADS 4

typedef struct Fixture {
        sd_event *event;
        OmgWorker *worker;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        f->worker = omg_worker_new(f->event, &error);
        g_assert_no_error(error);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        omg_worker_free(f->worker);
        g_assert_null(sd_event_unref(f->event));
}

/* Turns the main loop until *flag is set; returns the number of turns. Main thread's flags only. */
static guint turn_until(Fixture *f, const gboolean *flag)
{
        guint turns = 0;

        for (; !*flag; turns++)
                g_assert_cmpint(sd_event_run(f->event, 10 * G_USEC_PER_SEC), >, 0);
        return turns;
}

/* A round trip: a number that goes to the worker, and comes back to the end of a list on main. */
typedef struct Trip {
        Fixture *fixture;
        GArray *arrived;
        gboolean *is_done;
        guint number;
        GThread *main_thread;
        int *n_freed; /* atomic */
} Trip;

static void trip_free(gpointer data)
{
        Trip *trip = data;

        if (trip->n_freed)
                g_atomic_int_inc(trip->n_freed);
        g_free(trip);
}

static void trip_arrive(gpointer data)
{
        Trip *trip = data;

        g_assert_true(g_thread_self() == trip->main_thread);
        g_array_append_val(trip->arrived, trip->number);
        if (trip->arrived->len == N_ITEMS)
                *trip->is_done = TRUE;
}

static void trip_turn_round(gpointer data)
{
        Trip *trip = data;

        g_assert_true(g_thread_self() != trip->main_thread);
        g_assert_true(g_main_context_get_thread_default() ==
                      omg_worker_get_context(trip->fixture->worker));
        omg_worker_post(trip->fixture->worker, trip_arrive, trip, trip_free);
}

/* Both ways keep the order, and run on the thread they name. */
static void test_order(Fixture *f, gconstpointer unused)
{
        g_autoptr(GArray) arrived = g_array_new(FALSE, FALSE, sizeof(guint));
        gboolean is_done = FALSE;
        int n_freed = 0;

        for (guint i = 0; i < N_ITEMS; i++) {
                Trip *trip = g_new0(Trip, 1);

                *trip = (Trip){f, arrived, &is_done, i, g_thread_self(), &n_freed};
                omg_worker_run(f->worker, trip_turn_round, trip, NULL);
        }
        (void)turn_until(f, &is_done);
        for (guint i = 0; i < N_ITEMS; i++)
                g_assert_cmpuint(g_array_index(arrived, guint, i), ==, i);
        g_assert_cmpint(g_atomic_int_get(&n_freed), ==, N_ITEMS);
}

typedef struct Burst {
        Fixture *fixture;
        guint n_arrived;
        gboolean is_done;
} Burst;

static void burst_arrive(gpointer data)
{
        Burst *burst = data;

        burst->is_done = ++burst->n_arrived == N_ITEMS;
}

static void burst_send(gpointer data)
{
        Burst *burst = data;

        for (guint i = 0; i < N_ITEMS; i++)
                omg_worker_post(burst->fixture->worker, burst_arrive, burst, NULL);
}

static void count_up(gpointer data)
{
        g_atomic_int_inc((int *)data);
}

/* What is posted while main is busy costs it one wake-up, not one each. */
static void test_coalesce(Fixture *f, gconstpointer unused)
{
        Burst burst = {f, 0, FALSE};
        int n_later = 0;

        omg_worker_run(f->worker, burst_send, &burst, NULL);
        omg_worker_run(f->worker, count_up, &n_later, NULL);
        while (g_atomic_int_get(&n_later) == 0)
                g_usleep(1000);
        g_assert_cmpuint(turn_until(f, &burst.is_done), ==, 1);
}

typedef struct Nested {
        OmgWorker *worker;
        int depth;
        int n_runs; /* atomic */
} Nested;

static void nested_run(gpointer data)
{
        Nested *nested = data;

        g_assert_cmpint(nested->depth++, ==, 0);
        if (g_atomic_int_add(&nested->n_runs, 1) < 3)
                omg_worker_run(nested->worker, nested_run, nested, NULL);
        nested->depth--;
}

/* The worker may hand to itself; that never runs inside the call that does so. */
static void test_nested(Fixture *f, gconstpointer unused)
{
        Nested nested = {f->worker, 0, 0};

        omg_worker_run(f->worker, nested_run, &nested, NULL);
        while (g_atomic_int_get(&nested.n_runs) < 4)
                g_usleep(1000);
        omg_worker_stop(f->worker);
        g_assert_cmpint(nested.depth, ==, 0);
}

static void never(gpointer data)
{
        g_assert_not_reached();
}

typedef struct Last {
        OmgWorker *worker;
        int n_freed;
        int n_runs;
} Last;

static void last_freed(gpointer data)
{
        ((Last *)data)->n_freed++;
}

static void last_run(gpointer data)
{
        Last *last = data;

        last->n_runs++;
        omg_worker_post(last->worker, never, last, last_freed);
}

/* Stopping lets the worker finish what it was given, so that its objects can be freed by a last
 * call, and of everything else only the destroy function is called, once. Then both ways are
 * closed. */
static void test_stop(Fixture *f, gconstpointer unused)
{
        Last last = {f->worker, 0, 0};

        for (int i = 0; i < 100; i++)
                omg_worker_run(f->worker, last_run, &last, NULL);
        omg_worker_stop(f->worker);
        g_assert_cmpint(last.n_runs, ==, 100);
        g_assert_cmpint(last.n_freed, ==, 100);

        omg_worker_run(f->worker, never, &last, last_freed);
        omg_worker_post(f->worker, never, &last, last_freed);
        g_assert_cmpint(last.n_freed, ==, 102);
        omg_worker_stop(f->worker);
        g_assert_cmpint(sd_event_run(f->event, 0), ==, 0);
}

/* A worker that is stopped before its thread ever ran does not hang. */
static void test_stop_at_once(void)
{
        for (int i = 0; i < 50; i++) {
                Fixture f;

                set_up(&f, NULL);
                tear_down(&f, NULL);
        }
}

static void stop_from_main(gpointer data)
{
        Fixture *f = data;

        omg_worker_post(f->worker, never, NULL, NULL);
        omg_worker_stop(f->worker);
}

/* A function on main may stop the worker; what came behind it is not run. */
static void test_stop_from_main(Fixture *f, gconstpointer unused)
{
        omg_worker_post(f->worker, stop_from_main, f, NULL);
        omg_worker_post(f->worker, never, NULL, NULL);
        g_assert_cmpint(sd_event_run(f->event, G_USEC_PER_SEC), >, 0);
        g_assert_cmpint(sd_event_run(f->event, 0), ==, 0);
}

typedef struct Usage {
        long switches;
        int is_taken; /* atomic */
} Usage;

static void usage_take(gpointer data)
{
        Usage *usage = data;
        struct rusage r;

        g_assert_cmpint(getrusage(RUSAGE_THREAD, &r), ==, 0);
        usage->switches = r.ru_nvcsw;
        g_atomic_int_set(&usage->is_taken, 1);
}

static long take_switches(Fixture *f)
{
        Usage usage = {0, 0};

        omg_worker_run(f->worker, usage_take, &usage, NULL);
        while (!g_atomic_int_get(&usage.is_taken))
                g_usleep(1000);
        return usage.switches;
}

/* Idle is idle: on the worker no wake-up but the one that asks, on main none. */
static void test_idle(Fixture *f, gconstpointer unused)
{
        long before = take_switches(f);

        g_assert_cmpint(sd_event_run(f->event, 300 * 1000), ==, 0);
        g_assert_cmpint(take_switches(f) - before, <=, 4);
}

typedef struct Sender {
        Fixture *fixture;
        GArray *arrived;
        gboolean *is_done;
        GThread *main_thread;
} Sender;

static gpointer sender_main(gpointer data)
{
        Sender *sender = data;

        for (guint i = 0; i < N_ITEMS / N_THREADS; i++) {
                Trip *trip = g_new0(Trip, 1);

                *trip = (Trip){sender->fixture,     sender->arrived,
                               sender->is_done,     i,
                               sender->main_thread, NULL};
                omg_worker_post(sender->fixture->worker, trip_arrive, trip, trip_free);
        }
        return NULL;
}

/* Several threads post at once: nothing is lost, and no wake-up either. */
static void test_threads(Fixture *f, gconstpointer unused)
{
        g_autoptr(GArray) arrived = g_array_new(FALSE, FALSE, sizeof(guint));
        gboolean is_done = FALSE;
        Sender sender = {f, arrived, &is_done, g_thread_self()};
        GThread *threads[N_THREADS];

        for (int i = 0; i < N_THREADS; i++)
                threads[i] = g_thread_new("sender", sender_main, &sender);
        (void)turn_until(f, &is_done);
        for (int i = 0; i < N_THREADS; i++)
                (void)g_thread_join(threads[i]);
        g_assert_cmpuint(arrived->len, ==, N_ITEMS);
}

/* ---- work for when there is none ---- */

typedef struct Idle {
        Fixture *fixture;
        GString *seen; /* the worker's */
        gboolean *is_done;
        char letter;
        guint n_more;
} Idle;

static void idle_done(gpointer data)
{
        *((Idle *)data)->is_done = TRUE;
}

static void see(gpointer data)
{
        Idle *idle = data;
        (void)g_string_append_c(idle->seen, idle->letter);
}

/* A step, that begins the next one and work of the usual kind. */
static void step(gpointer data)
{
        Idle *idle = data;
        OmgWorker *worker = idle->fixture->worker;
        Idle *usual = g_memdup2(idle, sizeof(*idle));

        see(idle);
        usual->letter = 'w';
        if (idle->n_more-- > 0)
                omg_worker_run_idle(worker, step, g_memdup2(idle, sizeof(*idle)), g_free);
        else
                omg_worker_post(worker, idle_done, g_memdup2(idle, sizeof(*idle)), g_free);
        omg_worker_run(worker, see, usual, g_free);
}

/* What was handed over later in the usual way overtakes it. */
static void test_when_idle(Fixture *f, gconstpointer unused)
{
        g_autoptr(GString) seen = g_string_new(NULL);
        gboolean is_done = FALSE;
        Idle idle = {f, seen, &is_done, 'i', 2};

        omg_worker_run_idle(f->worker, step, g_memdup2(&idle, sizeof(idle)), g_free);
        turn_until(f, &is_done);
        omg_worker_stop(f->worker);
        g_assert_true(g_str_has_prefix(seen->str, "iwiwi"));
}

static void count_free(gpointer data)
{
        (*(int *)data)++;
}

/* It does not hold up the end, and nothing of it is lost. */
static void test_when_idle_stop(Fixture *f, gconstpointer unused)
{
        int n_freed = 0;

        omg_worker_stop(f->worker);
        omg_worker_run_idle(f->worker, step, &n_freed, count_free);
        g_assert_cmpint(n_freed, ==, 1);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(path, func) g_test_add("/worker/" path, Fixture, NULL, set_up, func, tear_down)
        ADD("order", test_order);
        ADD("coalesce", test_coalesce);
        ADD("nested", test_nested);
        ADD("stop", test_stop);
        ADD("stop-from-main", test_stop_from_main);
        ADD("idle", test_idle);
        ADD("threads", test_threads);
        ADD("when-idle", test_when_idle);
        ADD("when-idle-stop", test_when_idle_stop);
        g_test_add_func("/worker/stop-at-once", test_stop_at_once);
        return g_test_run();
}
