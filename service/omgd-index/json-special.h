/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Where a string of JSON is not itself: eight bytes at a time, because most of 45 MB is strings. */

#include <glib.h>
#include <string.h>

/* A high bit in each byte of @eight that is zero; maybe in one above such a byte, too. */
static inline guint64 omg_json_zeros(guint64 eight)
{
        const guint64 ones = G_GUINT64_CONSTANT(0x0101010101010101);

        return (eight - ones) & ~eight & (ones << 7);
}

/* The first byte from @at on that is a quote, a backslash or a control character of ASCII; @end:
 * there is none. *is_odd (may be NULL) becomes TRUE when a byte before it is no printable ASCII. */
static inline const char *omg_json_find_special(const char *at, const char *end, gboolean *is_odd)
{
        const guint64 ones = G_GUINT64_CONSTANT(0x0101010101010101), high = ones << 7;
        guint64 eight;

        for (; end - at >= (gssize)sizeof(eight); at += sizeof(eight)) {
                memcpy(&eight, at, sizeof(eight));
                /* Below a blank, or not ASCII, or one of the three: look at each. */
                if (((eight - ones * ' ') | eight | omg_json_zeros(eight ^ ones * '"') |
                     omg_json_zeros(eight ^ ones * '\\') | omg_json_zeros(eight ^ ones * 0x7f)) &
                    high)
                        break;
        }
        for (; at < end && *at != '"' && *at != '\\' && (guchar)*at >= ' '; at++)
                if (is_odd && (guchar)*at >= 0x7f)
                        *is_odd = TRUE;
        return at;
}
