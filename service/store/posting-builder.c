/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/posting-builder.h"

#include <string.h>

#include "store/package-codec.h"

/* Ids are kept as in the file, as differences, the first + 1, in chunks of a few large blocks: a
 * piece of the heap for each of 200,000 lists, of which most have a byte or two, was half of all
 * memory that an index takes. A chunk begins with the position of the next one, once there is one;
 * the chunks of a list double in size. Positions are in bytes over all blocks. */
#define BLOCK_SIZE  (64u << 10)
#define LINK_SIZE   4u
#define FIRST_SHIFT 3u /* of 8 bytes */
#define LAST_SHIFT  8u

typedef struct {
        guint8 *at;    /* where the next byte goes */
        guint16 room;  /* bytes left there in the last chunk */
        guint16 shift; /* that has 1 << shift bytes; 0: there is none yet */
        guint32 last;
        guint32 count;
        guint32 size;  /* bytes of ids */
        guint32 first; /* chunk */
} List;

typedef struct {
        guint32 last;               /* the id added last */
        guint32 lists[OMG_MATCH_N]; /* position in lists + 1; 0: none yet */
} Set;

struct OmgPostingBuilder {
        GArray *sets;
        GArray *lists;
        GPtrArray *blocks;
        /* Behind the last chunk of each size; at the end of a block: that is full. A block has
         * chunks of one size, so that none is lost between them. */
        guint32 free[LAST_SHIFT + 1];
};

OmgPostingBuilder *omg_posting_builder_new(void)
{
        OmgPostingBuilder *builder = g_new0(OmgPostingBuilder, 1);

        builder->sets = g_array_new(FALSE, FALSE, sizeof(Set));
        builder->lists = g_array_new(FALSE, FALSE, sizeof(List));
        builder->blocks = g_ptr_array_new_with_free_func(g_free);
        return builder;
}

void omg_posting_builder_free(OmgPostingBuilder *builder)
{
        if (!builder)
                return;
        g_ptr_array_unref(builder->blocks);
        g_array_unref(builder->lists);
        g_array_unref(builder->sets);
        g_free(builder);
}

guint32 omg_posting_builder_add_set(OmgPostingBuilder *builder)
{
        Set set = {.last = OMG_NO_PACKAGE};

        g_array_append_val(builder->sets, set);
        return builder->sets->len - 1;
}

static guint8 *get_byte(const OmgPostingBuilder *builder, guint32 position)
{
        return (guint8 *)builder->blocks->pdata[position / BLOCK_SIZE] + position % BLOCK_SIZE;
}

static guint32 take_chunk(OmgPostingBuilder *builder, guint shift)
{
        guint32 chunk = builder->free[shift];

        if (chunk % BLOCK_SIZE == 0) {
                chunk = builder->blocks->len * BLOCK_SIZE;
                g_ptr_array_add(builder->blocks, g_malloc(BLOCK_SIZE));
        }
        builder->free[shift] = chunk + (1u << shift);
        return chunk;
}

static void grow(OmgPostingBuilder *builder, List *list)
{
        guint16 shift = list->shift == 0 ? FIRST_SHIFT : (guint16)MIN(list->shift + 1u, LAST_SHIFT);
        guint32 chunk = take_chunk(builder, shift);

        if (list->shift == 0)
                list->first = chunk;
        else
                memcpy(list->at - (1u << list->shift), &chunk, LINK_SIZE);
        list->at = get_byte(builder, chunk) + LINK_SIZE;
        list->shift = shift;
        list->room = (guint16)((1u << shift) - LINK_SIZE);
}

static inline void append_byte(OmgPostingBuilder *builder, List *list, guint8 byte)
{
        if (list->room == 0)
                grow(builder, list);
        *list->at++ = byte;
        list->room--;
        list->size++;
}

static inline void append_id(OmgPostingBuilder *builder, List *list, guint32 id)
{
        guint32 delta = id - list->last;

        for (; delta >= 0x80; delta >>= 7)
                append_byte(builder, list, (guint8)(delta | 0x80));
        append_byte(builder, list, (guint8)delta);
        list->last = id;
        list->count++;
}

void omg_posting_builder_add(OmgPostingBuilder *builder, guint32 set_number, OmgMatch match,
                             guint32 id)
{
        Set *set = &g_array_index(builder->sets, Set, set_number);

        if (set->last == id)
                return;
        set->last = id;
        if (set->lists[match] == 0) {
                List list = {.last = G_MAXUINT32};
                g_array_append_val(builder->lists, list);
                set->lists[match] = builder->lists->len;
        }
        append_id(builder, &g_array_index(builder->lists, List, set->lists[match] - 1), id);
}

/* ---- writing ---- */

static const List *get_list(const OmgPostingBuilder *builder, guint32 set_number, guint class)
{
        guint32 list = g_array_index(builder->sets, Set, set_number).lists[class];

        return list > 0 ? &g_array_index(builder->lists, List, list - 1) : NULL;
}

/* Appends the bytes of its chunks. */
static void append_list(const OmgPostingBuilder *builder, const List *list, GByteArray *bytes)
{
        guint32 chunk = list->first, left = list->size, shift = FIRST_SHIFT;

        while (left > 0) {
                const guint8 *at = get_byte(builder, chunk);
                guint32 n = MIN(left, (1u << shift) - LINK_SIZE);
                g_byte_array_append(bytes, at + LINK_SIZE, n);
                left -= n;
                memcpy(&chunk, at, LINK_SIZE); /* of the last one nothing, and nobody follows it */
                shift = MIN(shift + 1, LAST_SHIFT);
        }
}

static void append_bitmap(const OmgPostingBuilder *builder, const List *list, guint n_packages,
                          GByteArray *postings)
{
        gsize size = omg_bitmap_words(n_packages) * sizeof(guint64);
        g_autofree guint64 *words = g_malloc0(size);
        g_autoptr(GByteArray) bytes = g_byte_array_sized_new(list->size);
        guint32 id = G_MAXUINT32, delta;

        append_list(builder, list, bytes);
        const guint8 *cursor = bytes->data;
        while (omg_posting_read(&cursor, bytes->data + bytes->len, &delta)) {
                id += delta;
                words[id / 64] |= 1ull << (id % 64);
        }
        g_byte_array_append(postings, (const guint8 *)words, size);
}

gsize omg_posting_builder_get_size(const OmgPostingBuilder *builder, guint32 set_number,
                                   guint n_packages)
{
        gsize size = 1;

        for (guint c = 0; c < OMG_MATCH_N; c++) {
                const List *list = get_list(builder, set_number, c);
                if (!list)
                        continue;
                for (guint32 count = list->count; count > 0; count >>= 7)
                        size++;
                size += omg_posting_list_is_bitmap(list->count, n_packages)
                                ? omg_bitmap_words(n_packages) * sizeof(guint64)
                                : list->size;
        }
        return size;
}

void omg_posting_builder_write(const OmgPostingBuilder *builder, guint32 set_number,
                               guint n_packages, GByteArray *postings)
{
        const List *list;
        guint8 classes = 0;

        for (guint c = 0; c < OMG_MATCH_N; c++)
                if (get_list(builder, set_number, c))
                        classes |= 1u << c;
        g_byte_array_append(postings, &classes, 1);
        for (guint c = 0; c < OMG_MATCH_N; c++)
                if ((list = get_list(builder, set_number, c)))
                        omg_varint_append(postings, list->count);
        for (guint c = 0; c < OMG_MATCH_N; c++) {
                if (!(list = get_list(builder, set_number, c)))
                        continue;
                if (omg_posting_list_is_bitmap(list->count, n_packages))
                        append_bitmap(builder, list, n_packages, postings);
                else
                        append_list(builder, list, postings);
        }
}
