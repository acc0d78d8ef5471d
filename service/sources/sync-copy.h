/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Which file holds the sync database of a repository: pacman's below DBPath, or omgd's own copy, in
 * a folder of the cache that looks like a DBPath:
 *
 *   <cache>/pacman/local  a link to DBPath/local, which also says whose copies these are
 *   <cache>/pacman/sync/  NAME.db and NAME.db.sig, as pacman's or fetched from a mirror
 *
 * The newer of both counts, by mtime: pacman sets it to the mirror's Last-Modified, and so do we
 * (loop/sync-copies.h, which changes the folder; this only looks). At a draw it is pacman's, so a
 * copy that was never replaced changes nothing. File lists are pacman's alone. */

#include "sources/pacman-conf.h"

/* Where the copies of @cache_dir are looked for; before anybody else has @conf. */
void omg_sync_copy_set_cache_dir(OmgPacmanConf *conf, const char *cache_dir);

typedef enum {
        OMG_SYNC_COPY_NONE,    /* there is no such folder */
        OMG_SYNC_COPY_OURS,    /* its copies are of this DBPath */
        OMG_SYNC_COPY_FOREIGN, /* of another */
} OmgSyncCopyState;

OmgSyncCopyState omg_sync_copy_get_state(const OmgPacmanConf *conf);

/* pacman's file ("sync/NAME.db" below DBPath), and ours, whether there or not; NULL without a place
 * for copies. New strings. */
char *omg_sync_copy_dup_pacman(const OmgPacmanConf *conf, const char *name);
char *omg_sync_copy_dup_own(const OmgPacmanConf *conf, const char *name);

/* The one that counts. New string. */
char *omg_sync_copy_dup_path(const OmgPacmanConf *conf, const char *name);

/* Whether that is ours. */
gboolean omg_sync_copy_is_own(const OmgPacmanConf *conf, const char *name);
