/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/search-lookup.h"

/* Of more words only the number counts: reading all their sets for a guess is as slow as using
 * them. */
#define ESTIMATED_WORDS    64u
#define GUESSED_IDS_A_WORD 8u

/* So few need no cheaper ones. */
#define FEW_IDS 16u

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

static gboolean find_run(const OmgTextIndex *index, const char *run, gsize len, OmgSearchPart *part)
{
        part->n_suffixes = 0;
        if (!omg_text_index_find_run(index, run, len, &part->set))
                return FALSE;
        part->estimate = omg_posting_set_count(&part->set);
        return TRUE;
}

static gboolean find_suffixes(const OmgTextIndex *index, const char *text, gsize len,
                              OmgSearchPart *part)
{
        if (!omg_text_index_find_suffixes(index, text, len, &part->first_suffix, &part->n_suffixes))
                return FALSE;
        part->estimate = estimate_suffixes(index, part->first_suffix, part->n_suffixes);
        return TRUE;
}

static gsize count_word_bytes(const char *text, gsize len)
{
        gsize n = 0;

        while (n < len && omg_is_word_byte((guint8)text[n]))
                n++;
        return n;
}

/* Keeps the two cheapest parts, the cheaper one first. */
static void keep_cheapest(OmgSearchLookup *lookup, const OmgSearchPart *part)
{
        OmgSearchPart *parts = lookup->parts;

        if (lookup->n_parts == 0 || part->estimate < parts[0].estimate) {
                parts[1] = parts[0];
                parts[0] = *part;
        } else if (lookup->n_parts == 1 || part->estimate < parts[1].estimate) {
                parts[1] = *part;
        }
        lookup->n_parts = MIN(lookup->n_parts + 1, G_N_ELEMENTS(lookup->parts));
}

/* Parts that are words come first: mostly one of them is rare enough. All of them must be there. */
static gboolean find_candidates(const OmgTextIndex *index, const OmgSearchWord *word,
                                OmgSearchLookup *lookup)
{
        OmgSearchPart part;

        lookup->start = (OmgSearchPart){};
        for (gsize i = 0; i < word->len;) {
                gsize len = count_word_bytes(word->text + i, word->len - i);
                if (len >= OMG_SUFFIX_MIN) {
                        part = (OmgSearchPart){.bounds = i == 0};
                        if (!find_suffixes(index, word->text + i, MIN(len, OMG_WORD_FIND), &part))
                                return FALSE;
                        keep_cheapest(lookup, &part);
                }
                i += len + 1;
        }
        for (gsize i = 0; i + 3 <= word->len; i++) {
                if (lookup->n_parts > 0 && lookup->parts[0].estimate <= FEW_IDS)
                        return TRUE;
                part = (OmgSearchPart){.bounds = i == 0};
                if (!find_run(index, word->text + i, 3, &part))
                        return FALSE;
                if (i == 0)
                        lookup->start = part;
                keep_cheapest(lookup, &part);
        }
        return TRUE;
}

gboolean omg_search_lookup_find(const OmgTextIndex *index, const OmgSearchWord *word,
                                OmgSearchLookup *ret_lookup)
{
        ret_lookup->word = word;
        ret_lookup->n_parts = 1;
        ret_lookup->exact = TRUE;
        ret_lookup->parts[0] = (OmgSearchPart){.bounds = TRUE};
        if (word->len <= 3)
                return find_run(index, word->text, word->len, &ret_lookup->parts[0]);
        if (word->len <= OMG_WORD_FIND && count_word_bytes(word->text, word->len) == word->len)
                return find_suffixes(index, word->text, word->len, &ret_lookup->parts[0]);
        ret_lookup->n_parts = 0;
        ret_lookup->exact = FALSE;
        return find_candidates(index, word, ret_lookup);
}

void omg_search_part_collect(OmgSearchPart *part, const OmgTextIndex *index, guint n_classes,
                             OmgHits *hits)
{
        static const guint8 same[OMG_MATCH_N] = {OMG_MATCH_PREFIX, OMG_MATCH_WORD_START,
                                                 OMG_MATCH_INSIDE, OMG_MATCH_DESCRIPTION};
        static const guint8 inside[OMG_MATCH_N] = {OMG_MATCH_INSIDE, OMG_MATCH_INSIDE,
                                                   OMG_MATCH_INSIDE, OMG_MATCH_DESCRIPTION};
        static const guint8 unknown[OMG_MATCH_N] = {};

        if (part->n_suffixes == 0)
                omg_hits_add_set(hits, &part->set, part->bounds ? same : unknown, n_classes);
        for (gsize i = 0; i < part->n_suffixes; i++) {
                OmgPostingSet set;
                gboolean at_start;
                if (!omg_text_index_get_word(index, part->first_suffix + i, &set, &at_start))
                        continue;
                omg_hits_add_set(hits, &set,
                                 !part->bounds ? unknown
                                 : at_start    ? same
                                               : inside,
                                 n_classes);
        }
}
