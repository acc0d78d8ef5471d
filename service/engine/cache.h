/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Answers kept for the next who asks the same: bytes by a key of bytes. Bounded in entries, bytes
 * and age; what was asked for longest ago goes first. All entries are of one generation of the
 * data: the first look with another one empties the cache, so nothing outdated is ever found. Knows
 * no clock: times are µs of one monotonic clock of the caller's. Not for two threads at once. */

#include <glib.h>

typedef struct OmgCache OmgCache;

/* Keys count as bytes too, and so does what an entry costs beside them. */
OmgCache *omg_cache_new(guint max_entries, gsize max_bytes, guint64 max_age_usec);
void omg_cache_free(OmgCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgCache, omg_cache_free)

/* The bytes kept for the key, borrowed until the next call; NULL: none, or too old. */
gconstpointer omg_cache_get(OmgCache *cache, guint64 generation, gconstpointer key, gsize key_len,
                            guint64 now, gsize *ret_size);

/* Keeps a copy, instead of what was kept for the key before. What alone is beyond the bound is not
 * kept. */
void omg_cache_put(OmgCache *cache, guint64 generation, gconstpointer key, gsize key_len,
                   gconstpointer value, gsize size, guint64 now);

/* Drops all that is of another generation. */
void omg_cache_set_generation(OmgCache *cache, guint64 generation);

void omg_cache_clear(OmgCache *cache);

/* How many are kept, of which none is too old. */
guint omg_cache_count(OmgCache *cache, guint64 now);

typedef struct {
        guint entries; /* of which none is too old */
        gsize bytes;   /* of them, as they count against the bound */
        guint max_entries;
        gsize max_bytes;
        guint64 max_age_usec;
} OmgCacheInfo;

void omg_cache_get_info(OmgCache *cache, guint64 now, OmgCacheInfo *ret_info);
