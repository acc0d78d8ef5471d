/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/snapshot.h"

#include <fnmatch.h>
#include <string.h>

#include "store/join.h"

/* What went wrong with single repositories, or with installed packages, stands in the layer. */
static void add_layer_errors(OmgSnapshot *snapshot, const OmgLayer *layer, const char *prefix)
{
        guint n = layer ? omg_layer_get_n_repositories(layer) : 0;

        for (guint i = 0; i < n; i++) {
                const OmgRepositoryRecord *record = omg_layer_get_repository(layer, i);
                if (record->state == OMG_REPOSITORY_OK)
                        continue;
                g_autofree char *source =
                        g_strconcat(prefix, omg_layer_get_text(layer, record->name), NULL);
                g_ptr_array_add(
                        snapshot->errors,
                        omg_source_error_new_record(source, record->error,
                                                    omg_layer_get_text(layer, record->message)));
                if (record->state == OMG_REPOSITORY_CARRIED)
                        snapshot->stale = TRUE;
                else
                        snapshot->complete = FALSE;
        }
}

static void add_errors(OmgSnapshot *snapshot, const GPtrArray *errors)
{
        for (guint i = 0; errors && i < errors->len; i++) {
                g_ptr_array_add(snapshot->errors,
                                omg_source_error_copy(g_ptr_array_index(errors, i)));
                snapshot->stale = TRUE;
        }
}

OmgSnapshot *omg_snapshot_new(OmgSnapshotParts *parts, guint64 generation)
{
        OmgSnapshot *snapshot = g_new0(OmgSnapshot, 1);

        g_atomic_ref_count_init(&snapshot->ref_count);
        snapshot->generation = generation;
        snapshot->as_of_usec = parts->as_of_usec;
        snapshot->conf = g_steal_pointer(&parts->conf);
        /* Without a configuration nobody knows what the layers' packages mean. */
        if (snapshot->conf) {
                snapshot->sync = parts->sync ? omg_layer_ref(parts->sync) : NULL;
                snapshot->local = parts->local ? omg_layer_ref(parts->local) : NULL;
                snapshot->aur = parts->aur ? omg_layer_ref(parts->aur) : NULL;
        }
        omg_aur_feed_init(&snapshot->aur_feed, &parts->aur_feed);
        snapshot->complete = snapshot->sync && snapshot->local;
        snapshot->errors = g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free);
        snapshot->updates = g_array_new(FALSE, FALSE, sizeof(OmgUpdate));
        snapshot->replaced = g_array_new(FALSE, FALSE, sizeof(guint32));
        add_errors(snapshot, parts->errors);
        add_layer_errors(snapshot, snapshot->sync, "sync/");
        add_layer_errors(snapshot, snapshot->local, "");
        add_errors(snapshot, parts->mirror_errors);
        snapshot->n_mirror_errors = parts->mirror_errors ? parts->mirror_errors->len : 0;
        for (guint i = 0; i < OMG_FILES_N; i++)
                omg_snapshot_files_init(&snapshot->files[i], i,
                                        snapshot->conf ? &parts->files[i]
                                                       : &(OmgSnapshotFilesParts){});
        omg_join(snapshot);
        return snapshot;
}

OmgSnapshot *omg_snapshot_ref(OmgSnapshot *snapshot)
{
        g_atomic_ref_count_inc(&snapshot->ref_count);
        return snapshot;
}

void omg_snapshot_unref(OmgSnapshot *snapshot)
{
        if (!snapshot || !g_atomic_ref_count_dec(&snapshot->ref_count))
                return;
        if (snapshot->security)
                snapshot->free_security(snapshot->security);
        omg_pacman_conf_unref(snapshot->conf);
        omg_layer_unref(snapshot->sync);
        omg_layer_unref(snapshot->local);
        omg_layer_unref(snapshot->aur);
        omg_aur_feed_clear(&snapshot->aur_feed);
        g_ptr_array_unref(snapshot->errors);
        for (guint i = 0; i < OMG_FILES_N; i++)
                omg_snapshot_files_clear(&snapshot->files[i]);
        g_free(snapshot->installed);
        g_free(snapshot->searchable);
        g_free(snapshot->foreign);
        g_free(snapshot->only_local);
        g_free(snapshot->aur_installed);
        g_clear_pointer(&snapshot->maintainer_marks, g_hash_table_unref);
        g_free(snapshot->foreign_runs);
        g_free(snapshot->sync_installed);
        g_clear_pointer(&snapshot->by_name, g_array_unref);
        g_free(snapshot->ignored);
        g_array_unref(snapshot->updates);
        g_array_unref(snapshot->replaced);
        g_free(snapshot);
}

gboolean omg_snapshot_is_damaged(const OmgSnapshot *snapshot)
{
        for (guint i = 0; i < OMG_FILES_N; i++)
                if (omg_snapshot_files_is_damaged(&snapshot->files[i]))
                        return TRUE;
        return (snapshot->sync && omg_layer_is_damaged(snapshot->sync)) ||
               (snapshot->aur && omg_layer_is_damaged(snapshot->aur)) ||
               (snapshot->local && omg_layer_is_damaged(snapshot->local));
}

gboolean omg_snapshot_is_ignored(const OmgSnapshot *snapshot, guint32 sync_id)
{
        return sync_id < omg_layer_get_n_packages(snapshot->sync) &&
               omg_bits_has(snapshot->ignored, sync_id);
}

gboolean omg_snapshot_is_name_ignored(const OmgSnapshot *snapshot, const char *name)
{
        char **patterns = snapshot->conf ? snapshot->conf->ignore_packages : NULL;

        /* As alpm, with flags 0. */
        for (; patterns && *patterns; patterns++)
                if (fnmatch(*patterns, name, 0) == 0)
                        return TRUE;
        return FALSE;
}

const OmgLayer *omg_snapshot_get_update_layer(const OmgSnapshot *snapshot, const OmgUpdate *update)
{
        return update->flags & OMG_UPD_AUR ? snapshot->aur : snapshot->sync;
}

const OmgMaintainerMark *omg_snapshot_get_maintainer_mark(const OmgSnapshot *snapshot,
                                                          guint32 local_id)
{
        return snapshot->maintainer_marks
                       ? g_hash_table_lookup(snapshot->maintainer_marks, GUINT_TO_POINTER(local_id))
                       : NULL;
}

void omg_snapshot_set_missing(const OmgSnapshot *snapshot, const char *source, GError **error)
{
        const OmgSourceError *about = NULL;

        for (guint i = 0; i < snapshot->errors->len && !about; i++) {
                const OmgSourceError *e = g_ptr_array_index(snapshot->errors, i);
                if (strcmp(e->source, source) == 0 || strcmp(e->source, "pacman.conf") == 0)
                        about = e;
        }
        if (about)
                g_set_error_literal(error, OMG_ERROR, about->code, about->message);
        else
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "the %s databases were not read yet", source);
}
