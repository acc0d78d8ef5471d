/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a list of the tracker counts as older than the one at hand. */
#include "loop/feed-tracker.h"

#include "base/limits-advisories.h"
#include "fetch/json-line.h"

static void test_age(void)
{
        static const struct {
                OmgTrackerAge age;
                gboolean is_older;
        } cases[] = {
                /* What the server says of both counts, whatever the numbers, and however long ago.
                 */
                {{9, 5, 99, 100, OMG_TRACKER_OLDER_SEC}, TRUE},
                {{1, 5, 101, 100, 0}, FALSE},
                {{1, 5, 100, 100, 0}, FALSE},
                /* Else the newest group. */
                {{4, 5, -1, 100, 0}, TRUE},
                {{4, 5, 100, -1, 0}, TRUE},
                {{5, 5, -1, -1, 0}, FALSE},
                {{6, 5, -1, -1, 0}, FALSE},
                {{4, OMG_JSON_NONE, -1, -1, 0}, FALSE},
                /* But the newest may have left for good. */
                {{4, 5, -1, -1, OMG_TRACKER_OLDER_SEC - 1}, TRUE},
                {{4, 5, -1, -1, OMG_TRACKER_OLDER_SEC}, FALSE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_test_message("case %" G_GSIZE_FORMAT, i);
                g_assert_cmpint(omg_tracker_is_older(&cases[i].age), ==, cases[i].is_older);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/feed-tracker/age", test_age);
        return g_test_run();
}
