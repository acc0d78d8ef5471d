/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Between the parts of runtimes: one for each manager, and what they share. */

#include "sources/runtimes.h"

typedef struct {
        const OmgRuntimePaths *paths;
        OmgRuntimes *found;
        guint n_manifests; /* of rustup, read so far */
} OmgRuntimesLook;

/* A change there matters. */
void omg_runtimes_watch(OmgRuntimesLook *look, const char *path);

/* The names in a directory that begin with no dot and are UTF-8, by their bytes; of a directory
 * that is not there none, of one that cannot be read none, which is told. The directory is watched.
 * New; never NULL. */
GPtrArray *omg_runtimes_list(OmgRuntimesLook *look, OmgRuntimeSource source, const char *dir);

/* A whole file, which is watched; NULL: it is not there, or it cannot be read, which is told. */
GBytes *omg_runtimes_read(OmgRuntimesLook *look, OmgRuntimeSource source, const char *path,
                          gsize max);

/* Takes it over. */
void omg_runtimes_add(OmgRuntimesLook *look, OmgRuntime *runtime);

/* A version in a directory of its own, whose programs are in bin/ or beside. Its name is the
 * version, without a leading v. Returned borrowed; NULL: too many. */
OmgRuntime *omg_runtimes_add_folder(OmgRuntimesLook *look, OmgRuntimeSource source,
                                    const char *name, const char *dir, const char *version);

gboolean omg_runtimes_is_dir(const char *path);

/* Where a symlink leads when that is another name in its own directory, as written; else NULL. New.
 */
char *omg_runtimes_dup_alias(const char *path);

void omg_runtimes_look_mise(OmgRuntimesLook *look);
void omg_runtimes_look_rustup(OmgRuntimesLook *look);
void omg_runtimes_look_path(OmgRuntimesLook *look);
