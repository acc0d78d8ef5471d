/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "engine/search.h"
#include "engine/suggest.h"
#include "fixture.h"

#define CONF "[options]\n[core]\n[extra]\n"

/* The names found, separated by blanks. */
static char *search(const OmgSnapshot *s, OmgSearchParams params, OmgSearchResult *ret_result)
{
        g_autoptr(OmgSearch) engine = omg_search_new();
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        if (params.limit == 0)
                params.limit = 50;
        g_assert_true(omg_search_run(engine, s, &params, ret_result, &error));
        for (guint i = 0; i < ret_result->n_rows; i++) {
                OmgPackageView view;
                omg_row_view(s, ret_result->rows[i], &view);
                g_string_append_printf(text, "%s%s/%s", i ? " " : "", view.repository, view.name);
        }
        ret_result->rows = NULL;
        return g_strdup(text->str);
}

#define assert_search(snapshot, expected, ...)                                      \
        do {                                                                        \
                OmgSearchResult result_;                                            \
                g_autofree char *got_ =                                             \
                        search(snapshot, (OmgSearchParams){__VA_ARGS__}, &result_); \
                g_assert_cmpstr(got_, ==, expected);                                \
        } while (0)

static const FixturePackage sync_packages[] = {
        {"core", "grep", "1", "A string search utility", NULL, NULL, 0},
        {"core", "pcre", "1", "Library for egrep", NULL, NULL, 0},
        {"extra", "ripgrep", "1", "Search tool", NULL, NULL, 0},
        {"extra", "grep", "2", "Another", NULL, NULL, 0},
        {"extra", "grepcidr", "1", "CIDR", NULL, NULL, 0},
        {"core", "git-grep", "1", "x", NULL, NULL, 0},
        {"extra", "Straße", "1", "ÄÖÜ und ſ", NULL, NULL, 0},
        {"extra", "a", "1", "single letter", NULL, NULL, 0},
        {},
};

static const FixturePackage local_packages[] = {
        {NULL, "grep", "1", "A string search utility", NULL, NULL, OMG_PACKAGE_EXPLICIT},
        {NULL, "own-grep", "1", "Mine", NULL, NULL, OMG_PACKAGE_EXPLICIT},
        {},
};

/* Exact, prefix, start of a word, inside, description; then length, repository, name. */
static void test_rank(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);

        assert_search(s,
                      "core/grep extra/grep extra/grepcidr core/git-grep local/own-grep "
                      "extra/ripgrep core/pcre",
                      .query = "grep");
        assert_search(s, "core/grep extra/ripgrep", .query = "search  GREP");
        assert_search(s, "", .query = "   ");
        assert_search(s, "", .query = "");
        assert_search(s, "", .query = "nowhere");
        assert_search(s, "extra/a", .query = "a", .mode = OMG_SEARCH_MODE_PREFIX);
        assert_search(s, "core/grep extra/grep extra/grepcidr", .query = " grep ",
                      .mode = OMG_SEARCH_MODE_PREFIX);
        assert_search(s,
                      "core/grep extra/grep extra/grepcidr core/git-grep local/own-grep "
                      "extra/ripgrep",
                      .query = "grep", .mode = OMG_SEARCH_MODE_NAME);
        assert_search(s,
                      "core/git-grep core/grep extra/grep extra/grepcidr local/own-grep "
                      "core/pcre extra/ripgrep",
                      .query = "grep", .sort = OMG_SEARCH_SORT_NAME);
}

/* Letter case does not count in any script, and no character is cut. */
static void test_unicode(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        g_autoptr(OmgSearch) engine = omg_search_new();
        g_autoptr(GError) error = NULL;
        OmgSearchParams bad = {.query = "a\xc3", .limit = 5};
        OmgSearchResult result;

        assert_search(s, "extra/Straße", .query = "STRASSE");
        assert_search(s, "extra/Straße", .query = "äöü");
        assert_search(s, "extra/Straße", .query = "A\xcc\x88\xc3\x96"); /* decomposed A-umlaut */
        assert_search(s, "extra/Straße", .query = "UND\xc2\xa0S");      /* no-break space */
        g_assert_false(omg_search_run(engine, s, &bad, &result, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
}

/* Sources, repositories, installed. */
static void test_filters(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        g_autoptr(OmgSnapshot) hidden = fixture_snapshot(
                sync_packages, local_packages, "[options]\n[core]\n[extra]\nUsage = Sync\n");
        const char *const extra[] = {"extra", NULL}, *const local[] = {"local", NULL};

        assert_search(s, "local/own-grep", .query = "grep", .skip_repo = TRUE);
        assert_search(s, "extra/grep extra/grepcidr extra/ripgrep", .query = "grep",
                      .repositories = extra);
        assert_search(s, "local/own-grep", .query = "grep", .repositories = local);
        assert_search(s, "core/grep extra/grep local/own-grep", .query = "grep",
                      .installed = OMG_SEARCH_ONLY_INSTALLED);
        assert_search(s, "extra/grepcidr core/git-grep extra/ripgrep core/pcre", .query = "grep",
                      .installed = OMG_SEARCH_ONLY_OTHERS);
        assert_search(hidden, "core/grep core/git-grep core/pcre", .query = "grep",
                      .skip_local = TRUE);
        assert_search(hidden, "extra/grep extra/grepcidr extra/ripgrep", .query = "grep",
                      .repositories = extra);
}

/* Filters over a layer of nothing find nothing. */
static void test_empty(void)
{
        const FixturePackage none[] = {{}};
        g_autoptr(OmgSnapshot) s = fixture_snapshot(none, none, CONF);
        const char *const core[] = {"core", NULL};

        assert_search(s, "", .query = "grep", .repositories = core);
        assert_search(s, "", .query = "g", .installed = OMG_SEARCH_ONLY_OTHERS);
}

/* A repository that nobody configured is an error, not an empty answer, in searches and lists. */
static void test_unknown_repository(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        g_autoptr(OmgSearch) engine = omg_search_new();
        const char *const names[] = {"core", "aur", "nope", NULL};
        OmgSearchParams params = {.query = "grep", .repositories = names, .limit = 1};
        OmgListParams list = {.flag = OMG_PKG_INSTALLED, .repositories = names, .limit = 1};
        g_autoptr(GError) error = NULL, list_error = NULL;
        g_autoptr(GArray) ids = NULL;
        OmgSearchResult result;
        guint total;

        g_assert_false(omg_search_run(engine, s, &params, &result, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_assert_nonnull(strstr(error->message, "\"nope\""));
        g_assert_false(omg_list_installed(s, &list, &ids, &total, &list_error));
        g_assert_error(list_error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
}

/* So is the AUR alone while it is not known, unless a repository is called so. */
static void test_unknown_aur(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        g_autoptr(OmgSnapshot) named =
                fixture_snapshot(sync_packages, local_packages, CONF "[aur]\nServer = file:///x\n");
        g_autoptr(OmgSearch) engine = omg_search_new();
        const char *const names[] = {"aur", NULL};
        OmgSearchParams params = {.query = "grep", .repositories = names, .limit = 1};
        OmgListParams list = {.flag = OMG_PKG_FOREIGN, .repositories = names, .limit = 1};
        g_autoptr(GError) error = NULL, local_error = NULL, list_error = NULL;
        g_autoptr(GArray) ids = NULL;
        OmgSearchResult result;
        guint total;

        g_assert_false(omg_search_run(engine, s, &params, &result, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_true(omg_search_run(engine, named, &params, &result, NULL));
        params.skip_repo = params.skip_aur = TRUE;
        g_assert_false(omg_search_run(engine, s, &params, &result, &local_error));
        g_assert_error(local_error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_false(omg_list_installed(s, &list, &ids, &total, &list_error));
        g_assert_error(list_error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_true(omg_list_installed(named, &list, &ids, &total, NULL));
}

/* Each bound is crossed: length of the query, number of words. */
static void test_limits(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync_packages, local_packages, CONF);
        g_autoptr(OmgSearch) engine = omg_search_new();
        g_autofree char *fits = g_strnfill(OMG_LIMIT_QUERY, 'x');
        g_autofree char *too_long = g_strnfill(OMG_LIMIT_QUERY + 1, 'x');
        g_autoptr(GString) words = g_string_new(NULL);
        OmgSearchResult result;

        for (guint i = 0; i <= OMG_LIMIT_QUERY_WORDS; i++)
                g_string_append(words, "e ");
        const struct {
                const char *query;
                gboolean good;
        } cases[] = {{fits, TRUE}, {too_long, FALSE}, {words->str, FALSE}, {words->str + 2, TRUE}};
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                OmgSearchParams params = {.query = cases[i].query, .limit = 1};
                g_assert_cmpint(omg_search_run(engine, s, &params, &result, &error), ==,
                                cases[i].good);
                if (!cases[i].good)
                        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        }
}

/* Without sync databases a search fails with the reason; what is installed can still be asked for.
 */
static void test_missing(void)
{
        g_autoptr(OmgSnapshot) s = fixture_snapshot(NULL, local_packages, CONF);
        g_autoptr(OmgSearch) engine = omg_search_new();
        g_autoptr(GError) error = NULL;
        OmgSearchParams params = {.query = "grep", .limit = 1};
        OmgSearchResult result;

        g_assert_false(omg_search_run(engine, s, &params, &result, &error));
        g_assert_nonnull(error);
        g_clear_error(&error);
        /* What is foreign is not known either; nor, without local/, what is installed. */
        params.skip_repo = TRUE;
        g_assert_false(omg_search_run(engine, s, &params, &result, &error));
        g_assert_nonnull(error);
        g_clear_error(&error);
        g_autoptr(OmgSnapshot) no_local = fixture_snapshot(sync_packages, NULL, CONF);
        params.skip_repo = FALSE;
        g_assert_true(omg_search_run(engine, no_local, &params, &result, &error));
        params.installed = OMG_SEARCH_ONLY_OTHERS;
        g_assert_false(omg_search_run(engine, no_local, &params, &result, &error));
        g_assert_nonnull(error);
}

/* The rank of a word by the definition in search.h. */
static guint plain_rank(const char *name, const char *description, const char *word)
{
        const char *hit = strstr(name, word);

        if (!hit)
                return strstr(description, word) ? OMG_SEARCH_RANK_DESCRIPTION : OMG_SEARCH_RANK_N;
        if (hit == name)
                return strcmp(name, word) == 0 ? OMG_SEARCH_RANK_EXACT : OMG_SEARCH_RANK_PREFIX;
        for (; hit; hit = strstr(hit + 1, word))
                if (!g_ascii_isalnum(hit[-1]) && (guchar)hit[-1] < 0x80)
                        return OMG_SEARCH_RANK_WORD_START;
        return OMG_SEARCH_RANK_INSIDE;
}

static guint plain_rank_of_words(const OmgLayer *layer, const OmgPackageRecord *r, char **words,
                                 OmgSearchMode mode)
{
        static const guint worst_of[] = {
                [OMG_SEARCH_MODE_WORDS] = OMG_SEARCH_RANK_DESCRIPTION,
                [OMG_SEARCH_MODE_NAME] = OMG_SEARCH_RANK_INSIDE,
                [OMG_SEARCH_MODE_PREFIX] = OMG_SEARCH_RANK_PREFIX,
        };
        guint worst = OMG_SEARCH_RANK_EXACT, n = 0;

        for (char **w = words; *w; w++) {
                if (!**w)
                        continue;
                guint one = plain_rank(omg_layer_get_text(layer, r->folded_name),
                                       omg_layer_get_text(layer, r->folded_description), *w);
                worst = MAX(worst, one);
                n++;
        }
        if (n > 1)
                worst = MAX(worst, OMG_SEARCH_RANK_PREFIX);
        return n > 0 && worst <= worst_of[mode] ? worst : OMG_SEARCH_RANK_N;
}

static gboolean plain_filter(const OmgSnapshot *s, const OmgSearchParams *params, const OmgRow *row)
{
        OmgPackageView view;

        omg_row_view(s, *row, &view);
        if (row->source == OMG_ROW_SYNC  ? params->skip_repo
            : row->source == OMG_ROW_AUR ? params->skip_aur
                                         : params->skip_local || !(view.flags & OMG_PKG_FOREIGN))
                return FALSE;
        if (row->source == OMG_ROW_LOCAL && !params->skip_aur) {
                guint64 cursor = 0;
                if (omg_layer_find(s->aur, view.name, strlen(view.name), &cursor) != OMG_NO_PACKAGE)
                        return FALSE;
        }
        if (params->repositories && !g_strv_contains(params->repositories, view.repository))
                return FALSE;
        gboolean installed = view.installed_version[0] != '\0';
        return params->installed == OMG_SEARCH_ANY ||
               installed == (params->installed == OMG_SEARCH_ONLY_INSTALLED);
}

typedef struct {
        const OmgSnapshot *snapshot;
        gboolean by_name;
} PlainOrder;

static int plain_compare(gconstpointer a, gconstpointer b, gpointer userdata)
{
        const PlainOrder *order = userdata;
        const OmgRow *x = a, *y = b;
        const OmgLayer *p = omg_row_get_layer(order->snapshot, x->source);
        const OmgLayer *q = omg_row_get_layer(order->snapshot, y->source);
        const OmgPackageRecord *r = omg_layer_get_record(p, x->id);
        const OmgPackageRecord *t = omg_layer_get_record(q, y->id);
        int names = strcmp(omg_layer_get_text(p, r->folded_name),
                           omg_layer_get_text(q, t->folded_name));

        if (order->by_name && names != 0)
                return names;
        if (!order->by_name && x->rank != y->rank)
                return (int)x->rank - (int)y->rank;
        if (!order->by_name && r->folded_name_len != t->folded_name_len)
                return (int)r->folded_name_len - (int)t->folded_name_len;
        if (order->by_name &&
            (names = strcmp(omg_layer_get_text(p, r->name), omg_layer_get_text(q, t->name))) != 0)
                return names;
        if (x->source != y->source)
                return (int)x->source - (int)y->source;
        if (x->source == OMG_ROW_AUR && !order->by_name && r->popularity != t->popularity)
                return r->popularity > t->popularity ? -1 : 1;
        if (x->source == OMG_ROW_AUR && !order->by_name && r->votes != t->votes)
                return r->votes > t->votes ? -1 : 1;
        return (int)x->id - (int)y->id;
}

/* All matches of a plain scan, in the order the definition gives. */
static GArray *plain_search(const OmgSnapshot *s, const OmgSearchParams *params, char **words)
{
        GArray *found = g_array_new(FALSE, FALSE, sizeof(OmgRow));
        PlainOrder order = {s, params->sort == OMG_SEARCH_SORT_NAME};

        for (OmgRowSource source = 0; source < OMG_ROW_N; source++) {
                const OmgLayer *layer = omg_row_get_layer(s, source);
                for (guint id = 0; id < omg_layer_get_n_packages(layer); id++) {
                        OmgRow row = {id, source,
                                      plain_rank_of_words(layer, omg_layer_get_record(layer, id),
                                                          words, params->mode)};
                        if (row.rank < OMG_SEARCH_RANK_N && plain_filter(s, params, &row))
                                g_array_append_val(found, row);
                }
        }
        g_array_sort_with_data(found, plain_compare, &order);
        return found;
}

static const char *const syllables[] = {
        "a", "ab", "lib", "py",   "thon", "x",  "-",
        "-", "er", "b",   "perl", "g",    "tk", "_",
        "2", "ba", "é",   "日本", ".",    "+",  "wwwwwwwwwwwwwwwwwwwwwwwwwwwww"};

static void append_syllables(GRand *rand, GString *text, guint n)
{
        for (; n > 0; n--)
                g_string_append(text,
                                syllables[g_rand_int_range(rand, 0, G_N_ELEMENTS(syllables))]);
}

static GArray *make_packages(GRand *rand, guint n, GPtrArray *texts)
{
        GArray *packages = g_array_new(TRUE, TRUE, sizeof(FixturePackage));

        for (guint i = 0; i < n; i++) {
                GString *name = g_string_new(NULL), *description = g_string_new(NULL);
                append_syllables(rand, name, g_rand_int_range(rand, 1, 6));
                for (gint k = g_rand_int_range(rand, 0, 4); k > 0; k--) {
                        append_syllables(rand, description, g_rand_int_range(rand, 1, 4));
                        g_string_append(description, g_rand_boolean(rand) ? " " : "A");
                }
                FixturePackage package = {.repository = g_rand_boolean(rand) ? "core" : "extra",
                                          .popularity = g_rand_int_range(rand, 0, 5) / 4.0,
                                          .votes = g_rand_int_range(rand, 0, 3),
                                          .name = name->str,
                                          .version = "1",
                                          .description = description->str};
                g_ptr_array_add(texts, g_string_free(name, FALSE));
                g_ptr_array_add(texts, g_string_free(description, FALSE));
                g_array_append_val(packages, package);
        }
        return packages;
}

/* Each name once, as in the AUR, and always of its one repository. */
static void make_aur(GArray *packages)
{
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = packages->len; i > 0; i--) {
                FixturePackage *package = &g_array_index(packages, FixturePackage, i - 1);
                package->repository = "aur";
                if (!g_hash_table_add(names, (gpointer)package->name))
                        g_array_remove_index(packages, i - 1);
        }
}

/* Some packages are in several layers, some of one name in both repositories, some foreign, of
 * which the AUR has some. */
static OmgSnapshot *make_random_snapshot(GRand *rand, guint n)
{
        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GArray) sync = make_packages(rand, n, texts);
        g_autoptr(GArray) local = make_packages(rand, n / 10, texts);
        g_autoptr(GArray) aur = make_packages(rand, n, texts);

        for (guint i = 0; i < local->len; i++) {
                FixturePackage *package = &g_array_index(local, FixturePackage, i);
                if (i % 3 < 2)
                        *package = g_array_index(i % 3 ? aur : sync, FixturePackage, i);
                package->repository = NULL;
        }
        make_aur(aur);
        return fixture_system_snapshot(
                &(FixtureSystem){.sync = (const FixturePackage *)sync->data,
                                 .local = (const FixturePackage *)local->data,
                                 .aur = (const FixturePackage *)aur->data,
                                 .conf = CONF});
}

static char *make_query(GRand *rand)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint k = g_rand_int_range(rand, 1, 4); k > 0; k--) {
                g_autoptr(GString) word = g_string_new(NULL);
                append_syllables(rand, word, g_rand_int_range(rand, 1, 4));
                /* Not only whole syllables. */
                gsize cut = g_rand_int_range(rand, 0, 2);
                const char *start = word->str;
                while (cut-- > 0 && *start)
                        start = g_utf8_next_char(start);
                g_string_append_printf(text, "%s ", start);
        }
        if (!g_rand_boolean(rand))
                g_string_truncate(text, strcspn(text->str, " "));
        return g_strdup(g_strstrip(text->str));
}

static OmgSearchParams pick_params(GRand *rand, const char *query)
{
        static const char *const some[][4] = {
                {"extra", "local"}, {"extra", "aur", "local"}, {"aur"}, {"local"}};
        OmgSearchParams params = {
                .query = query,
                .mode = g_rand_int_range(rand, 0, 8) < 5
                                ? OMG_SEARCH_MODE_WORDS
                                : (OmgSearchMode)g_rand_int_range(rand, 0, 3),
                .sort = g_rand_int_range(rand, 0, 5) == 0 ? OMG_SEARCH_SORT_NAME
                                                          : OMG_SEARCH_SORT_RANK,
                .installed = g_rand_int_range(rand, 0, 5) == 0
                                     ? (OmgSearchInstalled)g_rand_int_range(rand, 0, 3)
                                     : OMG_SEARCH_ANY,
                .skip_repo = g_rand_int_range(rand, 0, 12) == 0,
                .skip_aur = g_rand_int_range(rand, 0, 4) == 0,
                .skip_local = g_rand_int_range(rand, 0, 6) == 0,
                .count_all = g_rand_int_range(rand, 0, 4) == 0,
                .repositories = g_rand_int_range(rand, 0, 6) == 0
                                        ? some[g_rand_int_range(rand, 0, G_N_ELEMENTS(some))]
                                        : NULL,
                .limit = g_rand_int_range(rand, 1, 80),
                .offset = g_rand_boolean(rand) ? 0 : g_rand_int_range(rand, 0, 1500),
        };

        return params;
}

/* The index answers exactly as a plain scan: rows, order, total, on every page, in all modes, with
 * all filters, for thousands of generated queries over more packages than the total must count. */
static void test_plain_scan(void)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(g_test_rand_int());
        g_autoptr(OmgSnapshot) s = make_random_snapshot(rand, 2500);
        g_autoptr(OmgSearch) engine = omg_search_new();

        for (guint i = 0; i < 4000; i++) {
                g_autofree char *query = make_query(rand);
                OmgSearchParams params = pick_params(rand, query);
                g_auto(GStrv) words =
                        g_strsplit(query, params.mode == OMG_SEARCH_MODE_PREFIX ? "\n" : " ", -1);
                g_autoptr(GArray) plain = plain_search(s, &params, words);
                OmgSearchResult result;
                g_test_message("%s mode %d sort %d", query, (int)params.mode, (int)params.sort);
                g_assert_true(omg_search_run(engine, s, &params, &result, NULL));
                if (params.count_all || plain->len <= OMG_LIMIT_TOTAL_EXACT)
                        g_assert_true(result.total_exact);
                if (result.total_exact)
                        g_assert_cmpuint(result.total, ==, plain->len);
                g_assert_cmpuint(result.total, <=, plain->len);
                guint begin = MIN(params.offset, plain->len);
                g_assert_cmpuint(result.n_rows, ==, MIN(params.limit, plain->len - begin));
                for (guint k = 0; k < result.n_rows; k++) {
                        const OmgRow *row = &g_array_index(plain, OmgRow, begin + k);
                        g_assert_cmpuint(result.rows[k].source, ==, row->source);
                        g_assert_cmpuint(result.rows[k].id, ==, row->id);
                        g_assert_cmpuint(result.rows[k].rank, ==, row->rank);
                }
        }
}

/* A text of which the index has only candidates may end its count when the page is settled; who has
 * no way to say "at least" has all counted. */
static void test_count_all(void)
{
        g_autoptr(GArray) packages = g_array_new(TRUE, TRUE, sizeof(FixturePackage));
        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(OmgSearch) engine = omg_search_new();
        OmgSearchParams params = {.query = "python-", .limit = 20};
        OmgSearchResult result;

        for (guint i = 0; i < 2000; i++) {
                FixturePackage package = {.repository = "extra", .version = "1", .description = ""};
                package.name = g_strdup_printf("python-%u", i);
                g_ptr_array_add(texts, (gpointer)package.name);
                g_array_append_val(packages, package);
        }
        g_autoptr(OmgSnapshot) s =
                fixture_snapshot((const FixturePackage *)packages->data, NULL, CONF);
        g_assert_true(omg_search_run(engine, s, &params, &result, NULL));
        g_assert_false(result.total_exact);
        g_assert_cmpuint(result.total, <, 2000);
        params.count_all = TRUE;
        g_assert_true(omg_search_run(engine, s, &params, &result, NULL));
        g_assert_true(result.total_exact);
        g_assert_cmpuint(result.total, ==, 2000);
        g_assert_cmpuint(result.n_rows, ==, 20);
}

static char *suggest(const OmgSnapshot *s, const char *text, guint limit)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) found = omg_suggest(s, text, limit, &error);
        g_autoptr(GString) names = g_string_new(NULL);
        double before = 1;

        g_assert_no_error(error);
        for (guint i = 0; i < found->len; i++) {
                const OmgSuggestion *one = &g_array_index(found, OmgSuggestion, i);
                g_assert_cmpfloat(one->score, <=, before);
                g_assert_cmpfloat(one->score, >, 0);
                before = one->score;
                g_string_append_printf(names, "%s%s", i ? " " : "", one->name);
        }
        return g_strdup(names->str);
}

/* Prefixes first, then spellings: a letter missing, doubled, wrong or swapped with its neighbour.
 */
static void test_suggest(void)
{
        const FixturePackage sync[] = {{"extra", "firefox", "1", "", NULL, NULL, 0},
                                       {"extra", "firefox-i18n-de", "1", "", NULL, NULL, 0},
                                       {"core", "firefox", "1", "", NULL, NULL, 0},
                                       {"extra", "fox", "1", "", NULL, NULL, 0},
                                       {"extra", "fire", "1", "", NULL, NULL, 0},
                                       {}};
        g_autoptr(OmgSnapshot) s = fixture_snapshot(sync, sync + 5, CONF);
        const struct {
                const char *text, *expected;
                guint limit;
        } cases[] = {
                {"firefx", "firefox fire", 10},
                {"fierfox", "firefox", 10},
                {"fireffox", "firefox", 10},
                {"dirwfox", "firefox", 10},
                {"FIREFOX", "firefox firefox-i18n-de", 10},
                {"fir", "fire firefox firefox-i18n-de", 10},
                {"fir", "fire", 1},
                {"qqqqqq", "", 10},
                {"", "", 10},
                {"f", "fox fire firefox firefox-i18n-de", 10},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *got = suggest(s, cases[i].text, cases[i].limit);
                g_assert_cmpstr(got, ==, cases[i].expected);
        }
        g_autofree char *too_long = g_strnfill(OMG_LIMIT_QUERY + 1, 'x');
        g_autoptr(GError) error = NULL;
        g_assert_null(omg_suggest(s, too_long, 10, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/search/rank", test_rank);
        g_test_add_func("/search/unicode", test_unicode);
        g_test_add_func("/search/filters", test_filters);
        g_test_add_func("/search/empty", test_empty);
        g_test_add_func("/search/unknown-repository", test_unknown_repository);
        g_test_add_func("/search/unknown-aur", test_unknown_aur);
        g_test_add_func("/search/limits", test_limits);
        g_test_add_func("/search/missing", test_missing);
        g_test_add_func("/search/count-all", test_count_all);
        g_test_add_func("/search/plain-scan", test_plain_scan);
        g_test_add_func("/suggest/order", test_suggest);
        return g_test_run();
}
