/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* File lists: which files a package has, which packages have a file. Whatever is asked here needs
 * the snapshot's lists of that source, which are there only once somebody asked loop/refresh.h for
 * them. */

#include "engine/interrupt.h"
#include "engine/search.h"

/* FALSE with the error that says why the lists of this source cannot be read: DATABASE_MISSING and
 * relatives; of the repositories only when none of them has any. */
gboolean omg_files_check(const OmgSnapshot *snapshot, OmgFilesSource source, GError **error);

/* Whose list is meant when the caller did not say: the installed package's, else a repository's;
 * with "repository/name" or "local/name" that one's. INVALID_ARGS for an empty or too long name. */
gboolean omg_files_choose_source(const OmgSnapshot *snapshot, const char *name,
                                 OmgFilesSource *ret_source, GError **error);

/* One page of the paths of a package, absolute, with RootDir in front, as valid UTF-8, in pacman's
 * order; folders end in '/'. Of several repositories the first that lists the package. *ret_paths
 * is a new array of new strings, NULL when there is no such package. Errors: those of the check;
 * for a package whose repository has no lists, why; DATABASE_CORRUPT when its list is malformed. */
gboolean omg_files_list(const OmgSnapshot *snapshot, OmgFilesSource source, const char *name,
                        guint offset, guint limit, GPtrArray **ret_paths, guint *ret_total,
                        GError **error);

/* Sets NOT_FOUND, for an answer about a package that omg_files_list() found nowhere. */
void omg_files_set_not_found(OmgFilesSource source, const char *name, GError **error);

/* Where an absolute path leads: its folder through symbolic links, as pacman -Qo does it (the last
 * part is not followed), as far as it exists. Reads the disk, which may take any time: for a thread
 * of the pool. The result is relative to @root_dir (ends in '/'), with '/' at the end for a folder;
 * NULL: outside of it. *ret_exists FALSE: whether it would be a folder cannot be known. New string.
 */
char *omg_files_resolve(const char *root_dir, const char *path, gboolean *ret_exists);

/* Adds the names (new strings, valid UTF-8; @names frees its own, for doubles go) of the packages
 * that hold this path, which is as resolved, by name and each once; @exists FALSE: as file or as
 * folder. */
void omg_files_add_owners(const OmgSnapshot *snapshot, OmgFilesSource source, const char *path,
                          gboolean exists, GPtrArray *names);

/* Search in mode "file", as pacman -F: with a '/' the packages that hold exactly this path, below
 * RootDir, else those with a file of this name. All rows (OmgRow), in order; new. The sources and
 * filters of @params hold; of the repositories' lists only packages that the sync databases know.
 * NULL with an error: those of omg_search_run() and of the check; CANCELLED. */
GArray *omg_files_search(const OmgSnapshot *snapshot, const OmgSearchParams *params,
                         const OmgInterrupt *interrupt, GError **error);
