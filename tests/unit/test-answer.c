/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <string.h>

#include "base/limits-fetch.h"
#include "fetch/json-line.h"
#include "omgd-fetch/answer.h"

#define NOW G_GINT64_CONSTANT(784111777) /* RFC 9110's example */

static void add(OmgAnswer *answer, const char *line)
{
        g_assert_true(omg_answer_add_line(answer, line, strlen(line), NOW));
}

/* Names in any case, values without their blanks; a further answer begins anew. */
static void test_fields(void)
{
        g_auto(OmgAnswer) answer;

        omg_answer_init(&answer);
        add(&answer, "HTTP/1.1 302 Found\r\n");
        add(&answer, "ETag: \"old\"\r\n");
        add(&answer, "Retry-After: 5\r\n");
        add(&answer, "\r\n");
        g_assert_cmpuint(answer.status, ==, 302);
        add(&answer, "HTTP/2 200\r\n");
        g_assert_null(answer.etag);
        g_assert_cmpuint(answer.retry_after, ==, OMG_JSON_NONE);
        add(&answer, "eTAG:  W/\"new\" \t\r\n");
        add(&answer, "last-modified: x\r\n");
        add(&answer, "CONTENT-TYPE: Text/Plain ; charset=utf-8\r\n");
        add(&answer, "Etagere: no\r\n");
        g_assert_cmpuint(answer.status, ==, 200);
        g_assert_cmpstr(answer.etag, ==, "W/\"new\"");
        g_assert_cmpstr(answer.last_modified, ==, "x");
        g_assert_cmpstr(answer.content_type, ==, "text/plain");
        add(&answer, "ETag: a\x01b\r\n");
        g_assert_null(answer.etag);
}

/* A number or any form of date; what is past is now, what is far is bounded, what is neither is
 * not known. */
static void test_retry_after(void)
{
        static const struct {
                const char *value;
                guint64 expected;
        } cases[] = {
                {"120", 120},
                {"0", 0},
                {"-5", OMG_JSON_NONE},
                {"soon", OMG_JSON_NONE},
                {"", OMG_JSON_NONE},
                {"86401", OMG_LIMIT_RETRY_AFTER_SEC},
                {"99999999999999999999999", OMG_JSON_NONE},
                {"Sun, 06 Nov 1994 08:49:47 GMT", 10},
                {"Sunday, 06-Nov-94 08:49:47 GMT", 10},
                {"Sun Nov  6 08:49:47 1994", 10},
                {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
                {"Sun, 06 Nov 1980 08:49:37 GMT", 0},
                {"Sun, 06 Nov 2094 08:49:37 GMT", OMG_LIMIT_RETRY_AFTER_SEC},
                {"Sun, 06 Nov 1994 08:49:47 CET", OMG_JSON_NONE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *line = g_strdup_printf("Retry-After: %s\r\n", cases[i].value);
                g_auto(OmgAnswer) answer;

                omg_answer_init(&answer);
                add(&answer, line);
                g_assert_cmpuint(answer.retry_after, ==, cases[i].expected);
        }
}

/* Dates there and back. */
static void test_dates(void)
{
        g_autofree char *text = omg_http_date_format(NOW);
        gint64 got;

        g_assert_cmpstr(text, ==, "Sun, 06 Nov 1994 08:49:37 GMT");
        g_assert_true(omg_http_date_parse(text, &got));
        g_assert_cmpint(got, ==, NOW);
        g_assert_false(omg_http_date_parse("Sun, 06 Nov 1994 08:49:37 GMT+1", &got));
}

/* By type, or by how it begins: also behind a byte order mark and blanks. */
static void test_html(void)
{
        static const struct {
                const char *type, *body;
                gboolean is_html;
        } cases[] = {
                {"text/html", "", TRUE},
                {"application/xhtml+xml", "<?xml", TRUE},
                {"text/plain", "<!DOCTYPE html>", TRUE},
                {"application/json", "\xef\xbb\xbf\r\n\t <HtMl>", TRUE},
                {NULL, "<html", TRUE},
                {NULL, "<htm", FALSE},
                {"application/json", "{\"a\":\"<html>\"}", FALSE},
                {"application/octet-stream", "\x1f\x8b", FALSE},
                {NULL, "", FALSE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                OmgAnswer answer = {.content_type = (char *)cases[i].type};
                g_assert_true(omg_answer_is_html(&answer, cases[i].body, strlen(cases[i].body)) ==
                              cases[i].is_html);
        }
}

/* A head may have so many bytes, of each answer anew, and not one more. */
static void test_limit(void)
{
        g_autofree char *line = g_strnfill(OMG_LIMIT_FETCH_HEADERS, 'x');
        g_auto(OmgAnswer) answer;

        omg_answer_init(&answer);
        add(&answer, line);
        g_assert_false(omg_answer_add_line(&answer, "x", 1, NOW));
        add(&answer, "HTTP/1.1 200 OK\r\n");
        add(&answer, line);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/answer/fields", test_fields);
        g_test_add_func("/answer/retry-after", test_retry_after);
        g_test_add_func("/answer/dates", test_dates);
        g_test_add_func("/answer/html", test_html);
        g_test_add_func("/answer/limit", test_limit);
        return g_test_run();
}
