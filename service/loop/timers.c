/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/timers.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

/* A timer for a clock that may never be reached: in the year 2255. Later ones the kernel cuts off
 * at 2262. */
#define NEVER_SEC 9000000000

/* CLOCK_BOOTTIME runs ahead of CLOCK_MONOTONIC by the time of all suspends. Both are read one after
 * the other, so they differ by a little more now and then. */
#define SUSPEND_MIN_USEC (100 * (gint64)1000)

struct OmgTimer {
        OmgTimers *timers;
        OmgTimerFunc func;
        gpointer data;
        gboolean hears_clock;
        gboolean is_set;
        guint64 due_usec;
        guint64 latest_usec;
        guint round; /* the last one that ran it */
};

struct OmgTimers {
        GPtrArray *timers; /* OmgTimer */
        gboolean is_manual;
        guint64 manual_now;
        guint round;
        gboolean is_running;
        guint64 armed_usec; /* what the kernel was told; 0: nothing */
        gint64 slept_usec;  /* all suspends so far */
        int fds[2];         /* the next wake-up; the clock */
        GSource *sources[2];
};

guint64 omg_timers_now(const OmgTimers *timers)
{
        return timers->is_manual ? timers->manual_now : omg_clock_now();
}

guint64 omg_timers_get_next(const OmgTimers *timers)
{
        guint64 next = G_MAXUINT64;

        for (guint i = 0; i < timers->timers->len; i++) {
                const OmgTimer *timer = timers->timers->pdata[i];

                if (timer->is_set)
                        next = MIN(next, timer->latest_usec);
        }
        return next;
}

/* The kernel is told when that changes, not at every timer's. */
static void arm(OmgTimers *timers)
{
        guint64 next = omg_timers_get_next(timers);
        struct itimerspec when = {};

        if (timers->is_manual || timers->is_running)
                return;
        next = next == G_MAXUINT64 ? 0 : MAX(next, 1);
        if (next == timers->armed_usec)
                return;
        timers->armed_usec = next;
        when.it_value.tv_sec = (time_t)(next / G_USEC_PER_SEC);
        when.it_value.tv_nsec = (long)(next % G_USEC_PER_SEC) * 1000;
        (void)timerfd_settime(timers->fds[0], TFD_TIMER_ABSTIME, &when, NULL);
}

/* Functions may add, set and free timers, so each look begins anew; a timer runs once a round. */
static OmgTimer *find_next(OmgTimers *timers, OmgTimerReason reason, guint64 now)
{
        for (guint i = 0; i < timers->timers->len; i++) {
                OmgTimer *timer = timers->timers->pdata[i];

                if (timer->round != timers->round &&
                    (reason == OMG_TIMER_DUE ? timer->is_set && timer->due_usec <= now
                                             : timer->hears_clock))
                        return timer;
        }
        return NULL;
}

static void run(OmgTimers *timers, OmgTimerReason reason)
{
        guint64 now = omg_timers_now(timers);

        timers->round++;
        timers->is_running = TRUE;
        for (OmgTimer *timer; (timer = find_next(timers, reason, now));) {
                timer->round = timers->round;
                if (reason == OMG_TIMER_DUE)
                        timer->is_set = FALSE;
                timer->func(reason, timer->data);
        }
        timers->is_running = FALSE;
        arm(timers);
}

/* ---- timers ---- */

OmgTimer *omg_timers_add(OmgTimers *timers, gboolean hears_clock, OmgTimerFunc func, gpointer data)
{
        OmgTimer *timer = g_new0(OmgTimer, 1);

        *timer = (OmgTimer){.timers = timers, .func = func, .data = data};
        timer->hears_clock = hears_clock;
        /* One that is added by another does not run in the same round. */
        timer->round = timers->round;
        g_ptr_array_add(timers->timers, timer);
        return timer;
}

void omg_timer_set(OmgTimer *timer, guint64 due_usec, guint64 slack_usec)
{
        timer->is_set = TRUE;
        timer->due_usec = due_usec;
        timer->latest_usec =
                due_usec > G_MAXUINT64 - 1 - slack_usec ? G_MAXUINT64 - 1 : due_usec + slack_usec;
        arm(timer->timers);
}

void omg_timer_stop(OmgTimer *timer)
{
        timer->is_set = FALSE;
        arm(timer->timers);
}

gboolean omg_timer_is_set(const OmgTimer *timer)
{
        return timer->is_set;
}

void omg_timer_free(OmgTimer *timer)
{
        OmgTimers *timers;

        if (!timer)
                return;
        timers = timer->timers;
        (void)g_ptr_array_remove_fast(timers->timers, timer);
        g_free(timer);
        arm(timers);
}

/* ---- the kernel ---- */

static gint64 get_slept(void)
{
        return (gint64)omg_clock_now() - g_get_monotonic_time();
}

static gboolean on_due(int fd, GIOCondition condition, gpointer data)
{
        OmgTimers *timers = data;
        guint64 n_expired;

        (void)!read(fd, &n_expired, sizeof(n_expired));
        timers->armed_usec = 0;
        run(timers, OMG_TIMER_DUE);
        return G_SOURCE_CONTINUE;
}

/* Reading says ECANCELED. A suspend sets the clock, too: that of the machine went on. */
static gboolean on_clock(int fd, GIOCondition condition, gpointer data)
{
        OmgTimers *timers = data;
        gint64 slept = get_slept();
        gboolean is_resumed = slept > timers->slept_usec + SUSPEND_MIN_USEC;
        guint64 n_expired;

        (void)!read(fd, &n_expired, sizeof(n_expired));
        timers->slept_usec = slept;
        run(timers, is_resumed ? OMG_TIMER_RESUMED : OMG_TIMER_CLOCK_SET);
        return G_SOURCE_CONTINUE;
}

static gboolean open_timer(OmgTimers *timers, guint i, int clock, GUnixFDSourceFunc func,
                           GMainContext *context, GError **error)
{
        timers->fds[i] = timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK);
        if (timers->fds[i] < 0) {
                omg_error_set_errno(error, errno, "timer of the worker");
                return FALSE;
        }
        timers->sources[i] = g_unix_fd_source_new(timers->fds[i], G_IO_IN);
        g_source_set_callback(timers->sources[i], G_SOURCE_FUNC(func), timers, NULL);
        (void)g_source_attach(timers->sources[i], context);
        return TRUE;
}

static OmgTimers *timers_alloc(void)
{
        OmgTimers *timers = g_new0(OmgTimers, 1);

        timers->timers = g_ptr_array_new();
        timers->fds[0] = timers->fds[1] = -1;
        return timers;
}

OmgTimers *omg_timers_new(GMainContext *context, GError **error)
{
        g_autoptr(OmgTimers) timers = timers_alloc();
        const struct itimerspec never = {.it_value.tv_sec = NEVER_SEC};

        if (!open_timer(timers, 0, CLOCK_BOOTTIME, on_due, context, error) ||
            !open_timer(timers, 1, CLOCK_REALTIME, on_clock, context, error))
                return NULL;
        timers->slept_usec = get_slept();
        if (timerfd_settime(timers->fds[1], TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
                            NULL) < 0) {
                omg_error_set_errno(error, errno, "timer of the worker");
                return NULL;
        }
        return g_steal_pointer(&timers);
}

void omg_timers_free(OmgTimers *timers)
{
        if (!timers)
                return;
        g_assert(timers->timers->len == 0);
        for (guint i = 0; i < G_N_ELEMENTS(timers->fds); i++) {
                if (timers->sources[i])
                        g_source_destroy(timers->sources[i]);
                g_clear_pointer(&timers->sources[i], g_source_unref);
                if (timers->fds[i] >= 0)
                        (void)close(timers->fds[i]);
        }
        g_ptr_array_unref(timers->timers);
        g_free(timers);
}

/* ---- a manual clock ---- */

OmgTimers *omg_timers_new_manual(guint64 now)
{
        OmgTimers *timers = timers_alloc();

        timers->is_manual = TRUE;
        timers->manual_now = now;
        return timers;
}

guint omg_timers_advance(OmgTimers *timers, guint64 to)
{
        guint n = 0;

        for (guint64 next; (next = omg_timers_get_next(timers)) <= to; n++) {
                timers->manual_now = MAX(timers->manual_now, next);
                run(timers, OMG_TIMER_DUE);
        }
        timers->manual_now = MAX(timers->manual_now, to);
        return n;
}

void omg_timers_tell_clock(OmgTimers *timers, OmgTimerReason reason)
{
        run(timers, reason);
}
