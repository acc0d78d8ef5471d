/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Where the AUR's metadata archive stands, below the cache directory: what aur.idx is made from.
 * It is kept as it was sent, so it is gzip or plain text whatever its name says. */

#include <glib.h>
#include <sys/stat.h>

/* Of the archive at the server, and here. */
#define OMG_AUR_ARCHIVE_NAME "packages-meta-ext-v1.json.gz"

/* New strings: the archive, the folder it is in, and the folder where one is until it is known to
 * be good (under the same name). */
char *omg_aur_files_dup_archive(const char *cache_dir);
char *omg_aur_files_dup_folder(const char *cache_dir);
char *omg_aur_files_dup_staging(const char *cache_dir);

/* The identity of an archive, as bytes that are equal exactly when it is the same file, unchanged:
 * mtime in ns, inode and size, little-endian. Not its path: a layer is made from one that is
 * staged, and is still true of it when both were put into their places. Whoever reads the file
 * takes those of the descriptor that is read. */
GBytes *omg_aur_files_make_stamps(const struct stat *st);

/* NULL: there is no regular file. */
GBytes *omg_aur_files_take_stamps(const char *archive);
