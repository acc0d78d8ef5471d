/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Who keeps the installed packages of the AUR: one row for each of them, at most
 * OMG_LIMIT_AUR_ROWS. */

#include "store/aur-row.h"
#include "store/cache-db.h"

/* All of them: OmgAurRow by its name, which is the row's; the caller's. */
gboolean omg_cache_aur_load(OmgCacheDb *cache, GHashTable **ret_rows, GError **error);

/* Puts these rows (OmgAurRow) in the place of those of their names, and removes those of @removed
 * (NULL-terminated); all or nothing. */
gboolean omg_cache_aur_store(OmgCacheDb *cache, const GPtrArray *rows, const char *const *removed,
                             GError **error);
