/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Makes an index layer out of packages, in the helper omgd-index. Packages are encoded as they
 * come: the builder's memory is about the size of the file it will write, or, with details put
 * aside, of two thirds of it. */

#include "base/error.h"
#include "store/layer-format.h"
#include "store/package.h"

typedef struct OmgLayerBuilder OmgLayerBuilder;

OmgLayerBuilder *omg_layer_builder_new(OmgLayerKind kind);
void omg_layer_builder_free(OmgLayerBuilder *builder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgLayerBuilder, omg_layer_builder_free)

/* Has the details of packages, the largest section and one that nobody looks at before the end, put
 * aside into @fd: an empty file, open for reading and writing, that stays the caller's and open
 * until the end. Before the first package. */
void omg_layer_builder_spool_details(OmgLayerBuilder *builder, int fd);

/* Adds a repository; the first has index 0 and the highest precedence. A local layer has one,
 * "local". */
void omg_layer_builder_add_repository(OmgLayerBuilder *builder, const char *name);

/* Says that a repository is not what it should be, and why. */
void omg_layer_builder_set_repository_error(OmgLayerBuilder *builder, guint repository,
                                            OmgRepositoryState state, OmgError error_code,
                                            const char *message);

/* Adds a package; package->repository is the index of a repository added before. LIMITS_EXCEEDED
 * when the layer would be larger than base/limits.h allows, UNAVAILABLE when details cannot be put
 * aside. */
gboolean omg_layer_builder_add_package(OmgLayerBuilder *builder, const OmgPackage *package,
                                       GError **error);

/* Writes the file into @fd, an empty file, as it comes to be. @stamps: the identity of the sources,
 * compared at the next start; @built_usec: when they were read. The builder is used up. Errors of
 * omg_section_writer_finish(). */
gboolean omg_layer_builder_write(OmgLayerBuilder *builder, GBytes *stamps, guint64 built_usec,
                                 int fd, GError **error);

/* The same in memory. */
GBytes *omg_layer_builder_finish(OmgLayerBuilder *builder, GBytes *stamps, guint64 built_usec,
                                 GError **error);
