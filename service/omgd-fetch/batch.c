/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-fetch/batch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits-fetch.h"
#include "omgd-fetch/report.h"

typedef struct {
        int fd;
        GByteArray *bytes; /* read, from `at` on not taken */
        gsize at;
        guint line; /* number of the last one taken */
} Input;

static void request_free(gpointer data)
{
        omg_fetch_request_clear(data);
        g_free(data);
}

static gboolean refuse(GError **error, const char *what)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "the requests %s", what);
        return FALSE;
}

static gboolean fill(Input *input, GError **error)
{
        guint8 buffer[16384];
        ssize_t n;

        g_byte_array_remove_range(input->bytes, 0, (guint)input->at);
        input->at = 0;
        if (input->bytes->len > OMG_LIMIT_FETCH_LINE)
                return refuse(error, "have a line that is too long");
        do
                n = read(input->fd, buffer, sizeof(buffer));
        while (n < 0 && errno == EINTR);
        if (n <= 0)
                return refuse(error, "end without an empty line");
        g_byte_array_append(input->bytes, buffer, (guint)n);
        return TRUE;
}

/* The next line, without its newline; it stays until the next call. */
static const char *take_line(Input *input, gsize *ret_length, GError **error)
{
        const char *start, *newline;

        for (;;) {
                start = (const char *)input->bytes->data + input->at;
                newline = input->bytes->len > input->at
                                  ? memchr(start, '\n', input->bytes->len - input->at)
                                  : NULL;
                if (newline)
                        break;
                if (!fill(input, error))
                        return NULL;
        }
        *ret_length = (gsize)(newline - start);
        if (*ret_length > OMG_LIMIT_FETCH_LINE) {
                (void)refuse(error, "have a line that is too long");
                return NULL;
        }
        input->at += *ret_length + 1;
        input->line++;
        return start;
}

static void report_refused(guint line, guint64 id, const GError *fault)
{
        g_auto(OmgFetchResult) result;

        omg_fetch_result_init(&result);
        omg_fetch_result_set_error(&result, fault->code, fault->message);
        result.event = OMG_FETCH_EVENT_REFUSED;
        result.line = line;
        result.id = id;
        (void)omg_report(&result);
}

/* The sets borrow from the requests. */
static gboolean check_unique(const OmgFetchRequest *request, GHashTable *ids, GHashTable *outputs,
                             GError **error)
{
        if (g_hash_table_contains(ids, &request->id)) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "\"id\" is that of a request before");
                return FALSE;
        }
        if (g_hash_table_contains(outputs, request->output)) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "\"output\" is that of a request before");
                return FALSE;
        }
        return TRUE;
}

static void add_line(GPtrArray *requests, const char *text, gsize length, guint line,
                     GHashTable *ids, GHashTable *outputs)
{
        OmgFetchRequest *request = g_new0(OmgFetchRequest, 1);
        g_autoptr(GError) fault = NULL;

        if (omg_fetch_request_parse(text, length, request, &fault) &&
            check_unique(request, ids, outputs, &fault)) {
                g_ptr_array_add(requests, request);
                (void)g_hash_table_add(ids, &request->id);
                (void)g_hash_table_add(outputs, request->output);
                return;
        }
        report_refused(line, request->id, fault);
        request_free(request);
}

static gboolean read_lines(Input *input, GPtrArray *requests, GError **error)
{
        g_autoptr(GHashTable) ids = g_hash_table_new(g_int64_hash, g_int64_equal);
        g_autoptr(GHashTable) outputs = g_hash_table_new(g_str_hash, g_str_equal);
        const char *line;
        gsize length;

        while ((line = take_line(input, &length, error)) && length > 0) {
                if (input->line > OMG_LIMIT_FETCH_REQUESTS)
                        return refuse(error, "are too many");
                add_line(requests, line, length, input->line, ids, outputs);
        }
        return line != NULL;
}

GPtrArray *omg_batch_read(int fd, GError **error)
{
        g_autoptr(GPtrArray) requests = g_ptr_array_new_with_free_func(request_free);
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        Input input = {fd, bytes, 0, 0};

        return read_lines(&input, requests, error) ? g_steal_pointer(&requests) : NULL;
}
