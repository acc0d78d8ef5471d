/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/relation-index.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/depend.h"
#include "store/package-codec.h"

static const OmgField fields[OMG_RELATION_N] = {
        [OMG_RELATION_PROVIDES] = OMG_FIELD_PROVIDES,
        [OMG_RELATION_DEPENDS] = OMG_FIELD_DEPENDS,
        [OMG_RELATION_OPTDEPENDS] = OMG_FIELD_OPTDEPENDS,
        [OMG_RELATION_MAKEDEPENDS] = OMG_FIELD_MAKEDEPENDS,
        [OMG_RELATION_CHECKDEPENDS] = OMG_FIELD_CHECKDEPENDS,
};

OmgField omg_relation_get_field(OmgRelation relation)
{
        return fields[relation];
}

static guint32 hash_name(OmgRelation relation, const char *name, gsize len)
{
        return (guint32)XXH3_64bits_withSeed(name, len, relation);
}

/* ---- building ---- */

/* Entries are numbers: the key above, the position or id below, so that sorting them sorts both. */
struct OmgRelationBuilder {
        GArray *entries; /* guint64 */
};

OmgRelationBuilder *omg_relation_builder_new(void)
{
        OmgRelationBuilder *builder = g_new(OmgRelationBuilder, 1);

        builder->entries = g_array_new(FALSE, FALSE, sizeof(guint64));
        return builder;
}

void omg_relation_builder_free(OmgRelationBuilder *builder)
{
        if (!builder)
                return;
        g_array_unref(builder->entries);
        g_free(builder);
}

void omg_relation_builder_add(OmgRelationBuilder *builder, guint32 position,
                              const OmgPackage *package)
{
        for (guint relation = 0; relation < OMG_RELATION_N; relation++) {
                const OmgFieldValue *value = &package->fields[fields[relation]];
                for (char **s = value->present ? value->strv : NULL; s && *s; s++) {
                        OmgDepend depend;
                        omg_depend_parse(*s, -1, &depend);
                        guint64 entry =
                                (guint64)hash_name(relation, depend.name, depend.name_length)
                                        << 32 |
                                position;
                        g_array_append_val(builder->entries, entry);
                }
        }
}

/* By value, eight bits at a time from the lowest: some 75,000 entries of a whole Arch take 2 ms,
 * a fifth of what qsort takes. */
static void radix_sort(guint64 *entries, guint n)
{
        g_autofree guint64 *buffer = g_new(guint64, n);
        guint64 *from = entries, *to = buffer;

        for (guint shift = 0; shift < 64; shift += 8) {
                guint starts[256] = {};
                guint sum = 0;
                for (guint i = 0; i < n; i++)
                        starts[(from[i] >> shift) & 0xff]++;
                if (n == 0 || starts[(from[0] >> shift) & 0xff] == n)
                        continue;
                for (guint i = 0; i < G_N_ELEMENTS(starts); i++) {
                        guint count = starts[i];
                        starts[i] = sum;
                        sum += count;
                }
                for (guint i = 0; i < n; i++)
                        to[starts[(from[i] >> shift) & 0xff]++] = from[i];
                guint64 *swap = from;
                from = to;
                to = swap;
        }
        if (from != entries && n > 0)
                memcpy(entries, from, n * sizeof(*entries));
}

void omg_relation_builder_finish(OmgRelationBuilder *builder, const guint32 *id_of,
                                 GBytes **ret_keys, GBytes **ret_ids)
{
        guint64 *entries = (guint64 *)(gpointer)builder->entries->data;
        guint n = builder->entries->len, n_keys = 0, n_ids = 0;
        OmgRelationKey *keys = g_new(OmgRelationKey, n + 1);
        guint32 *ids = g_new(guint32, n + 1);

        for (guint i = 0; i < n; i++)
                entries[i] = (entries[i] & ~(guint64)G_MAXUINT32) | id_of[(guint32)entries[i]];
        radix_sort(entries, n);
        for (guint i = 0; i < n; i++) {
                if (i > 0 && entries[i] == entries[i - 1]) /* "a>=1" and "a<2" of one package */
                        continue;
                guint32 key = (guint32)(entries[i] >> 32);
                if (n_keys == 0 || keys[n_keys - 1].key != key)
                        keys[n_keys++].key = key;
                ids[n_ids++] = (guint32)entries[i];
                keys[n_keys - 1].end = n_ids;
        }
        *ret_keys = g_bytes_new_take(keys, n_keys * sizeof(*keys));
        *ret_ids = g_bytes_new_take(ids, n_ids * sizeof(*ids));
}

/* ---- reading ---- */

OmgRelationList omg_relation_find(const OmgLayer *layer, OmgRelation relation, const char *name,
                                  gsize len)
{
        gsize keys_size, ids_size;
        const OmgRelationKey *keys =
                omg_layer_get_section(layer, OMG_SECTION_RELATION_KEYS, &keys_size);
        const guint32 *ids = omg_layer_get_section(layer, OMG_SECTION_RELATION_IDS, &ids_size);
        gsize from = 0, n_keys = keys_size / sizeof(*keys), to = n_keys;
        guint32 key = hash_name(relation, name, len);

        while (from < to) {
                gsize middle = from + (to - from) / 2;
                if (keys[middle].key < key)
                        from = middle + 1;
                else
                        to = middle;
        }
        if (from == n_keys || keys[from].key != key)
                return (OmgRelationList){};
        gsize start = from > 0 ? keys[from - 1].end : 0;
        gsize end = MIN(keys[from].end, ids_size / sizeof(*ids));
        return start < end ? (OmgRelationList){ids + start, (guint)(end - start)}
                           : (OmgRelationList){};
}

OmgStrvCursor omg_layer_get_strv(const OmgLayer *layer, guint id, OmgField field)
{
        const OmgPackageRecord *record = omg_layer_get_record(layer, id);
        gsize size, payload_size;
        const guint8 *details = omg_layer_get_section(layer, OMG_SECTION_DETAILS, &size), *payload;

        if (record->details > size || record->details_size > size - record->details ||
            !omg_package_find_field(details + record->details, record->details_size, field,
                                    &payload, &payload_size)) {
                omg_layer_set_malformed(layer);
                return (OmgStrvCursor){};
        }
        return payload ? (OmgStrvCursor){payload, payload + payload_size} : (OmgStrvCursor){};
}

gboolean omg_strv_cursor_next(OmgStrvCursor *cursor, const char **ret_text, gsize *ret_len)
{
        const guint8 *run;

        if (cursor->cursor >= cursor->end ||
            !omg_run_read(&cursor->cursor, cursor->end, &run, ret_len))
                return FALSE;
        *ret_text = (const char *)run;
        return TRUE;
}
