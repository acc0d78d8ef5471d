/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/search-lookup.h"

/* Of more words only the number counts: reading all their sets for a guess is as slow as using
 * them. */
#define ESTIMATED_WORDS    64u
#define GUESSED_IDS_A_WORD 8u

/* Where classes bound the rank, a search ends early: so many candidates at most, about. */
#define BOUNDED_COST 2000u

static guint64 estimate_suffixes(const OmgTextIndex *index, gsize first, gsize count)
{
        guint64 estimate = 0;

        if (count > ESTIMATED_WORDS)
                return (guint64)count * GUESSED_IDS_A_WORD;
        for (gsize i = first; i < first + count; i++) {
                OmgPostingSet set;
                gboolean at_start;
                if (omg_text_index_get_word(index, i, &set, &at_start))
                        estimate += omg_posting_set_count(&set);
        }
        return estimate;
}

static gboolean find_run(const OmgTextIndex *index, const char *run, gsize len,
                         OmgSearchLookup *lookup)
{
        lookup->n_suffixes = 0;
        if (!omg_text_index_find_run(index, run, len, &lookup->set))
                return FALSE;
        lookup->estimate = omg_posting_set_count(&lookup->set);
        return TRUE;
}

static gboolean find_suffixes(const OmgTextIndex *index, const char *text, gsize len,
                              OmgSearchLookup *lookup)
{
        if (!omg_text_index_find_suffixes(index, text, len, &lookup->first_suffix,
                                          &lookup->n_suffixes))
                return FALSE;
        lookup->estimate = estimate_suffixes(index, lookup->first_suffix, lookup->n_suffixes);
        return TRUE;
}

static gsize count_word_bytes(const char *text, gsize len)
{
        gsize n = 0;

        while (n < len && omg_is_word_byte((guint8)text[n]))
                n++;
        return n;
}

static guint64 get_cost(const OmgSearchLookup *lookup)
{
        return lookup->bounds ? MIN(lookup->estimate, BOUNDED_COST) : lookup->estimate;
}

static void keep_cheaper(OmgSearchLookup *best, const OmgSearchLookup *other)
{
        if (get_cost(other) < get_cost(best))
                *best = *other;
}

/* The cheapest of the runs of three and the parts that are words. All of them must be there. */
static gboolean find_candidates(const OmgTextIndex *index, const OmgSearchWord *word,
                                OmgSearchLookup *best)
{
        OmgSearchLookup other = {.word = word};

        for (gsize i = 0; i + 3 <= word->len; i++) {
                if (!find_run(index, word->text + i, 3, &other))
                        return FALSE;
                other.bounds = i == 0;
                if (i == 0)
                        *best = other;
                else
                        keep_cheaper(best, &other);
        }
        for (gsize i = 0; i < word->len;) {
                gsize part = count_word_bytes(word->text + i, word->len - i);
                if (part >= OMG_SUFFIX_MIN) {
                        if (!find_suffixes(index, word->text + i, MIN(part, OMG_WORD_FIND), &other))
                                return FALSE;
                        other.bounds = i == 0;
                        keep_cheaper(best, &other);
                }
                i += part + 1;
        }
        return TRUE;
}

gboolean omg_search_lookup_find(const OmgTextIndex *index, const OmgSearchWord *word,
                                OmgSearchLookup *ret_lookup)
{
        *ret_lookup = (OmgSearchLookup){.word = word, .exact = TRUE, .bounds = TRUE};
        if (word->len <= 3)
                return find_run(index, word->text, word->len, ret_lookup);
        if (word->len <= OMG_WORD_FIND && count_word_bytes(word->text, word->len) == word->len)
                return find_suffixes(index, word->text, word->len, ret_lookup);
        return find_candidates(index, word, ret_lookup);
}

void omg_search_lookup_collect(OmgSearchLookup *lookup, const OmgTextIndex *index, guint n_classes,
                               OmgHits *hits)
{
        static const guint8 same[OMG_MATCH_N] = {OMG_MATCH_PREFIX, OMG_MATCH_WORD_START,
                                                 OMG_MATCH_INSIDE, OMG_MATCH_DESCRIPTION};
        static const guint8 inside[OMG_MATCH_N] = {OMG_MATCH_INSIDE, OMG_MATCH_INSIDE,
                                                   OMG_MATCH_INSIDE, OMG_MATCH_DESCRIPTION};
        static const guint8 unknown[OMG_MATCH_N] = {};

        if (lookup->n_suffixes == 0)
                omg_hits_add_set(hits, &lookup->set, lookup->bounds ? same : unknown, n_classes);
        for (gsize i = 0; i < lookup->n_suffixes; i++) {
                OmgPostingSet set;
                gboolean at_start;
                if (!omg_text_index_get_word(index, lookup->first_suffix + i, &set, &at_start))
                        continue;
                omg_hits_add_set(hits, &set,
                                 !lookup->bounds ? unknown
                                 : at_start      ? same
                                                 : inside,
                                 n_classes);
        }
}
