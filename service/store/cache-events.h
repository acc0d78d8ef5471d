/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What was seen to change of the packages of this machine. The newest OMG_LIMIT_EVENTS are kept. */

#include "store/cache-db.h"

typedef struct {
        guint64 id; /* grows; 0 in what is added */
        guint64 seen_usec;
        char *name;
        char *action; /* the caller's word: "installed", "upgraded" */
        char *old;    /* version before, or NULL */
        char *new;    /* version after, or NULL */
} OmgPackageEvent;

void omg_package_event_free(OmgPackageEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgPackageEvent, omg_package_event_free)

/* All of them or none: GPtrArray of OmgPackageEvent. */
gboolean omg_cache_events_add(OmgCacheDb *cache, GPtrArray *events, GError **error);

/* Newest first, those seen at or after @since_usec. GPtrArray of OmgPackageEvent, the caller's. */
gboolean omg_cache_events_list(OmgCacheDb *cache, guint64 since_usec, guint limit, guint offset,
                               GPtrArray **ret_events, GError **error);
