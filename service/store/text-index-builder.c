/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/text-index-builder.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "store/posting-builder.h"
#include "store/run-hash.h"
#include "store/suffix-sort.h"
#include "store/text-index.h"

#define INITIAL_BITS 6

typedef struct {
        guint32 key; /* 0: free */
        guint32 set;
} Run;

typedef struct {
        guint32 text; /* in words, behind its OmgWordHead */
        guint32 set;
        guint8 len;
        gboolean at_start;
} Word;

/* Two hash tables with linear probing, at most half full. */
struct OmgTextIndexBuilder {
        OmgPostingBuilder *postings;
        Run *runs; /* 2^run_bits */
        unsigned run_bits;
        guint n_runs;
        guint32 *slots; /* 2^word_bits: position in table + 1 */
        unsigned word_bits;
        GArray *table;     /* Word */
        GByteArray *words; /* OMG_SECTION_WORDS */
};

OmgTextIndexBuilder *omg_text_index_builder_new(void)
{
        OmgTextIndexBuilder *builder = g_new0(OmgTextIndexBuilder, 1);

        builder->postings = omg_posting_builder_new();
        builder->run_bits = builder->word_bits = INITIAL_BITS;
        builder->runs = g_new0(Run, 1u << INITIAL_BITS);
        builder->slots = g_new0(guint32, 1u << INITIAL_BITS);
        builder->table = g_array_new(FALSE, FALSE, sizeof(Word));
        builder->words = g_byte_array_new();
        return builder;
}

void omg_text_index_builder_free(OmgTextIndexBuilder *builder)
{
        if (!builder)
                return;
        omg_posting_builder_free(builder->postings);
        g_free(builder->runs);
        g_free(builder->slots);
        g_array_unref(builder->table);
        g_clear_pointer(&builder->words, g_byte_array_unref);
        g_free(builder);
}

/* ---- runs of 1 to 3 bytes ---- */

static Run *find_run(Run *runs, unsigned bits, guint32 key)
{
        guint mask = (1u << bits) - 1;
        guint i = omg_run_hash(key, bits);

        while (runs[i].key != 0 && runs[i].key != key)
                i = (i + 1) & mask;
        return &runs[i];
}

static void grow_runs(OmgTextIndexBuilder *builder)
{
        unsigned bits = builder->run_bits + 1;
        Run *runs = g_new0(Run, 1u << bits);

        for (guint i = 0; i < 1u << builder->run_bits; i++)
                if (builder->runs[i].key != 0)
                        *find_run(runs, bits, builder->runs[i].key) = builder->runs[i];
        g_free(builder->runs);
        builder->runs = runs;
        builder->run_bits = bits;
}

static void add_run(OmgTextIndexBuilder *builder, guint32 key, OmgMatch match, guint32 id)
{
        Run *run = find_run(builder->runs, builder->run_bits, key);

        if (run->key == 0) {
                if ((builder->n_runs + 1) * 2 > 1u << builder->run_bits) {
                        grow_runs(builder);
                        run = find_run(builder->runs, builder->run_bits, key);
                }
                *run = (Run){key, omg_posting_builder_add_set(builder->postings)};
                builder->n_runs++;
        }
        omg_posting_builder_add(builder->postings, run->set, match, id);
}

/* The runs that begin at a place of a text. */
static void add_runs_at(OmgTextIndexBuilder *builder, const char *text, gsize left, OmgMatch match,
                        guint32 id)
{
        for (gsize len = 1; len <= MIN(left, 3); len++)
                add_run(builder, omg_run_key(text, len), match, id);
}

static void add_runs(OmgTextIndexBuilder *builder, guint32 id, const char *name, gsize name_len,
                     const char *description, gsize description_len)
{
        /* Best class first, see omg_posting_builder_add(). */
        if (name_len > 0)
                add_runs_at(builder, name, name_len, OMG_MATCH_PREFIX, id);
        for (gsize i = 1; i < name_len; i++)
                if (!omg_is_word_byte(name[i - 1]))
                        add_runs_at(builder, name + i, name_len - i, OMG_MATCH_WORD_START, id);
        for (gsize i = 1; i < name_len; i++)
                if (omg_is_word_byte(name[i - 1]))
                        add_runs_at(builder, name + i, name_len - i, OMG_MATCH_INSIDE, id);
        for (gsize i = 0; i < description_len; i++)
                add_runs_at(builder, description + i, description_len - i, OMG_MATCH_DESCRIPTION,
                            id);
}

/* ---- words ---- */

static const char *get_text(const OmgTextIndexBuilder *builder, const Word *word)
{
        return (const char *)builder->words->data + word->text;
}

static guint64 hash_word(const char *text, gsize len, gboolean at_start)
{
        return XXH3_64bits_withSeed(text, len, (XXH64_hash_t)at_start);
}

static void grow_words(OmgTextIndexBuilder *builder)
{
        guint mask = (1u << ++builder->word_bits) - 1;

        g_free(builder->slots);
        builder->slots = g_new0(guint32, mask + 1);
        for (guint32 i = 0; i < builder->table->len; i++) {
                const Word *word = &g_array_index(builder->table, Word, i);
                guint64 at = hash_word(get_text(builder, word), word->len, word->at_start);
                while (builder->slots[at & mask] != 0)
                        at++;
                builder->slots[at & mask] = i + 1;
        }
}

static const Word *get_word(OmgTextIndexBuilder *builder, const char *text, gsize len,
                            gboolean at_start)
{
        guint64 at = hash_word(text, len, at_start);
        guint mask = (1u << builder->word_bits) - 1;

        for (; builder->slots[at & mask] != 0; at++) {
                const Word *word =
                        &g_array_index(builder->table, Word, builder->slots[at & mask] - 1);
                if (word->len == len && word->at_start == at_start &&
                    memcmp(get_text(builder, word), text, len) == 0)
                        return word;
        }

        Word word = {.text = builder->words->len + sizeof(OmgWordHead),
                     .set = omg_posting_builder_add_set(builder->postings),
                     .len = len,
                     .at_start = at_start};
        OmgWordHead head = {.at_start = at_start != 0};
        g_byte_array_append(builder->words, (const guint8 *)&head, sizeof(head));
        g_byte_array_append(builder->words, (const guint8 *)text, len);
        g_byte_array_append(builder->words, (const guint8 *)"", 1);
        g_array_append_val(builder->table, word);
        builder->slots[at & mask] = builder->table->len;
        if (builder->table->len * 2 > mask)
                grow_words(builder);
        return &g_array_index(builder->table, Word, builder->table->len - 1);
}

static void add_word(OmgTextIndexBuilder *builder, const char *text, gsize len, OmgMatch match,
                     guint32 id)
{
        for (gsize at = 0;; at += OMG_WORD_FIND) {
                gsize piece = MIN(len - at, OMG_WORD_PIECE);
                OmgMatch m = at > 0 && match == OMG_MATCH_WORD_START ? OMG_MATCH_INSIDE : match;
                if (at > 0 && match == OMG_MATCH_PREFIX)
                        m = OMG_MATCH_INSIDE;
                omg_posting_builder_add(builder->postings,
                                        get_word(builder, text + at, piece, at == 0)->set, m, id);
                if (at + piece == len)
                        return;
        }
}

static void add_words(OmgTextIndexBuilder *builder, guint32 id, const char *text, gsize len,
                      gboolean is_name)
{
        gsize at = 0;

        while (at < len) {
                if (!omg_is_word_byte(text[at])) {
                        at++;
                        continue;
                }
                gsize start = at;
                while (at < len && omg_is_word_byte(text[at]))
                        at++;
                OmgMatch match = !is_name     ? OMG_MATCH_DESCRIPTION
                                 : start == 0 ? OMG_MATCH_PREFIX
                                              : OMG_MATCH_WORD_START;
                if (at - start >= OMG_SUFFIX_MIN)
                        add_word(builder, text + start, at - start, match, id);
        }
}

void omg_text_index_builder_add(OmgTextIndexBuilder *builder, guint32 id, const char *name,
                                gsize name_len, const char *description, gsize description_len)
{
        add_runs(builder, id, name, name_len, description, description_len);
        add_words(builder, id, name, name_len, TRUE);
        add_words(builder, id, description, description_len, FALSE);
}

/* ---- the sections ---- */

/* The suffixes of all words, at the beginnings of characters. */
static GArray *list_suffixes(const OmgTextIndexBuilder *builder)
{
        GArray *suffixes = g_array_new(FALSE, FALSE, sizeof(guint32));

        for (guint i = 0; i < builder->table->len; i++) {
                const Word *word = &g_array_index(builder->table, Word, i);
                const char *text = get_text(builder, word);
                for (guint32 at = 0; at + OMG_SUFFIX_MIN <= word->len; at++) {
                        guint32 offset = word->text + at;
                        if (((guint8)text[at] & 0xc0) != 0x80 || at == 0)
                                g_array_append_val(suffixes, offset);
                }
        }
        return suffixes;
}

/* Tells the words where their sets will be; returns where the next ones will. */
static guint32 place_words(OmgTextIndexBuilder *builder, guint n_packages)
{
        guint32 offset = 0;

        for (guint i = 0; i < builder->table->len; i++) {
                const Word *word = &g_array_index(builder->table, Word, i);
                memcpy(builder->words->data + word->text - sizeof(OmgWordHead), &offset,
                       sizeof(offset));
                offset += (guint32)omg_posting_builder_get_size(builder->postings, word->set,
                                                                n_packages);
        }
        return offset;
}

/* The sets of the runs come behind those of the words. */
static GByteArray *place_runs(const OmgTextIndexBuilder *builder, guint n_packages, guint32 offset)
{
        /* In memory the table is at most half full, which bounds the probes of a miss: keep it so.
         */
        GByteArray *table = g_byte_array_sized_new((1u << builder->run_bits) * sizeof(OmgRunSlot));

        for (guint i = 0; i < 1u << builder->run_bits; i++) {
                const Run *run = &builder->runs[i];
                OmgRunSlot slot = {.key = run->key};
                if (run->key != 0) {
                        slot.set = offset;
                        offset += (guint32)omg_posting_builder_get_size(builder->postings, run->set,
                                                                        n_packages);
                }
                g_byte_array_append(table, (const guint8 *)&slot, sizeof(slot));
        }
        return table;
}

static void write_set(const OmgTextIndexBuilder *builder, guint32 set, guint n_packages,
                      GByteArray *buffer, OmgSectionWriter *writer)
{
        g_byte_array_set_size(buffer, 0);
        omg_posting_builder_write(builder->postings, set, n_packages, buffer);
        omg_section_writer_append(writer, buffer->data, buffer->len);
}

void omg_text_index_builder_write_postings(const OmgTextIndexBuilder *builder, guint n_packages,
                                           OmgSectionWriter *writer)
{
        g_autoptr(GByteArray) buffer = g_byte_array_new();

        for (guint i = 0; i < builder->table->len; i++)
                write_set(builder, g_array_index(builder->table, Word, i).set, n_packages, buffer,
                          writer);
        for (guint i = 0; i < 1u << builder->run_bits; i++)
                if (builder->runs[i].key != 0)
                        write_set(builder, builder->runs[i].set, n_packages, buffer, writer);
}

/* Each run of three is told which suffixes begin with it. */
static void link_suffixes(const OmgTextIndexBuilder *builder, const GArray *suffixes,
                          GByteArray *table)
{
        OmgRunSlot *slots = (OmgRunSlot *)(gpointer)table->data;

        for (guint i = 0; i < suffixes->len;) {
                const char *text =
                        (const char *)builder->words->data + g_array_index(suffixes, guint32, i);
                guint first = i;
                do
                        i++;
                while (i < suffixes->len &&
                       memcmp(builder->words->data + g_array_index(suffixes, guint32, i), text,
                              3) == 0);
                const Run *run = find_run(builder->runs, builder->run_bits, omg_run_key(text, 3));
                slots[run - builder->runs].first_suffix = first;
                slots[run - builder->runs].n_suffixes = i - first;
        }
}

void omg_text_index_builder_finish(OmgTextIndexBuilder *builder, guint n_packages,
                                   OmgTextIndexSections *ret_sections)
{
        g_autoptr(GArray) suffixes = list_suffixes(builder);
        guint32 behind_words = place_words(builder, n_packages);

        omg_suffix_sort(builder->words->data, (guint32 *)(gpointer)suffixes->data, suffixes->len);
        GByteArray *runs = place_runs(builder, n_packages, behind_words);
        link_suffixes(builder, suffixes, runs);
        GByteArray *sorted = g_byte_array_sized_new(suffixes->len * sizeof(guint32));
        g_byte_array_append(sorted, (const guint8 *)suffixes->data,
                            suffixes->len * sizeof(guint32));
        *ret_sections = (OmgTextIndexSections){
                .runs = runs,
                .suffixes = sorted,
                .words = g_steal_pointer(&builder->words),
        };
}
