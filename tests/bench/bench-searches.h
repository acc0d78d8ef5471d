/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* omgd's search and everybody else's, the same queries over the same texts in the same run. */

#include <alpm.h>

#include "bench-queries.h"
#include "store/snapshot.h"

typedef struct {
        const OmgSnapshot *snapshot;
        const char *label;     /* in front of each figure */
        gboolean with_floors;  /* scans and SQLite */
        alpm_handle_t *handle; /* the same databases; NULL: libalpm is not asked */
        double seconds;        /* for each of the slower ones */
} BenchSearches;

/* Prints the figures of one mix. Ends the program when omgd's number of matches is not that of a
 * plain scan. Returns omgd's p50, µs. */
double bench_searches_run(const BenchSearches *searches, const BenchMix *mix);
