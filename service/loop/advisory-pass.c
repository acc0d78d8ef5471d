/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/advisory-pass.h"

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits-advisories.h"
#include "loop/feed-judge.h"
#include "loop/feed-osv.h"
#include "loop/feed-part.h"
#include "loop/feed-tracker.h"
#include "loop/fetcher.h"
#include "sources/advisory-files.h"
#include "sources/tracker.h"

struct OmgAdvisoryPass {
        OmgAdvisoryPassSetup setup; /* why_not only while the parts are made */
        OmgAdvisoryPassEvents events;
        char *staging;
        GStrv groups;
        OmgFeedPart *parts[OMG_ADVISORY_SOURCE_N]; /* NULL: not wanted */
        guint current;

        OmgFetcher *fetcher; /* one of these three at most */
        OmgFeedJudge *judge;
        GSource *later;
        GSource *deadline; /* of the current part */
        gboolean is_cancelled;
};

static void go_on(OmgAdvisoryPass *pass);
static void go_on_at(OmgAdvisoryPass *pass, gint64 usec);

static OmgFeedPart *get_part(const OmgAdvisoryPass *pass)
{
        return pass->current < OMG_ADVISORY_SOURCE_N ? pass->parts[pass->current] : NULL;
}

static void clear_source(GSource **source)
{
        if (!*source)
                return;
        g_source_destroy(*source);
        g_source_unref(*source);
        *source = NULL;
}

/* Nothing more is asked; what is under way ends as cancelled. */
static void stop_running(OmgAdvisoryPass *pass)
{
        if (pass->fetcher)
                omg_fetcher_cancel(pass->fetcher);
        else if (pass->later)
                go_on_at(pass, 0);
}

/* ---- the end ---- */

static void set_cancelled(OmgFeedPart *part)
{
        g_clear_error(&part->report.error);
        part->report.error =
                g_error_new_literal(OMG_ERROR, OMG_ERROR_CANCELLED, "the refresh was cancelled");
}

/* Flat: nobody makes folders there. */
static void clear_staging(const char *path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                (void)g_unlink(child);
        }
}

static void report_end(OmgAdvisoryPass *pass)
{
        OmgAdvisoryReport reports[OMG_ADVISORY_SOURCE_N] = {};

        clear_source(&pass->deadline);
        clear_staging(pass->staging);
        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++)
                if (pass->parts[i])
                        reports[i] = pass->parts[i]->report;
        pass->events.on_done(reports, pass->events.data);
}

static void tell_progress(OmgAdvisoryPass *pass)
{
        double sum = 0;
        guint n = 0;

        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++) {
                const OmgFeedPart *part = pass->parts[i];
                n += part != NULL;
                sum += !part ? 0 : part->step == OMG_FEED_STEP_DONE ? 1 : part->progress;
        }
        pass->events.on_progress(n > 0 ? sum / n : 1, pass->events.data);
}

/* ---- fetching ---- */

static void on_fetch_event(const OmgFetchResult *result, gpointer data)
{
        OmgAdvisoryPass *pass = data;
        OmgFeedPart *part = get_part(pass);

        if (pass->is_cancelled)
                return;
        part->type->take_result(part, result);
        if (part->is_stopped)
                omg_fetcher_cancel(pass->fetcher);
        tell_progress(pass);
}

static void on_fetch_done(const GError *error, gpointer data)
{
        OmgAdvisoryPass *pass = data;
        OmgFeedPart *part = get_part(pass);

        g_clear_pointer(&pass->fetcher, omg_fetcher_free);
        if (!pass->is_cancelled)
                part->type->end_fetch(part);
        go_on(pass);
}

/* None of them was made. */
static void fail_requests(OmgFeedPart *part, const GArray *requests, const GError *error)
{
        for (guint i = 0; i < requests->len; i++) {
                g_auto(OmgFetchResult) result;
                omg_fetch_result_init(&result);
                omg_fetch_result_set_error(&result, error->code, error->message);
                result.event = OMG_FETCH_EVENT_DONE;
                result.id = g_array_index(requests, OmgFetchRequest, i).id;
                part->type->take_result(part, &result);
        }
}

static void fetch(OmgAdvisoryPass *pass, OmgFeedPart *part)
{
        g_autoptr(GArray) requests = g_array_new(FALSE, FALSE, sizeof(OmgFetchRequest));
        g_autoptr(GError) error = NULL;

        g_array_set_clear_func(requests, (GDestroyNotify)omg_fetch_request_clear);
        part->type->make_requests(part, requests);
        const OmgFetcherStart start = {
                .helper = pass->setup.paths->fetch_helper,
                .launcher = pass->setup.launcher,
                .directory = pass->staging,
                .requests = (const OmgFetchRequest *)(gconstpointer)requests->data,
                .n_requests = requests->len,
                .on_event = on_fetch_event,
                .on_done = on_fetch_done,
                .userdata = pass,
        };
        if (requests->len > 0)
                pass->fetcher = omg_fetcher_start(&start, &error);
        if (pass->fetcher)
                return;
        if (error)
                fail_requests(part, requests, error);
        part->type->end_fetch(part);
        go_on_at(pass, 0);
}

/* ---- judging ---- */

static void on_judge_line(const OmgJudgeLine *line, gpointer data)
{
        OmgAdvisoryPass *pass = data;
        OmgFeedPart *part = get_part(pass);

        if (!pass->is_cancelled)
                part->type->take_line(part, line);
}

static void on_judge_done(const GError *error, gpointer data)
{
        OmgAdvisoryPass *pass = data;
        OmgFeedPart *part = get_part(pass);

        g_clear_pointer(&pass->judge, omg_feed_judge_free);
        if (!pass->is_cancelled)
                part->type->end_judge(part, error);
        tell_progress(pass);
        go_on(pass);
}

static void judge(OmgAdvisoryPass *pass, OmgFeedPart *part)
{
        g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) error = NULL;
        OmgFeedJudgeStart start = {
                .helper = pass->setup.paths->index_helper,
                .files = files,
                .on_line = on_judge_line,
                .on_done = on_judge_done,
                .userdata = pass,
        };

        part->type->make_judge(part, &start);
        pass->judge = omg_feed_judge_start(&start, &error);
        if (pass->judge)
                return;
        part->type->end_judge(part, error);
        go_on_at(pass, 0);
}

/* ---- one part after the other ---- */

static guint get_limit(const OmgAdvisoryPass *pass)
{
        return pass->setup.limit_sec > 0 ? pass->setup.limit_sec : OMG_LIMIT_FEED_SEC;
}

static gboolean on_deadline(gpointer data)
{
        OmgAdvisoryPass *pass = data;
        OmgFeedPart *part = get_part(pass);

        clear_source(&pass->deadline);
        part->is_stopped = TRUE;
        omg_feed_part_fail(part, OMG_ERROR_NETWORK, "%s: it took longer than %u s", part->base_url,
                           get_limit(pass));
        stop_running(pass);
        return G_SOURCE_REMOVE;
}

static void set_deadline(OmgAdvisoryPass *pass)
{
        clear_source(&pass->deadline);
        pass->deadline = g_timeout_source_new_seconds(get_limit(pass));
        g_source_set_callback(pass->deadline, on_deadline, pass, NULL);
        (void)g_source_attach(pass->deadline, g_main_context_get_thread_default());
}

/* The next one that has something to do; NULL: none. */
static OmgFeedPart *find_next(OmgAdvisoryPass *pass)
{
        while (pass->current < OMG_ADVISORY_SOURCE_N) {
                OmgFeedPart *part = pass->parts[pass->current];
                if (part && part->step != OMG_FEED_STEP_DONE)
                        return part;
                if (part)
                        part->type->finish(part);
                clear_source(&pass->deadline);
                pass->current++;
        }
        return NULL;
}

/* What is known already is kept. */
static void end_cancelled(OmgAdvisoryPass *pass)
{
        for (guint i = pass->current; i < OMG_ADVISORY_SOURCE_N; i++) {
                OmgFeedPart *part = pass->parts[i];
                if (!part)
                        continue;
                if (i > pass->current)
                        part->report.was_asked = FALSE;
                if (!part->is_known)
                        set_cancelled(part);
                if (i == pass->current)
                        part->type->finish(part);
                set_cancelled(part);
        }
        report_end(pass);
}

static void go_on(OmgAdvisoryPass *pass)
{
        OmgFeedPart *part = pass->is_cancelled ? NULL : find_next(pass);

        if (pass->is_cancelled) {
                end_cancelled(pass);
                return;
        }
        if (!part) {
                report_end(pass);
                return;
        }
        if (!pass->deadline)
                set_deadline(pass);
        if (part->step == OMG_FEED_STEP_JUDGE) {
                judge(pass, part);
        } else if (part->is_stopped) {
                part->step = OMG_FEED_STEP_DONE;
                go_on_at(pass, 0);
        } else if (part->step == OMG_FEED_STEP_WAIT) {
                part->step = OMG_FEED_STEP_FETCH;
                go_on_at(pass, part->wait_usec);
        } else {
                fetch(pass, part);
        }
}

static gboolean on_later(gpointer data)
{
        OmgAdvisoryPass *pass = data;

        clear_source(&pass->later);
        go_on(pass);
        return G_SOURCE_REMOVE;
}

/* @usec: of the monotonic clock. */
static void go_on_at(OmgAdvisoryPass *pass, gint64 usec)
{
        const gint64 now = g_get_monotonic_time();

        clear_source(&pass->later);
        pass->later = g_timeout_source_new(usec > now ? (guint)((usec - now) / 1000) + 1 : 0);
        g_source_set_callback(pass->later, on_later, pass, NULL);
        (void)g_source_attach(pass->later, g_main_context_get_thread_default());
}

/* ---- the pass ---- */

static GStrv dup_groups(const char *const *groups)
{
        GPtrArray *ids = g_ptr_array_new();

        for (; groups && *groups && ids->len < OMG_LIMIT_TRACKER_WANTED; groups++)
                if (omg_tracker_id_check(*groups))
                        g_ptr_array_add(ids, g_strdup(*groups));
        g_ptr_array_add(ids, NULL);
        return (GStrv)g_ptr_array_free(ids, FALSE);
}

static gboolean make_folders(const OmgAdvisoryPass *pass, GError **error)
{
        g_autofree char *details = omg_advisory_files_dup_groups(pass->setup.paths->cache_dir);
        g_autofree char *directory = g_path_get_dirname(details);

        if (!omg_file_make_private_dir(directory, error) ||
            !omg_file_make_private_dir(details, error) ||
            !omg_file_make_private_dir(pass->staging, error))
                return FALSE;
        clear_staging(pass->staging);
        return TRUE;
}

static void make_parts(OmgAdvisoryPass *pass)
{
        if (pass->setup.what & 1u << OMG_ADVISORY_TRACKER)
                pass->parts[OMG_ADVISORY_TRACKER] = omg_feed_tracker_new(&pass->setup);
        if (pass->setup.what & 1u << OMG_ADVISORY_OSV)
                pass->parts[OMG_ADVISORY_OSV] = omg_feed_osv_new(&pass->setup);
        pass->setup.why_not = NULL;
}

OmgAdvisoryPass *omg_advisory_pass_start(const OmgAdvisoryPassSetup *setup,
                                         const OmgAdvisoryPassEvents *events, GError **error)
{
        g_autoptr(OmgAdvisoryPass) pass = g_new0(OmgAdvisoryPass, 1);

        pass->setup = *setup;
        pass->events = *events;
        pass->groups = dup_groups(setup->groups);
        pass->setup.groups = (const char *const *)pass->groups;
        if (setup->questions)
                (void)g_ptr_array_ref(setup->questions);
        pass->staging = omg_advisory_files_dup_staging(setup->paths->cache_dir);
        if (!make_folders(pass, error))
                return NULL;
        make_parts(pass);
        go_on_at(pass, 0);
        return g_steal_pointer(&pass);
}

void omg_advisory_pass_cancel(OmgAdvisoryPass *pass)
{
        pass->is_cancelled = TRUE;
        stop_running(pass);
        if (pass->judge)
                omg_feed_judge_cancel(pass->judge);
}

void omg_advisory_pass_free(OmgAdvisoryPass *pass)
{
        if (!pass)
                return;
        omg_fetcher_free(pass->fetcher);
        omg_feed_judge_free(pass->judge);
        clear_source(&pass->later);
        clear_source(&pass->deadline);
        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++)
                if (pass->parts[i])
                        pass->parts[i]->type->free(pass->parts[i]);
        if (pass->setup.questions)
                g_ptr_array_unref(pass->setup.questions);
        g_strfreev(pass->groups);
        g_free(pass->staging);
        g_free(pass);
}
