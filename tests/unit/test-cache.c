/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cache of answers: what it keeps, for how long, and what has to go. */
#include "engine/cache.h"

#include <string.h>

#include "base/limits.h"

static void put(OmgCache *cache, const char *key, const char *value, guint64 now)
{
        omg_cache_put(cache, 1, key, strlen(key), value, strlen(value), now);
}

static void expect(OmgCache *cache, const char *key, const char *value, guint64 now)
{
        gsize size = 0;
        const char *found = omg_cache_get(cache, 1, key, strlen(key), now, &size);

        if (!value) {
                g_assert_null(found);
                return;
        }
        g_assert_nonnull(found);
        g_assert_cmpmem(found, size, value, strlen(value));
}

/* What was kept last for a key is found, and nothing for others; keys and values are bytes. */
static void test_keep(void)
{
        g_autoptr(OmgCache) cache = omg_cache_new(10, 10000, 100);
        const char *found;
        gsize size;

        expect(cache, "a", NULL, 0);
        put(cache, "a", "one", 0);
        put(cache, "", "nothing", 0);
        put(cache, "b", "", 0);
        expect(cache, "a", "one", 0);
        expect(cache, "", "nothing", 0);
        expect(cache, "b", "", 0);
        put(cache, "a", "another", 0);
        expect(cache, "a", "another", 0);
        g_assert_cmpuint(omg_cache_count(cache, 0), ==, 3);

        omg_cache_put(cache, 1, "a\0b", 3, "x\0y", 3, 0);
        found = omg_cache_get(cache, 1, "a\0b", 3, 0, &size);
        g_assert_cmpmem(found, size, "x\0y", 3);
        g_assert_null(omg_cache_get(cache, 1, "a\0c", 3, 0, &size));
        expect(cache, "a", "another", 0);
}

/* Too old: not found and not counted, however often it was asked for. Kept anew it is young. */
static void test_age(void)
{
        g_autoptr(OmgCache) cache = omg_cache_new(10, 10000, 100);

        put(cache, "a", "one", 1000);
        put(cache, "b", "two", 1050);
        expect(cache, "a", "one", 1100);
        g_assert_cmpuint(omg_cache_count(cache, 1100), ==, 2);
        g_assert_cmpuint(omg_cache_count(cache, 1101), ==, 1);
        expect(cache, "a", NULL, 1101);
        expect(cache, "b", "two", 1150);
        expect(cache, "b", NULL, 1151);
        g_assert_cmpuint(omg_cache_count(cache, 1151), ==, 0);
        put(cache, "a", "three", 2000);
        put(cache, "a", "four", 2050);
        expect(cache, "a", "four", 2150);
}

/* What is kept, without what is too old, and the bounds. */
static void test_info(void)
{
        g_autoptr(OmgCache) cache = omg_cache_new(10, 10000, 100);
        OmgCacheInfo info;
        gsize one;

        put(cache, "a", "one", 1000);
        omg_cache_get_info(cache, 1000, &info);
        g_assert_cmpuint(info.entries, ==, 1);
        g_assert_cmpuint(info.max_entries, ==, 10);
        g_assert_cmpuint(info.max_bytes, ==, 10000);
        g_assert_cmpuint(info.max_age_usec, ==, 100);
        one = info.bytes;
        g_assert_cmpuint(one, >, 4);
        put(cache, "b", "two", 1050);
        omg_cache_get_info(cache, 1050, &info);
        g_assert_cmpuint(info.entries, ==, 2);
        g_assert_cmpuint(info.bytes, ==, 2 * one);
        omg_cache_get_info(cache, 1120, &info);
        g_assert_cmpuint(info.entries, ==, 1);
        g_assert_cmpuint(info.bytes, ==, one);
}

/* One entry more than allowed: the one that was asked for longest ago goes. */
static void test_entries(void)
{
        g_autoptr(OmgCache) cache = omg_cache_new(3, 100000, 100);
        g_autoptr(OmgCache) none = omg_cache_new(0, 100000, 100);

        put(cache, "a", "1", 0);
        put(cache, "b", "2", 0);
        put(cache, "c", "3", 0);
        expect(cache, "a", "1", 0);
        put(cache, "d", "4", 0);
        expect(cache, "b", NULL, 0);
        expect(cache, "a", "1", 0);
        expect(cache, "c", "3", 0);
        expect(cache, "d", "4", 0);
        g_assert_cmpuint(omg_cache_count(cache, 0), ==, 3);
        /* In the place of its own. */
        put(cache, "a", "5", 0);
        g_assert_cmpuint(omg_cache_count(cache, 0), ==, 3);

        put(none, "a", "1", 0);
        expect(none, "a", NULL, 0);
}

/* More bytes than allowed: so many go that the new one fits; one that never fits drives out
 * nothing, but for what was kept for its own key. */
static void test_bytes(void)
{
        g_autoptr(OmgCache) cache = omg_cache_new(1000, 4000, 100);
        char big[4000];
        guint n;

        memset(big, 'x', sizeof(big));
        for (guint i = 0; i < 10; i++)
                omg_cache_put(cache, 1, &i, sizeof(i), big, 600, 0);
        n = omg_cache_count(cache, 0);
        g_assert_cmpuint(n, >=, 4);
        g_assert_cmpuint(n, <=, 6);

        omg_cache_put(cache, 1, "big", 3, big, 4000, 0);
        g_assert_cmpuint(omg_cache_count(cache, 0), ==, n);
        expect(cache, "big", NULL, 0);
        omg_cache_put(cache, 1, "big", 3, big, 3000, 0);
        n = omg_cache_count(cache, 0);
        g_assert_cmpuint(n, <=, 2);
        omg_cache_put(cache, 1, "big", 3, big, 4000, 0);
        expect(cache, "big", NULL, 0);
        g_assert_cmpuint(omg_cache_count(cache, 0), ==, n - 1);

        /* Bytes that went are free again. */
        omg_cache_clear(cache);
        g_assert_cmpuint(omg_cache_count(cache, 0), ==, 0);
        for (guint i = 0; i < 4; i++)
                omg_cache_put(cache, 1, &i, sizeof(i), big, 600, 0);
        g_assert_cmpuint(omg_cache_count(cache, 0), ==, 4);
}

/* Of other data nothing is found, also when the older data comes back. */
static void test_generation(void)
{
        g_autoptr(OmgCache) cache = omg_cache_new(10, 10000, 100);
        gsize size;

        omg_cache_put(cache, 1, "a", 1, "old", 3, 0);
        g_assert_null(omg_cache_get(cache, 2, "a", 1, 0, &size));
        g_assert_null(omg_cache_get(cache, 1, "a", 1, 0, &size));
        omg_cache_put(cache, 1, "a", 1, "old", 3, 0);
        omg_cache_put(cache, 2, "b", 1, "new", 3, 0);
        g_assert_cmpuint(omg_cache_count(cache, 0), ==, 1);
        omg_cache_set_generation(cache, 2);
        g_assert_cmpuint(omg_cache_count(cache, 0), ==, 1);
        omg_cache_set_generation(cache, 3);
        g_assert_cmpuint(omg_cache_count(cache, 0), ==, 0);
}

/* The daemon's bounds, crossed: neither entries nor bytes get beyond them. */
static void test_limits(void)
{
        g_autoptr(OmgCache) cache = omg_cache_new(OMG_LIMIT_CACHE_ENTRIES, OMG_LIMIT_CACHE_BYTES,
                                                  OMG_LIMIT_CACHE_SEC * (guint64)G_USEC_PER_SEC);
        g_autofree char *big = g_malloc0(OMG_LIMIT_CACHE_BYTES);
        gsize size;
        guint i;

        for (i = 0; i <= OMG_LIMIT_CACHE_ENTRIES; i++)
                omg_cache_put(cache, 1, &i, sizeof(i), "value", 5, 0);
        g_assert_cmpuint(omg_cache_count(cache, 0), ==, OMG_LIMIT_CACHE_ENTRIES);
        i = 0;
        g_assert_null(omg_cache_get(cache, 1, &i, sizeof(i), 0, &size));
        omg_cache_put(cache, 1, "big", 3, big, OMG_LIMIT_CACHE_BYTES, 0);
        expect(cache, "big", NULL, 0);
        omg_cache_put(cache, 1, "big", 3, big, OMG_LIMIT_CACHE_BYTES - 1000, 0);
        g_assert_nonnull(omg_cache_get(cache, 1, "big", 3, 0, &size));
        g_assert_cmpuint(omg_cache_count(cache, 0), <, 20);
        g_assert_cmpuint(
                omg_cache_count(cache, (OMG_LIMIT_CACHE_SEC + 1) * (guint64)G_USEC_PER_SEC), ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/cache/keep", test_keep);
        g_test_add_func("/cache/age", test_age);
        g_test_add_func("/cache/info", test_info);
        g_test_add_func("/cache/entries", test_entries);
        g_test_add_func("/cache/bytes", test_bytes);
        g_test_add_func("/cache/generation", test_generation);
        g_test_add_func("/cache/limits", test_limits);
        return g_test_run();
}
