/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/sync-reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "omgd-index/sync-desc.h"

#define READ_SIZE  (64u << 10)
#define BLOCK_SIZE (1u << 20)

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

/* The folder of "FOLDER/desc". */
static gboolean get_folder(struct archive_entry *entry, char *buffer, gsize size)
{
        const char *path = archive_entry_pathname(entry);
        const char *slash = path ? strchr(path, '/') : NULL;

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

static gboolean read_package(OmgSyncPackages *packages, struct archive *archive,
                             struct archive_entry *entry, gboolean with_md5)
{
        char folder[OMG_LIMIT_PACKAGE_NAME + 1];
        gint64 size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1;
        gsize used;

        if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) ||
            size <= 0 || size > OMG_LIMIT_DESC || packages->entries->len >= OMG_LIMIT_PACKAGES ||
            !get_folder(entry, folder, sizeof(folder)))
                return FALSE;
        char *text = reserve(packages, (gsize)size);
        if (archive_read_data(archive, text, (size_t)size) != size)
                return FALSE;
        take(packages, (gsize)size);

        OmgPackage *package = reserve(packages, sizeof(OmgPackage));
        memset(package, 0, sizeof(*package));
        take(packages, sizeof(*package));
        char **slots = reserve(packages, OMG_DESC_SLOTS((gsize)size) * sizeof(char *));
        if (!omg_desc_parse(text, (gsize)size, folder, with_md5, slots, &used, package))
                return FALSE;
        take(packages, used * sizeof(char *));
        Entry added = {get_head(package->name), package};
        g_array_append_val(packages->entries, added);
        return TRUE;
}

static gboolean read_entries(OmgSyncPackages *packages, struct archive *archive, gboolean with_md5)
{
        struct archive_entry *entry;
        int r;

        while ((r = archive_read_next_header(archive, &entry)) == ARCHIVE_OK)
                /* Folders are nothing to libalpm. */
                if (archive_entry_filetype(entry) != AE_IFDIR &&
                    !read_package(packages, archive, entry, with_md5))
                        return FALSE;
        return r == ARCHIVE_EOF;
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
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        packages->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
        packages->blocks = g_ptr_array_new_with_free_func(g_free);
        /* All that libalpm allows, so that both find the same archive in the same bytes. */
        gboolean good = archive && fd >= 0 &&
                        archive_read_support_filter_all(archive) == ARCHIVE_OK &&
                        archive_read_support_format_all(archive) == ARCHIVE_OK &&
                        archive_read_open_fd(archive, fd, READ_SIZE) == ARCHIVE_OK &&
                        read_entries(packages, archive, with_md5) && sort_entries(packages);
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
