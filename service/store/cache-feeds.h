/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* How old what came from each source is: a mirror's database, the tracker, OSV, the AUR. */

#include "base/error.h"
#include "store/cache-db.h"

typedef enum {
        OMG_FEED_NEVER, /* never fetched: nothing is known, which is not "nothing is there" */
        OMG_FEED_OK,
        OMG_FEED_FAILED, /* the last try; what came before is still good for what it says */
        OMG_FEED_STALE,  /* the last try brought something older than what is here, which stays */
} OmgFeedState;

typedef struct {
        char *source; /* "sync/core", "tracker", "osv", "aur" */
        OmgFeedState state;
        guint64 as_of_usec;   /* the data's own time, as its source says it */
        guint64 checked_usec; /* last try */
        guint64 good_usec;    /* last try that succeeded, with 304 too */
        char *error;          /* public name of the failure, or NULL */
        char *message;        /* in words, or NULL */
} OmgFeedRow;

void omg_feed_row_free(OmgFeedRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgFeedRow, omg_feed_row_free)

/* What the public name of its failure stands for; UNAVAILABLE for none, or one that nobody knows.
 */
OmgError omg_feed_row_get_code(const OmgFeedRow *row);

/* Never NULL on success: of a source that was never stored it says NEVER and has no times. */
gboolean omg_cache_feeds_get(OmgCacheDb *cache, const char *source, OmgFeedRow **ret_row,
                             GError **error);

/* All that are stored, by name: GPtrArray of OmgFeedRow, the caller's. */
gboolean omg_cache_feeds_list(OmgCacheDb *cache, GPtrArray **ret_rows, GError **error);

/* A try that succeeded: state OK, as_of and both other times set, error and message gone. */
gboolean omg_cache_feeds_set_ok(OmgCacheDb *cache, const char *source, guint64 as_of_usec,
                                guint64 now_usec, GError **error);

/* One that failed: as_of and good_usec stay as they were. A source that never succeeded is FAILED
 * too, with good_usec 0. */
gboolean omg_cache_feeds_set_failed(OmgCacheDb *cache, const char *source, guint64 now_usec,
                                    const char *error_name, const char *message, GError **error);

/* One that was answered by something older: as a failed one, in another state. */
gboolean omg_cache_feeds_set_stale(OmgCacheDb *cache, const char *source, guint64 now_usec,
                                   const char *error_name, const char *message, GError **error);

/* Forgets a source, such as a repository that went from pacman.conf. */
gboolean omg_cache_feeds_remove(OmgCacheDb *cache, const char *source, GError **error);
