/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/cache.h"

#include <string.h>

typedef struct {
        guint hash;
        gsize len;
        const guint8 *bytes;
} Key;

/* Key and value stand behind it. */
typedef struct {
        Key key; /* first: the table's key */
        GList link;
        guint64 put_at;
        gsize size; /* of the value */
        guint8 bytes[];
} Entry;

struct OmgCache {
        GHashTable *entries; /* of Key, each an Entry's */
        GQueue by_use;       /* Entry, by its link; asked for last first */
        guint max_entries;
        gsize bytes, max_bytes;
        guint64 max_age_usec;
        guint64 generation;
};

/* FNV-1a. */
static Key make_key(gconstpointer bytes, gsize len)
{
        Key key = {2166136261u, len, bytes};

        for (gsize i = 0; i < len; i++)
                key.hash = (key.hash ^ key.bytes[i]) * 16777619u;
        return key;
}

static guint key_hash(gconstpointer key)
{
        return ((const Key *)key)->hash;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
        const Key *x = a, *y = b;

        return x->hash == y->hash && x->len == y->len && memcmp(x->bytes, y->bytes, x->len) == 0;
}

static gsize get_cost(gsize key_len, gsize size)
{
        return sizeof(Entry) + key_len + size;
}

OmgCache *omg_cache_new(guint max_entries, gsize max_bytes, guint64 max_age_usec)
{
        OmgCache *self = g_new0(OmgCache, 1);

        self->entries = g_hash_table_new(key_hash, key_equal);
        g_queue_init(&self->by_use);
        self->max_entries = max_entries;
        self->max_bytes = max_bytes;
        self->max_age_usec = max_age_usec;
        return self;
}

void omg_cache_free(OmgCache *self)
{
        if (!self)
                return;
        omg_cache_clear(self);
        g_hash_table_unref(self->entries);
        g_free(self);
}

static void drop(OmgCache *self, Entry *entry)
{
        (void)g_hash_table_remove(self->entries, &entry->key);
        g_queue_unlink(&self->by_use, &entry->link);
        self->bytes -= get_cost(entry->key.len, entry->size);
        g_free(entry);
}

void omg_cache_clear(OmgCache *self)
{
        while (self->by_use.length > 0)
                drop(self, self->by_use.tail->data);
}

void omg_cache_set_generation(OmgCache *self, guint64 generation)
{
        if (self->generation != generation)
                omg_cache_clear(self);
        self->generation = generation;
}

static gboolean is_old(const OmgCache *self, const Entry *entry, guint64 now)
{
        return now - entry->put_at > self->max_age_usec;
}

/* Those too old are anywhere in the order: a popular one stays in front until its time is over. */
guint omg_cache_count(OmgCache *self, guint64 now)
{
        for (GList *l = self->by_use.head, *next; l; l = next) {
                next = l->next;
                if (is_old(self, l->data, now))
                        drop(self, l->data);
        }
        return self->by_use.length;
}

void omg_cache_get_info(OmgCache *self, guint64 now, OmgCacheInfo *ret_info)
{
        const guint entries = omg_cache_count(self, now);

        *ret_info = (OmgCacheInfo){
                .entries = entries,
                .bytes = self->bytes,
                .max_entries = self->max_entries,
                .max_bytes = self->max_bytes,
                .max_age_usec = self->max_age_usec,
        };
}

gconstpointer omg_cache_get(OmgCache *self, guint64 generation, gconstpointer key, gsize key_len,
                            guint64 now, gsize *ret_size)
{
        Key wanted = make_key(key, key_len);
        Entry *entry;

        omg_cache_set_generation(self, generation);
        entry = g_hash_table_lookup(self->entries, &wanted);
        if (!entry)
                return NULL;
        if (is_old(self, entry, now)) {
                drop(self, entry);
                return NULL;
        }
        g_queue_unlink(&self->by_use, &entry->link);
        g_queue_push_head_link(&self->by_use, &entry->link);
        *ret_size = entry->size;
        return entry->bytes + key_len;
}

static void make_room(OmgCache *self, gsize bytes)
{
        while (self->by_use.length >= self->max_entries || self->bytes + bytes > self->max_bytes)
                drop(self, self->by_use.tail->data);
}

void omg_cache_put(OmgCache *self, guint64 generation, gconstpointer key, gsize key_len,
                   gconstpointer value, gsize size, guint64 now)
{
        gsize bytes = get_cost(key_len, size);
        Key wanted = make_key(key, key_len);
        Entry *entry;

        omg_cache_set_generation(self, generation);
        entry = g_hash_table_lookup(self->entries, &wanted);
        if (entry)
                drop(self, entry);
        if (self->max_entries == 0 || bytes > self->max_bytes)
                return;
        make_room(self, bytes);

        entry = g_malloc(bytes);
        *entry = (Entry){
                .key = {wanted.hash, key_len, entry->bytes},
                .link.data = entry,
                .put_at = now,
                .size = size,
        };
        memcpy(entry->bytes, key, key_len);
        memcpy(entry->bytes + key_len, value, size);
        (void)g_hash_table_add(self->entries, &entry->key);
        g_queue_push_head_link(&self->by_use, &entry->link);
        self->bytes += bytes;
}
