/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/search-filter.h"

#include <string.h>

#include "base/limits.h"

void omg_search_filter_clear(OmgSearchFilter *filter)
{
        g_clear_pointer(&filter->own, g_free);
        filter->allocated = 0;
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
        return omg_rows_check_repositories(snapshot, params->repositories, error);
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

gboolean omg_search_filter_make(OmgSearchFilter *filter, const OmgSnapshot *snapshot,
                                const OmgSearchParams *params, gboolean is_local,
                                const guint64 **ret_mask)
{
        if (!is_local) {
                *ret_mask = params->skip_repo ? NULL : make_sync(filter, snapshot, params);
                return !params->skip_repo;
        }
        *ret_mask = snapshot->foreign;
        return !params->skip_local && snapshot->foreign && snapshot->n_foreign > 0 &&
               params->installed != OMG_SEARCH_ONLY_OTHERS &&
               (!params->repositories || g_strv_contains(params->repositories, "local"));
}
