/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The jobs that can still be read, as plain data: nothing here knows the bus or a clock. What
 * happens to a job is told by events; bus-job.c says it on the wire. Times are µs of one monotonic
 * clock of the caller's, unless a name says otherwise. */

#include "loop/refresh.h"

typedef enum {
        OMG_JOB_QUEUED,
        OMG_JOB_RUNNING,
        OMG_JOB_DONE,
        OMG_JOB_FAILED,
        OMG_JOB_CANCELLED,
} OmgJobState;

typedef struct OmgJobs OmgJobs;
typedef struct OmgAurJob OmgAurJob; /* jobs-aur.h */

typedef struct {
        guint64 id;
        const char *kind;     /* static */
        guint64 started_usec; /* realtime, since 1970 */
        char *owner;          /* unique bus name; "" for the daemon's own */
        OmgJobState state;
        const char *state_name; /* static, follows state */
        const char *stage;      /* interned */
        double progress;        /* 0 to 1 */
        gboolean progress_valid;
        gboolean cancelable;

        OmgRefreshWhat what; /* of a refresh */
        gboolean force;
        OmgAurJob *aur; /* of an "aur-query"; NULL: a refresh */

        /* The result, once it has ended. */
        const char *error_name; /* static, "" when done */
        char *message;          /* "" when done */
        gboolean changed;
        guint64 generation;
        GPtrArray *errors; /* OmgSourceError, owned; may be NULL */

        guint64 joined_at; /* when the last caller was given it instead of a job of its own; or 0 */
        guint64 ended_at;
        guint64 told_at;    /* last time progress was told */
        gboolean is_untold; /* stage or progress has changed since */
        OmgJobs *registry;
} OmgJob;

/* What happened; the job is borrowed. */
typedef struct {
        void (*on_new)(OmgJob *job, gpointer userdata);
        void (*on_progress)(OmgJob *job,
                            gpointer userdata);           /* stage, progress; at most 5 a second */
        void (*on_state)(OmgJob *job, gpointer userdata); /* begun, or ended (with its result) */
        void (*on_removed)(OmgJob *job, gpointer userdata); /* still readable, freed afterwards */
        gpointer userdata;
} OmgJobEvents;

OmgJobs *omg_jobs_new(const OmgJobEvents *events);

/* No event follows. */
void omg_jobs_free(OmgJobs *jobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgJobs, omg_jobs_free)

gpointer omg_jobs_get_userdata(const OmgJobs *jobs);

/* By id, ascending; borrowed, OmgJob. */
guint omg_jobs_count_unfinished(const OmgJobs *jobs);
const GPtrArray *omg_jobs_get_all(const OmgJobs *jobs);

/* NULL when there is none (any more). */
OmgJob *omg_jobs_get(const OmgJobs *jobs, guint64 id);

/* A refresh that waits, for its turn or for servers, and covers this one, or NULL. One that looks
 * at this machine does not count: it may have passed the very thing the caller has just changed.
 * Nor does one that asks servers for a caller that does not. */
OmgJob *omg_jobs_find_queued(const OmgJobs *jobs, OmgRefreshWhat what, gboolean force);

/* Adds a queued refresh and returns it, borrowed. LIMITS_EXCEEDED when the owner, or all together,
 * have too many that have not ended. */
OmgJob *omg_jobs_add_refresh(OmgJobs *jobs, const char *owner, OmgRefreshWhat what, gboolean force,
                             guint64 realtime_usec, GError **error);

/* It runs, and is at this stage; progress below 0: not known. */
void omg_jobs_set_progress(OmgJobs *jobs, guint64 id, const char *stage, double progress,
                           guint64 now);

/* It has ended. @error NULL: done; CANCELLED: cancelled; else failed. @errors (OmgSourceError,
 * borrowed, may be NULL) is copied. An unknown id is harmless. */
void omg_jobs_end(OmgJobs *jobs, guint64 id, const GError *error, gboolean changed,
                  guint64 generation, const GPtrArray *errors, guint64 now);

/* Tells progress held back for its rate, removes jobs whose time to be read is over, and returns
 * when to be called next, or G_MAXUINT64 when nothing is left to do. */
guint64 omg_jobs_tick(OmgJobs *jobs, guint64 now);

/* Status of GetResult and JobRemoved: 0 done, 1 failed, 2 cancelled; -1 not ended. */
int omg_job_get_status(const OmgJob *job);
