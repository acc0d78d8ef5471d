/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Reading the ids of a posting set, one class after the other. */

#include "store/postings.h"

typedef struct {
        OmgPostingSet *set;
        guint32 left;        /* ids that a list still has */
        guint32 id;          /* the last one of a list */
        guint64 bits;        /* what is left of a bitmap's current word */
        gsize word, n_words; /* of a bitmap: the next one; 0 words: a list */
        guint n_packages;
} OmgPostingIter;

/* The first class whose ids were not read yet. All of a class must be read before the next. */
static inline void omg_posting_iter_init(OmgPostingIter *iter, OmgPostingSet *set, OmgMatch match,
                                         guint n_packages)
{
        gboolean bitmap = omg_posting_list_is_bitmap(set->counts[match], n_packages);

        *iter = (OmgPostingIter){.set = set,
                                 .left = set->counts[match],
                                 .id = G_MAXUINT32,
                                 .n_packages = n_packages};
        if (bitmap && set->counts[match] > 0)
                iter->n_words = omg_bitmap_words(n_packages);
}

/* The next id, ascending; OMG_NO_PACKAGE at the end, or where damaged bytes do not make sense. */
static inline guint32 omg_posting_iter_next(OmgPostingIter *iter)
{
        OmgPostingSet *set = iter->set;
        guint32 delta;

        if (iter->n_words == 0) {
                if (iter->left == 0)
                        return OMG_NO_PACKAGE;
                iter->left--;
                if (!omg_posting_read(&set->cursor, set->end, &delta) || delta == 0 ||
                    delta > iter->n_packages - (iter->id + 1)) {
                        iter->left = 0;
                        set->cursor = set->end;
                        return OMG_NO_PACKAGE;
                }
                return iter->id += delta;
        }
        while (iter->bits == 0) {
                if (iter->word == iter->n_words ||
                    (gsize)(set->end - set->cursor) < sizeof(guint64))
                        return OMG_NO_PACKAGE;
                memcpy(&iter->bits, set->cursor, sizeof(iter->bits));
                set->cursor += sizeof(iter->bits);
                iter->word++;
        }
        guint32 id = (guint32)(iter->word - 1) * 64 + (guint32)__builtin_ctzll(iter->bits);
        iter->bits &= iter->bits - 1;
        return id < iter->n_packages ? id : OMG_NO_PACKAGE;
}
