/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gram-index.h"

typedef struct {
        guint32 key; /* 0: free */
        guint32 last;
        guint32 count;
        guint32 size;
        guint32 allocated;
        guint8 *bytes;
} Run;

struct OmgGramIndex {
        Run *runs;
        unsigned bits;
        guint n_used;
};

#define INITIAL_BITS 4

OmgGramIndex *omg_gram_index_new(void)
{
        OmgGramIndex *index = g_new0(OmgGramIndex, 1);
        index->bits = INITIAL_BITS;
        index->runs = g_new0(Run, 1u << INITIAL_BITS);
        return index;
}

void omg_gram_index_free(OmgGramIndex *index)
{
        if (!index)
                return;
        for (guint i = 0; i < 1u << index->bits; i++)
                g_free(index->runs[i].bytes);
        g_free(index->runs);
        g_free(index);
}

static Run *find_run(Run *runs, unsigned bits, guint32 key)
{
        guint mask = (1u << bits) - 1;
        guint i = omg_gram_hash(key, bits);

        while (runs[i].key != 0 && runs[i].key != key)
                i = (i + 1) & mask;
        return &runs[i];
}

static void grow(OmgGramIndex *index)
{
        unsigned bits = index->bits + 1;
        Run *runs = g_new0(Run, 1u << bits);

        for (guint i = 0; i < 1u << index->bits; i++)
                if (index->runs[i].key != 0)
                        *find_run(runs, bits, index->runs[i].key) = index->runs[i];
        g_free(index->runs);
        index->runs = runs;
        index->bits = bits;
}

static void append_id(Run *run, guint id)
{
        if (run->allocated - run->size < 5) {
                run->allocated = MAX(8, run->allocated * 2);
                run->bytes = g_realloc(run->bytes, run->allocated);
        }
        guint delta = run->count == 0 ? id + 1 : id - run->last;
        while (delta >= 0x80) {
                run->bytes[run->size++] = delta | 0x80;
                delta >>= 7;
        }
        run->bytes[run->size++] = delta;
        run->last = id;
        run->count++;
}

static void add_run(OmgGramIndex *index, guint32 key, guint id)
{
        Run *run = find_run(index->runs, index->bits, key);

        if (run->key == 0) {
                if ((index->n_used + 1) * 2 > 1u << index->bits) {
                        grow(index);
                        run = find_run(index->runs, index->bits, key);
                }
                run->key = key;
                index->n_used++;
        } else if (run->last == id) {
                return;
        }
        append_id(run, id);
}

void omg_gram_index_add(OmgGramIndex *index, guint id, const char *text, gsize len)
{
        guint32 window = 0;

        /* The window keeps the bytes read last, the newest highest: its upper one, two and three
         * bytes are the runs that end here. */
        for (gsize i = 0; i < len; i++) {
                window = window >> 8 | (guint32)(guint8)text[i] << 24;
                add_run(index, window >> 24, id);
                if (i >= 1)
                        add_run(index, window >> 16, id);
                if (i >= 2)
                        add_run(index, window >> 8, id);
        }
}

GByteArray *omg_gram_index_finish(OmgGramIndex *index, GByteArray *postings)
{
        /* In memory the table is at most half full, which bounds the probes of a miss: keep it so.
         */
        guint n_slots = 1u << index->bits;
        GByteArray *table = g_byte_array_sized_new(n_slots * sizeof(OmgGramSlot));

        for (guint i = 0; i < n_slots; i++) {
                const Run *run = &index->runs[i];
                OmgGramSlot slot = {run->key, postings->len, run->size, run->count};
                if (run->size > 0)
                        g_byte_array_append(postings, run->bytes, run->size);
                g_byte_array_append(table, (const guint8 *)&slot, sizeof(slot));
        }
        return table;
}
