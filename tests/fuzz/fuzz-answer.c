/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as the head of an HTTP answer and the beginning of its body (behind an empty line):
 * what is kept of it can be sent back in a header, and no Retry-After is beyond its bound. */

#include <stdint.h>
#include <string.h>

#include "base/limits-fetch.h"
#include "fetch/fetch-request.h"
#include "fetch/json-line.h"
#include "omgd-fetch/answer.h"

#define NOW G_GINT64_CONSTANT(1700000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *add_lines(OmgAnswer *answer, const char *text, const char *end)
{
        const char *newline;

        while ((newline = memchr(text, '\n', (size_t)(end - text)))) {
                const gsize length = (gsize)(newline - text) + 1;
                if (!omg_answer_add_line(answer, text, length, NOW))
                        g_assert_cmpuint(answer->n_bytes, >, OMG_LIMIT_FETCH_HEADERS);
                text = newline + 1;
                if (length == 1)
                        break;
        }
        return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const char *text = (const char *)data, *end = text + size;
        g_auto(OmgAnswer) answer;
        gint64 date;

        omg_answer_init(&answer);
        text = add_lines(&answer, text, end);
        (void)omg_answer_is_html(&answer, text, (gsize)(end - text));
        g_assert_cmpuint(answer.status, <=, 999);
        g_assert_true(!answer.etag || omg_fetch_is_header_value(answer.etag));
        g_assert_true(answer.retry_after == OMG_JSON_NONE ||
                      answer.retry_after <= OMG_LIMIT_RETRY_AFTER_SEC);
        if (answer.last_modified && omg_http_date_parse(answer.last_modified, &date)) {
                g_autofree char *again = omg_http_date_format(date);
                gint64 same;
                if (again && date >= 0 && date < G_GINT64_CONSTANT(253402300800)) {
                        g_assert_true(omg_http_date_parse(again, &same));
                        g_assert_cmpint(same, ==, date);
                }
        }
        return 0;
}
