/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "base/backoff.h"
#include "base/limits-fetch.h"

#define SEC  G_GUINT64_CONSTANT(1000000)
#define NOW  (1700000000 * SEC)
#define NONE G_MAXUINT64

/* Doubling from half of the first to all of the most, then no further. */
static void test_doubling(void)
{
        OmgBackoff least = {0}, most = {0};
        guint64 expected = OMG_BACKOFF_FIRST_SEC * SEC;

        g_assert_true(omg_backoff_is_due(&least, 0));
        for (guint i = 1; i <= 100; i++) {
                omg_backoff_fail(&least, NOW, NONE, 0);
                omg_backoff_fail(&most, NOW, NONE, G_MAXUINT32);
                g_assert_cmpuint(least.failures, ==, i);
                g_assert_cmpuint(least.next, ==, NOW + expected / 2);
                g_assert_cmpuint(most.next, <=, NOW + expected);
                g_assert_cmpuint(most.next, >=, NOW + expected - SEC);
                expected = MIN(expected * 2, OMG_LIMIT_BACKOFF_SEC * SEC);
        }
        g_assert_cmpuint(expected, ==, OMG_LIMIT_BACKOFF_SEC * SEC);
}

/* Not before next, and from it on; a success forgets. */
static void test_due(void)
{
        OmgBackoff backoff = {0};

        omg_backoff_fail(&backoff, NOW, NONE, 12345);
        g_assert_false(omg_backoff_is_due(&backoff, NOW));
        g_assert_false(omg_backoff_is_due(&backoff, backoff.next - 1));
        g_assert_true(omg_backoff_is_due(&backoff, backoff.next));
        omg_backoff_fail(&backoff, NOW, NONE, 12345);
        omg_backoff_succeed(&backoff);
        g_assert_true(omg_backoff_is_due(&backoff, NOW));
        omg_backoff_fail(&backoff, NOW, NONE, 0);
        g_assert_cmpuint(backoff.next, ==, NOW + OMG_BACKOFF_FIRST_SEC * SEC / 2);
}

/* A server's word counts when it is longer, is never undercut, and has a bound. */
static void test_retry_after(void)
{
        OmgBackoff backoff = {0};

        omg_backoff_fail(&backoff, NOW, 600, 0);
        g_assert_cmpuint(backoff.next, ==, NOW + 600 * SEC);
        backoff = (OmgBackoff){0};
        omg_backoff_fail(&backoff, NOW, 600, G_MAXUINT32);
        g_assert_cmpuint(backoff.next, >, NOW + 659 * SEC);
        g_assert_cmpuint(backoff.next, <=, NOW + 660 * SEC);
        backoff = (OmgBackoff){0};
        omg_backoff_fail(&backoff, NOW, 0, 0);
        g_assert_cmpuint(backoff.next, ==, NOW + OMG_BACKOFF_FIRST_SEC * SEC / 2);
        backoff = (OmgBackoff){0};
        omg_backoff_fail(&backoff, NOW, OMG_LIMIT_RETRY_AFTER_SEC + 1, 0);
        g_assert_cmpuint(backoff.next, ==, NOW + OMG_LIMIT_RETRY_AFTER_SEC * SEC);
}

/* A clock that was put back by days does not silence a source for days. */
static void test_clock(void)
{
        OmgBackoff backoff = {0};

        omg_backoff_fail(&backoff, NOW, OMG_LIMIT_RETRY_AFTER_SEC, G_MAXUINT32);
        g_assert_false(omg_backoff_is_due(&backoff, NOW));
        g_assert_true(omg_backoff_is_due(&backoff, NOW - 86400 * SEC));
        backoff.failures = G_MAXUINT;
        omg_backoff_fail(&backoff, NOW, NONE, 0);
        g_assert_cmpuint(backoff.failures, ==, G_MAXUINT);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/backoff/doubling", test_doubling);
        g_test_add_func("/backoff/due", test_due);
        g_test_add_func("/backoff/retry-after", test_retry_after);
        g_test_add_func("/backoff/clock", test_clock);
        return g_test_run();
}
