/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/layer.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "base/limits.h"
#include "store/package-codec.h"
#include "store/relation-index.h"
#include "store/text-index.h"

G_STATIC_ASSERT(sizeof(OmgPackageRecord) == 56);

struct OmgLayer {
        gatomicrefcount ref_count;
        OmgSectionFile *file;
        const guint8 *data;              /* the file's, like the next */
        const OmgSectionEntry *sections; /* OMG_SECTION_N */
        guint n_packages;
        guint n_repositories;
        guint hash_mask;
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

static OmgSectionFormat get_format(OmgLayerKind kind)
{
        return (OmgSectionFormat){OMG_LAYER_MAGIC, OMG_LAYER_VERSION, kind, OMG_SECTION_N};
}

/* Takes the file over. */
static OmgLayer *layer_new(OmgSectionFile *file, GError **error)
{
        if (!file)
                return NULL;
        g_autoptr(OmgLayer) layer = g_new0(OmgLayer, 1);
        g_atomic_ref_count_init(&layer->ref_count);
        layer->file = file;
        layer->data = file->data;
        layer->sections = file->sections;
        if (!check_shapes(layer, error) || !omg_section_file_finish_checks(file, error))
                return NULL;
        return g_steal_pointer(&layer);
}

OmgLayer *omg_layer_open_known(const char *path, OmgLayerKind kind, const OmgCheckedFiles *known,
                               GError **error)
{
        OmgSectionFormat format = get_format(kind);

        return layer_new(omg_section_file_open(path, &format, known, error), error);
}

OmgLayer *omg_layer_open(const char *path, OmgLayerKind kind, GError **error)
{
        return omg_layer_open_known(path, kind, NULL, error);
}

OmgLayer *omg_layer_new_from_bytes(GBytes *bytes, OmgLayerKind kind, GError **error)
{
        OmgSectionFormat format = get_format(kind);

        return layer_new(omg_section_file_new_from_bytes(bytes, &format, error), error);
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
        omg_section_file_free(layer->file);
        g_free(layer);
}

const OmgSectionFile *omg_layer_get_file(const OmgLayer *layer)
{
        return layer->file;
}

void omg_layer_set_malformed(const OmgLayer *layer)
{
        omg_section_file_set_malformed(layer->file);
}

gboolean omg_layer_is_damaged(const OmgLayer *layer)
{
        return omg_section_file_is_damaged(layer->file);
}

guint64 omg_layer_get_built_usec(const OmgLayer *layer)
{
        return layer->file->built_usec;
}

gboolean omg_layer_has_stamps(const OmgLayer *layer, GBytes *stamps)
{
        return omg_section_file_has_bytes(layer->file, OMG_SECTION_STAMPS, stamps);
}

gboolean omg_layer_has_content_of(const OmgLayer *layer, const OmgLayer *other)
{
        return omg_section_file_has_content_of(layer->file, other->file, OMG_SECTION_STAMPS);
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
        if (offset < text->size)
                return (const char *)layer->data + text->offset + offset;
        omg_section_file_set_malformed(layer->file);
        return "";
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
                if (slot - 1 >= layer->n_packages) {
                        omg_section_file_set_malformed(layer->file);
                        break;
                }
                const OmgPackageRecord *record = omg_layer_get_record(layer, slot - 1);
                if (record->name_len != len ||
                    strncmp(omg_layer_get_text(layer, record->name), name, len) != 0)
                        continue;
                if (cursor)
                        *cursor = step + 1;
                return slot - 1;
        }
        return OMG_NO_PACKAGE;
}

guint omg_layer_get_by_name(const OmgLayer *layer, guint position)
{
        if (position >= layer->n_packages)
                return OMG_NO_PACKAGE;
        guint id = RECORDS(layer, OMG_SECTION_NAME_ORDER, guint32)[position];
        if (id < layer->n_packages)
                return id;
        omg_section_file_set_malformed(layer->file);
        return OMG_NO_PACKAGE;
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
                omg_section_file_set_malformed(layer->file);
                g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT,
                            "the details of package %s in the index are malformed", package->name);
                return NULL;
        }
        return g_steal_pointer(&package);
}
