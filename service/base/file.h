/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Files read with a bound and written whole or not at all. */

#include <glib.h>
#include <sys/types.h>

/* Reads a whole regular file of at most max bytes. Follows symlinks; anything but a regular file is
 * refused without blocking on it. Errors: DATABASE_MISSING when it is not there or may not be read,
 * UNAVAILABLE otherwise; the message names the path, and the limit when that is exceeded. */
gboolean omg_file_read(const char *path, gsize max, GBytes **ret_bytes, GError **error);

/* Makes a directory and its parents, each new one 0700. When path is there already it must be a
 * directory, no symlink, of the effective user; what others may do there is taken away. Errors:
 * ACCESS_DENIED (symlink, foreign owner), UNAVAILABLE otherwise, with the path. */
gboolean omg_file_make_private_dir(const char *path, GError **error);

/* A file being written beside its final place. Mode 0600, opened for reading and writing. */
typedef struct OmgFileWriter OmgFileWriter;

/* Creates the temporary file ".<name>.XXXXXXXX" (O_EXCL, O_NOFOLLOW, O_CLOEXEC) in the folder of
 * path. Error: UNAVAILABLE or DATABASE_MISSING, with the path. */
OmgFileWriter *omg_file_writer_new(const char *path, GError **error);

/* The descriptor to write to; the writer's own. */
int omg_file_writer_get_fd(const OmgFileWriter *writer);

/* Writes all of data at the descriptor's offset. */
gboolean omg_file_writer_write(OmgFileWriter *writer, const void *data, gsize length,
                               GError **error);

/* fsync, rename over path, fsync of the folder. After it the writer can only be freed. On failure
 * nothing is left but what stood there before (a failed fsync of the folder is reported too, when
 * the new file already stands). */
gboolean omg_file_writer_commit(OmgFileWriter *writer, GError **error);

/* Only the rename, for what can be made again and shows when it is torn: a power cut may leave
 * anything at path. */
gboolean omg_file_writer_rename(OmgFileWriter *writer, GError **error);

/* Removes the temporary file unless it was committed. */
void omg_file_writer_free(OmgFileWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgFileWriter, omg_file_writer_free)

/* The three steps for content that is at hand. */
gboolean omg_file_write(const char *path, const void *data, gsize length, GError **error);

/* Removes what a writer to @path left that was killed: files of our own, ".<name>.XXXXXXXX" in its
 * folder. For who is the only one to write there. */
void omg_file_remove_unfinished(const char *path);
