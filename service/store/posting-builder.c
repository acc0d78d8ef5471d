/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/posting-builder.h"

#include "store/package-codec.h"

/* Differences as in the file, the first + 1. */
typedef struct {
        guint8 *bytes;
        guint32 size;
        guint32 allocated;
        guint32 count;
        guint32 last;
} List;

typedef struct {
        guint32 last;               /* the id added last */
        guint32 lists[OMG_MATCH_N]; /* position in lists + 1; 0: none yet */
} Set;

struct OmgPostingBuilder {
        GArray *sets;
        GArray *lists;
};

OmgPostingBuilder *omg_posting_builder_new(void)
{
        OmgPostingBuilder *builder = g_new0(OmgPostingBuilder, 1);

        builder->sets = g_array_new(FALSE, FALSE, sizeof(Set));
        builder->lists = g_array_new(FALSE, FALSE, sizeof(List));
        return builder;
}

void omg_posting_builder_free(OmgPostingBuilder *builder)
{
        if (!builder)
                return;
        for (guint i = 0; i < builder->lists->len; i++)
                g_free(g_array_index(builder->lists, List, i).bytes);
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

static void append_id(List *list, guint32 id)
{
        guint32 delta = id - list->last;

        if (list->size + 5 > list->allocated) {
                list->allocated = MAX(8, list->allocated * 2);
                list->bytes = g_realloc(list->bytes, list->allocated);
        }
        for (; delta >= 0x80; delta >>= 7)
                list->bytes[list->size++] = (delta & 0x7f) | 0x80;
        list->bytes[list->size++] = delta;
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
        append_id(&g_array_index(builder->lists, List, set->lists[match] - 1), id);
}

static void write_bitmap(const List *list, guint n_packages, GByteArray *postings)
{
        gsize size = omg_bitmap_words(n_packages) * sizeof(guint64);
        g_autofree guint64 *words = g_malloc0(size);
        const guint8 *cursor = list->bytes;
        guint32 id = G_MAXUINT32, delta;

        while (omg_posting_read(&cursor, list->bytes + list->size, &delta)) {
                id += delta;
                words[id / 64] |= 1ull << (id % 64);
        }
        g_byte_array_append(postings, (const guint8 *)words, size);
}

guint32 omg_posting_builder_write(const OmgPostingBuilder *builder, guint32 set_number,
                                  guint n_packages, GByteArray *postings)
{
        const Set *set = &g_array_index(builder->sets, Set, set_number);
        const List *lists[OMG_MATCH_N] = {};
        guint32 offset = postings->len;
        guint8 classes = 0;

        for (guint c = 0; c < OMG_MATCH_N; c++)
                if (set->lists[c] > 0) {
                        lists[c] = &g_array_index(builder->lists, List, set->lists[c] - 1);
                        classes |= 1u << c;
                }
        g_byte_array_append(postings, &classes, 1);
        for (guint c = 0; c < OMG_MATCH_N; c++)
                if (lists[c])
                        omg_varint_append(postings, lists[c]->count);
        for (guint c = 0; c < OMG_MATCH_N; c++) {
                if (!lists[c])
                        continue;
                if (omg_posting_list_is_bitmap(lists[c]->count, n_packages))
                        write_bitmap(lists[c], n_packages, postings);
                else
                        g_byte_array_append(postings, lists[c]->bytes, lists[c]->size);
        }
        return offset;
}
