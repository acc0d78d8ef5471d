/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What was seen to change: packages of this machine, and who maintains packages of the AUR. The
 * newest OMG_LIMIT_EVENTS and OMG_LIMIT_AUR_ROWS are kept. */

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

typedef struct {
        char *name;
        char *maintainer;      /* NULL: orphaned */
        char *others;          /* co-maintainers, sorted by the caller, or NULL */
        guint64 modified_usec; /* LastModified of the AUR */
        guint64 seen_usec;
} OmgAurRow;

void omg_aur_row_free(OmgAurRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAurRow, omg_aur_row_free)

/* Stores @row when its maintainer or co-maintainers are others than in the last row of its name, or
 * when there is none; else only the last row's modified_usec is brought up to date. ret_changed,
 * may be NULL: whether there was one, and it was different. */
gboolean omg_cache_aur_add(OmgCacheDb *cache, const OmgAurRow *row, gboolean *ret_changed,
                           GError **error);

/* Rows of a name, newest first. GPtrArray of OmgAurRow, the caller's. */
gboolean omg_cache_aur_list(OmgCacheDb *cache, const char *name, guint limit, GPtrArray **ret_rows,
                            GError **error);
