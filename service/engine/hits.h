/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The packages of one layer that a search has found so far: a bit for each id and class of match,
 * in the order of ids, which is that of rank within a class. Only words of bits that something was
 * added to are ever looked at, so a small answer out of a million packages costs what it is worth.
 */

#include "store/postings.h"

/* The bits of 64 ids, one word a class. */
typedef struct {
        guint64 match[OMG_MATCH_N];
} OmgHitWord;

typedef struct {
        OmgHitWord *words;
        guint64 *touched; /* a bit for each of the words that may not be zero */
        gsize n_words;
        gsize n_touched; /* 64-bit words of touched */
        gsize allocated; /* words */
        guint n_packages;
} OmgHits;

void omg_hits_clear(OmgHits *hits); /* frees all */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgHits, omg_hits_clear)

/* Forgets what was found; from now on about a layer of so many packages. Allocates only when that
 * is more than ever before. */
void omg_hits_reset(OmgHits *hits, guint n_packages);

/* Runs the block for each word that something was added to. */
#define OMG_FOR_EACH_TOUCHED(hits, word)                                                       \
        for (gsize touched_ = 0; touched_ < (hits)->n_touched; touched_++)                     \
                for (guint64 left_ = (hits)->touched[touched_]; left_; left_ &= left_ - 1)     \
                        for (OmgHitWord *word = &(hits)->words[touched_ * 64 +                 \
                                                               (gsize)__builtin_ctzll(left_)], \
                                        *once_ = word;                                         \
                             once_; once_ = NULL)

/* @id is below the number of packages. */
static inline void omg_hits_add(OmgHits *hits, OmgMatch match, guint32 id)
{
        gsize word = id / 64;

        hits->words[word].match[match] |= 1ull << (id % 64);
        hits->touched[word / 64] |= 1ull << (word % 64);
}

/* Adds the ids of a set's first @n_classes classes, those of class c as class as[c]. Uses the set
 * up. */
void omg_hits_add_set(OmgHits *hits, OmgPostingSet *set, const guint8 as[OMG_MATCH_N],
                      guint n_classes);

/* Leaves each id in its best class alone, and counts the ids of each class. */
void omg_hits_settle(OmgHits *hits, guint32 ret_counts[OMG_MATCH_N]);

/* Keeps the ids that both have, each in the worse of its two best classes. */
void omg_hits_intersect(OmgHits *hits, const OmgHits *other);

/* Keeps the ids that are in a bitmap of omg_bitmap_words(). */
void omg_hits_mask(OmgHits *hits, const guint64 *bits);

/* The first id of a class from @from on; OMG_NO_PACKAGE when there is none. */
guint32 omg_hits_next(const OmgHits *hits, OmgMatch match, guint32 from);
