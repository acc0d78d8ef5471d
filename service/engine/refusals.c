/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/refusals.h"

#include <string.h>

#include "engine/licence.h"
#include "store/postings.h"

static guint64 *judge_all(const OmgJudge *judge, const OmgLayer *layer,
                          guint (*judge_one)(const OmgJudge *, guint32), guint *ret_n)
{
        const guint n = omg_layer_get_n_packages(layer);
        guint64 *bits = g_new0(guint64, omg_bitmap_words(n) + 1);

        *ret_n = 0;
        for (guint32 id = 0; id < n; id++) {
                if (judge_one(judge, id) == 0)
                        continue;
                bits[id / 64] |= (guint64)1 << (id % 64);
                (*ret_n)++;
        }
        return bits;
}

OmgRefusals *omg_refusals_new(const OmgJudge *judge)
{
        OmgRefusals *refusals = g_atomic_rc_box_new0(OmgRefusals);
        const OmgSnapshot *s = judge->snapshot;
        g_autoptr(GHashTable) memo = omg_licence_memo_new();
        OmgJudge with_memo = *judge;
        guint n_sync;

        refusals->local_layer = s->local ? omg_layer_ref(s->local) : NULL;
        refusals->sync_layer = s->sync ? omg_layer_ref(s->sync) : NULL;
        if (!s->local || !s->sync)
                return refusals;
        with_memo.memo = memo;
        refusals->local = judge_all(&with_memo, s->local, omg_judge_installed, &refusals->n_local);
        refusals->sync = judge_all(&with_memo, s->sync, omg_judge_candidate, &n_sync);
        return refusals;
}

OmgRefusals *omg_refusals_ref(OmgRefusals *refusals)
{
        return g_atomic_rc_box_acquire(refusals);
}

static void clear(gpointer data)
{
        OmgRefusals *refusals = data;

        omg_layer_unref(refusals->local_layer);
        omg_layer_unref(refusals->sync_layer);
        g_free(refusals->local);
        g_free(refusals->sync);
}

void omg_refusals_unref(OmgRefusals *refusals)
{
        if (refusals)
                g_atomic_rc_box_release_full(refusals, clear);
}

gboolean omg_refusals_has_installed(const OmgRefusals *refusals, guint32 local_id)
{
        return refusals && refusals->local &&
               local_id < omg_layer_get_n_packages(refusals->local_layer) &&
               omg_bitmap_has(refusals->local, local_id);
}

gboolean omg_refusals_has_candidate(const OmgRefusals *refusals, guint32 sync_id)
{
        return refusals && refusals->sync &&
               sync_id < omg_layer_get_n_packages(refusals->sync_layer) &&
               omg_bitmap_has(refusals->sync, sync_id);
}

static gboolean was_refused(const OmgRefusals *before, const char *name)
{
        if (!before || !before->local)
                return FALSE;
        return omg_refusals_has_installed(
                before, omg_layer_find(before->local_layer, name, strlen(name), NULL));
}

GArray *omg_refusals_list_new(const OmgRefusals *refusals, const OmgRefusals *before)
{
        const OmgLayer *local = refusals->local_layer;
        guint n = refusals->local ? omg_layer_get_n_packages(local) : 0;
        GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint32));

        for (guint i = 0; i < n; i++) {
                guint32 id = omg_layer_get_by_name(local, i);

                if (omg_refusals_has_installed(refusals, id) &&
                    !was_refused(before, omg_layer_get_name(local, id)))
                        g_array_append_val(ids, id);
        }
        return ids;
}
