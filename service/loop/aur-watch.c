/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/aur-watch.h"

#include "loop/log.h"

struct OmgAurWatch {
        OmgCacheDb *cache;
        OmgMaintainers *maintainers;  /* NULL: cache.db was not read yet */
        OmgLayer *aur, *local, *sync; /* of the last look */
};

OmgAurWatch *omg_aur_watch_new(OmgCacheDb *cache)
{
        OmgAurWatch *watch = g_new0(OmgAurWatch, 1);

        watch->cache = cache;
        return watch;
}

static void forget_layers(OmgAurWatch *watch)
{
        g_clear_pointer(&watch->aur, omg_layer_unref);
        g_clear_pointer(&watch->local, omg_layer_unref);
        g_clear_pointer(&watch->sync, omg_layer_unref);
}

void omg_aur_watch_free(OmgAurWatch *watch)
{
        if (!watch)
                return;
        forget_layers(watch);
        omg_maintainers_free(watch->maintainers);
        g_free(watch);
}

static gboolean load(OmgAurWatch *watch)
{
        g_autoptr(GError) error = NULL;
        GHashTable *rows;

        if (watch->maintainers)
                return TRUE;
        if (omg_cache_aur_load(watch->cache, &rows, &error))
                watch->maintainers = omg_maintainers_new(rows);
        else
                /* Its owner says what is wrong with the file (loop/records.h). */
                omg_log_debug("Maintainers of the AUR are not known: %s, ignoring", error->message);
        return watch->maintainers != NULL;
}

/* Whether there is anything to compare that was not compared before. Layers are kept, so that
 * another one has another address. */
static gboolean take_layers(OmgAurWatch *watch, const OmgSnapshot *snapshot)
{
        if (!snapshot->aur || !snapshot->local || !snapshot->sync ||
            (snapshot->aur == watch->aur && snapshot->local == watch->local &&
             snapshot->sync == watch->sync))
                return FALSE;
        forget_layers(watch);
        watch->aur = omg_layer_ref(snapshot->aur);
        watch->local = omg_layer_ref(snapshot->local);
        watch->sync = omg_layer_ref(snapshot->sync);
        return TRUE;
}

GPtrArray *omg_aur_watch_look(OmgAurWatch *watch, OmgSnapshot *snapshot, guint64 now_usec)
{
        GPtrArray *changes = NULL;

        if (watch && load(watch)) {
                if (take_layers(watch, snapshot))
                        changes = omg_maintainers_look(watch->maintainers, snapshot, now_usec);
                omg_maintainers_mark(watch->maintainers, snapshot);
        }
        return changes ? changes
                       : g_ptr_array_new_with_free_func((GDestroyNotify)omg_maintainer_change_free);
}

/* ---- cache.db ---- */

static gboolean store(OmgAurWatch *watch, GError **error)
{
        g_autoptr(GPtrArray) rows = g_ptr_array_new();
        g_autoptr(GPtrArray) removed = g_ptr_array_new();
        GHashTableIter iter;
        gpointer name;

        g_hash_table_iter_init(&iter, watch->maintainers->dirty);
        while (g_hash_table_iter_next(&iter, &name, NULL)) {
                OmgAurRow *row = g_hash_table_lookup(watch->maintainers->rows, name);
                g_ptr_array_add(row ? rows : removed, row ? (gpointer)row : name);
        }
        g_ptr_array_add(removed, NULL);
        if (!omg_cache_aur_store(watch->cache, rows, (const char *const *)removed->pdata, error))
                return FALSE;
        g_hash_table_remove_all(watch->maintainers->dirty);
        return TRUE;
}

gboolean omg_aur_watch_keep(OmgAurWatch *watch, OmgAuditLog *log, GError **error)
{
        if (!watch || !watch->maintainers || g_hash_table_size(watch->maintainers->dirty) == 0)
                return TRUE;
        return (log && !omg_audit_log_flush(log)) || store(watch, error);
}
