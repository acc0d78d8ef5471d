/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/text-index.h"

#include "store/run-hash.h"

void omg_text_index_init(OmgTextIndex *index, const OmgLayer *layer)
{
        gsize size;

        index->runs = omg_layer_get_section(layer, OMG_SECTION_RUNS, &size);
        index->n_runs = size / sizeof(OmgRunSlot);
        if ((index->n_runs & (index->n_runs - 1)) != 0)
                index->n_runs = 0;
        index->suffixes = omg_layer_get_section(layer, OMG_SECTION_SUFFIXES, &size);
        index->n_suffixes = size / sizeof(guint32);
        index->words = omg_layer_get_section(layer, OMG_SECTION_WORDS, &index->words_size);
        index->postings = omg_layer_get_section(layer, OMG_SECTION_POSTINGS, &index->postings_size);
}

static const OmgRunSlot *find_slot(const OmgTextIndex *index, guint32 key)
{
        gsize mask = index->n_runs - 1;

        if (index->n_runs == 0)
                return NULL;
        guint32 hash = omg_run_hash(key, g_bit_storage(mask));
        for (gsize step = 0; step <= mask; step++) {
                const OmgRunSlot *slot = &index->runs[(hash + step) & mask];
                if (slot->key == key)
                        return slot;
                if (slot->key == 0)
                        return NULL;
        }
        return NULL;
}

static gboolean open_set(const OmgTextIndex *index, guint32 offset, OmgPostingSet *ret_set)
{
        const guint8 *end = index->postings + index->postings_size;

        return omg_posting_set_open(offset < index->postings_size ? index->postings + offset : end,
                                    end, ret_set);
}

gboolean omg_text_index_find_run(const OmgTextIndex *index, const char *run, gsize len,
                                 OmgPostingSet *ret_set)
{
        const OmgRunSlot *slot = find_slot(index, omg_run_key(run, len));

        return slot && open_set(index, slot->set, ret_set);
}

/* Whether the suffix begins with the text (0), or sorts before (below 0) or after it. The first
 * three bytes are equal already. */
static int compare_suffix(const OmgTextIndex *index, gsize suffix, const char *text, gsize len)
{
        guint32 offset = index->suffixes[suffix];

        if (offset >= index->words_size)
                return 1;
        gsize left = index->words_size - offset;
        int r = memcmp(index->words + offset, text, MIN(left, len));
        return r != 0 || left >= len ? r : -1;
}

/* The first suffix of the range that does not sort before the text, or, with @after, that sorts
 * after all that begin with it. */
static gsize bisect(const OmgTextIndex *index, gsize from, gsize to, const char *text, gsize len,
                    gboolean after)
{
        while (from < to) {
                gsize middle = from + (to - from) / 2;
                int order = compare_suffix(index, middle, text, len);
                if (order < 0 || (after && order == 0))
                        from = middle + 1;
                else
                        to = middle;
        }
        return from;
}

gboolean omg_text_index_find_suffixes(const OmgTextIndex *index, const char *text, gsize len,
                                      gsize *ret_first, gsize *ret_count)
{
        const OmgRunSlot *slot = find_slot(index, omg_run_key(text, 3));

        if (!slot || slot->first_suffix > index->n_suffixes)
                return FALSE;
        gsize from = slot->first_suffix;
        gsize to = from + MIN((gsize)slot->n_suffixes, index->n_suffixes - from);
        from = bisect(index, from, to, text, len, FALSE);
        to = bisect(index, from, to, text, len, TRUE);
        *ret_first = from;
        *ret_count = to - from;
        return to > from;
}

gboolean omg_text_index_get_word(const OmgTextIndex *index, gsize suffix, OmgPostingSet *ret_set,
                                 gboolean *ret_at_start)
{
        gsize at = index->suffixes[suffix], start = at;
        OmgWordHead head;
        guint32 offset;

        if (at >= index->words_size)
                return FALSE;
        while (start > 0 && at - start < OMG_WORD_PIECE && index->words[start - 1] != '\0')
                start--;
        if (start < sizeof(head))
                return FALSE;
        memcpy(&head, index->words + start - sizeof(head), sizeof(head));
        memcpy(&offset, head.set, sizeof(offset));
        *ret_at_start = start == at && head.at_start;
        return open_set(index, offset, ret_set);
}
