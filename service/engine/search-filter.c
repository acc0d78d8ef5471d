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
        return TRUE;
}

static gboolean is_chosen(const OmgSnapshot *snapshot, const OmgSearchParams *params,
                          guint repository)
{
        const OmgRepositoryRecord *record = omg_layer_get_repository(snapshot->sync, repository);
        const char *name = omg_layer_get_text(snapshot->sync, record->name);

        if (params->repositories)
                return g_strv_contains(params->repositories, name);
        const OmgRepository *configured = omg_pacman_conf_get_repository(snapshot->conf, name);
        return !configured || (configured->usage & OMG_USAGE_SEARCH);
}

static guint64 *get_buffer(OmgSearchFilter *filter, gsize n_words)
{
        if (n_words > filter->allocated) {
                g_free(filter->own);
                filter->own = g_new(guint64, n_words);
                filter->allocated = n_words;
        }
        memset(filter->own, 0, n_words * sizeof(guint64));
        return filter->own;
}

/* The packages of the chosen repositories; *ret_all: all of them are. */
static const guint64 *choose_repositories(OmgSearchFilter *filter, const OmgSnapshot *snapshot,
                                          const OmgSearchParams *params, gboolean *ret_any)
{
        guint n = omg_layer_get_n_repositories(snapshot->sync), chosen = 0;
        gsize n_words = omg_bitmap_words(omg_layer_get_n_packages(snapshot->sync));

        for (guint r = 0; r < n; r++)
                chosen += is_chosen(snapshot, params, r);
        *ret_any = chosen > 0;
        if (chosen == n || chosen == 0)
                return NULL;
        guint64 *mask = get_buffer(filter, n_words);
        for (guint r = 0; r < n; r++) {
                const guint64 *bits = omg_layer_get_repository_bits(snapshot->sync, r);
                for (gsize i = 0; is_chosen(snapshot, params, r) && i < n_words; i++)
                        mask[i] |= bits[i];
        }
        return mask;
}

static gboolean make_sync(OmgSearchFilter *filter, const OmgSnapshot *snapshot,
                          const OmgSearchParams *params, const guint64 **ret_mask)
{
        gsize n_words = omg_bitmap_words(omg_layer_get_n_packages(snapshot->sync));
        const guint64 *installed = snapshot->sync_installed;
        gboolean any;
        const guint64 *mask = choose_repositories(filter, snapshot, params, &any);

        if (!any)
                return FALSE;
        if (params->installed != OMG_SEARCH_ANY) {
                guint64 turn = params->installed == OMG_SEARCH_ONLY_OTHERS ? G_MAXUINT64 : 0;
                if (!mask) {
                        mask = get_buffer(filter, n_words);
                        memset(filter->own, 0xff, n_words * sizeof(guint64));
                }
                for (gsize i = 0; i < n_words; i++)
                        filter->own[i] &= installed[i] ^ turn;
        }
        *ret_mask = mask;
        return TRUE;
}

gboolean omg_search_filter_make(OmgSearchFilter *filter, const OmgSnapshot *snapshot,
                                const OmgSearchParams *params, gboolean is_local,
                                const guint64 **ret_mask)
{
        if (!is_local)
                return !params->skip_repo && make_sync(filter, snapshot, params, ret_mask);
        *ret_mask = snapshot->foreign;
        return !params->skip_local && snapshot->foreign && snapshot->n_foreign > 0 &&
               params->installed != OMG_SEARCH_ONLY_OTHERS &&
               (!params->repositories || g_strv_contains(params->repositories, "local"));
}
