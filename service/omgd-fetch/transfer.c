/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-fetch/transfer.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-fetch.h"
#include "base/text.h"
#include "config.h"
#include "fetch/json-line.h"
#include "omgd-fetch/file-source.h"

#define USER_AGENT    "omgd/" OMG_VERSION " (+" OMG_PROJECT_URL ")"
#define DISCARD_BYTES (64u << 10) /* of the page that comes with an error */
#define HTML_MESSAGE  "a page for people came instead of data (the log-in page of a network?)"

static const char *get_url(const OmgTransfer *transfer)
{
        return transfer->request->urls[transfer->mirror];
}

/* One part of a URL; NULL when there is none. Freed with curl_free(). */
static char *dup_url_part(const char *url, CURLUPart part)
{
        CURLU *handle = curl_url();
        char *text = NULL;

        if (handle && curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK)
                (void)curl_url_get(handle, part, &text, 0);
        curl_url_cleanup(handle);
        return text;
}

static char *dup_host(const char *url)
{
        char *host = g_str_has_prefix(url, "file:") ? NULL : dup_url_part(url, CURLUPART_HOST);
        char *lower = g_ascii_strdown(host ? host : "", -1);

        curl_free(host);
        return lower;
}

/* User and password are nobody else's business. */
static char *dup_public_url(const char *url)
{
        CURLU *handle = curl_url();
        char *text = NULL, *copy;

        if (handle && curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK) {
                (void)curl_url_set(handle, CURLUPART_USER, NULL, 0);
                (void)curl_url_set(handle, CURLUPART_PASSWORD, NULL, 0);
                (void)curl_url_get(handle, CURLUPART_URL, &text, 0);
        }
        copy = g_strndup(text ? text : "", OMG_LIMIT_FETCH_URL);
        curl_free(text);
        curl_url_cleanup(handle);
        return copy;
}

void omg_transfer_init(OmgTransfer *transfer, const OmgFetchRequest *request,
                       const OmgFetchOptions *options, int dir_fd)
{
        *transfer = (OmgTransfer){.request = request, .options = options};
        transfer->host = dup_host(get_url(transfer));
        transfer->failures = g_string_new(NULL);
        transfer->expected = OMG_JSON_NONE;
        omg_fetch_result_init(&transfer->result);
        omg_answer_init(&transfer->answer);
        omg_body_file_init(&transfer->body, dir_fd, request->id);
}

static void drop_easy(OmgTransfer *transfer)
{
        g_clear_pointer(&transfer->easy, curl_easy_cleanup);
        g_clear_pointer(&transfer->headers, curl_slist_free_all);
        g_clear_pointer(&transfer->upload, g_bytes_unref);
}

void omg_transfer_clear(OmgTransfer *transfer)
{
        drop_easy(transfer);
        omg_fetch_result_clear(&transfer->result);
        omg_answer_clear(&transfer->answer);
        omg_body_file_clear(&transfer->body);
        g_clear_error(&transfer->fault);
        g_string_free(transfer->failures, TRUE);
        g_free(transfer->host);
}

/* For the callbacks of curl: remembers why, once. */
static void stop(OmgTransfer *transfer, int code, const char *message)
{
        if (!transfer->fault)
                transfer->fault = g_error_new_literal(OMG_ERROR, code, message);
}

static void stop_too_large(OmgTransfer *transfer)
{
        g_autofree char *text = g_strdup_printf("more than %" G_GUINT64_FORMAT " bytes",
                                                omg_fetch_request_get_max(transfer->request));
        stop(transfer, OMG_ERROR_UPSTREAM_INVALID, text);
}

static size_t on_header(char *line, size_t size, size_t n, void *data)
{
        OmgTransfer *transfer = data;

        if (omg_answer_add_line(&transfer->answer, line, size * n,
                                g_get_real_time() / G_USEC_PER_SEC))
                return size * n;
        stop(transfer, OMG_ERROR_UPSTREAM_INVALID, "the head of the answer is too long");
        return 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
        OmgTransfer *transfer = data;
        const gsize length = size * n;

        if (transfer->answer.status != 200) /* its status says it all */
                return transfer->received > DISCARD_BYTES ? 0 : length;
        if (transfer->body.size + length > omg_fetch_request_get_max(transfer->request)) {
                stop_too_large(transfer);
                return 0;
        }
        /* Not to the end of such a page, which may have none. */
        if (transfer->body.size == 0 && omg_answer_is_html(&transfer->answer, bytes, length)) {
                stop(transfer, OMG_ERROR_UPSTREAM_INVALID, HTML_MESSAGE);
                return 0;
        }
        return omg_body_file_write(&transfer->body, bytes, length, &transfer->fault) ? length : 0;
}

static int on_progress(void *data, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now)
{
        OmgTransfer *transfer = data;

        const guint64 max = omg_fetch_request_get_max(transfer->request);

        transfer->received = (guint64)now;
        transfer->expected = total > 0 ? (guint64)total : OMG_JSON_NONE;
        if (transfer->answer.status >= 400 || ((guint64)now <= max && (guint64)total <= max))
                return 0;
        stop_too_large(transfer);
        return 1;
}

static void add_header(OmgTransfer *transfer, const char *name, const char *value)
{
        g_autofree char *line = g_strdup_printf("%s: %s", name, value);
        transfer->headers = curl_slist_append(transfer->headers, line);
}

static void set_headers(OmgTransfer *transfer)
{
        static const char *const accepts[] = {
                [OMG_FETCH_OCTETS] = "*/*",
                [OMG_FETCH_JSON] = "application/json",
                [OMG_FETCH_TEXT] = "text/plain, */*;q=0.1",
        };
        const OmgFetchRequest *request = transfer->request;

        add_header(transfer, "Accept", accepts[request->accept]);
        if (request->etag)
                add_header(transfer, "If-None-Match", request->etag);
        if (request->last_modified)
                add_header(transfer, "If-Modified-Since", request->last_modified);
        if (request->body)
                add_header(transfer, "Content-Type", "application/json");
        if (request->body || request->form)
                transfer->headers = curl_slist_append(transfer->headers, "Expect:");
        (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
        if (request->accept != OMG_FETCH_OCTETS)
                (void)curl_easy_setopt(transfer->easy, CURLOPT_ACCEPT_ENCODING, "");
}

static GBytes *encode_form(char **form)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; form[i]; i++) {
                const char *equals = strchr(form[i], '=');
                g_autofree char *name = g_strndup(form[i], (gsize)(equals - form[i]));
                g_autofree char *escaped_name = g_uri_escape_string(name, NULL, FALSE);
                g_autofree char *escaped_value = g_uri_escape_string(equals + 1, NULL, FALSE);
                g_string_append_printf(text, "%s%s=%s", i > 0 ? "&" : "", escaped_name,
                                       escaped_value);
        }
        return g_string_free_to_bytes(text);
}

static gboolean set_upload(OmgTransfer *transfer)
{
        const OmgFetchRequest *request = transfer->request;
        gsize size;

        if (request->form)
                transfer->upload = encode_form(request->form);
        else if (request->body)
                transfer->upload = omg_body_dir_read(transfer->body.dir_fd, request->body,
                                                     OMG_LIMIT_FETCH_BODY, &transfer->fault);
        if (!transfer->upload)
                return !transfer->fault;
        const char *bytes = g_bytes_get_data(transfer->upload, &size);
        (void)curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
        (void)curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, bytes ? bytes : "");
        return TRUE;
}

static void set_limits(OmgTransfer *transfer)
{
        const OmgFetchOptions *options = transfer->options;
        CURL *easy = transfer->easy;
        const gboolean is_tls = g_str_has_prefix(get_url(transfer), "https:");

        (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)options->connect_sec);
        if (transfer->request->kind == OMG_FETCH_API) {
                (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)options->api_sec);
        } else {
                (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT,
                                       (long)OMG_LIMIT_FETCH_STALL_RATE);
                (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)options->stall_sec);
        }
        (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)OMG_LIMIT_FETCH_REDIRECTS);
        (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        /* What began with a certificate does not go on without. */
        (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, is_tls ? "https" : "http,https");
}

static void set_tls(OmgTransfer *transfer)
{
        const char *authorities = g_getenv("SSL_CERT_FILE");

        (void)curl_easy_setopt(transfer->easy, CURLOPT_SSL_VERIFYPEER, 1L);
        (void)curl_easy_setopt(transfer->easy, CURLOPT_SSL_VERIFYHOST, 2L);
        (void)curl_easy_setopt(transfer->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        if (authorities && *authorities)
                (void)curl_easy_setopt(transfer->easy, CURLOPT_CAINFO, authorities);
}

static void set_callbacks(OmgTransfer *transfer)
{
        CURL *easy = transfer->easy;

        (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
        (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
        /* What a proxy says to CONNECT is not the server's word: its 404 is no absence. */
        (void)curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
        (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
        (void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
        (void)curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer);
        (void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
        (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
        (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_error);
}

static gboolean begin_easy(OmgTransfer *transfer)
{
        transfer->easy = curl_easy_init();
        if (!transfer->easy) {
                stop(transfer, OMG_ERROR_UNAVAILABLE, "no handle of libcurl");
                return FALSE;
        }
        transfer->curl_error[0] = '\0';
        (void)curl_easy_setopt(transfer->easy, CURLOPT_URL, get_url(transfer));
        (void)curl_easy_setopt(transfer->easy, CURLOPT_USERAGENT, USER_AGENT);
        (void)curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
        set_callbacks(transfer);
        set_limits(transfer);
        set_tls(transfer);
        set_headers(transfer);
        return set_upload(transfer);
}

gboolean omg_transfer_begin(OmgTransfer *transfer)
{
        g_clear_error(&transfer->fault);
        omg_fetch_result_clear(&transfer->result);
        omg_fetch_result_init(&transfer->result);
        omg_answer_clear(&transfer->answer);
        omg_answer_init(&transfer->answer);
        transfer->received = transfer->reported = 0;
        transfer->expected = OMG_JSON_NONE;
        if (!g_str_has_prefix(get_url(transfer), "file:"))
                return begin_easy(transfer);
        omg_file_source_read(get_url(transfer), transfer->request, &transfer->body,
                             &transfer->result);
        return FALSE;
}

/* What curl found is the network's fault but for these. */
static int get_error_code(CURLcode code)
{
        switch (code) {
        case CURLE_TOO_MANY_REDIRECTS:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT:
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_WEIRD_SERVER_REPLY:
                return OMG_ERROR_UPSTREAM_INVALID;
        case CURLE_OUT_OF_MEMORY:
        case CURLE_FAILED_INIT:
                return OMG_ERROR_UNAVAILABLE;
        default:
                return OMG_ERROR_NETWORK;
        }
}

static void fail(OmgTransfer *transfer, int code, const char *message)
{
        omg_fetch_result_set_error(&transfer->result, code, message);
}

static void judge_failed(OmgTransfer *transfer, CURLcode code)
{
        const char *text = transfer->curl_error;

        if (transfer->fault)
                fail(transfer, transfer->fault->code, transfer->fault->message);
        else
                fail(transfer, get_error_code(code), *text ? text : curl_easy_strerror(code));
}

/* 429 and 503 ask for a pause; other 5xx are a server that does not answer, the rest is one that
 * answers what it was not asked. */
static void judge_status(OmgTransfer *transfer)
{
        const guint status = transfer->answer.status;
        g_autofree char *text = g_strdup_printf("the server answered with status %u", status);

        if ((status == 404 || status == 410) && transfer->request->is_optional)
                transfer->result.outcome = OMG_FETCH_ABSENT;
        else if (status == 304 && (transfer->request->etag || transfer->request->last_modified))
                transfer->result.outcome = OMG_FETCH_UNCHANGED;
        else if (status == 429 || status == 503)
                fail(transfer, OMG_ERROR_UPSTREAM_RATE_LIMITED, text);
        else
                fail(transfer, status >= 500 ? OMG_ERROR_NETWORK : OMG_ERROR_UPSTREAM_INVALID,
                     text);
}

static void judge_body(OmgTransfer *transfer)
{
        const gsize head = (gsize)MIN(transfer->body.size, OMG_BODY_HEAD);

        if (omg_answer_is_html(&transfer->answer, transfer->body.head, head))
                fail(transfer, OMG_ERROR_UPSTREAM_INVALID, HTML_MESSAGE);
        else if (transfer->body.size == 0)
                fail(transfer, OMG_ERROR_UPSTREAM_INVALID, "the answer is empty");
        else
                transfer->result.outcome = OMG_FETCH_STORED;
}

/* A refusal counts also when its page did not come wholly, or not as far as we wanted it. */
static gboolean is_answered(const OmgTransfer *transfer, CURLcode code)
{
        const guint status = transfer->answer.status;

        return !transfer->fault &&
               (code == CURLE_OK || status >= 400 || (code == CURLE_WRITE_ERROR && status != 200));
}

static void judge(OmgTransfer *transfer, CURLcode code)
{
        OmgFetchResult *result = &transfer->result;
        const guint status = transfer->answer.status;
        const char *url = NULL;

        (void)curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url);
        result->url = dup_public_url(url ? url : get_url(transfer));
        result->status = status > 0 ? status : OMG_JSON_NONE;
        result->retry_after = transfer->answer.retry_after;
        result->etag = g_strdup(transfer->answer.etag);
        result->last_modified = g_strdup(transfer->answer.last_modified);
        if (!is_answered(transfer, code))
                judge_failed(transfer, code);
        else if (status != 200)
                judge_status(transfer);
        else
                judge_body(transfer);
}

static void commit(OmgTransfer *transfer)
{
        OmgFetchResult *result = &transfer->result;
        g_autoptr(GError) error = NULL;
        gint64 modified = -1;

        if (result->last_modified)
                (void)omg_http_date_parse(result->last_modified, &modified);
        result->size = transfer->body.size;
        if (!omg_body_file_commit(&transfer->body, transfer->request->output, modified, &error))
                fail(transfer, error->code, error->message);
}

/* With several URLs the message tells of each, as long as there is room. */
static void note_failure(OmgTransfer *transfer)
{
        OmgFetchResult *result = &transfer->result;

        g_string_append_printf(transfer->failures, "%s%s: %s",
                               transfer->failures->len > 0 ? "; " : "",
                               *transfer->host ? transfer->host : "file", result->message);
        fail(transfer, omg_error_from_dbus_name(result->error), transfer->failures->str);
}

gboolean omg_transfer_end(OmgTransfer *transfer, CURLcode code)
{
        OmgFetchResult *result = &transfer->result;

        if (transfer->easy)
                judge(transfer, code);
        else if (transfer->fault)
                judge_failed(transfer, code);
        drop_easy(transfer);
        result->event = OMG_FETCH_EVENT_DONE;
        result->id = transfer->request->id;
        result->mirror = transfer->mirror;
        if (result->outcome == OMG_FETCH_STORED)
                commit(transfer);
        omg_body_file_discard(&transfer->body);
        if (result->outcome != OMG_FETCH_FAILED && result->outcome != OMG_FETCH_LIMITED)
                return TRUE;

        g_clear_pointer(&result->etag, g_free);
        g_clear_pointer(&result->last_modified, g_free);
        result->size = OMG_JSON_NONE;
        note_failure(transfer);
        if (!transfer->request->urls[transfer->mirror + 1])
                return TRUE;
        transfer->mirror++;
        g_free(transfer->host);
        transfer->host = dup_host(get_url(transfer));
        return FALSE;
}

void omg_transfer_cancel(OmgTransfer *transfer)
{
        drop_easy(transfer);
        omg_body_file_discard(&transfer->body);
        omg_fetch_result_clear(&transfer->result);
        omg_fetch_result_init(&transfer->result);
        transfer->result.event = OMG_FETCH_EVENT_DONE;
        transfer->result.id = transfer->request->id;
        fail(transfer, OMG_ERROR_CANCELLED, "it was cancelled");
}
