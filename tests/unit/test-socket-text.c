/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptions that omg-fast can cut. */
#include "faces/socket-text.h"

#include <string.h>

/* As omg-fast does it: whether it would get through. */
static gboolean can_be_cut(const char *text)
{
        return strlen(text) <= OMG_SOCKET_TEXT_LONG ||
               g_utf8_validate(text, OMG_SOCKET_TEXT_CUT, NULL);
}

static char *mend(const char *text)
{
        gsize length = strlen(text);
        guint n = omg_socket_text_count_blanks(text, length);
        char *mended = g_malloc0(length + n + 1);

        g_assert_cmpuint(n, <=, OMG_SOCKET_TEXT_BLANKS);
        if (n > 0)
                omg_socket_text_mend(text, length, n, mended);
        else
                memcpy(mended, text, length);
        return mended;
}

/* What is left when blanks are no matter. */
static char *dup_without_blanks(const char *text)
{
        GString *rest = g_string_new(NULL);

        for (; *text; text++)
                if (*text != ' ')
                        g_string_append_c(rest, *text);
        return g_string_free(rest, FALSE);
}

static void check(const char *text)
{
        g_autofree char *mended = mend(text);
        g_autofree char *before = dup_without_blanks(text);
        g_autofree char *after = dup_without_blanks(mended);

        g_assert_true(g_utf8_validate(text, -1, NULL));
        g_assert_true(g_utf8_validate(mended, -1, NULL));
        g_assert_true(can_be_cut(mended));
        g_assert_cmpstr(before, ==, after);
        /* Only what needs it is touched. */
        if (can_be_cut(text))
                g_assert_cmpstr(text, ==, mended);
        else
                g_assert_cmpstr(text, !=, mended);
}

/* A character of each width at each place around the cut, in texts of each length around the bound,
 * with a blank at each place before it or none. */
static void test_all(void)
{
        static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x80\x94",
                                                 "\xf0\x9f\x90\xa7"};

        for (gsize c = 0; c < G_N_ELEMENTS(characters); c++)
                for (gsize at = 40; at <= 50; at++)
                        for (gsize rest = 0; rest <= 12; rest++)
                                for (gsize blank = 0; blank <= at; blank++) {
                                        g_autoptr(GString) text = g_string_new(NULL);

                                        for (gsize i = 0; i < at; i++)
                                                g_string_append_c(text, i == blank ? ' ' : 'a');
                                        g_string_append(text, characters[c]);
                                        for (gsize i = 0; i < rest; i++)
                                                g_string_append_c(text, 'b');
                                        check(text->str);
                                }
}

/* Nothing but wide characters, and blanks of which the last one counts. */
static void test_places(void)
{
        const char *expected = "aaaaaaaaaa aaaaaaaaaaaaaaaaaa  aaaaaaaaaaaaaaaa\xc3\xa9"
                               "bbbbbb";
        g_autofree char *mended = mend("aaaaaaaaaa aaaaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaa\xc3\xa9"
                                       "bbbbbb");
        g_autoptr(GString) wide = g_string_new(NULL);

        g_assert_cmpstr(mended, ==, expected);
        for (guint i = 0; i < 40; i++) {
                check(wide->str);
                g_string_append(wide, i % 2 ? "\xe2\x80\x94" : "\xf0\x9f\x90\xa7");
        }
        check("");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/socket-text/all", test_all);
        g_test_add_func("/socket-text/places", test_places);
        return g_test_run();
}
