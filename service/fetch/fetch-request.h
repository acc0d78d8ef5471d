/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What omgd-fetch is asked for, one line of JSON each:
 *
 *   {"id":1,"urls":["https://a/x.db","https://b/x.db"],"output":"x.db","kind":"bulk",
 *    "accept":"octets","etag":"\"5f\"","last-modified":"Thu, 01 Jan 2026 00:00:00 GMT",
 *    "max-bytes":1048576,"optional":true}
 *   {"id":2,"urls":["https://c/v1"],"output":"r.json","accept":"json","body":"q.json"}
 *   {"id":3,"urls":["https://d/rpc"],"output":"s.json","accept":"json","form":["arg[]=vim"]}
 *
 * An empty line ends the batch. Standard input stays open: its end cancels what is under way. */

#include <glib.h>

/* Which limits count: base/limits-fetch.h, OMG_LIMIT_FETCH_API_* and _BULK_*. */
typedef enum {
        OMG_FETCH_API,
        OMG_FETCH_BULK,
} OmgFetchKind;

typedef enum {
        OMG_FETCH_OCTETS, /* stored as sent: databases, signatures, archives; never compressed for
                             the way, so what says it is ("Content-Encoding") stays so */
        OMG_FETCH_JSON,   /* stored decoded; whoever parses it notices a compressed stream that ends
                             early in an answer that came wholly, which libcurl does not */
        OMG_FETCH_TEXT,   /* stored decoded */
} OmgFetchAccept;

typedef struct {
        guint64 id;   /* unique in the batch, at most G_MAXUINT32 */
        char **urls;  /* http, https or file; tried in order until one answers */
        char *output; /* a name in the directory, replaced when all has come */
        OmgFetchKind kind;
        OmgFetchAccept accept;
        guint64 max_bytes; /* as sent, and as stored; OMG_JSON_NONE: the most of the kind */
        char *etag;        /* validators of what is there, as the server gave them, or NULL */
        char *last_modified;
        gboolean is_optional; /* 404 and 410 are no error */
        char *body;           /* POST of this file in the directory, as JSON */
        char **form; /* POST of these "name=value", encoded by omgd-fetch as a form; not both */
} OmgFetchRequest;

/* Error: INVALID_ARGS with the key. @ret_request is cleared by omg_fetch_request_clear(). On
 * failure it holds the id, or OMG_JSON_NONE, and nothing to clear. */
gboolean omg_fetch_request_parse(const char *text, gsize size, OmgFetchRequest *ret_request,
                                 GError **error);

/* What parsing checks. */
gboolean omg_fetch_request_check(const OmgFetchRequest *request, GError **error);

/* The line, without newline. New string. */
char *omg_fetch_request_format(const OmgFetchRequest *request);

void omg_fetch_request_clear(OmgFetchRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgFetchRequest, omg_fetch_request_clear)

/* The most bytes that count for it. */
guint64 omg_fetch_request_get_max(const OmgFetchRequest *request);

/* Whether text may be a header's value: printable ASCII, and not too long. */
gboolean omg_fetch_is_header_value(const char *text);

/* Whether name is one in a directory: of letters, digits and -_.+@, not beginning with a dot. */
gboolean omg_fetch_is_file_name(const char *name);
