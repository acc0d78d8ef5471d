/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The numbers of org.omgd1.Status as they were last known, so that they can be served after a
 * restart with their true age. */

#include "store/cache-db.h"

typedef struct {
        /* G_MAXUINT32: not known */
        guint32 total;
        guint32 explicit;
        guint32 orphans;
        guint32 foreign;
        guint32 updates;
        guint32 aur_updates;
        guint32 security;
        guint32 ignored;
        guint32 vulnerable;
        char *highest_severity; /* "" or NULL: not known; NULL is read as "" */
        guint64 as_of_usec;
        guint64 generation;
} OmgStoredStatus;

void omg_stored_status_clear(OmgStoredStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgStoredStatus, omg_stored_status_clear)

/* In the place of the one stored before. */
gboolean omg_cache_status_put(OmgCacheDb *cache, const OmgStoredStatus *status, GError **error);

/* ret_found FALSE: none was stored yet, ret_status is untouched. */
gboolean omg_cache_status_get(OmgCacheDb *cache, OmgStoredStatus *ret_status, gboolean *ret_found,
                              GError **error);
