/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "base/error.h"
#include "base/limits-network.h"
#include "loop/schedule.h"

#define SEC     ((guint64)G_USEC_PER_SEC)
#define START   (1000 * SEC)
#define HOUR    3600u
#define MINUTES 300u

/* Since 1970; runs with the manual clock. */
#define EPOCH ((gint64)1700000000 * G_USEC_PER_SEC)

typedef struct Feed {
        const char *name;
        guint n_runs;
        guint64 begun; /* the last one */
        gboolean is_near;
        gboolean ends_at_once;
} Feed;

typedef struct Fixture {
        OmgTimers *timers;
        OmgSchedule *schedule;
        Feed local, mirrors, aur;
        guint n_told; /* about tasks */
        guint64 expires;
        gboolean is_queued;
        guint64 chance; /* in 1/1000 of what is asked for */
} Fixture;

static Fixture *fixture; /* for the functions without data */

static gint64 get_real_time(void)
{
        return EPOCH + (gint64)(omg_timers_now(fixture->timers) - START);
}

static guint64 get_random(guint64 below)
{
        return below * fixture->chance / 1000;
}

static void on_task(const char *name, gboolean is_queued, guint64 expires_usec, gpointer data)
{
        Fixture *f = data;

        g_assert_cmpstr(name, ==, "mirrors");
        f->n_told++;
        f->is_queued = is_queued;
        f->expires = expires_usec;
}

static void run(gpointer data)
{
        Feed *feed = data;

        feed->n_runs++;
        feed->begun = omg_timers_now(fixture->timers);
        if (feed->ends_at_once)
                omg_schedule_done(fixture->schedule, feed->name, NULL, 0);
}

static gboolean is_near(gpointer data)
{
        return ((Feed *)data)->is_near;
}

static void set_up(Fixture *f, gconstpointer unused)
{
        fixture = f;
        f->timers = omg_timers_new_manual(START);
        f->schedule =
                omg_schedule_new(f->timers, &(OmgScheduleEvents){.on_task = on_task,
                                                                 .data = f,
                                                                 .get_real_time = get_real_time,
                                                                 .get_random = get_random});
        f->chance = 500;
        f->local = (Feed){.name = "local", .ends_at_once = TRUE};
        f->mirrors = (Feed){.name = "mirrors", .ends_at_once = TRUE};
        f->aur = (Feed){.name = "aur", .ends_at_once = TRUE};
        omg_schedule_add(
                f->schedule,
                &(OmgFeed){.name = "local", .is_local = TRUE, .run = run, .data = &f->local});
        omg_schedule_add(
                f->schedule,
                &(OmgFeed){.name = "mirrors", .is_near = is_near, .run = run, .data = &f->mirrors});
        omg_schedule_add(
                f->schedule,
                &(OmgFeed){.name = "aur", .is_never_early = TRUE, .run = run, .data = &f->aur});
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        omg_schedule_free(f->schedule);
        omg_timers_free(f->timers);
}

static void advance(Fixture *f, guint64 seconds)
{
        (void)omg_timers_advance(f->timers, omg_timers_now(f->timers) + seconds * SEC);
}

static void done(Fixture *f, const char *name, OmgError code, guint pause_sec)
{
        g_autoptr(GError) error = g_error_new_literal(OMG_ERROR, code, "no");

        omg_schedule_done(f->schedule, name, error, pause_sec);
}

/* Where the interval is the least that there may be, chance makes it longer, by a fifth. */
static void test_never_early(Fixture *f, gconstpointer unused)
{
        f->aur.ends_at_once = FALSE;
        omg_schedule_set_interval(f->schedule, "aur", HOUR);
        advance(f, 60);
        g_assert_cmpuint(f->aur.n_runs, ==, 1);

        for (f->chance = 0; f->chance < 1000; f->chance += 100) {
                guint n = f->aur.n_runs;
                guint64 ended;

                omg_schedule_done(f->schedule, "aur", NULL, 0);
                ended = omg_timers_now(f->timers);
                advance(f, HOUR + HOUR / 5);
                g_assert_cmpuint(f->aur.n_runs, ==, n + 1);
                g_assert_cmpuint(f->aur.begun - ended, >=, HOUR * SEC);
        }
}

/* Nothing runs without an interval; with one soon, then from the end of each, within a tenth. */
static void test_interval(Fixture *f, gconstpointer unused)
{
        guint64 ended;

        advance(f, 10 * HOUR);
        g_assert_cmpuint(f->local.n_runs, ==, 0);

        f->local.ends_at_once = FALSE;
        omg_schedule_set_interval(f->schedule, "local", MINUTES);
        advance(f, 60);
        g_assert_cmpuint(f->local.n_runs, ==, 1);
        /* One at a time, however long it takes. */
        advance(f, 10 * MINUTES);
        g_assert_cmpuint(f->local.n_runs, ==, 1);

        for (f->chance = 0; f->chance < 1000; f->chance += 100) {
                guint n = f->local.n_runs;

                omg_schedule_done(f->schedule, "local", NULL, 0);
                ended = omg_timers_now(f->timers);
                advance(f, 2 * MINUTES);
                g_assert_cmpuint(f->local.n_runs, ==, n + 1);
                g_assert_cmpuint(f->local.begun - ended, >=, MINUTES * SEC * 9 / 10);
                g_assert_cmpuint(f->local.begun - ended, <=, MINUTES * SEC * 11 / 10);
        }
        omg_schedule_done(f->schedule, "local", NULL, 0);
        omg_schedule_set_interval(f->schedule, "local", 0);
        advance(f, 10 * HOUR);
        g_assert_cmpuint(f->local.n_runs, ==, 11);
}

/* The end of one that somebody else began counts, too. */
static void test_end_of_others(Fixture *f, gconstpointer unused)
{
        omg_schedule_set_interval(f->schedule, "local", MINUTES);
        for (guint i = 0; i < 20; i++) {
                omg_schedule_done(f->schedule, "local", NULL, 0);
                advance(f, MINUTES / 2);
        }
        g_assert_cmpuint(f->local.n_runs, ==, 0);
        advance(f, MINUTES);
        g_assert_cmpuint(f->local.n_runs, ==, 1);
        omg_schedule_done(f->schedule, "nobody", NULL, 0);
}

static void on_stamp(OmgTimerReason reason, gpointer data)
{
        OmgTimer **timer = data;

        omg_timer_set(*timer, omg_timers_now(fixture->timers) + 45 * SEC, 0);
}

/* Beside the status file's 45 s the look at the machine wakes nobody up. */
static void test_no_wake_ups_of_its_own(Fixture *f, gconstpointer unused)
{
        OmgTimer *stamp = omg_timers_add(f->timers, FALSE, on_stamp, &stamp);
        guint n_wakes = 0;

        omg_timer_set(stamp, START + 45 * SEC, 0);
        omg_schedule_set_interval(f->schedule, "local", MINUTES);
        omg_schedule_done(f->schedule, "local", NULL, 0);
        for (guint i = 1; i <= 100; i++) {
                f->chance = i * 37 % 1000;
                n_wakes += omg_timers_advance(f->timers, START + i * 45 * SEC);
        }
        g_assert_cmpuint(n_wakes, ==, 100);
        g_assert_cmpuint(f->local.n_runs, >=, 4500 / 330);
        g_assert_cmpuint(f->local.n_runs, <=, 4500 / 270);
        omg_timer_free(stamp);
}

/* A failure is tried again after pauses that double, up to the interval; success ends that. */
static void test_back_off(Fixture *f, gconstpointer unused)
{
        static const guint pauses[] = {60, 120, 240, 480, 960, 1920, 3600, 3600, 3600};

        f->mirrors.ends_at_once = FALSE;
        omg_schedule_set_interval(f->schedule, "mirrors", HOUR);
        advance(f, 60);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);
        for (guint i = 0; i < G_N_ELEMENTS(pauses); i++) {
                guint64 failed = omg_timers_now(f->timers);

                done(f, "mirrors", OMG_ERROR_NETWORK, 0);
                advance(f, pauses[i] * 2);
                g_assert_cmpuint(f->mirrors.n_runs, ==, i + 2);
                g_assert_cmpuint(f->mirrors.begun - failed, >=, pauses[i] * SEC * 9 / 10);
                g_assert_cmpuint(f->mirrors.begun - failed, <=, pauses[i] * SEC * 11 / 10);
        }
        guint n = f->mirrors.n_runs;
        omg_schedule_done(f->schedule, "mirrors", NULL, 0);
        advance(f, HOUR / 2);
        g_assert_cmpuint(f->mirrors.n_runs, ==, n);
        advance(f, HOUR);
        done(f, "mirrors", OMG_ERROR_NETWORK, 0);
        advance(f, 100);
        g_assert_cmpuint(f->mirrors.n_runs, ==, n + 2);
        g_assert_cmpuint(f->n_told, ==, 0);
}

/* What a server asks for is kept, though it be longer than the interval. */
static void test_pause(Fixture *f, gconstpointer unused)
{
        f->mirrors.ends_at_once = FALSE;
        omg_schedule_set_interval(f->schedule, "mirrors", HOUR);
        advance(f, 60);
        done(f, "mirrors", OMG_ERROR_UPSTREAM_RATE_LIMITED, 5 * HOUR);
        advance(f, 4 * HOUR);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);
        advance(f, 2 * HOUR);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 2);

        /* Whatever chance says, not a second earlier. */
        for (f->chance = 0; f->chance < 1000; f->chance += 100) {
                guint n = f->mirrors.n_runs;

                done(f, "mirrors", OMG_ERROR_UPSTREAM_RATE_LIMITED, 5 * HOUR);
                const guint64 failed = omg_timers_now(f->timers);
                advance(f, 6 * HOUR);
                g_assert_cmpuint(f->mirrors.n_runs, ==, n + 1);
                g_assert_cmpuint(f->mirrors.begun - failed, >=, 5 * HOUR * SEC);
        }
}

/* Each gate holds back what it is for, and what waited runs once when it opens. */
static void test_gates(Fixture *f, gconstpointer unused)
{
        omg_schedule_set_interval(f->schedule, "local", MINUTES);
        omg_schedule_set_interval(f->schedule, "mirrors", HOUR);
        omg_schedule_set_gates(f->schedule, OMG_GATE_METERED);
        advance(f, 3 * HOUR);
        g_assert_cmpuint(f->local.n_runs, >, 30);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 0);
        g_assert_cmpuint(f->n_told, ==, 0);

        omg_schedule_set_gates(f->schedule, 0);
        advance(f, 10);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);

        omg_schedule_set_gates(f->schedule, OMG_GATE_NETWORK_INHIBITED);
        advance(f, 3 * HOUR);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);
        g_assert_cmpuint(f->n_told, ==, 0);

        guint n = f->local.n_runs;
        g_assert_cmpuint(n, >, 60);
        omg_schedule_set_gates(f->schedule, OMG_GATE_REFRESH_INHIBITED);
        advance(f, 3 * HOUR);
        g_assert_cmpuint(f->local.n_runs, ==, n);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);
        omg_schedule_set_gates(f->schedule, OMG_GATE_REFRESH_INHIBITED | OMG_GATE_METERED);
        omg_schedule_set_gates(f->schedule, OMG_GATE_METERED);
        advance(f, 10);
        g_assert_cmpuint(f->local.n_runs, ==, n + 1);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);
        /* That closes again before it ran. */
        omg_schedule_set_gates(f->schedule, 0);
        omg_schedule_set_gates(f->schedule, OMG_GATE_METERED);
        advance(f, 100);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);
        omg_schedule_set_gates(f->schedule, 0);
        advance(f, 10);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 2);
}

/* What is on this machine needs no network. */
static void test_near(Fixture *f, gconstpointer unused)
{
        f->mirrors.is_near = TRUE;
        omg_schedule_set_interval(f->schedule, "mirrors", HOUR);
        omg_schedule_set_gates(f->schedule,
                               OMG_GATE_OFFLINE | OMG_GATE_METERED | OMG_GATE_NETWORK_INHIBITED);
        advance(f, 60);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);
        omg_schedule_set_gates(f->schedule, OMG_GATE_REFRESH_INHIBITED);
        advance(f, 3 * HOUR);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);
        g_assert_cmpuint(omg_schedule_get_n_tasks(f->schedule), ==, 0);
}

/* Offline it is one task, which goes when it has succeeded, not before. */
static void test_task(Fixture *f, gconstpointer unused)
{
        f->mirrors.ends_at_once = FALSE;
        omg_schedule_set_interval(f->schedule, "mirrors", HOUR);
        omg_schedule_set_gates(f->schedule, OMG_GATE_OFFLINE);
        advance(f, 3 * HOUR);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 0);
        g_assert_cmpuint(omg_schedule_get_n_tasks(f->schedule), ==, 1);
        g_assert_true(f->is_queued);
        g_assert_cmpuint(f->n_told, ==, 1);
        /* A caller's refresh that met the same: still one. */
        done(f, "mirrors", OMG_ERROR_OFFLINE, 0);
        g_assert_cmpuint(omg_schedule_get_n_tasks(f->schedule), ==, 1);
        g_assert_cmpuint(f->expires, ==, (guint64)get_real_time() + OMG_LIMIT_TASK_SEC * SEC);

        omg_schedule_set_gates(f->schedule, 0);
        advance(f, 10);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);
        done(f, "mirrors", OMG_ERROR_NETWORK, 0);
        g_assert_cmpuint(omg_schedule_get_n_tasks(f->schedule), ==, 1);
        advance(f, 100);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 2);
        omg_schedule_done(f->schedule, "mirrors", NULL, 0);
        g_assert_cmpuint(omg_schedule_get_n_tasks(f->schedule), ==, 0);
        g_assert_false(f->is_queued);
}

/* A caller's refresh without network is a task where nothing runs by itself, too; and it is tried
 * again though the link came back while it failed, after a pause. */
static void test_task_of_a_caller(Fixture *f, gconstpointer unused)
{
        done(f, "mirrors", OMG_ERROR_OFFLINE, 0);
        g_assert_cmpuint(omg_schedule_get_n_tasks(f->schedule), ==, 1);
        advance(f, 30);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 0);
        advance(f, 60);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);
        g_assert_cmpuint(omg_schedule_get_n_tasks(f->schedule), ==, 0);
        advance(f, 10 * HOUR);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);

        /* That it was metered or inhibited is no task. */
        omg_schedule_set_gates(f->schedule, OMG_GATE_METERED);
        done(f, "mirrors", OMG_ERROR_METERED, 0);
        g_assert_cmpuint(omg_schedule_get_n_tasks(f->schedule), ==, 0);
}

/* One that nobody could do for a week is dropped. */
static void test_expiry(Fixture *f, gconstpointer unused)
{
        omg_schedule_set_gates(f->schedule, OMG_GATE_OFFLINE);
        done(f, "mirrors", OMG_ERROR_OFFLINE, 0);
        advance(f, OMG_LIMIT_TASK_SEC - 1);
        omg_schedule_set_gates(f->schedule, OMG_GATE_OFFLINE);
        g_assert_cmpuint(omg_schedule_get_n_tasks(f->schedule), ==, 1);
        advance(f, 1);
        omg_schedule_set_gates(f->schedule, OMG_GATE_OFFLINE);
        g_assert_cmpuint(omg_schedule_get_n_tasks(f->schedule), ==, 0);
        g_assert_false(f->is_queued);
}

/* An omgd before this one counts: no question before the interval is over, and its task is done. */
static void test_restore(Fixture *f, gconstpointer unused)
{
        const guint64 now = (guint64)EPOCH;

        omg_schedule_restore(f->schedule, "mirrors", now - HOUR / 2 * SEC, 0);
        omg_schedule_restore(f->schedule, "aur", now - 100 * HOUR * SEC, 0);
        omg_schedule_restore(f->schedule, "nobody", now, now + SEC);
        omg_schedule_set_interval(f->schedule, "mirrors", HOUR);
        omg_schedule_set_interval(f->schedule, "aur", HOUR);
        advance(f, HOUR / 3);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 0);
        g_assert_cmpuint(f->aur.n_runs, ==, 1);
        g_assert_cmpuint(f->aur.begun - START, >=, 10 * SEC);
        advance(f, HOUR / 2);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);
}

static void test_restore_task(Fixture *f, gconstpointer unused)
{
        omg_schedule_set_gates(f->schedule, OMG_GATE_OFFLINE);
        omg_schedule_restore(f->schedule, "mirrors", 0, (guint64)EPOCH + HOUR * SEC);
        g_assert_cmpuint(omg_schedule_get_n_tasks(f->schedule), ==, 1);
        advance(f, 60);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 0);
        omg_schedule_set_gates(f->schedule, 0);
        advance(f, 60);
        g_assert_cmpuint(f->mirrors.n_runs, ==, 1);
        g_assert_cmpuint(omg_schedule_get_n_tasks(f->schedule), ==, 0);

        /* Too old. */
        omg_schedule_restore(f->schedule, "mirrors", 0, (guint64)EPOCH);
        g_assert_cmpuint(omg_schedule_get_n_tasks(f->schedule), ==, 0);
        /* A success of tomorrow says nothing. */
        omg_schedule_restore(f->schedule, "aur", (guint64)EPOCH + 100 * HOUR * SEC, 0);
        omg_schedule_set_interval(f->schedule, "aur", HOUR);
        advance(f, 60);
        g_assert_cmpuint(f->aur.n_runs, ==, 1);
}

/* A nudge runs soon, and several are one. */
static void test_trigger(Fixture *f, gconstpointer unused)
{
        omg_schedule_trigger(f->schedule, "local");
        omg_schedule_trigger(f->schedule, "local");
        omg_schedule_trigger(f->schedule, "nobody");
        advance(f, 10);
        g_assert_cmpuint(f->local.n_runs, ==, 1);
        advance(f, HOUR);
        g_assert_cmpuint(f->local.n_runs, ==, 1);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

#define ADD(path, function) \
        g_test_add("/schedule/" path, Fixture, NULL, set_up, function, tear_down)
        ADD("interval", test_interval);
        ADD("never-early", test_never_early);
        ADD("end-of-others", test_end_of_others);
        ADD("no-wake-ups-of-its-own", test_no_wake_ups_of_its_own);
        ADD("back-off", test_back_off);
        ADD("pause", test_pause);
        ADD("gates", test_gates);
        ADD("near", test_near);
        ADD("task", test_task);
        ADD("task-of-a-caller", test_task_of_a_caller);
        ADD("expiry", test_expiry);
        ADD("restore", test_restore);
        ADD("restore-task", test_restore_task);
        ADD("trigger", test_trigger);
        return g_test_run();
}
