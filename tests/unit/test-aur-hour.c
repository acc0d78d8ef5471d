/* SPDX-License-Identifier: GPL-3.0-or-later */

/* When the AUR may be asked again, and what is said until then. */

#include "loop/aur-hour.h"

#include "base/error.h"
#include "base/limits-network.h"
#include "feed-fixture.h"
#include "store/cache-feeds.h"
#include "store/cache-http.h"

static void set_up(OmgFeedFixture *f, gconstpointer unused)
{
        omg_feed_fixture_set_up(f, OMG_ADVISORY_TRACKER);
        f->part.name = "aur";
}

static void tear_down(OmgFeedFixture *f, gconstpointer unused)
{
        omg_feed_fixture_tear_down(f);
}

/* An archive that came so long ago; below 0: by a clock that was wrong. */
static void come(OmgFeedFixture *f, gint64 seconds)
{
        const gint64 now = g_get_real_time();
        const OmgHttpRow row = {.url = f->part.url,
                                .etag = (char *)"\"1\"",
                                .fetched_usec = (guint64)(now - seconds * G_USEC_PER_SEC)};

        g_assert_true(omg_cache_http_put(f->setup.cache, &row, (guint64)now, NULL));
}

static void fail(OmgFeedFixture *f, guint64 seconds)
{
        const guint64 now = (guint64)g_get_real_time();

        g_assert_true(
                omg_cache_feeds_set_failed(f->setup.cache, "aur", now - seconds * G_USEC_PER_SEC,
                                           "org.omgd1.Error.UpstreamInvalid", "no list", NULL));
}

/* Within a second, for time goes by. */
static void assert_rest(OmgFeedFixture *f, gboolean is_soon, guint64 expected)
{
        const guint64 rest = omg_aur_hour_get_rest(&f->part, is_soon);

        g_assert_cmpuint(rest, <=, expected);
        g_assert_cmpuint(rest + 1, >=, expected);
        g_assert_cmpint(rest == 0, ==, expected == 0);
}

/* An hour, or a minute for who insists; never, and by a wrong clock, is long ago. */
static void test_rest(OmgFeedFixture *f, gconstpointer unused)
{
        assert_rest(f, FALSE, 0);
        come(f, 0);
        assert_rest(f, FALSE, OMG_LIMIT_INTERVAL_AUR);
        assert_rest(f, TRUE, OMG_AUR_FORCE_SEC);
        come(f, OMG_AUR_FORCE_SEC);
        assert_rest(f, FALSE, OMG_LIMIT_INTERVAL_AUR - OMG_AUR_FORCE_SEC);
        assert_rest(f, TRUE, 0);
        come(f, OMG_LIMIT_INTERVAL_AUR - 10);
        assert_rest(f, FALSE, 10);
        come(f, OMG_LIMIT_INTERVAL_AUR);
        assert_rest(f, FALSE, 0);
        come(f, -100);
        assert_rest(f, FALSE, 0);
}

/* What came and was no good counts for the hour; a try that brought nothing does not. */
static void test_failed(OmgFeedFixture *f, gconstpointer unused)
{
        fail(f, 100);
        come(f, 100);
        assert_rest(f, FALSE, OMG_LIMIT_INTERVAL_AUR - 100);
        fail(f, 99);
        assert_rest(f, FALSE, 0);
        omg_aur_hour_note(&f->part);
        assert_rest(f, FALSE, OMG_LIMIT_INTERVAL_AUR);
        /* The validators stay, and one that has none is noted too. */
        g_autoptr(OmgHttpRow) row = NULL;
        g_assert_true(omg_cache_http_get(f->setup.cache, f->part.url, &row, NULL));
        g_assert_cmpstr(row->etag, ==, "\"1\"");
        g_assert_true(omg_cache_http_remove(f->setup.cache, f->part.url, NULL));
        assert_rest(f, FALSE, 0);
        omg_aur_hour_note(&f->part);
        assert_rest(f, FALSE, OMG_LIMIT_INTERVAL_AUR);
}

/* What came is the answer meanwhile, with its fault. */
static void test_repeat(OmgFeedFixture *f, gconstpointer unused)
{
        const guint64 now = (guint64)g_get_real_time();

        g_assert_true(omg_cache_feeds_set_ok(f->setup.cache, "aur", now, now, NULL));
        g_assert_true(omg_aur_hour_repeat(&f->part, TRUE, 7));
        g_assert_no_error(f->part.report.error);
        fail(f, 0);
        g_assert_false(omg_aur_hour_repeat(&f->part, TRUE, 7));
        g_assert_error(f->part.report.error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID);
        g_assert_cmpstr(f->part.report.error->message, ==,
                        "no list; it is asked again in 7 s at the soonest");
        g_clear_error(&f->part.report.error);
        g_assert_false(omg_aur_hour_repeat(&f->part, FALSE, 7));
        g_assert_error(f->part.report.error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(path, function) \
        g_test_add("/aur-hour/" path, OmgFeedFixture, NULL, set_up, function, tear_down)
        ADD("rest", test_rest);
        ADD("failed", test_failed);
        ADD("repeat", test_repeat);
        return g_test_run();
}
