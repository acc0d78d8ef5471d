/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/advisory-builder.h"

#include <string.h>

#include "base/ecosystem.h"
#include "base/error.h"
#include "base/text.h"
#include "base/version-order.h"

/* What a package is named in; entries of one name are put together at the end. */
typedef struct {
        guint32 ecosystem, name, entry;
        guint32 is_osv;
} Mention;

typedef struct {
        GByteArray *text;
        GHashTable *offsets; /* text → offset */
        GArray *mentions;    /* Mention */
        GArray *groups, *records, *affected, *ranges, *events, *lists;
} Builder;

static void builder_init(Builder *builder)
{
        *builder = (Builder){
                .text = g_byte_array_new(),
                .offsets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                .mentions = g_array_new(FALSE, FALSE, sizeof(Mention)),
                .groups = g_array_new(FALSE, FALSE, sizeof(OmgAdvisoryGroup)),
                .records = g_array_new(FALSE, FALSE, sizeof(OmgAdvisoryRecord)),
                .affected = g_array_new(FALSE, FALSE, sizeof(OmgAdvisoryAffected)),
                .ranges = g_array_new(FALSE, FALSE, sizeof(OmgAdvisoryRange)),
                .events = g_array_new(FALSE, FALSE, sizeof(OmgAdvisoryEvent)),
                .lists = g_array_new(FALSE, FALSE, sizeof(guint32)),
        };
        g_byte_array_append(builder->text, (const guint8 *)"", 1);
}

/* Arrays that became a section are NULL. */
static void builder_clear(Builder *builder)
{
        GArray *arrays[] = {builder->mentions, builder->groups, builder->records, builder->affected,
                            builder->ranges,   builder->events, builder->lists};

        for (gsize i = 0; i < G_N_ELEMENTS(arrays); i++)
                g_clear_pointer(&arrays[i], g_array_unref);
        g_clear_pointer(&builder->text, g_byte_array_unref);
        g_hash_table_unref(builder->offsets);
}

static guint32 add_text(Builder *builder, const char *text)
{
        gpointer known;

        if (!text || !*text)
                return 0;
        if (g_hash_table_lookup_extended(builder->offsets, text, NULL, &known))
                return GPOINTER_TO_UINT(known);
        guint32 offset = builder->text->len;
        g_byte_array_append(builder->text, (const guint8 *)text, strlen(text) + 1);
        g_hash_table_insert(builder->offsets, g_strdup(text), GUINT_TO_POINTER(offset));
        return offset;
}

static const char *text_at(const Builder *builder, guint32 offset)
{
        return (const char *)builder->text->data + offset;
}

static OmgAdvisoryRun add_list(Builder *builder, char *const *texts)
{
        OmgAdvisoryRun run = {builder->lists->len, 0};

        for (; texts && texts[run.count]; run.count++) {
                guint32 text = add_text(builder, texts[run.count]);
                g_array_append_val(builder->lists, text);
        }
        return run;
}

static void add_mention(Builder *builder, const char *ecosystem, const char *name, guint32 entry)
{
        Mention mention = {add_text(builder, ecosystem), add_text(builder, name), entry,
                           *ecosystem != '\0'};

        g_array_append_val(builder->mentions, mention);
}

static void add_group(Builder *builder, const OmgTrackerGroup *group)
{
        OmgAdvisoryGroup record = {
                .id = add_text(builder, group->id),
                .type = add_text(builder, group->type),
                .affected = add_text(builder, group->affected),
                .fixed = add_text(builder, group->fixed),
                .ticket = add_text(builder, group->ticket),
                .status = group->status,
                .severity = group->severity,
                .packages = add_list(builder, group->packages),
                .issues = add_list(builder, group->issues),
                .advisories = add_list(builder, group->advisories),
                .notes = add_text(builder, group->notes),
                .references = add_list(builder, group->references),
        };

        for (guint i = 0; group->packages[i]; i++)
                add_mention(builder, "", group->packages[i], builder->groups->len);
        g_array_append_val(builder->groups, record);
}

static int compare_events(gconstpointer a, gconstpointer b, gpointer userdata)
{
        const OmgOsvEvent *x = a, *y = b;
        const OmgOrder *order = userdata;
        gboolean x_first = x->kind == OMG_OSV_INTRODUCED && strcmp(x->version, "0") == 0;
        gboolean y_first = y->kind == OMG_OSV_INTRODUCED && strcmp(y->version, "0") == 0;
        int result = 0;

        if (x_first || y_first)
                return (int)y_first - (int)x_first;
        (void)omg_version_order_compare(*order, x->version, y->version, &result);
        return result != 0 ? result : (int)x->kind - (int)y->kind;
}

/* "*" as a limit is none. */
static gboolean is_wild(const OmgOsvEvent *event)
{
        return event->kind == OMG_OSV_LIMIT && strcmp(event->version, "*") == 0;
}

static gboolean is_from_start(const OmgOsvEvent *event)
{
        return event->kind == OMG_OSV_INTRODUCED && strcmp(event->version, "0") == 0;
}

/* Those that count, in their order; NULL when one has no place in it. */
static GArray *sort_events(const GArray *events, OmgOrder order)
{
        g_autoptr(GArray) sorted = g_array_new(FALSE, FALSE, sizeof(OmgOsvEvent));
        gboolean wild = FALSE;

        for (guint i = 0; i < events->len; i++)
                wild = wild || is_wild(&g_array_index(events, OmgOsvEvent, i));
        for (guint i = 0; i < events->len; i++) {
                const OmgOsvEvent *event = &g_array_index(events, OmgOsvEvent, i);
                if (wild && event->kind == OMG_OSV_LIMIT)
                        continue;
                if (!is_from_start(event) && !omg_version_order_has(order, event->version))
                        return NULL;
                g_array_append_vals(sorted, event, 1);
        }
        g_array_sort_with_data(sorted, compare_events, &order);
        return g_steal_pointer(&sorted);
}

/* "" for one that has none. */
static guint32 add_key(Builder *builder, OmgOrder order, const char *version)
{
        g_autoptr(GString) key = g_string_new(NULL);

        (void)omg_version_order_append_key(order, version, key);
        return add_text(builder, key->str);
}

/* FALSE when it cannot be put in order. */
static gboolean add_range(Builder *builder, const OmgOsvRange *range, OmgOrder ecosystem_order)
{
        OmgOrder order = range->is_semver ? OMG_ORDER_SEMVER : ecosystem_order;
        g_autoptr(GArray) events = sort_events(range->events, order);

        if (!events)
                return FALSE;
        OmgAdvisoryRange record = {order, {builder->events->len, events->len}};
        for (guint i = 0; i < events->len; i++) {
                const OmgOsvEvent *event = &g_array_index(events, OmgOsvEvent, i);
                OmgAdvisoryEvent one = {.kind = event->kind};
                if (!is_from_start(event)) {
                        one.version = add_text(builder, event->version);
                        one.key = add_key(builder, order, event->version);
                }
                g_array_append_val(builder->events, one);
        }
        g_array_append_val(builder->ranges, record);
        return TRUE;
}

static void add_versions(Builder *builder, const OmgOsvAffected *affected,
                         OmgAdvisoryAffected *record)
{
        g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) others = g_ptr_array_new();

        for (guint i = 0; affected->versions[i]; i++) {
                g_autoptr(GString) key = g_string_new(NULL);
                if (omg_version_order_append_key(record->order, affected->versions[i], key))
                        g_ptr_array_add(keys, g_strdup(key->str));
                else
                        g_ptr_array_add(others, affected->versions[i]);
        }
        g_ptr_array_sort(keys, omg_text_compare_pointers);
        record->n_ordered = keys->len;
        g_ptr_array_add(keys, NULL);
        g_ptr_array_add(others, NULL);
        record->versions = add_list(builder, (char *const *)keys->pdata);
        record->versions.count += add_list(builder, (char *const *)others->pdata).count;
}

static void add_affected(Builder *builder, const OmgOsvAffected *affected)
{
        OmgAdvisoryAffected record = {
                .record = builder->records->len,
                .ecosystem = add_text(builder, affected->ecosystem),
                .name = add_text(builder, affected->name),
                .order = omg_ecosystem_get_order(affected->ecosystem),
                .uncertain = affected->uncertain,
                .ranges = {builder->ranges->len, 0},
                .vectors = add_list(builder, affected->vectors),
        };

        for (guint i = 0; i < affected->ranges->len; i++) {
                if (add_range(builder, g_ptr_array_index(affected->ranges, i), record.order))
                        record.ranges.count++;
                else
                        record.uncertain = TRUE;
        }
        add_versions(builder, affected, &record);
        add_mention(builder, affected->ecosystem, affected->name, builder->affected->len);
        g_array_append_val(builder->affected, record);
}

static void add_record(Builder *builder, const OmgOsvRecord *osv)
{
        OmgAdvisoryRecord record = {
                .modified_usec = osv->modified_usec,
                .id = add_text(builder, osv->id),
                .summary = add_text(builder, osv->summary),
                .severity = osv->severity,
                .aliases = add_list(builder, osv->aliases),
                .vectors = add_list(builder, osv->vectors),
                .references = add_list(builder, osv->references),
        };

        for (guint i = 0; i < osv->affected->len; i++)
                add_affected(builder, g_ptr_array_index(osv->affected, i));
        g_array_append_val(builder->records, record);
}

static int compare_mentions(gconstpointer a, gconstpointer b, gpointer userdata)
{
        const Mention *x = a, *y = b;
        const Builder *builder = userdata;
        int order = strcmp(text_at(builder, x->ecosystem), text_at(builder, y->ecosystem));

        if (order == 0)
                order = strcmp(text_at(builder, x->name), text_at(builder, y->name));
        return order != 0 ? order : (x->entry > y->entry) - (x->entry < y->entry);
}

static GBytes *array_to_bytes(GArray **array, gsize size)
{
        gsize len = (*array)->len;

        return g_bytes_new_take(g_array_free(g_steal_pointer(array), FALSE), len * size);
}

static GBytes *make_hash(const Builder *builder, const GArray *names)
{
        gsize n_slots = 2;

        while (n_slots < (gsize)names->len * 2)
                n_slots *= 2;
        guint32 *slots = g_new0(guint32, n_slots);
        for (guint i = 0; i < names->len; i++) {
                const OmgAdvisoryName *name = &g_array_index(names, OmgAdvisoryName, i);
                gsize at = omg_advisory_hash(text_at(builder, name->ecosystem),
                                             text_at(builder, name->name)) &
                           (n_slots - 1);
                while (slots[at] != 0)
                        at = (at + 1) & (n_slots - 1);
                slots[at] = i + 1;
        }
        return g_bytes_new_take(slots, n_slots * sizeof(guint32));
}

static void make_names(Builder *builder, GBytes **sections)
{
        GArray *names = g_array_new(FALSE, FALSE, sizeof(OmgAdvisoryName));
        GArray *entries = g_array_new(FALSE, FALSE, sizeof(guint32));
        const Mention *last = NULL;

        g_array_sort_with_data(builder->mentions, compare_mentions, builder);
        for (guint i = 0; i < builder->mentions->len; i++) {
                const Mention *one = &g_array_index(builder->mentions, Mention, i);
                /* Texts stand once each. */
                if (!last || last->ecosystem != one->ecosystem || last->name != one->name) {
                        OmgAdvisoryName name = {
                                one->ecosystem, one->name, {entries->len, 0}, one->is_osv};
                        g_array_append_val(names, name);
                }
                g_array_index(names, OmgAdvisoryName, names->len - 1).entries.count++;
                g_array_append_val(entries, one->entry);
                last = one;
        }
        sections[OMG_ADVISORY_NAME_HASH] = make_hash(builder, names);
        sections[OMG_ADVISORY_NAMES] = array_to_bytes(&names, sizeof(OmgAdvisoryName));
        sections[OMG_ADVISORY_ENTRIES] = array_to_bytes(&entries, sizeof(guint32));
}

static GBytes *make_sources(Builder *builder, const OmgAdvisoryParts *parts)
{
        OmgAdvisorySource *sources = g_new0(OmgAdvisorySource, OMG_ADVISORY_SOURCE_N);

        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++) {
                g_autofree char *reason =
                        g_utf8_make_valid(parts->feeds[i].reason ? parts->feeds[i].reason : "", -1);
                sources[i].time_usec = parts->feeds[i].time_usec;
                sources[i].n_dropped = parts->feeds[i].n_dropped;
                sources[i].reason = add_text(builder, reason);
        }
        sources[OMG_ADVISORY_TRACKER].n = builder->groups->len;
        sources[OMG_ADVISORY_OSV].n = builder->records->len;
        for (guint i = 0; i < parts->groups->len; i++) {
                const OmgTrackerGroup *group = g_ptr_array_index(parts->groups, i);
                guint64 number = g_ascii_strtoull(group->id + strlen("AVG-"), NULL, 10);
                sources[OMG_ADVISORY_TRACKER].newest =
                        MAX(sources[OMG_ADVISORY_TRACKER].newest, number);
        }
        for (guint i = 0; i < parts->records->len; i++) {
                const OmgOsvRecord *record = g_ptr_array_index(parts->records, i);
                sources[OMG_ADVISORY_OSV].newest =
                        MAX(sources[OMG_ADVISORY_OSV].newest, record->modified_usec);
        }
        return g_bytes_new_take(sources, OMG_ADVISORY_SOURCE_N * sizeof(OmgAdvisorySource));
}

static int compare_groups(gconstpointer a, gconstpointer b)
{
        return strcmp((*(const OmgTrackerGroup *const *)a)->id,
                      (*(const OmgTrackerGroup *const *)b)->id);
}

static int compare_records(gconstpointer a, gconstpointer b)
{
        return strcmp((*(const OmgOsvRecord *const *)a)->id, (*(const OmgOsvRecord *const *)b)->id);
}

static void add_all(Builder *builder, const OmgAdvisoryParts *parts)
{
        g_autoptr(GPtrArray) groups = g_ptr_array_new();
        g_autoptr(GPtrArray) records = g_ptr_array_new();

        g_ptr_array_extend(groups, parts->groups, NULL, NULL);
        g_ptr_array_extend(records, parts->records, NULL, NULL);
        g_ptr_array_sort(groups, compare_groups);
        g_ptr_array_sort(records, compare_records);
        for (guint i = 0; i < groups->len; i++)
                add_group(builder, g_ptr_array_index(groups, i));
        for (guint i = 0; i < records->len; i++)
                add_record(builder, g_ptr_array_index(records, i));
}

GPtrArray *omg_advisory_layer_make(const OmgAdvisoryParts *parts, guint64 built_usec,
                                   GError **error)
{
        static const OmgSectionFormat format = {OMG_ADVISORY_LAYER_MAGIC,
                                                OMG_ADVISORY_LAYER_VERSION, OMG_ADVISORY_LAYER_KIND,
                                                OMG_ADVISORY_SECTION_N};
        GBytes *sections[OMG_ADVISORY_SECTION_N] = {};
        Builder builder;
        GPtrArray *pieces = NULL;

        builder_init(&builder);
        add_all(&builder, parts);
        make_names(&builder, sections);
        sections[OMG_ADVISORY_SOURCES] = make_sources(&builder, parts);
        sections[OMG_ADVISORY_GROUPS] = array_to_bytes(&builder.groups, sizeof(OmgAdvisoryGroup));
        sections[OMG_ADVISORY_RECORDS] =
                array_to_bytes(&builder.records, sizeof(OmgAdvisoryRecord));
        sections[OMG_ADVISORY_AFFECTED] =
                array_to_bytes(&builder.affected, sizeof(OmgAdvisoryAffected));
        sections[OMG_ADVISORY_RANGES] = array_to_bytes(&builder.ranges, sizeof(OmgAdvisoryRange));
        sections[OMG_ADVISORY_EVENTS] = array_to_bytes(&builder.events, sizeof(OmgAdvisoryEvent));
        sections[OMG_ADVISORY_LISTS] = array_to_bytes(&builder.lists, sizeof(guint32));
        sections[OMG_ADVISORY_TEXT] = g_byte_array_free_to_bytes(g_steal_pointer(&builder.text));
        sections[OMG_ADVISORY_STAMPS] =
                parts->stamps ? g_bytes_ref(parts->stamps) : g_bytes_new_static("", 0);
        if (g_bytes_get_size(sections[OMG_ADVISORY_TEXT]) > G_MAXINT32)
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                                    "the advisories have more than 2 GiB of text");
        else
                pieces = omg_section_file_make(&format, built_usec, sections, error);
        for (guint i = 0; i < OMG_ADVISORY_SECTION_N; i++)
                g_bytes_unref(sections[i]);
        builder_clear(&builder);
        return pieces;
}
