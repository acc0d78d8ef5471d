/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/files-layer.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "base/limits.h"

G_STATIC_ASSERT(sizeof(OmgFilesPackageRecord) == 20);
G_STATIC_ASSERT(sizeof(OmgPathRecord) == 8);
G_STATIC_ASSERT(sizeof(OmgBaseRecord) == 8);

struct OmgFilesLayer {
        gatomicrefcount ref_count;
        OmgSectionFile *file;
        guint n_repositories, n_packages, n_paths, n_folders, n_bases;
};

/* The start of a section of records; bounds are the caller's to check against its count. */
#define RECORDS(layer, section, type) \
        ((const type *)((layer)->file->data + (layer)->file->sections[section].offset))

static gboolean corrupt(GError **error, const char *what)
{
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, what);
        return FALSE;
}

/* The number of whole records; FALSE when there is a rest, or a number that no list may have. */
static gboolean count_records(const OmgFilesLayer *layer, OmgFilesSection section, gsize record,
                              guint *ret_n)
{
        gsize size = layer->file->sections[section].size;

        if (size % record != 0 || size / record > G_MAXINT32)
                return FALSE;
        *ret_n = size / record;
        return TRUE;
}

static gboolean is_hash_of(guint n_slots, guint n)
{
        return n_slots > n && (n_slots & (n_slots - 1)) == 0;
}

static gboolean check_shapes(OmgFilesLayer *layer, GError **error)
{
        const OmgSectionEntry *text = &layer->file->sections[OMG_FILES_SECTION_TEXT];
        guint n_names, n_by_base, n_folder_slots, n_base_slots;
        const struct {
                OmgFilesSection section;
                gsize record;
                guint *ret_n;
        } shapes[] = {
                {OMG_FILES_SECTION_REPOSITORIES, sizeof(OmgRepositoryRecord),
                 &layer->n_repositories},
                {OMG_FILES_SECTION_PACKAGES, sizeof(OmgFilesPackageRecord), &layer->n_packages},
                {OMG_FILES_SECTION_PATHS, sizeof(OmgPathRecord), &layer->n_paths},
                {OMG_FILES_SECTION_FOLDERS, sizeof(guint32), &layer->n_folders},
                {OMG_FILES_SECTION_BASES, sizeof(OmgBaseRecord), &layer->n_bases},
                {OMG_FILES_SECTION_NAME_ORDER, sizeof(guint32), &n_names},
                {OMG_FILES_SECTION_BY_BASE, sizeof(guint32), &n_by_base},
                {OMG_FILES_SECTION_FOLDER_HASH, sizeof(guint32), &n_folder_slots},
                {OMG_FILES_SECTION_BASE_HASH, sizeof(guint32), &n_base_slots},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
                if (!count_records(layer, shapes[i].section, shapes[i].record, shapes[i].ret_n))
                        return corrupt(error, "a section is not made of whole records");
        /* The last one only says where the one before ends. */
        if (layer->n_bases-- == 0 || layer->n_packages > OMG_LIMIT_PACKAGES ||
            n_names != layer->n_packages || n_by_base != layer->n_paths ||
            !is_hash_of(n_folder_slots, layer->n_folders) ||
            !is_hash_of(n_base_slots, layer->n_bases))
                return corrupt(error, "counts do not fit together");
        if (text->size == 0 || text->size > G_MAXUINT32 ||
            layer->file->data[text->offset + text->size - 1] != '\0')
                return corrupt(error, "the text does not end");
        return TRUE;
}

static OmgSectionFormat get_format(OmgLayerKind kind)
{
        return (OmgSectionFormat){OMG_FILES_LAYER_MAGIC, OMG_FILES_LAYER_VERSION, kind,
                                  OMG_FILES_SECTION_N};
}

/* Takes the file over. */
static OmgFilesLayer *layer_new(OmgSectionFile *file, GError **error)
{
        if (!file)
                return NULL;
        g_autoptr(OmgFilesLayer) layer = g_new0(OmgFilesLayer, 1);
        g_atomic_ref_count_init(&layer->ref_count);
        layer->file = file;
        if (!check_shapes(layer, error) || !omg_section_file_finish_checks(file, error))
                return NULL;
        return g_steal_pointer(&layer);
}

OmgFilesLayer *omg_files_layer_open(const char *path, OmgLayerKind kind, GError **error)
{
        OmgSectionFormat format = get_format(kind);

        return layer_new(omg_section_file_open(path, &format, NULL, error), error);
}

OmgFilesLayer *omg_files_layer_new_from_bytes(GBytes *bytes, OmgLayerKind kind, GError **error)
{
        OmgSectionFormat format = get_format(kind);

        return layer_new(omg_section_file_new_from_bytes(bytes, &format, error), error);
}

OmgFilesLayer *omg_files_layer_ref(OmgFilesLayer *layer)
{
        g_atomic_ref_count_inc(&layer->ref_count);
        return layer;
}

void omg_files_layer_unref(OmgFilesLayer *layer)
{
        if (!layer || !g_atomic_ref_count_dec(&layer->ref_count))
                return;
        omg_section_file_free(layer->file);
        g_free(layer);
}

const OmgSectionFile *omg_files_layer_get_file(const OmgFilesLayer *layer)
{
        return layer->file;
}

gboolean omg_files_layer_has_stamps(const OmgFilesLayer *layer, GBytes *stamps)
{
        return omg_section_file_has_bytes(layer->file, OMG_FILES_SECTION_STAMPS, stamps);
}

gboolean omg_files_layer_has_content_of(const OmgFilesLayer *layer, const OmgFilesLayer *other)
{
        return omg_section_file_has_content_of(layer->file, other->file, OMG_FILES_SECTION_STAMPS);
}

gboolean omg_files_layer_is_whole(const OmgFilesLayer *layer)
{
        for (guint i = 0; i < layer->n_repositories; i++) {
                const OmgRepositoryRecord *record = omg_files_layer_get_repository(layer, i);
                if (record->state != OMG_REPOSITORY_OK &&
                    record->error != OMG_ERROR_DATABASE_MISSING)
                        return FALSE;
        }
        return TRUE;
}

guint omg_files_layer_get_n_repositories(const OmgFilesLayer *layer)
{
        return layer->n_repositories;
}

const OmgRepositoryRecord *omg_files_layer_get_repository(const OmgFilesLayer *layer, guint index)
{
        static const OmgRepositoryRecord none;

        return index < layer->n_repositories
                       ? RECORDS(layer, OMG_FILES_SECTION_REPOSITORIES, OmgRepositoryRecord) + index
                       : &none;
}

guint omg_files_layer_get_n_packages(const OmgFilesLayer *layer)
{
        return layer->n_packages;
}

const OmgFilesPackageRecord *omg_files_layer_get_package(const OmgFilesLayer *layer, guint id)
{
        static const OmgFilesPackageRecord none;

        return id < layer->n_packages
                       ? RECORDS(layer, OMG_FILES_SECTION_PACKAGES, OmgFilesPackageRecord) + id
                       : &none;
}

/* For a reference in the file that leads nowhere. */
static const char *get_lost_text(const OmgFilesLayer *layer)
{
        omg_section_file_set_malformed(layer->file);
        return "";
}

const char *omg_files_layer_get_text(const OmgFilesLayer *layer, guint32 offset)
{
        const OmgSectionEntry *text = &layer->file->sections[OMG_FILES_SECTION_TEXT];

        return offset < text->size ? (const char *)layer->file->data + text->offset + offset
                                   : get_lost_text(layer);
}

/* Ids of folders and of bases come out of the file alone. */
static const char *get_folder(const OmgFilesLayer *layer, guint id)
{
        return id < layer->n_folders
                       ? omg_files_layer_get_text(
                                 layer, RECORDS(layer, OMG_FILES_SECTION_FOLDERS, guint32)[id])
                       : get_lost_text(layer);
}

static const char *get_base(const OmgFilesLayer *layer, guint id)
{
        return id < layer->n_bases
                       ? omg_files_layer_get_text(
                                 layer,
                                 RECORDS(layer, OMG_FILES_SECTION_BASES, OmgBaseRecord)[id].text)
                       : get_lost_text(layer);
}

static guint get_by_name(const OmgFilesLayer *layer, guint position)
{
        guint id = RECORDS(layer, OMG_FILES_SECTION_NAME_ORDER, guint32)[position];

        if (id >= layer->n_packages)
                omg_section_file_set_malformed(layer->file);
        return id;
}

static gboolean is_in_repository(const OmgFilesLayer *layer, const OmgFilesPackageRecord *package,
                                 const char *repository, gsize len)
{
        const char *name = omg_files_layer_get_text(
                layer, omg_files_layer_get_repository(layer, package->repository)->name);

        return len == 0 || (strncmp(name, repository, len) == 0 && name[len] == '\0');
}

guint omg_files_layer_find_package(const OmgFilesLayer *layer, const char *name,
                                   const char *repository, gsize repository_len)
{
        guint from = 0, to = layer->n_packages;

        while (from < to) {
                guint middle = from + (to - from) / 2;
                const OmgFilesPackageRecord *package =
                        omg_files_layer_get_package(layer, get_by_name(layer, middle));
                if (strcmp(omg_files_layer_get_text(layer, package->name), name) < 0)
                        from = middle + 1;
                else
                        to = middle;
        }
        for (; from < layer->n_packages; from++) {
                guint id = get_by_name(layer, from);
                const OmgFilesPackageRecord *package = omg_files_layer_get_package(layer, id);
                if (id >= layer->n_packages ||
                    strcmp(omg_files_layer_get_text(layer, package->name), name) != 0)
                        break;
                if (is_in_repository(layer, package, repository, repository_len))
                        return id;
        }
        return OMG_NO_PACKAGE;
}

static const OmgPathRecord *get_path(const OmgFilesLayer *layer, guint position)
{
        static const OmgPathRecord none = {G_MAXUINT32, G_MAXUINT32};

        return position < layer->n_paths
                       ? RECORDS(layer, OMG_FILES_SECTION_PATHS, OmgPathRecord) + position
                       : &none;
}

gboolean omg_files_layer_append_path(const OmgFilesLayer *layer, guint position, GString *path)
{
        if (position >= layer->n_paths) {
                omg_section_file_set_malformed(layer->file);
                return FALSE;
        }
        const OmgPathRecord *record = get_path(layer, position);
        const char *folder = get_folder(layer, record->folder);
        const char *base = get_base(layer, record->base);

        /* A damaged file can hold a text of gigabytes; no path is that long. */
        g_string_append_len(path, folder, (gssize)strnlen(folder, OMG_LIMIT_PATH));
        g_string_append_len(path, base, (gssize)strnlen(base, OMG_LIMIT_PATH));
        return TRUE;
}

/* The id of a text in one of the two tables, or G_MAXUINT32. */
static guint find_text(const OmgFilesLayer *layer, OmgFilesSection hash,
                       const char *(*get)(const OmgFilesLayer *, guint), const char *text,
                       gsize len)
{
        const guint32 *slots = RECORDS(layer, hash, guint32);
        gsize mask = layer->file->sections[hash].size / sizeof(guint32) - 1;
        guint32 at = (guint32)XXH3_64bits(text, len);

        for (gsize step = 0; step <= mask; step++) {
                guint32 slot = slots[(at + step) & mask];
                if (slot == 0)
                        break;
                const char *found = get(layer, slot - 1);
                if (strncmp(found, text, len) == 0 && found[len] == '\0')
                        return slot - 1;
        }
        return G_MAXUINT32;
}

guint omg_files_layer_get_hit(const OmgFilesLayer *layer, guint index)
{
        if (index >= layer->n_paths)
                return G_MAXUINT32;
        guint position = RECORDS(layer, OMG_FILES_SECTION_BY_BASE, guint32)[index];
        if (position < layer->n_paths)
                return position;
        omg_section_file_set_malformed(layer->file);
        return G_MAXUINT32;
}

OmgFilesRange omg_files_layer_find_base(const OmgFilesLayer *layer, const char *base, gsize len)
{
        guint id = find_text(layer, OMG_FILES_SECTION_BASE_HASH, get_base, base, len);
        if (id >= layer->n_bases)
                return (OmgFilesRange){};

        const OmgBaseRecord *record = RECORDS(layer, OMG_FILES_SECTION_BASES, OmgBaseRecord) + id;
        guint to = MIN(record[1].first, layer->n_paths);
        return (OmgFilesRange){MIN(record[0].first, to), to};
}

/* The first of a range whose folder is not below this one (@after: is above it). */
static guint bisect(const OmgFilesLayer *layer, OmgFilesRange range, guint folder, gboolean after)
{
        while (range.from < range.to) {
                guint middle = range.from + (range.to - range.from) / 2;
                guint theirs = get_path(layer, omg_files_layer_get_hit(layer, middle))->folder;
                if (theirs < folder || (after && theirs == folder))
                        range.from = middle + 1;
                else
                        range.to = middle;
        }
        return range.from;
}

OmgFilesRange omg_files_layer_find_path(const OmgFilesLayer *layer, const char *path, gsize len)
{
        gsize folder_len = omg_path_split(path, len);
        guint folder =
                find_text(layer, OMG_FILES_SECTION_FOLDER_HASH, get_folder, path, folder_len);
        if (folder >= layer->n_folders)
                return (OmgFilesRange){};

        OmgFilesRange range = omg_files_layer_find_base(layer, path + folder_len, len - folder_len);
        guint from = bisect(layer, range, folder, FALSE);
        return (OmgFilesRange){from, MAX(from, bisect(layer, range, folder, TRUE))};
}

guint omg_files_layer_get_owner(const OmgFilesLayer *layer, guint position)
{
        guint from = 0, to = layer->n_packages;

        /* Behind the last package that begins at or before the path. */
        while (from < to) {
                guint middle = from + (to - from) / 2;
                if (omg_files_layer_get_package(layer, middle)->first <= position)
                        from = middle + 1;
                else
                        to = middle;
        }
        const OmgFilesPackageRecord *package =
                omg_files_layer_get_package(layer, from > 0 ? from - 1 : OMG_NO_PACKAGE);
        if (position >= layer->n_paths)
                return OMG_NO_PACKAGE;
        if (from > 0 && position - package->first < package->count)
                return from - 1;
        omg_section_file_set_malformed(layer->file);
        return OMG_NO_PACKAGE;
}

gboolean omg_files_layer_is_top(const OmgFilesLayer *layer, guint position)
{
        return position < layer->n_paths &&
               get_folder(layer, get_path(layer, position)->folder)[0] == '\0';
}
