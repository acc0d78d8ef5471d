/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/sync-reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "omgd-index/sync-desc.h"
#include "omgd-index/tar-header.h"

#define READ_SIZE  (64u << 10)
#define BLOCK_SIZE (1u << 20)

/* The bytes of the archive, as libarchive's filters unpack them. */
typedef struct {
        struct archive *archive;
        const guint8 *at;
        gsize left;    /* of the piece that libarchive holds for us */
        gint64 offset; /* of what comes after it */
        gboolean at_end;
} Stream;

/* The packages by name: the first bytes beside the pointer spare most looks at the name itself. */
typedef struct {
        guint64 head;
        OmgPackage *package;
} Entry;

struct OmgSyncPackages {
        GArray *entries; /* Entry */
        GPtrArray *blocks;
        char *free, *end; /* of the last block */
};

/* At least @size bytes at an address for pointers; take what is used of them. */
static gpointer reserve(OmgSyncPackages *packages, gsize size)
{
        if ((gsize)(packages->end - packages->free) < size) {
                gsize block = MAX(size, BLOCK_SIZE);
                packages->free = g_malloc(block);
                packages->end = packages->free + block;
                g_ptr_array_add(packages->blocks, packages->free);
        }
        return packages->free;
}

static void take(OmgSyncPackages *packages, gsize size)
{
        packages->free += MIN((size + 7) / 8 * 8, (gsize)(packages->end - packages->free));
}

/* Makes at least a byte ready. FALSE at the end, or when what is there cannot be unpacked. */
static gboolean fill(Stream *stream)
{
        while (stream->left == 0 && !stream->at_end) {
                const void *piece;
                size_t size;
                la_int64_t offset;
                int r = archive_read_data_block(stream->archive, &piece, &size, &offset);
                if (r == ARCHIVE_EOF)
                        stream->at_end = TRUE;
                else if (r != ARCHIVE_OK || offset != stream->offset)
                        return FALSE;
                else {
                        stream->at = piece;
                        stream->left = size;
                        stream->offset += (gint64)size;
                }
        }
        return stream->left > 0;
}

/* @buffer NULL: passes over them. */
static gboolean read_bytes(Stream *stream, void *buffer, gsize size)
{
        guint8 *to = buffer;

        while (size > 0) {
                if (!fill(stream))
                        return FALSE;
                gsize n = MIN(size, stream->left);
                if (to) {
                        memcpy(to, stream->at, n);
                        to += n;
                }
                stream->at += n;
                stream->left -= n;
                size -= n;
        }
        return TRUE;
}

/* The content of a member and what fills its last block. */
static gboolean read_content(Stream *stream, void *buffer, gsize size)
{
        return read_bytes(stream, buffer, size) &&
               read_bytes(stream, NULL, (OMG_TAR_BLOCK - size % OMG_TAR_BLOCK) % OMG_TAR_BLOCK);
}

/* The folder of "FOLDER/desc". */
static gboolean get_folder(const char *path, char *buffer, gsize size)
{
        const char *slash = strchr(path, '/');

        if (!slash || strcmp(slash, "/desc") != 0 || (gsize)(slash - path) >= size)
                return FALSE;
        memcpy(buffer, path, (gsize)(slash - path));
        buffer[slash - path] = '\0';
        return TRUE;
}

static guint64 get_head(const char *name)
{
        guint64 head = 0;

        memcpy(&head, name, MIN(strlen(name), sizeof(head)));
        return GUINT64_FROM_BE(head);
}

static gboolean read_package(OmgSyncPackages *packages, Stream *stream, const OmgTarHeader *header,
                             gboolean with_md5)
{
        char folder[OMG_LIMIT_PACKAGE_NAME + 1];
        gsize size = header->size, used;

        if (size == 0 || size > OMG_LIMIT_DESC || packages->entries->len >= OMG_LIMIT_PACKAGES ||
            !get_folder(header->path, folder, sizeof(folder)))
                return FALSE;
        char *text = reserve(packages, size);
        if (!read_content(stream, text, size))
                return FALSE;
        take(packages, size);

        OmgPackage *package = reserve(packages, sizeof(OmgPackage));
        memset(package, 0, sizeof(*package));
        take(packages, sizeof(*package));
        char **slots = reserve(packages, OMG_DESC_SLOTS(size) * sizeof(char *));
        if (!omg_desc_parse(text, size, folder, with_md5, slots, &used, package))
                return FALSE;
        take(packages, used * sizeof(char *));
        Entry added = {get_head(package->name), package};
        g_array_append_val(packages->entries, added);
        return TRUE;
}

/* From the second block of zeros on there may be nothing else. */
static gboolean read_end(Stream *stream)
{
        guint8 block[OMG_TAR_BLOCK];
        OmgTarHeader header;
        guint n = 0;

        for (; fill(stream); n++) {
                if (!read_bytes(stream, block, sizeof(block)))
                        return FALSE;
                omg_tar_header_parse(block, &header);
                if (header.kind != OMG_TAR_END)
                        return FALSE;
        }
        return n > 0 && stream->at_end;
}

static gboolean skip_extended(Stream *stream, const OmgTarHeader *header)
{
        char text[OMG_TAR_BLOCK];

        return header->size <= sizeof(text) && read_content(stream, text, header->size) &&
               omg_tar_is_harmless(text, header->size);
}

static gboolean read_entries(OmgSyncPackages *packages, Stream *stream, gboolean with_md5)
{
        guint8 block[OMG_TAR_BLOCK];
        OmgTarHeader header;
        gboolean extended = FALSE; /* a member has to follow */

        for (;;) {
                if (!read_bytes(stream, block, sizeof(block)))
                        return FALSE;
                omg_tar_header_parse(block, &header);
                if (header.kind == OMG_TAR_END)
                        return !extended && read_end(stream);
                if (header.kind == OMG_TAR_ODD ||
                    (header.kind == OMG_TAR_EXTENDED &&
                     (extended || !skip_extended(stream, &header))) ||
                    (header.kind == OMG_TAR_FILE &&
                     !read_package(packages, stream, &header, with_md5)))
                        return FALSE;
                extended = header.kind == OMG_TAR_EXTENDED;
        }
}

static int compare_entries(gconstpointer a, gconstpointer b)
{
        const Entry *x = a, *y = b;

        if (x->head != y->head)
                return x->head < y->head ? -1 : 1;
        return strcmp(x->package->name, y->package->name);
}

/* FALSE: a name is there twice. */
static gboolean sort_entries(OmgSyncPackages *packages)
{
        g_array_sort(packages->entries, compare_entries);
        for (guint i = 1; i < packages->entries->len; i++)
                if (compare_entries(&g_array_index(packages->entries, Entry, i - 1),
                                    &g_array_index(packages->entries, Entry, i)) == 0)
                        return FALSE;
        return TRUE;
}

OmgSyncPackages *omg_sync_packages_read(const char *path, gboolean with_md5)
{
        g_autoptr(OmgSyncPackages) packages = g_new0(OmgSyncPackages, 1);
        struct archive *archive = archive_read_new();
        Stream stream = {.archive = archive};
        struct archive_entry *entry;
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        packages->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
        packages->blocks = g_ptr_array_new_with_free_func(g_free);
        /* All filters that libalpm allows, so that both unpack the same bytes. */
        gboolean good = archive && fd >= 0 &&
                        archive_read_support_filter_all(archive) == ARCHIVE_OK &&
                        archive_read_support_format_raw(archive) == ARCHIVE_OK &&
                        archive_read_open_fd(archive, fd, READ_SIZE) == ARCHIVE_OK &&
                        archive_read_next_header(archive, &entry) == ARCHIVE_OK &&
                        read_entries(packages, &stream, with_md5) && sort_entries(packages);
        if (archive)
                (void)archive_read_free(archive);
        if (fd >= 0)
                (void)close(fd);
        return good ? g_steal_pointer(&packages) : NULL;
}

void omg_sync_packages_free(OmgSyncPackages *packages)
{
        if (!packages)
                return;
        g_array_unref(packages->entries);
        g_ptr_array_unref(packages->blocks);
        g_free(packages);
}

guint omg_sync_packages_get_n(const OmgSyncPackages *packages)
{
        return packages->entries->len;
}

OmgPackage *omg_sync_packages_get(const OmgSyncPackages *packages, guint index)
{
        return g_array_index(packages->entries, Entry, index).package;
}
