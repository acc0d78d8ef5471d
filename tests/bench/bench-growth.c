/* SPDX-License-Identifier: GPL-3.0-or-later */

/* How searches grow with the number of packages, from 1,000 to 1,000,000 made in process. SQLite
 * and scans get the same queries where they come to an end in time.
 *
 *   bench-growth [MOST]   (1000000; sizes beyond are left out) */

#include <stdlib.h>

#include "bench-common.h"
#include "bench-made.h"
#include "bench-searches.h"

#define SECONDS     4      /* for each of the slower ones */
#define MOST_FLOORS 115000 /* packages with which scans and SQLite are asked too */

/* p50 of the pieces, µs. */
static double run_size(guint n)
{
        double seconds, p50;
        gsize size;
        g_autofree char *label = g_strdup_printf("search of %u", n);
        g_autoptr(OmgSnapshot) snapshot = bench_made_snapshot(n, &seconds, &size);
        BenchSearches searches = {
                .snapshot = snapshot,
                .label = label,
                .with_floors = n <= MOST_FLOORS,
                .seconds = SECONDS,
        };
        BenchMix mix = {};

        bench_print(seconds * 1e3, "ms", "layer of %u: build", n);
        bench_print(size / 1048576.0, "MiB", "layer of %u: size", n);
        bench_mix_pieces(&mix, snapshot);
        p50 = bench_searches_run(&searches, &mix);
        bench_mix_clear(&mix);
        bench_mix_typed(&mix, snapshot);
        (void)bench_searches_run(&searches, &mix);
        bench_mix_clear(&mix);
        return p50;
}

int main(int argc, char **argv)
{
        static const guint sizes[] = {1000, 15000, 115000, 1000000};
        guint most = argc == 2 ? (guint)strtoul(argv[1], NULL, 10) : G_MAXUINT;
        double first = 0;

        if (argc > 2 || most < sizes[0]) {
                g_printerr("usage: bench-growth [MOST]\n");
                return 2;
        }
        for (gsize i = 0; i < G_N_ELEMENTS(sizes) && sizes[i] <= most; i++) {
                double p50 = run_size(sizes[i]);
                if (i == 0)
                        first = p50;
                else
                        bench_print(p50 / first, "x", "growth of p50 from 1000 to %u", sizes[i]);
        }
        return 0;
}
