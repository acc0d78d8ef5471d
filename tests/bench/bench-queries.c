/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench-queries.h"

#include <string.h>

guint bench_count_packages(const OmgSnapshot *snapshot)
{
        return omg_layer_get_n_packages(snapshot->sync) +
               (snapshot->aur ? omg_layer_get_n_packages(snapshot->aur) : 0);
}

const char *bench_get_text(const OmgSnapshot *snapshot, guint i, gboolean name, gsize *ret_len)
{
        const guint n_sync = omg_layer_get_n_packages(snapshot->sync);
        const OmgLayer *layer = i < n_sync ? snapshot->sync : snapshot->aur;
        const OmgPackageRecord *r = omg_layer_get_record(layer, i < n_sync ? i : i - n_sync);

        *ret_len = name ? r->folded_name_len : r->folded_description_len;
        return omg_layer_get_text(layer, name ? r->folded_name : r->folded_description);
}

static guint pick_package(const OmgSnapshot *snapshot, GRand *rand)
{
        return (guint)g_rand_int_range(rand, 0, (gint32)bench_count_packages(snapshot));
}

/* What a search may be cut at is not what words here are cut at: nothing blank may be in one. */
static gboolean is_word(const char *word)
{
        if (!*word || !g_utf8_validate(word, -1, NULL))
                return FALSE;
        for (const char *p = word; *p; p = g_utf8_next_char(p))
                if (g_unichar_isspace(g_utf8_get_char(p)))
                        return FALSE;
        return TRUE;
}

/* A word of a text, at most @max bytes of it; NULL when what was met is none. */
static char *pick_word(const char *text, gsize max, GRand *rand)
{
        g_auto(GStrv) words = g_strsplit_set(text, " -_.,()", -1);
        guint n = g_strv_length(words);
        const char *word = n > 0 ? words[g_rand_int_range(rand, 0, (gint32)n)] : "";
        g_autofree char *piece = g_strndup(word, MIN(strlen(word), max));

        return is_word(piece) ? g_steal_pointer(&piece) : NULL;
}

static const char *get_text(const OmgSnapshot *snapshot, guint i, gboolean name)
{
        gsize len;

        return bench_get_text(snapshot, i, name, &len);
}

static char *pick_piece(const OmgSnapshot *snapshot, GRand *rand)
{
        for (;;) {
                char *piece = pick_word(
                        get_text(snapshot, pick_package(snapshot, rand), g_rand_boolean(rand)),
                        (gsize)g_rand_int_range(rand, 1, 13), rand);
                if (piece)
                        return piece;
        }
}

void bench_mix_pieces(BenchMix *mix, const OmgSnapshot *snapshot)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(1);

        mix->name = "pieces of words";
        for (guint i = 0; i < BENCH_N_QUERIES; i++) {
                g_autofree char *first = pick_piece(snapshot, rand);
                g_autofree char *second = pick_piece(snapshot, rand);
                mix->queries[i] = i % 4 == 3 ? g_strconcat(first, " ", second, NULL)
                                             : g_steal_pointer(&first);
        }
}

/* NULL when that package has nothing fitting. */
static char *try_typed(const OmgSnapshot *snapshot, GRand *rand, guint i)
{
        guint id = pick_package(snapshot, rand);
        const char *name = get_text(snapshot, id, TRUE),
                   *description = get_text(snapshot, id, FALSE);
        gsize letters = (gsize)g_rand_int_range(rand, 1, 13);
        g_autofree char *start = g_strndup(name, MIN(letters, strlen(name)));

        if (i % 4 == 0)
                return is_word(name) ? g_strdup(name) : NULL;
        if (i % 4 == 1)
                return is_word(start) ? g_steal_pointer(&start) : NULL;
        g_autofree char *word = pick_word(description, G_MAXSIZE, rand);
        if (i % 4 == 2 || !word)
                return g_steal_pointer(&word);
        g_autofree char *other =
                pick_word(g_rand_boolean(rand) ? name : description, G_MAXSIZE, rand);
        return other ? g_strconcat(other, " ", word, NULL) : NULL;
}

void bench_mix_typed(BenchMix *mix, const OmgSnapshot *snapshot)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(2);

        mix->name = "as typed";
        for (guint i = 0; i < BENCH_N_QUERIES; i++)
                while (!(mix->queries[i] = try_typed(snapshot, rand, i)))
                        ;
}

void bench_mix_clear(BenchMix *mix)
{
        for (guint i = 0; i < BENCH_N_QUERIES; i++)
                g_clear_pointer(&mix->queries[i], g_free);
}
