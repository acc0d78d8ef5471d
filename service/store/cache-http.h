/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What is known of each URL that was fetched: its validators (RFC 9110, 8.8), when to ask next, how
 * it last failed. */

#include "store/cache-db.h"

typedef struct {
        char *url;            /* the key */
        char *etag;           /* as the server sent it, or NULL */
        char *modified;       /* Last-Modified as the server sent it, or NULL */
        guint64 fetched_usec; /* last 200 or 304 */
        guint64 next_usec;    /* not to be asked before: freshness, back-off, Retry-After */
        guint32 n_failures;   /* since then */
        char *error;   /* public name of the last failure ("org.omgd1.Error.Network"), or NULL */
        char *message; /* in words, or NULL */
} OmgHttpRow;

void omg_http_row_free(OmgHttpRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgHttpRow, omg_http_row_free)

/* ret_row NULL: nothing is known of it. */
gboolean omg_cache_http_get(OmgCacheDb *cache, const char *url, OmgHttpRow **ret_row,
                            GError **error);

/* In the place of what was known; beyond OMG_LIMIT_HTTP_ROWS those put longest ago go. @now_usec:
 * the real time. INVALID_ARGS: a URL of more than OMG_LIMIT_URL bytes. */
gboolean omg_cache_http_put(OmgCacheDb *cache, const OmgHttpRow *row, guint64 now_usec,
                            GError **error);

/* Forgets it: what was fetched is no longer there, so the next request must bring it whole. */
gboolean omg_cache_http_remove(OmgCacheDb *cache, const char *url, GError **error);

/* What came from @url takes the place of what came from other servers under the same name (what is
 * behind the last "/"): forgets the validators and times of those. Until when they want to be left
 * alone stays. */
gboolean omg_cache_http_supersede(OmgCacheDb *cache, const char *url, GError **error);
