/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Reads file lists into an index of their own: the installed packages' `files`, and the
 * repositories' .files databases, of which libalpm only checks the signature. Both are streamed. */

#include "omgd-index/alpm-reader.h"
#include "store/files-layer-builder.h"

/* Reads all packages of a .files database into the builder's last repository. A list that is none
 * leaves its package with what stands before the fault; *ret_flaw (NULL before) then says so of the
 * first. DATABASE_CORRUPT, LIMITS_EXCEEDED, with the path; what was read up to the fault stays in
 * the builder. */
gboolean omg_files_reader_read_database(const char *path, OmgFilesLayerBuilder *builder,
                                        GError **ret_flaw, GError **error);

/* Reads the lists of the installed packages that the stamps speak of. What is
 * said above of lists that are none holds for those that cannot be read too. LIMITS_EXCEEDED when
 * all together are too large. */
gboolean omg_files_reader_read_local(const OmgPacmanConf *conf, GBytes *stamps,
                                     OmgFilesLayerBuilder *builder, GError **ret_flaw,
                                     GError **error);
