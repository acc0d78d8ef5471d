/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Checksums would keep a fuzzer out of an index file, and a hostile file has good ones: puts right
 * what a file of so many sections needs to be looked into. */

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "store/section-file.h"

static inline void mend_sections(guint8 *data, gsize size, guint n_sections)
{
        gsize head = sizeof(OmgLayerHeader) + n_sections * sizeof(OmgSectionEntry), border = head;
        OmgLayerHeader header;

        if (size < head)
                return;
        memcpy(&header, data, sizeof(header));
        for (guint i = 0; i < n_sections; i++) {
                guint8 *at = data + sizeof(header) + i * sizeof(OmgSectionEntry);
                OmgSectionEntry entry;
                memcpy(&entry, at, sizeof(entry));
                if (entry.offset <= size && entry.size <= size - entry.offset) {
                        entry.checksum = XXH3_64bits(data + entry.offset, entry.size);
                        if (entry.offset >= border && entry.offset - border < 8)
                                memset(data + border, 0, entry.offset - border);
                        border = entry.offset + entry.size;
                }
                memcpy(at, &entry, sizeof(entry));
        }
        header.file_size = size;
        header.checksum = 0;
        memcpy(data, &header, sizeof(header));
        header.checksum = XXH3_64bits(data, head);
        memcpy(data, &header, sizeof(header));
}
