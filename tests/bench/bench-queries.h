/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Two mixes of searches, made of the texts that are searched. */

#include "store/layer.h"

#define BENCH_N_QUERIES 1000

typedef struct {
        const char *name;
        char *queries[BENCH_N_QUERIES]; /* folded, words separated by one blank */
} BenchMix;

/* Pieces of words, 1 to 12 bytes, as they stand in names and descriptions, so that what is frequent
 * there is frequent here; every fourth query has two. Hard on an index: many queries match
 * thousands of packages. */
void bench_mix_pieces(BenchMix *mix, const OmgLayer *layer);

/* Closer to what people type: in turn a whole name, the first 1 to 12 letters of a name, a word
 * of a description, two words of one package. */
void bench_mix_typed(BenchMix *mix, const OmgLayer *layer);

void bench_mix_clear(BenchMix *mix);
