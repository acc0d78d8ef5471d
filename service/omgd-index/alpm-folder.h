/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The folder that libalpm opens as its DBPath: of our own, with links to the databases that it is
 * to read. For libalpm makes a local database where it finds none, and that must never be pacman's.
 */

#include "sources/pacman-conf.h"

typedef struct {
        const OmgPacmanConf *conf;
        char *path;                /* ends in '/'; NULL: none was made */
        GPtrArray *sync_files;     /* names of our links in sync/ */
        const GPtrArray *packages; /* folders of local/, to link these alone; NULL: all, or none */
} OmgAlpmFolder;

/* Makes it below @work_dir. @with_local: with pacman's local database, or of that @packages;
 * otherwise with an empty one. @conf and @packages are borrowed. Errors: DATABASE_MISSING (what and
 * where, and what to run), DATABASE_CORRUPT, UNAVAILABLE; to be cleared also then. */
gboolean omg_alpm_folder_init(OmgAlpmFolder *folder, const OmgPacmanConf *conf,
                              const char *work_dir, gboolean with_local, const GPtrArray *packages,
                              GError **error);

/* Has sync/FILE lead to @path, and sync/FILE.sig to the signature beside it, there or not. */
gboolean omg_alpm_folder_add_sync(OmgAlpmFolder *folder, const char *path, const char *file,
                                  GError **error);

/* Removes it. What is all 0 may be cleared too. */
void omg_alpm_folder_clear(OmgAlpmFolder *folder);
