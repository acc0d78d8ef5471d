/* SPDX-License-Identifier: GPL-3.0-or-later */

/* How long searches, exact look-ups and suggestions take in process, beside scans, SQLite and
 * libalpm with the same queries over the same databases.
 *
 *   bench-search SYNC.idx LOCAL.idx PACMAN.CONF */

#include <string.h>

#include "bench-common.h"
#include "bench-libalpm.h"
#include "bench-searches.h"
#include "engine/suggest.h"

#define N_SHOWN 12 /* queries that are printed */
#define SECONDS 3  /* for each of the slower ones */

typedef struct {
        OmgSnapshot *snapshot;
        const char *names[BENCH_N_QUERIES];
        guint64 sink;
} Bench;

static void run_find(gpointer data, guint i)
{
        Bench *b = data;

        /* A thousand at once: one is near the clock's own cost. */
        for (guint j = 0; j < 1000; j++) {
                const char *name = b->names[(i + j) % BENCH_N_QUERIES];
                b->sink += omg_layer_find(b->snapshot->sync, name, strlen(name), NULL);
        }
}

static void run_suggest(gpointer data, guint i)
{
        Bench *b = data;
        g_autoptr(GArray) found = omg_suggest(b->snapshot, b->names[i], 10, NULL);

        b->sink += found->len;
}

static OmgSnapshot *open_snapshot(char **argv, GError **error)
{
        OmgSnapshotParts parts = {};
        g_autoptr(OmgLayer) sync = omg_layer_open(argv[1], OMG_LAYER_SYNC, error);
        g_autoptr(OmgLayer) local = sync ? omg_layer_open(argv[2], OMG_LAYER_LOCAL, error) : NULL;

        parts.sync = sync;
        parts.local = local;
        parts.conf = local ? omg_pacman_conf_load(argv[3], NULL, NULL, error) : NULL;
        return parts.conf ? omg_snapshot_new(&parts, 1) : NULL;
}

int main(int argc, char **argv)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GRand) rand = g_rand_new_with_seed(1);
        void (*const mixes[])(BenchMix *, const OmgSnapshot *) = {bench_mix_pieces,
                                                                  bench_mix_typed};

        if (argc != 4) {
                g_printerr("usage: bench-search SYNC.idx LOCAL.idx PACMAN.CONF\n");
                return 2;
        }
        g_autoptr(OmgSnapshot) snapshot = open_snapshot(argv, &error);
        if (!snapshot) {
                g_printerr("bench-search: %s\n", error->message);
                return 1;
        }
        BenchSearches searches = {
                .snapshot = snapshot,
                .label = "search",
                .with_floors = TRUE,
                .handle = bench_libalpm_open(snapshot->conf),
                .seconds = SECONDS,
        };
        for (gsize i = 0; i < G_N_ELEMENTS(mixes); i++) {
                BenchMix mix = {};
                mixes[i](&mix, snapshot);
                (void)bench_searches_run(&searches, &mix);
                /* For tools/bench, which asks pacman the same. */
                for (guint k = 0; mixes[i] == bench_mix_typed && k < N_SHOWN; k++)
                        g_print("# query: %s\n", mix.queries[k]);
                bench_mix_clear(&mix);
        }
        (void)alpm_release(searches.handle);

        Bench b = {.snapshot = snapshot};
        guint n = omg_layer_get_n_packages(snapshot->sync);
        for (guint i = 0; i < BENCH_N_QUERIES; i++)
                b.names[i] = omg_layer_get_name(snapshot->sync,
                                                (guint)g_rand_int_range(rand, 0, (gint32)n));
        (void)bench_measure("1,000 exact look-ups", run_find, &b, BENCH_N_QUERIES, SECONDS);
        (void)bench_measure("suggest 10", run_suggest, &b, BENCH_N_QUERIES, SECONDS);
        return b.sink == 0;
}
