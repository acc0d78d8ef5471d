/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench-common.h"

#include <stdlib.h>
#include <time.h>

#define N_ROUNDS 5
#define N_LEAST  20

guint64 bench_now_ns(void)
{
        struct timespec ts;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (guint64)ts.tv_sec * 1000000000u + ts.tv_nsec;
}

static int compare_u64(gconstpointer a, gconstpointer b)
{
        guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;
        return x < y ? -1 : x > y;
}

double bench_percentile(guint64 *times, guint n, guint percent)
{
        qsort(times, n, sizeof(*times), compare_u64);
        return times[MIN(n * percent / 100, n - 1)] / 1e3;
}

void bench_print(double value, const char *unit, const char *name, ...)
{
        va_list args;

        va_start(args, name);
        g_autofree char *text = g_strdup_vprintf(name, args);
        va_end(args);
        g_print("%-60s\t%.*f\t%s\n", text, value < 10 ? 3 : 1, value, unit);
}

static guint64 time_one(BenchFunction function, gpointer data, guint i)
{
        guint64 start = bench_now_ns();

        function(data, i);
        return bench_now_ns() - start;
}

double bench_measure(const char *name, BenchFunction function, gpointer data, guint n,
                     double seconds)
{
        g_autofree guint64 *medians = g_new(guint64, n);
        guint64 warm_up = 1, asked = n;

        /* The first ones show how long the others will take. */
        for (guint i = 0; i < MIN(n, N_LEAST); i++)
                warm_up += time_one(function, data, i);
        double fitting = seconds * 1e9 / ((double)warm_up / MIN(n, N_LEAST) * N_ROUNDS);
        if (fitting < n) {
                asked = MIN(n, (guint)MAX(fitting, N_LEAST));
                bench_print(asked, "queries", "%s: asked only", name);
        }
        g_autofree guint64 *times = g_new(guint64, asked * N_ROUNDS);
        for (guint round = 0; round < N_ROUNDS; round++)
                for (guint i = 0; i < asked; i++)
                        times[i * N_ROUNDS + round] = time_one(function, data, i);
        for (guint i = 0; i < asked; i++) {
                qsort(&times[(gsize)i * N_ROUNDS], N_ROUNDS, sizeof(*times), compare_u64);
                medians[i] = times[i * N_ROUNDS + N_ROUNDS / 2];
        }
        double p50 = bench_percentile(medians, asked, 50);
        bench_print(p50, "us", "%s: p50", name);
        bench_print(bench_percentile(medians, asked, 99), "us", "%s: p99", name);
        return p50;
}
