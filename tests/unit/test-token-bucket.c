/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates, by injected times: no test waits. */
#include "base/token-bucket.h"

#define SEC ((guint64)G_USEC_PER_SEC)

/* How many of n tries succeed at one time. */
static guint take_many(OmgTokenBucket *bucket, guint64 now, guint n, guint rate, guint burst)
{
        guint taken = 0;

        for (guint i = 0; i < n; i++)
                taken += omg_token_bucket_take(bucket, now, rate, burst) ? 1 : 0;
        return taken;
}

/* A new bucket is full: the burst goes at once, and not one more; also at the time 0. */
static void test_burst(void)
{
        OmgTokenBucket bucket = {0};
        OmgTokenBucket early = {0};

        g_assert_cmpuint(take_many(&bucket, 5 * SEC, 500, 50, 100), ==, 100);
        g_assert_cmpuint(take_many(&early, 0, 500, 50, 100), ==, 100);
}

/* Then one comes every 20 ms, and tries that failed cost nothing. */
static void test_refill(void)
{
        OmgTokenBucket bucket = {0};

        (void)take_many(&bucket, SEC, 1000, 50, 100);
        g_assert_cmpuint(take_many(&bucket, SEC + 19999, 10, 50, 100), ==, 0);
        g_assert_cmpuint(take_many(&bucket, SEC + 20000, 10, 50, 100), ==, 1);
        g_assert_cmpuint(take_many(&bucket, 2 * SEC + 20000, 1000, 50, 100), ==, 50);
}

/* However long the silence, no more than the burst is saved. */
static void test_saved(void)
{
        OmgTokenBucket bucket = {0};

        (void)take_many(&bucket, SEC, 1000, 50, 100);
        g_assert_cmpuint(take_many(&bucket, 1000 * SEC, 1000, 50, 100), ==, 100);
}

/* Rate 0 is no limit, a burst of 0 still lets one through, and so does a rate that divides badly.
 */
static void test_edges(void)
{
        OmgTokenBucket none = {0}, zero = {0}, odd = {0}, fast = {0};

        g_assert_cmpuint(take_many(&none, SEC, 100000, 0, 0), ==, 100000);
        g_assert_cmpuint(take_many(&zero, SEC, 10, 1, 0), ==, 1);
        g_assert_cmpuint(take_many(&odd, SEC, 10, 3, 7), ==, 7);
        g_assert_cmpuint(take_many(&fast, SEC, 1000, G_MAXUINT, 1), ==, 1000);
}

/* A bucket that was emptied at a low rate does not make its owner wait by that rate after a change.
 */
static void test_change(void)
{
        OmgTokenBucket bucket = {0};

        g_assert_cmpuint(take_many(&bucket, SEC, 500, 1, 100), ==, 100);
        g_assert_cmpuint(take_many(&bucket, SEC + 20000, 500, 50, 100), ==, 0);
        g_assert_cmpuint(take_many(&bucket, 2 * SEC + 20000, 500, 50, 100), ==, 50);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/token-bucket/burst", test_burst);
        g_test_add_func("/token-bucket/refill", test_refill);
        g_test_add_func("/token-bucket/saved", test_saved);
        g_test_add_func("/token-bucket/edges", test_edges);
        g_test_add_func("/token-bucket/change", test_change);
        return g_test_run();
}
