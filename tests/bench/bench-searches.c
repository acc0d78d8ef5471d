/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench-searches.h"

#include <string.h>

#include "base/limits.h"
#include "bench-common.h"
#include "bench-fts.h"
#include "bench-libalpm.h"
#include "engine/search.h"

#define N_CHECKED 100

typedef struct {
        const OmgSnapshot *snapshot;
        const BenchMix *mix;
        OmgSearch *search;
        alpm_handle_t *handle;
        BenchFts *fts;
        /* All texts one after the other: name, NUL, description, NUL; where each package begins,
         * and the end. */
        GString *texts;
        GArray *starts; /* gsize */
        guint64 sink;
} Contest;

static void ask_omgd(gpointer data, guint i)
{
        Contest *c = data;
        OmgSearchParams params = {.query = c->mix->queries[i], .limit = 50};
        OmgSearchResult result;

        if (!omg_search_run(c->search, c->snapshot, &params, &result, NULL))
                g_error("search for %s failed", params.query);
        c->sink += result.n_rows;
}

static gboolean has_all(const char *text, gsize len, char **words)
{
        for (char **word = words; *word; word++)
                if (!memmem(text, len, *word, strlen(*word)))
                        return FALSE;
        return TRUE;
}

static gboolean package_has(const OmgSnapshot *snapshot, guint i, char **words)
{
        gsize name_len, description_len;
        const char *name = bench_get_text(snapshot, i, TRUE, &name_len);
        const char *description = bench_get_text(snapshot, i, FALSE, &description_len);

        for (char **word = words; *word; word++)
                if (!memmem(name, name_len, *word, strlen(*word)) &&
                    !memmem(description, description_len, *word, strlen(*word)))
                        return FALSE;
        return TRUE;
}

static guint scan_records(const Contest *c, guint i)
{
        g_auto(GStrv) words = g_strsplit(c->mix->queries[i], " ", -1);
        guint n = bench_count_packages(c->snapshot), hits = 0;

        for (guint k = 0; k < n; k++)
                hits += package_has(c->snapshot, k, words);
        return hits;
}

static void ask_records(gpointer data, guint i)
{
        Contest *c = data;
        c->sink += scan_records(c, i);
}

static void concatenate(Contest *c)
{
        c->texts = g_string_new(NULL);
        c->starts = g_array_new(FALSE, FALSE, sizeof(gsize));
        for (guint i = 0; i < bench_count_packages(c->snapshot); i++) {
                g_array_append_val(c->starts, c->texts->len);
                for (guint name = 2; name > 0; name--) {
                        gsize len;
                        const char *text = bench_get_text(c->snapshot, i, name == 2, &len);
                        g_string_append_len(c->texts, text, (gssize)len + 1);
                }
        }
        g_array_append_val(c->starts, c->texts->len);
}

/* The start of the package behind the one that holds this place. */
static gsize get_next_start(const Contest *c, gsize place)
{
        guint from = 0, to = c->starts->len - 1;

        while (from < to) {
                guint middle = from + (to - from) / 2;
                if (g_array_index(c->starts, gsize, middle) <= place)
                        from = middle + 1;
                else
                        to = middle;
        }
        return from;
}

/* One memmem for the first word goes from hit to hit; the rest of a package that has it is
 * skipped. */
static guint scan_texts(const Contest *c, guint i)
{
        g_auto(GStrv) words = g_strsplit(c->mix->queries[i], " ", -1);
        const char *text = c->texts->str, *end = text + c->texts->len, *p = text, *hit;
        gsize len = strlen(words[0]);
        guint hits = 0;

        while ((hit = memmem(p, (gsize)(end - p), words[0], len))) {
                gsize next = get_next_start(c, (gsize)(hit - text));
                const char *start = text + g_array_index(c->starts, gsize, next - 1);
                p = text + g_array_index(c->starts, gsize, next);
                hits += !words[1] || has_all(start, (gsize)(p - start), words + 1);
        }
        return hits;
}

static void ask_texts(gpointer data, guint i)
{
        Contest *c = data;
        c->sink += scan_texts(c, i);
}

static void ask_fts(gpointer data, guint i)
{
        Contest *c = data;
        c->sink += bench_fts_search(c->fts, c->mix->queries[i]);
}

static void ask_libalpm(gpointer data, guint i)
{
        Contest *c = data;
        c->sink += bench_libalpm_search(c->handle, c->mix->queries[i]);
}

/* A fast wrong answer is worth nothing. */
static void check(const Contest *c)
{
        for (guint i = 0; i < N_CHECKED; i++) {
                OmgSearchParams params = {
                        .query = c->mix->queries[i], .limit = 50, .skip_local = TRUE};
                OmgSearchResult result;
                guint hits = scan_records(c, i);
                if (hits != scan_texts(c, i))
                        g_error("\"%s\": the two scans differ", params.query);
                g_assert_true(omg_search_run(c->search, c->snapshot, &params, &result, NULL));
                if (result.total_exact ? result.total != hits : result.total > hits)
                        g_error("\"%s\": %u matches, a scan finds %u", params.query, result.total,
                                hits);
        }
}

double bench_searches_run(const BenchSearches *searches, const BenchMix *mix)
{
        g_autoptr(OmgSearch) search = omg_search_new();
        Contest c = {
                .snapshot = searches->snapshot,
                .mix = mix,
                .search = search,
                .handle = searches->handle,
        };
        g_autofree char *prefix = g_strdup_printf("%s, %s", searches->label, mix->name);
        const struct {
                const char *name;
                BenchFunction function;
                gboolean wanted;
        } rivals[] = {
                {"memmem for each text", ask_records, searches->with_floors},
                {"memmem over all texts", ask_texts, searches->with_floors},
                {"SQLite FTS5", ask_fts,
                 searches->with_floors && (c.fts = bench_fts_new(c.snapshot))},
                {"alpm_db_search", ask_libalpm, searches->handle != NULL},
        };

        concatenate(&c);
        check(&c);
        double p50 = bench_measure(prefix, ask_omgd, &c, BENCH_N_QUERIES, 20);
        for (gsize i = 0; i < G_N_ELEMENTS(rivals); i++) {
                g_autofree char *name = g_strdup_printf("%s, %s", prefix, rivals[i].name);
                if (rivals[i].wanted)
                        (void)bench_measure(name, rivals[i].function, &c, BENCH_N_QUERIES,
                                            searches->seconds);
        }
        bench_fts_free(c.fts);
        (void)g_string_free(c.texts, TRUE);
        g_array_unref(c.starts);
        return c.sink > 0 ? p50 : 0;
}
