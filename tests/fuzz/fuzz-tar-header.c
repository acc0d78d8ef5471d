/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A tar header, and after it the text of an extended one. What we take for a plain member is the
 * very member that libarchive reads in the same archive, without as much as a warning. */

#include <archive.h>
#include <archive_entry.h>
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "omgd-index/tar-header.h"

#define MOST_CONTENT (1u << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The right sum: nothing a fuzzer finds by chance. */
static void set_sum(guint8 *block)
{
        guint sum = 0;

        memset(block + 148, ' ', 8);
        for (gsize i = 0; i < OMG_TAR_BLOCK; i++)
                sum += block[i];
        (void)snprintf((char *)block + 148, 8, "%06o", sum);
}

static void append(GByteArray *archive, const void *data, gsize size)
{
        gsize before = archive->len;

        g_byte_array_set_size(archive, (guint)(before + (size + 511) / 512 * 512));
        memset(archive->data + before, 0, archive->len - before);
        if (data)
                memcpy(archive->data + before, data, size);
}

static void append_extended(GByteArray *archive, const uint8_t *text, gsize size)
{
        guint8 block[OMG_TAR_BLOCK] = "PaxHeader/a";
        OmgTarHeader header;

        (void)snprintf((char *)block + 100, 8, "%07o", 0644u);
        (void)snprintf((char *)block + 108, 8, "%07o", 0u);
        (void)snprintf((char *)block + 116, 8, "%07o", 0u);
        (void)snprintf((char *)block + 124, 12, "%011o", (guint)size);
        (void)snprintf((char *)block + 136, 12, "%011o", 1u);
        memcpy(block + 257, "ustar\0", 6);
        memcpy(block + 263, "00", 2);
        block[156] = 'x';
        set_sum(block);
        omg_tar_header_parse(block, &header);
        g_assert_cmpint(header.kind, ==, OMG_TAR_EXTENDED);
        append(archive, block, sizeof(block));
        append(archive, text, size);
}

static void check_libarchive(const GByteArray *bytes, const OmgTarHeader *header)
{
        struct archive *archive = archive_read_new();
        struct archive_entry *entry = NULL;

        (void)archive_read_support_filter_all(archive);
        (void)archive_read_support_format_all(archive);
        g_assert_cmpint(archive_read_open_memory(archive, bytes->data, bytes->len), ==, ARCHIVE_OK);
        g_assert_cmpint(archive_read_next_header(archive, &entry), ==, ARCHIVE_OK);
        gboolean is_folder = archive_entry_filetype(entry) == AE_IFDIR;
        if (header->kind == OMG_TAR_FOLDER) {
                g_assert_true(is_folder);
        } else if (!g_str_has_suffix(header->path, "/")) {
                /* To libarchive a file whose name ends so is a folder; to us it is no desc. */
                g_assert_cmpint(archive_entry_filetype(entry), ==, AE_IFREG);
                g_assert_null(archive_entry_hardlink(entry));
                g_assert_cmpint(archive_entry_size(entry), ==, (gint64)header->size);
                g_assert_cmpstr(archive_entry_pathname(entry), ==, header->path);
        }
        g_assert_cmpint(archive_read_next_header(archive, &entry), ==, ARCHIVE_EOF);
        (void)archive_read_free(archive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GByteArray) archive = g_byte_array_new();
        guint8 block[OMG_TAR_BLOCK];
        OmgTarHeader header;

        if (size < sizeof(block))
                return 0;
        memcpy(block, data, sizeof(block));
        data += sizeof(block);
        size -= sizeof(block);
        omg_tar_header_parse(block, &header);
        set_sum(block);
        omg_tar_header_parse(block, &header);
        g_autofree char *text = g_memdup2(data, size);
        gboolean extended = size > 0 && omg_tar_is_harmless(text, size);
        if ((header.kind != OMG_TAR_FILE && header.kind != OMG_TAR_FOLDER) ||
            header.size > MOST_CONTENT || (size > 0 && !extended))
                return 0;
        if (extended)
                append_extended(archive, data, size);
        append(archive, block, sizeof(block));
        append(archive, NULL, header.size);
        append(archive, NULL, 2 * sizeof(block));
        check_libarchive(archive, &header);
        return 0;
}
