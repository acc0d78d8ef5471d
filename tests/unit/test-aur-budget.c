/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many requests the AUR is sent in a day, and when it is left alone; over a restart too, and
 * whatever the clock does. */
#include "loop/aur-budget.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits-aur.h"
#include "base/limits-fetch.h"
#include "fetch/json-line.h"

#define SEC ((guint64)G_USEC_PER_SEC)
#define DAY (86400 * SEC)
/* An hour before midnight. */
#define NOW   (20000 * DAY - 3600 * SEC)
#define URL   "https://aur.example/rpc/v5"
#define OTHER "https://other.example/rpc/v5"

typedef struct {
        char *dir;
        OmgCacheDb *cache;
        OmgAurBudget *budget;
} Fixture;

static void begin(Fixture *f, guint64 now)
{
        f->cache = omg_cache_db_new(f->dir);
        f->budget = omg_aur_budget_new(f->cache, now);
}

static void end(Fixture *f)
{
        g_clear_pointer(&f->budget, omg_aur_budget_free);
        g_clear_pointer(&f->cache, omg_cache_db_free);
}

static void restart(Fixture *f, guint64 now)
{
        end(f);
        begin(f, now);
}

static void set_up(Fixture *f, gconstpointer unused)
{
        f->dir = g_dir_make_tmp("omg-budget-XXXXXX", NULL);
        g_assert_nonnull(f->dir);
        begin(f, NOW);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        const char *name;

        end(f);
        g_autoptr(GDir) folder = g_dir_open(f->dir, 0, NULL);
        while (folder && (name = g_dir_read_name(folder))) {
                g_autofree char *path = g_build_filename(f->dir, name, NULL);
                (void)g_unlink(path);
        }
        (void)g_rmdir(f->dir);
        g_free(f->dir);
}

static void assert_may(Fixture *f, const char *url, guint n, guint64 now)
{
        g_autoptr(GError) error = NULL;
        guint64 until = 7;

        g_assert_true(omg_aur_budget_check(f->budget, url, n, now, &until, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(until, ==, 7);
}

static void assert_may_not(Fixture *f, guint n, guint64 now, int code, guint64 expected,
                           const char *text)
{
        g_autoptr(GError) error = NULL;
        guint64 until = 0;

        g_assert_false(omg_aur_budget_check(f->budget, URL, n, now, &until, &error));
        g_assert_error(error, OMG_ERROR, code);
        g_assert_cmpuint(until, ==, expected);
        if (!strstr(error->message, text))
                g_error("\"%s\" lacks \"%s\"", error->message, text);
}

static void take(Fixture *f, guint n, guint64 now)
{
        for (guint i = 0; i < n; i++)
                omg_aur_budget_take(f->budget, now);
}

/* The last request of the day is sent and the one after it is not, by an omgd that was started
 * anew neither; at midnight all are there again. */
static void test_day(Fixture *f, gconstpointer unused)
{
        take(f, OMG_LIMIT_AUR_REQUESTS_PER_DAY - 2, NOW);
        assert_may(f, URL, 2, NOW);
        assert_may_not(f, 3, NOW, OMG_ERROR_LIMITS_EXCEEDED, 20000 * DAY,
                       "takes 3 requests, and 2 of the 500");
        take(f, 2, NOW);
        assert_may_not(f, 1, NOW, OMG_ERROR_LIMITS_EXCEEDED, 20000 * DAY,
                       "more from 2024-10-04 00:00:00 UTC");
        g_assert_cmpuint(omg_aur_budget_get_used(f->budget, NOW), ==, 500);

        restart(f, NOW + SEC);
        assert_may_not(f, 1, 20000 * DAY - 1, OMG_ERROR_LIMITS_EXCEEDED, 20000 * DAY, "0 of");
        assert_may(f, URL, OMG_LIMIT_AUR_REQUESTS_PER_DAY, 20000 * DAY);
        take(f, 1, 20000 * DAY);
        g_assert_cmpuint(omg_aur_budget_get_used(f->budget, 20000 * DAY), ==, 1);
}

/* A clock that is set back gives nothing back before that day is over, and nothing is held against
 * anybody for longer. */
static void test_clock(Fixture *f, gconstpointer unused)
{
        take(f, OMG_LIMIT_AUR_REQUESTS_PER_DAY, NOW);
        assert_may_not(f, 1, NOW - 5 * DAY, OMG_ERROR_LIMITS_EXCEEDED, 19995 * DAY, "");
        assert_may(f, URL, 1, NOW - 4 * DAY);
        restart(f, NOW - 5 * DAY);
        assert_may_not(f, 1, NOW - 5 * DAY, OMG_ERROR_LIMITS_EXCEEDED, 19995 * DAY, "");
        assert_may(f, URL, 1, NOW - 4 * DAY);
}

/* Where nothing can be kept it counts all the same. */
static void test_unkept(Fixture *f, gconstpointer unused)
{
        g_autofree char *file = g_build_filename(f->dir, "file", NULL);
        g_autofree char *nowhere = g_build_filename(file, "x", NULL);

        g_assert_true(g_file_set_contents(file, "", 0, NULL));
        end(f);
        f->cache = omg_cache_db_new(nowhere);
        f->budget = omg_aur_budget_new(f->cache, NOW);
        take(f, OMG_LIMIT_AUR_REQUESTS_PER_DAY, NOW);
        assert_may_not(f, 1, NOW, OMG_ERROR_LIMITS_EXCEEDED, 20000 * DAY, "");
}

static void take_result(Fixture *f, OmgFetchOutcome outcome, guint64 status, guint64 retry_after,
                        guint64 now)
{
        g_auto(OmgFetchResult) result;

        omg_fetch_result_init(&result);
        result.outcome = outcome;
        result.status = status;
        result.retry_after = retry_after;
        result.message = g_strdup("status, in words");
        omg_aur_budget_take_result(f->budget, URL, &result, now);
}

/* Retry-After is obeyed to the second, and remembered; another server is none of it. */
static void test_retry_after(Fixture *f, gconstpointer unused)
{
        take_result(f, OMG_FETCH_LIMITED, 429, 1800, NOW);
        assert_may_not(f, 1, NOW + SEC, OMG_ERROR_UPSTREAM_RATE_LIMITED, NOW + 1800 * SEC,
                       URL ": status, in words; it is not asked again before 2024-10-03 23:30:00");
        assert_may(f, OTHER, 1, NOW + SEC);
        restart(f, NOW + SEC);
        g_assert_cmpuint(omg_aur_budget_get_pause(f->budget, URL, NOW + SEC), ==, NOW + 1800 * SEC);
        assert_may_not(f, 1, NOW + 1799 * SEC, OMG_ERROR_UPSTREAM_RATE_LIMITED, NOW + 1800 * SEC,
                       "");
        assert_may(f, URL, 1, NOW + 1800 * SEC);
        /* One that a wrong clock left. */
        assert_may(f, URL, 1, NOW - 30 * DAY);
}

/* Without Retry-After, and when it comes in words, it is our own bound. */
static void test_limited(Fixture *f, gconstpointer unused)
{
        take_result(f, OMG_FETCH_LIMITED, 503, OMG_JSON_NONE, NOW);
        g_assert_cmpuint(omg_aur_budget_get_pause(f->budget, URL, NOW), ==,
                         NOW + OMG_AUR_LIMITED_SEC * SEC);
        take_result(f, OMG_FETCH_STORED, 200, OMG_JSON_NONE, NOW);
        assert_may(f, URL, 1, NOW);
        omg_aur_budget_take_limited(f->budget, URL, "Rate limit reached", NOW);
        assert_may_not(f, 1, NOW, OMG_ERROR_UPSTREAM_RATE_LIMITED, NOW + OMG_AUR_LIMITED_SEC * SEC,
                       "Rate limit reached");
        take_result(f, OMG_FETCH_LIMITED, 429, 10 * OMG_LIMIT_RETRY_AFTER_SEC, NOW);
        g_assert_cmpuint(omg_aur_budget_get_pause(f->budget, URL, NOW), ==,
                         NOW + OMG_LIMIT_RETRY_AFTER_SEC * SEC);
}

/* A server that fails is asked ever more seldom, up to a bound, until it answers; that there is no
 * network is no reason. */
static void test_back_off(Fixture *f, gconstpointer unused)
{
        guint64 now = NOW;

        take_result(f, OMG_FETCH_FAILED, OMG_JSON_NONE, OMG_JSON_NONE, now);
        take_result(f, OMG_FETCH_FAILED, 404, OMG_JSON_NONE, now);
        assert_may(f, URL, 1, now);
        for (guint sec = OMG_AUR_BACK_OFF_SEC; sec < 2 * OMG_AUR_BACK_OFF_MAX; sec *= 2) {
                take_result(f, OMG_FETCH_FAILED, 500, OMG_JSON_NONE, now);
                assert_may_not(f, 1, now, OMG_ERROR_NETWORK,
                               now + MIN(sec, OMG_AUR_BACK_OFF_MAX) * SEC, "");
                now += OMG_AUR_BACK_OFF_MAX * SEC;
        }
        take_result(f, OMG_FETCH_STORED, 200, OMG_JSON_NONE, now);
        take_result(f, OMG_FETCH_FAILED, 502, OMG_JSON_NONE, now);
        assert_may_not(f, 1, now, OMG_ERROR_NETWORK, now + OMG_AUR_BACK_OFF_SEC * SEC, "");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)
        ADD("/aur-budget/day", test_day);
        ADD("/aur-budget/clock", test_clock);
        ADD("/aur-budget/unkept", test_unkept);
        ADD("/aur-budget/retry-after", test_retry_after);
        ADD("/aur-budget/limited", test_limited);
        ADD("/aur-budget/back-off", test_back_off);
#undef ADD
        return g_test_run();
}
