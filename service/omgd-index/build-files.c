/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/build-files.h"

#include <string.h>

#include "omgd-index/files-reader.h"
#include "sources/stamps.h"
#include "store/files-layer.h"

/* The index in the layer before of a repository that it has packages of; -1: none. */
static int find_carried(const OmgFilesLayer *previous, const char *name)
{
        guint n = previous ? omg_files_layer_get_n_repositories(previous) : 0;

        for (guint i = 0; i < n; i++) {
                const OmgRepositoryRecord *record = omg_files_layer_get_repository(previous, i);
                if (record->state != OMG_REPOSITORY_ABSENT &&
                    strcmp(omg_files_layer_get_text(previous, record->name), name) == 0)
                        return (int)i;
        }
        return -1;
}

static gboolean carry_package(const OmgFilesLayer *previous, const OmgFilesPackageRecord *package,
                              OmgFilesLayerBuilder *builder)
{
        g_autoptr(GString) path = g_string_new(NULL);

        if (!omg_files_layer_builder_begin_package(
                    builder, omg_files_layer_get_text(previous, package->name),
                    omg_files_layer_get_text(previous, package->version), NULL))
                return FALSE;
        for (guint i = 0; i < package->count; i++) {
                g_string_truncate(path, 0);
                if (!omg_files_layer_append_path(previous, package->first + i, path) ||
                    !omg_files_layer_builder_add_path(builder, path->str, path->len, NULL))
                        return FALSE;
        }
        omg_files_layer_builder_end_package(builder);
        return TRUE;
}

static gboolean carry_packages(const OmgFilesLayer *previous, const char *name,
                               OmgFilesLayerBuilder *builder)
{
        int repository = find_carried(previous, name);

        if (repository < 0)
                return FALSE;
        for (guint id = 0; id < omg_files_layer_get_n_packages(previous); id++) {
                const OmgFilesPackageRecord *package = omg_files_layer_get_package(previous, id);
                if (package->repository == (guint)repository &&
                    !carry_package(previous, package, builder))
                        return FALSE;
        }
        return TRUE;
}

static void add_repository(OmgFilesLayerBuilder *builder, OmgAlpmReader *reader,
                           const OmgFilesLayer *previous, const OmgRepository *repository,
                           OmgTaskResult *result)
{
        g_autoptr(GError) fault = NULL;
        g_autoptr(GError) flaw = NULL;
        g_autofree char *path = omg_alpm_reader_check_files(reader, repository, &fault);

        result->repositories++;
        omg_files_layer_builder_add_repository(builder, repository->name);
        if (path && omg_files_reader_read_database(path, builder, &flaw, &fault)) {
                if (flaw)
                        omg_files_layer_builder_set_error(builder, OMG_REPOSITORY_INCOMPLETE,
                                                          omg_error_get_code(flaw), flaw->message);
                return;
        }
        omg_files_layer_builder_drop_packages(builder);
        gboolean carried = carry_packages(previous, repository->name, builder);
        if (carried) {
                result->carried++;
                result->built_usec =
                        MIN(result->built_usec, omg_files_layer_get_file(previous)->built_usec);
        } else {
                omg_files_layer_builder_drop_packages(builder);
                result->absent++;
        }
        omg_files_layer_builder_set_error(builder,
                                          carried ? OMG_REPOSITORY_CARRIED : OMG_REPOSITORY_ABSENT,
                                          omg_error_get_code(fault), fault->message);
}

/* The layer before, if it is of the same DBPath. */
static OmgFilesLayer *open_previous(const OmgTask *task, const OmgPacmanConf *conf)
{
        g_autoptr(OmgFilesLayer) layer =
                task->previous ? omg_files_layer_open(task->previous, task->kind, NULL) : NULL;

        if (!layer)
                return NULL;
        const OmgSectionFile *file = omg_files_layer_get_file(layer);
        const OmgSectionEntry *stamps = &file->sections[OMG_FILES_SECTION_STAMPS];
        return omg_stamps_are_of(file->data + stamps->offset, stamps->size, conf)
                       ? g_steal_pointer(&layer)
                       : NULL;
}

static gboolean read_sync(const OmgTask *task, const OmgPacmanConf *conf,
                          OmgFilesLayerBuilder *builder, OmgTaskResult *result, GError **error)
{
        g_autofree char *work_dir = g_path_get_dirname(task->output);
        g_autoptr(OmgAlpmReader) reader = omg_alpm_reader_new(conf, work_dir, FALSE, error);
        g_autoptr(OmgFilesLayer) previous = NULL;

        if (!reader)
                return FALSE;
        previous = open_previous(task, conf);
        for (guint i = 0; i < conf->repositories->len; i++)
                add_repository(builder, reader, previous, g_ptr_array_index(conf->repositories, i),
                               result);
        return TRUE;
}

static gboolean read_local(const OmgPacmanConf *conf, GBytes *stamps, OmgFilesLayerBuilder *builder,
                           OmgTaskResult *result, GError **error)
{
        g_autoptr(GError) flaw = NULL;

        result->repositories = 1;
        omg_files_layer_builder_add_repository(builder, "local");
        if (!omg_files_reader_read_local(conf, stamps, builder, &flaw, error))
                return FALSE;
        if (flaw)
                omg_files_layer_builder_set_error(builder, OMG_REPOSITORY_INCOMPLETE,
                                                  omg_error_get_code(flaw), flaw->message);
        return TRUE;
}

GPtrArray *omg_build_files(const OmgTask *task, const OmgPacmanConf *conf, GBytes *stamps,
                           OmgTaskResult *result, GError **error)
{
        g_autoptr(OmgFilesLayerBuilder) builder = omg_files_layer_builder_new(task->kind, NULL);

        if (task->kind == OMG_LAYER_SYNC_FILES ? !read_sync(task, conf, builder, result, error)
                                               : !read_local(conf, stamps, builder, result, error))
                return NULL;
        result->packages = omg_files_layer_builder_get_n_packages(builder);
        result->paths = omg_files_layer_builder_get_n_paths(builder);
        return omg_files_layer_builder_finish(builder, stamps, result->built_usec, error);
}
