/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Folding, validity, what a terminal gets to see, and the rule for package names. */

#include "base/text.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"

static const struct {
        const char *text;
        const char *folded;
} folds[] = {
        {"", ""},
        {"Firefox-123_ESR", "firefox-123_esr"},
        {"\xC3\x84pfel", "\xC3\xA4pfel"},  /* composed capital A umlaut */
        {"A\xCC\x88pfel", "\xC3\xA4pfel"}, /* the same, taken apart */
        {"Stra\xC3\x9F"
         "e",
         "strasse"},                                              /* sharp s folds to two letters */
        {"\xCE\xA3\xCE\x91\xCF\x82", "\xCF\x83\xCE\xB1\xCF\x83"}, /* both small sigmas are one */
        {"a\xFFz", "a\xEF\xBF\xBDz"},                             /* no UTF-8 */
        {"\xE2\x84\xAA", "k"},                                    /* the Kelvin sign */
};

/* Case and the way letters are composed do not count. */
static void test_fold(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(folds); i++) {
                g_autofree char *folded = omg_text_fold(folds[i].text, -1);
                g_assert_cmpstr(folded, ==, folds[i].folded);
        }
}

/* Folding what is folded changes nothing, for each character of the basic plane, bare and with an
 * accent after it: else an index and a query folded differently often would not meet. */
static void test_fold_twice(void)
{
        for (gunichar c = 1; c < 0x10000; c++) {
                if (!g_unichar_validate(c))
                        continue;
                for (guint accent = 0; accent < 3; accent++) {
                        static const char *const accents[] = {"", "\xCC\x81", "\xCD\x85"};
                        char text[16] = {0};
                        gint length = g_unichar_to_utf8(c, text);
                        g_strlcpy(text + length, accents[accent], sizeof(text) - (gsize)length);
                        g_autofree char *once = omg_text_fold(text, -1);
                        g_autofree char *twice = omg_text_fold(once, -1);
                        g_assert_cmpstr(once, ==, twice);
                }
        }
}

/* The form without allocation gives the same, and says how much room it would have needed. */
static void test_fold_into(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(folds); i++) {
                gsize length = strlen(folds[i].folded);
                g_autofree char *buffer = g_malloc(length + 1);
                g_assert_cmpuint(omg_text_fold_into(folds[i].text, strlen(folds[i].text), buffer,
                                                    length + 1),
                                 ==, length);
                g_assert_cmpstr(buffer, ==, folds[i].folded);
                if (length > 0)
                        g_assert_cmpuint(omg_text_fold_into(folds[i].text, strlen(folds[i].text),
                                                            buffer, length),
                                         ==, length);
        }
        g_assert_cmpuint(omg_text_fold_into("ABC", 3, NULL, 0), ==, 3);
}

/* A NUL inside is no end of the text. */
static void test_make_valid(void)
{
        g_autofree char *plain = omg_text_make_valid("gr\xC3\xBCn", -1);
        g_autofree char *bad = omg_text_make_valid("a\xC3", -1);
        g_autofree char *nul = omg_text_make_valid("a\0b", 3);
        g_autofree char *folded = omg_text_fold("A\0B", 3);

        g_assert_cmpstr(plain, ==, "gr\xC3\xBCn");
        g_assert_cmpstr(bad, ==, "a\xEF\xBF\xBD");
        g_assert_cmpstr(nul, ==,
                        "a\xEF\xBF\xBD"
                        "b");
        g_assert_cmpstr(folded, ==,
                        "a\xEF\xBF\xBD"
                        "b");
}

/* Nothing that a terminal obeys is left, each letter is. */
static void test_strip(void)
{
        static const struct {
                const char *text;
                const char *stripped;
        } rows[] = {
                {NULL, ""},
                {"plain \xC3\xBC \xE6\xBC\xA2", "plain \xC3\xBC \xE6\xBC\xA2"},
                {"a\nb\tc\r", "a b c"},
                {"\x1B[31mred\x1B[0m\x07", "[31mred[0m"},
                {"\x7F"
                 "del\xC2\x9B"
                 "31m",
                 "del31m"}, /* DEL, and CSI as one C1 character */
                {"a\xE2\x80\xAE"
                 "b\xE2\x80\xAC",
                 "ab"},                                     /* U+202E, U+202C */
                {"\xE2\x81\xA6x\xE2\x81\xA9", "x"},         /* U+2066, U+2069 */
                {"\xD8\x9Cx\xE2\x80\x8E\xE2\x80\x8F", "x"}, /* U+061C, U+200E, U+200F */
                {"a\xE2\x80\xA8"
                 "b\xE2\x80\xA9"
                 "c",
                 "abc"},                    /* U+2028, U+2029 */
                {"a\x9B", "a\xEF\xBF\xBD"}, /* a bare C1 byte is no UTF-8 */
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *stripped = omg_text_strip(rows[i].text);
                g_assert_cmpstr(stripped, ==, rows[i].stripped);
        }
}

static gboolean is_name(const char *name)
{
        g_autoptr(GError) error = NULL;
        gboolean good = omg_package_name_check(name, &error);

        if (good)
                g_assert_no_error(error);
        else
                g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        return good;
}

/* The rule, at its borders. */
static void test_package_name(void)
{
        static const char *const good[] = {"a",           "gtk+",      "libstdc++5",
                                           "python-3.1",  "extra/foo", "_x",
                                           "@scope/name", "+x",        "a.b-c_d"};
        static const char *const bad[] = {"",    "-a",       ".a",  "/a", "a..b", "../x", "a b",
                                          "a\n", "\xC3\xBC", "a;b", "a*", "a=1",  "a\x7F"};
        g_autofree char *longest = g_strnfill(OMG_LIMIT_PACKAGE_NAME, 'a');
        g_autofree char *longer = g_strnfill(OMG_LIMIT_PACKAGE_NAME + 1, 'a');

        for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
                g_assert_true(is_name(good[i]));
        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
                g_assert_false(is_name(bad[i]));
        g_assert_false(is_name(NULL));
        g_assert_true(is_name(longest));
        g_assert_false(is_name(longer));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/text/fold", test_fold);
        g_test_add_func("/text/fold-twice", test_fold_twice);
        g_test_add_func("/text/fold-into", test_fold_into);
        g_test_add_func("/text/make-valid", test_make_valid);
        g_test_add_func("/text/strip", test_strip);
        g_test_add_func("/text/package-name", test_package_name);
        return g_test_run();
}
