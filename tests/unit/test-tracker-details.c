/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/tracker-details.h"

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/limits-advisories.h"
#include "feed-fixture.h"
#include "sources/advisory-files.h"

typedef struct {
        OmgFeedFixture feed;
        OmgTrackerDetails *details;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
        omg_feed_fixture_set_up(&f->feed, OMG_ADVISORY_TRACKER);
        f->details = omg_tracker_details_new(&f->feed.part);
}

static void tear_down(Fixture *f, gconstpointer data)
{
        omg_tracker_details_free(f->details);
        omg_feed_fixture_tear_down(&f->feed);
}

static void add(Fixture *f, guint n)
{
        for (guint i = 1; i <= n; i++) {
                g_autofree char *id = g_strdup_printf("AVG-%u", i);
                omg_tracker_details_add(f->details, id);
        }
        omg_tracker_details_begin(f->details, &f->feed.part);
}

/* Answers all requests of one second; how many there were. */
static guint answer(Fixture *f, OmgFetchOutcome outcome)
{
        g_autoptr(GArray) requests = omg_feed_fixture_new_requests();

        omg_tracker_details_make_requests(f->details, &f->feed.part, requests);
        for (guint i = 0; i < requests->len; i++) {
                g_auto(OmgFetchResult) result;
                omg_feed_fixture_make_result(&g_array_index(requests, OmgFetchRequest, i), outcome,
                                             &result);
                omg_tracker_details_take_result(f->details, &f->feed.part, &result);
        }
        omg_tracker_details_end_fetch(f->details, &f->feed.part);
        return requests->len;
}

/* OMG_LIMIT_TRACKER_AT_ONCE a second, OMG_LIMIT_TRACKER_DETAILS in all; the rest is left. */
static void test_limits(Fixture *f, gconstpointer data)
{
        OmgFeedPart *part = &f->feed.part;
        guint n, n_asked = 0;

        add(f, OMG_LIMIT_TRACKER_DETAILS + 7);
        while (part->step == OMG_FEED_STEP_WAIT) {
                const gint64 before = g_get_monotonic_time();
                n = answer(f, OMG_FETCH_ABSENT);
                g_assert_cmpuint(n, <=, OMG_LIMIT_TRACKER_AT_ONCE);
                g_assert_cmpint(part->wait_usec, >=, before + G_USEC_PER_SEC);
                n_asked += n;
        }
        g_assert_cmpint(part->step, ==, OMG_FEED_STEP_DONE);
        omg_tracker_details_finish(f->details, part);
        g_assert_cmpuint(n_asked, ==, OMG_LIMIT_TRACKER_DETAILS);
        g_assert_cmpuint(part->report.n_asked, ==, OMG_LIMIT_TRACKER_DETAILS);
        g_assert_cmpuint(part->report.n_left, ==, 7);
        g_assert_null(part->report.error);
}

/* Nothing wanted is nothing to wait for. */
static void test_none(Fixture *f, gconstpointer data)
{
        add(f, 0);
        g_assert_cmpint(f->feed.part.step, ==, OMG_FEED_STEP_DONE);
}

static char *dup_path(Fixture *f, guint number)
{
        g_autofree char *folder = omg_advisory_files_dup_groups(f->feed.folder);

        return g_strdup_printf("%s/AVG-%u.json", folder, number);
}

/* OMG_LIMIT_TRACKER_KEPT: with one more that comes into its place, what is too much goes. */
static void test_kept(Fixture *f, gconstpointer data)
{
        g_auto(OmgJudgeLine) line;
        g_autofree char *mine = dup_path(f, 1);
        g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
        OmgFeedJudgeStart start = {.files = files};
        guint n_kept = 0;

        for (guint i = 2; i < OMG_LIMIT_TRACKER_KEPT + 7; i++) {
                g_autofree char *path = dup_path(f, i);
                g_assert_true(g_file_set_contents(path, "", 0, NULL));
        }
        add(f, 1);
        omg_feed_fixture_stage(&f->feed, "group-0.json", "{}");
        g_assert_cmpuint(answer(f, OMG_FETCH_STORED), ==, 1);
        g_assert_cmpint(f->feed.part.step, ==, OMG_FEED_STEP_JUDGE);
        omg_tracker_details_make_judge(f->details, &f->feed.part, &start);
        g_assert_cmpuint(files->len, ==, 1);
        omg_judge_line_init(&line, OMG_JUDGE_LINE_GROUP);
        line.file = 0;
        line.id = g_strdup("AVG-1");
        omg_tracker_details_take_line(f->details, &f->feed.part, &line);
        omg_tracker_details_end_judge(f->details, &f->feed.part, NULL);
        omg_tracker_details_finish(f->details, &f->feed.part);
        g_assert_cmpuint(f->feed.part.report.n_new, ==, 1);
        for (guint i = 1; i < OMG_LIMIT_TRACKER_KEPT + 7; i++) {
                g_autofree char *path = dup_path(f, i);
                n_kept += g_file_test(path, G_FILE_TEST_EXISTS);
        }
        g_assert_cmpuint(n_kept, ==, OMG_LIMIT_TRACKER_KEPT);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, function) \
        g_test_add("/tracker-details/" name, Fixture, NULL, set_up, function, tear_down)
        ADD("limits", test_limits);
        ADD("none", test_none);
        ADD("kept", test_kept);
        return g_test_run();
}
