/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Index files that were checked since the machine started and have not been touched since, so that
 * their checksums need not be read again: of the AUR's 60 MB that is most of a start. What tears a
 * file is a power cut, after which the boot is another; whoever writes to it changes its ctime. */

#include <glib.h>
#include <sys/stat.h>

typedef struct OmgCheckedFiles OmgCheckedFiles;

/* The list at @path, which is empty when there is none, or it is of another boot (@boot_id; NULL:
 * the kernel's) or makes no sense. What a killed omgd left half written is removed. */
OmgCheckedFiles *omg_checked_files_load(const char *path, const char *boot_id);
void omg_checked_files_free(OmgCheckedFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgCheckedFiles, omg_checked_files_free)

/* Whether it is one of them, by device, inode, size, mtime and ctime. NULL has none. */
gboolean omg_checked_files_has(const OmgCheckedFiles *files, const struct stat *st);

/* The file at @path, of which @checked was all right when it was opened: as it stands now, if only
 * its ctime is another (it was renamed). Not one that was touched in the last
 * OMG_CHECKED_SETTLE_MSEC: a change in the same tick of the clock would not show. */
void omg_checked_files_add(OmgCheckedFiles *files, const char *path, const struct stat *checked);

#define OMG_CHECKED_SETTLE_MSEC 100u

/* Writes the list if it is another; of the newest OMG_LIMIT_CHECKED_FILES. UNAVAILABLE. */
gboolean omg_checked_files_save(OmgCheckedFiles *files, GError **error);
