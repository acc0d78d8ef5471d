/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-fetch/answer.h"

#include <string.h>
#include <time.h>

#include "base/limits-fetch.h"
#include "fetch/fetch-request.h"
#include "fetch/json-line.h"

gboolean omg_http_date_parse(const char *text, gint64 *ret_time)
{
        static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S GMT",
                                            "%a, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"};

        for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
                struct tm tm = {};
                const char *end = strptime(text, forms[i], &tm);
                if (!end || *end)
                        continue;
                *ret_time = timegm(&tm);
                return TRUE;
        }
        return FALSE;
}

char *omg_http_date_format(gint64 time)
{
        const time_t seconds = time;
        struct tm tm;
        char text[64];

        return gmtime_r(&seconds, &tm) &&
                               strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0
                       ? g_strdup(text)
                       : NULL;
}

/* A number of seconds or a date: RFC 9110, 10.2.3. What is long past is now. */
static guint64 parse_retry_after(const char *value, gint64 now)
{
        gint64 date;
        guint64 seconds;

        if (g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT64, &seconds, NULL))
                return MIN(seconds, OMG_LIMIT_RETRY_AFTER_SEC);
        if (!omg_http_date_parse(value, &date))
                return OMG_JSON_NONE;
        return (guint64)CLAMP(date - now, 0, (gint64)OMG_LIMIT_RETRY_AFTER_SEC);
}

static void set_validator(char **field, const char *value)
{
        g_free(*field);
        *field = omg_fetch_is_header_value(value) ? g_strdup(value) : NULL;
}

static void set_content_type(OmgAnswer *answer, const char *value)
{
        g_free(answer->content_type);
        answer->content_type = g_ascii_strdown(value, (gssize)strcspn(value, "; \t"));
}

static void set_field(OmgAnswer *answer, const char *name, const char *value, gint64 now)
{
        if (g_ascii_strcasecmp(name, "etag") == 0)
                set_validator(&answer->etag, value);
        else if (g_ascii_strcasecmp(name, "last-modified") == 0)
                set_validator(&answer->last_modified, value);
        else if (g_ascii_strcasecmp(name, "content-type") == 0)
                set_content_type(answer, value);
        else if (g_ascii_strcasecmp(name, "content-length") == 0)
                set_validator(&answer->content_length, value);
        else if (g_ascii_strcasecmp(name, "retry-after") == 0)
                answer->retry_after = parse_retry_after(value, now);
}

/* "HTTP/1.1 200 OK", "HTTP/2 200". */
static gboolean begin(OmgAnswer *answer, const char *line)
{
        const char *status = strchr(line, ' ');

        omg_answer_clear(answer);
        omg_answer_init(answer);
        if (status)
                answer->status = (guint)CLAMP(g_ascii_strtoll(status, NULL, 10), 0, 999);
        return TRUE;
}

gboolean omg_answer_add_line(OmgAnswer *answer, const char *line, gsize length, gint64 now)
{
        g_autofree char *text = g_strndup(line, length);
        char *colon;

        if (g_str_has_prefix(text, "HTTP/"))
                return begin(answer, text);
        answer->n_bytes += length;
        colon = strchr(text, ':');
        if (colon) {
                *colon = '\0';
                set_field(answer, text, g_strstrip(colon + 1), now);
        }
        return answer->n_bytes <= OMG_LIMIT_FETCH_HEADERS;
}

void omg_answer_init(OmgAnswer *answer)
{
        *answer = (OmgAnswer){.retry_after = OMG_JSON_NONE};
}

void omg_answer_clear(OmgAnswer *answer)
{
        g_clear_pointer(&answer->etag, g_free);
        g_clear_pointer(&answer->last_modified, g_free);
        g_clear_pointer(&answer->content_type, g_free);
        g_clear_pointer(&answer->content_length, g_free);
}

static gboolean begins_with(const char *body, gsize length, const char *prefix)
{
        const gsize n = strlen(prefix);
        return length >= n && g_ascii_strncasecmp(body, prefix, n) == 0;
}

gboolean omg_answer_is_html(const OmgAnswer *answer, const char *body, gsize length)
{
        if (g_strcmp0(answer->content_type, "text/html") == 0 ||
            g_strcmp0(answer->content_type, "application/xhtml+xml") == 0)
                return TRUE;
        if (begins_with(body, length, "\xef\xbb\xbf")) {
                body += 3;
                length -= 3;
        }
        while (length > 0 && g_ascii_isspace(*body)) {
                body++;
                length--;
        }
        return begins_with(body, length, "<!doctype") || begins_with(body, length, "<html");
}
