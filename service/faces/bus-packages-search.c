/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Packages: Search in all its modes, WhatProvides. */
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "engine/files.h"
#include "engine/providers.h"
#include "engine/search-filter.h"
#include "engine/search-scan.h"
#include "faces/bus-call.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"
#include "faces/bus-packages.h"

/* ---- options ---- */

typedef struct {
        OmgBusPage page;
        const char *mode;
        const char *sort;
        GStrv sources;
        GStrv repositories;
        int installed;
        gboolean has_installed;
} SearchOptions;

static void search_options_clear(SearchOptions *options)
{
        g_strfreev(options->sources);
        g_strfreev(options->repositories);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SearchOptions, search_options_clear)

static int search_options_read(sd_bus_message *call, SearchOptions *options, GError **error)
{
        const OmgBusOption table[] = {
                OMG_BUS_PAGE_OPTIONS(&options->page),
                {"mode", OMG_BUS_OPTION_STRING, &options->mode, NULL},
                {"sort", OMG_BUS_OPTION_STRING, &options->sort, NULL},
                {"sources", OMG_BUS_OPTION_STRV, &options->sources, NULL},
                {"repositories", OMG_BUS_OPTION_STRV, &options->repositories, NULL},
                {"installed", OMG_BUS_OPTION_BOOL, &options->installed, &options->has_installed},
        };

        return omg_bus_options_read(call, table, G_N_ELEMENTS(table), error);
}

/* In the order of the enums. */
static const char *const mode_words[] = {"words",    "name", "prefix", "glob", "regex",
                                         "provides", "file", "group",  NULL};
static const char *const sort_words[] = {"rank", "name", NULL};

/* Which packages are asked for. */
enum { SOURCE_REPO, SOURCE_LOCAL, SOURCE_AUR, SOURCE_N };
static const char *const source_words[] = {"repo", "local", "aur", NULL};

/* A search, with its own copies of what the options said: it may run on another thread. */
typedef struct {
        OmgSearchParams params; /* query and repositories are the next two */
        char *query;
        GStrv repositories;
        OmgBusAur aur; /* whether its packages may be in the answer */
        GArray *rows;  /* of a scan: OmgRow, all of them */
} Search;

static void search_free(Search *search)
{
        g_free(search->query);
        g_strfreev(search->repositories);
        g_clear_pointer(&search->rows, g_array_unref);
        g_free(search);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Search, search_free)

static int search_set_sources(Search *search, GStrv sources, GError **error)
{
        gboolean wanted[SOURCE_N] = {};

        if (!sources)
                return 0;
        for (guint i = 0; sources[i]; i++) {
                guint index;
                int r = omg_bus_word_find("Option \"sources\"", sources[i], source_words, &index,
                                          error);
                if (r < 0)
                        return r;
                wanted[index] = TRUE;
        }
        search->params.skip_repo = !wanted[SOURCE_REPO];
        search->params.skip_local = !wanted[SOURCE_LOCAL];
        search->params.skip_aur = !wanted[SOURCE_AUR];
        if (wanted[SOURCE_AUR])
                search->aur = OMG_BUS_AUR_WANTED;
        return 0;
}

static int search_set_words(Search *search, const SearchOptions *options, GError **error)
{
        guint index;
        int r;

        if (options->mode) {
                r = omg_bus_word_find("Option \"mode\"", options->mode, mode_words, &index, error);
                if (r < 0)
                        return r;
                search->params.mode = (OmgSearchMode)index;
        }
        if (options->sort) {
                r = omg_bus_word_find("Option \"sort\"", options->sort, sort_words, &index, error);
                if (r < 0)
                        return r;
                search->params.sort = (OmgSearchSort)index;
        }
        return 0;
}

/* Reads query and options of a call. */
static int search_read(OmgService *service, sd_bus_message *call, Search *search, GError **error)
{
        g_auto(SearchOptions) options = {.page.limit = OMG_LIMIT_ROWS_DEFAULT};
        const char *query;
        int r;

        r = sd_bus_message_read_basic(call, 's', &query);
        if (r < 0)
                return r;
        if ((r = search_options_read(call, &options, error)) < 0 ||
            (r = omg_bus_page_check(&options.page, service, error)) < 0 ||
            (r = search_set_words(search, &options, error)) < 0 ||
            (r = search_set_sources(search, options.sources, error)) < 0)
                return r;
        search->query = g_strdup(query);
        search->repositories = g_steal_pointer(&options.repositories);
        search->params.query = search->query;
        search->params.repositories = (const char *const *)search->repositories;
        if (!omg_search_filter_wants_aur(&search->params))
                search->aur = OMG_BUS_AUR_NONE;
        else if (search->repositories)
                search->aur = OMG_BUS_AUR_WANTED;
        else if (search->aur == OMG_BUS_AUR_NONE)
                search->aur = OMG_BUS_AUR_IF_ON;
        search->params.offset = options.page.offset;
        search->params.limit = options.page.limit;
        /* As pacman -F, unless the caller says otherwise. */
        if (search->params.mode == OMG_SEARCH_MODE_FILE && !options.sources)
                search->params.skip_local = TRUE;
        if (options.has_installed)
                search->params.installed =
                        options.installed ? OMG_SEARCH_ONLY_INSTALLED : OMG_SEARCH_ONLY_OTHERS;
        return 0;
}

/* ---- answers ---- */

static int append_rows(sd_bus_message *reply, const OmgSnapshot *snapshot, const OmgRow *rows,
                       guint n)
{
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(sssssua{sv})");
        for (guint i = 0; r >= 0 && i < n; i++) {
                OmgPackageView view;

                omg_row_view(snapshot, rows[i], &view);
                r = omg_bus_package_append(reply, &view, &rows[i].rank);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static guint get_files_sources(const Search *search)
{
        return (search->params.skip_local ? 0 : 1u << OMG_FILES_LOCAL) |
               (search->params.skip_repo ? 0 : 1u << OMG_FILES_REPO);
}

static int append_meta(sd_bus_message *reply, const OmgSnapshot *snapshot, const Search *search,
                       OmgBusMeta meta)
{
        OmgSourceError no_files = {(char *)OMG_REPOSITORY_AUR, OMG_ERROR_NOT_SUPPORTED,
                                   (char *)"nobody has lists of the files in the AUR's packages"};

        if (search->params.mode == OMG_SEARCH_MODE_FILE)
                return omg_bus_files_meta_append(
                        reply, snapshot, get_files_sources(search), meta.total,
                        search->aur == OMG_BUS_AUR_WANTED ? &no_files : NULL);
        meta.aur = search->aur;
        return omg_bus_meta_append_more(reply, snapshot, &meta);
}

/* The page of a scan's rows. */
static int append_scan(sd_bus_message *reply, const OmgSnapshot *snapshot, const Search *search,
                       const char *choice)
{
        const GArray *rows = search->rows;
        guint offset = MIN(search->params.offset, rows->len);
        guint n = MIN(search->params.limit, rows->len - offset);
        OmgBusMeta meta = {.total = rows->len, .total_exact = TRUE, .choice = choice};
        const OmgRow *first = n > 0 ? &g_array_index(rows, OmgRow, offset) : NULL;
        int r;

        r = append_rows(reply, snapshot, first, n);
        return r < 0 ? r : append_meta(reply, snapshot, search, meta);
}

static gboolean work_scan(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                          GError **error)
{
        Search *search = data;
        OmgInterrupt interrupt = {omg_bus_is_cancelled, job};

        search->rows = search->params.mode == OMG_SEARCH_MODE_FILE
                               ? omg_files_search(snapshot, &search->params, &interrupt, error)
                               : omg_search_scan(snapshot, &search->params, &interrupt, error);
        return search->rows != NULL;
}

static int append_pool_scan(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                            GError **error)
{
        return append_scan(reply, snapshot, data, NULL);
}

static int run_words(OmgService *service, const Search *search, sd_bus_message *reply,
                     GError **error)
{
        OmgSearchResult result;
        int r;

        if (!omg_search_run(service->search, service->snapshot, &search->params, &result, error))
                return -EBADMSG;
        r = append_rows(reply, service->snapshot, result.rows, result.n_rows);
        return r < 0 ? r
                     : append_meta(reply, service->snapshot, search,
                                   (OmgBusMeta){.total = result.total,
                                                .total_exact = result.total_exact});
}

static int run_search(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                      GError **error)
{
        g_autoptr(Search) search = g_new0(Search, 1);
        int r;

        r = search_read(service, call, search, error);
        if (r < 0)
                return r;
        if (search->params.mode == OMG_SEARCH_MODE_FILE) {
                r = omg_bus_files_need(service, get_files_sources(search));
                if (r < 0)
                        return r;
                return omg_calls_run_on_pool(service->calls, work_scan, append_pool_scan,
                                             g_steal_pointer(&search), (GDestroyNotify)search_free);
        }
        if (!omg_search_mode_is_scan(search->params.mode))
                return run_words(service, search, reply, error);
        if (omg_search_mode_is_slow(search->params.mode))
                return omg_calls_run_on_pool(service->calls, work_scan, append_pool_scan,
                                             g_steal_pointer(&search), (GDestroyNotify)search_free);
        search->rows = omg_search_scan(service->snapshot, &search->params, NULL, error);
        return search->rows ? append_scan(reply, service->snapshot, search, NULL) : -EBADMSG;
}

/* What pacman -S would install for the dependency; NULL: nothing; new. */
static char *dup_choice(const OmgSnapshot *snapshot, const char *dependency)
{
        OmgDepend depend;

        omg_depend_parse(dependency, -1, &depend);
        guint32 id = omg_provider_choose(snapshot, &depend, FALSE);
        if (id == OMG_NO_PACKAGE)
                return NULL;
        const OmgPackageRecord *record = omg_layer_get_record(snapshot->sync, id);
        return g_strconcat(omg_row_get_repository(snapshot, record), "/",
                           omg_layer_get_name(snapshot->sync, id), NULL);
}

static int run_what_provides(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                             GError **error)
{
        g_autoptr(Search) search = g_new0(Search, 1);
        int r;

        r = search_read(service, call, search, error);
        if (r < 0)
                return r;
        /* The search would call it by another name. */
        if (strlen(search->query) > OMG_LIMIT_QUERY)
                return omg_call_fail(error, OMG_ERROR_INVALID_ARGS,
                                     "dependency: %" G_GSIZE_FORMAT " bytes, the limit is %u",
                                     strlen(search->query), OMG_LIMIT_QUERY);
        search->params.mode = OMG_SEARCH_MODE_PROVIDES;
        search->rows = omg_search_scan(service->snapshot, &search->params, NULL, error);
        if (!search->rows)
                return -EBADMSG;
        g_autofree char *choice = dup_choice(service->snapshot, search->query);
        return append_scan(reply, service->snapshot, search, choice);
}

OMG_DEFINE_PACKAGES_METHOD(search, search_calls)
OMG_DEFINE_PACKAGES_METHOD(what_provides, depends_calls)
