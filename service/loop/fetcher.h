/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Runs the helper omgd-fetch for some requests. Its word is not trusted: what it says must fit what
 * it was asked, and what it says that it stored must be there. Worker thread only. */

#include "fetch/fetch-request.h"
#include "fetch/fetch-result.h"
#include "fetch/json-line.h"
#include "loop/launcher.h"

typedef struct OmgFetcher OmgFetcher;

/* Called for each request exactly once with the event DONE, in the order in which they end, and
 * before that with PROGRESS, if it is a bulk file, at most five times a second in all. result->id
 * is the request's. Outcome FAILED and LIMITED come with the code of base/error-table.h as its
 * name: NETWORK, UPSTREAM_RATE_LIMITED, UPSTREAM_INVALID, INVALID_ARGS, CANCELLED, and UNAVAILABLE
 * for a helper that crashed, hung or spoke nonsense. STORED: output is in the directory, a regular
 * file of that size. Not freed from here; cancelling is fine. */
typedef void (*OmgFetcherEvent)(const OmgFetchResult *result, gpointer userdata);

/* Called once, behind the last event. error: NULL when the helper ended well (its requests may have
 * failed all the same), else why not. The fetcher may be freed from here. */
typedef void (*OmgFetcherDone)(const GError *error, gpointer userdata);

typedef struct {
        const char *helper;    /* a path, unless there is a launcher; NULL: the installed one */
        OmgLauncher *launcher; /* of omgd-fetch, borrowed; NULL: started from here */
        const char *directory; /* where outputs go and bodies are; made if need be. One that is
                                  used by several runs at once must not get the same outputs */
        const OmgFetchRequest *requests; /* with ids as the caller likes; borrowed until the call
                                            returns, as all here */
        guint n_requests;
        OmgFetcherEvent on_event;
        OmgFetcherDone on_done;
        gpointer userdata;
} OmgFetcherStart;

/* Errors: INVALID_ARGS for a request that omgd-fetch would refuse, with its place among them, and
 * for none or more than OMG_LIMIT_FETCH_REQUESTS; else those of the directory, and UNAVAILABLE. */
OmgFetcher *omg_fetcher_start(const OmgFetcherStart *start, GError **error);

/* Kills the helper; what has not ended is done with CANCELLED. What was on its way is removed at
 * the next run in that directory. */
void omg_fetcher_cancel(OmgFetcher *fetcher);

/* Kills a running helper; nothing is called. NULL is harmless. */
void omg_fetcher_free(OmgFetcher *fetcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgFetcher, omg_fetcher_free)

/* Whether the kernel keeps the helper from writing elsewhere: its Landlock ABI, 0 for none,
 * OMG_JSON_NONE before it has said so. */
guint64 omg_fetcher_get_landlock(const OmgFetcher *fetcher);
