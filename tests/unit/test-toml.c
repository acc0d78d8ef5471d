/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The TOML reader beside the rules of TOML 1.0. */

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/toml.h"

static void dump(GString *out, const OmgToml *value)
{
        gboolean is_table = omg_toml_get_type(value) == OMG_TOML_TABLE;
        gboolean boolean = FALSE;
        gint64 integer = 0;

        switch (omg_toml_get_type(value)) {
        case OMG_TOML_STRING:
                g_string_append_printf(out, "\"%s\"", omg_toml_get_string(value));
                break;
        case OMG_TOML_INTEGER:
                g_assert_true(omg_toml_get_integer(value, &integer));
                g_string_append_printf(out, "%" G_GINT64_FORMAT, integer);
                break;
        case OMG_TOML_BOOLEAN:
                g_assert_true(omg_toml_get_boolean(value, &boolean));
                g_string_append(out, boolean ? "yes" : "no");
                break;
        case OMG_TOML_FLOAT:
                g_string_append_printf(out, "f%s", omg_toml_get_written(value));
                break;
        case OMG_TOML_TIME:
                g_string_append_printf(out, "t%s", omg_toml_get_written(value));
                break;
        default:
                g_string_append_c(out, is_table ? '{' : '[');
                for (guint i = 0; i < omg_toml_get_n_members(value); i++) {
                        if (i > 0)
                                g_string_append_c(out, ',');
                        if (is_table)
                                g_string_append_printf(out, "%s:", omg_toml_get_key(value, i));
                        dump(out, omg_toml_get_member(value, i));
                }
                g_string_append_c(out, is_table ? '}' : ']');
        }
}

static const struct {
        const char *text;
        const char *dumped;
} valid[] = {
        {"", "{}"},
        {"\n\r\n \t\n# only this", "{}"},
        {"a = 1", "{a:1}"},
        {"a=1 # said\r\nb\t=\t2\n", "{a:1,b:2}"},
        /* Keys. */
        {"bare_key-1 = 1\n1234 = 2\n-1 = 3", "{bare_key-1:1,1234:2,-1:3}"},
        {"\"127.0.0.1\" = 1\n'quoted \"v\"' = 2\n\"\" = 3\n\"\\u00e9\" = 4",
         "{127.0.0.1:1,quoted \"v\":2,:3,\303\251:4}"},
        {"a.b . \"c.d\" = 1\na.e = 2", "{a:{b:{c.d:1},e:2}}"},
        {"3.14 = 1", "{3:{14:1}}"},
        {"apple.type = 1\norange.type = 2\napple.skin = 3",
         "{apple:{type:1,skin:3},orange:{type:2}}"},
        /* Basic strings. */
        {"a = \"\\b\\t\\n\\f\\r\\\"\\\\\\u00E9\\U0001F600\"",
         "{a:\"\b\t\n\f\r\"\\\303\251\360\237\230\200\"}"},
        {"a = \"\"", "{a:\"\"}"},
        {"a = \"\"\"\nRoses\nViolets\"\"\"", "{a:\"Roses\nViolets\"}"},
        {"a = \"\"\"\r\nRoses\r\nViolets\"\"\"", "{a:\"Roses\nViolets\"}"},
        {"a = \"\"\"\\\n   The quick \\\n\n\n   fox \\  \n  runs.\"\"\"",
         "{a:\"The quick fox runs.\"}"},
        {"a = \"\"\"\"\"two\"\"\"\"\"", "{a:\"\"\"two\"\"\"}"},
        {"a = \"\"\"one \" two \"\" end\"\"\"", "{a:\"one \" two \"\" end\"}"},
        {"a = \"\"\"\"\"\"", "{a:\"\"}"},
        /* Literal strings. */
        {"a = 'C:\\Users\\x'", "{a:\"C:\\Users\\x\"}"},
        {"a = ''", "{a:\"\"}"},
        {"a = '''\nnot \\escaped 'here' '''", "{a:\"not \\escaped 'here' \"}"},
        {"a = ''''two''''", "{a:\"'two'\"}"},
        /* Integers. */
        {"a = [+99, 42, 0, -17, +0, -0, 1_000, 5_3_4]", "{a:[99,42,0,-17,0,0,1000,534]}"},
        {"a = [0xDEADBEEF, 0xdead_beef, 0o01234567, 0b11010110, 0x00]",
         "{a:[3735928559,3735928559,342391,214,0]}"},
        {"a = 9223372036854775807\nb = -9223372036854775808",
         "{a:9223372036854775807,b:-9223372036854775808}"},
        /* Floats. */
        {"a = [+1.0, 3.1415, -0.01, 5e+22, 1e06, -2E-2, 6.626e-34, 224_617.445_991_228, 0e0]",
         "{a:[f+1.0,f3.1415,f-0.01,f5e+22,f1e06,f-2E-2,f6.626e-34,f224_617.445_991_228,f0e0]}"},
        {"a = [inf, +inf, -inf, nan, +nan, -nan, -0.0]",
         "{a:[finf,f+inf,f-inf,fnan,f+nan,f-nan,f-0.0]}"},
        {"a = true\nb = false", "{a:yes,b:no}"},
        /* Dates and times. */
        {"a = 1979-05-27T07:32:00Z", "{a:t1979-05-27T07:32:00Z}"},
        {"a = 1979-05-27t00:32:00.999999-07:00", "{a:t1979-05-27t00:32:00.999999-07:00}"},
        {"a = 1979-05-27 07:32:00z # x", "{a:t1979-05-27 07:32:00z}"},
        {"a = 1979-05-27T07:32:00", "{a:t1979-05-27T07:32:00}"},
        {"a = 1979-05-27 # 07", "{a:t1979-05-27}"},
        {"a = [2000-02-29, 07:32:00, 00:32:00.5, 23:59:60]",
         "{a:[t2000-02-29,t07:32:00,t00:32:00.5,t23:59:60]}"},
        /* Arrays. */
        {"a = [ ]", "{a:[]}"},
        {"a = [\n  1, # one\n  2, # two\n]", "{a:[1,2]}"},
        {"a = [[1, 2], ['a', \"b\", 1.5], {x = 1}]", "{a:[[1,2],[\"a\",\"b\",f1.5],{x:1}]}"},
        /* Tables. */
        {"[t]", "{t:{}}"},
        {"[a.b.c]\n[ d . 'e' ]\nx=1\n[a]\ny=2", "{a:{b:{c:{}},y:2},d:{e:{x:1}}}"},
        {"[fruit]\napple.color = 1\napple.taste.sweet = true\n[fruit.apple.texture]\nsmooth = 1",
         "{fruit:{apple:{color:1,taste:{sweet:yes},texture:{smooth:1}}}}"},
        {"a = {}\nb = { x = 1, y.z = 'q', y.w = {v=[]} }", "{a:{},b:{x:1,y:{z:\"q\",w:{v:[]}}}}"},
        {"a = [ { x = 1,\ty = [\n1,\n2 ] } ]", "{a:[{x:1,y:[1,2]}]}"},
        /* Arrays of tables. */
        {"[[p]]\nn=1\n[[p]]\n[[p]]\nn=3", "{p:[{n:1},{},{n:3}]}"},
        {"[[f]]\nn=1\n[f.p]\nc=2\n[[f.v]]\nn=3\n[[f.v]]\nn=4\n[[f]]\nn=5\n[[f.v]]\nn=6\n[f.p]\nc=7",
         "{f:[{n:1,p:{c:2},v:[{n:3},{n:4}]},{n:5,v:[{n:6}],p:{c:7}}]}"},
};

/* What the specification allows, with its values. */
static void test_valid(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(valid); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(OmgToml) root =
                        omg_toml_parse(valid[i].text, strlen(valid[i].text), &error);
                g_autoptr(GString) out = g_string_new(NULL);

                g_test_message("case %" G_GSIZE_FORMAT, i);
                g_assert_no_error(error);
                dump(out, root);
                g_assert_cmpstr(out->str, ==, valid[i].dumped);
        }
}

static const struct {
        const char *text;
        const char *message; /* begins so */
} invalid[] = {
        {"a", "line 1, column 2: \"=\" is expected"},
        {"a =", "line 1, column 4: a value is expected"},
        {"a = # x", "line 1, column 5: a value is expected"},
        {"= 1", "line 1, column 1: a key is expected"},
        {"a b = 1", "line 1, column 3: \"=\" is expected"},
        {"a = 1 b = 2", "line 1, column 7: the line goes on"},
        {"a.  = 1", "line 1, column 5: a key is expected"},
        {"a\n= 1", "line 1, column 2: \"=\" is expected"},
        {"\"\"\"a\"\"\" = 1", "line 1, column 3: \"=\" is expected"},
        {"\303\251 = 1", "line 1, column 1: a key is expected"},
        {"\n\n'\303\251\303\251' = x", "line 3, column 8: this is no value"},
        /* Defined twice. */
        {"a = 1\na = 2", "line 2, column 3: \"a\" is defined twice"},
        {"a = 1\n\"a\" = 2", "line 2, column 5: \"a\" is defined twice"},
        {"a.b = 1\na.b.c = 2", "line 2, column 7: \"b\" has a value"},
        {"a = 1\na.b = 2", "line 2, column 5: \"a\" has a value"},
        {"[a]\n[a]", "line 2, column 4: \"a\" is defined twice"},
        {"[a]\nb=1\n[a.b]", "line 3, column 6: \"b\" is defined twice"},
        {"[a]\nb=1\n[a.b.c]", "line 3, column 8: \"b\" has a value"},
        {"[f]\na.c=1\n[f.a]", "line 3, column 6: \"a\" is defined twice"},
        {"[f]\na.t.s=1\n[f.a.t]", "line 3, column 8: \"t\" is defined twice"},
        {"[a.b.c]\nz=9\n[a]\nb.c.t=1", "line 4, column 6: \"b\" has a value already, or is"},
        {"a = {x = 1}\na.y = 2", "line 2, column 5: \"a\" has a value"},
        {"a = {x = 1}\n[a.y]", "line 2, column 6: \"a\" has a value"},
        {"a = {x = 1}\n[a]", "line 2, column 4: \"a\" is defined twice"},
        {"a = {b.c = 1, b = 2}", "line 1, column 17: \"b\" is defined twice"},
        {"a = {b = {}, b.c = 2}", "line 1, column 18: \"b\" has a value"},
        {"a = []\n[[a]]", "line 2, column 6: \"a\" is defined already"},
        {"a = [{x=1}]\n[a.b]", "line 2, column 6: \"a\" has a value"},
        {"[f.p]\n[[f]]", "line 2, column 6: \"f\" is defined already"},
        {"[[f]]\n[f]", "line 2, column 4: \"f\" is defined twice"},
        {"[[f]]\n[[f.v]]\n[f.v]", "line 3, column 6: \"v\" is defined twice"},
        /* Strings. */
        {"a = \"x", "line 1, column 7: the text ends within a string"},
        {"a = \"x\ny\"", "line 1, column 7: the line ends within a string"},
        {"a = 'x\r\n'", "line 1, column 7: the line ends within a string"},
        {"a = \"\\x\"", "line 1, column 6: an escape"},
        {"a = \"\\", "line 1, column 6: an escape"},
        {"a = \"\\u12\"", "line 1, column 6: \\u is followed"},
        {"a = \"\\U0000012\"", "line 1, column 6: \\U is followed"},
        {"a = \"\\ud800\"", "line 1, column 6: there is no such Unicode"},
        {"a = \"\\U00110000\"", "line 1, column 6: there is no such Unicode"},
        {"a = \"\\u0000\"", "line 1, column 6: a NUL"},
        {"a = \"\001\"", "line 1, column 6: a control"},
        {"a = \"\177\"", "line 1, column 6: a control"},
        {"a = 'a\033'", "line 1, column 7: a control"},
        {"a = \"\"\"a\rb\"\"\"", "line 1, column 9: a control"},
        {"a = \"\"\"a", "line 1, column 9: the text ends"},
        {"a = \"\"\"a\\ b\"\"\"", "line 1, column 9: an escape"},
        {"a = \"\"\"x\"\"\"\"\"\"", "line 1, column 14: the line goes on"},
        {"# a\001", "line 1, column 4: a control"},
        {"# a\rb", "line 1, column 4: a control"},
        {"a = 1\r", "line 1, column 6: the line goes on"},
        {"\"a\nb\" = 1", "line 1, column 3: the line ends"},
        /* Numbers. */
        {"a = 01", "line 1, column 5: this is no value"},
        {"a = -01", "line 1, column 5: this is no value"},
        {"a = 1__0", "line 1, column 5: this is no value"},
        {"a = _1", "line 1, column 5: this is no value"},
        {"a = 1_", "line 1, column 5: this is no value"},
        {"a = +", "line 1, column 5: this is no value"},
        {"a = ++1", "line 1, column 5: this is no value"},
        {"a = 9223372036854775808", "line 1, column 5: the number does not fit"},
        {"a = -9223372036854775809", "line 1, column 5: the number does not fit"},
        {"a = 0xFFFFFFFFFFFFFFFF", "line 1, column 5: the number does not fit"},
        {"a = 0x", "line 1, column 5: this is no number"},
        {"a = 0xg", "line 1, column 5: this is no number"},
        {"a = 0o8", "line 1, column 5: this is no number"},
        {"a = 0b2", "line 1, column 5: this is no number"},
        {"a = 0x_1", "line 1, column 5: this is no number"},
        {"a = 0X1", "line 1, column 5: this is no value"},
        {"a = +0x1", "line 1, column 5: this is no value"},
        {"a = .7", "line 1, column 5: this is no value"},
        {"a = 7.", "line 1, column 5: this is no value"},
        {"a = 3.e+20", "line 1, column 5: this is no value"},
        {"a = 03.14", "line 1, column 5: this is no value"},
        {"a = 1e", "line 1, column 5: this is no value"},
        {"a = 1e1.5", "line 1, column 5: this is no value"},
        {"a = 1.2.3", "line 1, column 5: this is no value"},
        {"a = Inf", "line 1, column 5: this is no value"},
        {"a = True", "line 1, column 5: this is no value"},
        {"a = stable", "line 1, column 5: this is no value"},
        /* Dates and times. */
        {"a = 1979-13-27", "line 1, column 5: there is no such date"},
        {"a = 1979-00-27", "line 1, column 5: there is no such date"},
        {"a = 2023-02-29", "line 1, column 5: there is no such date"},
        {"a = 2023-2-2", "line 1, column 5: there is no such date"},
        {"a = 2023-02-02T24:00:00", "line 1, column 5: there is no such date"},
        {"a = 2023-02-02T23:60:00", "line 1, column 5: there is no such date"},
        {"a = 2023-02-02T23:00:61", "line 1, column 5: there is no such date"},
        {"a = 2023-02-02T23:00", "line 1, column 5: there is no such date"},
        {"a = 2023-02-02T23:00:00.", "line 1, column 5: there is no such date"},
        {"a = 2023-02-02T23:00:00+24:00", "line 1, column 5: there is no such date"},
        {"a = 2023-02-02X", "line 1, column 5: there is no such date"},
        {"a = 23:00:00Z", "line 1, column 5: there is no such date"},
        {"a = 2023-02-02  10:00:00", "line 1, column 17: the line goes on"},
        /* Arrays and tables. */
        {"a = [1 2]", "line 1, column 8: \",\" or \"]\""},
        {"a = [,1]", "line 1, column 6: a value is expected"},
        {"a = [1,,2]", "line 1, column 8: a value is expected"},
        {"a = [1", "line 1, column 7: \",\" or \"]\""},
        {"a = [\n1,\n", "line 3, column 1: a value is expected"},
        {"a = {x = 1,}", "line 1, column 12: a key is expected"},
        {"a = {x = 1\n}", "line 1, column 11: \",\" or \"}\""},
        {"a = {\nx = 1}", "line 1, column 6: a key is expected"},
        {"a = {x}", "line 1, column 7: \"=\" is expected"},
        {"a = {, x = 1}", "line 1, column 6: a key is expected"},
        {"[]", "line 1, column 2: a key is expected"},
        {"[a", "line 1, column 3: \"]\" is expected"},
        {"[a] b = 1", "line 1, column 5: the line goes on"},
        {"[a]]", "line 1, column 4: the line goes on"},
        {"[[a]", "line 1, column 5: \"]]\" is expected"},
        {"[[a] ]", "line 1, column 5: \"]]\" is expected"},
        {"[ [a]]", "line 1, column 3: a key is expected"},
        {"[a..b]", "line 1, column 4: a key is expected"},
        {"[a\nb]", "line 1, column 3: \"]\" is expected"},
        /* The text itself. */
        {"a = 1\nb = \"\303\"", "line 2, column 6: a NUL, or no valid UTF-8"},
        {"\355\240\200 = 1", "line 1, column 1: a NUL, or no valid UTF-8"},
        {"\357\273\277a = 1", "line 1, column 1: a key is expected"},
};

/* What it forbids, and where that stands. */
static void test_invalid(void)
{
        for (gsize i = 0; i < G_N_ELEMENTS(invalid); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(OmgToml) root =
                        omg_toml_parse(invalid[i].text, strlen(invalid[i].text), &error);

                g_test_message("case %" G_GSIZE_FORMAT ": %s", i, error ? error->message : "taken");
                g_assert_null(root);
                g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
                g_assert_true(g_str_has_prefix(error->message, invalid[i].message));
        }
}

/* A text need not end in NUL, and one inside is told. */
static void test_nul(void)
{
        static const char text[] = {'a', '=', '1', '2'};
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgToml) root = omg_toml_parse(text, 3, NULL);
        g_autoptr(OmgToml) empty = omg_toml_parse(NULL, 0, NULL);
        gint64 value = 0;

        g_assert_true(omg_toml_get_integer(omg_toml_lookup(root, "a"), &value));
        g_assert_cmpint(value, ==, 1);
        g_assert_cmpuint(omg_toml_get_n_members(empty), ==, 0);
        g_assert_null(omg_toml_parse("a = 1\n# \0", 9, &error));
        g_assert_cmpstr(error->message, ==, "line 2, column 3: a NUL, or no valid UTF-8");
}

/* Look-ups follow one another, and nothing is found in what is no table. */
static void test_lookup(void)
{
        static const char text[] = "[a]\nb = {c = 'x'}\nk = 1\ne = true\nf = 1.5\n";
        g_autoptr(OmgToml) root = omg_toml_parse(text, strlen(text), NULL);
        const OmgToml *a = omg_toml_lookup(root, "a");
        const OmgToml *c = omg_toml_lookup(omg_toml_lookup(a, "b"), "c");
        gboolean boolean = FALSE;
        gint64 integer = 7;
        guint line, column;

        g_assert_cmpstr(omg_toml_get_string(c), ==, "x");
        omg_toml_get_position(c, &line, &column);
        g_assert_cmpuint(line, ==, 2);
        g_assert_cmpuint(column, ==, 10);
        g_assert_null(omg_toml_lookup(omg_toml_lookup(c, "x"), "y"));
        g_assert_null(omg_toml_lookup(a, "x"));
        g_assert_null(omg_toml_get_string(omg_toml_lookup(a, "k")));
        g_assert_null(omg_toml_get_string(NULL));
        g_assert_null(omg_toml_get_written(omg_toml_lookup(a, "k")));
        g_assert_cmpstr(omg_toml_get_written(omg_toml_lookup(a, "f")), ==, "1.5");
        g_assert_false(omg_toml_get_integer(omg_toml_lookup(a, "f"), &integer));
        g_assert_cmpint(integer, ==, 7);
        g_assert_false(omg_toml_get_boolean(omg_toml_lookup(a, "k"), &boolean));
        g_assert_true(omg_toml_get_boolean(omg_toml_lookup(a, "e"), &boolean) && boolean);
        g_assert_cmpstr(omg_toml_type_describe(OMG_TOML_ARRAY), ==, "an array");
}

/* Many keys are found, and a double one among them too. */
static void test_many_keys(void)
{
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(OmgToml) root = NULL;
        g_autoptr(GError) error = NULL;
        gint64 value = 0;

        for (guint i = 0; i < 5000; i++)
                g_string_append_printf(text, "k%u = %u\n", i, i);
        root = omg_toml_parse(text->str, text->len, NULL);
        g_assert_cmpuint(omg_toml_get_n_members(root), ==, 5000);
        g_assert_true(omg_toml_get_integer(omg_toml_lookup(root, "k4321"), &value));
        g_assert_cmpint(value, ==, 4321);
        g_string_append(text, "k17 = 0\n");
        g_assert_null(omg_toml_parse(text->str, text->len, &error));
        g_assert_true(g_str_has_prefix(error->message, "line 5001, column 5: \"k17\" is defined"));
}

static void repeat(GString *text, const char *part, guint n)
{
        for (guint i = 0; i < n; i++)
                g_string_append(text, part);
}

static void check_depth(const char *open, const char *inner, const char *close)
{
        for (guint n = OMG_LIMIT_TOML_DEPTH; n <= OMG_LIMIT_TOML_DEPTH + 1; n++) {
                g_autoptr(GString) text = g_string_new("a = ");
                g_autoptr(OmgToml) root = NULL;
                g_autoptr(GError) error = NULL;

                repeat(text, open, n);
                g_string_append(text, inner);
                repeat(text, close, n);
                root = omg_toml_parse(text->str, text->len, &error);
                g_assert_true((root != NULL) == (n == OMG_LIMIT_TOML_DEPTH));
                if (error)
                        g_assert_nonnull(strstr(error->message, "more than 64 arrays and tables"));
        }
}

/* OMG_LIMIT_TOML_DEPTH, of values and of keys; and far beyond it. */
static void test_depth(void)
{
        g_autoptr(GString) key = g_string_new("a");
        g_autoptr(GString) deep = g_string_new("a=");
        g_autoptr(OmgToml) root = NULL;
        g_autoptr(GError) error = NULL;

        check_depth("[", "", "]");
        check_depth("{a=", "1", "}");
        repeat(key, ".a", OMG_LIMIT_TOML_DEPTH - 1);
        g_string_append(key, "=1");
        root = omg_toml_parse(key->str, key->len, NULL);
        g_assert_nonnull(root);
        g_string_prepend(key, "a.");
        g_assert_null(omg_toml_parse(key->str, key->len, &error));
        g_assert_nonnull(strstr(error->message, "a key of more than 64 parts"));
        repeat(deep, "[", 1000000);
        g_assert_null(omg_toml_parse(deep->str, deep->len, NULL));
}

/* OMG_LIMIT_TOML and OMG_LIMIT_TOML_VALUES. */
static void test_size(void)
{
        g_autofree char *text = g_strnfill(OMG_LIMIT_TOML + 1, ' ');
        g_autoptr(GString) many = g_string_new("a=[");
        g_autoptr(OmgToml) root = omg_toml_parse(text, OMG_LIMIT_TOML, NULL);
        g_autoptr(OmgToml) list = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_nonnull(root);
        g_assert_null(omg_toml_parse(text, OMG_LIMIT_TOML + 1, &error));
        g_assert_nonnull(strstr(error->message, "longer than 1048576 bytes"));
        g_clear_error(&error);

        repeat(many, "1,", OMG_LIMIT_TOML_VALUES - 1);
        g_string_append(many, "]");
        list = omg_toml_parse(many->str, many->len, NULL);
        g_assert_nonnull(list);
        g_string_append(many, "\nb=1");
        g_assert_null(omg_toml_parse(many->str, many->len, &error));
        g_assert_nonnull(strstr(error->message, "more than 50000 values"));
}

/* Columns are characters, however many values stand before on the line and on those before it. */
static void test_long_line(void)
{
        g_autoptr(GString) text = g_string_new("b = [1, 2]\na=[");
        g_autoptr(OmgToml) root = NULL;
        g_autoptr(GError) error = NULL;
        guint line, column;

        repeat(text, "'\303\251',", 1000);
        g_string_append(text, "?");
        g_assert_null(omg_toml_parse(text->str, text->len, &error));
        g_assert_true(g_str_has_prefix(error->message, "line 2, column 4004:"));
        g_string_truncate(text, text->len - 1);
        g_string_append(text, "7]\nc = 1\n");
        root = omg_toml_parse(text->str, text->len, NULL);
        omg_toml_get_position(omg_toml_get_member(omg_toml_lookup(root, "a"), 1000), &line,
                              &column);
        g_assert_cmpuint(line, ==, 2);
        g_assert_cmpuint(column, ==, 4004);
        omg_toml_get_position(omg_toml_lookup(root, "c"), &line, &column);
        g_assert_cmpuint(line, ==, 3);
        g_assert_cmpuint(column, ==, 5);
}

/* A long key is shortened in a message, between two characters. */
static void test_long_key(void)
{
        g_autoptr(GString) text = g_string_new("'");
        g_autoptr(GError) error = NULL;

        repeat(text, "\303\251", 100);
        g_string_append(text, "' = 1\n");
        g_string_append_len(text, text->str, (gssize)text->len);
        g_assert_null(omg_toml_parse(text->str, text->len, &error));
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_cmpuint(strlen(error->message), <, 140);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/toml/valid", test_valid);
        g_test_add_func("/toml/invalid", test_invalid);
        g_test_add_func("/toml/nul", test_nul);
        g_test_add_func("/toml/lookup", test_lookup);
        g_test_add_func("/toml/many-keys", test_many_keys);
        g_test_add_func("/toml/depth", test_depth);
        g_test_add_func("/toml/size", test_size);
        g_test_add_func("/toml/long-line", test_long_line);
        g_test_add_func("/toml/long-key", test_long_key);
        return g_test_run();
}
