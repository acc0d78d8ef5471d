/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/layer-builder.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/limits.h"
#include "base/text.h"
#include "store/package-codec.h"
#include "store/postings.h"
#include "store/relation-index.h"
#include "store/section-writer.h"
#include "store/text-index-builder.h"

/* Details are put aside in pieces of so many bytes. */
#define SPOOL_SIZE (256u << 10)

struct OmgLayerBuilder {
        OmgLayerKind kind;
        GArray *repositories; /* OmgRepositoryRecord */
        GArray *packages;     /* OmgPackageRecord, sorted by finish() */
        GByteArray *text;     /* OMG_SECTION_TEXT */
        GByteArray *details;  /* OMG_SECTION_DETAILS, or what of it is not put aside yet */
        int spool;            /* where it is put aside; -1: nowhere */
        guint64 n_spooled;    /* bytes there */
        GArray *replaces;     /* OmgReplaceRecord, .package: order of adding until finish() */
        GHashTable *groups;   /* name → GArray of guint32, order of adding until finish() */
        OmgRelationBuilder *relations;
        GBytes *relation_keys, *relation_ids; /* their sections, once the packages are sorted */
};

OmgLayerBuilder *omg_layer_builder_new(OmgLayerKind kind)
{
        OmgLayerBuilder *builder = g_new0(OmgLayerBuilder, 1);

        builder->kind = kind;
        builder->spool = -1;
        builder->repositories = g_array_new(FALSE, FALSE, sizeof(OmgRepositoryRecord));
        builder->packages = g_array_new(FALSE, FALSE, sizeof(OmgPackageRecord));
        builder->text = g_byte_array_new();
        builder->details = g_byte_array_new();
        builder->replaces = g_array_new(FALSE, FALSE, sizeof(OmgReplaceRecord));
        builder->groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                (GDestroyNotify)g_array_unref);
        builder->relations = omg_relation_builder_new();
        g_byte_array_append(builder->text, (const guint8 *)"", 1);
        return builder;
}

void omg_layer_builder_free(OmgLayerBuilder *builder)
{
        if (!builder)
                return;
        g_array_unref(builder->repositories);
        g_array_unref(builder->packages);
        g_clear_pointer(&builder->text, g_byte_array_unref);
        g_clear_pointer(&builder->details, g_byte_array_unref);
        g_array_unref(builder->replaces);
        g_hash_table_unref(builder->groups);
        omg_relation_builder_free(builder->relations);
        g_clear_pointer(&builder->relation_keys, g_bytes_unref);
        g_clear_pointer(&builder->relation_ids, g_bytes_unref);
        g_free(builder);
}

void omg_layer_builder_spool_details(OmgLayerBuilder *builder, int fd)
{
        g_assert(builder->details->len == 0);
        builder->spool = fd;
}

/* Puts details aside, once there are enough of them. */
static gboolean spool_details(OmgLayerBuilder *builder, GError **error)
{
        const guint8 *at = builder->details->data, *end = at + builder->details->len;

        if (builder->spool < 0 || builder->details->len < SPOOL_SIZE)
                return TRUE;
        while (at < end) {
                ssize_t n = write(builder->spool, at, (gsize)(end - at));
                if (n < 0 && errno != EINTR) {
                        omg_error_set_errno(error, errno, "cannot put details aside");
                        return FALSE;
                }
                at += n > 0 ? n : 0;
        }
        builder->n_spooled += builder->details->len;
        g_byte_array_set_size(builder->details, 0);
        return TRUE;
}

static guint32 add_text(OmgLayerBuilder *builder, const char *text)
{
        if (!text || !*text)
                return 0;
        guint32 offset = builder->text->len;
        g_byte_array_append(builder->text, (const guint8 *)text, strlen(text) + 1);
        return offset;
}

void omg_layer_builder_add_repository(OmgLayerBuilder *builder, const char *name)
{
        OmgRepositoryRecord record = {.name = add_text(builder, name), .state = OMG_REPOSITORY_OK};

        g_array_append_val(builder->repositories, record);
}

void omg_layer_builder_set_repository_error(OmgLayerBuilder *builder, guint repository,
                                            OmgRepositoryState state, OmgError error_code,
                                            const char *message)
{
        g_autofree char *valid = g_utf8_make_valid(message, -1);
        guint32 text = add_text(builder, valid);

        g_assert(repository < builder->repositories->len);
        OmgRepositoryRecord *record =
                &g_array_index(builder->repositories, OmgRepositoryRecord, repository);
        record->state = state;
        record->error = error_code;
        record->message = text;
}

/* Most text is lower-case already: the folded form then is the text itself. Folded in its place, of
 * which most often as much is needed as the text has. */
static guint32 add_folded(OmgLayerBuilder *builder, const char *text, guint32 offset,
                          gsize *ret_len)
{
        gsize len = strlen(text), room = len + 1, folded_len = 0;
        guint32 at = builder->text->len;
        char *folded = NULL;

        for (guint i = 0; i == 0 || folded_len >= room; i++) {
                room = MAX(room, folded_len + 1);
                g_byte_array_set_size(builder->text, at + (guint)room);
                folded = (char *)builder->text->data + at;
                folded_len = omg_text_fold_into(text, len, folded, room);
        }
        *ret_len = folded_len;
        gboolean same = folded_len == len && memcmp(folded, text, len) == 0;
        g_byte_array_set_size(builder->text, same ? at : at + (guint)folded_len + 1);
        return same ? offset : at;
}

static void add_relations(OmgLayerBuilder *builder, const OmgPackage *package)
{
        guint32 position = builder->packages->len;
        const OmgFieldValue *replaces = &package->fields[OMG_FIELD_REPLACES];
        const OmgFieldValue *groups = &package->fields[OMG_FIELD_GROUPS];

        omg_relation_builder_add(builder->relations, position, package);
        for (char **s = replaces->present ? replaces->strv : NULL; s && *s; s++) {
                OmgReplaceRecord record = {add_text(builder, *s), position};
                g_array_append_val(builder->replaces, record);
        }
        for (char **s = groups->present ? groups->strv : NULL; s && *s; s++) {
                GArray *members = g_hash_table_lookup(builder->groups, *s);
                if (!members) {
                        members = g_array_new(FALSE, FALSE, sizeof(guint32));
                        g_hash_table_insert(builder->groups, g_strdup(*s), members);
                }
                g_array_append_val(members, position);
        }
}

static guint64 get_number(const OmgPackage *package, OmgField field)
{
        return package->fields[field].present ? package->fields[field].number : 0;
}

gboolean omg_layer_builder_add_package(OmgLayerBuilder *builder, const OmgPackage *package,
                                       GError **error)
{
        gsize name_len = strlen(package->name), folded_len, description_len;

        g_assert(package->repository < builder->repositories->len);
        guint64 details = builder->n_spooled + builder->details->len;
        if (builder->packages->len >= OMG_LIMIT_PACKAGES || name_len > OMG_LIMIT_PACKAGE_NAME ||
            builder->text->len + details > OMG_LIMIT_LAYER_FILE / 2) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                            "package %.64s: its name, or the index, would be too large",
                            package->name);
                return FALSE;
        }

        OmgPackageRecord record = {
                .name = add_text(builder, package->name),
                .version = add_text(builder, package->version),
                .description = add_text(builder, package->description),
                .name_len = name_len,
                .repository = package->repository,
                .flags = package->flags,
                .download_size = get_number(package, OMG_FIELD_DOWNLOAD_SIZE),
                .installed_size = get_number(package, OMG_FIELD_INSTALLED_SIZE),
                .details = (guint32)details,
        };
        if (builder->kind == OMG_LAYER_AUR) {
                /* Without the sign of a zero, so that its bits are in the order of its values. */
                record.popularity = package->fields[OMG_FIELD_POPULARITY].real + 0.0;
                record.votes = get_number(package, OMG_FIELD_VOTES);
        }
        record.folded_name = add_folded(builder, package->name, record.name, &folded_len);
        record.folded_description =
                add_folded(builder, package->description, record.description, &description_len);
        record.folded_name_len = MIN(folded_len, G_MAXUINT16);
        record.folded_description_len = description_len;
        omg_package_encode(builder->details, package);
        record.details_size =
                (guint32)(builder->n_spooled + builder->details->len - record.details);

        add_relations(builder, package);
        g_array_append_val(builder->packages, record);
        g_array_index(builder->repositories, OmgRepositoryRecord, record.repository).n_packages++;
        return spool_details(builder, error);
}

static const char *text_at(const OmgLayerBuilder *builder, guint32 offset)
{
        return (const char *)builder->text->data + offset;
}

static const OmgPackageRecord *record_at(const OmgLayerBuilder *builder, guint32 position)
{
        return &g_array_index(builder->packages, OmgPackageRecord, position);
}

/* Equally good ones of the AUR: what more people use first. */
static int compare_popularity(const OmgPackageRecord *x, const OmgPackageRecord *y)
{
        if (x->popularity != y->popularity)
                return x->popularity > y->popularity ? -1 : 1;
        if (x->votes != y->votes)
                return x->votes > y->votes ? -1 : 1;
        return 0;
}

/* The order of ids: length of the folded name, repository, popularity, name. */
static int compare_rank(gconstpointer a, gconstpointer b, gpointer userdata)
{
        const OmgLayerBuilder *builder = userdata;
        const OmgPackageRecord *x = record_at(builder, *(const guint32 *)a);
        const OmgPackageRecord *y = record_at(builder, *(const guint32 *)b);

        if (x->folded_name_len != y->folded_name_len)
                return x->folded_name_len < y->folded_name_len ? -1 : 1;
        if (x->repository != y->repository)
                return x->repository < y->repository ? -1 : 1;
        int r = builder->kind == OMG_LAYER_AUR ? compare_popularity(x, y) : 0;
        return r != 0 ? r : strcmp(text_at(builder, x->name), text_at(builder, y->name));
}

static int compare_name(gconstpointer a, gconstpointer b, gpointer userdata)
{
        const OmgLayerBuilder *builder = userdata;
        const OmgPackageRecord *x = record_at(builder, *(const guint32 *)a);
        const OmgPackageRecord *y = record_at(builder, *(const guint32 *)b);
        int r = strcmp(text_at(builder, x->folded_name), text_at(builder, y->folded_name));

        if (r == 0)
                r = strcmp(text_at(builder, x->name), text_at(builder, y->name));
        return r != 0 ? r : (int)x->repository - (int)y->repository;
}

/* Where the numbers differ they decide, and nothing else of a package need be looked at. */
typedef struct {
        guint64 high, low;
        guint32 position;
} SortKey;

typedef struct {
        const OmgLayerBuilder *builder;
        GCompareDataFunc compare; /* the whole order, of two positions */
} SortOrder;

static int compare_keys(gconstpointer a, gconstpointer b, gpointer userdata)
{
        const SortOrder *order = userdata;
        const SortKey *x = a, *y = b;

        if (x->high != y->high)
                return x->high < y->high ? -1 : 1;
        if (x->low != y->low)
                return x->low < y->low ? -1 : 1;
        return order->compare(&x->position, &y->position, (gpointer)order->builder);
}

/* Eight bytes of a text from @from on, in the order of strcmp. */
static guint64 get_head(const char *text, gsize len, gsize from)
{
        guint64 head = 0;

        if (from < len)
                memcpy(&head, text + from, MIN(len - from, sizeof(head)));
        return GUINT64_FROM_BE(head);
}

static SortKey make_rank_key(const OmgLayerBuilder *builder, guint32 position)
{
        const OmgPackageRecord *record = record_at(builder, position);
        guint64 low = builder->kind == OMG_LAYER_AUR
                              ? ~record->download_size /* the bits of the popularity */
                              : get_head(text_at(builder, record->name), record->name_len, 0);

        return (SortKey){(guint64)record->folded_name_len << 16 | record->repository, low,
                         position};
}

static SortKey make_name_key(const OmgLayerBuilder *builder, guint32 position)
{
        const OmgPackageRecord *record = record_at(builder, position);
        const char *folded = text_at(builder, record->folded_name);

        return (SortKey){get_head(folded, record->folded_name_len, 0),
                         get_head(folded, record->folded_name_len, 8), position};
}

/* All positions in that order. */
static guint32 *sort_positions(const OmgLayerBuilder *builder,
                               SortKey (*make_key)(const OmgLayerBuilder *, guint32),
                               GCompareDataFunc compare)
{
        guint n = builder->packages->len;
        SortOrder order = {builder, compare};
        g_autofree SortKey *keys = g_new(SortKey, n);
        guint32 *positions = g_new(guint32, n);

        for (guint32 i = 0; i < n; i++)
                keys[i] = make_key(builder, i);
        g_qsort_with_data(keys, (int)n, sizeof(SortKey), compare_keys, &order);
        for (guint32 i = 0; i < n; i++)
                positions[i] = keys[i].position;
        return positions;
}

/* Sorts the packages, so that their positions become their ids, and renumbers what refers to them.
 */
static void sort_packages(OmgLayerBuilder *builder)
{
        guint n = builder->packages->len;
        g_autofree guint32 *order = sort_positions(builder, make_rank_key, compare_rank);
        g_autofree guint32 *id_of = g_new(guint32, n);
        GArray *sorted = g_array_sized_new(FALSE, FALSE, sizeof(OmgPackageRecord), n);

        for (guint32 id = 0; id < n; id++) {
                id_of[order[id]] = id;
                g_array_append_vals(sorted, record_at(builder, order[id]), 1);
        }
        g_array_unref(builder->packages);
        builder->packages = sorted;

        for (guint i = 0; i < builder->replaces->len; i++) {
                OmgReplaceRecord *r = &g_array_index(builder->replaces, OmgReplaceRecord, i);
                r->package = id_of[r->package];
        }
        GHashTableIter iter;
        gpointer members;
        g_hash_table_iter_init(&iter, builder->groups);
        while (g_hash_table_iter_next(&iter, NULL, &members))
                for (guint i = 0; i < ((GArray *)members)->len; i++) {
                        guint32 *member = &g_array_index((GArray *)members, guint32, i);
                        *member = id_of[*member];
                }
        omg_relation_builder_finish(builder->relations, id_of, &builder->relation_keys,
                                    &builder->relation_ids);
}

static void write_array(OmgSectionWriter *writer, const GArray *array)
{
        omg_section_writer_append(writer, array->data,
                                  (gsize)array->len * g_array_get_element_size((GArray *)array));
        omg_section_writer_end_section(writer);
}

static void write_bytes(OmgSectionWriter *writer, GByteArray *bytes)
{
        omg_section_writer_append(writer, bytes->data, bytes->len);
        omg_section_writer_end_section(writer);
}

static GBytes *make_name_hash(const OmgLayerBuilder *builder)
{
        guint n = builder->packages->len, n_slots = 2;

        while (n_slots < n * 2)
                n_slots *= 2;
        guint32 *slots = g_new0(guint32, n_slots);
        /* In the order of ids: a look-up meets the first repository's package first. */
        for (guint32 id = 0; id < n; id++) {
                const OmgPackageRecord *record = record_at(builder, id);
                guint64 i = XXH3_64bits(text_at(builder, record->name), record->name_len);
                while (slots[i & (n_slots - 1)] != 0)
                        i++;
                slots[i & (n_slots - 1)] = id + 1;
        }
        return g_bytes_new_take(slots, n_slots * sizeof(guint32));
}

static GBytes *make_name_order(const OmgLayerBuilder *builder)
{
        return g_bytes_new_take(sort_positions(builder, make_name_key, compare_name),
                                builder->packages->len * sizeof(guint32));
}

static GBytes *make_repository_bits(const OmgLayerBuilder *builder)
{
        gsize n_words = omg_bitmap_words(builder->packages->len);
        gsize size = builder->repositories->len * n_words * sizeof(guint64);
        guint64 *bits = g_malloc0(size);

        for (guint32 id = 0; id < builder->packages->len; id++)
                bits[record_at(builder, id)->repository * n_words + id / 64] |= 1ull << (id % 64);
        return g_bytes_new_take(bits, size);
}

static OmgTextIndexBuilder *make_text_index(const OmgLayerBuilder *builder)
{
        OmgTextIndexBuilder *index = omg_text_index_builder_new();

        for (guint32 id = 0; id < builder->packages->len; id++) {
                const OmgPackageRecord *record = record_at(builder, id);
                omg_text_index_builder_add(index, id, text_at(builder, record->folded_name),
                                           record->folded_name_len,
                                           text_at(builder, record->folded_description),
                                           record->folded_description_len);
        }
        return index;
}

/* Its sections stand one after the other. */
static void write_text_index(OmgTextIndexBuilder *index, guint n_packages, OmgSectionWriter *writer)
{
        OmgTextIndexSections made;

        omg_text_index_builder_finish(index, n_packages, &made);
        omg_section_writer_take_section(writer, g_byte_array_free_to_bytes(made.runs));
        omg_section_writer_take_section(writer, g_byte_array_free_to_bytes(made.suffixes));
        omg_section_writer_take_section(writer, g_byte_array_free_to_bytes(made.words));
        omg_text_index_builder_write_postings(index, n_packages, writer);
        omg_section_writer_end_section(writer);
}

/* Adds their names to the texts. */
static GArray *make_groups(OmgLayerBuilder *builder, GArray *members)
{
        GArray *groups = g_array_new(FALSE, FALSE, sizeof(OmgGroupRecord));
        g_autoptr(GList) names =
                g_list_sort(g_hash_table_get_keys(builder->groups), (GCompareFunc)strcmp);

        for (GList *l = names; l; l = l->next) {
                const GArray *ids = g_hash_table_lookup(builder->groups, l->data);
                OmgGroupRecord record = {add_text(builder, l->data), members->len, ids->len};
                g_array_append_val(groups, record);
                g_array_append_vals(members, ids->data, ids->len);
        }
        return groups;
}

static void write_details(const OmgLayerBuilder *builder, OmgSectionWriter *writer)
{
        if (builder->n_spooled > 0)
                omg_section_writer_append_file(writer, builder->spool, builder->n_spooled);
        write_bytes(writer, builder->details);
}

/* In the order of OmgSection. What is large goes as soon as nobody needs it: texts and packages
 * before the text index is at its largest. */
static void write_sections(OmgLayerBuilder *builder, GBytes *stamps, OmgSectionWriter *writer)
{
        g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(guint32));
        g_autoptr(GArray) groups = make_groups(builder, members);
        g_autoptr(OmgTextIndexBuilder) index = NULL;
        guint n_packages = builder->packages->len;

        omg_section_writer_take_section(writer, g_bytes_ref(stamps));
        write_array(writer, builder->repositories);
        write_array(writer, builder->packages);
        write_bytes(writer, builder->text);
        omg_section_writer_take_section(writer, make_name_hash(builder));
        omg_section_writer_take_section(writer, make_name_order(builder));
        g_autoptr(GBytes) repository_bits = make_repository_bits(builder);
        index = make_text_index(builder);
        g_byte_array_unref(builder->text);
        builder->text = g_byte_array_new();
        g_array_unref(builder->packages);
        builder->packages = g_array_new(FALSE, FALSE, sizeof(OmgPackageRecord));
        write_text_index(index, n_packages, writer);
        omg_section_writer_take_section(writer, g_steal_pointer(&repository_bits));
        write_array(writer, builder->replaces);
        write_array(writer, groups);
        write_array(writer, members);
        omg_section_writer_take_section(writer, g_steal_pointer(&builder->relation_keys));
        omg_section_writer_take_section(writer, g_steal_pointer(&builder->relation_ids));
        write_details(builder, writer);
}

static gboolean write_file(OmgLayerBuilder *builder, GBytes *stamps, guint64 built_usec, int fd,
                           GBytes **ret_bytes, GError **error)
{
        const OmgSectionFormat format = {OMG_LAYER_MAGIC, OMG_LAYER_VERSION, builder->kind,
                                         OMG_SECTION_N};
        g_autoptr(OmgSectionWriter) writer = omg_section_writer_new(&format, built_usec, fd);

        sort_packages(builder);
        write_sections(builder, stamps, writer);
        return omg_section_writer_finish(writer, ret_bytes, error);
}

gboolean omg_layer_builder_write(OmgLayerBuilder *builder, GBytes *stamps, guint64 built_usec,
                                 int fd, GError **error)
{
        GBytes *none;

        return write_file(builder, stamps, built_usec, fd, &none, error);
}

GBytes *omg_layer_builder_finish(OmgLayerBuilder *builder, GBytes *stamps, guint64 built_usec,
                                 GError **error)
{
        GBytes *file;

        return write_file(builder, stamps, built_usec, -1, &file, error) ? file : NULL;
}
