/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What omgd-fetch says, one line of JSON each:
 *
 *   {"event":"ready","landlock":7}            first; what it may write is bounded, or 0: is not
 *   {"event":"refused","line":2,"id":5,"outcome":"failed","error":...,"message":...}
 *                                             a line that is no request
 *   {"event":"progress","id":1,"size":65536,"total":1048576}        of a bulk file
 *   {"event":"alive"}                         when nothing else was said for a while
 *   {"event":"done","id":1,"outcome":"stored","status":200,"mirror":0,"url":"https://a/x.db",
 *    "size":1048576,"etag":"\"60\"","last-modified":"..."}
 *   {"event":"done","id":2,"outcome":"limited","status":429,"mirror":0,"url":"https://c/v1",
 *    "retry-after":30,"error":"org.omgd1.Error.UpstreamRateLimited","message":"..."}
 *
 * Each request that was not refused is done once, in the order in which they end. */

#include <glib.h>

typedef enum {
        OMG_FETCH_EVENT_READY,
        OMG_FETCH_EVENT_REFUSED,
        OMG_FETCH_EVENT_PROGRESS,
        OMG_FETCH_EVENT_ALIVE,
        OMG_FETCH_EVENT_DONE,
} OmgFetchEvent;

typedef enum {
        OMG_FETCH_PENDING,   /* in no line */
        OMG_FETCH_FAILED,    /* error and message say why */
        OMG_FETCH_STORED,    /* output is new */
        OMG_FETCH_UNCHANGED, /* the validators still hold: output was not touched */
        OMG_FETCH_ABSENT,    /* 404 or 410 for what is optional, or no such file */
        OMG_FETCH_LIMITED,   /* 429 or 503: error, and retry_after if the server said */
} OmgFetchOutcome;

/* Numbers that are not known are OMG_JSON_NONE (fetch/json-line.h), texts NULL. */
typedef struct {
        OmgFetchEvent event;
        guint64 id;
        OmgFetchOutcome outcome;
        guint64 status; /* of HTTP, of the last answer */
        guint64 mirror; /* which of the request's urls it is about */
        char *url;      /* where it came from in the end, without user and password */
        guint64 size;   /* bytes stored; with progress, so far as sent */
        guint64 total;
        char *etag; /* fit to be sent again */
        char *last_modified;
        guint64 retry_after; /* seconds, at most OMG_LIMIT_RETRY_AFTER_SEC */
        char *error;         /* D-Bus name */
        char *message;
        guint64 line;     /* of the input, from 1 */
        guint64 landlock; /* its ABI */
} OmgFetchResult;

/* As omg_fetch_request_parse(). A result that lacks what its event and outcome must have is refused
 * too, an unknown error name as well. */
gboolean omg_fetch_result_parse(const char *text, gsize size, OmgFetchResult *ret_result,
                                GError **error);

/* The line, without newline. New string. */
char *omg_fetch_result_format(const OmgFetchResult *result);

/* All unknown. */
void omg_fetch_result_init(OmgFetchResult *result);
void omg_fetch_result_clear(OmgFetchResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgFetchResult, omg_fetch_result_clear)

/* Makes it the failure @code; message is copied and cut to what a line may hold. */
void omg_fetch_result_set_error(OmgFetchResult *result, int code, const char *message);
