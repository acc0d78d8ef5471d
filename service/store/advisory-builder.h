/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Makes the index of advisories out of what the feeds say: store/advisory-layer-format.h. */

#include "sources/osv.h"
#include "sources/tracker.h"
#include "store/advisory-layer-format.h"

/* One feed, as it came. */
typedef struct {
        guint64 time_usec;  /* when it was fetched, since 1970; 0: never */
        guint n_dropped;    /* what made no sense */
        const char *reason; /* why the first of these, or NULL */
} OmgAdvisoryFeed;

typedef struct {
        GPtrArray *groups;  /* OmgTrackerGroup, in any order, each id once */
        GPtrArray *records; /* OmgOsvRecord, likewise */
        OmgAdvisoryFeed feeds[OMG_ADVISORY_SOURCE_N];
        GBytes *stamps; /* sources/advisory-files.h; NULL: none */
} OmgAdvisoryParts;

/* The finished file as pieces (GBytes), to be written one after the other. A range with a version
 * that has no place in its order is left out, and leaves its package uncertain. LIMITS_EXCEEDED
 * when it would be larger than base/limits.h allows. */
GPtrArray *omg_advisory_layer_make(const OmgAdvisoryParts *parts, guint64 built_usec,
                                   GError **error);

/* Of a name in NAME_HASH. */
guint64 omg_advisory_hash(const char *ecosystem, const char *name);
