/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The words of a query, and how well one matches the texts of a package: the definition that the
 * index answers without looking at the texts. */

#include "base/error.h"
#include "base/limits.h"
#include "store/text-index.h"

/* Case folding makes UTF-8 at most a few times longer. */
#define OMG_FOLDED_QUERY_SIZE (OMG_LIMIT_QUERY * 8 + 1)

typedef struct {
        const char *text; /* folded; does not end in NUL */
        gsize len;        /* bytes, above 0 */
} OmgSearchWord;

typedef struct {
        char folded[OMG_FOLDED_QUERY_SIZE];
        OmgSearchWord words[OMG_LIMIT_QUERY_WORDS];
        guint n_words;
} OmgSearchQuery;

/* INVALID_ARGS when a query is no UTF-8 or too long. */
gboolean omg_search_query_check(const char *text, GError **error);

/* Folds the query and points the words into it. @whole: all of it, without outer blanks, is one
 * word. Errors: INVALID_ARGS when it is no UTF-8, too long or has too many words. */
gboolean omg_search_query_parse(OmgSearchQuery *query, const char *text, gboolean whole,
                                GError **error);

/* The class of a word's best place in the texts of a package; OMG_MATCH_N when it is in neither.
 * @names_only: descriptions do not count. */
OmgMatch omg_search_word_match(const OmgSearchWord *word, const OmgLayer *layer,
                               const OmgPackageRecord *record, gboolean names_only);
