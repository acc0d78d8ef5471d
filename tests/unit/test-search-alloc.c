/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counted-malloc.h"
#include "engine/search.h"
#include "fixture.h"

static const FixturePackage sync_packages[] = {
        {"core", "glibc", "1", "GNU C Library", NULL, NULL, 0},
        {"extra", "lib-x", "1", "A library of x", NULL, NULL, 0},
        {"extra", "c++-lib", "1", "Library for C++, with a-very-long-word-with-dashes", NULL, NULL,
         0},
        {},
};
static const FixturePackage local_packages[] = {
        {NULL, "glibc", "1", "GNU C Library", NULL, NULL, 1},
        {NULL, "own-lib", "1", "My library", NULL, NULL, 1},
        {},
};

/* Once its buffers have grown, a search allocates nothing: whatever it asks, in each mode, with and
 * without filters. */
static void test_no_allocation(void)
{
        g_autoptr(OmgSnapshot) s =
                fixture_snapshot(sync_packages, local_packages, "[options]\n[core]\n[extra]\n");
        g_autoptr(OmgSearch) engine = omg_search_new();
        static const char *const extra[] = {"extra", "local", NULL};
        static const char *const queries[] = {"l",     "lib",       "LIBRARY", "lib library", "c++",
                                              "lib-x", "with-dash", "nowhere", "e r a",       ""};

        if (counted_malloc_get() == 0) {
                g_test_skip("another malloc is in front of this one (valgrind?)");
                return;
        }
        for (guint round = 0; round < 2; round++) {
                guint before = counted_malloc_get();
                for (gsize i = 0; i < G_N_ELEMENTS(queries); i++)
                        for (guint k = 0; k < 12; k++) {
                                OmgSearchParams params = {
                                        .query = queries[i],
                                        .mode = (OmgSearchMode)(k % 3),
                                        .sort = k % 2 ? OMG_SEARCH_SORT_NAME : OMG_SEARCH_SORT_RANK,
                                        .repositories = k % 4 == 3 ? extra : NULL,
                                        .installed = k % 4 == 2 ? OMG_SEARCH_ONLY_OTHERS
                                                                : OMG_SEARCH_ANY,
                                        .limit = 50,
                                };
                                OmgSearchResult result;
                                if (!omg_search_run(engine, s, &params, &result, NULL))
                                        g_error("%s failed", queries[i]);
                        }
                if (round > 0)
                        g_assert_cmpuint(counted_malloc_get(), ==, before);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/search/no-allocation", test_no_allocation);
        return g_test_run();
}
