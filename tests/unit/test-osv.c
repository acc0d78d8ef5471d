/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/osv.h"

#include <string.h>

#include "base/ecosystem.h"
#include "base/error.h"
#include "base/limits-advisories.h"
#include "sources/osv-batch.h"

static OmgOsvRecord *parse(const char *text)
{
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
        g_autoptr(GError) error = NULL;
        OmgOsvRecord *record = NULL;

        (void)omg_osv_parse(bytes, &record, &error);
        g_assert_no_error(error);
        return record;
}

static void assert_refused(const char *text, const char *what)
{
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
        g_autoptr(GError) error = NULL;
        OmgOsvRecord *record = (OmgOsvRecord *)text;

        g_assert_false(omg_osv_parse(bytes, &record, &error));
        g_assert_true(record == (OmgOsvRecord *)text);
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID);
        g_assert_nonnull(strstr(error->message, what));
}

static void assert_list(GStrv list, const char *expected)
{
        g_autofree char *joined = g_strjoinv(" ", list);

        g_assert_cmpstr(joined, ==, expected);
}

static const OmgOsvAffected *get_affected(const OmgOsvRecord *record, guint index)
{
        g_assert_cmpuint(index, <, record->affected->len);
        return g_ptr_array_index(record->affected, index);
}

static char *describe_ranges(const OmgOsvAffected *affected)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < affected->ranges->len; i++) {
                const OmgOsvRange *range = g_ptr_array_index(affected->ranges, i);
                g_string_append(text, range->is_semver ? "S" : "E");
                for (guint j = 0; j < range->events->len; j++) {
                        const OmgOsvEvent *event = &g_array_index(range->events, OmgOsvEvent, j);
                        g_string_append_printf(text, " %c%s", "lafi"[event->kind],
                                               event -> version);
                }
                g_string_append(text, ";");
        }
        return g_string_free(text, FALSE);
}

/* All that a record tells, in the shape of the schema's own examples. */
static void test_whole(void)
{
        g_autoptr(OmgOsvRecord) record = parse(
                "{\"schema_version\":\"1.6.0\",\"id\":\"GHSA-1\","
                "\"modified\":\"2023-11-08T04:03:29.337561Z\",\"summary\":\"Bad\",\"details\":"
                "\"x\","
                "\"aliases\":[\"PYSEC-1\",\"CVE-2020-1\",\"PYSEC-1\",\"GHSA-1\",\"../x\",7],"
                "\"references\":[{\"type\":\"WEB\",\"url\":\"https://b/\"},\"https://c/\",7,"
                "{\"url\":\"ftp://x\"},{\"url\":7},{\"url\":\"https://a/\"}],"
                "\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N/\"},"
                "{\"type\":\"CVSS_V4\",\"score\":\"CVSS:4.0/AV:N\"},"
                "{\"type\":\"Ubuntu\",\"score\":\"medium\"}],"
                "\"affected\":[{\"package\":{\"ecosystem\":\"PyPI\",\"name\":\"Zope.Interface\"},"
                "\"severity\":[{\"type\":\"CVSS_V2\",\"score\":\"AV:N/AC:L\"}],"
                "\"ranges\":[{\"type\":\"GIT\",\"events\":[{\"introduced\":\"0\"}]},"
                "{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"1.2\"},"
                "{\"introduced\":\"2\"},{\"last_affected\":\"2.5\"}]},"
                "{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"3.0.0\"},{\"limit\":\"4.0.0\"}]"
                "}"
                "],\"versions\":[\"1.1\",\"1.0\",\"1.1\"]}],"
                "\"database_specific\":{\"severity\":\"MODERATE\"}}");
        const OmgOsvAffected *affected = get_affected(record, 0);
        g_autofree char *ranges = describe_ranges(affected);

        g_assert_cmpstr(record->id, ==, "GHSA-1");
        g_assert_cmpuint(record->modified_usec, ==, 1699416209337561u);
        g_assert_cmpstr(record->summary, ==, "Bad");
        assert_list(record->aliases, "CVE-2020-1 PYSEC-1");
        assert_list(record->references, "https://b/ https://a/");
        assert_list(record->vectors, "CVSS:3.1/AV:N/ CVSS:4.0/AV:N");
        g_assert_cmpint(record->severity, ==, OMG_SEVERITY_MEDIUM);
        g_assert_cmpuint(record->affected->len, ==, 1);
        g_assert_cmpstr(affected->ecosystem, ==, "PyPI");
        g_assert_cmpstr(affected->name, ==, "zope-interface");
        g_assert_false(affected->uncertain);
        assert_list(affected->versions, "1.0 1.1");
        assert_list(affected->vectors, "AV:N/AC:L");
        g_assert_cmpstr(ranges, ==, "E i0 f1.2 i2 a2.5;S i3.0.0 l4.0.0;");
}

static void test_withdrawn(void)
{
        g_assert_null(parse("{\"id\":\"A-1\",\"withdrawn\":\"2024-01-01T00:00:00Z\"}"));
        g_autoptr(OmgOsvRecord) record = parse("{\"id\":\"A-1\",\"withdrawn\":null}");
        g_assert_nonnull(record);
        g_assert_cmpuint(record->affected->len, ==, 0);
        g_assert_cmpuint(record->modified_usec, ==, 0);
}

/* What a record is, withdrawn or not. */
static void test_head(void)
{
        static const char text[] = "{\"id\":\"A-1\",\"modified\":\"1970-01-01T00:00:01.5Z\","
                                   "\"withdrawn\":\"2024-01-01T00:00:00Z\"}";
        g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
        g_autoptr(GBytes) other = g_bytes_new_static("{}", 2);
        g_autoptr(GError) error = NULL;
        OmgOsvHead head;

        g_assert_true(omg_osv_parse_head(bytes, &head, &error));
        g_assert_cmpstr(head.id, ==, "A-1");
        g_assert_cmpuint(head.modified_usec, ==, 1500000);
        g_assert_true(head.is_withdrawn);
        g_free(head.id);
        g_assert_false(omg_osv_parse_head(other, &head, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID);
}

/* What cannot be read leaves the package uncertain, and never clean. */
static void test_uncertain(void)
{
        static const struct {
                const char *rest;
                gboolean uncertain;
        } cases[] = {
                {"\"versions\":[\"1\"]", FALSE},
                {"\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"}]}]",
                 FALSE},
                {"\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"}]}],"
                 "\"versions\":194",
                 FALSE},
                {"\"versions\":194", TRUE},
                {"\"versions\":[]", TRUE},
                {"\"versions\":[1]", TRUE},
                {"\"versions\":[\"1\",2]", TRUE},
                {"\"ranges\":[{\"type\":\"GIT\",\"events\":[{\"introduced\":\"0\"}]}]", TRUE},
                {"\"ranges\":[{\"type\":\"NEW\",\"events\":[]}],\"versions\":[\"1\"]", TRUE},
                {"\"ranges\":[{\"type\":\"SEMVER\",\"events\":[]}],\"versions\":[\"1\"]", TRUE},
                {"\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"fixed\":\"1.0.0\"}]}],"
                 "\"versions\":[\"1\"]",
                 TRUE},
                {"\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"},"
                 "{\"until\":\"1\"}]}],\"versions\":[\"1\"]",
                 TRUE},
                {"\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":0}]}],"
                 "\"versions\":[\"1\"]",
                 TRUE},
                {"\"ranges\":{},\"versions\":[\"1\"]", TRUE},
                {"\"ranges\":[7],\"versions\":[\"1\"]", TRUE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = g_strdup_printf(
                        "{\"id\":\"A\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\","
                        "\"name\":\"n\"},%s}]}",
                        cases[i].rest);
                g_autoptr(OmgOsvRecord) record = parse(text);
                if (get_affected(record, 0)->uncertain != cases[i].uncertain) {
                        g_test_message("%s", cases[i].rest);
                        g_test_fail();
                }
        }
}

static void test_refused(void)
{
        g_autofree char *deep = g_strnfill(OMG_LIMIT_OSV_DEPTH + 1, '[');
        g_autofree char *large = g_strnfill(OMG_LIMIT_OSV_RECORD + 1, ' ');
        g_autoptr(GString) many = g_string_new("{\"id\":\"A\",\"affected\":[1");

        large[0] = '{';
        for (guint i = 0; i < OMG_LIMIT_OSV_AFFECTED; i++)
                g_string_append(many, ",1");
        g_string_append(many, "]}");
        assert_refused("", "is empty");
        assert_refused("<html>", "is a web page");
        assert_refused("[]", "has no id");
        assert_refused("{}", "has no id");
        assert_refused("{\"id\":\"\"}", "has no id");
        assert_refused("{\"id\":\"../../etc\"}", "has no id");
        assert_refused("{\"code\":5,\"message\":\"Vulnerability not found\"}", "has no id");
        assert_refused(deep, "is nested too deep");
        assert_refused(large, "is longer than");
        assert_refused(many->str, "names too many packages");
}

/* Bounds that cost certainty or the rest of a text, not the record. */
static void test_limits(void)
{
        g_autoptr(GString) text = g_string_new("{\"id\":\"A\",\"summary\":\"");

        for (guint i = 0; i < OMG_LIMIT_ADVISORY_TEXT; i++)
                g_string_append(text, "\xc3\xa9");
        g_string_append(text, "\",\"aliases\":[\"B-0\"");
        for (guint i = 0; i < OMG_LIMIT_OSV_ALIASES; i++)
                g_string_append_printf(text, ",\"C-%u\"", i);
        g_string_append(text, "],\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"n\"},"
                              "\"versions\":[\"0\"");
        for (guint i = 0; i < OMG_LIMIT_OSV_LIST; i++)
                g_string_append_printf(text, ",\"1.%u\"", i);
        g_string_append(text, "]}]}");
        g_autoptr(OmgOsvRecord) record = parse(text->str);
        g_assert_cmpuint(strlen(record->summary), <=, OMG_LIMIT_ADVISORY_TEXT);
        g_assert_true(g_utf8_validate(record->summary, -1, NULL));
        g_assert_cmpuint(g_strv_length(record->aliases), ==, OMG_LIMIT_OSV_ALIASES);
        g_assert_true(get_affected(record, 0)->uncertain);
        g_assert_cmpuint(g_strv_length(get_affected(record, 0)->versions), ==, OMG_LIMIT_OSV_LIST);
}

static void test_batch_format(void)
{
        const OmgOsvQuery queries[] = {{"PyPI", "requests", "2.28.1", NULL},
                                       {"npm", "a\"b", "1.0.0", "RklSU1Q="}};
        g_autofree OmgOsvQuery *many = g_new0(OmgOsvQuery, OMG_LIMIT_OSV_BATCH + 1);
        g_autoptr(GError) error = NULL;
        g_autofree char *body = omg_osv_batch_format(queries, 2, &error);

        g_assert_cmpstr(body, ==,
                        "{\"queries\":[{\"package\":{\"name\":\"requests\",\"ecosystem\":\"PyPI\"},"
                        "\"version\":\"2.28.1\"},{\"package\":{\"name\":\"a\\\"b\","
                        "\"ecosystem\":\"npm\"},\"version\":\"1.0.0\","
                        "\"page_token\":\"RklSU1Q=\"}]}");
        g_assert_null(omg_osv_batch_format(many, 0, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_clear_error(&error);
        g_assert_null(omg_osv_batch_format(many, OMG_LIMIT_OSV_BATCH + 1, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        for (guint i = 0; i < OMG_LIMIT_OSV_BATCH; i++)
                many[i] = queries[0];
        g_autofree char *most = omg_osv_batch_format(many, OMG_LIMIT_OSV_BATCH, NULL);
        g_assert_nonnull(most);
}

static GPtrArray *parse_batch(const char *text, guint n, GError **error)
{
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));

        return omg_osv_batch_parse(bytes, n, error);
}

/* Results in order; an empty one, one of nothing but a token, ids that are none. */
static void test_batch_parse(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) results =
                parse_batch("{\"results\":[{\"vulns\":[{\"id\":\"A-1\",\"modified\":"
                            "\"1970-01-01T00:00:02Z\"},{\"id\":\"../x\"},7,{\"id\":\"A-2\"}],"
                            "\"next_page_token\":\"t\"},{},{\"next_page_token\":\"u\"}]}",
                            3, &error);
        g_assert_no_error(error);
        const OmgOsvResult *first = g_ptr_array_index(results, 0);
        const OmgOsvResult *second = g_ptr_array_index(results, 1);
        const OmgOsvResult *third = g_ptr_array_index(results, 2);

        g_assert_cmpuint(first->ids->len, ==, 2);
        g_assert_cmpuint(first->n_dropped, ==, 2);
        g_assert_cmpstr(g_array_index(first->ids, OmgOsvId, 0).id, ==, "A-1");
        g_assert_cmpuint(g_array_index(first->ids, OmgOsvId, 0).modified_usec, ==, 2000000);
        g_assert_cmpstr(g_array_index(first->ids, OmgOsvId, 1).id, ==, "A-2");
        g_assert_cmpstr(first->page_token, ==, "t");
        g_assert_cmpuint(second->ids->len, ==, 0);
        g_assert_null(second->page_token);
        g_assert_cmpuint(third->ids->len, ==, 0);
        g_assert_cmpstr(third->page_token, ==, "u");
}

static void assert_batch_refused(const char *text, guint n, const char *what)
{
        g_autoptr(GError) error = NULL;

        g_assert_null(parse_batch(text, n, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID);
        g_assert_nonnull(strstr(error->message, what));
}

static void test_batch_refused(void)
{
        g_autofree char *token = g_strnfill(OMG_LIMIT_OSV_TOKEN + 1, 't');
        g_autofree char *long_token =
                g_strdup_printf("{\"results\":[{\"next_page_token\":\"%s\"}]}", token);
        g_autoptr(GString) many = g_string_new("{\"results\":[{\"vulns\":[1");
        g_autofree char *large = g_strnfill(OMG_LIMIT_OSV_ANSWER + 1, ' ');

        large[0] = '{';
        for (guint i = 0; i < OMG_LIMIT_OSV_IDS; i++)
                g_string_append(many, ",1");
        g_string_append(many, "]}]}");
        assert_batch_refused("{}", 1, "has no results");
        assert_batch_refused("[]", 1, "has no results");
        assert_batch_refused("<html>", 1, "is a web page");
        assert_batch_refused("{\"results\":[{}]}", 2, "another number");
        assert_batch_refused("{\"results\":[{},{}]}", 1, "another number");
        assert_batch_refused("{\"results\":[7]}", 1, "no object");
        assert_batch_refused("{\"results\":[{\"vulns\":{}}]}", 1, "no list");
        assert_batch_refused("{\"code\":3,\"message\":\"error in query at index 4: x\\u001b\"}", 1,
                             "is a refusal: error in query at index 4: x");
        assert_batch_refused("{\"results\":[{\"next_page_token\":7}]}", 1, "is no text");
        assert_batch_refused(long_token, 1, "page token");
        assert_batch_refused(many->str, 1, "too many ids");
        assert_batch_refused(large, 1, "is longer than");
}

/* PEP 503; other ecosystems' names are as they are. */
static void test_names(void)
{
        static const char *const cases[][3] = {
                {"PyPI", "Friendly-Bard", "friendly-bard"},
                {"PyPI", "FRIENDLY-BARD", "friendly-bard"},
                {"PyPI", "friendly.bard", "friendly-bard"},
                {"PyPI", "friendly_bard", "friendly-bard"},
                {"PyPI", "friendly--bard", "friendly-bard"},
                {"PyPI", "FrIeNdLy-._.-bArD", "friendly-bard"},
                {"PyPI", "", ""},
                {"npm", "JSONStream", "JSONStream"},
                {"RubyGems", "mini_portile2", "mini_portile2"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *name = omg_ecosystem_normalise(cases[i][0], cases[i][1]);
                g_assert_cmpstr(name, ==, cases[i][2]);
        }
        g_assert_cmpint(omg_ecosystem_get_order("PyPI"), ==, OMG_ORDER_PEP440);
        g_assert_cmpint(omg_ecosystem_get_order("pypi"), ==, OMG_ORDER_NONE);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/osv/whole", test_whole);
        g_test_add_func("/osv/withdrawn", test_withdrawn);
        g_test_add_func("/osv/head", test_head);
        g_test_add_func("/osv/uncertain", test_uncertain);
        g_test_add_func("/osv/refused", test_refused);
        g_test_add_func("/osv/limits", test_limits);
        g_test_add_func("/osv/batch-format", test_batch_format);
        g_test_add_func("/osv/batch-parse", test_batch_parse);
        g_test_add_func("/osv/batch-refused", test_batch_refused);
        g_test_add_func("/osv/names", test_names);
        return g_test_run();
}
