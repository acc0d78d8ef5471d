/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A list is taken apart into the same elements wherever the pieces that it comes in end. */

#include "omgd-index/json-split.h"

#include <string.h>

#include "base/error.h"

#define MOST 64

static gboolean on_element(const OmgJsonElement *element, gpointer userdata, GError **error)
{
        GString *all = userdata;

        if (element->text) {
                g_assert_cmpuint(strlen(element->text), ==, element->size);
                g_assert_cmpuint(element->size, <=, MOST);
        }
        g_string_append_printf(all, "%" G_GUINT64_FORMAT "@%" G_GUINT64_FORMAT ":%s|",
                               element->number, element->offset,
                               element->text ? element->text : "(long)");
        if (element->text && strcmp(element->text, "stop") == 0) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_BUSY, "stopped");
                return FALSE;
        }
        /* It is the reader's own. */
        if (element->text)
                memset(element->text, 'x', element->size);
        return TRUE;
}

static gboolean split(const char *text, gsize first, gsize step, GString *all, GError **error)
{
        g_autoptr(OmgJsonSplit) splitter = omg_json_split_new(MOST, on_element, all);
        gsize size = strlen(text), at = MIN(first, size);

        if (!omg_json_split_feed(splitter, text, at, error))
                return FALSE;
        while (at < size) {
                gsize n = MIN(step, size - at);
                /* A copy to the byte, so that a sanitizer sees who reads on. */
                g_autofree char *piece = g_memdup2(text + at, n);
                if (!omg_json_split_feed(splitter, piece, n, error))
                        return FALSE;
                at += n;
        }
        return omg_json_split_finish(splitter, error);
}

/* @expected: the elements, or, when they end in an error, what its message ends in. */
static void assert_split(const char *text, const char *expected, const char *fault)
{
        for (gsize step = 1; step <= strlen(text) + 1; step++)
                for (gsize first = 0; first <= strlen(text); first++) {
                        g_autoptr(GString) all = g_string_new(NULL);
                        g_autoptr(GError) error = NULL;
                        gboolean good = split(text, first, step, all, &error);
                        g_assert_cmpint(good, ==, fault == NULL);
                        if (fault) {
                                g_assert_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID);
                                g_assert_cmpstr(error->message, ==, fault);
                        }
                        g_assert_cmpstr(all->str, ==, expected);
                }
}

/* Line breaks, blanks, strings with brackets, quotes and commas in them: whatever the borders. */
static void test_borders(void)
{
        assert_split("[\n{\"a\":1},\n{\"b\":[2,{}]}\n]\n", "1@2:{\"a\":1}|2@11:{\"b\":[2,{}]}|",
                     NULL);
        assert_split("[{\"a\":\"]},{\\\"\\\\\"},{}]", "1@1:{\"a\":\"]},{\\\"\\\\\"}|2@18:{}|",
                     NULL);
        assert_split(" [ 1 , \"x,y\" ,null] ", "1@3:1|2@7:\"x,y\"|3@14:null|", NULL);
}

static void test_empty(void)
{
        assert_split("[]", "", NULL);
        assert_split(" [\n]\n", "", NULL);
        assert_split("", "", "is empty, at byte 0");
        assert_split(" \n", "", "is empty, at byte 2");
}

/* What is no element stands for one, so that it is counted. */
static void test_odd(void)
{
        assert_split("[{},]", "1@1:{}|2@4:|", NULL);
        assert_split("[,{}]", "1@1:|2@2:{}|", NULL);
        assert_split("[{} x,{}]", "1@1:{} x|2@6:{}|", NULL);
        assert_split("[},{}]", "1@1:}|2@3:{}|", NULL);
        /* A bracket too many within one takes those behind it along; the list is cut then. */
        assert_split("[{[},{}]", "", "is cut behind record 0, at byte 8");
}

static void test_faults(void)
{
        assert_split("<html>[]", "", "is a web page, at byte 0");
        assert_split(" {}", "", "is no list of JSON, at byte 1");
        assert_split("\xef\xbb\xbf[]", "", "is no list of JSON, at byte 0");
        assert_split("[{}", "", "is cut behind record 0, at byte 3");
        assert_split("[{},", "1@1:{}|", "is cut behind record 1, at byte 4");
        assert_split("[{},{\"a", "1@1:{}|", "is cut behind record 1, at byte 7");
        assert_split("[{}]\n[", "1@1:{}|", "goes on behind its end, at byte 5");
        assert_split("[]]", "", "goes on behind its end, at byte 2");
}

/* One too long is told of, and costs those behind it nothing. */
static void test_long(void)
{
        g_autofree char *most = g_strnfill(MOST - 2, 'm'), *more = g_strnfill(MOST - 1, 'm');
        g_autofree char *text = g_strdup_printf("[\"%s\",\"%s\",{}]", most, more);
        g_autofree char *expected =
                g_strdup_printf("1@1:\"%s\"|2@%u:(long)|3@%u:{}|", most, MOST + 2, 2 * MOST + 4);

        assert_split(text, expected, NULL);
}

/* Deep nesting costs nothing: there is no recursion. */
static void test_deep(void)
{
        g_autofree char *open = g_strnfill(1000000, '['), *close = g_strnfill(1000000, ']');
        g_autofree char *text = g_strconcat("[", open, close, ",7]", NULL);
        g_autoptr(GString) all = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        g_assert_true(split(text, 0, 65536, all, &error));
        g_assert_cmpstr(all->str, ==, "1@1:(long)|2@2000002:7|");
}

/* The reader may end it, with an error of its own. */
static void test_stop(void)
{
        g_autoptr(GString) all = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        g_assert_false(split("[1,stop,2]", 0, 3, all, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_BUSY);
        g_assert_cmpstr(all->str, ==, "1@1:1|2@3:stop|");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/json-split/borders", test_borders);
        g_test_add_func("/json-split/empty", test_empty);
        g_test_add_func("/json-split/odd", test_odd);
        g_test_add_func("/json-split/faults", test_faults);
        g_test_add_func("/json-split/long", test_long);
        g_test_add_func("/json-split/deep", test_deep);
        g_test_add_func("/json-split/stop", test_stop);
        return g_test_run();
}
