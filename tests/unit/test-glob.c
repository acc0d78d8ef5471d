/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/glob.h"

#include <fnmatch.h>
#include <locale.h>
#include <string.h>

static void assert_match(const char *pattern, const char *text, gboolean expected)
{
        if (omg_glob_match(pattern, -1, text, -1) == expected)
                return;
        g_test_message("\"%s\" against \"%s\"", pattern, text);
        g_test_fail();
}

/* The elements, one by one. */
static void test_elements(void)
{
        static const struct {
                const char *pattern, *text;
                gboolean expected;
        } cases[] = {
                {"", "", TRUE},
                {"", "a", FALSE},
                {"*", "", TRUE},
                {"*", "anything", TRUE},
                {"a*c", "abbc", TRUE},
                {"a*c", "abcd", FALSE},
                {"*a*b*", "xaxbx", TRUE},
                {"*a*b*", "xbxax", FALSE},
                {"a**c", "ac", TRUE},
                {"?", "é", TRUE},
                {"?", "", FALSE},
                {"??", "é", FALSE},
                {"l[ai]b", "lib", TRUE},
                {"l[ai]b", "lob", FALSE},
                {"[a-c]", "b", TRUE},
                {"[!a-c]", "b", FALSE},
                {"[^a-c]", "d", TRUE},
                {"[!a-c]", "", FALSE},
                {"[]x]", "]", TRUE},
                {"[!]x]", "]", FALSE},
                {"[a-]", "-", TRUE},
                {"[-a]", "-", TRUE},
                {"[à-ü]", "é", TRUE},
                {"[a\\]b]", "]", TRUE},
                {"\\*", "*", TRUE},
                {"\\*", "a", FALSE},
                {"\\a", "a", TRUE},
                {"a\\", "a", FALSE},
                {"a\\", "a\\", FALSE},
                {"[", "[", TRUE},
                {"[a", "[a", TRUE},
                {"[a", "a", FALSE},
                {"x[!", "x[!", TRUE},
                {"[c-a]", "b", FALSE},
                {"*.so", "libfoo.so", TRUE},
                {"*[0-9]", "gcc12", TRUE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
                assert_match(cases[i].pattern, cases[i].text, cases[i].expected);
}

/* fnmatch reads "[:", "[." and "[=" inside brackets as classes. */
static gboolean has_class(const char *pattern)
{
        return strstr(pattern, "[:") || strstr(pattern, "[.") || strstr(pattern, "[=");
}

static void append_random(GString *text, GRand *rand, const char *const *pieces, guint n, guint max)
{
        g_string_truncate(text, 0);
        for (gint k = g_rand_int_range(rand, 0, (gint)max); k > 0; k--)
                g_string_append(text, pieces[g_rand_int_range(rand, 0, (gint)n)]);
}

/* fnmatch(3) is of the same opinion about tens of thousands of random patterns. */
static void test_fnmatch(void)
{
        static const char *const in_pattern[] = {"a", "b",  "c",  "-", "*",  "*", "?",  "[",
                                                 "]", "[a", "-c", "!", "b]", "é", "\\", "^"};
        static const char *const in_text[] = {"a", "b", "c", "-", "é", "[", "]", "!", "\\", "^"};
        g_autoptr(GRand) rand = g_rand_new_with_seed(17);
        g_autoptr(GString) pattern = g_string_new(NULL), text = g_string_new(NULL);
        guint matches = 0;

        for (guint i = 0; i < 60000; i++) {
                append_random(pattern, rand, in_pattern, G_N_ELEMENTS(in_pattern), 9);
                append_random(text, rand, in_text, G_N_ELEMENTS(in_text), 6);
                if (has_class(pattern->str))
                        continue;
                gboolean expected = fnmatch(pattern->str, text->str, 0) == 0;
                assert_match(pattern->str, text->str, expected);
                matches += expected;
        }
        g_assert_cmpuint(matches, >, 2000);
}

/* What takes a matcher that tries every star for every other some 2^60 steps takes this one a few.
 */
static void test_many_stars(void)
{
        g_autoptr(GString) pattern = g_string_new(NULL);
        g_autofree char *text = g_strnfill(255, 'a');
        gint64 begin = g_get_monotonic_time();

        for (guint i = 0; i < 120; i++)
                g_string_append(pattern, "*a");
        g_string_append(pattern, "*b");
        for (guint i = 0; i < 100; i++)
                g_assert_false(omg_glob_match(pattern->str, -1, text, -1));
        g_assert_cmpint(g_get_monotonic_time() - begin, <, G_USEC_PER_SEC);
}

/* Bytes that are no UTF-8, and lengths that cut a character, are read to their end and no further.
 */
static void test_bad_bytes(void)
{
        (void)omg_glob_match("\xff*\xc3", 3, "\xff\xc3", 2);
        (void)omg_glob_match("[\xc3", 2, "\xc3", 1);
        g_assert_true(omg_glob_match("*", 1, "\xe2\x82", 2));
        g_assert_true(omg_glob_match("\xe2\x82", 2, "\xe2\x82", 2));
        g_assert_true(omg_glob_match("abc", 1, "ax", 1));
}

int main(int argc, char **argv)
{
        (void)setlocale(LC_ALL, "C.UTF-8");
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/glob/elements", test_elements);
        g_test_add_func("/glob/fnmatch", test_fnmatch);
        g_test_add_func("/glob/many-stars", test_many_stars);
        g_test_add_func("/glob/bad-bytes", test_bad_bytes);
        return g_test_run();
}
