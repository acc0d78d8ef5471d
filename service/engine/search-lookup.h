/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* How the index finds one word of a query: exactly, or as candidates whose texts must be looked at.
 *
 * Words of up to three bytes, and words of letters and digits up to OMG_WORD_FIND bytes, are
 * answered exactly. Of others ("c++11", "foo-bar", very long ones) the part that fewest packages
 * have gives the candidates. */

#include "engine/hits.h"
#include "engine/search-text.h"

/* A set of a run, or the sets of the words of a range of suffixes. */
typedef struct {
        guint64 estimate; /* ids to read, about */
        /* Its classes are no worse than those of the word: so better ones cannot come later.
         * Otherwise all is taken for the best class. */
        gboolean bounds;
        OmgPostingSet set; /* when n_suffixes is 0 */
        gsize first_suffix, n_suffixes;
} OmgSearchPart;

typedef struct {
        const OmgSearchWord *word;
        gboolean exact;         /* FALSE: what is found are candidates */
        OmgSearchPart parts[2]; /* all must be found; of candidates those that fewest have */
        guint n_parts;          /* 1 or 2 */
        OmgSearchPart start;    /* of candidates: the beginning of the word, which bounds */
} OmgSearchLookup;

/* FALSE: the word is in no text of the layer. */
gboolean omg_search_lookup_find(const OmgTextIndex *index, const OmgSearchWord *word,
                                OmgSearchLookup *ret_lookup);

/* Adds what a part finds to @hits; of the first @n_classes classes only. Uses the part up. */
void omg_search_part_collect(OmgSearchPart *part, const OmgTextIndex *index, guint n_classes,
                             OmgHits *hits);
