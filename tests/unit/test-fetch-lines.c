/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "base/limits-fetch.h"
#include "fetch/fetch-request.h"
#include "fetch/fetch-result.h"
#include "fetch/json-line.h"

/* All fields, written and read again. */
static void test_request(void)
{
        char *urls[] = {(char *)"https://a/x", (char *)"file:///x", NULL};
        char *form[] = {(char *)"arg[]=vä\"m", (char *)"b=", NULL};
        const OmgFetchRequest all = {.id = G_MAXUINT32,
                                     .urls = urls,
                                     .output = (char *)"x.db",
                                     .kind = OMG_FETCH_BULK,
                                     .accept = OMG_FETCH_TEXT,
                                     .max_bytes = 77,
                                     .etag = (char *)"W/\"5f\"",
                                     .last_modified = (char *)"yesterday",
                                     .is_optional = TRUE,
                                     .form = form};
        g_autofree char *line = omg_fetch_request_format(&all);
        g_auto(OmgFetchRequest) got;
        g_autoptr(GError) error = NULL;

        g_assert_true(omg_fetch_request_parse(line, strlen(line), &got, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(got.id, ==, all.id);
        g_assert_cmpstrv(got.urls, urls);
        g_assert_cmpstr(got.output, ==, all.output);
        g_assert_cmpuint(got.kind, ==, all.kind);
        g_assert_cmpuint(got.accept, ==, all.accept);
        g_assert_cmpuint(got.max_bytes, ==, 77);
        g_assert_cmpstr(got.etag, ==, all.etag);
        g_assert_cmpstr(got.last_modified, ==, all.last_modified);
        g_assert_true(got.is_optional);
        g_assert_null(got.body);
        g_assert_cmpstrv(got.form, form);
        g_assert_cmpuint(omg_fetch_request_get_max(&got), ==, 77);
}

/* What is not there has the defaults that the header tells. */
static void test_request_defaults(void)
{
        static const char line[] = "{\"id\":0,\"urls\":[\"http://a/\"],\"output\":\"x\"}";
        g_auto(OmgFetchRequest) got;

        g_assert_true(omg_fetch_request_parse(line, strlen(line), &got, NULL));
        g_assert_cmpuint(got.kind, ==, OMG_FETCH_API);
        g_assert_cmpuint(got.accept, ==, OMG_FETCH_OCTETS);
        g_assert_cmpuint(got.max_bytes, ==, OMG_JSON_NONE);
        g_assert_cmpuint(omg_fetch_request_get_max(&got), ==, OMG_LIMIT_FETCH_API_BYTES);
        g_assert_null(got.etag);
        g_assert_false(got.is_optional);
        got.kind = OMG_FETCH_BULK;
        g_assert_cmpuint(omg_fetch_request_get_max(&got), ==, OMG_LIMIT_FETCH_BULK_BYTES);
}

/* A refused line leaves nothing to clear, and the id when there was one: who sent it can tell. */
static void test_request_refused(void)
{
        static const char line[] = "{\"id\":9,\"urls\":[\"http://a/\"],\"output\":\"/etc/x\"}";
        OmgFetchRequest got;
        g_autoptr(GError) error = NULL;

        g_assert_false(omg_fetch_request_parse(line, strlen(line), &got, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_assert_cmpstr(error->message, ==, "\"output\" is no name in the directory");
        g_assert_cmpuint(got.id, ==, 9);
        g_assert_null(got.urls);
        g_assert_null(got.output);
}

/* Every bound of the form and of the names, from both sides. */
static void test_request_bounds(void)
{
        g_autofree char *name = g_strnfill(OMG_LIMIT_FETCH_NAME, 'n');
        g_autofree char *long_name = g_strnfill(OMG_LIMIT_FETCH_NAME + 1, 'n');
        g_autofree char *header = g_strnfill(OMG_LIMIT_FETCH_HEADER, 'h');
        g_autofree char *long_header = g_strnfill(OMG_LIMIT_FETCH_HEADER + 1, 'h');
        g_autofree char *field = g_strnfill(OMG_LIMIT_FETCH_FORM_BYTES, '=');
        g_autofree char *long_field = g_strnfill(OMG_LIMIT_FETCH_FORM_BYTES + 1, '=');
        g_auto(GStrv) many = g_new0(char *, OMG_LIMIT_FETCH_FORM + 2);
        char *urls[] = {(char *)"http://a/", NULL};
        char *form[] = {field, NULL};
        OmgFetchRequest request = {.urls = urls, .output = name, .max_bytes = OMG_JSON_NONE};

        field[0] = long_field[0] = 'n';
        for (guint i = 0; i < OMG_LIMIT_FETCH_FORM; i++)
                many[i] = g_strdup("a=b");
        request.etag = header;
        request.form = form;
        g_assert_true(omg_fetch_request_check(&request, NULL));
        form[0] = long_field;
        g_assert_false(omg_fetch_request_check(&request, NULL));
        request.form = many;
        g_assert_true(omg_fetch_request_check(&request, NULL));
        many[OMG_LIMIT_FETCH_FORM] = g_strdup("a=b");
        g_assert_false(omg_fetch_request_check(&request, NULL));
        request.form = NULL;
        request.etag = long_header;
        g_assert_false(omg_fetch_request_check(&request, NULL));
        request.etag = NULL;
        request.output = long_name;
        g_assert_false(omg_fetch_request_check(&request, NULL));
}

/* A result, written and read again; numbers that are not known stay so. */
static void test_result(void)
{
        g_auto(OmgFetchResult) result;
        g_auto(OmgFetchResult) got;

        omg_fetch_result_init(&result);
        result.event = OMG_FETCH_EVENT_DONE;
        result.id = 4;
        result.status = 429;
        result.retry_after = 0;
        omg_fetch_result_set_error(&result, OMG_ERROR_UPSTREAM_RATE_LIMITED, "a\nb\033[1m");
        g_autofree char *line = omg_fetch_result_format(&result);
        g_assert_true(omg_fetch_result_parse(line, strlen(line), &got, NULL));
        g_assert_cmpuint(got.outcome, ==, OMG_FETCH_LIMITED);
        g_assert_cmpuint(got.retry_after, ==, 0);
        g_assert_cmpuint(got.size, ==, OMG_JSON_NONE);
        g_assert_cmpuint(got.mirror, ==, OMG_JSON_NONE);
        g_assert_cmpstr(got.error, ==, "org.omgd1.Error.UpstreamRateLimited");
        g_assert_cmpstr(got.message, ==, "a b[1m");
}

/* A message is cut between characters, and fits. */
static void test_long_message(void)
{
        g_auto(OmgFetchResult) result;
        g_auto(OmgFetchResult) got;
        g_autoptr(GString) text = g_string_new("x");

        for (guint i = 0; i < OMG_LIMIT_FETCH_MESSAGE; i++)
                g_string_append(text, "ä");
        omg_fetch_result_init(&result);
        result.event = OMG_FETCH_EVENT_DONE;
        result.id = 1;
        omg_fetch_result_set_error(&result, OMG_ERROR_NETWORK, text->str);
        g_assert_true(g_utf8_validate(result.message, -1, NULL));
        g_assert_cmpuint(strlen(result.message), ==, OMG_LIMIT_FETCH_MESSAGE - 1);
        g_autofree char *line = omg_fetch_result_format(&result);
        g_assert_true(omg_fetch_result_parse(line, strlen(line), &got, NULL));
        g_assert_cmpstr(got.message, ==, result.message);
}

/* What lacks something, or says something of another kind, is no result. */
static void test_result_refused(void)
{
        static const char *const lines[] = {
                "{}",
                "{\"event\":\"done\",\"outcome\":\"absent\"}",
                "{\"event\":\"done\",\"id\":1}",
                "{\"event\":\"done\",\"id\":1,\"outcome\":\"failed\",\"message\":\"m\"}",
                "{\"event\":\"done\",\"id\":1,\"outcome\":\"failed\",\"error\":\"x.y\",\"message\":"
                "\"m\"}",
                "{\"event\":\"done\",\"id\":1,\"outcome\":\"stored\",\"size\":1,\"mirror\":0}",
                "{\"event\":\"done\",\"id\":1,\"outcome\":\"stored\",\"url\":\"u\",\"mirror\":0}",
                "{\"event\":\"progress\",\"id\":1}",
                "{\"event\":\"progress\",\"size\":1}",
                "{\"event\":\"alive\",\"outcome\":\"stored\"}",
                "{\"event\":\"refused\",\"line\":1}",
                "{\"event\":\"refused\",\"line\":1,\"outcome\":\"absent\"}",
                "{\"event\":\"done\",\"id\":1,\"outcome\":\"absent\",\"mirror\":64}",
                "{\"event\":\"done\",\"id\":1,\"outcome\":\"absent\",\"retry-after\":86401}",
                "{\"event\":\"done\",\"id\":1,\"outcome\":\"unchanged\",\"etag\":\"\"}",
        };
        OmgFetchResult got;

        for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_false(omg_fetch_result_parse(lines[i], strlen(lines[i]), &got, &error));
                g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        }
}

/* Neither depth, nor what stands behind, nor what json-glib alone would take. */
static void test_safe(void)
{
        static const struct {
                const char *text;
                gboolean is_safe;
        } cases[] = {
                {"{}", TRUE},
                {"{\"a\":[1,\"[{\\\"\"]}", TRUE},
                {"{\"a\":[[1]]}", FALSE},
                {"{\"a\":{\"b\":{}}}", FALSE},
                {"{} ", FALSE},
                {" {}", FALSE},
                {"{}{}", FALSE},
                {"{]}", FALSE},
                {"[]", FALSE},
                {"", FALSE},
                {"{\"a\":\"\\u0000\"}", FALSE},
                {"{\"a\":\"\\ud83d\\ude00\"}", FALSE},
                {"{\"a\":\"\\u00e4\"}", TRUE},
                {"{\"a\":\"\\u00g4\"}", FALSE},
                {"{\"a\":\"\\x\"}", FALSE},
                {"{\"a\":\"\n\"}", FALSE},
                {"{\"a\":\"\xff\"}", FALSE},
                {"{\"a\":1/**/}", FALSE},
                {"{'a':1}", FALSE},
                {"{\"a}", FALSE},
                {"{\"a\\\"}", FALSE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
                g_assert_true(omg_json_line_is_safe(cases[i].text, strlen(cases[i].text), 2) ==
                              cases[i].is_safe);
        g_assert_false(omg_json_line_is_safe("{\0}", 3, 2));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/fetch-lines/request", test_request);
        g_test_add_func("/fetch-lines/request-defaults", test_request_defaults);
        g_test_add_func("/fetch-lines/request-refused", test_request_refused);
        g_test_add_func("/fetch-lines/request-bounds", test_request_bounds);
        g_test_add_func("/fetch-lines/result", test_result);
        g_test_add_func("/fetch-lines/long-message", test_long_message);
        g_test_add_func("/fetch-lines/result-refused", test_result_refused);
        g_test_add_func("/fetch-lines/safe", test_safe);
        return g_test_run();
}
