/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/search-filter.h"

#include <string.h>

#include "base/limits.h"

void omg_search_filter_clear(OmgSearchFilter *filter)
{
        g_clear_pointer(&filter->own, g_free);
        filter->allocated = 0;
}

/* Of sources that are not the AUR's only installed packages can be told to be of it. */
static gboolean check_aur(const OmgSnapshot *snapshot, const OmgSearchParams *params,
                          GError **error)
{
        if (!snapshot->aur && params->skip_repo && params->skip_local && !params->skip_aur) {
                omg_aur_feed_set_missing(&snapshot->aur_feed, error);
                return FALSE;
        }
        return (params->skip_aur && params->skip_local) ||
               omg_rows_check_aur(snapshot, params->repositories, error);
}

gboolean omg_search_filter_check(const OmgSnapshot *snapshot, const OmgSearchParams *params,
                                 GError **error)
{
        /* What is foreign, or installed, is not known without the other database. */
        if (!snapshot->sync && !(params->skip_repo && params->skip_local)) {
                omg_snapshot_set_missing(snapshot, "sync", error);
                return FALSE;
        }
        if (!snapshot->local && (params->installed != OMG_SEARCH_ANY || params->skip_repo)) {
                omg_snapshot_set_missing(snapshot, "local", error);
                return FALSE;
        }
        return omg_rows_check_repositories(snapshot, params->repositories, error) &&
               check_aur(snapshot, params, error);
}

static guint64 *get_buffer(OmgSearchFilter *filter, gsize n_words)
{
        if (n_words > filter->allocated || !filter->own) {
                g_free(filter->own);
                filter->own = g_new(guint64, n_words + 1); /* never NULL, which means all */
                filter->allocated = n_words;
        }
        memset(filter->own, 0, n_words * sizeof(guint64));
        return filter->own;
}

/* The packages of the repositories that are named, or of those that are searched when none is;
 * NULL: all. */
static const guint64 *choose_repositories(OmgSearchFilter *filter, const OmgSnapshot *snapshot,
                                          const OmgSearchParams *params)
{
        gsize n_words = omg_bitmap_words(omg_layer_get_n_packages(snapshot->sync));

        if (!params->repositories)
                return params->with_hidden ? NULL : snapshot->searchable;
        guint64 *mask = get_buffer(filter, n_words);
        for (guint r = 0; r < omg_layer_get_n_repositories(snapshot->sync); r++) {
                const OmgRepositoryRecord *record = omg_layer_get_repository(snapshot->sync, r);
                const guint64 *bits = omg_layer_get_repository_bits(snapshot->sync, r);
                if (!g_strv_contains(params->repositories,
                                     omg_layer_get_text(snapshot->sync, record->name)))
                        continue;
                for (gsize i = 0; i < n_words; i++)
                        mask[i] |= bits[i];
        }
        return mask;
}

static const guint64 *make_sync(OmgSearchFilter *filter, const OmgSnapshot *snapshot,
                                const OmgSearchParams *params)
{
        gsize n_words = omg_bitmap_words(omg_layer_get_n_packages(snapshot->sync));
        guint64 turn = params->installed == OMG_SEARCH_ONLY_OTHERS ? G_MAXUINT64 : 0;
        const guint64 *chosen = choose_repositories(filter, snapshot, params);

        if (params->installed == OMG_SEARCH_ANY)
                return chosen;
        guint64 *mask = chosen == filter->own && chosen ? filter->own : get_buffer(filter, n_words);
        for (gsize i = 0; i < n_words; i++)
                mask[i] = (chosen ? chosen[i] : G_MAXUINT64) & (snapshot->sync_installed[i] ^ turn);
        return mask;
}

static gboolean has_repository(const OmgSearchParams *params, const char *name)
{
        return !params->repositories || g_strv_contains(params->repositories, name);
}

gboolean omg_search_filter_wants_aur(const OmgSearchParams *params)
{
        return !params->skip_aur && has_repository(params, OMG_REPOSITORY_AUR);
}

static gboolean make_aur(OmgSearchFilter *filter, const OmgSnapshot *snapshot,
                         const OmgSearchParams *params, const guint64 **ret_mask)
{
        if (!snapshot->aur || !omg_search_filter_wants_aur(params))
                return FALSE;
        *ret_mask = NULL;
        if (params->installed == OMG_SEARCH_ANY)
                return TRUE;
        /* Without both other layers nothing is known to be installed from there. */
        if (!snapshot->aur_installed)
                return params->installed == OMG_SEARCH_ONLY_OTHERS;
        *ret_mask = snapshot->aur_installed;
        if (params->installed == OMG_SEARCH_ONLY_OTHERS) {
                gsize n_words = omg_bitmap_words(omg_layer_get_n_packages(snapshot->aur));
                guint64 *mask = get_buffer(filter, n_words);
                for (gsize i = 0; i < n_words; i++)
                        mask[i] = ~snapshot->aur_installed[i];
                *ret_mask = mask;
        }
        return TRUE;
}

/* Rows of installed packages that the AUR has say "aur" wherever they are found. */
static const guint64 *choose_foreign(OmgSearchFilter *filter, const OmgSnapshot *snapshot,
                                     const OmgSearchParams *params)
{
        const gboolean with_local = has_repository(params, "local");
        const gboolean with_aur = has_repository(params, OMG_REPOSITORY_AUR);

        if (!params->skip_aur && snapshot->aur)
                return with_local ? snapshot->only_local : NULL;
        if (with_local == with_aur)
                return with_local ? snapshot->foreign : NULL;
        if (with_local)
                return snapshot->only_local;
        gsize n_words = omg_bitmap_words(omg_layer_get_n_packages(snapshot->local));
        guint64 *mask = get_buffer(filter, n_words);
        for (gsize i = 0; i < n_words; i++)
                mask[i] = snapshot->foreign[i] & ~snapshot->only_local[i];
        return mask;
}

static gboolean make_local(OmgSearchFilter *filter, const OmgSnapshot *snapshot,
                           const OmgSearchParams *params, const guint64 **ret_mask)
{
        const guint n = params->skip_aur ? snapshot->n_foreign : snapshot->n_only_local;

        if (params->skip_local || !snapshot->foreign || n == 0 ||
            params->installed == OMG_SEARCH_ONLY_OTHERS)
                return FALSE;
        *ret_mask = choose_foreign(filter, snapshot, params);
        return *ret_mask != NULL;
}

gboolean omg_search_filter_make(OmgSearchFilter *filter, const OmgSnapshot *snapshot,
                                const OmgSearchParams *params, OmgRowSource source,
                                const guint64 **ret_mask)
{
        if (source == OMG_ROW_AUR)
                return make_aur(filter, snapshot, params, ret_mask);
        if (source == OMG_ROW_LOCAL)
                return make_local(filter, snapshot, params, ret_mask);
        if (params->skip_repo)
                return FALSE;
        *ret_mask = make_sync(filter, snapshot, params);
        return TRUE;
}
