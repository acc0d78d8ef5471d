/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* When what omgd does by itself is done again: the look at this machine, and the feeds that ask
 * somebody's server, each at an interval of its own, counted from the end of the last, give or take
 * a tenth. It knows neither what they do nor how: each is a function that begins, and a call that
 * says how it ended. Worker thread, as all here.
 *
 * One that is due waits while a gate is closed for it, and runs when that opens. One that cannot
 * run because there is no network is a task in the queue besides, which is kept over restarts for
 * OMG_LIMIT_TASK_SEC; of each feed there is one at most. */

#include "loop/timers.h"

typedef enum {
        OMG_GATE_OFFLINE = 1 << 0,
        OMG_GATE_METERED = 1 << 1,
        OMG_GATE_NETWORK_INHIBITED = 1 << 2,
        OMG_GATE_REFRESH_INHIBITED = 1 << 3, /* for the look at this machine the only one */
} OmgGates;

typedef struct {
        const char *name;  /* static; of the task too */
        gboolean is_local; /* needs no network at all */
        /* NULL, or whether it needs none now: all its addresses are on this machine. */
        gboolean (*is_near)(gpointer data);
        gboolean is_never_early; /* chance makes its interval longer only */
        /* Begins; omg_schedule_done() follows, sooner or later. */
        void (*run)(gpointer data);
        gpointer data;
} OmgFeed;

typedef struct {
        /* A task came into the queue, or left it; @expires_usec since 1970. */
        void (*on_task)(const char *name, gboolean is_queued, guint64 expires_usec, gpointer data);
        gpointer data;
        gint64 (*get_real_time)(void);        /* NULL: the system's clock (tests) */
        guint64 (*get_random)(guint64 below); /* NULL: GLib's (tests) */
} OmgScheduleEvents;

typedef struct OmgSchedule OmgSchedule;

/* All gates open. */
OmgSchedule *omg_schedule_new(OmgTimers *timers, const OmgScheduleEvents *events);

/* NULL is harmless. */
void omg_schedule_free(OmgSchedule *schedule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgSchedule, omg_schedule_free)

/* Not run before it has an interval, or a task. The names below are those of feeds; others are
 * ignored. */
void omg_schedule_add(OmgSchedule *schedule, const OmgFeed *feed);

/* Seconds from the end of one to the next; 0: never by itself. */
void omg_schedule_set_interval(OmgSchedule *schedule, const char *name, guint seconds);

/* What an omgd before this one has left: when it last succeeded (µs since 1970; 0: never), and
 * until when a task of it is kept (0: there is none). */
void omg_schedule_restore(OmgSchedule *schedule, const char *name, guint64 succeeded_usec,
                          guint64 expires_usec);

void omg_schedule_set_gates(OmgSchedule *schedule, OmgGates closed);

/* Soon, whatever the interval: when the machine wakes up, or somebody says that things changed. */
void omg_schedule_trigger(OmgSchedule *schedule, const char *name);

/* It ended, whoever began it. @error NULL: well; OFFLINE, METERED or INHIBITED: as if a gate had
 * been closed; else it is tried again after a pause that doubles, at least @pause_sec, up to its
 * interval. */
void omg_schedule_done(OmgSchedule *schedule, const char *name, const GError *error,
                       guint pause_sec);

/* Tasks in the queue. */
guint omg_schedule_get_n_tasks(const OmgSchedule *schedule);
