/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/tracker.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-advisories.h"

#define GROUP(name, rest) "{\"name\":\"" name "\"," rest "}"
#define REST                                                                                   \
        "\"packages\":[\"a\"],\"status\":\"Vulnerable\",\"severity\":\"High\",\"type\":\"t\"," \
        "\"affected\":\"1-1\",\"fixed\":null,\"ticket\":null,\"issues\":[],\"advisories\":[]"

static OmgTrackerFeed *parse(const char *text, GError **error)
{
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));

        return omg_tracker_parse(bytes, error);
}

static void assert_refused(const char *text, const char *what)
{
        g_autoptr(GError) error = NULL;

        g_assert_null(parse(text, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID);
        if (!strstr(error->message, what)) {
                g_test_message("\"%s\" is not in \"%s\"", what, error->message);
                g_test_fail();
        }
}

static void assert_list(GStrv list, const char *expected)
{
        g_autofree char *joined = g_strjoinv(" ", list);

        g_assert_cmpstr(joined, ==, expected);
}

/* All ten members, with the dirt that the real list has: packages in any order, an advisory twice.
 */
static void test_whole(void)
{
        static const char text[] =
                "[\n  {\n    \"name\": \"AVG-20\",\n    \"packages\": [\"b\", \"a\", "
                "\"lib+c.d@1\"],"
                "\"status\": \"Not affected\", \"severity\": \"Critical\","
                "\"type\": \"arbitrary code execution\", \"affected\": \"1:2.0-1\","
                "\"fixed\": \"1:2.1-1.1\", \"ticket\": \"54842\","
                "\"issues\": [\"CVE-2021-9\", \"CVE-2022-1000\", \"CVE-2022-999\"],"
                "\"advisories\": [\"ASA-202106-42\", \"ASA-202106-1\", \"ASA-202106-42\"]}]";
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgTrackerFeed) feed = parse(text, &error);

        g_assert_no_error(error);
        g_assert_cmpuint(feed->groups->len, ==, 1);
        g_assert_cmpuint(feed->n_dropped, ==, 0);
        g_assert_null(feed->reason);
        const OmgTrackerGroup *group = g_ptr_array_index(feed->groups, 0);
        g_assert_cmpstr(group->id, ==, "AVG-20");
        assert_list(group->packages, "a b lib+c.d@1");
        g_assert_cmpint(group->status, ==, OMG_TRACKER_NOT_AFFECTED);
        g_assert_cmpint(group->severity, ==, OMG_SEVERITY_CRITICAL);
        g_assert_cmpstr(group->type, ==, "arbitrary code execution");
        g_assert_cmpstr(group->affected, ==, "1:2.0-1");
        g_assert_cmpstr(group->fixed, ==, "1:2.1-1.1");
        g_assert_cmpstr(group->ticket, ==, "54842");
        assert_list(group->issues, "CVE-2022-1000 CVE-2022-999 CVE-2021-9");
        assert_list(group->advisories, "ASA-202106-1 ASA-202106-42");
}

/* Groups stand by their numbers, in whatever order they came. */
static void test_order(void)
{
        g_autoptr(OmgTrackerFeed) feed = parse(
                "[" GROUP("AVG-100", REST) "," GROUP("AVG-9", REST) "," GROUP("AVG-20", REST) "]",
                NULL);
        static const char *const expected[] = {"AVG-9", "AVG-20", "AVG-100"};

        for (guint i = 0; i < 3; i++)
                g_assert_cmpstr(((OmgTrackerGroup *)g_ptr_array_index(feed->groups, i))->id, ==,
                                expected[i]);
}

/* Words that the tracker may come to use are never taken for clean. */
static void test_words(void)
{
        g_autoptr(OmgTrackerFeed) feed =
                parse("[{\"name\":\"AVG-1\",\"packages\":[\"a\"],\"status\":\"Reviewed\","
                      "\"severity\":\"Awful\",\"affected\":\"1-1\"}]",
                      NULL);
        const OmgTrackerGroup *group = g_ptr_array_index(feed->groups, 0);

        g_assert_cmpint(group->status, ==, OMG_TRACKER_UNKNOWN);
        g_assert_cmpint(group->severity, ==, OMG_SEVERITY_UNKNOWN);
        g_assert_cmpstr(group->type, ==, "unknown");
        g_assert_null(group->fixed);
        for (guint i = 0; i < OMG_TRACKER_N; i++)
                g_assert_cmpstr(omg_tracker_status_get_word(i), !=, "");
        g_assert_cmpstr(omg_tracker_status_get_word(77), ==, "Unknown");
}

/* One bad group costs itself, and the first says what is wrong with it. */
static void test_dropped(void)
{
        static const struct {
                const char *group, *reason;
        } cases[] = {
                {"7", "is no object"},
                {"{}", "\"name\" is no AVG-<number>"},
                {GROUP("AVG-x", REST), "\"name\" is no AVG-<number>"},
                {GROUP("AVG-2", "\"packages\":[]"), "entry 2 (AVG-2): \"packages\" is empty"},
                {GROUP("AVG-2", "\"packages\":\"a\""), "\"packages\" is no list"},
                {GROUP("AVG-2", "\"packages\":[\"../a\"]"), "\"packages\" has something strange"},
                {GROUP("AVG-2", "\"packages\":[\"a/b\"]"), "\"packages\" has something strange"},
                {GROUP("AVG-2", "\"packages\":[\"a\",null]"), "\"packages\" has something strange"},
                {GROUP("AVG-2", "\"packages\":[\"a\"],\"issues\":{}"), "\"issues\" is no list"},
                {GROUP("AVG-2", "\"packages\":[\"a\"],\"issues\":[\"CVE 1\"]"), "\"issues\" has"},
                {GROUP("AVG-2", "\"packages\":[\"a\"],\"advisories\":[1]"), "\"advisories\" has"},
                {GROUP("AVG-2", "\"packages\":[\"a\"],\"affected\":null"), "\"affected\" is no"},
                {GROUP("AVG-2", "\"packages\":[\"a\"],\"affected\":\"1\",\"fixed\":2"),
                 "\"fixed\" is no version"},
                {GROUP("AVG-2", "\"packages\":[\"a\"],\"affected\":\"1\",\"fixed\":\"\""),
                 "\"fixed\" is no version"},
                {GROUP("AVG-2", "\"packages\":[\"a\\u0000\"],\"affected\":\"1\""),
                 "\"packages\" has something strange"},
                {GROUP("AVG-1", REST), "entry 2 (AVG-1): stands twice"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = g_strdup_printf(
                        "[" GROUP("AVG-1", REST) ",%s," GROUP("AVG-3", REST) "]", cases[i].group);
                g_autoptr(GError) error = NULL;
                g_autoptr(OmgTrackerFeed) feed = parse(text, &error);
                g_assert_no_error(error);
                g_assert_cmpuint(feed->groups->len, ==, 2);
                g_assert_cmpuint(feed->n_dropped, ==, 1);
                if (!strstr(feed->reason, cases[i].reason)) {
                        g_test_message("%s: %s", cases[i].group, feed->reason);
                        g_test_fail();
                }
        }
}

/* What is no feed at all is an error, and never an empty list of flaws. */
static void test_refused(void)
{
        assert_refused("", "is empty");
        assert_refused(" \n", "is empty");
        assert_refused("[]", "has nothing in it");
        assert_refused("{}", "is no list");
        assert_refused("{\"message\": \"404: Not Found\"}", "is no list");
        assert_refused("<!DOCTYPE html><html></html>", "is a web page");
        assert_refused("[" GROUP("AVG-1", REST), "is cut");
        assert_refused("[" GROUP("AVG-1", REST) "] x", "is no JSON");
        assert_refused("[" GROUP("AVG-1", REST) "]]", "is no JSON");
        assert_refused("[] []", "is no JSON");
        assert_refused("\"text\"", "is cut");
        assert_refused("[/* comment */]", "is no JSON");
        assert_refused("['a']", "is no JSON");
        assert_refused("[\"\\x\"]", "is no JSON");
        assert_refused("[\"\xff\"]", "is not UTF-8");
        assert_refused("[\"\n\"]", "is no JSON");
        assert_refused("[nonsense]", "is no JSON");
        assert_refused("[7,{}]", "no group that makes sense: entry 1 (without a name)");
}

/* Each bound, crossed. */
static void test_limits(void)
{
        g_autofree char *large = g_strnfill(OMG_LIMIT_TRACKER_FEED + 1, ' ');
        g_autofree char *deep = g_strnfill(OMG_LIMIT_TRACKER_DEPTH + 1, '[');
        g_autoptr(GString) groups = g_string_new("["), list = g_string_new(NULL);
        g_autofree char *version = g_strnfill(OMG_LIMIT_ADVISORY_VERSION + 1, '1');

        large[0] = '[';
        assert_refused(large, "is longer than");
        assert_refused(deep, "is nested too deep");
        for (guint i = 0; i <= OMG_LIMIT_TRACKER_GROUPS; i++)
                g_string_append(groups, i > 0 ? ",1" : "1");
        g_string_append(groups, "]");
        assert_refused(groups->str, "has too many groups");
        g_string_append(list, "[{\"name\":\"AVG-1\",\"packages\":[\"a\"");
        for (guint i = 0; i < OMG_LIMIT_TRACKER_LIST; i++)
                g_string_append(list, ",\"a\"");
        g_string_append(list, "],\"affected\":\"1\"}]");
        assert_refused(list->str, "\"packages\" has too many in it");
        g_autofree char *long_version = g_strdup_printf(
                "[{\"name\":\"AVG-1\",\"packages\":[\"a\"],\"affected\":\"%s\"}]", version);
        assert_refused(long_version, "\"affected\" is no version");
}

/* An escaped NUL and half a pair of surrogates become U+FFFD; a whole pair is its character. */
static void test_escapes(void)
{
        g_autoptr(OmgTrackerFeed) feed =
                parse("[{\"name\":\"AVG-1\",\"packages\":[\"a\"],\"affected\":\"1\","
                      "\"type\":\"a\\u0000b\\ud800c\\udc00d\\ud83d\\ude00\\u00e9\"}]",
                      NULL);
        const OmgTrackerGroup *group = g_ptr_array_index(feed->groups, 0);

        g_assert_cmpstr(group->type, ==,
                        "a\xef\xbf\xbd"
                        "b\xef\xbf\xbd"
                        "c\xef\xbf\xbd"
                        "d\xf0\x9f\x98\x80\xc3\xa9");
}

static OmgTrackerGroup *parse_group(const char *text, GError **error)
{
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));

        return omg_tracker_group_parse(bytes, error);
}

#define DETAILS(name, packages, rest) \
        "{\"name\":\"" name "\",\"packages\":[" packages "],\"affected\":\"1\"" rest "}"

/* Details are their group in the list, whatever the order of its packages, and not another. */
static void test_details(void)
{
        static const struct {
                const char *text;
                gboolean is_equal;
        } cases[] = {
                {DETAILS("AVG-1", "\"b\",\"a\",\"b\"", ",\"references\":[\"x\"],\"notes\":null"),
                 TRUE},
                {DETAILS("AVG-2", "\"a\",\"b\"", ""), FALSE},
                {DETAILS("AVG-1", "\"a\"", ""), FALSE},
                {DETAILS("AVG-1", "\"a\",\"b\"", ",\"fixed\":\"2\""), FALSE},
                {DETAILS("AVG-1", "\"a\",\"b\"", ",\"ticket\":\"2\""), FALSE},
                {DETAILS("AVG-1", "\"a\",\"b\"", ",\"status\":\"Fixed\""), FALSE},
                {DETAILS("AVG-1", "\"a\",\"b\"", ",\"severity\":\"Low\""), FALSE},
                {DETAILS("AVG-1", "\"a\",\"b\"", ",\"type\":\"t\""), FALSE},
                {DETAILS("AVG-1", "\"a\",\"b\"", ",\"issues\":[\"CVE-2022-1\"]"), FALSE},
                {DETAILS("AVG-1", "\"a\",\"b\"", ",\"advisories\":[\"ASA-1\"]"), FALSE},
        };
        g_autoptr(OmgTrackerFeed) feed = parse("[" DETAILS("AVG-1", "\"a\",\"b\"", "") "]", NULL);
        const OmgTrackerGroup *listed = g_ptr_array_index(feed->groups, 0);

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(OmgTrackerGroup) group = parse_group(cases[i].text, &error);
                g_assert_no_error(error);
                g_assert_true(omg_tracker_group_equal(group, listed) == cases[i].is_equal);
        }
}

/* Pages are links that a person may follow, each once; notes are cut at a whole character. */
static void test_references(void)
{
        g_autoptr(OmgTrackerGroup) group = parse_group(
                DETAILS("AVG-1", "\"a\"",
                        ",\"references\":[\"https://b/\",\"http://a/\",\"https://b/\",7,null,"
                        "\"javascript:x\",\"https://a b\",\"https://\\u0007\",\"file:///x\"],"
                        "\"notes\":\"n\""),
                NULL);
        g_autoptr(OmgTrackerGroup) without =
                parse_group(DETAILS("AVG-1", "\"a\"", ",\"references\":{},\"notes\":[]"), NULL);
        g_autoptr(GString) many = g_string_new(NULL);

        g_assert_cmpuint(g_strv_length(group->references), ==, 2);
        g_assert_cmpstr(group->references[0], ==, "https://b/");
        g_assert_cmpstr(group->references[1], ==, "http://a/");
        g_assert_cmpstr(group->notes, ==, "n");
        g_assert_cmpuint(g_strv_length(without->references), ==, 0);
        g_assert_cmpstr(without->notes, ==, "");

        g_string_append(many, "{\"name\":\"AVG-1\",\"packages\":[\"a\"],\"affected\":\"1\","
                              "\"references\":[");
        for (guint i = 0; i <= OMG_LIMIT_ADVISORY_LINKS; i++)
                g_string_append_printf(many, "%s\"https://%u/\"", i > 0 ? "," : "", i);
        g_string_append(many, "],\"notes\":\"x");
        for (guint i = 0; i < OMG_LIMIT_ADVISORY_NOTES; i += 2)
                g_string_append(many, "\xc3\xa9");
        g_string_append(many, "\"}");
        g_autoptr(OmgTrackerGroup) bounded = parse_group(many->str, NULL);
        g_assert_cmpuint(g_strv_length(bounded->references), ==, OMG_LIMIT_ADVISORY_LINKS);
        g_assert_cmpuint(strlen(bounded->notes), ==, OMG_LIMIT_ADVISORY_NOTES - 1);
        g_assert_true(g_utf8_validate(bounded->notes, -1, NULL));
}

static void test_bad_details(void)
{
        g_autofree char *large = g_strnfill(OMG_LIMIT_TRACKER_GROUP + 1, ' ');
        const char *const cases[] = {
                "",   "[]", "{}", "<html>", DETAILS("AVG-x", "\"a\"", ""), DETAILS("AVG-1", "", ""),
                large};

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(parse_group(cases[i], &error));
                g_assert_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID);
        }
}

/* An id may be a file's name; its number never runs over. */
static void test_ids(void)
{
        g_assert_true(omg_tracker_id_check("AVG-2843"));
        g_assert_cmpuint(omg_tracker_id_get_number("AVG-2843"), ==, 2843);
        g_assert_cmpuint(omg_tracker_id_get_number("AVG-99999999999999999999"), ==, G_MAXINT64);
        g_assert_true(omg_tracker_id_check("AVG-1234567890123456789012345678"));
        g_assert_false(omg_tracker_id_check("AVG-12345678901234567890123456789"));
        g_assert_false(omg_tracker_id_check("AVG-"));
        g_assert_false(omg_tracker_id_check("AVG-1/"));
        g_assert_false(omg_tracker_id_check("../AVG-1"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/tracker/whole", test_whole);
        g_test_add_func("/tracker/order", test_order);
        g_test_add_func("/tracker/words", test_words);
        g_test_add_func("/tracker/dropped", test_dropped);
        g_test_add_func("/tracker/refused", test_refused);
        g_test_add_func("/tracker/limits", test_limits);
        g_test_add_func("/tracker/escapes", test_escapes);
        g_test_add_func("/tracker/details", test_details);
        g_test_add_func("/tracker/references", test_references);
        g_test_add_func("/tracker/bad-details", test_bad_details);
        g_test_add_func("/tracker/ids", test_ids);
        return g_test_run();
}
