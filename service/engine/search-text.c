/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/search-text.h"

#include <string.h>

#include "base/text.h"

static gboolean is_blank(const char *p)
{
        if ((guchar)*p < 0x80)
                return g_ascii_isspace(*p);
        return g_unichar_isspace(g_utf8_get_char(p));
}

static gboolean split_words(OmgSearchQuery *query, gsize folded_len, gboolean whole, GError **error)
{
        const char *p = query->folded, *end = query->folded + folded_len;

        query->n_words = 0;
        while (p < end) {
                while (p < end && is_blank(p))
                        p = g_utf8_next_char(p);
                const char *start = p, *last = p;
                while (p < end && (whole || !is_blank(p))) {
                        gboolean blank = is_blank(p);
                        p = g_utf8_next_char(p);
                        if (!blank)
                                last = p;
                }
                if (last == start)
                        continue;
                if (query->n_words == OMG_LIMIT_QUERY_WORDS) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "query: more than %u words", OMG_LIMIT_QUERY_WORDS);
                        return FALSE;
                }
                query->words[query->n_words++] = (OmgSearchWord){start, (gsize)(last - start)};
        }
        return TRUE;
}

gboolean omg_search_query_check(const char *text, GError **error)
{
        gsize len = strlen(text);

        if (len > OMG_LIMIT_QUERY) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "query: %" G_GSIZE_FORMAT " bytes, the limit is %u", len,
                            OMG_LIMIT_QUERY);
                return FALSE;
        }
        if (g_utf8_validate(text, (gssize)len, NULL))
                return TRUE;
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "query: not valid UTF-8");
        return FALSE;
}

gboolean omg_search_query_parse(OmgSearchQuery *query, const char *text, gboolean whole,
                                GError **error)
{
        if (!omg_search_query_check(text, error))
                return FALSE;
        gsize folded_len =
                omg_text_fold_into(text, strlen(text), query->folded, OMG_FOLDED_QUERY_SIZE);
        if (folded_len >= OMG_FOLDED_QUERY_SIZE) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "query: too long once letter case is folded");
                return FALSE;
        }
        return split_words(query, folded_len, whole, error);
}

/* memmem for texts of some tens of bytes, where its preparation costs more than its search:
 * compares the first bytes at each place at once. */
static const char *find(const char *text, gsize len, const OmgSearchWord *word)
{
        const char *w = word->text;
        guint32 wanted, there;

        if (len < word->len)
                return NULL;
        if (word->len < sizeof(wanted))
                return memmem(text, len, w, word->len);
        memcpy(&wanted, w, sizeof(wanted));
        for (const char *p = text, *last = text + (len - word->len); p <= last; p++) {
                memcpy(&there, p, sizeof(there));
                if (there == wanted &&
                    memcmp(p + sizeof(there), w + sizeof(there), word->len - sizeof(there)) == 0)
                        return p;
        }
        return NULL;
}

static OmgMatch match_name(const char *name, gsize name_len, const OmgSearchWord *word)
{
        const char *hit = find(name, name_len, word);

        if (!hit)
                return OMG_MATCH_N;
        if (hit == name)
                return OMG_MATCH_PREFIX;
        while (hit) {
                if (!omg_is_word_byte((guint8)hit[-1]))
                        return OMG_MATCH_WORD_START;
                hit++;
                hit = find(hit, (gsize)(name + name_len - hit), word);
        }
        return OMG_MATCH_INSIDE;
}

OmgMatch omg_search_word_match(const OmgSearchWord *word, const OmgLayer *layer,
                               const OmgPackageRecord *record, gboolean names_only)
{
        gsize len = record->folded_name_len;
        const char *name = omg_layer_get_span(layer, record->folded_name, &len);
        OmgMatch match = match_name(name, len, word);

        if (match != OMG_MATCH_N || names_only)
                return match;
        len = record->folded_description_len;
        const char *description = omg_layer_get_span(layer, record->folded_description, &len);
        return find(description, len, word) ? OMG_MATCH_DESCRIPTION : OMG_MATCH_N;
}
