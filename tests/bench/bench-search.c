/* SPDX-License-Identifier: GPL-3.0-or-later */

/* How long searches, exact look-ups and suggestions take in process, as percentiles, beside a plain
 * memmem scan of the same texts with the same queries in the same run: the floor to compare with.
 *
 *   bench-search SYNC.idx LOCAL.idx PACMAN.CONF */

#include <string.h>

#include "engine/search.h"
#include "engine/suggest.h"

#define N_QUERIES 1000
#define N_ROUNDS  5

static guint64 now_ns(void)
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

/* Each query counts with the median of its rounds: other work on the machine is not ours. */
static void print_percentiles(const char *name, guint64 times[N_QUERIES][N_ROUNDS],
                              const char *target)
{
        static guint64 medians[N_QUERIES];

        for (guint i = 0; i < N_QUERIES; i++) {
                qsort(times[i], N_ROUNDS, sizeof(guint64), compare_u64);
                medians[i] = times[i][N_ROUNDS / 2];
        }
        qsort(medians, N_QUERIES, sizeof(guint64), compare_u64);
        g_print("%-28s p50 %9.2f us   p99 %9.2f us   max %9.2f us   %s\n", name,
                medians[N_QUERIES / 2] / 1e3, medians[N_QUERIES * 99 / 100] / 1e3,
                medians[N_QUERIES - 1] / 1e3, target);
}

/* Parts of words that stand in names and descriptions: 1 to 12 bytes; every fourth query has two.
 */
static char *pick_word(const OmgSnapshot *s, GRand *rand)
{
        for (;;) {
                guint id = g_rand_int_range(rand, 0, omg_layer_get_n_packages(s->sync));
                const OmgPackageRecord *r = omg_layer_get_record(s->sync, id);
                const char *text = omg_layer_get_text(
                        s->sync, g_rand_boolean(rand) ? r->folded_name : r->folded_description);
                g_auto(GStrv) words = g_strsplit_set(text, " -_.,()", -1);
                guint n = g_strv_length(words);
                const char *word = n > 0 ? words[g_rand_int_range(rand, 0, n)] : "";
                gsize len = MIN(strlen(word), (gsize)g_rand_int_range(rand, 1, 13));
                if (len > 0 && g_utf8_validate(word, len, NULL))
                        return g_strndup(word, len);
        }
}

static char *pick_query(const OmgSnapshot *s, GRand *rand, guint i)
{
        g_autofree char *first = pick_word(s, rand);
        g_autofree char *second = pick_word(s, rand);

        return i % 4 == 3 ? g_strconcat(first, " ", second, NULL) : g_steal_pointer(&first);
}

static guint scan(const OmgSnapshot *s, const char *query)
{
        guint n = omg_layer_get_n_packages(s->sync), hits = 0;
        gsize len = strlen(query);

        for (guint id = 0; id < n; id++) {
                const OmgPackageRecord *r = omg_layer_get_record(s->sync, id);
                hits += memmem(omg_layer_get_text(s->sync, r->folded_name), r->folded_name_len,
                               query, len) ||
                        memmem(omg_layer_get_text(s->sync, r->folded_description),
                               r->folded_description_len, query, len);
        }
        return hits;
}

typedef struct {
        OmgSnapshot *snapshot;
        OmgSearch *search;
        char *queries[N_QUERIES];
        const char *names[N_QUERIES];
        guint64 sink;
} Bench;

static void run_search(Bench *b, guint i)
{
        OmgSearchParams params = {.query = b->queries[i], .limit = 50};
        OmgSearchResult result;

        g_assert_true(omg_search_run(b->search, b->snapshot, &params, &result, NULL));
        b->sink += result.n_rows;
}

static void run_scan(Bench *b, guint i)
{
        b->sink += scan(b->snapshot, b->queries[i]);
}

static void run_find(Bench *b, guint i)
{
        /* A thousand at once: one is near the clock's own cost. */
        for (guint j = 0; j < 1000; j++)
                b->sink += omg_layer_find(b->snapshot->sync, b->names[(i + j) % N_QUERIES],
                                          strlen(b->names[(i + j) % N_QUERIES]), NULL);
}

static void run_suggest(Bench *b, guint i)
{
        g_autoptr(GArray) found = omg_suggest(b->snapshot, b->names[i], 10, NULL);
        b->sink += found->len;
}

static void run(Bench *b, const char *name, void (*function)(Bench *, guint), const char *target)
{
        static guint64 times[N_QUERIES][N_ROUNDS];

        for (guint round = 0; round < N_ROUNDS; round++)
                for (guint i = 0; i < N_QUERIES; i++) {
                        guint64 start = now_ns();
                        function(b, i);
                        times[i][round] = now_ns() - start;
                }
        print_percentiles(name, times, target);
}

int main(int argc, char **argv)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GRand) rand = g_rand_new_with_seed(1);
        OmgSnapshotParts parts = {};
        Bench b = {.search = omg_search_new()};

        if (argc != 4) {
                g_printerr("usage: bench-search SYNC.idx LOCAL.idx PACMAN.CONF\n");
                return 2;
        }
        parts.sync = omg_layer_open(argv[1], OMG_LAYER_SYNC, &error);
        parts.local = error ? NULL : omg_layer_open(argv[2], OMG_LAYER_LOCAL, &error);
        parts.conf = error ? NULL : omg_pacman_conf_load(argv[3], NULL, NULL, &error);
        if (error) {
                g_printerr("bench-search: %s\n", error->message);
                return 1;
        }
        b.snapshot = omg_snapshot_new(&parts, 1);
        guint n = omg_layer_get_n_packages(b.snapshot->sync);
        gboolean large = n > 50000;
        for (guint i = 0; i < N_QUERIES; i++) {
                b.queries[i] = pick_query(b.snapshot, rand, i);
                b.names[i] = omg_layer_get_text(
                        b.snapshot->sync,
                        omg_layer_get_record(b.snapshot->sync, g_rand_int_range(rand, 0, n))->name);
        }
        g_print("%u packages, %u queries, median of %u rounds each\n", n, N_QUERIES, N_ROUNDS);
        run(&b, "search, ranked top 50", run_search,
            large ? "target p50 10, p99 500" : "target p50 2, p99 100");
        run(&b, "floor: memmem scan", run_scan, "");
        run(&b, "1,000 exact look-ups", run_find, "target p50 200 (0.2 each)");
        run(&b, "suggest 10", run_suggest, "");
        omg_layer_unref(parts.sync);
        omg_layer_unref(parts.local);
        return b.sink == 0;
}
