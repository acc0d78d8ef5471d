/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/jobs-aur.h"

#include "base/error.h"
#include "base/limits-aur.h"
#include "faces/jobs-private.h"

void omg_aur_job_free(OmgAurJob *aur)
{
        if (!aur)
                return;
        omg_aur_question_unref(aur->query.question);
        omg_aur_answer_unref(aur->answer);
        g_free(aur);
}

static gboolean will_do(const OmgAurQuery *running, const OmgAurQuery *query)
{
        return running->how == query->how && running->limit == query->limit &&
               running->offset == query->offset && running->max_age_sec <= query->max_age_sec &&
               g_str_equal(running->question->key, query->question->key);
}

OmgJob *omg_jobs_find_aur(const OmgJobs *jobs, const OmgAurQuery *query)
{
        const GPtrArray *all = omg_jobs_get_all(jobs);

        for (guint i = 0; i < all->len; i++) {
                OmgJob *job = all->pdata[i];
                if (job->aur && !omg_job_has_ended(job) && will_do(&job->aur->query, query))
                        return job;
        }
        return NULL;
}

static gboolean check_limit(const OmgJobs *jobs, GError **error)
{
        const GPtrArray *all = omg_jobs_get_all(jobs);
        guint n = 0;

        for (guint i = 0; i < all->len; i++) {
                const OmgJob *job = all->pdata[i];
                n += job->aur && !omg_job_has_ended(job);
        }
        if (n < OMG_LIMIT_AUR_QUESTIONS)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                    "%u questions to the AUR have no answer yet, which is as many as may be", n);
        return FALSE;
}

OmgJob *omg_jobs_add_aur(OmgJobs *jobs, const char *owner, const OmgAurQuery *query,
                         guint64 realtime_usec, GError **error)
{
        OmgJob *job = check_limit(jobs, error)
                              ? omg_jobs_add(jobs, "aur-query", owner, realtime_usec, error)
                              : NULL;

        if (!job)
                return NULL;
        job->aur = g_new0(OmgAurJob, 1);
        job->aur->query = *query;
        (void)omg_aur_question_ref(query->question);
        omg_jobs_tell_new(jobs, job);
        return job;
}

void omg_jobs_end_aur(OmgJobs *jobs, const OmgAurOutcome *outcome, guint64 now)
{
        OmgJob *job = omg_jobs_get(jobs, outcome->id);

        if (!job || !job->aur || omg_job_has_ended(job))
                return;
        if (outcome->answer)
                job->aur->answer = omg_aur_answer_ref(outcome->answer);
        job->aur->is_cached = outcome->is_cached;
        job->aur->until_usec = outcome->until_usec;
        omg_jobs_end(jobs, outcome->id, outcome->error, FALSE, 0, NULL, now);
}
