/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* How the index finds one word of a query: exactly, or as candidates whose texts must be looked at.
 *
 * Words of up to three bytes, and words of letters and digits up to OMG_WORD_FIND bytes, are
 * answered exactly. Of others ("c++11", "foo-bar", very long ones) the part that fewest packages
 * have gives the candidates. */

#include "engine/hits.h"
#include "engine/search-text.h"

typedef struct {
        const OmgSearchWord *word;
        guint64 estimate; /* ids to read, about */
        gboolean exact;   /* FALSE: candidates */
        /* Candidates come in classes that are no worse than those of the word: so better ones
         * cannot come later. Otherwise all are in the best class. */
        gboolean bounds;
        OmgPostingSet set; /* of a run, when n_suffixes is 0 */
        gsize first_suffix, n_suffixes;
} OmgSearchLookup;

/* FALSE: the word is in no text of the layer. */
gboolean omg_search_lookup_find(const OmgTextIndex *index, const OmgSearchWord *word,
                                OmgSearchLookup *ret_lookup);

/* Adds what the lookup found to @hits; of the first @n_classes classes only. Uses the lookup up. */
void omg_search_lookup_collect(OmgSearchLookup *lookup, const OmgTextIndex *index, guint n_classes,
                               OmgHits *hits);
