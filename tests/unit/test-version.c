/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Version comparison gives alpm_pkg_vercmp's result; that function itself is compared with in
 * tests/fuzz/fuzz-version.c. */

#include "base/version.h"

#include <string.h>

static const struct {
        const char *a;
        const char *b;
        int result;
} pairs[] = {
        /* one component */
        {"1", "1", 0},
        {"1", "2", -1},
        {"9", "10", -1},
        {"01", "1", 0},
        {"000", "0", 0},
        {"18446744073709551616", "18446744073709551615", 1},
        {"", "", 0},
        {"", "1", -1},
        {"", "a", 1},
        {"-", "", 0},
        /* several */
        {"1.5.0", "1.5.0", 0},
        {"1.5.1", "1.5.0", 1},
        {"1.5", "1.5.1", -1},
        {"2.10", "2.9", 1},
        {"1.5.", "1.5", 1},
        {"1.5..", "1.5.", 0},
        {"1..5", "1.5", 1},
        {".5", "5", 1},
        /* letters are older than their absence when they touch, newer after a separator */
        {"1.5b", "1.5", -1},
        {"1.0a", "1.0alpha", -1},
        {"1.0alpha", "1.0b", -1},
        {"1.0b", "1.0beta", -1},
        {"1.0beta", "1.0rc", -1},
        {"1.0rc", "1.0", -1},
        {"1.0rc1", "1.0rc2", -1},
        {"1.5.a", "1.5", 1},
        {"1.5.b", "1.5.a", 1},
        {"1.5.1", "1.5.b", 1},
        {"A", "a", -1},
        /* which separator does not count, how many do */
        {"2.0", "2_0", 0},
        {"2.0_a", "2_0.a", 0},
        {"2.0a", "2.0.a", -1},
        {"2___a", "2_a", 1},
        {"1+git", "1~git", 0},
        {"1\xC3\xA9"
         "2",
         "1..2", 0},
        /* pkgrel counts where both have one */
        {"1.5.0-1", "1.5.0-2", -1},
        {"1.5-1", "1.5", 0},
        {"1.5-1", "1.5.b", -1},
        {"1.5b-1", "1.5", -1},
        {"1.1-1", "1.0-9", 1},
        {"1.0-1.1", "1.0-1", 1},
        {"1-2-3", "1-2-4", -1},
        {"1.0-", "1.0-1", -1},
        {"-1", "-2", -1},
        /* epoch */
        {"0:1.0", "1.0", 0},
        {":1.0", "0:1.0", 0},
        {"1:1.0", "2.0", 1},
        {"1:1.0-1", "0:1.1-1", 1},
        {"01:1", "1:1", 0},
        {"2:1", "10:1", -1},
        {"1:1:2", "1:1:1", 1},
        {"a:1", "1:1", -1},
        {"1-2:3", "1-2:4", -1},
};

static void test_pairs(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
                g_test_message("%s ? %s", pairs[i].a, pairs[i].b);
                g_assert_cmpint(omg_version_compare(pairs[i].a, pairs[i].b), ==, pairs[i].result);
                g_assert_cmpint(omg_version_compare(pairs[i].b, pairs[i].a), ==, -pairs[i].result);
        }
}

/* NULL is older than everything, also than the empty text. */
static void test_null(void)
{
        g_assert_cmpint(omg_version_compare(NULL, NULL), ==, 0);
        g_assert_cmpint(omg_version_compare(NULL, ""), ==, -1);
        g_assert_cmpint(omg_version_compare("", NULL), ==, 1);
}

/* Spans are read to their length and no further. */
static void test_spans(void)
{
        g_autofree char *a = g_memdup2("1.10", 4);
        g_autofree char *b = g_memdup2("1.1-3", 5);

        g_assert_cmpint(omg_version_compare_spans(a, 3, b, 3), ==, 0);
        g_assert_cmpint(omg_version_compare_spans(a, 4, b, 5), ==, 1);
        g_assert_cmpint(omg_version_compare_spans(a, 3, b, 5), ==, 0);
        g_assert_cmpint(omg_version_compare_spans(a, 0, b, 0), ==, 0);
        g_assert_cmpint(omg_version_compare_spans(NULL, 0, b, 1), ==, -1);
}

/* Each restriction against an older, an equal and a newer version. */
static void test_satisfies(void)
{
        static const struct {
                OmgDepMod mod;
                gboolean older, equal, newer;
        } rows[] = {
                {OMG_DEP_MOD_ANY, TRUE, TRUE, TRUE},  {OMG_DEP_MOD_EQ, FALSE, TRUE, FALSE},
                {OMG_DEP_MOD_GE, FALSE, TRUE, TRUE},  {OMG_DEP_MOD_LE, TRUE, TRUE, FALSE},
                {OMG_DEP_MOD_GT, FALSE, FALSE, TRUE}, {OMG_DEP_MOD_LT, TRUE, FALSE, FALSE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_assert_cmpint(omg_version_satisfies("1.0-1", rows[i].mod, "1.1"), ==,
                                rows[i].older);
                g_assert_cmpint(omg_version_satisfies("1.1-7", rows[i].mod, "1.1"), ==,
                                rows[i].equal);
                g_assert_cmpint(omg_version_satisfies("1:0", rows[i].mod, "1.1"), ==,
                                rows[i].newer);
        }
        g_assert_true(omg_version_satisfies("1", OMG_DEP_MOD_ANY, NULL));
}

static char *take_string(const char **at, const char *key)
{
        const char *found = strstr(*at, key);
        if (!found)
                return NULL;

        const char *from = strchr(found + strlen(key), '"') + 1;
        const char *to = strchr(from, '"');
        *at = to;
        return g_strndup(from, (gsize)(to - from));
}

/* The pairs recorded from libalpm, when the shared data is there. */
static void test_recorded(void)
{
        const char *dir = g_getenv("OMG_REAL_DATA");
        g_autofree char *path = dir ? g_build_filename(dir, "security", "vercmp.json", NULL) : NULL;
        g_autofree char *text = NULL;
        guint n = 0;

        if (!path || !g_file_get_contents(path, &text, NULL, NULL)) {
                g_test_skip("no real data");
                return;
        }
        /* A JSON reader would be one more library for three members in a fixed order. */
        const char *at = text;
        for (;;) {
                g_autofree char *a = take_string(&at, "\"a\":");
                g_autofree char *b = a ? take_string(&at, "\"b\":") : NULL;
                if (!b)
                        break;
                at = strstr(at, "\"result\":") + strlen("\"result\":");
                g_assert_cmpint(omg_version_compare(a, b), ==, (int)g_ascii_strtoll(at, NULL, 10));
                n++;
        }
        g_assert_cmpuint(n, ==, 92);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/version/pairs", test_pairs);
        g_test_add_func("/version/null", test_null);
        g_test_add_func("/version/spans", test_spans);
        g_test_add_func("/version/satisfies", test_satisfies);
        g_test_add_func("/version/recorded", test_recorded);
        return g_test_run();
}
