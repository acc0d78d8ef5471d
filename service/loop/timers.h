/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Timers of the worker that wake up together, so that an idle omgd wakes up seldom: each has a time
 * when it may run, and one when it must, and one wake-up serves all that may. They count
 * CLOCK_BOOTTIME, as omg_clock_now(): what came due while the machine slept runs when it wakes up.
 *
 * A timer can also hear that the clock was set, or that the machine slept. Both come from the
 * kernel (TFD_TIMER_CANCEL_ON_SET, timerfd_create(2)) and cost no wake-up meanwhile. */

#include <glib.h>

typedef enum {
        OMG_TIMER_DUE,
        OMG_TIMER_CLOCK_SET,
        OMG_TIMER_RESUMED, /* after a suspend */
} OmgTimerReason;

typedef void (*OmgTimerFunc)(OmgTimerReason reason, gpointer data);

typedef struct OmgTimers OmgTimers;
typedef struct OmgTimer OmgTimer;

/* Runs in the context; every call but this one is for its thread. UNAVAILABLE without descriptors.
 */
OmgTimers *omg_timers_new(GMainContext *context, GError **error);

/* With a clock that stands still at @now until omg_timers_advance() (tests). */
OmgTimers *omg_timers_new_manual(guint64 now);

/* Every timer must be freed before. NULL is harmless. */
void omg_timers_free(OmgTimers *timers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgTimers, omg_timers_free)

guint64 omg_timers_now(const OmgTimers *timers);

/* When it wakes up next; G_MAXUINT64: not by itself. */
guint64 omg_timers_get_next(const OmgTimers *timers);

/* Not set. @hears_clock: also called with the other reasons, which leave it set as it is. */
OmgTimer *omg_timers_add(OmgTimers *timers, gboolean hears_clock, OmgTimerFunc func, gpointer data);

/* Once, between due_usec and due_usec + slack_usec; instead of what was set before. */
void omg_timer_set(OmgTimer *timer, guint64 due_usec, guint64 slack_usec);
void omg_timer_stop(OmgTimer *timer);
gboolean omg_timer_is_set(const OmgTimer *timer);

/* Also from its own function. NULL is harmless. */
void omg_timer_free(OmgTimer *timer);

/* Of a manual clock: lets it reach @to, with all that comes due; returns the number of wake-ups. */
guint omg_timers_advance(OmgTimers *timers, guint64 to);

/* Of a manual clock: what the kernel would tell. */
void omg_timers_tell_clock(OmgTimers *timers, OmgTimerReason reason);
