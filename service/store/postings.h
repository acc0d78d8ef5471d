/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Reading a posting list: the ascending ids of the packages whose text has some run of bytes. */

#include <glib.h>

#define OMG_NO_PACKAGE G_MAXUINT32

typedef struct {
        const guint8 *cursor;
        const guint8 *end;
        guint last;
        guint count;
} OmgPostings;

/* The next id, ascending; OMG_NO_PACKAGE at the end, or where a damaged list does not ascend. */
static inline guint omg_postings_next(OmgPostings *postings)
{
        guint delta = 0;

        for (unsigned shift = 0; shift < 32 && postings->cursor < postings->end; shift += 7) {
                guint8 byte = *postings->cursor++;
                delta |= (guint)(byte & 0x7f) << shift;
                if (byte & 0x80)
                        continue;
                return delta > 0 ? postings->last += delta : OMG_NO_PACKAGE;
        }
        return OMG_NO_PACKAGE;
}
