/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fetch/fetch-result.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-fetch.h"
#include "base/text.h"
#include "fetch/fetch-request.h"
#include "fetch/json-line.h"

#define OFFSET(field) G_STRUCT_OFFSET(OmgFetchResult, field)

static const char *const events[] = {"ready", "refused", "progress", "alive", "done", NULL};
static const char *const outcomes[] = {"pending", "failed",  "stored", "unchanged",
                                       "absent",  "limited", NULL};

static const OmgJsonMember members[] = {
        {"event", OMG_JSON_WORD, TRUE, OFFSET(event), 0, events},
        {"id", OMG_JSON_UINT, FALSE, OFFSET(id), G_MAXUINT32, NULL},
        {"outcome", OMG_JSON_WORD, FALSE, OFFSET(outcome), 0, outcomes},
        {"status", OMG_JSON_UINT, FALSE, OFFSET(status), 999, NULL},
        {"mirror", OMG_JSON_UINT, FALSE, OFFSET(mirror), OMG_LIMIT_FETCH_URLS - 1, NULL},
        {"url", OMG_JSON_STRING, FALSE, OFFSET(url), OMG_LIMIT_FETCH_URL, NULL},
        {"size", OMG_JSON_UINT, FALSE, OFFSET(size), G_MAXINT64, NULL},
        {"total", OMG_JSON_UINT, FALSE, OFFSET(total), G_MAXINT64, NULL},
        {"etag", OMG_JSON_STRING, FALSE, OFFSET(etag), OMG_LIMIT_FETCH_HEADER, NULL},
        {"last-modified", OMG_JSON_STRING, FALSE, OFFSET(last_modified), OMG_LIMIT_FETCH_HEADER,
         NULL},
        {"retry-after", OMG_JSON_UINT, FALSE, OFFSET(retry_after), OMG_LIMIT_RETRY_AFTER_SEC, NULL},
        {"error", OMG_JSON_STRING, FALSE, OFFSET(error), OMG_LIMIT_FETCH_NAME, NULL},
        {"message", OMG_JSON_STRING, FALSE, OFFSET(message), OMG_LIMIT_FETCH_MESSAGE, NULL},
        {"line", OMG_JSON_UINT, FALSE, OFFSET(line), G_MAXUINT32, NULL},
        {"landlock", OMG_JSON_UINT, FALSE, OFFSET(landlock), G_MAXUINT32, NULL},
};

G_STATIC_ASSERT(sizeof(OmgFetchEvent) == sizeof(guint));
G_STATIC_ASSERT(sizeof(OmgFetchOutcome) == sizeof(guint));

static gboolean has_fitting_outcome(const OmgFetchResult *result)
{
        if (result->event == OMG_FETCH_EVENT_DONE)
                return result->outcome != OMG_FETCH_PENDING;
        return result->outcome ==
               (result->event == OMG_FETCH_EVENT_REFUSED ? OMG_FETCH_FAILED : OMG_FETCH_PENDING);
}

static const char *find_flaw(const OmgFetchResult *result)
{
        const gboolean is_failure =
                result->event == OMG_FETCH_EVENT_REFUSED ||
                (result->event == OMG_FETCH_EVENT_DONE &&
                 (result->outcome == OMG_FETCH_FAILED || result->outcome == OMG_FETCH_LIMITED));

        if (result->id == OMG_JSON_NONE &&
            (result->event == OMG_FETCH_EVENT_DONE || result->event == OMG_FETCH_EVENT_PROGRESS))
                return "an id";
        if (!has_fitting_outcome(result))
                return "an outcome that fits";
        if (is_failure && (omg_error_from_dbus_name(result->error) < 0 || !result->message))
                return "a known error and a message";
        if (result->event == OMG_FETCH_EVENT_PROGRESS && result->size == OMG_JSON_NONE)
                return "a size";
        if (result->event == OMG_FETCH_EVENT_DONE && result->outcome == OMG_FETCH_STORED &&
            (result->size == OMG_JSON_NONE || result->mirror == OMG_JSON_NONE || !result->url))
                return "a size, a mirror and a URL";
        if ((result->etag && !omg_fetch_is_header_value(result->etag)) ||
            (result->last_modified && !omg_fetch_is_header_value(result->last_modified)))
                return "validators that a header can hold";
        return NULL;
}

gboolean omg_fetch_result_parse(const char *text, gsize size, OmgFetchResult *ret_result,
                                GError **error)
{
        const char *flaw = NULL;

        if (omg_json_line_parse(text, size, members, G_N_ELEMENTS(members), ret_result, error) &&
            !(flaw = find_flaw(ret_result)))
                return TRUE;
        if (flaw)
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "a \"%s\" without %s",
                            events[ret_result->event], flaw);
        omg_fetch_result_clear(ret_result);
        return FALSE;
}

char *omg_fetch_result_format(const OmgFetchResult *result)
{
        return omg_json_line_format(members, G_N_ELEMENTS(members), result);
}

void omg_fetch_result_init(OmgFetchResult *result)
{
        *result = (OmgFetchResult){
                .id = OMG_JSON_NONE,
                .status = OMG_JSON_NONE,
                .mirror = OMG_JSON_NONE,
                .size = OMG_JSON_NONE,
                .total = OMG_JSON_NONE,
                .retry_after = OMG_JSON_NONE,
                .line = OMG_JSON_NONE,
                .landlock = OMG_JSON_NONE,
        };
}

void omg_fetch_result_clear(OmgFetchResult *result)
{
        omg_json_line_clear(members, G_N_ELEMENTS(members), result);
}

void omg_fetch_result_set_error(OmgFetchResult *result, int code, const char *message)
{
        g_autofree char *safe = omg_text_strip(message);
        gsize length = strlen(safe);

        if (length > OMG_LIMIT_FETCH_MESSAGE)
                length = (gsize)(g_utf8_find_prev_char(safe, safe + OMG_LIMIT_FETCH_MESSAGE + 1) -
                                 safe);
        g_free(result->error);
        g_free(result->message);
        result->outcome =
                code == OMG_ERROR_UPSTREAM_RATE_LIMITED ? OMG_FETCH_LIMITED : OMG_FETCH_FAILED;
        result->error = g_strdup(omg_error_get_dbus_name(code));
        result->message = g_strndup(safe, length);
}
