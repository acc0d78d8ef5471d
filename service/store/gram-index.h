/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Inverted index of runs of 1 to 3 bytes, built in memory: for each run the ascending ids of the
 * texts that have it, as in OMG_SECTION_NAME_GRAMS and OMG_SECTION_POSTINGS. */

#include <glib.h>

/* One run in the file. */
typedef struct {
        guint32 key; /* the run's bytes, the first lowest; 0: empty slot */
        guint32 offset;
        guint32 size;  /* bytes in POSTINGS */
        guint32 count; /* ids */
} OmgGramSlot;

/* Slot of a gram in a table of 2^bits slots (Fibonacci hashing). */
static inline guint32 omg_gram_hash(guint32 key, unsigned bits)
{
        return bits == 0 ? 0 : (key * 0x9e3779b1u) >> (32 - bits);
}

typedef struct OmgGramIndex OmgGramIndex;

OmgGramIndex *omg_gram_index_new(void);
void omg_gram_index_free(OmgGramIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgGramIndex, omg_gram_index_free)

/* Adds all runs of a text. Ids must not descend from call to call. */
void omg_gram_index_add(OmgGramIndex *index, guint id, const char *text, gsize len);

/* Appends the postings to @postings and returns the table of slots that point into it. */
GByteArray *omg_gram_index_finish(OmgGramIndex *index, GByteArray *postings);
