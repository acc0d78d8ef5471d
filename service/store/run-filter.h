/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Which runs of one to three bytes stand in a few texts, about: a bit for each hash of a run. It
 * says for sure that a word is in none of them, from a few lines of the cache. */

#include "store/run-hash.h"

#define OMG_RUN_FILTER_BITS 16u
#define OMG_RUN_FILTER_SIZE (1u << OMG_RUN_FILTER_BITS >> 3) /* bytes */

static inline void omg_run_filter_add(guint8 *filter, const char *text, gsize len)
{
        for (gsize i = 0; i < len; i++)
                for (gsize run = 1; run <= MIN(len - i, 3); run++) {
                        guint32 bit = omg_run_hash(omg_run_key(text + i, run), OMG_RUN_FILTER_BITS);
                        filter[bit / 8] |= (guint8)(1u << (bit % 8));
                }
}

/* FALSE: no text that was added has the word, of at least one byte, in it. */
static inline gboolean omg_run_filter_may_have(const guint8 *filter, const char *word, gsize len)
{
        gsize run = MIN(len, 3);

        for (gsize i = 0; i + run <= len; i++) {
                guint32 bit = omg_run_hash(omg_run_key(word + i, run), OMG_RUN_FILTER_BITS);
                if (!(filter[bit / 8] & 1u << (bit % 8)))
                        return FALSE;
        }
        return TRUE;
}
