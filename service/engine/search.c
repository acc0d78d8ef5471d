/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/search.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

/* How a search goes through one layer: the ids of the rarest run of bytes of the rarest word, which
 * are in the order of rank, one by one; each is checked against all words and put into the bucket
 * of its rank. It may end as soon as the page asked for cannot change any more and the total is
 * beyond exact counting. */

#define FOLDED_SIZE \
        (OMG_LIMIT_QUERY * 8 + 1) /* case folding makes UTF-8 at most a few times longer */

/* After so many candidates it pays to know how many names begin with the word. */
#define PREFIX_COUNT_AFTER 256

typedef struct {
        const char *text;
        gsize len;
} Word;

struct OmgSearch {
        char folded[FOLDED_SIZE];
        Word words[OMG_LIMIT_QUERY_WORDS];
        guint n_words;
        gboolean in_layer_repository[OMG_LIMIT_REPOSITORIES]; /* which ones count */
        GArray *buckets[OMG_SEARCH_RANK_N]; /* guint32 ids, of the layer at hand */
        GArray *rows;                       /* OmgRow */
};

OmgSearch *omg_search_new(void)
{
        OmgSearch *search = g_new0(OmgSearch, 1);

        for (guint i = 0; i < OMG_SEARCH_RANK_N; i++)
                search->buckets[i] = g_array_new(FALSE, FALSE, sizeof(guint32));
        search->rows = g_array_new(FALSE, FALSE, sizeof(OmgRow));
        return search;
}

void omg_search_free(OmgSearch *search)
{
        if (!search)
                return;
        for (guint i = 0; i < OMG_SEARCH_RANK_N; i++)
                g_array_unref(search->buckets[i]);
        g_array_unref(search->rows);
        g_free(search);
}

static gboolean is_blank(const char *p)
{
        if ((guchar)*p < 0x80)
                return g_ascii_isspace(*p);
        return g_unichar_isspace(g_utf8_get_char(p));
}

/* Points the words into the folded query. In prefix mode all of it, without outer blanks, is one
 * word. */
static gboolean split_words(OmgSearch *search, gsize folded_len, OmgSearchMode mode, GError **error)
{
        const char *p = search->folded, *end = search->folded + folded_len;

        search->n_words = 0;
        while (p < end) {
                while (p < end && is_blank(p))
                        p = g_utf8_next_char(p);
                const char *start = p, *last = p;
                while (p < end && (mode == OMG_SEARCH_MODE_PREFIX || !is_blank(p))) {
                        gboolean blank = is_blank(p);
                        p = g_utf8_next_char(p);
                        if (!blank)
                                last = p;
                }
                if (last == start)
                        continue;
                if (search->n_words == OMG_LIMIT_QUERY_WORDS) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "query: more than %u words", OMG_LIMIT_QUERY_WORDS);
                        return FALSE;
                }
                search->words[search->n_words++] = (Word){start, last - start};
        }
        return TRUE;
}

static gboolean prepare(OmgSearch *search, const OmgSearchParams *params, GError **error)
{
        gsize len = strlen(params->query);

        if (len > OMG_LIMIT_QUERY) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                            "query: %" G_GSIZE_FORMAT " bytes, the limit is %u", len,
                            OMG_LIMIT_QUERY);
                return FALSE;
        }
        if (!g_utf8_validate(params->query, len, NULL)) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "query: not valid UTF-8");
                return FALSE;
        }
        gsize folded_len = omg_text_fold_into(params->query, len, search->folded, FOLDED_SIZE);
        if (folded_len >= FOLDED_SIZE) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "query: too long once letter case is folded");
                return FALSE;
        }
        return split_words(search, folded_len, params->mode, error);
}

/* The shortest list of ids among the runs of a word. FALSE: some run is in no text at all. */
static gboolean find_rarest(const OmgLayer *layer, OmgSection grams, const Word *word,
                            OmgPostings *ret_rarest)
{
        gsize run = MIN(word->len, 3);

        for (gsize i = 0; i + run <= word->len; i++) {
                OmgPostings postings;
                if (!omg_layer_get_postings(layer, grams, word->text + i, run, &postings))
                        return FALSE;
                if (i == 0 || postings.count < ret_rarest->count)
                        *ret_rarest = postings;
        }
        return TRUE;
}

typedef struct {
        const Word *word; /* the one whose runs the lists are of */
        OmgPostings names, descriptions;
        guint32 next_name, next_description; /* OMG_NO_PACKAGE: none left */
} Candidates;

/* A package that the word may stand in: its name, its description, or both, have the rarest run. */
typedef struct {
        guint32 id;
        gboolean in_name, in_description;
} Candidate;

/* Candidates of the word that has fewest. FALSE when some word has none: nothing can match. */
static gboolean find_candidates(const OmgSearch *search, const OmgLayer *layer, OmgSearchMode mode,
                                Candidates *ret_candidates)
{
        guint best = G_MAXUINT;

        for (guint i = 0; i < search->n_words; i++) {
                const Word *word = &search->words[i];
                Candidates c = {.word = word};
                gboolean in_names = find_rarest(layer, OMG_SECTION_NAME_GRAMS, word, &c.names);
                gboolean in_descriptions =
                        mode == OMG_SEARCH_MODE_WORDS &&
                        find_rarest(layer, OMG_SECTION_DESCRIPTION_GRAMS, word, &c.descriptions);
                if (!in_names && !in_descriptions)
                        return FALSE;
                if (!in_names)
                        c.names = (OmgPostings){};
                if (!in_descriptions)
                        c.descriptions = (OmgPostings){};
                guint count = c.names.count + c.descriptions.count;
                if (count < best) {
                        best = count;
                        *ret_candidates = c;
                }
        }
        ret_candidates->next_name = omg_postings_next(&ret_candidates->names);
        ret_candidates->next_description = omg_postings_next(&ret_candidates->descriptions);
        return TRUE;
}

static gboolean next_candidate(Candidates *c, Candidate *ret_candidate)
{
        guint32 id = MIN(c->next_name, c->next_description);

        *ret_candidate = (Candidate){id, c->next_name == id, c->next_description == id};
        if (id == OMG_NO_PACKAGE)
                return FALSE;
        if (ret_candidate->in_name)
                c->next_name = omg_postings_next(&c->names);
        if (ret_candidate->in_description)
                c->next_description = omg_postings_next(&c->descriptions);
        return TRUE;
}

/* memmem for texts of some tens of bytes, where its preparation costs more than its search:
 * compares the first bytes at each place at once. */
static const char *find(const char *text, gsize len, const Word *word)
{
        const char *w = word->text;
        guint32 wanted, there;

        if (len < word->len)
                return NULL;
        const char *last = text + (len - word->len);
        switch (word->len) {
        case 1:
                return memchr(text, w[0], len);
        case 2:
                for (const char *p = text; p <= last; p++)
                        if (p[0] == w[0] && p[1] == w[1])
                                return p;
                return NULL;
        case 3:
                for (const char *p = text; p <= last; p++)
                        if (p[0] == w[0] && p[1] == w[1] && p[2] == w[2])
                                return p;
                return NULL;
        default:
                memcpy(&wanted, w, sizeof(wanted));
                for (const char *p = text; p <= last; p++) {
                        memcpy(&there, p, sizeof(there));
                        if (there == wanted && memcmp(p + sizeof(there), w + sizeof(there),
                                                      word->len - sizeof(there)) == 0)
                                return p;
                }
                return NULL;
        }
}

static gboolean is_word_byte(char byte)
{
        return g_ascii_isalnum(byte) || (guchar)byte >= 0x80;
}

static OmgSearchRank rank_in_name(const char *name, gsize name_len, const Word *word)
{
        const char *hit = find(name, name_len, word);

        if (!hit)
                return OMG_SEARCH_RANK_DESCRIPTION;
        if (hit == name)
                return word->len == name_len ? OMG_SEARCH_RANK_EXACT : OMG_SEARCH_RANK_PREFIX;
        while (hit) {
                if (!is_word_byte(hit[-1]))
                        return OMG_SEARCH_RANK_WORD_START;
                hit++;
                hit = find(hit, name + name_len - hit, word);
        }
        return OMG_SEARCH_RANK_INSIDE;
}

/* The rank of one word. @candidate: what is known of it from the lists; NULL: nothing. */
static OmgSearchRank match_word(const OmgLayer *layer, const OmgPackageRecord *record,
                                const Word *word, const Candidate *candidate, gboolean names_only)
{
        gsize name_len = record->folded_name_len, description_len = record->folded_description_len;
        OmgSearchRank rank = OMG_SEARCH_RANK_DESCRIPTION;

        if (!candidate || candidate->in_name) {
                const char *name = omg_layer_get_span(layer, record->folded_name, &name_len);
                rank = rank_in_name(name, name_len, word);
        }
        if (rank != OMG_SEARCH_RANK_DESCRIPTION)
                return rank;
        if (names_only || (candidate && !candidate->in_description))
                return OMG_SEARCH_RANK_N;
        /* A word of up to three bytes is a run itself: its list needs no second look. */
        if (candidate && word->len <= 3)
                return rank;
        const char *description =
                omg_layer_get_span(layer, record->folded_description, &description_len);
        return find(description, description_len, word) ? rank : OMG_SEARCH_RANK_N;
}

/* The rank of the worst word, or OMG_SEARCH_RANK_N when one does not match. */
static OmgSearchRank match(const OmgSearch *search, const OmgLayer *layer,
                           const OmgPackageRecord *record, const Candidates *candidates,
                           const Candidate *candidate, OmgSearchMode mode)
{
        gboolean names_only = mode != OMG_SEARCH_MODE_WORDS;
        OmgSearchRank worst = match_word(layer, record, candidates->word, candidate, names_only);

        for (guint i = 0; i < search->n_words && worst < OMG_SEARCH_RANK_N; i++) {
                const Word *word = &search->words[i];
                if (word != candidates->word)
                        worst = MAX(worst, match_word(layer, record, word, NULL, names_only));
        }
        if (mode == OMG_SEARCH_MODE_PREFIX && worst > OMG_SEARCH_RANK_PREFIX)
                return OMG_SEARCH_RANK_N;
        return search->n_words > 1 ? MAX(worst, OMG_SEARCH_RANK_PREFIX) : worst;
}

/* One layer's part of a search. */
typedef struct {
        OmgSearch *search;
        const OmgSnapshot *snapshot;
        const OmgSearchParams *params;
        const OmgLayer *layer;
        guint need;     /* rows that the page can show */
        guint total;    /* matches so far */
        guint checked;  /* candidates so far */
        guint n_prefix; /* names that begin with the word; G_MAXUINT: not counted */
} Scan;

static gboolean passes_filters(const Scan *scan, guint32 id, const OmgPackageRecord *record)
{
        const OmgSnapshot *s = scan->snapshot;
        OmgSearchInstalled wanted = scan->params->installed;

        if (scan->layer == s->local)
                return (s->installed[id].flags & OMG_PKG_FOREIGN) &&
                       wanted != OMG_SEARCH_ONLY_OTHERS;
        if (record->repository >= OMG_LIMIT_REPOSITORIES ||
            !scan->search->in_layer_repository[record->repository])
                return FALSE;
        if (wanted == OMG_SEARCH_ANY)
                return TRUE;
        const char *name = omg_layer_get_text(scan->layer, record->name);
        gboolean installed = s->local && omg_layer_find(s->local, name, record->name_len, NULL) !=
                                                 OMG_NO_PACKAGE;
        return installed == (wanted == OMG_SEARCH_ONLY_INSTALLED);
}

/* TRUE once no further candidate can change the page: those to come have higher ids, so they stand
 * behind what their own bucket has. An exact name is the shortest that matches, so it came first.
 */
static gboolean is_settled(Scan *scan)
{
        GArray **buckets = scan->search->buckets;
        guint begin = buckets[OMG_SEARCH_RANK_EXACT]->len + buckets[OMG_SEARCH_RANK_PREFIX]->len;

        if (begin >= scan->need)
                return TRUE;
        if (scan->search->n_words != 1 || scan->checked < PREFIX_COUNT_AFTER)
                return FALSE;
        if (scan->n_prefix == G_MAXUINT) {
                guint from, to;
                omg_layer_find_prefix(scan->layer, scan->search->words[0].text,
                                      scan->search->words[0].len, &from, &to);
                scan->n_prefix = to - from;
        }
        return begin == scan->n_prefix &&
               begin + buckets[OMG_SEARCH_RANK_WORD_START]->len >= scan->need;
}

static void collect(Scan *scan, Candidates *candidates)
{
        gboolean by_name = scan->params->sort == OMG_SEARCH_SORT_NAME;
        Candidate candidate;

        while (next_candidate(candidates, &candidate)) {
                guint32 id = candidate.id;
                if (id >= omg_layer_get_n_packages(scan->layer))
                        return;
                scan->checked++;
                const OmgPackageRecord *record = omg_layer_get_record(scan->layer, id);
                OmgSearchRank rank = match(scan->search, scan->layer, record, candidates,
                                           &candidate, scan->params->mode);
                if (rank == OMG_SEARCH_RANK_N || !passes_filters(scan, id, record))
                        continue;
                scan->total++;
                if (by_name || scan->search->buckets[rank]->len < scan->need)
                        g_array_append_val(scan->search->buckets[rank], id);
                if (by_name || scan->total <= OMG_LIMIT_TOTAL_EXACT || scan->total < scan->need)
                        continue;
                /* Enough is counted, and there are enough of the lowest rank to fill the page. */
                candidates->next_description = OMG_NO_PACKAGE;
                if (is_settled(scan))
                        return;
        }
}

static void add_rows(Scan *scan, gboolean is_local)
{
        guint limit = scan->params->sort == OMG_SEARCH_SORT_NAME ? G_MAXUINT : scan->need;
        guint taken = 0;

        for (guint rank = 0; rank < OMG_SEARCH_RANK_N; rank++) {
                const GArray *bucket = scan->search->buckets[rank];
                for (guint i = 0; i < bucket->len && taken < limit; i++, taken++) {
                        OmgRow row = {g_array_index(bucket, guint32, i), is_local, rank};
                        g_array_append_val(scan->search->rows, row);
                }
        }
}

/* Returns the number of matches in the layer and appends its rows. */
static guint scan_layer(OmgSearch *search, const OmgSnapshot *snapshot,
                        const OmgSearchParams *params, const OmgLayer *layer)
{
        Candidates candidates = {};
        Scan scan = {
                .search = search,
                .snapshot = snapshot,
                .params = params,
                .layer = layer,
                .need = params->offset > G_MAXUINT - params->limit ? G_MAXUINT
                                                                   : params->offset + params->limit,
                .n_prefix = G_MAXUINT,
        };

        if (!find_candidates(search, layer, params->mode, &candidates))
                return 0;
        for (guint i = 0; i < OMG_SEARCH_RANK_N; i++)
                g_array_set_size(search->buckets[i], 0);
        collect(&scan, &candidates);
        add_rows(&scan, layer == snapshot->local);
        return scan.total;
}

static const OmgPackageRecord *get_record(const OmgSnapshot *snapshot, const OmgRow *row,
                                          const OmgLayer **ret_layer)
{
        *ret_layer = row->is_local ? snapshot->local : snapshot->sync;
        return omg_layer_get_record(*ret_layer, row->id);
}

static int compare_names(const OmgRow *x, const OmgRow *y, const OmgSnapshot *snapshot)
{
        const OmgLayer *a, *b;
        const OmgPackageRecord *p = get_record(snapshot, x, &a), *q = get_record(snapshot, y, &b);
        int r = strcmp(omg_layer_get_text(a, p->name), omg_layer_get_text(b, q->name));

        if (r == 0 && x->is_local != y->is_local)
                r = x->is_local ? 1 : -1;
        return r != 0 ? r : (int)p->repository - (int)q->repository;
}

static int compare_by_name(gconstpointer a, gconstpointer b, gpointer snapshot)
{
        return compare_names(a, b, snapshot);
}

/* Rank, length of the name, repository (none comes last), name. */
static int compare_by_rank(gconstpointer a, gconstpointer b, gpointer snapshot)
{
        const OmgRow *x = a, *y = b;
        const OmgLayer *layer;
        const OmgPackageRecord *p = get_record(snapshot, x, &layer);
        const OmgPackageRecord *q = get_record(snapshot, y, &layer);

        if (x->rank != y->rank)
                return x->rank < y->rank ? -1 : 1;
        if (p->name_len != q->name_len)
                return p->name_len < q->name_len ? -1 : 1;
        if (x->is_local != y->is_local)
                return x->is_local ? 1 : -1;
        if (p->repository != q->repository)
                return p->repository < q->repository ? -1 : 1;
        return compare_names(x, y, snapshot);
}

static void choose_repositories(OmgSearch *search, const OmgSnapshot *snapshot,
                                const OmgSearchParams *params)
{
        guint n = MIN(omg_layer_get_n_repositories(snapshot->sync), OMG_LIMIT_REPOSITORIES);

        for (guint i = 0; i < n; i++) {
                const OmgRepositoryRecord *record = omg_layer_get_repository(snapshot->sync, i);
                const char *name = omg_layer_get_text(snapshot->sync, record->name);
                const OmgRepository *repository =
                        omg_pacman_conf_get_repository(snapshot->conf, name);
                search->in_layer_repository[i] =
                        params->repositories
                                ? g_strv_contains(params->repositories, name)
                                : !repository || (repository->usage & OMG_USAGE_SEARCH);
        }
}

gboolean omg_search_run(OmgSearch *search, const OmgSnapshot *snapshot,
                        const OmgSearchParams *params, OmgSearchResult *ret_result, GError **error)
{
        gboolean use_local =
                !params->skip_local && snapshot->local && snapshot->n_foreign > 0 &&
                (!params->repositories || g_strv_contains(params->repositories, "local"));
        guint total = 0, n_sync = 0;

        if (!prepare(search, params, error))
                return FALSE;
        /* What is foreign, or installed, is not known without the other database. */
        if (!snapshot->sync && !(params->skip_repo && params->skip_local)) {
                omg_snapshot_set_missing(snapshot, "sync", error);
                return FALSE;
        }
        if (!snapshot->local && (params->installed != OMG_SEARCH_ANY || params->skip_repo)) {
                omg_snapshot_set_missing(snapshot, "local", error);
                return FALSE;
        }
        g_array_set_size(search->rows, 0);
        if (search->n_words > 0 && !params->skip_repo) {
                choose_repositories(search, snapshot, params);
                total = scan_layer(search, snapshot, params, snapshot->sync);
                n_sync = search->rows->len;
        }
        if (search->n_words > 0 && use_local)
                total += scan_layer(search, snapshot, params, snapshot->local);

        if (params->sort == OMG_SEARCH_SORT_NAME)
                g_array_sort_with_data(search->rows, compare_by_name, (gpointer)snapshot);
        else if (n_sync > 0 && search->rows->len > n_sync)
                g_array_sort_with_data(search->rows, compare_by_rank, (gpointer)snapshot);

        guint offset = MIN(params->offset, search->rows->len);
        *ret_result = (OmgSearchResult){
                .rows = search->rows->len > 0 ? &g_array_index(search->rows, OmgRow, offset) : NULL,
                .n_rows = MIN(params->limit, search->rows->len - offset),
                .total = total,
                .total_exact =
                        total <= OMG_LIMIT_TOTAL_EXACT || params->sort == OMG_SEARCH_SORT_NAME,
        };
        return TRUE;
}
