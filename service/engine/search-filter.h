/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Which packages a search may find: by source, repository and whether they are installed. The same
 * for all its modes. */

#include "engine/search.h"

typedef struct {
        guint64 *own; /* buffer of combined bitmaps */
        gsize allocated;
} OmgSearchFilter;

void omg_search_filter_clear(OmgSearchFilter *filter);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgSearchFilter, omg_search_filter_clear)

/* Whether the databases that the question needs are there; DATABASE_MISSING and relatives. */
gboolean omg_search_filter_check(const OmgSnapshot *snapshot, const OmgSearchParams *params,
                                 GError **error);

/* FALSE: no package of that layer may be found. Otherwise *ret_mask is NULL for all packages, or a
 * bitmap of omg_bitmap_words(), valid until the next call. Of the local layer only foreign packages
 * are ever found, and with the AUR only those that it has not got: the others are there. */
gboolean omg_search_filter_make(OmgSearchFilter *filter, const OmgSnapshot *snapshot,
                                const OmgSearchParams *params, OmgRowSource source,
                                const guint64 **ret_mask);

/* Whether the options let the AUR's packages be found, were they known. */
gboolean omg_search_filter_wants_aur(const OmgSearchParams *params);
