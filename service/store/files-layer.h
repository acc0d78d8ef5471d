/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One file list index, checked and mapped read-only: reference-counted, immutable, safe to read
 * from any thread. Every accessor tolerates any bytes, as those of layer.h do. Paths are as pacman
 * keeps them: bytes, often but not always UTF-8, without '/' in front, folders with '/' at the end.
 */

#include "store/files-layer-format.h"
#include "store/postings.h"

typedef struct OmgFilesLayer OmgFilesLayer;

/* As omg_layer_open(). */
OmgFilesLayer *omg_files_layer_open(const char *path, OmgLayerKind kind, GError **error);
OmgFilesLayer *omg_files_layer_new_from_bytes(GBytes *bytes, OmgLayerKind kind, GError **error);

OmgFilesLayer *omg_files_layer_ref(OmgFilesLayer *layer);
void omg_files_layer_unref(OmgFilesLayer *layer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgFilesLayer, omg_files_layer_unref)

/* The file that it reads, for what all index files have in common; borrowed. */
const OmgSectionFile *omg_files_layer_get_file(const OmgFilesLayer *layer);

/* TRUE when the layer was made from sources with exactly this identity. */
gboolean omg_files_layer_has_stamps(const OmgFilesLayer *layer, GBytes *stamps);

/* TRUE when both hold the same, whatever their sources' identity. */
gboolean omg_files_layer_has_content_of(const OmgFilesLayer *layer, const OmgFilesLayer *other);

/* TRUE when nothing could not be read but what is not there. */
gboolean omg_files_layer_is_whole(const OmgFilesLayer *layer);

guint omg_files_layer_get_n_repositories(const OmgFilesLayer *layer);

/* Never NULL: for an index that does not exist, a record of zeros. */
const OmgRepositoryRecord *omg_files_layer_get_repository(const OmgFilesLayer *layer, guint index);

guint omg_files_layer_get_n_packages(const OmgFilesLayer *layer);
const OmgFilesPackageRecord *omg_files_layer_get_package(const OmgFilesLayer *layer, guint id);

/* Text at an offset; never NULL. */
const char *omg_files_layer_get_text(const OmgFilesLayer *layer, guint32 offset);

/* The package with exactly this name in the first repository that lists it, or in the named one (of
 * so many bytes; 0: any); OMG_NO_PACKAGE: there is none. */
guint omg_files_layer_find_package(const OmgFilesLayer *layer, const char *name,
                                   const char *repository, gsize repository_len);

/* Appends the path at @position of PATHS; FALSE when there is none: then the file is malformed. A
 * package's are those from .first on, .count many. */
gboolean omg_files_layer_append_path(const OmgFilesLayer *layer, guint position, GString *path);

/* Some of BY_BASE: all paths with one last part, or of one whole path. */
typedef struct {
        guint from, to; /* empty when nothing was found */
} OmgFilesRange;

/* All packages that hold exactly this path. */
OmgFilesRange omg_files_layer_find_path(const OmgFilesLayer *layer, const char *path, gsize len);

/* All paths whose last part is exactly this one. */
OmgFilesRange omg_files_layer_find_base(const OmgFilesLayer *layer, const char *base, gsize len);

/* The position in PATHS of one of a range; G_MAXUINT32 when there is none. */
guint omg_files_layer_get_hit(const OmgFilesLayer *layer, guint index);

/* The package that the path at @position of PATHS belongs to, or OMG_NO_PACKAGE. */
guint omg_files_layer_get_owner(const OmgFilesLayer *layer, guint position);

/* Whether the path at @position stands in no folder, not even "usr/". */
gboolean omg_files_layer_is_top(const OmgFilesLayer *layer, guint position);
