/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registry of jobs without a bus and with a clock of the test's. */
#include "base/error.h"
#include "base/limits.h"
#include "faces/jobs.h"

typedef struct {
        OmgJobs *jobs;
        GString *log; /* a letter an event: n new, s state, p progress, r removed */
} Fixture;

static void on_new(OmgJob *job, gpointer userdata)
{
        g_string_append_c(((Fixture *)userdata)->log, 'n');
}

static void on_progress(OmgJob *job, gpointer userdata)
{
        g_string_append_c(((Fixture *)userdata)->log, 'p');
}

static void on_state(OmgJob *job, gpointer userdata)
{
        g_string_append_c(((Fixture *)userdata)->log, 's');
}

static void on_removed(OmgJob *job, gpointer userdata)
{
        g_string_append_c(((Fixture *)userdata)->log, 'r');
}

static void set_up(Fixture *f, gconstpointer data)
{
        f->log = g_string_new(NULL);
        f->jobs = omg_jobs_new(&(OmgJobEvents){.on_new = on_new,
                                               .on_progress = on_progress,
                                               .on_state = on_state,
                                               .on_removed = on_removed,
                                               .userdata = f});
}

static void tear_down(Fixture *f, gconstpointer data)
{
        omg_jobs_free(f->jobs);
        g_string_free(f->log, TRUE);
}

static OmgJob *add(Fixture *f, const char *owner, OmgRefreshWhat what, gboolean force)
{
        g_autoptr(GError) error = NULL;
        OmgJob *job = omg_jobs_add_refresh(f->jobs, owner, what, force, 1000, &error);

        g_assert_no_error(error);
        return job;
}

/* A job's way from queued to gone, with everything a reader sees. */
static void test_life(Fixture *f, gconstpointer data)
{
        OmgJob *job = add(f, ":1.1", OMG_REFRESH_ALL, FALSE);
        guint64 end = 5 * G_USEC_PER_SEC;

        g_assert_cmpuint(job->id, ==, 1);
        g_assert_cmpstr(job->state_name, ==, "queued");
        g_assert_cmpstr(job->stage, ==, "waiting");
        g_assert_true(job->cancelable);
        g_assert_cmpint(omg_job_get_status(job), ==, -1);
        g_assert_cmpuint(omg_jobs_tick(f->jobs, 0), ==, G_MAXUINT64);

        omg_jobs_set_progress(f->jobs, 1, "checking", -1, G_USEC_PER_SEC);
        g_assert_cmpstr(job->state_name, ==, "running");
        g_assert_false(job->progress_valid);

        omg_jobs_end(f->jobs, 1, NULL, TRUE, 77, NULL, end);
        g_assert_cmpstr(job->state_name, ==, "done");
        g_assert_cmpstr(job->stage, ==, "finished");
        g_assert_false(job->cancelable);
        g_assert_cmpint(omg_job_get_status(job), ==, 0);
        g_assert_cmpuint(job->generation, ==, 77);

        /* Nothing happens to it any more. */
        omg_jobs_set_progress(f->jobs, 1, "reading", 0.5, end);
        omg_jobs_end(f->jobs, 1, NULL, TRUE, 78, NULL, end);
        g_assert_cmpuint(omg_jobs_tick(f->jobs, end), ==, end + OMG_JOB_KEEP_SEC * G_USEC_PER_SEC);
        g_assert_cmpuint(omg_jobs_tick(f->jobs, end + OMG_JOB_KEEP_SEC * G_USEC_PER_SEC), ==,
                         G_MAXUINT64);
        g_assert_null(omg_jobs_get(f->jobs, 1));
        g_assert_cmpstr(f->log->str, ==, "nssr");
}

/* Progress is told five times a second, what was held back a little later, and the end at once. */
static void test_progress_rate(Fixture *f, gconstpointer data)
{
        guint64 now = G_USEC_PER_SEC;

        add(f, ":1.1", OMG_REFRESH_ALL, FALSE);
        omg_jobs_set_progress(f->jobs, 1, "checking", -1, now);
        for (guint i = 0; i < 100; i++)
                omg_jobs_set_progress(f->jobs, 1, "reading", i / 100.0, now + i * 1000);
        g_assert_cmpstr(f->log->str, ==, "ns");
        g_assert_cmpuint(omg_jobs_tick(f->jobs, now + 100000), ==, now + 200000);
        g_assert_cmpuint(omg_jobs_tick(f->jobs, now + 200000), ==, G_MAXUINT64);
        g_assert_cmpstr(f->log->str, ==, "nsp");
        omg_jobs_set_progress(f->jobs, 1, "joining", -1, now + 400000);
        omg_jobs_end(f->jobs, 1, NULL, FALSE, 1, NULL, now + 400001);
        g_assert_cmpstr(f->log->str, ==, "nspps");
}

/* What a failed and a cancelled job say. */
static void test_failures(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) failed =
                g_error_new_literal(OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, "core.db");
        g_autoptr(GError) cancelled = g_error_new_literal(OMG_ERROR, OMG_ERROR_CANCELLED, "stop");
        g_autoptr(GPtrArray) errors =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free);
        OmgJob *first = add(f, ":1.1", OMG_REFRESH_SYNC, FALSE);
        OmgJob *second = add(f, ":1.1", OMG_REFRESH_LOCAL, FALSE);

        g_ptr_array_add(errors, omg_source_error_new("sync/core", failed));
        omg_jobs_end(f->jobs, first->id, failed, FALSE, 1, errors, 0);
        omg_jobs_end(f->jobs, second->id, cancelled, FALSE, 1, NULL, 0);
        g_assert_cmpint(omg_job_get_status(first), ==, 1);
        g_assert_cmpstr(first->error_name, ==, "org.omgd1.Error.DatabaseCorrupt");
        g_assert_cmpstr(first->message, ==, "core.db");
        g_assert_cmpuint(first->errors->len, ==, 1);
        g_assert_cmpint(omg_job_get_status(second), ==, 2);
        g_assert_cmpstr(second->state_name, ==, "cancelled");
        g_assert_cmpstr(second->error_name, ==, "org.omgd1.Error.Cancelled");
}

/* A queued refresh serves whoever asks for no more than it does; a running one nobody new. */
static void test_join(Fixture *f, gconstpointer data)
{
        const guint with_mirrors = OMG_REFRESH_ALL | OMG_REFRESH_MIRRORS;
        OmgJob *job = add(f, ":1.1", OMG_REFRESH_SYNC, FALSE);

        g_assert_true(omg_jobs_find_queued(f->jobs, OMG_REFRESH_SYNC, FALSE) == job);
        g_assert_null(omg_jobs_find_queued(f->jobs, OMG_REFRESH_ALL, FALSE));
        g_assert_null(omg_jobs_find_queued(f->jobs, OMG_REFRESH_SYNC, TRUE));

        job = add(f, ":1.1", OMG_REFRESH_ALL, TRUE);
        g_assert_true(omg_jobs_find_queued(f->jobs, OMG_REFRESH_LOCAL, FALSE) == job);
        g_assert_true(omg_jobs_find_queued(f->jobs, OMG_REFRESH_ALL, TRUE) == job);
        omg_jobs_set_progress(f->jobs, job->id, "checking", -1, 0);
        g_assert_null(omg_jobs_find_queued(f->jobs, OMG_REFRESH_LOCAL, FALSE));
        /* While the mirrors are asked, it has looked at nothing here yet. */
        job = add(f, ":1.1", (OmgRefreshWhat)with_mirrors, FALSE);
        omg_jobs_set_progress(f->jobs, job->id, "fetching", -1, 0);
        g_assert_true(omg_jobs_find_queued(f->jobs, (OmgRefreshWhat)with_mirrors, FALSE) == job);
        /* Who does not want mirrors does not wait for them. */
        g_assert_null(omg_jobs_find_queued(f->jobs, OMG_REFRESH_LOCAL, FALSE));
}

/* Unfinished jobs are limited by owner and in all; ended ones do not count, and cannot pile up. */
static void test_limits(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < OMG_LIMIT_JOBS_PER_SENDER; i++)
                add(f, ":1.1", OMG_REFRESH_ALL, FALSE);
        g_assert_null(omg_jobs_add_refresh(f->jobs, ":1.1", OMG_REFRESH_ALL, FALSE, 0, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED);
        g_clear_error(&error);
        omg_jobs_end(f->jobs, 1, NULL, FALSE, 1, NULL, 0);
        add(f, ":1.1", OMG_REFRESH_ALL, FALSE);

        for (guint i = OMG_LIMIT_JOBS_PER_SENDER; i < OMG_LIMIT_JOBS_TOTAL; i++) {
                g_autofree char *owner = g_strdup_printf(":2.%u", i);
                add(f, owner, OMG_REFRESH_ALL, FALSE);
        }
        g_assert_null(omg_jobs_add_refresh(f->jobs, ":3.1", OMG_REFRESH_ALL, FALSE, 0, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED);

        for (guint i = 0; i < 2000; i++) {
                OmgJob *job;
                omg_jobs_end(f->jobs, 2, NULL, FALSE, 1, NULL, 0);
                job = add(f, ":4.1", OMG_REFRESH_ALL, FALSE);
                omg_jobs_end(f->jobs, job->id, NULL, FALSE, 1, NULL, 0);
        }
        g_assert_cmpuint(omg_jobs_get_all(f->jobs)->len, <=, 2 * OMG_LIMIT_JOBS_TOTAL);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
        ADD("/jobs/life", test_life);
        ADD("/jobs/progress-rate", test_progress_rate);
        ADD("/jobs/failures", test_failures);
        ADD("/jobs/join", test_join);
        ADD("/jobs/limits", test_limits);
        return g_test_run();
}
