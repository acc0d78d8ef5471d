/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/tar-header.h"

#include <string.h>

/* POSIX ustar: offset and length of each field. */
enum {
        NAME = 0,
        NAME_LENGTH = 100,
        MODE = 100,
        USER = 108,
        GROUP = 116,
        SIZE = 124,
        MTIME = 136,
        CHECKSUM = 148,
        TYPE = 156,
        LINK = 157,
        MAGIC = 257,
        USER_NAME = 265,
        GROUP_NAME = 297,
        DEVICE_MAJOR = 329,
        DEVICE_MINOR = 337,
        PREFIX = 345,
        PREFIX_LENGTH = 155,
};

static gboolean is_zero(const guint8 *block)
{
        return block[0] == 0 && memcmp(block, block + 1, OMG_TAR_BLOCK - 1) == 0;
}

/* Octal digits, then only blanks and NULs. */
static gboolean parse_octal(const guint8 *block, gsize from, gsize length, guint64 *ret_number)
{
        guint64 number = 0;
        gsize i = 0;

        for (; i < length && block[from + i] >= '0' && block[from + i] <= '7'; i++)
                number = number * 8 + (guint64)(block[from + i] - '0');
        if (i == 0)
                return FALSE;
        for (; i < length; i++)
                if (block[from + i] != ' ' && block[from + i] != '\0')
                        return FALSE;
        *ret_number = number;
        return TRUE;
}

/* Of a file or a folder: 0, or nothing at all. */
static gboolean is_device_field(const guint8 *block, gsize from)
{
        static const guint8 nothing[8];
        guint64 number;

        return memcmp(block + from, nothing, sizeof(nothing)) == 0 ||
               parse_octal(block, from, sizeof(nothing), &number);
}

/* ASCII that can be seen, then only NULs, if there is room for one. */
static gboolean is_plain(const guint8 *block, gsize from, gsize length)
{
        gsize i = 0;

        while (i < length && g_ascii_isgraph((char)block[from + i]))
                i++;
        while (i < length && block[from + i] == '\0')
                i++;
        return i == length;
}

static gboolean is_right_sum(const guint8 *block)
{
        guint64 expected;
        guint sum = 8 * ' '; /* the sum's own field counts as blanks */

        for (gsize i = 0; i < OMG_TAR_BLOCK; i++)
                sum += block[i];
        for (gsize i = CHECKSUM; i < CHECKSUM + 8; i++)
                sum -= block[i];
        return parse_octal(block, CHECKSUM, 8, &expected) && sum == expected;
}

static gboolean is_ustar(const guint8 *block, guint64 *ret_size)
{
        guint64 ignored;

        return memcmp(block + MAGIC,
                      "ustar\0"
                      "00",
                      8) == 0 &&
               is_right_sum(block) && parse_octal(block, MODE, 8, &ignored) &&
               parse_octal(block, USER, 8, &ignored) && parse_octal(block, GROUP, 8, &ignored) &&
               parse_octal(block, MTIME, 12, &ignored) && parse_octal(block, SIZE, 12, ret_size) &&
               block[LINK] == '\0' && is_device_field(block, DEVICE_MAJOR) &&
               is_device_field(block, DEVICE_MINOR) && is_plain(block, NAME, NAME_LENGTH) &&
               is_plain(block, PREFIX, PREFIX_LENGTH) && is_plain(block, USER_NAME, 32) &&
               is_plain(block, GROUP_NAME, 32);
}

static void set_path(const guint8 *block, OmgTarHeader *header)
{
        const char *name = (const char *)block + NAME, *prefix = (const char *)block + PREFIX;
        gsize prefix_length = strnlen(prefix, PREFIX_LENGTH);
        gsize length = strnlen(name, NAME_LENGTH);
        char *at = header->path;

        memcpy(at, prefix, prefix_length);
        at += prefix_length;
        if (prefix_length > 0 && at[-1] != '/')
                *at++ = '/';
        memcpy(at, name, length);
        at[length] = '\0';
}

void omg_tar_header_parse(const guint8 block[OMG_TAR_BLOCK], OmgTarHeader *ret_header)
{
        guint64 size = 0;

        ret_header->kind = OMG_TAR_ODD;
        if (is_zero(block)) {
                ret_header->kind = OMG_TAR_END;
                return;
        }
        if (!is_ustar(block, &size))
                return;
        ret_header->size = size;
        set_path(block, ret_header);
        if (block[TYPE] == '0' && *ret_header->path)
                ret_header->kind = OMG_TAR_FILE;
        else if (block[TYPE] == '5' && *ret_header->path && size == 0)
                ret_header->kind = OMG_TAR_FOLDER;
        else if (block[TYPE] == 'x' && size > 0)
                ret_header->kind = OMG_TAR_EXTENDED;
}

/* "KEY=VALUE" of a key that is of no use here, and a value of its usual letters. */
static gboolean is_harmless_record(const char *text, gsize length)
{
        static const struct {
                const char *key, *letters;
        } known[] = {
                {"mtime=", "0123456789."},
                {"atime=", "0123456789."},
                {"ctime=", "0123456789."},
                {"SCHILY.fflags=", "abcdefghijklmnopqrstuvwxyz,"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
                gsize key_length = strlen(known[i].key);
                if (length <= key_length || memcmp(text, known[i].key, key_length) != 0)
                        continue;
                for (gsize k = key_length; k < length; k++)
                        if (!text[k] || !strchr(known[i].letters, text[k]))
                                return FALSE;
                return TRUE;
        }
        return FALSE;
}

gboolean omg_tar_is_harmless(const char *text, gsize size)
{
        const char *end = text + size;

        /* Records of "LENGTH KEY=VALUE\n", the length that of all of it. */
        while (text < end) {
                const char *at = text;
                gsize length = 0;
                for (; at < end && at < text + 4 && g_ascii_isdigit(*at); at++)
                        length = length * 10 + (gsize)(*at - '0');
                if (at == text || *text == '0' || at == end || *at != ' ' ||
                    length > (gsize)(end - text) || length < (gsize)(at - text) + 2 ||
                    text[length - 1] != '\n' ||
                    !is_harmless_record(at + 1, length - (gsize)(at - text) - 2))
                        return FALSE;
                text += length;
        }
        return TRUE;
}
