/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feed-fixture.h"

#include <glib/gstdio.h>

#include "fetch/json-line.h"
#include "sources/advisory-files.h"

void omg_feed_fixture_set_up(OmgFeedFixture *f, OmgAdvisoryOrigin origin)
{
        static const OmgFeedPartType type = {};

        f->folder = g_dir_make_tmp("omg-feed.XXXXXX", NULL);
        f->paths.cache_dir = f->folder;
        f->setup = (OmgAdvisoryPassSetup){
                .paths = &f->paths,
                .cache = omg_cache_db_new(f->folder),
                .tracker_url = "http://127.0.0.1:9",
                .osv_url = "http://127.0.0.1:9",
        };
        omg_feed_part_init(&f->part, &type, &f->setup, origin, "/first");
        g_autofree char *groups = omg_advisory_files_dup_groups(f->folder);
        g_assert_cmpint(g_mkdir_with_parents(groups, 0700), ==, 0);
        g_assert_cmpint(g_mkdir_with_parents(f->part.staging, 0700), ==, 0);
}

static void remove_tree(const char *path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                if (g_file_test(child, G_FILE_TEST_IS_DIR))
                        remove_tree(child);
                else
                        (void)g_unlink(child);
        }
        (void)g_rmdir(path);
}

void omg_feed_fixture_tear_down(OmgFeedFixture *f)
{
        omg_feed_part_clear(&f->part);
        omg_cache_db_free(f->setup.cache);
        remove_tree(f->folder);
        g_free(f->folder);
}

void omg_feed_fixture_stage(OmgFeedFixture *f, const char *name, const char *content)
{
        g_autofree char *path = omg_feed_part_dup_staged(&f->part, name);

        g_assert_true(g_file_set_contents(path, content, -1, NULL));
}

void omg_feed_fixture_make_result(const OmgFetchRequest *request, OmgFetchOutcome outcome,
                                  OmgFetchResult *ret_result)
{
        omg_fetch_result_init(ret_result);
        ret_result->event = OMG_FETCH_EVENT_DONE;
        ret_result->id = request->id;
        ret_result->outcome = outcome;
}

GArray *omg_feed_fixture_new_requests(void)
{
        GArray *requests = g_array_new(FALSE, FALSE, sizeof(OmgFetchRequest));

        g_array_set_clear_func(requests, (GDestroyNotify)omg_fetch_request_clear);
        return requests;
}
