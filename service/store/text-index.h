/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Which packages have some text in their names and descriptions: the search sections of a layer.
 *
 * Two ways lead from a text to its posting sets. A run of 1 to 3 bytes has a set of its own. A
 * longer text without blanks or punctuation stands inside of words: all suffixes of all distinct
 * words are kept sorted, so those that begin with the text are one range, and the sets of their
 * words together are the exact answer. A reader tolerates any bytes. */

#include "store/layer.h"

/* Words are runs of ASCII letters, digits and bytes from 0x80 on. */
static inline gboolean omg_is_word_byte(guint8 byte)
{
        return g_ascii_isalnum(byte) || byte >= 0x80;
}

/* A longer word is kept in pieces of so many bytes, one beginning at every 32nd: whatever has at
 * most half as many bytes is in one piece. */
#define OMG_WORD_PIECE 64u
#define OMG_WORD_FIND  (OMG_WORD_PIECE / 2)

/* Shorter suffixes are runs: they are not kept. */
#define OMG_SUFFIX_MIN 4u

/* One run of bytes in OMG_SECTION_RUNS, a hash table of 2^n slots. */
typedef struct {
        guint32 key;          /* the bytes, the first lowest; 0: empty slot */
        guint32 set;          /* offset in POSTINGS */
        guint32 first_suffix; /* in SUFFIXES: those that begin with a run of three */
        guint32 n_suffixes;
} OmgRunSlot;

/* What stands before the text of a word in OMG_SECTION_WORDS; the text ends in NUL, and the NUL
 * before it is how its beginning is found. */
typedef struct {
        guint8 set[4];   /* offset in POSTINGS, native byte order */
        guint8 at_start; /* 0: a later piece of a longer word */
        guint8 nul;
} OmgWordHead;

/* The search sections of one layer, borrowed from it. */
typedef struct {
        const OmgRunSlot *runs;
        gsize n_runs;            /* 0, or a power of two */
        const guint32 *suffixes; /* offsets in words, by the bytes there */
        gsize n_suffixes;
        const guint8 *words;
        gsize words_size;
        const guint8 *postings;
        gsize postings_size;
} OmgTextIndex;

void omg_text_index_init(OmgTextIndex *index, const OmgLayer *layer);

/* The set of a run of 1 to 3 bytes; FALSE when no package has it. */
gboolean omg_text_index_find_run(const OmgTextIndex *index, const char *run, gsize len,
                                 OmgPostingSet *ret_set);

/* The range of suffixes that begin with the text, which has OMG_SUFFIX_MIN to OMG_WORD_FIND bytes,
 * all of words. FALSE when there is none. */
gboolean omg_text_index_find_suffixes(const OmgTextIndex *index, const char *text, gsize len,
                                      gsize *ret_first, gsize *ret_count);

/* The set of the word that a suffix is of. ret_at_start: the suffix is the whole word. */
gboolean omg_text_index_get_word(const OmgTextIndex *index, gsize suffix, OmgPostingSet *ret_set,
                                 gboolean *ret_at_start);
