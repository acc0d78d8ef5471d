/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/suffix-sort.h"

#include <string.h>

/* Fewer are sorted by insertion. */
#define FEW 12

static guint8 median(guint8 a, guint8 b, guint8 c)
{
        return MAX(MIN(a, b), MIN(MAX(a, b), c));
}

static void insertion_sort(const guint8 *text, guint32 *offsets, gsize n, gsize depth)
{
        for (gsize i = 1; i < n; i++) {
                guint32 offset = offsets[i];
                const char *key = (const char *)text + offset + depth;
                gsize at = i;
                for (; at > 0 && strcmp((const char *)text + offsets[at - 1] + depth, key) > 0;
                     at--)
                        offsets[at] = offsets[at - 1];
                offsets[at] = offset;
        }
}

/* Multikey quicksort (Bentley and Sedgewick): parts by the byte at @depth, then goes on with the
 * equal ones a byte further. Texts of one part begin with the same @depth bytes, none of them NUL.
 */
static void sort_at(const guint8 *text, guint32 *offsets, gsize n, gsize depth)
{
        while (n > FEW) {
                guint8 pivot = median(text[offsets[0] + depth], text[offsets[n / 2] + depth],
                                      text[offsets[n - 1] + depth]);
                gsize below = 0, above = n;
                for (gsize i = 0; i < above;) {
                        guint8 byte = text[offsets[i] + depth];
                        guint32 offset = offsets[i];
                        if (byte < pivot) {
                                offsets[i++] = offsets[below];
                                offsets[below++] = offset;
                        } else if (byte > pivot) {
                                offsets[i] = offsets[--above];
                                offsets[above] = offset;
                        } else {
                                i++;
                        }
                }
                sort_at(text, offsets, below, depth);
                sort_at(text, offsets + above, n - above, depth);
                if (pivot == '\0')
                        return;
                offsets += below;
                n = above - below;
                depth++;
        }
        insertion_sort(text, offsets, n, depth);
}

void omg_suffix_sort(const guint8 *text, guint32 *offsets, gsize n)
{
        sort_at(text, offsets, n, 0);
}
