/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/files-layer-builder.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/limits.h"

/* Texts that stand once each, numbered in the order of their coming. */
typedef struct {
        GArray *offsets; /* guint32: into the builder's text, by id */
        guint64 *slots;  /* half of the hash, then id + 1; 0: free */
        gsize n_slots;   /* a power of two */
} Table;

#define FIRST_SLOTS 1024u

struct OmgFilesLayerBuilder {
        OmgLayerKind kind;
        OmgFilesLimits limits;
        GArray *repositories; /* OmgRepositoryRecord */
        GArray *packages;     /* OmgFilesPackageRecord */
        GArray *paths;        /* OmgPathRecord */
        GByteArray *text;
        Table folders, bases;
        GString *last_path; /* of the package at hand */
        gboolean unsorted;  /* its paths do not come in their order */
        guint32 last_folder;
};

static void table_init(Table *table)
{
        table->offsets = g_array_new(FALSE, FALSE, sizeof(guint32));
        table->n_slots = FIRST_SLOTS;
        table->slots = g_new0(guint64, table->n_slots);
}

static void table_clear(Table *table)
{
        g_clear_pointer(&table->offsets, g_array_unref);
        g_clear_pointer(&table->slots, g_free);
}

OmgFilesLayerBuilder *omg_files_layer_builder_new(OmgLayerKind kind, const OmgFilesLimits *limits)
{
        static const OmgFilesLimits defaults = {OMG_LIMIT_PATHS, OMG_LIMIT_PATH_PARTS,
                                                OMG_LIMIT_PATH_TEXT};
        OmgFilesLayerBuilder *builder = g_new0(OmgFilesLayerBuilder, 1);

        builder->kind = kind;
        builder->limits = limits ? *limits : defaults;
        builder->repositories = g_array_new(FALSE, FALSE, sizeof(OmgRepositoryRecord));
        builder->packages = g_array_new(FALSE, FALSE, sizeof(OmgFilesPackageRecord));
        builder->paths = g_array_new(FALSE, FALSE, sizeof(OmgPathRecord));
        builder->text = g_byte_array_new();
        builder->last_path = g_string_new(NULL);
        builder->last_folder = G_MAXUINT32;
        table_init(&builder->folders);
        table_init(&builder->bases);
        g_byte_array_append(builder->text, (const guint8 *)"", 1);
        return builder;
}

void omg_files_layer_builder_free(OmgFilesLayerBuilder *builder)
{
        if (!builder)
                return;
        g_array_unref(builder->repositories);
        g_array_unref(builder->packages);
        g_clear_pointer(&builder->paths, g_array_unref);
        g_clear_pointer(&builder->text, g_byte_array_unref);
        g_string_free(builder->last_path, TRUE);
        table_clear(&builder->folders);
        table_clear(&builder->bases);
        g_free(builder);
}

static guint32 add_text(OmgFilesLayerBuilder *builder, const char *text, gsize len)
{
        guint32 offset = builder->text->len;

        if (len == 0)
                return 0;
        g_byte_array_append(builder->text, (const guint8 *)text, len);
        g_byte_array_append(builder->text, (const guint8 *)"", 1);
        return offset;
}

static const char *text_at(const OmgFilesLayerBuilder *builder, guint32 offset)
{
        return (const char *)builder->text->data + offset;
}

static gboolean text_is(const OmgFilesLayerBuilder *builder, guint32 offset, const char *text,
                        gsize len)
{
        const char *ours = text_at(builder, offset);

        return strncmp(ours, text, len) == 0 && ours[len] == '\0';
}

/* The hash is kept in the slots, so no text is read again. */
static void table_grow(Table *table)
{
        gsize n_slots = table->n_slots * 2;
        guint64 *slots = g_new0(guint64, n_slots);

        for (gsize i = 0; i < table->n_slots; i++) {
                guint64 slot = table->slots[i];
                if (slot == 0)
                        continue;
                gsize at = slot >> 32 & (n_slots - 1);
                while (slots[at] != 0)
                        at = (at + 1) & (n_slots - 1);
                slots[at] = slot;
        }
        g_free(table->slots);
        table->slots = slots;
        table->n_slots = n_slots;
}

/* The id of a text, a new one when it was not there. */
static guint32 table_add(OmgFilesLayerBuilder *builder, Table *table, const char *text, gsize len)
{
        guint32 hash = (guint32)XXH3_64bits(text, len);
        gsize at = hash & (table->n_slots - 1);

        for (; table->slots[at] != 0; at = (at + 1) & (table->n_slots - 1)) {
                guint32 id = (guint32)table->slots[at] - 1;
                if (table->slots[at] >> 32 == hash &&
                    text_is(builder, g_array_index(table->offsets, guint32, id), text, len))
                        return id;
        }
        guint32 id = table->offsets->len, offset = add_text(builder, text, len);
        g_array_append_val(table->offsets, offset);
        table->slots[at] = (guint64)hash << 32 | (id + 1);
        if (table->offsets->len * (gsize)2 > table->n_slots)
                table_grow(table);
        return id;
}

void omg_files_layer_builder_add_repository(OmgFilesLayerBuilder *builder, const char *name)
{
        OmgRepositoryRecord record = {.name = add_text(builder, name, strlen(name)),
                                      .state = OMG_REPOSITORY_OK};

        g_array_append_val(builder->repositories, record);
}

static OmgRepositoryRecord *last_repository(OmgFilesLayerBuilder *builder)
{
        g_assert(builder->repositories->len > 0);
        return &g_array_index(builder->repositories, OmgRepositoryRecord,
                              builder->repositories->len - 1);
}

static OmgFilesPackageRecord *last_package(const OmgFilesLayerBuilder *builder)
{
        g_assert(builder->packages->len > 0);
        return &g_array_index(builder->packages, OmgFilesPackageRecord, builder->packages->len - 1);
}

void omg_files_layer_builder_drop_packages(OmgFilesLayerBuilder *builder)
{
        while (builder->packages->len > 0 &&
               last_package(builder)->repository == builder->repositories->len - 1) {
                g_array_set_size(builder->paths, last_package(builder)->first);
                g_array_set_size(builder->packages, builder->packages->len - 1);
        }
        last_repository(builder)->n_packages = 0;
}

void omg_files_layer_builder_set_error(OmgFilesLayerBuilder *builder, OmgRepositoryState state,
                                       OmgError error_code, const char *message)
{
        OmgRepositoryRecord *record = last_repository(builder);
        g_autofree char *valid = g_utf8_make_valid(message, -1);

        record->state = state;
        record->error = error_code;
        record->message = add_text(builder, valid, strlen(valid));
}

static gboolean has_room(const OmgFilesLayerBuilder *builder, GError **error)
{
        const OmgFilesLimits *limits = &builder->limits;
        const struct {
                const char *what;
                guint n, max;
        } rows[] = {
                {"paths", builder->paths->len, limits->paths},
                {"distinct parts of paths",
                 builder->folders.offsets->len + builder->bases.offsets->len, limits->parts},
                {"bytes of text", builder->text->len, limits->text},
                {"packages", builder->packages->len, OMG_LIMIT_PACKAGES},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
                if (rows[i].n >= rows[i].max) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                                    "the file lists have more than %u %s", rows[i].max,
                                    rows[i].what);
                        return FALSE;
                }
        return TRUE;
}

gboolean omg_files_layer_builder_begin_package(OmgFilesLayerBuilder *builder, const char *name,
                                               const char *version, GError **error)
{
        if (!has_room(builder, error))
                return FALSE;
        OmgFilesPackageRecord record = {
                .name = add_text(builder, name, strlen(name)),
                .version = add_text(builder, version, strlen(version)),
                .first = builder->paths->len,
                .repository = builder->repositories->len - 1,
        };
        last_repository(builder)->n_packages++;
        g_array_append_val(builder->packages, record);
        g_string_truncate(builder->last_path, 0);
        builder->unsorted = FALSE;
        return TRUE;
}

gboolean omg_files_layer_builder_add_path(OmgFilesLayerBuilder *builder, const char *path,
                                          gsize len, GError **error)
{
        gsize folder_len = omg_path_split(path, len);

        if (!has_room(builder, error))
                return FALSE;
        /* Neighbours mostly share their folder. */
        if (builder->last_folder == G_MAXUINT32 ||
            !text_is(builder,
                     g_array_index(builder->folders.offsets, guint32, builder->last_folder), path,
                     folder_len))
                builder->last_folder = table_add(builder, &builder->folders, path, folder_len);
        OmgPathRecord record = {
                .folder = builder->last_folder,
                .base = table_add(builder, &builder->bases, path + folder_len, len - folder_len),
        };
        g_array_append_val(builder->paths, record);
        last_package(builder)->count++;

        const GString *last = builder->last_path;
        int order = memcmp(last->str, path, MIN(last->len, len));
        if (order > 0 || (order == 0 && last->len > len))
                builder->unsorted = TRUE;
        g_string_truncate(builder->last_path, 0);
        g_string_append_len(builder->last_path, path, (gssize)len);
        return TRUE;
}

static char *dup_path(const OmgFilesLayerBuilder *builder, const OmgPathRecord *record)
{
        return g_strconcat(
                text_at(builder, g_array_index(builder->folders.offsets, guint32, record->folder)),
                text_at(builder, g_array_index(builder->bases.offsets, guint32, record->base)),
                NULL);
}

static int compare_paths(gconstpointer a, gconstpointer b, gpointer userdata)
{
        g_autofree char *x = dup_path(userdata, a);
        g_autofree char *y = dup_path(userdata, b);

        return strcmp(x, y);
}

/* libalpm sorts what does not come sorted; it hardly ever happens. */
void omg_files_layer_builder_end_package(OmgFilesLayerBuilder *builder)
{
        const OmgFilesPackageRecord *package = last_package(builder);

        if (builder->unsorted)
                g_qsort_with_data(&g_array_index(builder->paths, OmgPathRecord, package->first),
                                  (int)package->count, sizeof(OmgPathRecord), compare_paths,
                                  builder);
        builder->unsorted = FALSE;
}

guint omg_files_layer_builder_get_n_packages(const OmgFilesLayerBuilder *builder)
{
        return builder->packages->len;
}

guint omg_files_layer_builder_get_n_paths(const OmgFilesLayerBuilder *builder)
{
        return builder->paths->len;
}

static GBytes *array_to_bytes(GArray *array, gsize record)
{
        gsize size = array->len * record;

        return g_bytes_new_with_free_func(array->data, size, (GDestroyNotify)g_array_unref,
                                          g_array_ref(array));
}

static int compare_names(gconstpointer a, gconstpointer b, gpointer userdata)
{
        const OmgFilesLayerBuilder *builder = userdata;
        const OmgFilesPackageRecord *packages = (OmgFilesPackageRecord *)builder->packages->data;
        guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
        int order = strcmp(text_at(builder, packages[x].name), text_at(builder, packages[y].name));

        /* Ids are in the order of repositories. */
        return order != 0 ? order : x < y ? -1 : x > y;
}

static GBytes *make_name_order(OmgFilesLayerBuilder *builder)
{
        guint n = builder->packages->len;
        guint32 *ids = g_new(guint32, n);

        for (guint32 i = 0; i < n; i++)
                ids[i] = i;
        if (n > 0)
                g_qsort_with_data(ids, (int)n, sizeof(guint32), compare_names, builder);
        return g_bytes_new_take(ids, n * sizeof(guint32));
}

/* The same places as while building, without the halves of the hashes; gives their memory back. */
static GBytes *make_hash(Table *table)
{
        gsize n_slots = table->n_slots;
        guint32 *slots = g_new(guint32, n_slots);

        for (gsize i = 0; i < n_slots; i++)
                slots[i] = (guint32)table->slots[i];
        g_clear_pointer(&table->slots, g_free);
        return g_bytes_new_take(slots, n_slots * sizeof(guint32));
}

/* Where the run of each key begins when the paths stand in the order of their keys; n + 1 numbers.
 * @key: where in a record of two numbers it is. */
static guint32 *count_keys(const GArray *paths, guint n, guint key)
{
        guint32 *first = g_new0(guint32, (gsize)n + 1);
        const guint32 *numbers = (const guint32 *)paths->data;

        for (gsize i = 0; i < paths->len; i++)
                first[numbers[2 * i + key] + 1]++;
        for (guint i = 0; i < n; i++)
                first[i + 1] += first[i];
        return first;
}

/* Positions of paths by base, then folder, then package: two stable passes over the keys. */
static void make_by_base(OmgFilesLayerBuilder *builder, GBytes **sections)
{
        const OmgPathRecord *paths = (OmgPathRecord *)builder->paths->data;
        guint n = builder->paths->len, n_bases = builder->bases.offsets->len;
        g_autofree guint32 *folder_at =
                count_keys(builder->paths, builder->folders.offsets->len, 0);
        g_autofree guint32 *base_at = count_keys(builder->paths, n_bases, 1);
        g_autofree guint32 *by_folder = g_new(guint32, n);
        guint32 *by_base = g_new(guint32, n);
        OmgBaseRecord *bases = g_new(OmgBaseRecord, (gsize)n_bases + 1);

        for (guint i = 0; i <= n_bases; i++)
                bases[i] = (OmgBaseRecord){
                        i < n_bases ? g_array_index(builder->bases.offsets, guint32, i) : 0,
                        base_at[i]};
        for (guint32 i = 0; i < n; i++)
                by_folder[folder_at[paths[i].folder]++] = i;
        for (guint i = 0; i < n; i++)
                by_base[base_at[paths[by_folder[i]].base]++] = by_folder[i];
        sections[OMG_FILES_SECTION_BASES] =
                g_bytes_new_take(bases, ((gsize)n_bases + 1) * sizeof(OmgBaseRecord));
        sections[OMG_FILES_SECTION_BY_BASE] = g_bytes_new_take(by_base, (gsize)n * sizeof(guint32));
}

GPtrArray *omg_files_layer_builder_finish(OmgFilesLayerBuilder *builder, GBytes *stamps,
                                          guint64 built_usec, GError **error)
{
        OmgSectionFormat format = {OMG_FILES_LAYER_MAGIC, OMG_FILES_LAYER_VERSION, builder->kind,
                                   OMG_FILES_SECTION_N};
        GBytes *sections[OMG_FILES_SECTION_N] = {};

        sections[OMG_FILES_SECTION_STAMPS] = g_bytes_ref(stamps);
        sections[OMG_FILES_SECTION_REPOSITORIES] =
                array_to_bytes(builder->repositories, sizeof(OmgRepositoryRecord));
        sections[OMG_FILES_SECTION_PACKAGES] =
                array_to_bytes(builder->packages, sizeof(OmgFilesPackageRecord));
        sections[OMG_FILES_SECTION_NAME_ORDER] = make_name_order(builder);
        sections[OMG_FILES_SECTION_FOLDER_HASH] = make_hash(&builder->folders);
        sections[OMG_FILES_SECTION_BASE_HASH] = make_hash(&builder->bases);
        make_by_base(builder, sections);
        sections[OMG_FILES_SECTION_FOLDERS] =
                array_to_bytes(builder->folders.offsets, sizeof(guint32));
        sections[OMG_FILES_SECTION_PATHS] = array_to_bytes(builder->paths, sizeof(OmgPathRecord));
        sections[OMG_FILES_SECTION_TEXT] =
                g_byte_array_free_to_bytes(g_steal_pointer(&builder->text));

        GPtrArray *pieces = omg_section_file_make(&format, built_usec, sections, error);
        for (guint i = 0; i < OMG_FILES_SECTION_N; i++)
                g_bytes_unref(sections[i]);
        return pieces;
}
