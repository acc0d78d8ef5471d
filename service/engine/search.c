/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/search.h"

#include <string.h>

#include "base/limits.h"
#include "engine/search-filter.h"
#include "engine/search-lookup.h"
#include "store/posting-iter.h"
#include "store/run-filter.h"

/* How a search goes through one layer: the word that fewest packages have is collected as bits by
 * class of match; the others are collected and intersected, or, where that is cheaper, looked for
 * in the texts of what is left. Bits are in the order of rank, so the page is read off from the
 * first ones. Texts are looked at in that order too, and only until the page cannot change any more
 * and the total is beyond exact counting. */

G_STATIC_ASSERT(OMG_SEARCH_RANK_PREFIX == OMG_MATCH_PREFIX + 1);
G_STATIC_ASSERT(OMG_SEARCH_RANK_DESCRIPTION == OMG_MATCH_DESCRIPTION + 1);

/* Looking at the texts of a package takes about as long as reading so many ids. */
#define TEXT_COST 32u

/* Rows that a search reuses. */
typedef struct {
        OmgRow *rows;
        guint n, allocated;
} Rows;

struct OmgSearch {
        OmgSearchQuery query;
        OmgSearchFilter filter;
        OmgSearchLookup lookups[OMG_LIMIT_QUERY_WORDS];
        OmgHits hits;
        OmgHits other;        /* of a further word, or what is left of the hits */
        Rows rows[OMG_ROW_N]; /* of each layer */
        Rows merged[2];       /* of the first two layers, of all */
};

OmgSearch *omg_search_new(void)
{
        return g_new0(OmgSearch, 1);
}

void omg_search_free(OmgSearch *search)
{
        if (!search)
                return;
        omg_search_filter_clear(&search->filter);
        omg_hits_clear(&search->hits);
        omg_hits_clear(&search->other);
        for (guint i = 0; i < OMG_ROW_N; i++)
                g_free(search->rows[i].rows);
        for (guint i = 0; i < G_N_ELEMENTS(search->merged); i++)
                g_free(search->merged[i].rows);
        g_free(search);
}

/* Room for so many rows more. */
static void reserve(Rows *rows, guint n)
{
        if (n <= rows->allocated - rows->n)
                return;
        rows->allocated = MAX(rows->n + n, 2 * rows->allocated);
        rows->rows = g_renew(OmgRow, rows->rows, rows->allocated);
}

/* One layer's part of a search. */
typedef struct {
        OmgSearch *search;
        const OmgLayer *layer;
        OmgTextIndex index;
        Rows *rows;
        OmgRowSource source;
        gboolean by_name;
        gboolean counts_all; /* does not end when the page is settled */
        guint n_packages;
        guint n_classes;                                    /* of match that count */
        guint need;                                         /* rows that the page can show */
        const guint64 *mask;                                /* NULL: all may be found */
        const OmgSearchWord *unsure[OMG_LIMIT_QUERY_WORDS]; /* to be looked for in the texts */
        guint n_unsure;
        guint32 counts[OMG_MATCH_N];
        gboolean ended_early;
} Scan;

/* ---- rows ---- */

/* The rank of the next row; rows come by class and id. *exact: the rows before were exact names,
 * which are the shortest that begin with the word. */
static guint32 get_rank(const Scan *scan, OmgMatch match, guint32 id, gboolean *exact)
{
        const OmgSearchQuery *query = &scan->search->query;

        if (match != OMG_MATCH_PREFIX || !*exact)
                return match + 1;
        *exact = query->n_words == 1 &&
                 omg_layer_get_record(scan->layer, id)->folded_name_len == query->words[0].len;
        return *exact ? OMG_SEARCH_RANK_EXACT : OMG_SEARCH_RANK_PREFIX;
}

/* There is room. */
static void add_row(Scan *scan, OmgMatch match, guint32 id, gboolean *exact)
{
        scan->rows->rows[scan->rows->n++] =
                (OmgRow){id, scan->source, get_rank(scan, match, id, exact)};
}

/* Rows of a class that the page has room for; a damaged file may count more than there are. */
static guint count_wanted(const Scan *scan, OmgMatch match)
{
        return MIN(MIN(scan->counts[match], scan->n_packages), scan->need - scan->rows->n);
}

static void add_class(Scan *scan, OmgMatch match)
{
        const OmgHits *hits = &scan->search->hits;
        guint wanted = count_wanted(scan, match);
        gboolean exact = TRUE;

        reserve(scan->rows, wanted);
        if (wanted == 0)
                return;
        OMG_FOR_EACH_TOUCHED(hits, word)
        for (guint64 bits = word->match[match]; bits; bits &= bits - 1) {
                add_row(scan, match,
                        (guint32)(word - hits->words) * 64 + (guint32)__builtin_ctzll(bits),
                        &exact);
                if (--wanted == 0)
                        return;
        }
}

static void add_hits_by_name(Scan *scan)
{
        const OmgHits *hits = &scan->search->hits;

        reserve(scan->rows, MIN(scan->n_packages, scan->need));
        for (guint i = 0; i < scan->n_packages && scan->rows->n < scan->need; i++) {
                guint32 id = omg_layer_get_by_name(scan->layer, i);
                if (id == OMG_NO_PACKAGE)
                        continue;
                const OmgHitWord *word = &hits->words[id / 64];
                for (guint c = 0; c < OMG_MATCH_N; c++) {
                        gboolean exact = TRUE;
                        if (word->match[c] & 1ull << (id % 64)) {
                                add_row(scan, c, id, &exact);
                                break;
                        }
                }
        }
}

/* One short word without a filter: its set is the answer, and has its numbers in it. */
static void add_set(Scan *scan, OmgPostingSet *set)
{
        for (guint c = 0; c < scan->n_classes; c++) {
                OmgPostingIter iter;
                guint32 id;
                gboolean exact = TRUE;
                scan->counts[c] = set->counts[c];
                guint wanted = count_wanted(scan, c);
                if (wanted == 0)
                        continue;
                reserve(scan->rows, wanted);
                omg_posting_iter_init(&iter, set, c, scan->n_packages);
                /* To its end, unless the page is full: the next class stands behind it. */
                while ((id = omg_posting_iter_next(&iter)) != OMG_NO_PACKAGE && wanted-- > 0)
                        add_row(scan, c, id, &exact);
        }
}

/* ---- words ---- */

/* Looks all words up, the one with fewest packages first; FALSE: one of them is nowhere. */
static gboolean look_up(Scan *scan)
{
        const OmgSearchQuery *query = &scan->search->query;
        OmgSearchLookup *lookups = scan->search->lookups;

        for (guint i = 0; i < query->n_words; i++) {
                if (!omg_search_lookup_find(&scan->index, &query->words[i], &lookups[i]))
                        return FALSE;
                for (guint at = i;
                     at > 0 && lookups[at - 1].parts[0].estimate > lookups[at].parts[0].estimate;
                     at--) {
                        OmgSearchLookup other = lookups[at];
                        lookups[at] = lookups[at - 1];
                        lookups[at - 1] = other;
                }
        }
        return TRUE;
}

static guint count_hits(OmgHits *hits, guint32 counts[OMG_MATCH_N])
{
        guint n = 0;

        omg_hits_settle(hits, counts);
        for (guint c = 0; c < OMG_MATCH_N; c++)
                n += counts[c];
        return n;
}

/* The rarest part of all. */
static void collect_first(Scan *scan)
{
        OmgHits *hits = &scan->search->hits;

        omg_hits_reset(hits, scan->n_packages);
        omg_search_part_collect(&scan->search->lookups[0].parts[0], &scan->index, scan->n_classes,
                                hits);
        if (scan->mask)
                omg_hits_mask(hits, scan->mask);
}

/* Keeps the hits that have the part too, where that is cheaper than a look at their texts. */
static gboolean intersect(Scan *scan, OmgSearchPart *part)
{
        OmgSearch *search = scan->search;

        if (part->estimate >= (guint64)TEXT_COST * count_hits(&search->hits, scan->counts))
                return FALSE;
        omg_hits_reset(&search->other, scan->n_packages);
        omg_search_part_collect(part, &scan->index, scan->n_classes, &search->other);
        omg_hits_intersect(&search->hits, &search->other);
        return TRUE;
}

/* Collects what the index answers; words that are still to be looked for are left in scan->unsure.
 */
static void collect(Scan *scan)
{
        OmgSearch *search = scan->search;

        collect_first(scan);
        for (guint i = 0; i < search->query.n_words; i++) {
                OmgSearchLookup *lookup = &search->lookups[i];
                gboolean sure = lookup->exact;
                for (guint p = 0; p < lookup->n_parts; p++)
                        if ((i > 0 || p > 0) && !intersect(scan, &lookup->parts[p]))
                                sure = FALSE;
                if (sure)
                        continue;
                scan->unsure[scan->n_unsure++] = lookup->word;
                /* So many texts are looked at only until the page is settled, for which their
                 * classes must say something. */
                if (!lookup->parts[0].bounds && lookup->start.bounds &&
                    count_hits(&search->hits, scan->counts) > OMG_LIMIT_TOTAL_EXACT)
                        (void)intersect(scan, &lookup->start);
        }
}

/* The worst class of the words that are looked for in the texts, or OMG_MATCH_N. */
static OmgMatch match_unsure(const Scan *scan, guint32 id)
{
        const OmgPackageRecord *record = omg_layer_get_record(scan->layer, id);
        OmgMatch worst = OMG_MATCH_PREFIX;

        for (guint i = 0; i < scan->n_unsure && worst < OMG_MATCH_N; i++)
                worst = MAX(worst, omg_search_word_match(scan->unsure[i], scan->layer, record,
                                                         scan->n_classes < OMG_MATCH_N));
        return worst;
}

/* Goes through the hits in the order of rank and keeps those whose texts have all words. What comes
 * later is of the same class or a worse one, and behind what its class has: so the page is settled
 * once the classes before, and this one as far as it was found here, fill it. */
static void refine(Scan *scan)
{
        OmgSearch *search = scan->search;
        guint total = 0;

        omg_hits_settle(&search->hits, scan->counts);
        memset(scan->counts, 0, sizeof(scan->counts));
        omg_hits_reset(&search->other, scan->n_packages);
        for (guint c = 0; c < OMG_MATCH_N && !scan->ended_early; c++) {
                guint settled = 0;
                for (guint before = 0; before < c; before++)
                        settled += scan->counts[before];
                for (guint32 id = omg_hits_next(&search->hits, c, 0); id != OMG_NO_PACKAGE;
                     id = omg_hits_next(&search->hits, c, id + 1)) {
                        OmgMatch match = MAX(match_unsure(scan, id), c);
                        if (match == OMG_MATCH_N)
                                continue;
                        omg_hits_add(&search->other, match, id);
                        scan->counts[match]++;
                        settled += match == c;
                        total++;
                        if (total > OMG_LIMIT_TOTAL_EXACT && settled >= scan->need &&
                            !scan->counts_all) {
                                scan->ended_early = TRUE;
                                break;
                        }
                }
        }
        OmgHits kept = search->other;
        search->other = search->hits;
        search->hits = kept;
}

/* Names that begin with all of the query. */
static void collect_prefix(Scan *scan)
{
        const OmgSearchWord *word = &scan->search->query.words[0];
        OmgHits *hits = &scan->search->hits;
        guint from, to;

        omg_hits_reset(hits, scan->n_packages);
        omg_layer_find_prefix(scan->layer, word->text, word->len, &from, &to);
        for (; from < to; from++) {
                guint32 id = omg_layer_get_by_name(scan->layer, from);
                if (id != OMG_NO_PACKAGE)
                        omg_hits_add(hits, OMG_MATCH_PREFIX, id);
        }
        if (scan->mask)
                omg_hits_mask(hits, scan->mask);
}

/* ---- layers ---- */

static void run_scan(Scan *scan, OmgSearchMode mode)
{
        OmgSearch *search = scan->search;
        gboolean is_prefix = mode == OMG_SEARCH_MODE_PREFIX;

        omg_text_index_init(&scan->index, scan->layer);
        if (!look_up(scan))
                return;
        if (search->query.n_words == 1 && search->query.words[0].len <= 3 && !scan->mask &&
            !scan->by_name) {
                add_set(scan, &search->lookups[0].parts[0].set);
                return;
        }
        if (is_prefix)
                collect_prefix(scan);
        else
                collect(scan);
        if (scan->n_unsure > 0)
                refine(scan);
        else
                omg_hits_settle(&search->hits, scan->counts);
        if (scan->by_name)
                add_hits_by_name(scan);
        for (guint c = 0; c < OMG_MATCH_N && !scan->by_name; c++)
                add_class(scan, c);
}

/* Rows up to the end of the page. */
static guint get_need(const OmgSearchParams *params)
{
        return params->offset > G_MAXUINT - params->limit ? G_MAXUINT
                                                          : params->offset + params->limit;
}

/* Rows of one layer, in order; returns how many there are in all. */
static guint scan_layer(OmgSearch *search, const OmgSnapshot *snapshot,
                        const OmgSearchParams *params, OmgRowSource source, gboolean *ended_early)
{
        static const guint n_classes[] = {
                [OMG_SEARCH_MODE_WORDS] = OMG_MATCH_N,
                [OMG_SEARCH_MODE_NAME] = OMG_MATCH_DESCRIPTION,
                [OMG_SEARCH_MODE_PREFIX] = OMG_MATCH_PREFIX + 1,
        };
        Scan scan = {
                .search = search,
                .layer = omg_row_get_layer(snapshot, source),
                .rows = &search->rows[source],
                .source = source,
                .by_name = params->sort == OMG_SEARCH_SORT_NAME,
                .counts_all = params->count_all || params->sort == OMG_SEARCH_SORT_NAME,
                .n_classes = n_classes[params->mode],
                .need = get_need(params),
        };
        guint total = 0;

        scan.rows->n = 0;
        if (search->query.n_words == 0 || !scan.layer ||
            !omg_search_filter_make(&search->filter, snapshot, params, source, &scan.mask))
                return 0;
        /* Mostly a few foreign packages, which have few words: spares the look into their layer. */
        for (guint i = 0; source == OMG_ROW_LOCAL && i < search->query.n_words; i++)
                if (!omg_run_filter_may_have(snapshot->foreign_runs, search->query.words[i].text,
                                             search->query.words[i].len))
                        return 0;
        scan.n_packages = omg_layer_get_n_packages(scan.layer);
        run_scan(&scan, params->mode);
        for (guint c = 0; c < OMG_MATCH_N; c++)
                total += scan.counts[c];
        *ended_early |= scan.ended_early;
        return total;
}

static const Rows *merge(const Rows *x, const Rows *y, Rows *merged, const OmgSnapshot *snapshot,
                         guint need, gboolean by_name)
{
        GCompareDataFunc compare = by_name ? omg_row_compare_by_name : omg_row_compare_by_rank;
        guint i = 0, j = 0;

        if (y->n == 0 || x->n == 0)
                return y->n == 0 ? x : y;
        merged->n = 0;
        reserve(merged, MIN(x->n + y->n, need));
        while (merged->n < need && (i < x->n || j < y->n)) {
                gboolean first = j == y->n || (i < x->n && compare(&x->rows[i], &y->rows[j],
                                                                   (gpointer)snapshot) < 0);
                merged->rows[merged->n++] = first ? x->rows[i++] : y->rows[j++];
        }
        return merged;
}

gboolean omg_search_run(OmgSearch *search, const OmgSnapshot *snapshot,
                        const OmgSearchParams *params, OmgSearchResult *ret_result, GError **error)
{
        const gboolean by_name = params->sort == OMG_SEARCH_SORT_NAME;
        const guint need = get_need(params);
        gboolean ended_early = FALSE;
        guint total = 0;

        g_assert(params->mode <= OMG_SEARCH_MODE_PREFIX);
        if (!omg_search_query_parse(&search->query, params->query,
                                    params->mode == OMG_SEARCH_MODE_PREFIX, error) ||
            !omg_search_filter_check(snapshot, params, error))
                return FALSE;
        for (OmgRowSource source = 0; source < OMG_ROW_N; source++)
                total += scan_layer(search, snapshot, params, source, &ended_early);

        const Rows *rows = &search->rows[OMG_ROW_SYNC];
        for (guint i = 0; i < G_N_ELEMENTS(search->merged); i++)
                rows = merge(rows, &search->rows[i + 1], &search->merged[i], snapshot, need,
                             by_name);
        guint offset = MIN(params->offset, rows->n);
        *ret_result = (OmgSearchResult){
                .rows = rows->n > 0 ? rows->rows + offset : NULL,
                .n_rows = MIN(params->limit, rows->n - offset),
                .total = total,
                .total_exact = !ended_early,
        };
        return TRUE;
}
