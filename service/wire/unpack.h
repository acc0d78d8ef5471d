/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Columns of a body, as they are read. Opening one checks all of it and moves the reader behind it;
 * its items are then taken out of the packed bytes one by one, as often as there are items: nothing
 * is unpacked into memory. */

#include <glib.h>

typedef struct {
        const guint8 *body, *next, *end;
        const char *what, *of; /* the column that is being opened, for messages; of may be NULL */
        GError **error;
} OmgWireReader;

/* Sets the error "byte N: ...", N being the offset of @at. Always FALSE. */
gboolean omg_wire_reader_fail(OmgWireReader *reader, const guint8 *at, const char *format, ...)
        G_GNUC_PRINTF(3, 4);

/* Small numbers: per_byte of them in a byte, as digits to a base of radix. */
typedef struct {
        const guint8 *next;
        guint32 radix, reciprocal; /* the latter: 65536 / radix, rounded up */
        guint32 group;             /* what is left of the byte before next */
        guint8 per_byte, left;     /* left: items in group */
        guint8 base;               /* added to each */
} OmgWireDigits;

typedef struct {
        OmgWireDigits digits; /* width 1 */
        const guint8 *next;   /* of the other widths */
        guint64 base, mask;   /* mask: of the type's own width */
        guint width;
} OmgWireIntegers;

typedef struct {
        OmgWireDigits small;
        OmgWireIntegers large; /* of those that are 255 in small */
} OmgWireLengths;

gboolean omg_wire_digits_open(OmgWireReader *reader, gsize n, OmgWireDigits *ret);

/* How often each of the n items to come has which value. */
void omg_wire_digits_tally(OmgWireDigits digits, gsize n, gsize ret_tally[256]);

/* The byte that holds the first of the n items that is at least @least; NULL: none is. */
const guint8 *omg_wire_digits_find(OmgWireDigits digits, gsize n, guint least, guint *ret_value);

/* own_width: 8 or 4. */
gboolean omg_wire_integers_open(OmgWireReader *reader, gsize n, guint own_width,
                                OmgWireIntegers *ret);

/* *ret_total: all lengths together, less than OMG_WIRE_TOTAL_MAX. */
#define OMG_WIRE_TOTAL_MAX ((G_GUINT64_CONSTANT(1) << 63) / 4096 - 1)
gboolean omg_wire_lengths_open(OmgWireReader *reader, gsize n, OmgWireLengths *ret,
                               guint64 *ret_total);

/* The bytes of n strings: enough of them, and each string valid UTF-8. */
gboolean omg_wire_text_open(OmgWireReader *reader, OmgWireLengths lengths, gsize n, guint64 total,
                            const char **ret);

static inline guint omg_wire_digits_next(OmgWireDigits *digits)
{
        guint rest, digit;

        if (digits->left == 0) {
                digits->group = *digits->next++;
                digits->left = digits->per_byte;
        }
        rest = digits->group * digits->reciprocal >> 16; /* divided: exact for a byte */
        digit = digits->group - rest * digits->radix;
        digits->group = rest;
        digits->left--;
        return (digit + digits->base) & 0xff;
}

guint64 omg_wire_integers_next(OmgWireIntegers *integers);

static inline guint64 omg_wire_lengths_next(OmgWireLengths *lengths)
{
        guint length = omg_wire_digits_next(&lengths->small);

        return length < 255 ? length : omg_wire_integers_next(&lengths->large);
}
