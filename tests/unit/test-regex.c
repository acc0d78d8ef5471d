/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/regex.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"

static int find(const char *pattern, const char *text)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgRegex) regex = omg_regex_new(pattern, &error);
        int start, end;

        g_assert_no_error(error);
        g_assert_true(omg_regex_search(regex, text, &start, &end, &error));
        g_assert_no_error(error);
        return start;
}

/* Places are bytes; letter case does not count. */
static void test_places(void)
{
        g_assert_cmpint(find("fire.*x", "firefox"), ==, 0);
        g_assert_cmpint(find("FOX$", "firefox"), ==, 4);
        g_assert_cmpint(find("É", "café"), ==, 3);
        g_assert_cmpint(find("^x", "firefox"), ==, -1);
        g_assert_cmpint(find("", "x"), ==, 0);
        g_assert_cmpint(find("(*F)", "x"), ==, -1);
}

static void assert_refused(const char *pattern, const char *reason)
{
        g_autoptr(GError) error = NULL;

        g_assert_null(omg_regex_new(pattern, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_assert_nonnull(strstr(error->message, reason));
}

/* What is no expression is refused with the place, as it was given; so is what would lift the
 * limits, or take characters apart. */
static void test_refused(void)
{
        assert_refused("foo(bar", "at char 7");
        assert_refused("[a", "at char 2");
        assert_refused("a{1,99999}", "at char");
        assert_refused("((a{1000}){1000}){1000}", "at char");
        assert_refused("(*LIMIT_MATCH=4000000000)(a+)+$", "(*UTF)");
        assert_refused("(*LIMIT_DEPTH=4000000000)a", "(*UTF)");
        assert_refused("(*UTF)a", "(*UTF)");
        assert_refused("a\\Cb", "\\C");
}

/* The classics that take exponential time or endless depth give up, each within a moment. */
static void test_hostile(void)
{
        /* Each ends in a class: a letter that is not in the text would end the search at once. */
        static const char *const patterns[] = {
                "^(a+)+$",
                "^(a|aa)+$",
                "(a+)+[0-9]",
                "(a*)*[0-9]",
                "(.*)*(.*)*[0-9]",
                "(?:a?){60}a{60}[0-9]",
                "((a+)+)+[0-9]",
                "(a+)\\1+(a+)\\2+[0-9]",
                "^(?=(a+)+!)(a*)*[0-9]",
                "a(?R)?[0-9]",
                "(.+)+[0-9]",
        };
        g_autofree char *letters = g_strnfill(4000, 'a');
        g_autofree char *text = g_strconcat(letters, "!", NULL);
        guint gave_up = 0;

        for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(OmgRegex) regex = omg_regex_new(patterns[i], &error);
                gint64 begin = g_get_monotonic_time();
                int start, end;
                if (!regex) {
                        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
                        continue;
                }
                if (!omg_regex_search(regex, text, &start, &end, &error)) {
                        g_assert_error(error, OMG_ERROR, OMG_ERROR_TIMEOUT);
                        g_assert_nonnull(strstr(error->message, "100000 steps"));
                        gave_up++;
                }
                g_assert_cmpint(g_get_monotonic_time() - begin, <, 30 * G_USEC_PER_SEC);
        }
        g_assert_cmpuint(gave_up, >=, 5);
}

/* Text that is no UTF-8 (a file that was damaged under its map) is passed over. */
static void test_bad_text(void)
{
        g_assert_cmpint(find("a", "a\xff"), ==, -1);
        g_assert_cmpint(find(".", "\xe2\x82"), ==, -1);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/regex/places", test_places);
        g_test_add_func("/regex/refused", test_refused);
        g_test_add_func("/regex/hostile", test_hostile);
        g_test_add_func("/regex/bad-text", test_bad_text);
        return g_test_run();
}
