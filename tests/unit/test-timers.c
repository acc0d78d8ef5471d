/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "base/clock.h"
#include "loop/timers.h"

#define SEC ((guint64)G_USEC_PER_SEC)

typedef struct Fixture {
        OmgTimers *timers;
} Fixture;

/* A timer that notes its calls and, with a period, sets itself again. */
typedef struct Probe {
        OmgTimers *timers;
        OmgTimer *timer;
        guint64 period;
        guint64 slack;
        guint n_due;
        guint n_clock;
        guint n_resumed;
        guint64 last;
        struct Probe *victim; /* freed by the call */
} Probe;

static void on_probe(OmgTimerReason reason, gpointer data)
{
        Probe *probe = data;

        probe->n_due += reason == OMG_TIMER_DUE;
        probe->n_clock += reason == OMG_TIMER_CLOCK_SET;
        probe->n_resumed += reason == OMG_TIMER_RESUMED;
        probe->last = omg_timers_now(probe->timers);
        if (probe->victim)
                g_clear_pointer(&probe->victim->timer, omg_timer_free);
        if (reason == OMG_TIMER_DUE && probe->period > 0)
                omg_timer_set(probe->timer, probe->last + probe->period, probe->slack);
}

static void probe_init(Probe *probe, OmgTimers *timers, gboolean hears_clock)
{
        *probe = (Probe){.timers = timers};
        probe->timer = omg_timers_add(timers, hears_clock, on_probe, probe);
}

static void set_up(Fixture *f, gconstpointer unused)
{
        f->timers = omg_timers_new_manual(1000 * SEC);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        omg_timers_free(f->timers);
}

/* One runs once, when it must, not before it may, and not when it was stopped. */
static void test_once(Fixture *f, gconstpointer unused)
{
        Probe probe;

        probe_init(&probe, f->timers, FALSE);
        g_assert_cmpuint(omg_timers_get_next(f->timers), ==, G_MAXUINT64);
        omg_timer_set(probe.timer, 1010 * SEC, 5 * SEC);
        g_assert_true(omg_timer_is_set(probe.timer));
        g_assert_cmpuint(omg_timers_get_next(f->timers), ==, 1015 * SEC);
        g_assert_cmpuint(omg_timers_advance(f->timers, 1015 * SEC - 1), ==, 0);
        g_assert_cmpuint(omg_timers_advance(f->timers, 1015 * SEC), ==, 1);
        g_assert_cmpuint(probe.n_due, ==, 1);
        g_assert_false(omg_timer_is_set(probe.timer));
        g_assert_cmpuint(omg_timers_advance(f->timers, 9000 * SEC), ==, 0);

        omg_timer_set(probe.timer, 9001 * SEC, 0);
        omg_timer_set(probe.timer, 9002 * SEC, 0);
        g_assert_cmpuint(omg_timers_get_next(f->timers), ==, 9002 * SEC);
        omg_timer_stop(probe.timer);
        g_assert_cmpuint(omg_timers_advance(f->timers, 9003 * SEC), ==, 0);
        g_assert_cmpuint(probe.n_due, ==, 1);
        omg_timer_free(probe.timer);
}

/* Whatever may run at a wake-up does: one of five minutes with 50 s to spare never wakes up by
 * itself beside one of 45 s, and neither is late. */
static void test_together(Fixture *f, gconstpointer unused)
{
        Probe stamp, look;
        guint n_wakes = 0;

        probe_init(&stamp, f->timers, FALSE);
        probe_init(&look, f->timers, FALSE);
        stamp.period = 45 * SEC;
        look.period = 300 * SEC;
        look.slack = 50 * SEC;
        omg_timer_set(stamp.timer, 1045 * SEC, 0);
        omg_timer_set(look.timer, 1300 * SEC, 50 * SEC);
        for (guint64 now = 1000; now <= 1000 + 36000; now += 7)
                n_wakes += omg_timers_advance(f->timers, now * SEC);
        n_wakes += omg_timers_advance(f->timers, 37000 * SEC);
        g_assert_cmpuint(n_wakes, ==, 36000 / 45);
        g_assert_cmpuint(stamp.n_due, ==, 36000 / 45);
        g_assert_cmpuint(look.n_due, >=, 36000 / 360);
        g_assert_cmpuint(look.last % (45 * SEC), ==, 1000 * SEC % (45 * SEC));

        omg_timer_free(look.timer);
        g_assert_cmpuint(omg_timers_advance(f->timers, 40000 * SEC), ==, 3000 / 45);
        omg_timer_free(stamp.timer);
}

/* What the kernel tells of the clock reaches those who listen, and leaves what is set. */
static void test_clock(Fixture *f, gconstpointer unused)
{
        Probe listens, does_not;

        probe_init(&listens, f->timers, TRUE);
        probe_init(&does_not, f->timers, FALSE);
        omg_timer_set(listens.timer, 1001 * SEC, 0);
        omg_timers_tell_clock(f->timers, OMG_TIMER_CLOCK_SET);
        omg_timers_tell_clock(f->timers, OMG_TIMER_RESUMED);
        g_assert_cmpuint(listens.n_clock, ==, 1);
        g_assert_cmpuint(listens.n_resumed, ==, 1);
        g_assert_cmpuint(listens.n_due, ==, 0);
        g_assert_true(omg_timer_is_set(listens.timer));
        g_assert_cmpuint(does_not.n_clock + does_not.n_resumed, ==, 0);
        omg_timer_free(listens.timer);
        omg_timer_free(does_not.timer);
}

/* A function may free its own timer and others, and set itself for now without running for ever. */
static void test_within(Fixture *f, gconstpointer unused)
{
        Probe a, b, c;

        probe_init(&a, f->timers, FALSE);
        probe_init(&b, f->timers, FALSE);
        probe_init(&c, f->timers, FALSE);
        a.victim = &b;
        c.victim = &c;
        omg_timer_set(a.timer, 1001 * SEC, 0);
        omg_timer_set(b.timer, 1001 * SEC, 0);
        omg_timer_set(c.timer, 1001 * SEC, 0);
        g_assert_cmpuint(omg_timers_advance(f->timers, 1001 * SEC), ==, 1);
        g_assert_cmpuint(a.n_due, ==, 1);
        g_assert_cmpuint(b.n_due, ==, 0);
        g_assert_cmpuint(c.n_due, ==, 1);
        g_assert_null(c.timer);
        omg_timer_free(a.timer);
}

/* One that lies in the past, or further ahead than numbers go. */
static void test_extremes(Fixture *f, gconstpointer unused)
{
        Probe probe;

        probe_init(&probe, f->timers, FALSE);
        omg_timer_set(probe.timer, 0, 0);
        g_assert_cmpuint(omg_timers_advance(f->timers, 1000 * SEC), ==, 1);
        g_assert_cmpuint(probe.last, ==, 1000 * SEC);
        omg_timer_set(probe.timer, G_MAXUINT64, G_MAXUINT64);
        g_assert_cmpuint(omg_timers_get_next(f->timers), ==, G_MAXUINT64 - 1);
        omg_timer_free(probe.timer);
}

/* The kernel's timer: it comes, in the order of what is due, and one that is stopped does not. */
static void test_real(Fixture *f, gconstpointer unused)
{
        g_autoptr(GMainContext) context = g_main_context_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgTimers) timers = omg_timers_new(context, &error);
        Probe early, stopped, late;

        g_assert_no_error(error);
        probe_init(&early, timers, TRUE);
        probe_init(&stopped, timers, FALSE);
        probe_init(&late, timers, FALSE);
        omg_timer_set(late.timer, omg_clock_now() + 20000, 10000);
        omg_timer_set(stopped.timer, omg_clock_now() + 10000, 0);
        omg_timer_set(early.timer, omg_clock_now() + 5000, 0);
        omg_timer_stop(stopped.timer);
        while (late.n_due == 0)
                (void)g_main_context_iteration(context, TRUE);
        g_assert_cmpuint(early.n_due, ==, 1);
        g_assert_cmpuint(early.last, <=, late.last);
        g_assert_cmpuint(stopped.n_due, ==, 0);
        g_assert_cmpuint(omg_timers_get_next(timers), ==, G_MAXUINT64);
        omg_timer_free(early.timer);
        omg_timer_free(stopped.timer);
        omg_timer_free(late.timer);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

#define ADD(path, function) g_test_add("/timers/" path, Fixture, NULL, set_up, function, tear_down)
        ADD("once", test_once);
        ADD("together", test_together);
        ADD("clock", test_clock);
        ADD("within", test_within);
        ADD("extremes", test_extremes);
        ADD("real", test_real);
        return g_test_run();
}
