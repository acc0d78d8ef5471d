/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/hits.h"

#include "engine/hits-kernels.h"
#include "store/posting-iter.h"

void omg_hits_clear(OmgHits *hits)
{
        g_free(hits->words);
        g_free(hits->touched);
        *hits = (OmgHits){};
}

static void forget(OmgHits *hits)
{
        OMG_FOR_EACH_TOUCHED(hits, word)
        *word = (OmgHitWord){};
        memset(hits->touched, 0, hits->n_touched * sizeof(guint64));
}

void omg_hits_reset(OmgHits *hits, guint n_packages)
{
        gsize n_words = omg_bitmap_words(n_packages);

        if (hits->touched)
                forget(hits);
        if (n_words > hits->allocated || !hits->touched) {
                g_free(hits->words);
                g_free(hits->touched);
                hits->allocated = n_words;
                hits->words = g_new0(OmgHitWord, n_words);
                hits->touched = g_new0(guint64, n_words / 64 + 1);
        }
        hits->n_words = n_words;
        hits->n_touched = (n_words + 63) / 64;
        hits->n_packages = n_packages;
}

static void add_bitmap(OmgHits *hits, OmgPostingSet *set, OmgMatch match)
{
        gsize n = MIN(hits->n_words, (gsize)(set->end - set->cursor) / sizeof(guint64));

        for (gsize i = 0; i < n; i++) {
                guint64 bits;
                memcpy(&bits, set->cursor + i * sizeof(bits), sizeof(bits));
                hits->words[i].match[match] |= bits;
        }
        set->cursor += n * sizeof(guint64);
        /* Bits beyond the last package can only come from a damaged file. */
        if (n == hits->n_words && hits->n_packages % 64 != 0)
                hits->words[n - 1].match[match] &= (1ull << (hits->n_packages % 64)) - 1;
        for (gsize i = 0; i < n; i += 64)
                hits->touched[i / 64] |= n - i >= 64 ? G_MAXUINT64 : (1ull << (n - i)) - 1;
}

void omg_hits_add_set(OmgHits *hits, OmgPostingSet *set, const guint8 as[OMG_MATCH_N],
                      guint n_classes)
{
        for (guint c = 0; c < n_classes; c++) {
                OmgPostingIter iter;
                guint32 id;

                if (set->counts[c] == 0)
                        continue;
                omg_posting_iter_init(&iter, set, c, hits->n_packages);
                if (iter.n_words > 0)
                        add_bitmap(hits, set, as[c]);
                else
                        while ((id = omg_posting_iter_next(&iter)) != OMG_NO_PACKAGE)
                                omg_hits_add(hits, as[c], id);
        }
}

void omg_hits_settle(OmgHits *hits, guint32 ret_counts[OMG_MATCH_N])
{
        omg_hits_kernels_get()->settle(hits, ret_counts);
}

void omg_hits_intersect(OmgHits *hits, const OmgHits *other)
{
        omg_hits_kernels_get()->intersect(hits, other);
}

void omg_hits_mask(OmgHits *hits, const guint64 *bits)
{
        omg_hits_kernels_get()->mask(hits, bits);
}

guint32 omg_hits_next(const OmgHits *hits, OmgMatch match, guint32 from)
{
        gsize word = from / 64;

        if (from >= hits->n_packages)
                return OMG_NO_PACKAGE;
        guint64 bits = hits->words[word].match[match] & (G_MAXUINT64 << (from % 64));
        while (bits == 0) {
                /* To the next word that was touched. */
                if (++word >= hits->n_words)
                        return OMG_NO_PACKAGE;
                guint64 touched = hits->touched[word / 64] & (G_MAXUINT64 << (word % 64));
                if (touched == 0) {
                        word |= 63;
                        continue;
                }
                word = word / 64 * 64 + (gsize)__builtin_ctzll(touched);
                bits = hits->words[word].match[match];
        }
        return (guint32)(word * 64) + (guint32)__builtin_ctzll(bits);
}
