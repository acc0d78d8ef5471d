/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A record of the AUR is taken as it is said, or dropped with a reason. */

#include "omgd-index/aur-record.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-aur.h"
#include "base/limits.h"

#define HEAD "\"Name\":\"a\",\"PackageBase\":\"b\",\"Version\":\"1-1\""

typedef struct {
        char *text, **slots;
        OmgPackage package;
        char *fault; /* NULL: taken */
} Record;

static gboolean parse_bytes(Record *record, const char *text, gsize size)
{
        g_autoptr(GError) error = NULL;

        *record = (Record){.text = g_malloc(size + 1)};
        memcpy(record->text, text, size);
        record->text[size] = '\0';
        record->slots = g_new(char *, OMG_AUR_SLOTS(size));
        gboolean good =
                omg_aur_record_parse(record->text, size, record->slots, &record->package, &error);
        g_assert_true(good == (error == NULL));
        if (error)
                g_assert_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID);
        record->fault = error ? g_strdup(error->message) : NULL;
        return good;
}

static gboolean parse(Record *record, const char *text)
{
        return parse_bytes(record, text, strlen(text));
}

static void clear(Record *record)
{
        g_free(record->text);
        g_free(record->slots);
        g_free(record->fault);
}

static void assert_string(const Record *record, OmgField field, const char *expected)
{
        g_assert_true(record->package.fields[field].present == (expected != NULL));
        if (expected)
                g_assert_cmpstr(record->package.fields[field].string, ==, expected);
}

static void assert_list(const Record *record, OmgField field, const char *expected)
{
        g_assert_true(record->package.fields[field].present);
        g_autofree char *joined = g_strjoinv("|", record->package.fields[field].strv);
        g_assert_cmpstr(joined, ==, expected);
}

static void assert_number(const Record *record, OmgField field, guint64 expected)
{
        g_assert_true(record->package.fields[field].present);
        g_assert_cmpuint(record->package.fields[field].number, ==, expected);
}

/* @more: further members of an object that is good without them. NULL: it still is. */
static void assert_fault(const char *more, const char *fault)
{
        g_autofree char *text = g_strdup_printf("{" HEAD "%s%s}", *more ? "," : "", more);
        Record record;

        parse(&record, text);
        g_assert_cmpstr(record.fault, ==, fault);
        clear(&record);
}

static void assert_whole_fault(const char *text, const char *fault)
{
        Record record;

        parse(&record, text);
        g_assert_cmpstr(record.fault, ==, fault);
        clear(&record);
}

/* Each key goes to its field. */
static void test_fields(void)
{
        Record record;

        g_assert_true(parse(
                &record,
                "{\"ID\":1,\"Name\":\"yay-git\",\"PackageBaseID\":2,\"PackageBase\":\"yay\","
                "\"Version\":\"1:12.0.r3.gab-1.1\",\"Description\":\"It \\\"is\\\" \\u00e9\","
                "\"URL\":\"https://example.org/\",\"NumVotes\":42,\"Popularity\":1.5e-3,"
                "\"OutOfDate\":1700000000,\"Maintainer\":\"m\",\"Submitter\":\"s\","
                "\"FirstSubmitted\":1475688004,\"LastModified\":1475688005,"
                "\"URLPath\":\"/cgit/aur.git/snapshot/yay-git.tar.gz\",\"Depends\":[\"glibc>=2\","
                "\"git\"],\"MakeDepends\":[\"go\"],\"CheckDepends\":[\"c\"],\"OptDepends\":["
                "\"sudo: for \\u201croot\\u201d\"],\"Provides\":[\"yay=12\"],\"Conflicts\":[\"x\"],"
                "\"Replaces\":[\"r\"],\"Groups\":[\"g\"],\"License\":[\"GPL\",\"MIT\"],"
                "\"Keywords\":[\"k\"],\"CoMaintainers\":[\"p\",\"q\"],\"PendingRequests\":0}"));
        g_assert_cmpstr(record.package.name, ==, "yay-git");
        g_assert_cmpstr(record.package.version, ==, "1:12.0.r3.gab-1.1");
        g_assert_cmpstr(record.package.description, ==, "It \"is\" \xc3\xa9");
        assert_string(&record, OMG_FIELD_BASE, "yay");
        assert_string(&record, OMG_FIELD_URL, "https://example.org/");
        assert_number(&record, OMG_FIELD_VOTES, 42);
        g_assert_cmpfloat(record.package.fields[OMG_FIELD_POPULARITY].real, ==, 1.5e-3);
        assert_number(&record, OMG_FIELD_OUT_OF_DATE, 1700000000);
        assert_string(&record, OMG_FIELD_MAINTAINER, "m");
        assert_string(&record, OMG_FIELD_SUBMITTER, "s");
        assert_number(&record, OMG_FIELD_FIRST_SUBMITTED, 1475688004);
        assert_number(&record, OMG_FIELD_LAST_MODIFIED, 1475688005);
        assert_string(&record, OMG_FIELD_URL_PATH, "/cgit/aur.git/snapshot/yay-git.tar.gz");
        assert_list(&record, OMG_FIELD_DEPENDS, "glibc>=2|git");
        assert_list(&record, OMG_FIELD_MAKEDEPENDS, "go");
        assert_list(&record, OMG_FIELD_CHECKDEPENDS, "c");
        assert_list(&record, OMG_FIELD_OPTDEPENDS, "sudo: for \xe2\x80\x9croot\xe2\x80\x9d");
        assert_list(&record, OMG_FIELD_PROVIDES, "yay=12");
        assert_list(&record, OMG_FIELD_CONFLICTS, "x");
        assert_list(&record, OMG_FIELD_REPLACES, "r");
        assert_list(&record, OMG_FIELD_GROUPS, "g");
        assert_list(&record, OMG_FIELD_LICENSES, "GPL|MIT");
        assert_list(&record, OMG_FIELD_KEYWORDS, "k");
        assert_list(&record, OMG_FIELD_CO_MAINTAINERS, "p|q");
        g_assert_cmpuint(record.package.flags, ==, OMG_PACKAGE_OUT_OF_DATE);
        clear(&record);
}

/* What is not said is absent, and never 0; who has no maintainer is told from who says nothing. */
static void test_absent(void)
{
        static const char *const texts[] = {
                "{" HEAD "}",
                "{" HEAD ",\"Description\":null,\"URL\":null,\"NumVotes\":null,\"Popularity\":null,"
                "\"OutOfDate\":null,\"Submitter\":null,\"FirstSubmitted\":0,\"LastModified\":null,"
                "\"URLPath\":null,\"Depends\":null,\"Keywords\":[],\"License\":[\"\"]}",
        };
        Record record;

        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_assert_true(parse(&record, texts[i]));
                g_assert_cmpstr(record.package.description, ==, "");
                for (OmgField field = 0; field < OMG_FIELD_N; field++)
                        g_assert_true(record.package.fields[field].present ==
                                      (field == OMG_FIELD_BASE));
                g_assert_cmpuint(record.package.flags, ==, 0);
                clear(&record);
        }
        g_assert_true(parse(&record, "{" HEAD ",\"Maintainer\":null,\"NumVotes\":0}"));
        g_assert_cmpuint(record.package.flags, ==, OMG_PACKAGE_NO_MAINTAINER);
        assert_string(&record, OMG_FIELD_MAINTAINER, NULL);
        assert_number(&record, OMG_FIELD_VOTES, 0);
        clear(&record);
        g_assert_true(parse(&record, "{\"Maintainer\":\"\"," HEAD "}"));
        g_assert_cmpuint(record.package.flags, ==, OMG_PACKAGE_NO_MAINTAINER);
        clear(&record);
}

/* Keys that nobody knows may hold anything, as often as they like. */
static void test_other_keys(void)
{
        assert_fault("\"x\":{\"y\":[1,{}]},\"x\":null,\"\":true,\"ID\":\"one\",\"ID\":2", NULL);
        assert_fault("\"name\":7", NULL);
}

static void test_names(void)
{
        static const char *const good[] = {"a", "0ad", "lib32-a", "a@b", "a.b_c+d-", "A", "_x"};
        static const char *const bad[] = {"",     "-a",       ".a",       "a b", "a/b",
                                          "../a", "a\\nb",    "\xc3\xa9", "a=1", "a>b",
                                          "a:b",  "a\\u0000", "a\\\\b",   "%61"};

        for (gsize i = 0; i < G_N_ELEMENTS(good) + G_N_ELEMENTS(bad); i++) {
                gboolean is_good = i < G_N_ELEMENTS(good);
                const char *name = is_good ? good[i] : bad[i - G_N_ELEMENTS(good)];
                g_autofree char *as_name = g_strdup_printf(
                        "{\"Name\":\"%s\",\"PackageBase\":\"b\",\"Version\":\"1-1\"}", name);
                g_autofree char *as_base = g_strdup_printf(
                        "{\"Name\":\"a\",\"PackageBase\":\"%s\",\"Version\":\"1-1\"}", name);
                Record record;
                g_assert_true(parse(&record, as_name) == is_good);
                clear(&record);
                g_assert_true(parse(&record, as_base) == is_good);
                clear(&record);
        }
}

static void test_versions(void)
{
        static const char *const good[] = {"1-1",   "1:2.0_a+b~c^d-10.2", "0:r1.g0-1", "a-1",
                                           "1,2-1", "20230101.{x}-3",     "12:v-1"};
        static const char *const bad[] = {
                "",      "1",           "-1",     "1-",    "1-a",   "1-1-1",   "1-1.",
                "1-.1",  "1-1.1.1",     ":1-1",   "x:1-1", "1:-1",  "1:2:3-1", "1/2-1",
                "1 2-1", "1\xc3\xa9-1", "1\\t-1", "1-1 ",  "../1-1"};

        for (gsize i = 0; i < G_N_ELEMENTS(good) + G_N_ELEMENTS(bad); i++) {
                gboolean is_good = i < G_N_ELEMENTS(good);
                g_autofree char *text =
                        g_strdup_printf("{\"Name\":\"a\",\"PackageBase\":\"b\",\"Version\":\"%s\"}",
                                        is_good ? good[i] : bad[i - G_N_ELEMENTS(good)]);
                Record record;
                if (parse(&record, text) != is_good)
                        g_error("%s: %s", text, record.fault);
                clear(&record);
        }
}

/* Wrong kinds, and what must be there. */
static void test_kinds(void)
{
        assert_whole_fault("[]", "is no object");
        assert_whole_fault("", "is no object");
        assert_whole_fault("\"a\"", "is no object");
        assert_whole_fault("{}", "has no name, version or package base");
        assert_whole_fault("{\"Name\":\"a\",\"Version\":\"1-1\"}",
                           "has no name, version or package base");
        assert_whole_fault("{\"Name\":null,\"PackageBase\":\"b\",\"Version\":\"1-1\"}",
                           "has no name, version or package base");
        assert_whole_fault("{" HEAD "} {}", "has something behind its end");
        assert_whole_fault("{" HEAD, "has a comma or a bracket missing");
        assert_whole_fault("{\"Name\":5}", "Name has something else where a string has to be");
        assert_fault("\"Description\":[]",
                     "Description has something else where a string has to be");
        assert_fault("\"Maintainer\":false",
                     "Maintainer has something else where a string has to be");
        assert_fault("\"NumVotes\":\"5\"", "NumVotes has something else where a number has to be");
        assert_fault("\"Popularity\":\"5\"",
                     "Popularity has something else where a number has to be");
        assert_fault("\"OutOfDate\":true", "OutOfDate has something else where a number has to be");
        assert_fault("\"Depends\":\"a\"", "Depends is no list");
        assert_fault("\"Depends\":{}", "Depends is no list");
        assert_fault("\"Depends\":[\"a\",1]",
                     "Depends has something else where a string has to be");
        assert_fault("\"Depends\":[\"a\",null]",
                     "Depends has something else where a string has to be");
        assert_fault("\"Depends\":[[\"a\"]]",
                     "Depends has something else where a string has to be");
}

static void test_numbers(void)
{
        assert_fault("\"NumVotes\":1000000000", NULL);
        assert_fault("\"NumVotes\":1000000001", "NumVotes is too large");
        assert_fault("\"NumVotes\":99999999999999999999999999", "NumVotes is too large");
        assert_fault("\"NumVotes\":-1", "NumVotes is negative or no whole number");
        assert_fault("\"NumVotes\":1.0", "NumVotes is negative or no whole number");
        assert_fault("\"NumVotes\":1e2", "NumVotes is negative or no whole number");
        assert_fault("\"Popularity\":0", NULL);
        assert_fault("\"Popularity\":1e9", NULL);
        assert_fault("\"Popularity\":1.1e9", "Popularity is negative or too large");
        assert_fault("\"Popularity\":1e999", "Popularity is negative or too large");
        assert_fault("\"Popularity\":-0.5", "Popularity is negative or too large");
        assert_fault("\"Popularity\":NaN",
                     "Popularity has something else where a number has to be");
        assert_fault("\"Popularity\":Infinity",
                     "Popularity has something else where a number has to be");
        assert_fault("\"LastModified\":4102444800", NULL);
        assert_fault("\"LastModified\":4102444801", "LastModified is too large");
        assert_fault("\"LastModified\":-5", "LastModified is negative or no whole number");
}

static void test_texts(void)
{
        Record record;

        g_assert_true(parse(&record, "{" HEAD ",\"Description\":\"a\\tb\\nc\\r\"}"));
        g_assert_cmpstr(record.package.description, ==, "a b c ");
        clear(&record);
        assert_fault("\"Description\":\"\\u0007\"", "Description has control characters");
        assert_fault("\"Description\":\"\\u001b[31m\"", "Description has control characters");
        assert_fault("\"Description\":\"\\u0085\"", "Description has control characters");
        assert_fault("\"Description\":\"\x7f\"", "Description has control characters");
        assert_fault("\"Keywords\":[\"a\\u0001\"]", "Keywords has control characters");
        assert_fault("\"Description\":\"\x01\"", "Description has a string that is none of JSON");
        assert_fault("\"Description\":\"\\u0000\"",
                     "Description has a string that is none of JSON");
        assert_fault("\"Description\":\"\\ud800\"",
                     "Description has a string that is none of JSON");
        assert_fault("\"Description\":\"\xff\"", "is not UTF-8");
        assert_fault("\"URLPath\":\"cgit\"", "URLPath is no path");
        assert_fault("\"URLPath\":\"//host/x\"", "URLPath is no path");
        assert_fault("\"URLPath\":\"/a/../b\"", "URLPath is no path");
        assert_fault("\"URLPath\":\"/a b\"", "URLPath is no path");
        assert_fault("\"URLPath\":\"\"", NULL);
}

static void test_twice(void)
{
        assert_fault("\"Name\":\"a\"", "Name is there twice");
        assert_fault("\"N\\u0061me\":\"c\"", "Name is there twice");
        assert_fault("\"URL\":null,\"URL\":\"x\"", "URL is there twice");
}

static void test_depth(void)
{
        g_autofree char *open = g_strnfill(100000, '['), *close = g_strnfill(100000, ']');
        g_autofree char *deep = g_strconcat("\"x\":", open, close, NULL);

        assert_fault(deep, "is nested too deep");
        assert_fault("\"x\":[[[[[[[1]]]]]]]", NULL);
        assert_fault("\"x\":[[[[[[[[1]]]]]]]]", "is nested too deep");
}

/* A text of @length bytes between these two is taken, one more is not. */
static void assert_longest(const char *before, gsize length, const char *after, const char *fault)
{
        for (gsize more = 0; more < 2; more++) {
                g_autofree char *fill = g_strnfill(length + more, 'x');
                g_autofree char *text = g_strconcat(before, fill, after, NULL);
                Record record;
                parse(&record, text);
                g_assert_cmpstr(record.fault, ==, more ? fault : NULL);
                clear(&record);
        }
}

static void test_limits(void)
{
        g_autoptr(GString) list = g_string_new("\"Depends\":[\"a\"");

        assert_longest("{\"Name\":\"", OMG_LIMIT_PACKAGE_NAME,
                       "\",\"PackageBase\":\"b\",\"Version\":\"1-1\"}", "Name is too long");
        assert_longest("{\"Name\":\"a\",\"PackageBase\":\"", OMG_LIMIT_PACKAGE_NAME,
                       "\",\"Version\":\"1-1\"}", "PackageBase is too long");
        assert_longest("{\"Name\":\"a\",\"PackageBase\":\"b\",\"Version\":\"",
                       OMG_LIMIT_AUR_VERSION - 2, "-1\"}", "Version is too long");
        assert_longest("{" HEAD ",\"Description\":\"", OMG_LIMIT_AUR_TEXT, "\"}",
                       "Description is too long");
        assert_longest("{" HEAD ",\"URL\":\"", OMG_LIMIT_AUR_TEXT, "\"}", "URL is too long");
        assert_longest("{" HEAD ",\"Depends\":[\"", OMG_LIMIT_AUR_ELEMENT, "\"]}",
                       "Depends is too long");
        for (guint i = 1; i < OMG_LIMIT_AUR_LIST; i++)
                g_string_append(list, ",\"\"");
        g_autofree char *most = g_strconcat(list->str, "]", NULL);
        g_autofree char *more = g_strconcat(list->str, ",\"\"]", NULL);
        assert_fault(most, NULL);
        assert_fault(more, "Depends has too many elements");
}

/* NUL bytes end nothing. */
static void test_nul(void)
{
        static const char text[] = "{" HEAD ",\"URL\":\"a\0b\"}";
        static const char behind[] = "{" HEAD "}\0{}";
        Record record;

        g_assert_false(parse_bytes(&record, text, sizeof(text) - 1));
        clear(&record);
        g_assert_false(parse_bytes(&record, behind, sizeof(behind) - 1));
        clear(&record);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/aur-record/fields", test_fields);
        g_test_add_func("/aur-record/absent", test_absent);
        g_test_add_func("/aur-record/other-keys", test_other_keys);
        g_test_add_func("/aur-record/names", test_names);
        g_test_add_func("/aur-record/versions", test_versions);
        g_test_add_func("/aur-record/kinds", test_kinds);
        g_test_add_func("/aur-record/numbers", test_numbers);
        g_test_add_func("/aur-record/texts", test_texts);
        g_test_add_func("/aur-record/twice", test_twice);
        g_test_add_func("/aur-record/depth", test_depth);
        g_test_add_func("/aur-record/limits", test_limits);
        g_test_add_func("/aur-record/nul", test_nul);
        return g_test_run();
}
