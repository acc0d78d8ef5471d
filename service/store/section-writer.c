/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/section-writer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "base/limits.h"

#define ALIGNMENT 8u

/* The page cache keeps a large piece in a large folio, and Linux 6.18 maps all of a folio into omgd
 * when one byte of it is read. */
#define WRITE_SIZE (16u << 10)

struct OmgSectionWriter {
        OmgSectionFormat format;
        guint64 built_usec;
        int fd;
        GByteArray *bytes; /* all of the file, or what of it is not written yet */
        guint64 size;      /* of the file so far */
        OmgSectionEntry *table;
        guint section; /* at hand */
        XXH3_state_t *state;
        GError *error;
};

static gsize get_head_size(const OmgSectionFormat *format)
{
        return sizeof(OmgLayerHeader) + format->n_sections * sizeof(OmgSectionEntry);
}

OmgSectionWriter *omg_section_writer_new(const OmgSectionFormat *format, guint64 built_usec, int fd)
{
        OmgSectionWriter *writer = g_new0(OmgSectionWriter, 1);

        writer->format = *format;
        writer->built_usec = built_usec;
        writer->fd = fd;
        writer->bytes = g_byte_array_new();
        writer->table = g_new0(OmgSectionEntry, format->n_sections);
        writer->state = XXH3_createState();
        g_assert(writer->state);
        (void)XXH3_64bits_reset(writer->state);
        /* Room for the head, which is known last. */
        writer->size = get_head_size(format);
        g_byte_array_set_size(writer->bytes, (guint)writer->size);
        memset(writer->bytes->data, 0, writer->size);
        writer->table[0].offset = writer->size;
        return writer;
}

void omg_section_writer_free(OmgSectionWriter *writer)
{
        if (!writer)
                return;
        g_clear_pointer(&writer->bytes, g_byte_array_unref);
        (void)XXH3_freeState(writer->state);
        g_clear_error(&writer->error);
        g_free(writer->table);
        g_free(writer);
}

static gboolean write_all(OmgSectionWriter *writer, const guint8 *data, gsize size)
{
        while (size > 0) {
                ssize_t n = write(writer->fd, data, size);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        omg_error_set_errno(&writer->error, errno, "cannot write the index");
                        return FALSE;
                }
                data += n;
                size -= (gsize)n;
        }
        return TRUE;
}

/* Writes whole pieces out of what is held, or, at the end, all of it. */
static void flush(OmgSectionWriter *writer, gboolean all)
{
        gsize at = 0, size = writer->bytes->len;

        while (!writer->error && size - at >= (all ? 1 : WRITE_SIZE)) {
                gsize n = MIN(size - at, WRITE_SIZE);
                (void)write_all(writer, writer->bytes->data + at, n);
                at += n;
        }
        if (at > 0)
                g_byte_array_remove_range(writer->bytes, 0, (guint)at);
}

/* What is in no section's checksum too. */
static void put(OmgSectionWriter *writer, gconstpointer data, gsize size)
{
        const guint8 *at = data;

        writer->size += size;
        if (!writer->error && writer->size > OMG_LIMIT_LAYER_FILE)
                g_set_error(&writer->error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                            "the index would have more than %" G_GUINT64_FORMAT " bytes",
                            (guint64)OMG_LIMIT_LAYER_FILE);
        while (size > 0 && !writer->error) {
                gsize n = writer->fd < 0 ? size : MIN(size, WRITE_SIZE);
                g_byte_array_append(writer->bytes, at, (guint)n);
                at += n;
                size -= n;
                if (writer->fd >= 0)
                        flush(writer, FALSE);
        }
}

void omg_section_writer_append(OmgSectionWriter *writer, gconstpointer data, gsize size)
{
        g_assert(writer->section < writer->format.n_sections);
        if (size == 0)
                return;
        (void)XXH3_64bits_update(writer->state, data, size);
        writer->table[writer->section].size += size;
        put(writer, data, size);
}

void omg_section_writer_append_file(OmgSectionWriter *writer, int fd, guint64 size)
{
        g_autofree guint8 *buffer = g_malloc(WRITE_SIZE);

        for (guint64 at = 0; at < size && !writer->error;) {
                ssize_t n = pread(fd, buffer, MIN(size - at, WRITE_SIZE), (off_t)at);
                if (n > 0) {
                        omg_section_writer_append(writer, buffer, (gsize)n);
                        at += (guint64)n;
                } else if (n == 0 || errno != EINTR) {
                        omg_error_set_errno(&writer->error, n < 0 ? errno : EIO,
                                            "cannot read what was put aside");
                }
        }
}

void omg_section_writer_end_section(OmgSectionWriter *writer)
{
        static const guint8 zeros[ALIGNMENT];
        OmgSectionEntry *entry = &writer->table[writer->section++];

        entry->checksum = XXH3_64bits_digest(writer->state);
        (void)XXH3_64bits_reset(writer->state);
        /* Nothing stands behind the last one. */
        if (writer->section == writer->format.n_sections)
                return;
        put(writer, zeros, (ALIGNMENT - writer->size % ALIGNMENT) % ALIGNMENT);
        writer->table[writer->section].offset = writer->size;
}

void omg_section_writer_take_section(OmgSectionWriter *writer, GBytes *bytes)
{
        gsize size;
        gconstpointer data = g_bytes_get_data(bytes, &size);

        omg_section_writer_append(writer, data, size);
        omg_section_writer_end_section(writer);
        g_bytes_unref(bytes);
}

static guint8 *make_head(const OmgSectionWriter *writer)
{
        gsize table_size = writer->format.n_sections * sizeof(OmgSectionEntry);
        gsize size = get_head_size(&writer->format);
        guint8 *head = g_malloc0(size);
        OmgLayerHeader header = {
                .magic = writer->format.magic,
                .version = writer->format.version,
                .kind = writer->format.kind,
                .file_size = writer->size,
                .built_usec = writer->built_usec,
                .n_sections = writer->format.n_sections,
        };

        memcpy(head + sizeof(header), writer->table, table_size);
        memcpy(head, &header, sizeof(header));
        header.checksum = XXH3_64bits(head, size);
        memcpy(head, &header, sizeof(header));
        return head;
}

static void write_head(OmgSectionWriter *writer)
{
        g_autofree guint8 *head = make_head(writer);
        gsize size = get_head_size(&writer->format);

        if (writer->fd < 0) {
                memcpy(writer->bytes->data, head, size);
                return;
        }
        flush(writer, TRUE);
        if (!writer->error && lseek(writer->fd, 0, SEEK_SET) < 0)
                omg_error_set_errno(&writer->error, errno, "cannot write the index");
        if (!writer->error)
                (void)write_all(writer, head, size);
}

gboolean omg_section_writer_finish(OmgSectionWriter *writer, GBytes **ret_bytes, GError **error)
{
        g_assert(writer->section == writer->format.n_sections);
        if (!writer->error)
                write_head(writer);
        if (writer->error) {
                g_propagate_error(error, g_steal_pointer(&writer->error));
                return FALSE;
        }
        *ret_bytes =
                writer->fd < 0 ? g_byte_array_free_to_bytes(g_steal_pointer(&writer->bytes)) : NULL;
        return TRUE;
}
