/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/suggest.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "engine/rows.h"

/* Longest text, in bytes, for which spellings are compared: the bits of one word. */
#define SPELLING_MAX 64

/* The optimal string alignment distance (insert, delete, substitute, transpose neighbours) of a
 * pattern prepared in @masks, by H. Hyyrö, "A bit-vector algorithm for computing Levenshtein and
 * Damerau edit distances" (2003): a column of the table per byte in a few operations. */
static guint measure_distance(const guint64 *masks, gsize pattern_len, const char *text, gsize len)
{
        const guint64 last = 1ull << (pattern_len - 1);
        guint64 vertical_up = ~0ull, vertical_down = 0, zero = 0, mask_before = 0;
        guint distance = pattern_len;

        for (gsize i = 0; i < len; i++) {
                guint64 mask = masks[(guint8)text[i]];
                guint64 swapped = ((~zero & mask) << 1) & mask_before;
                zero = (((mask & vertical_up) + vertical_up) ^ vertical_up) | mask | vertical_down |
                       swapped;
                guint64 across_up = vertical_down | ~(zero | vertical_up);
                guint64 across_down = zero & vertical_up;
                distance += (across_up & last) != 0;
                distance -= (across_down & last) != 0;
                across_up = across_up << 1 | 1;
                across_down <<= 1;
                vertical_up = across_down | ~(zero | across_up);
                vertical_down = across_up & zero;
                mask_before = mask;
        }
        return distance;
}

/* What a spelling may differ by: nothing in texts of one or two letters, which would match all. */
static guint allowed_distance(gsize len)
{
        return len < 3 ? 0 : len < 6 ? 1 : len < 12 ? 2 : 3;
}

typedef struct {
        GArray *suggestions;
        GHashTable *seen; /* names, so that a name of several repositories stands once */
        gsize text_len;
} Collector;

static void add(Collector *collector, const char *name, double score)
{
        if (!g_hash_table_add(collector->seen, (gpointer)name))
                return;
        OmgSuggestion suggestion = {name, score};
        g_array_append_val(collector->suggestions, suggestion);
}

static void add_prefixed(Collector *collector, const OmgLayer *layer, const char *text)
{
        guint from, to;

        omg_layer_find_prefix(layer, text, collector->text_len, &from, &to);
        for (guint position = from; position < to; position++) {
                const OmgPackageRecord *record =
                        omg_layer_get_record(layer, omg_layer_get_by_name(layer, position));
                double part = (double)collector->text_len / MAX(record->folded_name_len, 1);
                add(collector, omg_layer_get_text(layer, record->name), 0.5 + MIN(part, 1) / 2);
        }
}

/* Ids are sorted by the length of the folded name: the first whose name has at least @len bytes. */
static guint find_length(const OmgLayer *layer, gsize len)
{
        guint from = 0, to = omg_layer_get_n_packages(layer);

        while (from < to) {
                guint middle = from + (to - from) / 2;
                if (omg_layer_get_record(layer, middle)->folded_name_len < len)
                        from = middle + 1;
                else
                        to = middle;
        }
        return from;
}

static void add_similar(Collector *collector, const OmgLayer *layer, const guint64 *masks)
{
        gsize len = collector->text_len;
        guint allowed = allowed_distance(len);
        guint end = find_length(layer, len + allowed + 1);

        for (guint id = find_length(layer, len - MIN(allowed, len)); id < end; id++) {
                const OmgPackageRecord *record = omg_layer_get_record(layer, id);
                gsize name_len = record->folded_name_len;
                const char *name = omg_layer_get_span(layer, record->folded_name, &name_len);
                guint distance = measure_distance(masks, len, name, name_len);
                if (distance > 0 && distance <= allowed)
                        add(collector, omg_layer_get_text(layer, record->name),
                            0.5 * (1 - (double)distance / (len + 1)));
        }
}

static int compare_suggestions(gconstpointer a, gconstpointer b)
{
        const OmgSuggestion *x = a, *y = b;

        if (x->score != y->score)
                return x->score > y->score ? -1 : 1;
        return strcmp(x->name, y->name);
}

static void collect(Collector *collector, const OmgSnapshot *snapshot, const char *text,
                    guint limit)
{
        const OmgLayer *layers[] = {snapshot->sync, snapshot->local};
        guint64 masks[256] = {};

        for (guint i = 0; i < G_N_ELEMENTS(layers); i++)
                if (layers[i])
                        add_prefixed(collector, layers[i], text);
        if (collector->suggestions->len >= limit || collector->text_len > SPELLING_MAX)
                return;
        for (gsize i = 0; i < collector->text_len; i++)
                masks[(guint8)text[i]] |= 1ull << i;
        for (guint i = 0; i < G_N_ELEMENTS(layers); i++)
                if (layers[i])
                        add_similar(collector, layers[i], masks);
}

GArray *omg_suggest(const OmgSnapshot *snapshot, const char *text, guint limit, GError **error)
{
        gsize len = strlen(text);

        if (len > OMG_LIMIT_QUERY || !g_utf8_validate(text, len, NULL)) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            len > OMG_LIMIT_QUERY ? "text: longer than %u bytes"
                                                  : "text: not valid UTF-8",
                            OMG_LIMIT_QUERY);
                return NULL;
        }
        if (!snapshot->sync && !snapshot->local) {
                omg_snapshot_set_missing(snapshot, "sync", error);
                return NULL;
        }

        g_autofree char *folded = omg_text_fold(text, len);
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        Collector collector = {
                .suggestions = g_array_new(FALSE, FALSE, sizeof(OmgSuggestion)),
                .seen = seen,
                .text_len = strlen(folded),
        };
        if (collector.text_len > 0)
                collect(&collector, snapshot, folded, limit);
        g_array_sort(collector.suggestions, compare_suggestions);
        g_array_set_size(collector.suggestions, MIN(collector.suggestions->len, limit));
        return collector.suggestions;
}
