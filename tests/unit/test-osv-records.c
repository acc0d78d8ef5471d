/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/osv-records.h"

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/limits-advisories.h"
#include "feed-fixture.h"
#include "loop/osv-folder.h"

typedef struct {
        OmgFeedFixture feed;
        OmgOsvRecords *records;
        GHashTable *named;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
        omg_feed_fixture_set_up(&f->feed, OMG_ADVISORY_OSV);
        f->named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static void tear_down(Fixture *f, gconstpointer data)
{
        omg_osv_records_free(f->records);
        g_hash_table_unref(f->named);
        omg_feed_fixture_tear_down(&f->feed);
}

/* Records of a day ago, that were named then. */
static void fill(Fixture *f, guint n)
{
        const guint64 before = (guint64)g_get_real_time() - (guint64)86400 * G_USEC_PER_SEC;
        g_autoptr(OmgOsvFolder) folder = omg_osv_folder_open(f->feed.folder, before);

        for (guint i = 0; i < n; i++) {
                g_autofree char *id = g_strdup_printf("OLD-%u", i);
                g_autofree char *path = omg_feed_part_dup_staged(&f->feed.part, "x");
                guint n_gone;
                omg_feed_fixture_stage(&f->feed, "x", "{}");
                g_assert_true(
                        omg_osv_folder_put(folder, path, id, 5, before, before, &n_gone, NULL));
        }
        g_assert_true(omg_osv_folder_save(folder, NULL));
}

static void name(Fixture *f, guint n)
{
        const guint64 modified = 7;

        for (guint i = 0; i < n; i++)
                g_hash_table_insert(f->named, g_strdup_printf("NEW-%u", i),
                                    g_memdup2(&modified, sizeof(modified)));
}

/* Answers all: those named are as they were, of the others there is none; how many of both were
 * asked for. */
static void run(Fixture *f, gboolean is_complete, guint *ret_n_new, guint *ret_n_old)
{
        OmgFeedPart *part = &f->feed.part;

        *ret_n_new = *ret_n_old = 0;
        f->records = omg_osv_records_new(part);
        omg_osv_records_begin(f->records, part, f->named, is_complete);
        while (part->step == OMG_FEED_STEP_FETCH) {
                g_autoptr(GArray) requests = omg_feed_fixture_new_requests();
                omg_osv_records_make_requests(f->records, part, requests);
                g_assert_cmpuint(requests->len, >, 0);
                g_assert_cmpuint(requests->len, <=, OMG_LIMIT_OSV_CHUNK);
                for (guint i = 0; i < requests->len; i++) {
                        const OmgFetchRequest *request =
                                &g_array_index(requests, OmgFetchRequest, i);
                        g_auto(OmgFetchResult) result;
                        const gboolean is_old = g_strrstr(request->urls[0], "/OLD-") != NULL;
                        *ret_n_old += is_old;
                        *ret_n_new += !is_old;
                        omg_feed_fixture_make_result(
                                request, is_old ? OMG_FETCH_ABSENT : OMG_FETCH_UNCHANGED, &result);
                        omg_osv_records_take_result(f->records, part, &result);
                }
                omg_osv_records_end_fetch(f->records, part);
        }
        omg_osv_records_finish(f->records, part);
}

/* OMG_LIMIT_OSV_REREAD of those that no answer named, OMG_LIMIT_OSV_FETCHED in all, those that were
 * named before the others. */
static void test_limits(Fixture *f, gconstpointer data)
{
        guint n_new, n_old;

        fill(f, OMG_LIMIT_OSV_REREAD + 5);
        run(f, TRUE, &n_new, &n_old);
        g_assert_cmpuint(n_old, ==, OMG_LIMIT_OSV_REREAD);
        g_assert_cmpuint(f->feed.part.report.n_new, ==, OMG_LIMIT_OSV_REREAD);
        g_assert_no_error(f->feed.part.report.error);
        g_clear_pointer(&f->records, omg_osv_records_free);

        name(f, OMG_LIMIT_OSV_FETCHED - 2);
        run(f, TRUE, &n_new, &n_old);
        g_assert_cmpuint(n_new, ==, OMG_LIMIT_OSV_FETCHED - 2);
        g_assert_cmpuint(n_old, ==, 2);
        g_clear_pointer(&f->records, omg_osv_records_free);

        name(f, OMG_LIMIT_OSV_FETCHED + 1);
        run(f, TRUE, &n_new, &n_old);
        g_assert_cmpuint(n_new, ==, OMG_LIMIT_OSV_FETCHED);
        g_assert_cmpuint(n_old, ==, 0);
        g_assert_cmpuint(f->feed.part.report.n_left, ==, 1);
        g_assert_error(f->feed.part.report.error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED);
}

/* What was not asked about wholly is not known not to be named. */
static void test_incomplete(Fixture *f, gconstpointer data)
{
        guint n_new, n_old;

        fill(f, 3);
        name(f, 2);
        run(f, FALSE, &n_new, &n_old);
        g_assert_cmpuint(n_new, ==, 2);
        g_assert_cmpuint(n_old, ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, function) \
        g_test_add("/osv-records/" name, Fixture, NULL, set_up, function, tear_down)
        ADD("limits", test_limits);
        ADD("incomplete", test_incomplete);
        return g_test_run();
}
