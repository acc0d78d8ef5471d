/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What all benchmark programs share: the clock, percentiles and the form of a figure.
 *
 * A program prints one figure a line, "name<TAB>value<TAB>unit"; tools/bench takes the median of
 * several runs and puts targets and ratios beside them. Names are keys there: change both. */

#include <glib.h>

guint64 bench_now_ns(void);

/* Sorts the times (ns) and gives that percentile in µs. */
double bench_percentile(guint64 *times, guint n, guint percent);

G_GNUC_PRINTF(3, 4)
void bench_print(double value, const char *unit, const char *name, ...);

typedef void (*BenchFunction)(gpointer data, guint i);

/* Times function(data, i) for i below @n, each with the median of 5 rounds: other work on the
 * machine is not ours. Slow functions get fewer of the @n, at least 20 and as many as fit into
 * @seconds; then a figure says how many. Prints p50 and p99 over the i. Returns p50, µs. */
double bench_measure(const char *name, BenchFunction function, gpointer data, guint n,
                     double seconds);
