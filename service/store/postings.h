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

/* Whether a bitmap has the id, which is one of those packages. */
static inline gboolean omg_bitmap_has(const guint64 *bitmap, guint32 id)
{
        return (bitmap[id / 64] >> (id % 64) & 1) != 0;
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
