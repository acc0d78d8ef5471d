/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/unpack.h"

#include <string.h>

#include "base/error.h"

gboolean omg_wire_reader_fail(OmgWireReader *reader, const guint8 *at, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list ap;

        if (!reader->error)
                return FALSE;
        va_start(ap, format);
        text = g_strdup_vprintf(format, ap);
        va_end(ap);
        g_set_error(reader->error, OMG_ERROR, OMG_ERROR_UNDECODABLE,
                    "byte %" G_GSIZE_FORMAT ": %s%s%s: %s", (gsize)(at - reader->body),
                    reader->what, reader->of ? " of " : "", reader->of ? reader->of : "", text);
        return FALSE;
}

/* The next n bytes, or NULL. */
static const guint8 *take(OmgWireReader *reader, guint64 n)
{
        const guint8 *bytes = reader->next;
        gsize left = (gsize)(reader->end - bytes);

        if (n > left) {
                (void)omg_wire_reader_fail(
                        reader, bytes,
                        "bytes needed: %" G_GUINT64_FORMAT ", left: %" G_GSIZE_FORMAT, n, left);
                return NULL;
        }
        reader->next += n;
        return bytes;
}

static gboolean take_header(OmgWireReader *reader, guint n_headers, guint *ret_header)
{
        const guint8 *header = take(reader, 1);

        if (!header)
                return FALSE;
        if (*header >= n_headers)
                return omg_wire_reader_fail(reader, header, "header %u is out of range", *header);
        *ret_header = *header;
        return TRUE;
}

gboolean omg_wire_digits_open(OmgWireReader *reader, gsize n, OmgWireDigits *ret)
{
        static const struct {
                guint16 radix;
                guint8 per_byte;
        } forms[] = {{256, 1}, {16, 2}, {6, 3}, {4, 4}, {3, 5}, {2, 8}};
        const guint8 *base = NULL;
        guint header = 0, radix;

        /* One or two items have no header. */
        if (n > 2 && !take_header(reader, 2 * G_N_ELEMENTS(forms) - 1, &header))
                return FALSE;
        if (header % 2 == 1 && !(base = take(reader, 1)))
                return FALSE;
        radix = forms[(header + 1) / 2].radix;
        *ret = (OmgWireDigits){.radix = radix,
                               .reciprocal = (65536 + radix - 1) / radix,
                               .per_byte = forms[(header + 1) / 2].per_byte,
                               .base = base ? *base : 0};
        ret->next = take(reader, n / ret->per_byte + (n % ret->per_byte != 0));
        return ret->next != NULL;
}

/* Many items: what each of the 256 possible bytes stands for is worked out once. */
static void tally_groups(const OmgWireDigits *digits, gsize n_groups, gsize tally[256])
{
        gsize groups[256] = {0};

        for (gsize i = 0; i < n_groups; i++)
                groups[digits->next[i]]++;
        for (guint group = 0; group < 256; group++)
                for (guint i = 0, rest = group; i < digits->per_byte; i++) {
                        tally[(rest % digits->radix + digits->base) & 0xff] += groups[group];
                        rest /= digits->radix;
                }
}

void omg_wire_digits_tally(OmgWireDigits digits, gsize n, gsize ret_tally[256])
{
        gsize n_groups = n / digits.per_byte;

        memset(ret_tally, 0, 256 * sizeof(gsize));
        if (n_groups >= 256) {
                tally_groups(&digits, n_groups, ret_tally);
                digits.next += n_groups;
                n -= n_groups * digits.per_byte;
        }
        for (; n > 0; n--)
                ret_tally[omg_wire_digits_next(&digits)]++;
}

const guint8 *omg_wire_digits_find(OmgWireDigits digits, gsize n, guint least, guint *ret_value)
{
        for (; n > 0; n--) {
                guint value = omg_wire_digits_next(&digits);
                if (value >= least) {
                        *ret_value = value;
                        return digits.next - 1;
                }
        }
        return NULL;
}

static guint64 read_number(const guint8 *bytes, guint width)
{
        guint64 number = 0;

        for (guint i = 0; i < width; i++)
                number |= (guint64)bytes[i] << (8 * i);
        return number;
}

gboolean omg_wire_integers_open(OmgWireReader *reader, gsize n, guint own_width,
                                OmgWireIntegers *ret)
{
        const guint8 *base = NULL;
        guint header = 0;

        *ret = (OmgWireIntegers){.mask = own_width == 8 ? G_MAXUINT64 : G_MAXUINT32};
        if (n == 0)
                return TRUE;
        if (!take_header(reader, own_width == 8 ? 7 : 5, &header) ||
            (header % 2 == 1 && !(base = take(reader, own_width))))
                return FALSE;
        ret->width = own_width >> (header + 1) / 2;
        ret->base = base ? read_number(base, own_width) : 0;
        if (ret->width == 1)
                return omg_wire_digits_open(reader, n, &ret->digits);
        ret->next = take(reader, n > G_MAXUINT64 / 8 ? G_MAXUINT64 : (guint64)n * ret->width);
        return ret->next != NULL;
}

guint64 omg_wire_integers_next(OmgWireIntegers *integers)
{
        guint64 number;

        if (integers->width == 1) {
                number = omg_wire_digits_next(&integers->digits);
        } else {
                number = read_number(integers->next, integers->width);
                integers->next += integers->width;
        }
        return (number + integers->base) & integers->mask;
}

/* Adds the numbers to *total. FALSE if the sum is too large. */
static gboolean add_up(OmgWireIntegers integers, gsize n, guint64 *total)
{
        for (; n > 0; n--)
                if (__builtin_add_overflow(*total, omg_wire_integers_next(&integers), total))
                        return FALSE;
        return *total < OMG_WIRE_TOTAL_MAX;
}

gboolean omg_wire_lengths_open(OmgWireReader *reader, gsize n, OmgWireLengths *ret,
                               guint64 *ret_total)
{
        const guint8 *at = reader->next;
        gsize tally[256];
        guint64 total = 0;

        if (!omg_wire_digits_open(reader, n, &ret->small))
                return FALSE;
        omg_wire_digits_tally(ret->small, n, tally);
        if (!omg_wire_integers_open(reader, tally[255], 8, &ret->large))
                return FALSE;
        /* No overflow: each item is a bit of the body at least. */
        for (guint i = 0; i < 255; i++)
                total += (guint64)tally[i] * i;
        if (!add_up(ret->large, tally[255], &total))
                return omg_wire_reader_fail(reader, at, "the lengths are too large");
        *ret_total = total;
        return TRUE;
}

/* Whether some byte has its highest bit. */
static gboolean is_beyond_ascii(const char *text, gsize length)
{
        guint8 all = 0;

        for (gsize i = 0; i < length; i++)
                all |= (guint8)text[i];
        return all >= 0x80;
}

/* The end of the valid part. g_utf8_validate_len() ends at a NUL, which is allowed here. */
static const char *find_invalid(const char *text, const char *end)
{
        while (text < end && !g_utf8_validate_len(text, (gsize)(end - text), &text) && *text == 0)
                while (text < end && *text == 0)
                        text++;
        return text;
}

gboolean omg_wire_text_open(OmgWireReader *reader, OmgWireLengths lengths, gsize n, guint64 total,
                            const char **ret)
{
        const char *text = (const char *)take(reader, total), *invalid;

        if (!text)
                return FALSE;
        *ret = text;
        if (!is_beyond_ascii(text, total))
                return TRUE;
        invalid = find_invalid(text, text + total);
        if (invalid < text + total)
                return omg_wire_reader_fail(reader, (const guint8 *)invalid, "not valid UTF-8");
        /* The whole is valid: each string is, if no character is divided between two. */
        for (; n > 0; n--) {
                text += omg_wire_lengths_next(&lengths);
                if (text < *ret + total && ((guint8)*text & 0xc0) == 0x80)
                        return omg_wire_reader_fail(reader, (const guint8 *)text,
                                                    "a character divided between two strings");
        }
        return TRUE;
}
