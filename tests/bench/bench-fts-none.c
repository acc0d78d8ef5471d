/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench-fts.h"

BenchFts *bench_fts_new(const OmgLayer *layer)
{
        g_print("# SQLite FTS5: skipped, built without SQLite\n");
        return NULL;
}

void bench_fts_free(BenchFts *fts)
{
}

guint bench_fts_search(BenchFts *fts, const char *query)
{
        return 0;
}
