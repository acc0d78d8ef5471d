/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/advisory-layer.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "store/advisory-builder.h"

G_STATIC_ASSERT(sizeof(OmgAdvisorySource) == 32);
G_STATIC_ASSERT(sizeof(OmgAdvisoryName) == 20);
G_STATIC_ASSERT(sizeof(OmgAdvisoryGroup) == 64);
G_STATIC_ASSERT(sizeof(OmgAdvisoryRecord) == 48);
G_STATIC_ASSERT(sizeof(OmgAdvisoryAffected) == 48);
G_STATIC_ASSERT(sizeof(OmgAdvisoryRange) == 12);
G_STATIC_ASSERT(sizeof(OmgAdvisoryEvent) == 12);

struct OmgAdvisoryLayer {
        gatomicrefcount ref_count;
        OmgSectionFile *file;
        guint n[OMG_ADVISORY_SECTION_N]; /* records of each section */
};

static const gsize sizes[OMG_ADVISORY_SECTION_N] = {
        [OMG_ADVISORY_SOURCES] = sizeof(OmgAdvisorySource),
        [OMG_ADVISORY_NAMES] = sizeof(OmgAdvisoryName),
        [OMG_ADVISORY_NAME_HASH] = sizeof(guint32),
        [OMG_ADVISORY_ENTRIES] = sizeof(guint32),
        [OMG_ADVISORY_GROUPS] = sizeof(OmgAdvisoryGroup),
        [OMG_ADVISORY_RECORDS] = sizeof(OmgAdvisoryRecord),
        [OMG_ADVISORY_AFFECTED] = sizeof(OmgAdvisoryAffected),
        [OMG_ADVISORY_RANGES] = sizeof(OmgAdvisoryRange),
        [OMG_ADVISORY_EVENTS] = sizeof(OmgAdvisoryEvent),
        [OMG_ADVISORY_LISTS] = sizeof(guint32),
        [OMG_ADVISORY_TEXT] = 1,
        [OMG_ADVISORY_STAMPS] = 1,
};

static gboolean corrupt(GError **error, const char *what)
{
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, what);
        return FALSE;
}

static const guint8 *get_section(const OmgAdvisoryLayer *layer, OmgAdvisorySection section)
{
        return layer->file->data + layer->file->sections[section].offset;
}

static gboolean check_shapes(OmgAdvisoryLayer *layer, GError **error)
{
        guint n_slots;

        for (guint i = 0; i < OMG_ADVISORY_SECTION_N; i++) {
                gsize size = layer->file->sections[i].size;
                if (size % sizes[i] != 0 || size / sizes[i] > G_MAXINT32)
                        return corrupt(error, "a section is not made of whole records");
                layer->n[i] = size / sizes[i];
        }
        n_slots = layer->n[OMG_ADVISORY_NAME_HASH];
        if (layer->n[OMG_ADVISORY_SOURCES] != OMG_ADVISORY_SOURCE_N ||
            n_slots <= layer->n[OMG_ADVISORY_NAMES] || (n_slots & (n_slots - 1)) != 0)
                return corrupt(error, "counts do not fit together");
        if (layer->n[OMG_ADVISORY_TEXT] == 0 ||
            get_section(layer, OMG_ADVISORY_TEXT)[layer->n[OMG_ADVISORY_TEXT] - 1] != '\0')
                return corrupt(error, "the text does not end");
        return TRUE;
}

/* Takes the file over. */
static OmgAdvisoryLayer *layer_new(OmgSectionFile *file, GError **error)
{
        if (!file)
                return NULL;
        g_autoptr(OmgAdvisoryLayer) layer = g_new0(OmgAdvisoryLayer, 1);
        g_atomic_ref_count_init(&layer->ref_count);
        layer->file = file;
        if (!check_shapes(layer, error) || !omg_section_file_finish_checks(file, error))
                return NULL;
        return g_steal_pointer(&layer);
}

static const OmgSectionFormat format = {OMG_ADVISORY_LAYER_MAGIC, OMG_ADVISORY_LAYER_VERSION,
                                        OMG_ADVISORY_LAYER_KIND, OMG_ADVISORY_SECTION_N};

OmgAdvisoryLayer *omg_advisory_layer_open(const char *path, GError **error)
{
        return layer_new(omg_section_file_open(path, &format, NULL, error), error);
}

OmgAdvisoryLayer *omg_advisory_layer_new_from_bytes(GBytes *bytes, GError **error)
{
        return layer_new(omg_section_file_new_from_bytes(bytes, &format, error), error);
}

OmgAdvisoryLayer *omg_advisory_layer_ref(OmgAdvisoryLayer *layer)
{
        g_atomic_ref_count_inc(&layer->ref_count);
        return layer;
}

void omg_advisory_layer_unref(OmgAdvisoryLayer *layer)
{
        if (!layer || !g_atomic_ref_count_dec(&layer->ref_count))
                return;
        omg_section_file_free(layer->file);
        g_free(layer);
}

gboolean omg_advisory_layer_has_stamps(const OmgAdvisoryLayer *layer, GBytes *stamps)
{
        return omg_section_file_has_bytes(layer->file, OMG_ADVISORY_STAMPS, stamps);
}

const OmgSectionFile *omg_advisory_layer_get_file(const OmgAdvisoryLayer *layer)
{
        return layer->file;
}

/* What has no such index is zeros, and no builder writes a reference to it. */
static gconstpointer get_record(const OmgAdvisoryLayer *layer, OmgAdvisorySection section,
                                guint index)
{
        static const guint64 zeros[8];

        if (index < layer->n[section])
                return get_section(layer, section) + index * sizes[section];
        omg_section_file_set_malformed(layer->file);
        return zeros;
}

const OmgAdvisorySource *omg_advisory_layer_get_source(const OmgAdvisoryLayer *layer,
                                                       OmgAdvisoryOrigin origin)
{
        return get_record(layer, OMG_ADVISORY_SOURCES, origin);
}

guint omg_advisory_layer_get_n_groups(const OmgAdvisoryLayer *layer)
{
        return layer->n[OMG_ADVISORY_GROUPS];
}

guint omg_advisory_layer_get_n_records(const OmgAdvisoryLayer *layer)
{
        return layer->n[OMG_ADVISORY_RECORDS];
}

guint omg_advisory_layer_get_n_affected(const OmgAdvisoryLayer *layer)
{
        return layer->n[OMG_ADVISORY_AFFECTED];
}

guint omg_advisory_layer_get_n_names(const OmgAdvisoryLayer *layer)
{
        return layer->n[OMG_ADVISORY_NAMES];
}

const OmgAdvisoryName *omg_advisory_layer_get_name(const OmgAdvisoryLayer *layer, guint index)
{
        return get_record(layer, OMG_ADVISORY_NAMES, index);
}

const OmgAdvisoryGroup *omg_advisory_layer_get_group(const OmgAdvisoryLayer *layer, guint index)
{
        return get_record(layer, OMG_ADVISORY_GROUPS, index);
}

const OmgAdvisoryRecord *omg_advisory_layer_get_record(const OmgAdvisoryLayer *layer, guint index)
{
        return get_record(layer, OMG_ADVISORY_RECORDS, index);
}

const OmgAdvisoryAffected *omg_advisory_layer_get_affected(const OmgAdvisoryLayer *layer,
                                                           guint index)
{
        return get_record(layer, OMG_ADVISORY_AFFECTED, index);
}

const OmgAdvisoryRange *omg_advisory_layer_get_range(const OmgAdvisoryLayer *layer, guint index)
{
        return get_record(layer, OMG_ADVISORY_RANGES, index);
}

const OmgAdvisoryEvent *omg_advisory_layer_get_event(const OmgAdvisoryLayer *layer, guint index)
{
        return get_record(layer, OMG_ADVISORY_EVENTS, index);
}

const char *omg_advisory_layer_get_text(const OmgAdvisoryLayer *layer, guint32 offset)
{
        if (offset < layer->n[OMG_ADVISORY_TEXT])
                return (const char *)get_section(layer, OMG_ADVISORY_TEXT) + offset;
        omg_section_file_set_malformed(layer->file);
        return "";
}

const char *omg_advisory_layer_get_listed(const OmgAdvisoryLayer *layer, const OmgAdvisoryRun *run,
                                          guint index)
{
        const guint32 *text;

        if (index >= run->count || run->first > G_MAXUINT32 - index)
                return "";
        text = get_record(layer, OMG_ADVISORY_LISTS, run->first + index);
        return omg_advisory_layer_get_text(layer, *text);
}

OmgAdvisoryRun omg_advisory_layer_clip(const OmgAdvisoryLayer *layer, OmgAdvisorySection section,
                                       OmgAdvisoryRun run)
{
        guint n = layer->n[section];

        if (run.first <= n && run.count <= n - run.first)
                return run;
        omg_section_file_set_malformed(layer->file);
        run.first = MIN(run.first, n);
        run.count = MIN(run.count, n - run.first);
        return run;
}

guint64 omg_advisory_hash(const char *ecosystem, const char *name)
{
        return XXH3_64bits_withSeed(name, strlen(name), XXH3_64bits(ecosystem, strlen(ecosystem)));
}

const OmgAdvisoryName *omg_advisory_layer_find(const OmgAdvisoryLayer *layer, const char *ecosystem,
                                               const char *name)
{
        const guint32 *slots = (const guint32 *)get_section(layer, OMG_ADVISORY_NAME_HASH);
        gsize mask = layer->n[OMG_ADVISORY_NAME_HASH] - 1;
        gsize at = omg_advisory_hash(ecosystem, name) & mask;

        /* A table without a free slot would not end. */
        for (gsize step = 0; step <= mask && slots[at] != 0; step++, at = (at + 1) & mask) {
                const OmgAdvisoryName *found = omg_advisory_layer_get_name(layer, slots[at] - 1);
                if (strcmp(omg_advisory_layer_get_text(layer, found->name), name) == 0 &&
                    strcmp(omg_advisory_layer_get_text(layer, found->ecosystem), ecosystem) == 0)
                        return found;
        }
        return NULL;
}

guint omg_advisory_layer_get_entry(const OmgAdvisoryLayer *layer, const OmgAdvisoryName *name,
                                   guint index)
{
        const guint32 *entry;
        guint n = layer->n[name->is_osv ? OMG_ADVISORY_AFFECTED : OMG_ADVISORY_GROUPS];

        if (index >= name->entries.count || name->entries.first > G_MAXUINT32 - index ||
            name->entries.first + index >= layer->n[OMG_ADVISORY_ENTRIES])
                return G_MAXUINT32;
        entry = get_record(layer, OMG_ADVISORY_ENTRIES, name->entries.first + index);
        if (*entry < n)
                return *entry;
        omg_section_file_set_malformed(layer->file);
        return G_MAXUINT32;
}

/* By halving; groups and records both begin where their ids are told apart by @offset. */
static guint find_id(const OmgAdvisoryLayer *layer, OmgAdvisorySection section, gsize offset,
                     const char *id)
{
        guint from = 0, to = layer->n[section];

        while (from < to) {
                guint middle = from + (to - from) / 2;
                const guint8 *record = get_record(layer, section, middle);
                guint32 text;
                memcpy(&text, record + offset, sizeof(text));
                int order = strcmp(id, omg_advisory_layer_get_text(layer, text));
                if (order == 0)
                        return middle;
                if (order < 0)
                        to = middle;
                else
                        from = middle + 1;
        }
        return G_MAXUINT32;
}

guint omg_advisory_layer_find_group(const OmgAdvisoryLayer *layer, const char *id)
{
        return find_id(layer, OMG_ADVISORY_GROUPS, offsetof(OmgAdvisoryGroup, id), id);
}

guint omg_advisory_layer_find_record(const OmgAdvisoryLayer *layer, const char *id)
{
        return find_id(layer, OMG_ADVISORY_RECORDS, offsetof(OmgAdvisoryRecord, id), id);
}
