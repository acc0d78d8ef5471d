/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/layer.h"

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
#include "store/package-codec.h"
#include "store/relation-index.h"
#include "store/text-index.h"

G_STATIC_ASSERT(sizeof(OmgLayerHeader) == 48);
G_STATIC_ASSERT(sizeof(OmgPackageRecord) == 56);

struct OmgLayer {
        gatomicrefcount ref_count;
        const guint8 *data;
        gsize size;
        OmgSectionEntry sections[OMG_SECTION_N];
        guint64 built_usec;
        guint n_packages;
        guint n_repositories;
        guint hash_mask;
        /* Where the bytes come from: a map, registered with sigbus.c, or memory. */
        gsize map_size;
        int sigbus;
        GBytes *bytes;
};

static gboolean corrupt(GError **error, const char *what)
{
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, what);
        return FALSE;
}

gconstpointer omg_layer_get_section(const OmgLayer *layer, OmgSection section, gsize *ret_size)
{
        *ret_size = layer->sections[section].size;
        return layer->data + layer->sections[section].offset;
}

static gboolean check_header(OmgLayer *layer, OmgLayerKind kind, GError **error)
{
        OmgLayerHeader header;
        gsize head = sizeof(header) + OMG_SECTION_N * sizeof(OmgSectionEntry);

        if (layer->size < sizeof(header))
                return corrupt(error, "too short for a header");
        memcpy(&header, layer->data, sizeof(header));
        if (header.magic != OMG_LAYER_MAGIC)
                return corrupt(error, "not an index file of omgd");
        if (header.version != OMG_LAYER_VERSION) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT,
                            "format version %u where this omgd reads %u", header.version,
                            OMG_LAYER_VERSION);
                return FALSE;
        }
        if (header.kind != (guint32)kind)
                return corrupt(error, "holds another kind of index");
        if (header.file_size != layer->size || header.n_sections != OMG_SECTION_N ||
            layer->size < head)
                return corrupt(error, "truncated");

        g_autofree guint8 *copy = g_memdup2(layer->data, head);
        memset(copy + offsetof(OmgLayerHeader, checksum), 0, sizeof(header.checksum));
        if (XXH3_64bits(copy, head) != header.checksum)
                return corrupt(error, "the header's checksum is wrong");
        layer->built_usec = header.built_usec;
        return TRUE;
}

/* Sections follow each other with at most the zeros between them that put the next at a multiple of
 * 8: those bytes are in no checksum, and nothing may hide in them. */
static gboolean is_padding(const OmgLayer *layer, gsize from, gsize to)
{
        static const guint8 zeros[8];

        return to - from < sizeof(zeros) && memcmp(layer->data + from, zeros, to - from) == 0;
}

static gboolean check_sections(OmgLayer *layer, GError **error)
{
        gsize border = sizeof(OmgLayerHeader) + sizeof(layer->sections);

        memcpy(layer->sections, layer->data + sizeof(OmgLayerHeader), sizeof(layer->sections));
        for (guint i = 0; i < OMG_SECTION_N; i++) {
                const OmgSectionEntry *s = &layer->sections[i];
                if (s->offset < border || s->offset % 8 != 0 || s->offset > layer->size ||
                    s->size > layer->size - s->offset)
                        return corrupt(error, "sections overlap or point outside");
                if (!is_padding(layer, border, s->offset))
                        return corrupt(error, "something stands between the sections");
                border = s->offset + s->size;
                if (XXH3_64bits(layer->data + s->offset, s->size) != s->checksum) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT,
                                    "the checksum of section %u is wrong", i);
                        return FALSE;
                }
        }
        return border == layer->size || corrupt(error, "something stands after the sections");
}

/* Sections of records must be whole, tables a power of two, text must end. */
static gboolean check_shapes(OmgLayer *layer, GError **error)
{
        static const struct {
                OmgSection section;
                gsize record;
        } shapes[] = {
                {OMG_SECTION_REPOSITORIES, sizeof(OmgRepositoryRecord)},
                {OMG_SECTION_PACKAGES, sizeof(OmgPackageRecord)},
                {OMG_SECTION_NAME_HASH, sizeof(guint32)},
                {OMG_SECTION_NAME_ORDER, sizeof(guint32)},
                {OMG_SECTION_RUNS, sizeof(OmgRunSlot)},
                {OMG_SECTION_SUFFIXES, sizeof(guint32)},
                {OMG_SECTION_REPLACES, sizeof(OmgReplaceRecord)},
                {OMG_SECTION_GROUPS, sizeof(OmgGroupRecord)},
                {OMG_SECTION_GROUP_MEMBERS, sizeof(guint32)},
                {OMG_SECTION_RELATION_KEYS, sizeof(OmgRelationKey)},
                {OMG_SECTION_RELATION_IDS, sizeof(guint32)},
        };
        const OmgSectionEntry *s = layer->sections;

        for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
                if (s[shapes[i].section].size % shapes[i].record != 0)
                        return corrupt(error, "a section is not made of whole records");

        layer->n_packages = s[OMG_SECTION_PACKAGES].size / sizeof(OmgPackageRecord);
        layer->n_repositories = s[OMG_SECTION_REPOSITORIES].size / sizeof(OmgRepositoryRecord);
        gsize slots = s[OMG_SECTION_NAME_HASH].size / sizeof(guint32);
        layer->hash_mask = slots - 1;
        gsize text = s[OMG_SECTION_TEXT].size;
        const guint8 *end = layer->data + s[OMG_SECTION_TEXT].offset + text;

        if (layer->n_packages > OMG_LIMIT_PACKAGES ||
            s[OMG_SECTION_NAME_ORDER].size != (gsize)layer->n_packages * sizeof(guint32) ||
            slots == 0 || (slots & (slots - 1)) != 0 || slots <= layer->n_packages ||
            s[OMG_SECTION_REPOSITORY_BITS].size !=
                    layer->n_repositories * omg_bitmap_words(layer->n_packages) * sizeof(guint64))
                return corrupt(error, "counts do not fit together");
        if (text == 0 || text > G_MAXUINT32 || end[-1] != '\0')
                return corrupt(error, "the text does not end");
        return TRUE;
}

static gboolean check_layer(OmgLayer *layer, OmgLayerKind kind, GError **error)
{
        return check_header(layer, kind, error) && check_sections(layer, error) &&
               check_shapes(layer, error);
}

static int open_checked(const char *path, gsize *ret_size, GError **error)
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
        *ret_size = st.st_size;
        return fd;
}

/* Maps one page more than the file has: reading on past the last byte meets zeros, from the rest of
 * the last page or from sigbus.c, never foreign memory. */
static gboolean map_file(OmgLayer *layer, int fd, GError **error)
{
        gsize page = sysconf(_SC_PAGESIZE);

        layer->map_size = (layer->size + page - 1) / page * page + page;
        void *map = mmap(NULL, layer->map_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "cannot be mapped: %s",
                            g_strerror(errno));
                return FALSE;
        }
        layer->data = map;
        layer->sigbus = omg_sigbus_add(map, layer->map_size);
        if (layer->sigbus < 0) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                    "too many index files are open");
                return FALSE;
        }
        return TRUE;
}

static OmgLayer *layer_alloc(void)
{
        OmgLayer *layer = g_new0(OmgLayer, 1);
        g_atomic_ref_count_init(&layer->ref_count);
        layer->sigbus = -1;
        return layer;
}

void omg_layer_trim(const OmgLayer *layer)
{
        if (layer->map_size > 0)
                (void)madvise((void *)layer->data, layer->map_size, MADV_DONTNEED);
}

OmgLayer *omg_layer_open(const char *path, OmgLayerKind kind, GError **error)
{
        g_autoptr(OmgLayer) layer = layer_alloc();

        omg_sigbus_install();
        int fd = open_checked(path, &layer->size, error);
        if (fd < 0)
                return NULL;
        gboolean mapped = map_file(layer, fd, error);
        (void)close(fd);
        if (!mapped)
                return NULL;

        /* All pages in one go; one fault for each would take longer than to check them. */
        (void)madvise((void *)layer->data, layer->size, MADV_POPULATE_READ);
        gboolean good = check_layer(layer, kind, error);
        if (omg_layer_is_damaged(layer)) {
                g_clear_error(error);
                good = corrupt(error, "became shorter while it was read");
        }
        if (!good)
                return NULL;
        /* Checking touched every page; most are never needed again. */
        omg_layer_trim(layer);
        return g_steal_pointer(&layer);
}

OmgLayer *omg_layer_new_from_bytes(GBytes *bytes, OmgLayerKind kind, GError **error)
{
        g_autoptr(OmgLayer) layer = layer_alloc();

        layer->bytes = g_bytes_ref(bytes);
        layer->data = g_bytes_get_data(bytes, &layer->size);
        return check_layer(layer, kind, error) ? g_steal_pointer(&layer) : NULL;
}

OmgLayer *omg_layer_ref(OmgLayer *layer)
{
        g_atomic_ref_count_inc(&layer->ref_count);
        return layer;
}

void omg_layer_unref(OmgLayer *layer)
{
        if (!layer || !g_atomic_ref_count_dec(&layer->ref_count))
                return;
        if (layer->sigbus >= 0)
                omg_sigbus_remove(layer->sigbus);
        if (layer->map_size > 0 && layer->data)
                (void)munmap((void *)layer->data, layer->map_size);
        g_clear_pointer(&layer->bytes, g_bytes_unref);
        g_free(layer);
}

gboolean omg_layer_is_damaged(const OmgLayer *layer)
{
        return layer->sigbus >= 0 && omg_sigbus_was_hit(layer->sigbus);
}

guint64 omg_layer_get_built_usec(const OmgLayer *layer)
{
        return layer->built_usec;
}

gboolean omg_layer_has_stamps(const OmgLayer *layer, GBytes *stamps)
{
        gsize size;
        gconstpointer ours = omg_layer_get_section(layer, OMG_SECTION_STAMPS, &size);

        return size == g_bytes_get_size(stamps) &&
               (size == 0 || memcmp(ours, g_bytes_get_data(stamps, NULL), size) == 0);
}

gboolean omg_layer_has_content_of(const OmgLayer *layer, const OmgLayer *other)
{
        for (guint i = 0; i < OMG_SECTION_N; i++)
                if (i != OMG_SECTION_STAMPS &&
                    (layer->sections[i].size != other->sections[i].size ||
                     layer->sections[i].checksum != other->sections[i].checksum))
                        return FALSE;
        return TRUE;
}

guint omg_layer_get_n_packages(const OmgLayer *layer)
{
        return layer->n_packages;
}

guint omg_layer_get_n_repositories(const OmgLayer *layer)
{
        return layer->n_repositories;
}

/* The start of a section of records; bounds are the caller's to check against its count. */
#define RECORDS(layer, section, type) \
        ((const type *)((layer)->data + (layer)->sections[section].offset))

const OmgPackageRecord *omg_layer_get_record(const OmgLayer *layer, guint id)
{
        static const OmgPackageRecord none;

        return id < layer->n_packages ? RECORDS(layer, OMG_SECTION_PACKAGES, OmgPackageRecord) + id
                                      : &none;
}

const OmgRepositoryRecord *omg_layer_get_repository(const OmgLayer *layer, guint index)
{
        static const OmgRepositoryRecord none;

        return index < layer->n_repositories
                       ? RECORDS(layer, OMG_SECTION_REPOSITORIES, OmgRepositoryRecord) + index
                       : &none;
}

guint omg_layer_get_states(const OmgLayer *layer)
{
        guint states = 0;

        for (guint i = 0; i < layer->n_repositories; i++)
                states |= 1u << MIN(omg_layer_get_repository(layer, i)->state, 31u);
        return states;
}

const char *omg_layer_get_name(const OmgLayer *layer, guint id)
{
        return omg_layer_get_text(layer, omg_layer_get_record(layer, id)->name);
}

const char *omg_layer_get_version(const OmgLayer *layer, guint id)
{
        return omg_layer_get_text(layer, omg_layer_get_record(layer, id)->version);
}

const char *omg_layer_get_text(const OmgLayer *layer, guint32 offset)
{
        const OmgSectionEntry *text = &layer->sections[OMG_SECTION_TEXT];
        return offset < text->size ? (const char *)layer->data + text->offset + offset : "";
}

const char *omg_layer_get_span(const OmgLayer *layer, guint32 offset, gsize *len)
{
        const OmgSectionEntry *text = &layer->sections[OMG_SECTION_TEXT];

        *len = offset < text->size ? MIN(*len, text->size - offset) : 0;
        return omg_layer_get_text(layer, offset);
}

guint omg_layer_find(const OmgLayer *layer, const char *name, gsize len, guint64 *cursor)
{
        const guint32 *slots = RECORDS(layer, OMG_SECTION_NAME_HASH, guint32);
        guint64 hash = XXH3_64bits(name, len);
        guint64 step = cursor ? *cursor : 0;

        for (; step <= layer->hash_mask; step++) {
                guint32 slot = slots[(hash + step) & layer->hash_mask];
                if (slot == 0)
                        break;
                const OmgPackageRecord *record = omg_layer_get_record(layer, slot - 1);
                if (record->name_len != len ||
                    strncmp(omg_layer_get_text(layer, record->name), name, len) != 0)
                        continue;
                if (cursor)
                        *cursor = step + 1;
                return slot - 1 < layer->n_packages ? slot - 1 : OMG_NO_PACKAGE;
        }
        return OMG_NO_PACKAGE;
}

guint omg_layer_get_by_name(const OmgLayer *layer, guint position)
{
        if (position >= layer->n_packages)
                return OMG_NO_PACKAGE;
        guint id = RECORDS(layer, OMG_SECTION_NAME_ORDER, guint32)[position];
        return id < layer->n_packages ? id : OMG_NO_PACKAGE;
}

/* First position whose folded name is not below the prefix (or, with @after, is above all with it).
 */
static guint bisect(const OmgLayer *layer, const char *prefix, gsize len, gboolean after)
{
        guint from = 0, to = layer->n_packages;

        while (from < to) {
                guint middle = from + (to - from) / 2;
                const OmgPackageRecord *record =
                        omg_layer_get_record(layer, omg_layer_get_by_name(layer, middle));
                int order = strncmp(omg_layer_get_text(layer, record->folded_name), prefix, len);
                if (order < 0 || (after && order == 0))
                        from = middle + 1;
                else
                        to = middle;
        }
        return from;
}

void omg_layer_find_prefix(const OmgLayer *layer, const char *prefix, gsize len, guint *ret_from,
                           guint *ret_to)
{
        *ret_from = bisect(layer, prefix, len, FALSE);
        *ret_to = MAX(*ret_from, bisect(layer, prefix, len, TRUE));
}

const guint64 *omg_layer_get_repository_bits(const OmgLayer *layer, guint repository)
{
        return repository < layer->n_repositories
                       ? RECORDS(layer, OMG_SECTION_REPOSITORY_BITS, guint64) +
                                 repository * omg_bitmap_words(layer->n_packages)
                       : NULL;
}

OmgPackage *omg_layer_dup_package(const OmgLayer *layer, guint id, GError **error)
{
        const OmgPackageRecord *record = omg_layer_get_record(layer, id);
        const OmgSectionEntry *details = &layer->sections[OMG_SECTION_DETAILS];
        g_autoptr(OmgPackage) package = omg_package_new(
                omg_layer_get_text(layer, record->name), omg_layer_get_text(layer, record->version),
                omg_layer_get_text(layer, record->description));

        package->repository = record->repository;
        package->flags = record->flags;
        if (record->details > details->size ||
            record->details_size > details->size - record->details ||
            !omg_package_decode(layer->data + details->offset + record->details,
                                record->details_size, package)) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT,
                            "the details of package %s in the index are malformed", package->name);
                return NULL;
        }
        return g_steal_pointer(&package);
}
