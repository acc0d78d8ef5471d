/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Makes a file list index, in the helper omgd-index. Paths are taken in as they come, each distinct
 * folder and last part once: the builder's memory is about the size of the file it will write. */

#include "base/error.h"
#include "store/files-layer-format.h"

typedef struct OmgFilesLayerBuilder OmgFilesLayerBuilder;

typedef struct {
        guint paths;
        guint parts; /* distinct folders and last parts */
        guint text;  /* bytes of all texts */
} OmgFilesLimits;

/* @limits NULL: those of base/limits.h. */
OmgFilesLayerBuilder *omg_files_layer_builder_new(OmgLayerKind kind, const OmgFilesLimits *limits);
void omg_files_layer_builder_free(OmgFilesLayerBuilder *builder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgFilesLayerBuilder, omg_files_layer_builder_free)

/* Adds a repository; the packages that follow are its own. The first has index 0 and the highest
 * precedence. A local layer has one, "local". */
void omg_files_layer_builder_add_repository(OmgFilesLayerBuilder *builder, const char *name);

/* Takes the packages of the last repository out again. */
void omg_files_layer_builder_drop_packages(OmgFilesLayerBuilder *builder);

/* Says that the last repository is not what it should be, and why. */
void omg_files_layer_builder_set_error(OmgFilesLayerBuilder *builder, OmgRepositoryState state,
                                       OmgError error_code, const char *message);

/* Adds a package of the last repository; the paths that follow are its own. LIMITS_EXCEEDED when
 * the layer would be larger than the limits allow, also by a path. */
gboolean omg_files_layer_builder_begin_package(OmgFilesLayerBuilder *builder, const char *name,
                                               const char *version, GError **error);

/* Adds a path of the package begun last: without '/' in front, a folder with '/' at the end. In any
 * order. */
gboolean omg_files_layer_builder_add_path(OmgFilesLayerBuilder *builder, const char *path,
                                          gsize len, GError **error);

/* After the last path of a package. */
void omg_files_layer_builder_end_package(OmgFilesLayerBuilder *builder);

guint omg_files_layer_builder_get_n_packages(const OmgFilesLayerBuilder *builder);
guint omg_files_layer_builder_get_n_paths(const OmgFilesLayerBuilder *builder);

/* The finished file as pieces (GBytes), to be written one after the other. @stamps: the identity of
 * the sources, compared at the next look; @built_usec: when they were read. The builder is used up.
 */
GPtrArray *omg_files_layer_builder_finish(OmgFilesLayerBuilder *builder, GBytes *stamps,
                                          guint64 built_usec, GError **error);
