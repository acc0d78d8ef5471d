/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/pack.h"

#include <string.h>

/* From so many items on the reference writes differences to the smallest, if that saves bytes. */
#define BASE_WORTH_IT 6u

/* Makes room; what is not used is given back by finish(). */
static guint8 *begin(GByteArray *out, gsize size)
{
        guint length = out->len;

        g_assert(size < G_MAXUINT - length);
        g_byte_array_set_size(out, length + (guint)size);
        return out->data + length;
}

static void finish(GByteArray *out, const guint8 *end)
{
        g_byte_array_set_size(out, (guint)(end - out->data));
}

/* Inlined once for each form, so that radix and per_byte are constants. */
static inline __attribute__((always_inline)) guint8 *pack_groups(guint8 *to, const guint8 *items,
                                                                 gsize n, guint base, guint radix,
                                                                 guint per_byte)
{
        for (; n >= per_byte; n -= per_byte, items += per_byte) {
                guint group = 0;
                for (guint i = per_byte; i-- > 0;)
                        group = group * radix + (items[i] - base);
                *to++ = (guint8)group;
        }
        if (n > 0) {
                guint group = 0;
                for (guint i = (guint)n; i-- > 0;)
                        group = group * radix + (items[i] - base);
                *to++ = (guint8)group;
        }
        return to;
}

/* The number of the form in which items up to most are written; larger: narrower. */
static guint choose_form(guint most)
{
        static const guint8 forms[16] = {5, 5, 4, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

        return most < 16 ? forms[most] : 0;
}

static guint8 *pack_form(guint8 *to, const guint8 *items, gsize n, guint base, guint form)
{
        switch (form) {
        case 0:
                memcpy(to, items, n);
                return to + n;
        case 1:
                return pack_groups(to, items, n, base, 16, 2);
        case 2:
                return pack_groups(to, items, n, base, 6, 3);
        case 3:
                return pack_groups(to, items, n, base, 4, 4);
        case 4:
                return pack_groups(to, items, n, base, 3, 5);
        default:
                return pack_groups(to, items, n, base, 2, 8);
        }
}

void omg_wire_pack_digits(GByteArray *out, const guint8 *items, gsize n)
{
        guint8 least = 255, most = 0;
        guint form, shifted;
        guint8 *to;

        if (n <= 2) {
                g_byte_array_append(out, items, (guint)n);
                return;
        }
        for (gsize i = 0; i < n; i++) {
                least = MIN(least, items[i]);
                most = MAX(most, items[i]);
        }
        form = choose_form(most);
        shifted = choose_form(most - least);
        to = begin(out, n + 2);
        if (shifted > form && n >= BASE_WORTH_IT) {
                *to++ = (guint8)(shifted * 2 - 1);
                *to++ = least;
                to = pack_form(to, items, n, least, shifted);
        } else {
                *to++ = (guint8)(form * 2);
                to = pack_form(to, items, n, 0, form);
        }
        finish(out, to);
}

/* How often the own width is halved for numbers up to most. */
static guint count_halvings(guint64 most, guint own_width)
{
        guint halvings = 0;

        while (own_width > 1 && most >> (own_width / 2 * 8) == 0) {
                own_width /= 2;
                halvings++;
        }
        return halvings;
}

static guint8 *put_number(guint8 *to, guint64 number, guint width)
{
        for (guint i = 0; i < width; i++)
                *to++ = (guint8)(number >> (8 * i));
        return to;
}

static void find_range(const guint64 *items, gsize n, gboolean is_signed, guint64 *ret_least,
                       guint64 *ret_most)
{
        /* With the sign turned over, signed numbers compare as unsigned ones do. */
        const guint64 sign = is_signed ? G_GUINT64_CONSTANT(1) << 63 : 0;
        guint64 least = G_MAXUINT64, most = 0;

        for (gsize i = 0; i < n; i++) {
                least = MIN(least, items[i] ^ sign);
                most = MAX(most, items[i] ^ sign);
        }
        *ret_least = least ^ sign;
        *ret_most = most ^ sign;
}

void omg_wire_pack_integers(GByteArray *out, guint64 *items, gsize n, guint own_width,
                            gboolean is_signed)
{
        guint64 least, most, base = 0;
        guint plain, shifted, width;
        guint8 *to, *digits;

        find_range(items, n, is_signed, &least, &most);
        plain = is_signed && (gint64)least < 0 ? 0 : count_halvings(most, own_width);
        shifted = count_halvings(most - least, own_width);
        to = begin(out, n * own_width + own_width + 1);
        if (shifted > plain && n >= BASE_WORTH_IT) {
                base = least;
                width = own_width >> shifted;
                *to++ = (guint8)(shifted * 2 - 1);
                to = put_number(to, base, own_width);
        } else {
                width = own_width >> plain;
                *to++ = (guint8)(plain * 2);
        }
        if (width > 1) {
                for (gsize i = 0; i < n; i++)
                        to = put_number(to, items[i] - base, width);
                finish(out, to);
                return;
        }
        finish(out, to);
        digits = (guint8 *)items;
        for (gsize i = 0; i < n; i++)
                digits[i] = (guint8)(items[i] - base);
        omg_wire_pack_digits(out, digits, n);
}
