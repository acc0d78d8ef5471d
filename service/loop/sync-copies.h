/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Keeps omgd's own copies of the sync databases (sources/sync-copy.h): makes the folder, follows
 * pacman where that has the newer database, puts fetched ones in place. pacman's files are only
 * read, and its lock is neither taken nor waited for: it replaces databases by rename. All here
 * blocks on the disk: worker thread only.
 *
 * Beside sync/ there is staging/, for what is being fetched and is not known to be good. A database
 * and its signature are two files: both are renamed to ".new-NAME.db.sig" and ".new-NAME.db" in
 * sync/, the database last, and then to their names. A crash in between is made good by the next
 * omg_sync_copies_prepare(): what has both is finished, what has not is removed. */

#include "sources/pacman-conf.h"

/* Makes what is not there, removes the copies of another DBPath and of repositories that are in
 * pacman.conf no more, and finishes or removes what a crash left. Errors: UNAVAILABLE,
 * ACCESS_DENIED, DATABASE_MISSING, with the path. */
gboolean omg_sync_copies_prepare(const OmgPacmanConf *conf, GError **error);

/* Copies pacman's database and signature where that is newer than ours, or ours is missing; their
 * times are kept. Does nothing where there is no folder of this DBPath. What cannot be copied is
 * harmless, pacman's file counts: the first reason is in the error. */
gboolean omg_sync_copies_update(const OmgPacmanConf *conf, GError **error);

/* Where a fetched file goes: staging/NAME.db, with ".sig" staging/NAME.db.sig. New string. */
char *omg_sync_copies_dup_staged(const OmgPacmanConf *conf, const char *name, const char *suffix);

/* Puts staging/NAME.db in the place of the copy, with the signature that was staged beside it, or
 * without one. @mtime_ns: when the mirror says that it changed, since 1970; it is given to the
 * file. Errors: UNAVAILABLE or DATABASE_MISSING; then the former copy is there still, or will be
 * replaced by the next omg_sync_copies_prepare(). */
gboolean omg_sync_copies_take(const OmgPacmanConf *conf, const char *name, gint64 mtime_ns,
                              GError **error);

/* Removes our copy, so that pacman's counts. */
void omg_sync_copies_drop(const OmgPacmanConf *conf, const char *name);

/* Removes all that is staged. */
void omg_sync_copies_clear_staging(const OmgPacmanConf *conf);
