/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Posting sets: the ids of the packages that have some run of bytes or some word, apart by how well
 * that matches, so that a search reads the best ones first and stops when it has enough.
 *
 * In the file a set is a byte with a bit for each class that has ids; for each of these, in order,
 * the number of ids as LEB128; then the ids of each, ascending: as LEB128 differences, the first
 * + 1; or, where at least every eighth package has it, as a bitmap of 64-bit words, which then is
 * no larger and much faster to read. An id is in one class of a set only, its best one. */

#include <glib.h>
#include <string.h>

#define OMG_NO_PACKAGE G_MAXUINT32

/* Where the text stands in a package, best first. */
typedef enum {
        OMG_MATCH_PREFIX,      /* the name begins with it */
        OMG_MATCH_WORD_START,  /* in the name after a character that is no letter or digit */
        OMG_MATCH_INSIDE,      /* elsewhere in the name */
        OMG_MATCH_DESCRIPTION, /* only in the description */
        OMG_MATCH_N
} OmgMatch;

typedef struct {
        const guint8 *cursor; /* the ids of the first class */
        const guint8 *end;    /* of all that may be read */
        guint32 counts[OMG_MATCH_N];
} OmgPostingSet;

/* The 64-bit words of a bitmap over so many packages. */
static inline gsize omg_bitmap_words(guint n_packages)
{
        return ((gsize)n_packages + 63) / 64;
}

static inline gboolean omg_posting_list_is_bitmap(guint32 count, guint n_packages)
{
        return (guint64)count * 8 >= n_packages;
}

/* LEB128 of at most 32 bits; FALSE at the end. */
static inline gboolean omg_posting_read(const guint8 **cursor, const guint8 *end,
                                        guint32 *ret_value)
{
        guint32 value = 0;

        for (unsigned shift = 0; shift < 35 && *cursor < end; shift += 7) {
                guint8 byte = *(*cursor)++;
                value |= (guint32)(byte & 0x7f) << shift;
                if (!(byte & 0x80)) {
                        *ret_value = value;
                        return TRUE;
                }
        }
        return FALSE;
}

/* FALSE for bytes that are no set; ret_set then has no ids. */
static inline gboolean omg_posting_set_open(const guint8 *at, const guint8 *end,
                                            OmgPostingSet *ret_set)
{
        *ret_set = (OmgPostingSet){.end = end};
        if (at >= end)
                return FALSE;
        guint8 classes = *at++;
        for (guint c = 0; c < OMG_MATCH_N; c++)
                if ((classes & 1u << c) && !omg_posting_read(&at, end, &ret_set->counts[c])) {
                        memset(ret_set->counts, 0, sizeof(ret_set->counts));
                        return FALSE;
                }
        ret_set->cursor = at;
        return TRUE;
}

/* How many ids the set has; at most G_MAXUINT32 whatever the bytes say. */
static inline guint32 omg_posting_set_count(const OmgPostingSet *set)
{
        guint64 count = 0;

        for (guint c = 0; c < OMG_MATCH_N; c++)
                count += set->counts[c];
        return (guint32)MIN(count, G_MAXUINT32);
}

/* Reading the ids of one class after the other. */
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
