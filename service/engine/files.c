/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/files.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/lookup.h"
#include "engine/search-filter.h"
#include "engine/search-text.h"

/* How often a long search looks whether anybody still waits for it. */
#define INTERRUPT_EVERY 1024u

static gboolean has_packages(const OmgFilesLayer *layer)
{
        guint n = omg_files_layer_get_n_repositories(layer);

        for (guint i = 0; i < n; i++)
                if (omg_files_layer_get_repository(layer, i)->state != OMG_REPOSITORY_ABSENT)
                        return TRUE;
        return n == 0;
}

static const OmgSourceError *first_error(const OmgSnapshot *snapshot, OmgFilesSource source)
{
        const GPtrArray *errors = snapshot->files[source].errors;

        return errors->len > 0 ? errors->pdata[0] : NULL;
}

gboolean omg_files_check(const OmgSnapshot *snapshot, OmgFilesSource source, GError **error)
{
        const OmgFilesLayer *layer = snapshot->files[source].layer;
        const OmgSourceError *about = first_error(snapshot, source);

        if (layer && has_packages(layer))
                return TRUE;
        if (about)
                g_set_error_literal(error, OMG_ERROR, about->code, about->message);
        else
                omg_snapshot_set_missing(snapshot, omg_files_source_get_name(source), error);
        return FALSE;
}

static guint32 find_installed(const OmgSnapshot *snapshot, const char *name)
{
        return snapshot->local ? omg_layer_find(snapshot->local, name, strlen(name), NULL)
                               : OMG_NO_PACKAGE;
}

gboolean omg_files_choose_source(const OmgSnapshot *snapshot, const char *text,
                                 OmgFilesSource *ret_source, GError **error)
{
        OmgName name;

        if (!omg_name_parse(text, &name, error))
                return FALSE;
        if (omg_name_is_local(&name))
                *ret_source = OMG_FILES_LOCAL;
        else if (name.repository_len > 0 || find_installed(snapshot, name.name) == OMG_NO_PACKAGE)
                *ret_source = OMG_FILES_REPO;
        else
                *ret_source = OMG_FILES_LOCAL;
        return TRUE;
}

static char *take_valid(GString *path)
{
        char *text = g_string_free(path, FALSE);

        if (g_utf8_validate(text, -1, NULL))
                return text;
        char *valid = omg_text_make_valid(text, -1);
        g_free(text);
        return valid;
}

/* A package that no list has, though its repository holds it: why that repository has no lists. */
static gboolean explain_absence(const OmgSnapshot *snapshot, const OmgName *name, GError **error)
{
        const OmgFilesLayer *layer = snapshot->files[OMG_FILES_REPO].layer;
        guint32 id = omg_name_find_sync(snapshot, name, NULL);

        if (id == OMG_NO_PACKAGE)
                return TRUE;

        const char *repository =
                omg_row_get_repository(snapshot, omg_layer_get_record(snapshot->sync, id));
        for (guint i = 0; i < omg_files_layer_get_n_repositories(layer); i++) {
                const OmgRepositoryRecord *record = omg_files_layer_get_repository(layer, i);
                if (record->state != OMG_REPOSITORY_ABSENT ||
                    strcmp(omg_files_layer_get_text(layer, record->name), repository) != 0)
                        continue;
                g_set_error_literal(error, OMG_ERROR,
                                    record->error < OMG_ERROR_N_CODES ? (int)record->error
                                                                      : OMG_ERROR_DATABASE_CORRUPT,
                                    omg_files_layer_get_text(layer, record->message));
                return FALSE;
        }
        return TRUE;
}

/* *ret_id OMG_NO_PACKAGE: there is none. */
static gboolean find_package(const OmgSnapshot *snapshot, OmgFilesSource source, const char *text,
                             guint *ret_id, GError **error)
{
        const OmgFilesLayer *layer = snapshot->files[source].layer;
        gboolean is_repo = source == OMG_FILES_REPO;
        OmgName name;

        *ret_id = OMG_NO_PACKAGE;
        if (!omg_name_parse(text, &name, error))
                return FALSE;
        /* What no repository holds needs no lists to be missed. */
        if (is_repo && snapshot->sync && snapshot->complete &&
            omg_name_find_sync(snapshot, &name, NULL) == OMG_NO_PACKAGE &&
            (!layer || !has_packages(layer)))
                return TRUE;
        if (!omg_files_check(snapshot, source, error))
                return FALSE;
        *ret_id = omg_files_layer_find_package(layer, name.name, name.repository,
                                               is_repo ? name.repository_len : 0);
        return *ret_id != OMG_NO_PACKAGE || !is_repo || explain_absence(snapshot, &name, error);
}

gboolean omg_files_list(const OmgSnapshot *snapshot, OmgFilesSource source, const char *name,
                        guint offset, guint limit, GPtrArray **ret_paths, guint *ret_total,
                        GError **error)
{
        const OmgFilesLayer *layer = snapshot->files[source].layer;
        guint id;

        if (!find_package(snapshot, source, name, &id, error))
                return FALSE;
        *ret_paths = NULL;
        *ret_total = 0;
        if (id == OMG_NO_PACKAGE)
                return TRUE;

        const OmgFilesPackageRecord *package = omg_files_layer_get_package(layer, id);
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        for (guint i = offset; i < package->count && i - offset < limit; i++) {
                GString *path = g_string_new(snapshot->conf->root_dir);
                gboolean good = omg_files_layer_append_path(layer, package->first + i, path);
                char *valid = take_valid(path);
                g_ptr_array_add(paths, valid);
                if (good)
                        continue;
                g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT,
                            "the list of package %s in the index is malformed", name);
                return FALSE;
        }
        *ret_paths = g_steal_pointer(&paths);
        *ret_total = package->count;
        return TRUE;
}

void omg_files_set_not_found(OmgFilesSource source, const char *name, GError **error)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_NOT_FOUND, "%s package \"%.255s\"",
                    source == OMG_FILES_LOCAL ? "The local database holds no"
                                              : "No repository's list of files holds",
                    name);
}

static void add_name(GPtrArray *names, const OmgFilesLayer *layer, guint owner)
{
        const char *name =
                omg_files_layer_get_text(layer, omg_files_layer_get_package(layer, owner)->name);

        if (*name && g_utf8_validate(name, -1, NULL))
                g_ptr_array_add(names, g_strdup(name));
}

static void add_owners(const OmgFilesLayer *layer, const char *path, gsize len, GPtrArray *names)
{
        OmgFilesRange range = omg_files_layer_find_path(layer, path, len);

        for (guint i = range.from; i < range.to; i++)
                add_name(names, layer,
                         omg_files_layer_get_owner(layer, omg_files_layer_get_hit(layer, i)));
}

static void sort_unique(GPtrArray *names)
{
        guint kept = 0;

        g_ptr_array_sort(names, omg_text_compare_pointers);
        for (guint i = 0; i < names->len; i++) {
                if (kept > 0 && strcmp(names->pdata[kept - 1], names->pdata[i]) == 0)
                        continue;
                char *name = names->pdata[i];
                names->pdata[i] = names->pdata[kept];
                names->pdata[kept++] = name;
        }
        g_ptr_array_set_size(names, (int)kept);
}

void omg_files_add_owners(const OmgSnapshot *snapshot, OmgFilesSource source, const char *path,
                          gboolean exists, GPtrArray *names)
{
        const OmgFilesLayer *layer = snapshot->files[source].layer;

        if (!layer)
                return;
        add_owners(layer, path, strlen(path), names);
        if (!exists && !g_str_has_suffix(path, "/")) {
                g_autofree char *folder = g_strconcat(path, "/", NULL);
                add_owners(layer, folder, strlen(folder), names);
        }
        sort_unique(names);
}

/* ---- search ---- */

typedef struct {
        const OmgSnapshot *snapshot;
        const guint64 *mask; /* of packages that may be found: engine/search-filter.h */
        OmgFilesSource source;
        const OmgFilesLayer *layer;
        gboolean by_name; /* of the file alone */
        GHashTable *seen; /* packages of the layer, + 1 */
        GArray *rows;
} FileSearch;

/* The row of a package of the lists; FALSE: the snapshot does not show it. */
static gboolean find_row(const FileSearch *search, const OmgFilesPackageRecord *package,
                         OmgRow *ret_row)
{
        const OmgSnapshot *snapshot = search->snapshot;
        const char *name = omg_files_layer_get_text(search->layer, package->name);

        *ret_row = (OmgRow){};
        if (search->source == OMG_FILES_LOCAL) {
                ret_row->source = OMG_ROW_LOCAL;
                ret_row->id = find_installed(snapshot, name);
                /* What a repository holds is that repository's row. */
                return ret_row->id != OMG_NO_PACKAGE &&
                       snapshot->installed[ret_row->id].sync_id == OMG_NO_PACKAGE;
        }
        const char *repository = omg_files_layer_get_text(
                search->layer,
                omg_files_layer_get_repository(search->layer, package->repository)->name);
        OmgName full = {name, repository, strlen(repository)};
        ret_row->id =
                *name && *repository ? omg_name_find_sync(snapshot, &full, NULL) : OMG_NO_PACKAGE;
        return ret_row->id != OMG_NO_PACKAGE;
}

static void add_hit(FileSearch *search, guint position)
{
        guint owner = omg_files_layer_get_owner(search->layer, position);
        OmgRow row;

        if (owner == OMG_NO_PACKAGE ||
            /* pacman -F looks for the name behind a '/'. */
            (search->by_name && omg_files_layer_is_top(search->layer, position)) ||
            !g_hash_table_add(search->seen, GUINT_TO_POINTER(owner + 1)) ||
            !find_row(search, omg_files_layer_get_package(search->layer, owner), &row))
                return;
        if (!search->mask || omg_bitmap_has(search->mask, row.id))
                g_array_append_val(search->rows, row);
}

static gboolean search_source(FileSearch *search, OmgFilesSource source, const char *query,
                              const OmgInterrupt *interrupt, GError **error)
{
        gsize len = strlen(query);
        OmgFilesRange range;

        if (!omg_files_check(search->snapshot, source, error))
                return FALSE;
        search->source = source;
        search->layer = search->snapshot->files[source].layer;
        g_hash_table_remove_all(search->seen);
        range = search->by_name ? omg_files_layer_find_base(search->layer, query, len)
                                : omg_files_layer_find_path(search->layer, query, len);
        for (guint i = range.from; i < range.to; i++) {
                if ((i - range.from) % INTERRUPT_EVERY == 0 &&
                    omg_interrupt_is_cancelled(interrupt)) {
                        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_CANCELLED,
                                            "nobody waits for the answer");
                        return FALSE;
                }
                add_hit(search, omg_files_layer_get_hit(search->layer, i));
        }
        return TRUE;
}

GArray *omg_files_search(const OmgSnapshot *snapshot, const OmgSearchParams *params,
                         const OmgInterrupt *interrupt, GError **error)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
        g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(OmgRow));
        g_auto(OmgSearchFilter) filter = {};
        FileSearch search = {.snapshot = snapshot, .seen = seen, .rows = rows};
        OmgSearchParams all = *params;
        const char *query = params->query;

        /* Usage says nothing about file lists: pacman -F looks into all repositories. */
        all.with_hidden = TRUE;
        all.skip_aur = TRUE; /* nobody has lists of its files */
        if (!omg_search_query_check(query, error) ||
            !omg_search_filter_check(snapshot, &all, error))
                return NULL;
        search.by_name = !strchr(query, '/');
        while (query[0] == '/' && query[1])
                query++;
        for (OmgFilesSource source = OMG_FILES_LOCAL; *query && source < OMG_FILES_N; source++)
                if (omg_search_filter_make(&filter, snapshot, &all,
                                           source == OMG_FILES_LOCAL ? OMG_ROW_LOCAL : OMG_ROW_SYNC,
                                           &search.mask) &&
                    !search_source(&search, source, query, interrupt, error))
                        return NULL;
        omg_rows_sort(rows, snapshot, params->sort == OMG_SEARCH_SORT_NAME);
        return g_steal_pointer(&rows);
}
