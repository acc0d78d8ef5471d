/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One request on its way: the URL that is tried now, what came, and what that means. */

#include <curl/curl.h>

#include "fetch/fetch-request.h"
#include "fetch/fetch-result.h"
#include "omgd-fetch/answer.h"
#include "omgd-fetch/body-file.h"
#include "omgd-fetch/fetch-options.h"

typedef struct {
        const OmgFetchRequest *request;
        const OmgFetchOptions *options;
        guint mirror;          /* the URL that is tried */
        char *host;            /* of it, lower case; "" for a file */
        OmgFetchResult result; /* valid once omg_transfer_end() says that it is */
        guint64 received;      /* as sent, of the body under way */
        guint64 expected;      /* OMG_JSON_NONE when the server did not say */
        guint64 reported;      /* received, when progress was last told */

        CURL *easy; /* NULL when nothing is under way */
        struct curl_slist *headers;
        char curl_error[CURL_ERROR_SIZE];
        OmgAnswer answer;
        OmgBodyFile body;
        GBytes *upload;    /* what is posted */
        GError *fault;     /* why it was ended from here */
        GString *failures; /* of the URLs before */
} OmgTransfer;

void omg_transfer_init(OmgTransfer *transfer, const OmgFetchRequest *request,
                       const OmgFetchOptions *options, int dir_fd);
void omg_transfer_clear(OmgTransfer *transfer);

/* Begins with the URL whose turn it is. TRUE: transfer->easy is to be run, then ended. FALSE: it
 * has ended already (a file, a body that cannot be read), and is to be ended at once with CURLE_OK.
 */
gboolean omg_transfer_begin(OmgTransfer *transfer);

/* After curl ended it. TRUE: result is complete, and what was fetched has its name. FALSE: the next
 * URL is to be tried. */
gboolean omg_transfer_end(OmgTransfer *transfer, CURLcode code);

/* Ends it now: result says CANCELLED, nothing is left behind. The caller took easy off its multi
 * handle. */
void omg_transfer_cancel(OmgTransfer *transfer);
