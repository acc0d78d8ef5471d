/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Inverted index of runs of 1 to 3 bytes, built in memory: for each run the ascending ids of the
 * texts that have it, as in OMG_SECTION_NAME_GRAMS and OMG_SECTION_POSTINGS. */

#include <glib.h>

typedef struct OmgGramIndex OmgGramIndex;

OmgGramIndex *omg_gram_index_new(void);
void omg_gram_index_free(OmgGramIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgGramIndex, omg_gram_index_free)

/* Adds all runs of a text. Ids must not descend from call to call. */
void omg_gram_index_add(OmgGramIndex *index, guint id, const char *text, gsize len);

/* Appends the postings to @postings and returns the table of slots that point into it. */
GByteArray *omg_gram_index_finish(OmgGramIndex *index, GByteArray *postings);
