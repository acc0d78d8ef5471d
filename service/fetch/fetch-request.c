/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fetch/fetch-request.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-fetch.h"
#include "fetch/json-line.h"

#define OFFSET(field) G_STRUCT_OFFSET(OmgFetchRequest, field)

static const char *const kinds[] = {"api", "bulk", NULL};
static const char *const accepts[] = {"octets", "json", "text", NULL};

static const OmgJsonMember members[] = {
        {"id", OMG_JSON_UINT, TRUE, OFFSET(id), G_MAXUINT32, NULL},
        {"urls", OMG_JSON_STRINGS, TRUE, OFFSET(urls), OMG_LIMIT_FETCH_URLS, NULL},
        {"output", OMG_JSON_STRING, TRUE, OFFSET(output), OMG_LIMIT_FETCH_NAME, NULL},
        {"kind", OMG_JSON_WORD, FALSE, OFFSET(kind), 0, kinds},
        {"accept", OMG_JSON_WORD, FALSE, OFFSET(accept), 0, accepts},
        {"max-bytes", OMG_JSON_UINT, FALSE, OFFSET(max_bytes), G_MAXINT64, NULL},
        {"etag", OMG_JSON_STRING, FALSE, OFFSET(etag), OMG_LIMIT_FETCH_HEADER, NULL},
        {"last-modified", OMG_JSON_STRING, FALSE, OFFSET(last_modified), OMG_LIMIT_FETCH_HEADER,
         NULL},
        {"optional", OMG_JSON_BOOLEAN, FALSE, OFFSET(is_optional), 0, NULL},
        {"body", OMG_JSON_STRING, FALSE, OFFSET(body), OMG_LIMIT_FETCH_NAME, NULL},
        {"form", OMG_JSON_STRINGS, FALSE, OFFSET(form), OMG_LIMIT_FETCH_FORM, NULL},
};

G_STATIC_ASSERT(sizeof(OmgFetchKind) == sizeof(guint));
G_STATIC_ASSERT(sizeof(OmgFetchAccept) == sizeof(guint));

gboolean omg_fetch_is_header_value(const char *text)
{
        gsize length = strlen(text);

        for (gsize i = 0; i < length; i++)
                if (text[i] < ' ' || text[i] > '~')
                        return FALSE;
        return length > 0 && length <= OMG_LIMIT_FETCH_HEADER;
}

gboolean omg_fetch_is_file_name(const char *name)
{
        gsize length = strlen(name);

        for (gsize i = 0; i < length; i++)
                if (!g_ascii_isalnum(name[i]) && !strchr("-_.+@", name[i]))
                        return FALSE;
        return length > 0 && length <= OMG_LIMIT_FETCH_NAME && name[0] != '.';
}

static gboolean refuse(GError **error, const char *key, const char *what)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "\"%s\" %s", key, what);
        return FALSE;
}

static gboolean is_url(const char *url)
{
        for (const char *c = url; *c; c++)
                if (*c <= ' ' || *c > '~')
                        return FALSE;
        return strlen(url) <= OMG_LIMIT_FETCH_URL &&
               (g_str_has_prefix(url, "http://") || g_str_has_prefix(url, "https://") ||
                g_str_has_prefix(url, "file:///"));
}

static gboolean check_urls(const OmgFetchRequest *request, GError **error)
{
        if (!request->urls || !request->urls[0])
                return refuse(error, "urls", "is empty");
        if (g_strv_length(request->urls) > OMG_LIMIT_FETCH_URLS)
                return refuse(error, "urls", "has too many in it");
        for (guint i = 0; request->urls[i]; i++)
                if (!is_url(request->urls[i]))
                        return refuse(error, "urls", "holds what is no http, https or file URL");
        return TRUE;
}

static gboolean check_form(const OmgFetchRequest *request, GError **error)
{
        gsize total = 0;

        for (guint i = 0; request->form && request->form[i]; i++) {
                const char *equals = strchr(request->form[i], '=');
                if (!equals || equals == request->form[i])
                        return refuse(error, "form", "holds what is no name=value");
                total += strlen(request->form[i]);
        }
        return total <= OMG_LIMIT_FETCH_FORM_BYTES ? TRUE
                                                   : refuse(error, "form", "is too long in all");
}

static gboolean check_post(const OmgFetchRequest *request, GError **error)
{
        if (request->body && !omg_fetch_is_file_name(request->body))
                return refuse(error, "body", "is no name in the directory");
        if (request->body && strcmp(request->body, request->output) == 0)
                return refuse(error, "body", "is the output");
        if (request->body && request->form)
                return refuse(error, "form", "cannot be sent beside \"body\"");
        if (request->form && g_strv_length(request->form) > OMG_LIMIT_FETCH_FORM)
                return refuse(error, "form", "has too many in it");
        return check_form(request, error);
}

gboolean omg_fetch_request_check(const OmgFetchRequest *request, GError **error)
{
        const guint64 most = request->kind == OMG_FETCH_API ? OMG_LIMIT_FETCH_API_BYTES
                                                            : OMG_LIMIT_FETCH_BULK_BYTES;

        if (request->id > G_MAXUINT32)
                return refuse(error, "id", "is too much");
        if (!request->output || !omg_fetch_is_file_name(request->output))
                return refuse(error, "output", "is no name in the directory");
        if (request->max_bytes != OMG_JSON_NONE &&
            (request->max_bytes == 0 || request->max_bytes > most))
                return refuse(error, "max-bytes", "is 0, or more than its kind may have");
        if (request->etag && !omg_fetch_is_header_value(request->etag))
                return refuse(error, "etag", "can be in no header");
        if (request->last_modified && !omg_fetch_is_header_value(request->last_modified))
                return refuse(error, "last-modified", "can be in no header");
        return check_urls(request, error) && check_post(request, error);
}

guint64 omg_fetch_request_get_max(const OmgFetchRequest *request)
{
        const guint64 most = request->kind == OMG_FETCH_API ? OMG_LIMIT_FETCH_API_BYTES
                                                            : OMG_LIMIT_FETCH_BULK_BYTES;
        return MIN(request->max_bytes, most);
}

gboolean omg_fetch_request_parse(const char *text, gsize size, OmgFetchRequest *ret_request,
                                 GError **error)
{
        if (omg_json_line_parse(text, size, members, G_N_ELEMENTS(members), ret_request, error) &&
            omg_fetch_request_check(ret_request, error))
                return TRUE;
        omg_fetch_request_clear(ret_request);
        return FALSE;
}

char *omg_fetch_request_format(const OmgFetchRequest *request)
{
        return omg_json_line_format(members, G_N_ELEMENTS(members), request);
}

void omg_fetch_request_clear(OmgFetchRequest *request)
{
        omg_json_line_clear(members, G_N_ELEMENTS(members), request);
}
