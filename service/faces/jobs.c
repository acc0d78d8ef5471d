/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/jobs.h"

#include "base/error.h"
#include "base/limits.h"
#include "faces/jobs-aur.h"
#include "faces/jobs-private.h"

/* Progress at most five times a second (introspection/org.omgd1.Job.xml). */
#define PROGRESS_INTERVAL_USEC (200 * G_TIME_SPAN_MILLISECOND)

#define KEEP_USEC (OMG_JOB_KEEP_SEC * (guint64)G_USEC_PER_SEC)

struct OmgJobs {
        GPtrArray *jobs; /* by id */
        guint64 last_id;
        OmgJobEvents events;
};

static const struct {
        const char *name;
        int status;
} states[] = {
        [OMG_JOB_QUEUED] = {"queued", -1},      [OMG_JOB_RUNNING] = {"running", -1},
        [OMG_JOB_DONE] = {"done", 0},           [OMG_JOB_FAILED] = {"failed", 1},
        [OMG_JOB_CANCELLED] = {"cancelled", 2},
};

gboolean omg_job_has_ended(const OmgJob *job)
{
        return states[job->state].status >= 0;
}

static void job_set_state(OmgJob *job, OmgJobState state)
{
        job->state = state;
        job->state_name = states[state].name;
        job->cancelable = !omg_job_has_ended(job);
}

static void job_free(OmgJob *job)
{
        g_free(job->owner);
        g_free(job->message);
        g_clear_pointer(&job->errors, g_ptr_array_unref);
        omg_aur_job_free(job->aur);
        g_free(job);
}

OmgJobs *omg_jobs_new(const OmgJobEvents *events)
{
        OmgJobs *self = g_new0(OmgJobs, 1);

        self->jobs = g_ptr_array_new_with_free_func((GDestroyNotify)job_free);
        self->events = *events;
        return self;
}

void omg_jobs_free(OmgJobs *self)
{
        if (!self)
                return;
        g_ptr_array_unref(self->jobs);
        g_free(self);
}

gpointer omg_jobs_get_userdata(const OmgJobs *self)
{
        return self->events.userdata;
}

const GPtrArray *omg_jobs_get_all(const OmgJobs *self)
{
        return self->jobs;
}

guint omg_jobs_count_unfinished(const OmgJobs *self)
{
        guint n = 0;

        for (guint i = 0; i < self->jobs->len; i++)
                n += !omg_job_has_ended(self->jobs->pdata[i]);
        return n;
}

OmgJob *omg_jobs_get(const OmgJobs *self, guint64 id)
{
        for (guint i = 0; i < self->jobs->len; i++) {
                OmgJob *job = self->jobs->pdata[i];
                if (job->id == id)
                        return job;
        }
        return NULL;
}

/* One that asks servers looks at this machine afterwards; who does not want them, does not wait for
 * them. */
static gboolean job_is_before_look(const OmgJob *job, OmgRefreshWhat what)
{
        return job->state == OMG_JOB_QUEUED ||
               (job->state == OMG_JOB_RUNNING &&
                (what & (OMG_REFRESH_MIRRORS | OMG_REFRESH_FEEDS | OMG_REFRESH_AUR)) &&
                g_strcmp0(job->stage, "fetching") == 0);
}

OmgJob *omg_jobs_find_queued(const OmgJobs *self, OmgRefreshWhat what, gboolean force)
{
        for (guint i = 0; i < self->jobs->len; i++) {
                OmgJob *job = self->jobs->pdata[i];
                if (job_is_before_look(job, what) && (job->what & what) == what &&
                    (job->force || !force))
                        return job;
        }
        return NULL;
}

static gboolean check_limits(const OmgJobs *self, const char *owner, GError **error)
{
        guint n_total = 0, n_owner = 0;

        for (guint i = 0; i < self->jobs->len; i++) {
                const OmgJob *job = self->jobs->pdata[i];
                if (omg_job_has_ended(job))
                        continue;
                n_total++;
                n_owner += g_str_equal(job->owner, owner);
        }
        if (n_owner >= OMG_LIMIT_JOBS_PER_SENDER || n_total >= OMG_LIMIT_JOBS_TOTAL) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                            "%u jobs of this sender and %u in all have not ended; "
                            "at most %u and %u may be under way",
                            n_owner, n_total, OMG_LIMIT_JOBS_PER_SENDER, OMG_LIMIT_JOBS_TOTAL);
                return FALSE;
        }
        return TRUE;
}

/* Ended jobs of one sender are bounded too: a caller with "max-age" makes jobs that end at once,
 * and each stays for half a minute. The oldest ended ones go first. */
static void make_room(OmgJobs *self)
{
        for (guint i = 0; self->jobs->len >= 2 * OMG_LIMIT_JOBS_TOTAL && i < self->jobs->len; i++) {
                OmgJob *job = self->jobs->pdata[i];
                if (!omg_job_has_ended(job))
                        continue;
                self->events.on_removed(job, self->events.userdata);
                g_ptr_array_remove_index(self->jobs, i--);
        }
}

OmgJob *omg_jobs_add(OmgJobs *self, const char *kind, const char *owner, guint64 realtime_usec,
                     GError **error)
{
        OmgJob *job;

        if (!check_limits(self, owner, error))
                return NULL;
        make_room(self);

        job = g_new0(OmgJob, 1);
        job->id = ++self->last_id;
        job->kind = kind;
        job->started_usec = realtime_usec;
        job->owner = g_strdup(owner);
        job->stage = "waiting";
        job->error_name = "";
        job->message = g_strdup("");
        job->registry = self;
        job_set_state(job, OMG_JOB_QUEUED);
        g_ptr_array_add(self->jobs, job);
        return job;
}

void omg_jobs_tell_new(OmgJobs *self, OmgJob *job)
{
        self->events.on_new(job, self->events.userdata);
}

OmgJob *omg_jobs_add_refresh(OmgJobs *self, const char *owner, OmgRefreshWhat what, gboolean force,
                             guint64 realtime_usec, GError **error)
{
        OmgJob *job = omg_jobs_add(self, "refresh", owner, realtime_usec, error);

        if (!job)
                return NULL;
        job->what = what;
        job->force = force;
        omg_jobs_tell_new(self, job);
        return job;
}

void omg_jobs_set_progress(OmgJobs *self, guint64 id, const char *stage, double progress,
                           guint64 now)
{
        OmgJob *job = omg_jobs_get(self, id);
        gboolean begins;

        if (!job || omg_job_has_ended(job))
                return;

        job->stage = g_intern_string(stage);
        job->progress_valid = progress >= 0;
        job->progress = CLAMP(progress, 0.0, 1.0);
        begins = job->state == OMG_JOB_QUEUED;
        if (begins)
                job_set_state(job, OMG_JOB_RUNNING);

        job->is_untold = !begins && now - job->told_at < PROGRESS_INTERVAL_USEC;
        if (job->is_untold)
                return;
        job->told_at = now;
        if (begins)
                self->events.on_state(job, self->events.userdata);
        else
                self->events.on_progress(job, self->events.userdata);
}

static GPtrArray *errors_copy(const GPtrArray *errors)
{
        GPtrArray *copy;

        if (!errors || errors->len == 0)
                return NULL;
        copy = g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free);
        for (guint i = 0; i < errors->len; i++) {
                const OmgSourceError *from = errors->pdata[i];
                g_autoptr(GError) error =
                        g_error_new_literal(OMG_ERROR, (gint)from->code, from->message);
                g_ptr_array_add(copy, omg_source_error_new(from->source, error));
        }
        return copy;
}

void omg_jobs_end(OmgJobs *self, guint64 id, const GError *error, gboolean changed,
                  guint64 generation, const GPtrArray *errors, guint64 now)
{
        OmgJob *job = omg_jobs_get(self, id);

        if (!job || omg_job_has_ended(job))
                return;

        if (!error)
                job_set_state(job, OMG_JOB_DONE);
        else if (g_error_matches(error, OMG_ERROR, OMG_ERROR_CANCELLED))
                job_set_state(job, OMG_JOB_CANCELLED);
        else
                job_set_state(job, OMG_JOB_FAILED);
        if (error) {
                job->error_name = omg_error_get_dbus_name(omg_error_get_code(error));
                g_free(job->message);
                job->message = g_utf8_make_valid(error->message, -1);
        }
        job->stage = "finished";
        job->progress_valid = TRUE;
        job->progress = 1;
        job->is_untold = FALSE;
        job->changed = changed;
        job->generation = generation;
        job->errors = errors_copy(errors);
        job->ended_at = now;
        self->events.on_state(job, self->events.userdata);
}

guint64 omg_jobs_tick(OmgJobs *self, guint64 now)
{
        guint64 next = G_MAXUINT64;

        for (guint i = 0; i < self->jobs->len; i++) {
                OmgJob *job = self->jobs->pdata[i];

                if (omg_job_has_ended(job) && now - job->ended_at >= KEEP_USEC) {
                        self->events.on_removed(job, self->events.userdata);
                        g_ptr_array_remove_index(self->jobs, i--);
                        continue;
                }
                if (omg_job_has_ended(job)) {
                        next = MIN(next, job->ended_at + KEEP_USEC);
                } else if (job->is_untold && now - job->told_at >= PROGRESS_INTERVAL_USEC) {
                        job->is_untold = FALSE;
                        job->told_at = now;
                        self->events.on_progress(job, self->events.userdata);
                } else if (job->is_untold) {
                        next = MIN(next, job->told_at + PROGRESS_INTERVAL_USEC);
                }
        }
        return next;
}

int omg_job_get_status(const OmgJob *job)
{
        return states[job->state].status;
}
