/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* How much of a daily allowance is used: it is omgd's word to others, so it is kept over restarts,
 * and no clearing of a cache gives it back. */

#include "store/cache-db.h"

typedef struct {
        guint32 day; /* since 1970, UTC */
        guint32 used;
} OmgBudgetRow;

/* Zeros when nothing is stored under this name. */
gboolean omg_cache_budget_get(OmgCacheDb *cache, const char *name, OmgBudgetRow *ret_row,
                              GError **error);
gboolean omg_cache_budget_put(OmgCacheDb *cache, const char *name, const OmgBudgetRow *row,
                              GError **error);
