/* SPDX-License-Identifier: GPL-3.0-or-later */

/* JSON is read as RFC 8259 has it, and nothing else is. */

#include "omgd-index/json-cursor.h"

#include <string.h>

static gboolean skips(const char *text, guint depth, const char **ret_fault)
{
        g_autofree char *copy = g_strdup(text);
        OmgJsonCursor cursor;

        omg_json_cursor_init(&cursor, copy, strlen(copy));
        gboolean good = omg_json_cursor_check_utf8(&cursor) &&
                        omg_json_cursor_skip(&cursor, depth) && omg_json_cursor_finish(&cursor);
        g_assert_cmpint(good, ==, cursor.fault == NULL);
        /* Passing over changes nothing. */
        g_assert_cmpstr(copy, ==, text);
        if (ret_fault)
                *ret_fault = cursor.fault;
        return good;
}

static void test_good(void)
{
        static const char *const texts[] = {
                "0",
                "-0",
                "10",
                "-1.5",
                "1e5",
                "1.0E-07",
                "true",
                "false",
                " null ",
                "\"\"",
                "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"",
                "\"\\ud83d\\ude00\"",
                "[]",
                "{}",
                "[1,[2,{\"a\":[]}],\"x\"]",
                "{\"a\":{\"b\":[{},[]]},\"c\":null}",
                "\n{ \"a\" : [ 1 , 2 ] }\t\r\n",
                "\"\xc3\xa9\"",
        };

        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
                if (!skips(texts[i], 8, NULL))
                        g_error("refused: %s", texts[i]);
}

static void test_bad(void)
{
        static const char *const texts[] = {
                "",
                " ",
                "01",
                "-",
                "1.",
                ".5",
                "+1",
                "1e",
                "1e+",
                "0x10",
                "1a",
                "1.2.3",
                "NaN",
                "Infinity",
                "-Infinity",
                "nan",
                "nul",
                "nullx",
                "True",
                "tru",
                "'a'",
                "\"",
                "\"a",
                "\"\\",
                "\"\\x\"",
                "\"\\u12\"",
                "\"\\u12g4\"",
                "\"\\u0000\"",
                "\"\\ud800\"",
                "\"\\ud800x\"",
                "\"\\ud800\\ue000\"",
                "\"\\ud800\\udbff\"",
                "\"\\ud800\\u0041\"",
                "\"\\udc00\"",
                "\"\n\"",
                "\"\x01\"",
                "\"\xff\"",
                "\"\xc3\"",
                "[",
                "]",
                "[1",
                "[1,",
                "[1,]",
                "[,1]",
                "[1 2]",
                "[1}",
                "{",
                "{\"a\"",
                "{\"a\":",
                "{\"a\":1",
                "{\"a\":1,",
                "{\"a\":1,}",
                "{,}",
                "{1:2}",
                "{\"a\" 1}",
                "{\"a\":1]",
                "{a:1}",
                "{\"a\":}",
                "1 2",
                "{}{}",
                "[] x",
                "/* c */ 1",
                "1 // c",
                "\xef\xbb\xbf"
                "1",
        };
        const char *fault;

        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
                if (skips(texts[i], 8, &fault))
                        g_error("taken: %s", texts[i]);
}

/* Depth is bounded, and by no stack. */
static void test_depth(void)
{
        g_autofree char *open = g_strnfill(100000, '[');
        const char *fault;

        g_assert_true(skips("[[{\"a\":1}]]", 3, NULL));
        g_assert_false(skips("[[{\"a\":[]}]]", 3, &fault));
        g_assert_cmpstr(fault, ==, "is nested too deep");
        g_assert_false(skips(open, 1000, &fault));
        g_assert_cmpstr(fault, ==, "is nested too deep");
        g_assert_true(skips("1", 0, NULL));
        g_assert_false(skips("[]", 0, NULL));
}

static void assert_string(const char *json, const char *expected, gboolean is_plain)
{
        g_autofree char *copy = g_strdup(json);
        OmgJsonCursor cursor;
        OmgJsonString string;

        omg_json_cursor_init(&cursor, copy, strlen(copy));
        g_assert_true(omg_json_cursor_read_string(&cursor, &string));
        g_assert_true(omg_json_cursor_finish(&cursor));
        g_assert_cmpstr(string.text, ==, expected);
        g_assert_cmpuint(string.length, ==, strlen(expected));
        g_assert_cmpint(string.is_plain, ==, is_plain);
}

/* What is escaped is told in its place; plain is what nothing need be asked of. */
static void test_strings(void)
{
        assert_string("\"\"", "", TRUE);
        assert_string("\"plain ~\"", "plain ~", TRUE);
        assert_string("\"a\\\"b\\\\c\\/d\"", "a\"b\\c/d", FALSE);
        assert_string("\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t", FALSE);
        assert_string("\"x\\u00e9y\"", "x\xc3\xa9y", FALSE);
        assert_string("\"\\uD83d\\uDe00!\"", "\xf0\x9f\x98\x80!", FALSE);
        assert_string("\"\\uffff\\u0001\"", "\xef\xbf\xbf\x01", FALSE);
        assert_string("\"\xc3\xa9\"", "\xc3\xa9", FALSE);
        assert_string("\"\x7f\"", "\x7f", FALSE);
        /* Wherever it stands among those that are looked at together. */
        for (guint at = 0; at < 20; at++) {
                g_autofree char *fill = g_strnfill(at, '.');
                g_autofree char *odd = g_strconcat(fill, "\xc3\xa9 and more of it", NULL);
                g_autofree char *delete = g_strconcat(fill, "\x7f and more of it", NULL);
                g_autofree char *quote = g_strconcat(fill, "\\\" and more of it", NULL);
                g_autofree char *unquoted = g_strconcat(fill, "\" and more of it", NULL);
                g_autofree char *json_odd = g_strconcat("\"", odd, "\"", NULL);
                g_autofree char *json_delete = g_strconcat("\"", delete, "\"", NULL);
                g_autofree char *json_quote = g_strconcat("\"", quote, "\"", NULL);
                assert_string(json_odd, odd, FALSE);
                assert_string(json_delete, delete, FALSE);
                assert_string(json_quote, unquoted, FALSE);
        }
}

/* An object is read member by member, and a name that is escaped is the same name. */
static void test_members(void)
{
        char text[] = "{\"n\\u0061me\":\"x\",\"list\":[\"a\",\"b\"],\"n\":1.5,\"z\":null}";
        OmgJsonCursor cursor;
        OmgJsonString key, value;
        OmgJsonNumber number;

        omg_json_cursor_init(&cursor, text, strlen(text));
        g_assert_true(omg_json_cursor_enter_object(&cursor));
        g_assert_true(omg_json_cursor_next_member(&cursor, &key));
        g_assert_cmpstr(key.text, ==, "name");
        g_assert_true(omg_json_cursor_read_string(&cursor, &value));
        g_assert_true(omg_json_cursor_next_member(&cursor, &key));
        g_assert_true(omg_json_cursor_enter_array(&cursor));
        g_assert_true(omg_json_cursor_next_element(&cursor));
        g_assert_true(omg_json_cursor_read_string(&cursor, &value));
        g_assert_true(omg_json_cursor_next_element(&cursor));
        g_assert_true(omg_json_cursor_read_string(&cursor, &value));
        g_assert_cmpstr(value.text, ==, "b");
        g_assert_false(omg_json_cursor_next_element(&cursor));
        g_assert_true(omg_json_cursor_next_member(&cursor, &key));
        g_assert_cmpint(omg_json_cursor_peek(&cursor), ==, OMG_JSON_NUMBER);
        g_assert_true(omg_json_cursor_read_number(&cursor, &number));
        g_assert_cmpuint(number.length, ==, 3);
        g_assert_false(number.is_whole);
        g_assert_true(omg_json_cursor_next_member(&cursor, &key));
        g_assert_true(omg_json_cursor_read_null(&cursor));
        g_assert_false(omg_json_cursor_next_member(&cursor, &key));
        g_assert_true(omg_json_cursor_finish(&cursor));
}

static void assert_array(const char *text, const char *expected)
{
        g_autofree char *copy = g_strdup(text);
        OmgJsonCursor cursor;
        const char *start;
        gsize size;

        omg_json_cursor_init(&cursor, copy, strlen(copy));
        gboolean good = omg_json_cursor_pass_array(&cursor, &start, &size);
        g_assert_cmpint(good, ==, expected != NULL);
        g_assert_cmpint(good, ==, cursor.fault == NULL);
        if (expected)
                g_assert_cmpmem(start, size, expected, strlen(expected));
        g_assert_cmpstr(copy, ==, text);
}

/* An array is passed by its brackets, whatever is in it. */
static void test_pass_array(void)
{
        assert_array(" [1,\"]\",{\"a\":[]}] ,2", "[1,\"]\",{\"a\":[]}]");
        assert_array("[\"\\\"]\\\\\"]]", "[\"\\\"]\\\\\"]");
        assert_array("[01 \xff}]", "[01 \xff}");
        assert_array("[]", "[]");
        assert_array("[", NULL);
        assert_array("[\"]", NULL);
        assert_array("[\"\\", NULL);
        assert_array("[[]", NULL);
        assert_array("{}", NULL);
        assert_array("", NULL);
}

/* Once there is a fault nothing is read, and the first is the one that is told. */
static void test_fault_stays(void)
{
        char text[] = "{\"a\":1}";
        OmgJsonCursor cursor;
        OmgJsonString string;

        omg_json_cursor_init(&cursor, text, strlen(text));
        g_assert_false(omg_json_cursor_enter_array(&cursor));
        g_assert_cmpstr(cursor.fault, ==, "is no list");
        g_assert_false(omg_json_cursor_enter_object(&cursor));
        g_assert_false(omg_json_cursor_read_string(&cursor, &string));
        g_assert_cmpint(omg_json_cursor_peek(&cursor), ==, OMG_JSON_FAULT);
        g_assert_cmpstr(cursor.fault, ==, "is no list");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/json-cursor/good", test_good);
        g_test_add_func("/json-cursor/bad", test_bad);
        g_test_add_func("/json-cursor/depth", test_depth);
        g_test_add_func("/json-cursor/strings", test_strings);
        g_test_add_func("/json-cursor/members", test_members);
        g_test_add_func("/json-cursor/pass-array", test_pass_array);
        g_test_add_func("/json-cursor/fault-stays", test_fault_stays);
        return g_test_run();
}
