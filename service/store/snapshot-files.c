/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/snapshot-files.h"

const char *omg_files_source_get_name(OmgFilesSource source)
{
        return source == OMG_FILES_REPO ? "sync-files" : "local-files";
}

/* What went wrong with single repositories, or with installed packages, stands in the layer. */
static void add_layer_errors(OmgSnapshotFiles *files, OmgFilesSource source)
{
        const OmgFilesLayer *layer = files->layer;

        for (guint i = 0; i < omg_files_layer_get_n_repositories(layer); i++) {
                const OmgRepositoryRecord *record = omg_files_layer_get_repository(layer, i);
                const char *name = omg_files_layer_get_text(layer, record->name);
                g_autofree char *full = source == OMG_FILES_REPO
                                                ? g_strconcat("sync-files/", name, NULL)
                                                : g_strdup("local-files");
                if (record->state == OMG_REPOSITORY_OK)
                        continue;
                g_ptr_array_add(files->errors,
                                omg_source_error_new_record(
                                        full, record->error,
                                        omg_files_layer_get_text(layer, record->message)));
                if (record->state == OMG_REPOSITORY_CARRIED)
                        files->stale = TRUE;
                else
                        files->complete = FALSE;
        }
}

void omg_snapshot_files_init(OmgSnapshotFiles *files, OmgFilesSource source,
                             const OmgSnapshotFilesParts *parts)
{
        guint n = parts->errors ? parts->errors->len : 0;

        *files = (OmgSnapshotFiles){
                .layer = parts->layer ? omg_files_layer_ref(parts->layer) : NULL,
                .complete = parts->layer != NULL,
                .stale = parts->outdated || n > 0,
                .errors = g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free),
        };
        for (guint i = 0; i < n; i++)
                g_ptr_array_add(files->errors,
                                omg_source_error_copy(g_ptr_array_index(parts->errors, i)));
        if (files->layer)
                add_layer_errors(files, source);
}

void omg_snapshot_files_clear(OmgSnapshotFiles *files)
{
        g_clear_pointer(&files->layer, omg_files_layer_unref);
        g_clear_pointer(&files->errors, g_ptr_array_unref);
}

gboolean omg_snapshot_files_is_damaged(const OmgSnapshotFiles *files)
{
        return files->layer && omg_section_file_is_damaged(omg_files_layer_get_file(files->layer));
}

void omg_snapshot_files_trim(const OmgSnapshotFiles *files)
{
        if (files->layer)
                omg_section_file_trim(omg_files_layer_get_file(files->layer));
}
