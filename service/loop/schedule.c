/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/schedule.h"

#include "base/error.h"
#include "base/limits-network.h"

/* After the start, and after a gate opened: others have begun at that moment, too. */
#define START_SEC  10u
#define SETTLE_SEC 2u
/* The first pause after a failure. */
#define PAUSE_SEC 60u
/* So many doublings take longer than any interval. */
#define MAX_DOUBLINGS 20u

/* The tenths before and after are in part chance and in part time to spare, so that what wakes up
 * more often takes it along: 45 s of 5 minutes, as the status file's. More is not needed. */
#define SLACK_PERCENT  15u
#define SLACK_MAX_USEC (60 * (guint64)G_USEC_PER_SEC)

typedef struct {
        OmgSchedule *schedule;
        OmgFeed feed;
        OmgTimer *timer;
        guint interval_sec;
        gboolean is_running;
        gboolean is_waiting;  /* was due, and a gate was closed */
        guint64 expires_usec; /* of its task; 0: none */
        guint n_failures;
        guint pause_sec; /* what a server asked for */
        gboolean has_ended;
        gint64 ended_usec; /* by the timers' clock; below 0: before the machine started */
} Entry;

struct OmgSchedule {
        OmgTimers *timers;
        OmgScheduleEvents events;
        GPtrArray *entries; /* Entry */
        OmgGates closed;
};

static gint64 get_real_time(const OmgSchedule *schedule)
{
        return schedule->events.get_real_time ? schedule->events.get_real_time()
                                              : g_get_real_time();
}

static guint64 get_random(const OmgSchedule *schedule, guint64 below)
{
        if (below == 0)
                return 0;
        return schedule->events.get_random ? schedule->events.get_random(below)
                                           : (guint64)(g_random_double() * (double)below);
}

static Entry *find(const OmgSchedule *schedule, const char *name)
{
        for (guint i = 0; i < schedule->entries->len; i++) {
                Entry *entry = schedule->entries->pdata[i];

                if (g_str_equal(entry->feed.name, name))
                        return entry;
        }
        return NULL;
}

/* ---- gates and tasks ---- */

static gboolean is_closed(const Entry *entry, guint *ret_gates)
{
        guint gates = entry->schedule->closed;

        if (entry->feed.is_local || (entry->feed.is_near && entry->feed.is_near(entry->feed.data)))
                gates &= OMG_GATE_REFRESH_INHIBITED;
        *ret_gates = gates;
        return gates != 0;
}

static void tell_task(const Entry *entry)
{
        const OmgScheduleEvents *events = &entry->schedule->events;

        events->on_task(entry->feed.name, entry->expires_usec != 0, entry->expires_usec,
                        events->data);
}

/* One that is there is prolonged: somebody still wants it. */
static void add_task(Entry *entry)
{
        entry->expires_usec = (guint64)get_real_time(entry->schedule) +
                              OMG_LIMIT_TASK_SEC * (guint64)G_USEC_PER_SEC;
        tell_task(entry);
}

static void remove_task(Entry *entry)
{
        if (entry->expires_usec == 0)
                return;
        entry->expires_usec = 0;
        tell_task(entry);
}

static void drop_expired(Entry *entry)
{
        if (entry->expires_usec != 0 &&
            (guint64)get_real_time(entry->schedule) >= entry->expires_usec)
                remove_task(entry);
}

static void wait_for_gate(Entry *entry, gboolean is_offline)
{
        entry->is_waiting = TRUE;
        if (is_offline)
                add_task(entry);
}

/* ---- times ---- */

/* A little later than @usec, and by chance: not everybody at once. */
static void set_soon(Entry *entry, guint seconds)
{
        OmgTimers *timers = entry->schedule->timers;
        guint64 usec = seconds * (guint64)G_USEC_PER_SEC;

        omg_timer_set(entry->timer,
                      omg_timers_now(timers) + usec + get_random(entry->schedule, usec), 0);
}

static guint64 get_pause(const Entry *entry)
{
        guint64 interval = entry->interval_sec * (guint64)G_USEC_PER_SEC;
        guint64 pause = PAUSE_SEC * (guint64)G_USEC_PER_SEC;

        pause <<= MIN(entry->n_failures - 1, MAX_DOUBLINGS);
        if (interval > 0)
                pause = MIN(pause, interval);
        return MAX(pause, entry->pause_sec * (guint64)G_USEC_PER_SEC);
}

static void set_after(Entry *entry, guint64 pause)
{
        guint64 slack = MIN(pause * SLACK_PERCENT / 100, SLACK_MAX_USEC);
        guint64 chance = get_random(entry->schedule, pause / 5 - slack);
        /* What a server asked for, or its rules say, is no middle to be around. */
        guint64 early = entry->pause_sec > 0 || entry->feed.is_never_early ? 0 : pause / 10;
        gint64 due = entry->ended_usec + (gint64)(pause - early + chance);

        /* Long ago: before this omgd, or by another interval. */
        if (due <= (gint64)omg_timers_now(entry->schedule->timers))
                set_soon(entry, START_SEC);
        else
                omg_timer_set(entry->timer, (guint64)due, slack);
}

static void plan(Entry *entry)
{
        omg_timer_stop(entry->timer);
        if (entry->is_running || entry->is_waiting)
                return;
        if (entry->n_failures > 0 && (entry->interval_sec > 0 || entry->expires_usec != 0))
                set_after(entry, get_pause(entry));
        else if (entry->expires_usec != 0)
                set_soon(entry, SETTLE_SEC);
        else if (entry->interval_sec > 0 && entry->has_ended)
                set_after(entry, entry->interval_sec * (guint64)G_USEC_PER_SEC);
        else if (entry->interval_sec > 0)
                set_soon(entry, START_SEC);
}

static void on_timer(OmgTimerReason reason, gpointer data)
{
        Entry *entry = data;
        guint gates;

        if (entry->is_running)
                return;
        if (is_closed(entry, &gates)) {
                wait_for_gate(entry, gates & OMG_GATE_OFFLINE);
                return;
        }
        entry->is_waiting = FALSE;
        entry->is_running = TRUE;
        entry->feed.run(entry->feed.data);
}

/* ---- the schedule ---- */

static void entry_free(gpointer data)
{
        Entry *entry = data;

        omg_timer_free(entry->timer);
        g_free(entry);
}

OmgSchedule *omg_schedule_new(OmgTimers *timers, const OmgScheduleEvents *events)
{
        OmgSchedule *schedule = g_new0(OmgSchedule, 1);

        schedule->timers = timers;
        schedule->events = *events;
        schedule->entries = g_ptr_array_new_with_free_func(entry_free);
        return schedule;
}

void omg_schedule_free(OmgSchedule *schedule)
{
        if (!schedule)
                return;
        g_ptr_array_unref(schedule->entries);
        g_free(schedule);
}

void omg_schedule_add(OmgSchedule *schedule, const OmgFeed *feed)
{
        Entry *entry = g_new0(Entry, 1);

        entry->schedule = schedule;
        entry->feed = *feed;
        entry->timer = omg_timers_add(schedule->timers, FALSE, on_timer, entry);
        g_ptr_array_add(schedule->entries, entry);
}

void omg_schedule_set_interval(OmgSchedule *schedule, const char *name, guint seconds)
{
        Entry *entry = find(schedule, name);

        if (!entry || entry->interval_sec == seconds)
                return;
        entry->interval_sec = seconds;
        /* What waits only because it was due by its interval does not any more. */
        if (seconds == 0 && entry->expires_usec == 0)
                entry->is_waiting = FALSE;
        plan(entry);
}

/* A time of success in the future is the work of a clock that was wrong: nothing is known. */
void omg_schedule_restore(OmgSchedule *schedule, const char *name, guint64 succeeded_usec,
                          guint64 expires_usec)
{
        Entry *entry = find(schedule, name);
        gint64 age = get_real_time(schedule) - (gint64)succeeded_usec;

        if (!entry)
                return;
        if (succeeded_usec > 0 && age >= 0) {
                entry->has_ended = TRUE;
                entry->ended_usec = (gint64)omg_timers_now(schedule->timers) - age;
        }
        entry->expires_usec = expires_usec;
        drop_expired(entry);
        plan(entry);
}

void omg_schedule_set_gates(OmgSchedule *schedule, OmgGates closed)
{
        guint gates;

        schedule->closed = closed;
        for (guint i = 0; i < schedule->entries->len; i++) {
                Entry *entry = schedule->entries->pdata[i];

                drop_expired(entry);
                if (!entry->is_waiting || entry->is_running || is_closed(entry, &gates))
                        continue;
                entry->is_waiting = FALSE;
                set_soon(entry, SETTLE_SEC);
        }
}

void omg_schedule_trigger(OmgSchedule *schedule, const char *name)
{
        Entry *entry = find(schedule, name);

        if (entry && !entry->is_running)
                set_soon(entry, SETTLE_SEC);
}

static gboolean is_gate_error(const GError *error)
{
        return g_error_matches(error, OMG_ERROR, OMG_ERROR_OFFLINE) ||
               g_error_matches(error, OMG_ERROR, OMG_ERROR_METERED) ||
               g_error_matches(error, OMG_ERROR, OMG_ERROR_INHIBITED);
}

void omg_schedule_done(OmgSchedule *schedule, const char *name, const GError *error,
                       guint pause_sec)
{
        Entry *entry = find(schedule, name);
        guint gates;

        if (!entry)
                return;
        entry->is_running = FALSE;
        entry->has_ended = TRUE;
        entry->ended_usec = (gint64)omg_timers_now(schedule->timers);
        entry->n_failures = error ? entry->n_failures + 1 : 0;
        entry->pause_sec = error ? pause_sec : 0;
        if (!error)
                remove_task(entry);
        else if (g_error_matches(error, OMG_ERROR, OMG_ERROR_OFFLINE))
                add_task(entry);
        /* Where the gate is open again already, nobody will tell: the pause of a failure. */
        entry->is_waiting = is_gate_error(error) && is_closed(entry, &gates);
        if (entry->is_waiting)
                entry->n_failures--;
        plan(entry);
}

guint omg_schedule_get_n_tasks(const OmgSchedule *schedule)
{
        guint n = 0;

        for (guint i = 0; i < schedule->entries->len; i++)
                n += ((const Entry *)schedule->entries->pdata[i])->expires_usec != 0;
        return n;
}
