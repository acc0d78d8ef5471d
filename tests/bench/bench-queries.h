/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Two mixes of searches, made of the texts that are searched. */

#include "store/snapshot.h"

#define BENCH_N_QUERIES 1000

/* The packages that searches are about, numbered: the repositories' and behind them the AUR's. */
guint bench_count_packages(const OmgSnapshot *snapshot);

/* The folded name or description of one of them. */
const char *bench_get_text(const OmgSnapshot *snapshot, guint i, gboolean name, gsize *ret_len);

typedef struct {
        const char *name;
        char *queries[BENCH_N_QUERIES]; /* folded, words separated by one blank */
} BenchMix;

/* Pieces of words, 1 to 12 bytes, as they stand in names and descriptions, so that what is frequent
 * there is frequent here; every fourth query has two. Hard on an index: many queries match
 * thousands of packages. */
void bench_mix_pieces(BenchMix *mix, const OmgSnapshot *snapshot);

/* Closer to what people type: in turn a whole name, the first 1 to 12 letters of a name, a word
 * of a description, two words of one package. */
void bench_mix_typed(BenchMix *mix, const OmgSnapshot *snapshot);

void bench_mix_clear(BenchMix *mix);
