/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The loops of engine/hits.c that go through all words of bits: one source, compiled for what each
 * processor offers, and chosen at run time. meson picks hits-x86.c or hits-portable.c. */

#include "engine/hits.h"

typedef struct {
        const char *name;
        void (*settle)(OmgHits *hits, guint32 counts[OMG_MATCH_N]);
        void (*intersect)(OmgHits *hits, const OmgHits *other);
        void (*mask)(OmgHits *hits, const guint64 *bits);
} OmgHitsKernels;

/* The best for this processor. */
const OmgHitsKernels *omg_hits_kernels_get(void);

/* All that this processor can run, for tests; NULL beyond the last. */
const OmgHitsKernels *omg_hits_kernels_list(guint index);

#define OMG_KERNEL static inline __attribute__((always_inline))

OMG_KERNEL void omg_kernel_settle(OmgHits *hits, guint32 counts[OMG_MATCH_N])
{
        guint64 n[OMG_MATCH_N] = {};

        OMG_FOR_EACH_TOUCHED(hits, word)
        {
                guint64 better = 0;
                for (guint c = 0; c < OMG_MATCH_N; c++) {
                        word->match[c] &= ~better;
                        better |= word->match[c];
                        n[c] += (guint64)__builtin_popcountll(word->match[c]);
                }
        }
        for (guint c = 0; c < OMG_MATCH_N; c++)
                counts[c] = (guint32)n[c];
}

OMG_KERNEL void omg_kernel_intersect(OmgHits *hits, const OmgHits *other)
{
        OMG_FOR_EACH_TOUCHED(hits, word)
        {
                const OmgHitWord *with = &other->words[word - hits->words];
                guint64 ours = 0, theirs = 0, done = 0;
                for (guint c = 0; c < OMG_MATCH_N; c++) {
                        ours |= word->match[c];
                        theirs |= with->match[c];
                        word->match[c] = ours & theirs & ~done;
                        done |= word->match[c];
                }
        }
}

OMG_KERNEL void omg_kernel_mask(OmgHits *hits, const guint64 *bits)
{
        OMG_FOR_EACH_TOUCHED(hits, word)
        for (guint c = 0; c < OMG_MATCH_N; c++)
                word->match[c] &= bits[word - hits->words];
}
