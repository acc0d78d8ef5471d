/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* SQLite's full text search over the same names and descriptions: FTS5 with the trigram tokenizer,
 * in memory, the best 50 by its rank. Words of fewer than three letters are in no trigram: they are
 * asked for by LIKE. meson picks bench-fts-none.c where there is no SQLite. */

#include "store/snapshot.h"

typedef struct BenchFts BenchFts;

/* NULL, and a line that says why, where SQLite or its FTS5 is missing. */
BenchFts *bench_fts_new(const OmgSnapshot *snapshot);
void bench_fts_free(BenchFts *fts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BenchFts, bench_fts_free)

/* Rows found, at most 50. */
guint bench_fts_search(BenchFts *fts, const char *query);
