/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/section-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/sigbus.h"

#define ALIGNMENT 8u

G_STATIC_ASSERT(sizeof(OmgLayerHeader) == 48);
G_STATIC_ASSERT(sizeof(OmgSectionEntry) == 24);

static gboolean corrupt(GError **error, const char *what)
{
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, what);
        return FALSE;
}

static gsize get_head_size(guint n_sections)
{
        return sizeof(OmgLayerHeader) + n_sections * sizeof(OmgSectionEntry);
}

static gboolean check_header(OmgSectionFile *file, const OmgSectionFormat *format, GError **error)
{
        OmgLayerHeader header;
        gsize head = get_head_size(format->n_sections);

        if (file->size < sizeof(header))
                return corrupt(error, "too short for a header");
        memcpy(&header, file->data, sizeof(header));
        if (header.magic != format->magic)
                return corrupt(error, "not an index file of omgd");
        if (header.version != format->version) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT,
                            "format version %u where this omgd reads %u", header.version,
                            format->version);
                return FALSE;
        }
        if (header.kind != format->kind)
                return corrupt(error, "holds another kind of index");
        if (header.file_size != file->size || header.n_sections != format->n_sections ||
            file->size < head)
                return corrupt(error, "truncated");

        g_autofree guint8 *copy = g_memdup2(file->data, head);
        memset(copy + offsetof(OmgLayerHeader, checksum), 0, sizeof(header.checksum));
        if (XXH3_64bits(copy, head) != header.checksum)
                return corrupt(error, "the header's checksum is wrong");
        file->built_usec = header.built_usec;
        file->n_sections = header.n_sections;
        file->sections = g_memdup2(file->data + sizeof(header), head - sizeof(header));
        return TRUE;
}

/* What no checksum covers must be as it was written too, so that no bit of the file is free. */
static gboolean is_padding(const OmgSectionFile *file, gsize from, gsize to)
{
        if (to - from >= ALIGNMENT)
                return FALSE;
        for (gsize i = from; i < to; i++)
                if (file->data[i] != 0)
                        return FALSE;
        return TRUE;
}

static gboolean check_sections(const OmgSectionFile *file, gboolean with_sums, GError **error)
{
        gsize border = get_head_size(file->n_sections);

        for (guint i = 0; i < file->n_sections; i++) {
                const OmgSectionEntry *s = &file->sections[i];
                if (s->offset < border || s->offset % ALIGNMENT != 0 || s->offset > file->size ||
                    s->size > file->size - s->offset)
                        return corrupt(error, "sections overlap or point outside");
                if (!is_padding(file, border, s->offset))
                        return corrupt(error, "something stands between the sections");
                border = s->offset + s->size;
                if (with_sums && XXH3_64bits(file->data + s->offset, s->size) != s->checksum) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT,
                                    "the checksum of section %u is wrong", i);
                        return FALSE;
                }
        }
        return border == file->size || corrupt(error, "something stands after the sections");
}

static int open_checked(const char *path, struct stat *ret_st, GError **error)
{
        int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        struct stat st;

        if (fd < 0) {
                int code =
                        errno == ENOENT ? OMG_ERROR_DATABASE_MISSING : OMG_ERROR_DATABASE_CORRUPT;
                g_set_error(error, OMG_ERROR, code, "%s",
                            errno == ELOOP ? "is a symbolic link" : g_strerror(errno));
                return -1;
        }
        const char *fault = NULL;
        if (fstat(fd, &st) < 0)
                fault = "cannot be examined";
        else if (!S_ISREG(st.st_mode))
                fault = "is no regular file";
        else if (st.st_uid != geteuid() && st.st_uid != 0)
                fault = "belongs to another user";
        else if (st.st_mode & (S_IWGRP | S_IWOTH))
                fault = "can be written by others";
        else if (st.st_size == 0 || (guint64)st.st_size > OMG_LIMIT_LAYER_FILE)
                fault = st.st_size == 0 ? "is empty" : "is too large";
        if (fault) {
                (void)corrupt(error, fault);
                (void)close(fd);
                return -1;
        }
        *ret_st = st;
        return fd;
}

/* Maps one page more than the file has: reading on past the last byte meets zeros, from the rest of
 * the last page or from sigbus.c, never foreign memory. */
static gboolean map_file(OmgSectionFile *file, int fd, GError **error)
{
        gsize page = sysconf(_SC_PAGESIZE);

        file->map_size = (file->size + page - 1) / page * page + page;
        void *map = mmap(NULL, file->map_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED) {
                file->map_size = 0;
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "cannot be mapped: %s",
                            g_strerror(errno));
                return FALSE;
        }
        file->data = map;
        file->sigbus = omg_sigbus_add(map, file->map_size);
        if (file->sigbus < 0) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                    "too many index files are open");
                return FALSE;
        }
        return TRUE;
}

static OmgSectionFile *file_alloc(void)
{
        OmgSectionFile *file = g_new0(OmgSectionFile, 1);
        file->sigbus = -1;
        return file;
}

OmgSectionFile *omg_section_file_open(const char *path, const OmgSectionFormat *format,
                                      const OmgCheckedFiles *known, GError **error)
{
        g_autoptr(OmgSectionFile) file = file_alloc();

        omg_sigbus_install();
        int fd = open_checked(path, &file->st, error);
        if (fd < 0)
                return NULL;
        const gboolean is_known = omg_checked_files_has(known, &file->st);
        file->size = (gsize)file->st.st_size;
        gboolean mapped = map_file(file, fd, error);
        (void)close(fd);
        if (!mapped)
                return NULL;

        /* All pages in one go; one fault for each would take longer than to check them. */
        if (!is_known)
                (void)madvise((void *)file->data, file->size, MADV_POPULATE_READ);
        gboolean good = check_header(file, format, error) && check_sections(file, !is_known, error);
        if (omg_section_file_is_damaged(file)) {
                g_clear_error(error);
                good = corrupt(error, "became shorter while it was read");
        }
        return good ? g_steal_pointer(&file) : NULL;
}

OmgSectionFile *omg_section_file_new_from_bytes(GBytes *bytes, const OmgSectionFormat *format,
                                                GError **error)
{
        g_autoptr(OmgSectionFile) file = file_alloc();

        file->bytes = g_bytes_ref(bytes);
        file->data = g_bytes_get_data(bytes, &file->size);
        if (!check_header(file, format, error) || !check_sections(file, TRUE, error))
                return NULL;
        return g_steal_pointer(&file);
}

void omg_section_file_free(OmgSectionFile *file)
{
        if (!file)
                return;
        if (file->sigbus >= 0)
                omg_sigbus_remove(file->sigbus);
        if (file->map_size > 0)
                (void)munmap((void *)file->data, file->map_size);
        g_clear_pointer(&file->bytes, g_bytes_unref);
        g_free(file->sections);
        g_free(file);
}

void omg_section_file_set_malformed(OmgSectionFile *file)
{
        g_atomic_int_set(&file->malformed, TRUE);
}

gboolean omg_section_file_is_malformed(const OmgSectionFile *file)
{
        return g_atomic_int_get(&file->malformed);
}

static gboolean was_shortened(const OmgSectionFile *file)
{
        return file->sigbus >= 0 && omg_sigbus_was_hit(file->sigbus);
}

gboolean omg_section_file_is_damaged(const OmgSectionFile *file)
{
        return was_shortened(file) || omg_section_file_is_malformed(file);
}

void omg_section_file_trim(const OmgSectionFile *file)
{
        if (file->map_size > 0)
                (void)madvise((void *)file->data, file->map_size, MADV_DONTNEED);
}

gboolean omg_section_file_finish_checks(const OmgSectionFile *file, GError **error)
{
        if (omg_section_file_is_damaged(file))
                return corrupt(error, "became shorter while it was read");
        omg_section_file_trim(file);
        return TRUE;
}

gboolean omg_section_file_has_bytes(const OmgSectionFile *file, guint section, GBytes *bytes)
{
        const OmgSectionEntry *s = &file->sections[section];
        gsize size;
        gconstpointer theirs = g_bytes_get_data(bytes, &size);

        return s->size == size && (size == 0 || memcmp(file->data + s->offset, theirs, size) == 0);
}

gboolean omg_section_file_has_content_of(const OmgSectionFile *file, const OmgSectionFile *other,
                                         guint except)
{
        if (file->n_sections != other->n_sections)
                return FALSE;
        for (guint i = 0; i < file->n_sections; i++)
                if (i != except && (file->sections[i].size != other->sections[i].size ||
                                    file->sections[i].checksum != other->sections[i].checksum))
                        return FALSE;
        return TRUE;
}

/* The head, and in *ret_total the size of the file. */
static GBytes *make_head(const OmgSectionFormat *format, guint64 built_usec,
                         GBytes *const *sections, gsize *ret_total)
{
        gsize head = get_head_size(format->n_sections), total = head;
        g_autofree guint8 *bytes = g_malloc0(head);
        OmgSectionEntry *table = (OmgSectionEntry *)(bytes + sizeof(OmgLayerHeader));
        OmgLayerHeader header = {
                .magic = format->magic,
                .version = format->version,
                .kind = format->kind,
                .built_usec = built_usec,
                .n_sections = format->n_sections,
        };

        for (guint i = 0; i < format->n_sections; i++) {
                gsize size;
                gconstpointer data = g_bytes_get_data(sections[i], &size);
                total = (total + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
                table[i] = (OmgSectionEntry){total, size, XXH3_64bits(data, size)};
                total += size;
        }
        header.file_size = total;
        memcpy(bytes, &header, sizeof(header));
        header.checksum = XXH3_64bits(bytes, head);
        memcpy(bytes, &header, sizeof(header));
        *ret_total = total;
        return g_bytes_new_take(g_steal_pointer(&bytes), head);
}

GPtrArray *omg_section_file_make(const OmgSectionFormat *format, guint64 built_usec,
                                 GBytes *const *sections, GError **error)
{
        static const guint8 zeros[ALIGNMENT];
        g_autoptr(GPtrArray) pieces = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
        gsize total, at = get_head_size(format->n_sections);

        g_ptr_array_add(pieces, make_head(format, built_usec, sections, &total));
        if (total > OMG_LIMIT_LAYER_FILE) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                            "the index would have %" G_GSIZE_FORMAT " bytes", total);
                return NULL;
        }
        for (guint i = 0; i < format->n_sections; i++) {
                gsize padding = (ALIGNMENT - at % ALIGNMENT) % ALIGNMENT;
                if (padding > 0)
                        g_ptr_array_add(pieces, g_bytes_new_static(zeros, padding));
                g_ptr_array_add(pieces, g_bytes_ref(sections[i]));
                at += padding + g_bytes_get_size(sections[i]);
        }
        return g_steal_pointer(&pieces);
}
