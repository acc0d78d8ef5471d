/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/search-scan.h"

#include <string.h>

#include "base/glob.h"
#include "base/text.h"
#include "engine/providers.h"
#include "engine/regex.h"
#include "engine/search-filter.h"
#include "engine/search-text.h"

/* The clock and the caller are asked once in so many packages. */
#define LOOK_EVERY 64

typedef struct {
        const OmgSnapshot *snapshot;
        const OmgSearchParams *params;
        OmgSearchFilter filter;
        const guint64 *mask; /* of the layer at hand: omg_search_filter_make() */
        const OmgInterrupt *interrupt;
        gint64 deadline; /* monotonic, µs */
        GArray *rows;
        char *folded_query;
        gsize folded_len;
        OmgRegex *regex;
} Scan;

/* Sets *ret_rank, OMG_SEARCH_RANK_N for no match. FALSE only with an error. */
typedef gboolean (*RankFunc)(Scan *scan, const OmgLayer *layer, const OmgPackageRecord *record,
                             OmgSearchRank *ret_rank, GError **error);

static gboolean rank_by_glob(Scan *scan, const OmgLayer *layer, const OmgPackageRecord *record,
                             OmgSearchRank *ret_rank, GError **error)
{
        gsize len = record->folded_name_len;
        const char *name = omg_layer_get_span(layer, record->folded_name, &len);

        *ret_rank = omg_glob_match(scan->folded_query, (gssize)scan->folded_len, name, (gssize)len)
                            ? OMG_SEARCH_RANK_EXACT
                            : OMG_SEARCH_RANK_N;
        return TRUE;
}

static OmgSearchRank rank_place(const char *name, int start, int end)
{
        if (start == 0)
                return (gsize)end == strlen(name) ? OMG_SEARCH_RANK_EXACT : OMG_SEARCH_RANK_PREFIX;
        return omg_is_word_byte((guint8)name[start - 1]) ? OMG_SEARCH_RANK_INSIDE
                                                         : OMG_SEARCH_RANK_WORD_START;
}

static gboolean rank_by_regex(Scan *scan, const OmgLayer *layer, const OmgPackageRecord *record,
                              OmgSearchRank *ret_rank, GError **error)
{
        const char *name = omg_layer_get_text(layer, record->name);
        int start, end;

        if (!omg_regex_search(scan->regex, name, &start, &end, error))
                return FALSE;
        if (start >= 0) {
                *ret_rank = rank_place(name, start, end);
                return TRUE;
        }
        if (!omg_regex_search(scan->regex, omg_layer_get_text(layer, record->description), &start,
                              &end, error))
                return FALSE;
        *ret_rank = start >= 0 ? OMG_SEARCH_RANK_DESCRIPTION : OMG_SEARCH_RANK_N;
        return TRUE;
}

static gboolean may_go_on(const Scan *scan, GError **error)
{
        if (omg_interrupt_is_cancelled(scan->interrupt)) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_CANCELLED,
                                    "nobody waits for the answer");
                return FALSE;
        }
        if (g_get_monotonic_time() <= scan->deadline)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_TIMEOUT,
                    "query: going through all packages with it takes longer than %u ms",
                    OMG_LIMIT_SCAN_MSEC);
        return FALSE;
}

/* FALSE: nothing of this layer may be found. */
static gboolean choose_layer(Scan *scan, OmgRowSource source)
{
        return omg_row_get_layer(scan->snapshot, source) &&
               omg_search_filter_make(&scan->filter, scan->snapshot, scan->params, source,
                                      &scan->mask);
}

/* Whether the options leave a package of that layer in. */
static gboolean passes(const Scan *scan, const OmgLayer *layer, guint32 id)
{
        return id < omg_layer_get_n_packages(layer) &&
               (!scan->mask || omg_bitmap_has(scan->mask, id));
}

static gboolean scan_layer(Scan *scan, OmgRowSource source, RankFunc rank, GError **error)
{
        const OmgLayer *layer = omg_row_get_layer(scan->snapshot, source);

        for (guint32 id = 0; id < omg_layer_get_n_packages(layer); id++) {
                const OmgPackageRecord *record = omg_layer_get_record(layer, id);
                OmgRow row = {.id = id, .source = source};
                OmgSearchRank found;
                if (id % LOOK_EVERY == 0 && !may_go_on(scan, error))
                        return FALSE;
                if (!passes(scan, layer, id))
                        continue;
                if (!rank(scan, layer, record, &found, error))
                        return FALSE;
                row.rank = found;
                if (found != OMG_SEARCH_RANK_N)
                        g_array_append_val(scan->rows, row);
        }
        return TRUE;
}

static gboolean scan_layers(Scan *scan, RankFunc rank, GError **error)
{
        for (OmgRowSource source = 0; source < OMG_ROW_N; source++)
                if (choose_layer(scan, source) && !scan_layer(scan, source, rank, error))
                        return FALSE;
        return TRUE;
}

static gboolean scan_glob(Scan *scan, GError **error)
{
        scan->folded_query = omg_text_fold(scan->params->query, -1);
        scan->folded_len = strlen(scan->folded_query);
        return scan_layers(scan, rank_by_glob, error);
}

static gboolean scan_regex(Scan *scan, GError **error)
{
        scan->regex = omg_regex_new(scan->params->query, error);
        return scan->regex && scan_layers(scan, rank_by_regex, error);
}

/* ---- provides ---- */

/* Whether the options leave an installed package in, whatever repository holds it. */
static gboolean passes_installed(const Scan *scan, guint32 id)
{
        const OmgSearchParams *params = scan->params;
        OmgPackageView view;

        omg_installed_view(scan->snapshot, id, &view);
        if (params->installed == OMG_SEARCH_ONLY_OTHERS)
                return FALSE;
        if (scan->snapshot->aur && !params->skip_aur &&
            scan->snapshot->installed[id].aur_id != OMG_NO_PACKAGE) {
                if (!omg_search_filter_wants_aur(params))
                        return FALSE;
        } else if (view.flags & OMG_PKG_FOREIGN ? params->skip_local : params->skip_repo) {
                return FALSE;
        }
        return !params->repositories || g_strv_contains(params->repositories, view.repository);
}

static void add_installed(Scan *scan, const OmgDepend *depend, GHashTable *names)
{
        const OmgLayer *local = scan->snapshot->local;
        g_autoptr(GArray) found = omg_satisfiers_find(local, depend);

        for (guint i = 0; i < found->len; i++) {
                const OmgSatisfier *satisfier = &g_array_index(found, OmgSatisfier, i);
                OmgRow row = {satisfier->id, OMG_ROW_LOCAL, satisfier->by_name ? 0 : 1};
                if (!g_hash_table_contains(names, omg_layer_get_name(local, satisfier->id)) &&
                    passes_installed(scan, satisfier->id))
                        g_array_append_val(scan->rows, row);
        }
}

/* Those of a layer that can be had. */
static void add_offered(Scan *scan, OmgRowSource source, const OmgDepend *depend, GHashTable *names)
{
        const OmgLayer *layer = omg_row_get_layer(scan->snapshot, source);

        if (!choose_layer(scan, source))
                return;
        g_autoptr(GArray) found = omg_satisfiers_find(layer, depend);
        for (guint i = 0; i < found->len; i++) {
                const OmgSatisfier *satisfier = &g_array_index(found, OmgSatisfier, i);
                OmgRow row = {satisfier->id, source, satisfier->by_name ? 0 : 1};
                if (!passes(scan, layer, row.id))
                        continue;
                g_array_append_val(scan->rows, row);
                g_hash_table_add(names, (gpointer)omg_layer_get_name(layer, row.id));
        }
}

static gboolean scan_provides(Scan *scan, GError **error)
{
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
        OmgDepend depend;

        omg_depend_parse(scan->params->query, -1, &depend);
        if (scan->params->installed != OMG_SEARCH_ONLY_INSTALLED) {
                add_offered(scan, OMG_ROW_SYNC, &depend, names);
                add_offered(scan, OMG_ROW_AUR, &depend, names);
        }
        if (scan->snapshot->local)
                add_installed(scan, &depend, names);
        return TRUE;
}

/* ---- group ---- */

static void add_group(Scan *scan, OmgRowSource source)
{
        const OmgLayer *layer = omg_row_get_layer(scan->snapshot, source);
        gsize groups_size, members_size;
        const OmgGroupRecord *groups =
                omg_layer_get_section(layer, OMG_SECTION_GROUPS, &groups_size);
        const guint32 *members =
                omg_layer_get_section(layer, OMG_SECTION_GROUP_MEMBERS, &members_size);
        gsize n_members = members_size / sizeof(*members);

        for (gsize i = 0; i < groups_size / sizeof(*groups); i++) {
                if (strcmp(omg_layer_get_text(layer, groups[i].name), scan->params->query) != 0)
                        continue;
                gsize end = MIN((gsize)groups[i].first + groups[i].count, n_members);
                for (gsize m = groups[i].first; m < end; m++) {
                        OmgRow row = {members[m], source, 0};
                        if (passes(scan, layer, row.id))
                                g_array_append_val(scan->rows, row);
                }
        }
}

static gboolean scan_group(Scan *scan, GError **error)
{
        for (OmgRowSource source = 0; source < OMG_ROW_N; source++)
                if (choose_layer(scan, source))
                        add_group(scan, source);
        return TRUE;
}

/* ---- all of them ---- */

static const struct {
        gboolean (*run)(Scan *scan, GError **error);
        gboolean slow;
} modes[] = {
        [OMG_SEARCH_MODE_GLOB] = {scan_glob, TRUE},
        [OMG_SEARCH_MODE_REGEX] = {scan_regex, TRUE},
        [OMG_SEARCH_MODE_PROVIDES] = {scan_provides, FALSE},
        [OMG_SEARCH_MODE_GROUP] = {scan_group, FALSE},
};

gboolean omg_search_mode_is_scan(OmgSearchMode mode)
{
        return mode < G_N_ELEMENTS(modes) && modes[mode].run;
}

gboolean omg_search_mode_is_slow(OmgSearchMode mode)
{
        return mode < G_N_ELEMENTS(modes) && modes[mode].slow;
}

GArray *omg_search_scan(const OmgSnapshot *snapshot, const OmgSearchParams *params,
                        const OmgInterrupt *interrupt, GError **error)
{
        g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(OmgRow));
        Scan scan = {
                .snapshot = snapshot,
                .params = params,
                .interrupt = interrupt,
                .deadline = g_get_monotonic_time() + OMG_LIMIT_SCAN_MSEC * 1000,
                .rows = rows,
        };

        g_assert(omg_search_mode_is_scan(params->mode));
        if (!omg_search_query_check(params->query, error) ||
            !omg_search_filter_check(snapshot, params, error))
                return NULL;
        gboolean good = !*params->query || modes[params->mode].run(&scan, error);
        omg_search_filter_clear(&scan.filter);
        g_free(scan.folded_query);
        omg_regex_free(scan.regex);
        if (!good)
                return NULL;
        omg_rows_sort(rows, snapshot, params->sort == OMG_SEARCH_SORT_NAME);
        return g_steal_pointer(&rows);
}
