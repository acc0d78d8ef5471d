/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/text-index.h"

#include "engine/hits-kernels.h"
#include "fixture.h"
#include "store/posting-builder.h"
#include "store/posting-iter.h"
#include "store/suffix-sort.h"

/* The ids of a set as "class:id" in the order of the file. */
static char *dup_ids(OmgPostingSet set, guint n_packages)
{
        GString *text = g_string_new(NULL);

        for (guint c = 0; c < OMG_MATCH_N; c++) {
                OmgPostingIter iter;
                guint32 id;
                omg_posting_iter_init(&iter, &set, c, n_packages);
                while (set.counts[c] > 0 && (id = omg_posting_iter_next(&iter)) != OMG_NO_PACKAGE)
                        g_string_append_printf(text, "%s%u:%u", text->len ? " " : "", c, id);
        }
        return g_string_free(text, FALSE);
}

/* Ids in the order of length: 0 "glib", 1 "libx", 2 "é-lib", 3 "xdg-lib-x". */
static const FixturePackage packages[] = {
        {"core", "libx", "1", "Some text", NULL, NULL, 0},
        {"core", "glib", "1", "Library of text", NULL, NULL, 0},
        {"core", "é-lib", "1", "none", NULL, NULL, 0},
        {"core", "xdg-lib-x", "1", "", NULL, NULL, 0},
        {},
};

static char *find_run(const OmgLayer *layer, const char *run)
{
        OmgTextIndex index;
        OmgPostingSet set;

        omg_text_index_init(&index, layer);
        return omg_text_index_find_run(&index, run, strlen(run), &set)
                       ? dup_ids(set, omg_layer_get_n_packages(layer))
                       : g_strdup("none");
}

/* A run of 1 to 3 bytes leads to its packages, each in its best class only. */
static void test_runs(void)
{
        g_autoptr(OmgLayer) layer = fixture_layer(OMG_LAYER_SYNC, packages);
        const struct {
                const char *run, *ids;
        } cases[] = {
                {"lib", "0:1 1:2 1:3 2:0"}, {"x", "0:3 2:1 3:0"}, {"xt", "3:0 3:1"}, {"é", "0:2"},
                {"-l", "2:2 2:3"},          {"zzz", "none"},      {"q", "none"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *ids = find_run(layer, cases[i].run);
                g_assert_cmpstr(ids, ==, cases[i].ids);
        }
}

/* All words that a text stands in, "set|at_start" joined by blanks. */
static char *find_words(const OmgLayer *layer, const char *text)
{
        OmgTextIndex index;
        gsize first, count;
        GString *found = g_string_new(NULL);

        omg_text_index_init(&index, layer);
        if (!omg_text_index_find_suffixes(&index, text, strlen(text), &first, &count))
                count = 0;
        for (gsize i = 0; i < count; i++) {
                OmgPostingSet set;
                gboolean at_start;
                g_assert_true(omg_text_index_get_word(&index, first + i, &set, &at_start));
                g_autofree char *ids = dup_ids(set, omg_layer_get_n_packages(layer));
                g_string_append_printf(found, "%s%s|%d", i ? " " : "", ids, at_start);
        }
        return g_string_free(found, FALSE);
}

/* A longer text leads to the words it stands in, and says whether at their beginning. */
static void test_words(void)
{
        g_autofree char *run = g_strnfill(150, 'w');
        const FixturePackage more[] = {
                {"core", "glib", "1", "Library of text", NULL, NULL, 0},
                {"core", "glib2", "1", "text", NULL, NULL, 0},
                {"core", "a-text", "1", run, NULL, NULL, 0},
                {},
        };
        g_autoptr(OmgLayer) layer = fixture_layer(OMG_LAYER_SYNC, more);
        g_autofree char *half = g_strnfill(OMG_WORD_FIND, 'w');
        const struct {
                const char *text, *words;
        } cases[] = {
                {"text", "1:2 3:0 3:1|1"},
                {"glib", "0:0|1 0:1|1"},
                {"libr", "3:0|1"},
                {"brary", "3:0|0"},
                {"tex ", ""},
                {"textx", ""},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *words = find_words(layer, cases[i].text);
                g_assert_cmpstr(words, ==, cases[i].words);
        }
        /* Of a word longer than a piece every part is found, and only the first is its start. */
        g_autofree char *words = find_words(layer, half);
        g_assert_true(strstr(words, "3:2|1") && strstr(words, "3:2|0"));
}

/* Lists and bitmaps give back what was put in, for all densities. */
static void test_postings(void)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(g_test_rand_int());

        for (guint round = 0; round < 200; round++) {
                g_autoptr(OmgPostingBuilder) builder = omg_posting_builder_new();
                g_autoptr(GByteArray) bytes = g_byte_array_new();
                GString *expected[OMG_MATCH_N];
                guint n = g_rand_int_range(rand, 1, 3000), step = g_rand_int_range(rand, 1, 400);
                guint32 set_number = omg_posting_builder_add_set(builder);
                OmgPostingSet set;
                for (guint c = 0; c < OMG_MATCH_N; c++)
                        expected[c] = g_string_new(NULL);
                for (guint id = g_rand_int_range(rand, 0, step); id < n;
                     id += g_rand_int_range(rand, 1, step + 1)) {
                        guint match = g_rand_int_range(rand, 0, OMG_MATCH_N);
                        omg_posting_builder_add(builder, set_number, match, id);
                        omg_posting_builder_add(builder, set_number, OMG_MATCH_DESCRIPTION, id);
                        g_string_append_printf(expected[match], " %u:%u", match, id);
                }
                omg_posting_builder_write(builder, set_number, n, bytes);
                g_assert_cmpuint(bytes->len, ==,
                                 omg_posting_builder_get_size(builder, set_number, n));
                g_assert_true(omg_posting_set_open(bytes->data, bytes->data + bytes->len, &set));
                g_autofree char *ids = dup_ids(set, n);
                for (guint c = 1; c < OMG_MATCH_N; c++)
                        g_string_append(expected[0], expected[c]->str);
                g_assert_cmpstr(ids, ==, expected[0]->len ? expected[0]->str + 1 : "");
                for (guint c = 0; c < OMG_MATCH_N; c++)
                        g_string_free(expected[c], TRUE);
                /* Cut anywhere it still ends, below the number of packages. */
                gsize cut = g_rand_int_range(rand, 0, (gint32)bytes->len + 1);
                if (omg_posting_set_open(bytes->data, bytes->data + cut, &set))
                        g_free(dup_ids(set, n));
        }
}

/* Sets that grow beside each other, from one id to thousands, do not get into each other's way. */
static void test_many_postings(void)
{
        enum { SETS = 500, IDS = 4000 };
        g_autoptr(OmgPostingBuilder) builder = omg_posting_builder_new();
        g_autoptr(GString) expected = g_string_new(NULL);

        for (guint s = 0; s < SETS; s++)
                g_assert_cmpuint(omg_posting_builder_add_set(builder), ==, s);
        /* Set s has every id that s % 50 + 1 divides, below 16 * (s + 1). */
        for (guint32 id = 0; id < IDS; id++)
                for (guint s = 0; s < SETS; s++)
                        if (id % (s % 50 + 1) == 0 && id < 16 * (s + 1))
                                omg_posting_builder_add(builder, s, OMG_MATCH_INSIDE, id);
        for (guint s = 0; s < SETS; s++) {
                g_autoptr(GByteArray) bytes = g_byte_array_new();
                OmgPostingSet set;
                /* As if there were so many that none is a bitmap, and as it is. */
                omg_posting_builder_write(builder, s, s % 2 ? IDS : 100 * IDS, bytes);
                g_assert_true(omg_posting_set_open(bytes->data, bytes->data + bytes->len, &set));
                g_autofree char *ids = dup_ids(set, s % 2 ? IDS : 100 * IDS);
                g_string_truncate(expected, 0);
                for (guint32 id = 0; id < MIN(IDS, 16 * (s + 1)); id += s % 50 + 1)
                        g_string_append_printf(expected, "%s%u:%u", id ? " " : "", OMG_MATCH_INSIDE,
                                               id);
                g_assert_cmpstr(ids, ==, expected->str);
        }
}

static int compare_texts(gconstpointer a, gconstpointer b, gpointer text)
{
        return strcmp((const char *)text + *(const guint32 *)a,
                      (const char *)text + *(const guint32 *)b);
}

/* The same order as the library's sort by strcmp, for texts that begin alike. */
static void test_suffix_sort(void)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(g_test_rand_int());

        for (guint round = 0; round < 100; round++) {
                g_autoptr(GString) text = g_string_new(NULL);
                g_autoptr(GArray) ours = g_array_new(FALSE, FALSE, sizeof(guint32));
                for (guint i = g_rand_int_range(rand, 0, 400); i > 0; i--) {
                        guint32 offset = text->len;
                        g_array_append_val(ours, offset);
                        for (guint k = g_rand_int_range(rand, 0, 12); k > 0; k--)
                                g_string_append_c(text, "aab\xff"[g_rand_int_range(rand, 0, 4)]);
                        g_string_append_c(text, '\0');
                }
                g_autoptr(GArray) theirs = g_array_copy(ours);
                omg_suffix_sort((const guint8 *)text->str, (guint32 *)(gpointer)ours->data,
                                ours->len);
                g_array_sort_with_data(theirs, compare_texts, text->str);
                for (guint i = 0; i < ours->len; i++)
                        g_assert_cmpstr(text->str + g_array_index(ours, guint32, i), ==,
                                        text->str + g_array_index(theirs, guint32, i));
        }
}

#define N_IDS 1000

static void fill(GRand *rand, OmgHits *hits, gboolean plain[OMG_MATCH_N][N_IDS])
{
        memset(plain, 0, sizeof(gboolean) * OMG_MATCH_N * N_IDS);
        omg_hits_reset(hits, N_IDS);
        for (guint k = g_rand_int_range(rand, 0, 600); k > 0; k--) {
                guint c = g_rand_int_range(rand, 0, OMG_MATCH_N);
                guint32 id = g_rand_int_range(rand, 0, N_IDS);
                omg_hits_add(hits, c, id);
                plain[c][id] = TRUE;
        }
}

/* The best class of an id, or OMG_MATCH_N. */
static guint best_of(gboolean plain[OMG_MATCH_N][N_IDS], guint32 id)
{
        guint c = 0;

        while (c < OMG_MATCH_N && !plain[c][id])
                c++;
        return c;
}

/* Every way of compiling the loops gives what a plain loop over the ids gives. */
static void test_hits(void)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(g_test_rand_int());
        g_auto(OmgHits) hits = {}, other = {};
        static gboolean x[OMG_MATCH_N][N_IDS], y[OMG_MATCH_N][N_IDS];
        const OmgHitsKernels *kernels;

        g_assert_nonnull(omg_hits_kernels_list(0));
        for (guint k = 0; (kernels = omg_hits_kernels_list(k)); k++)
                for (guint round = 0; round < 300; round++) {
                        guint64 mask[N_IDS / 64 + 1];
                        guint32 counts[OMG_MATCH_N], expected[OMG_MATCH_N] = {};
                        for (gsize i = 0; i < G_N_ELEMENTS(mask); i++)
                                mask[i] = (guint64)g_rand_int(rand) << 32 | g_rand_int(rand);
                        fill(rand, &hits, x);
                        fill(rand, &other, y);
                        kernels->intersect(&hits, &other);
                        kernels->mask(&hits, mask);
                        kernels->settle(&hits, counts);
                        for (guint32 id = 0; id < N_IDS; id++) {
                                guint worst = MAX(best_of(x, id), best_of(y, id));
                                gboolean kept =
                                        worst < OMG_MATCH_N && (mask[id / 64] & 1ull << (id % 64));
                                for (guint c = 0; c < OMG_MATCH_N; c++)
                                        g_assert_cmpint(omg_hits_next(&hits, c, id) == id, ==,
                                                        kept && c == worst);
                                if (kept)
                                        expected[worst]++;
                        }
                        g_assert_cmpmem(counts, sizeof(counts), expected, sizeof(expected));
                }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/text-index/runs", test_runs);
        g_test_add_func("/text-index/words", test_words);
        g_test_add_func("/text-index/postings", test_postings);
        g_test_add_func("/text-index/many-postings", test_many_postings);
        g_test_add_func("/text-index/suffix-sort", test_suffix_sort);
        g_test_add_func("/text-index/hits", test_hits);
        return g_test_run();
}
