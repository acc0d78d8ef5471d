/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What stands between SQLite and the disk. Two of SQLite's "VFS", both around its own:
 *
 * - neither follows a symbolic link, for -wal and -journal too (the file itself is looked at by
 *   database-file.h: SQLite resolves its path before it asks);
 * - a file opened read-only is not locked: fcntl(2) gives no exclusive lock on such a descriptor,
 * and without one SQLite reads no -wal that it has no -shm for;
 * - the one with checksums keeps in the last 8 bytes of each page of the main file the XXH3 of what
 *   stands before them, seeded with the page's number. A page that does not fit is
 * SQLITE_IOERR_DATA, whatever SQLite wanted of it. (-wal has checksums of SQLite's own, looked at
 * when it is opened.) Files must have pages of OMG_VFS_PAGE_SIZE bytes, OMG_VFS_RESERVED of them
 * reserved.
 *
 * The idea is that of SQLite's extension cksumvfs; which checks only whole pages, and a Fletcher
 * sum that does not know where its page belongs. */

#include <glib.h>

#define OMG_VFS_PAGE_SIZE 4096
#define OMG_VFS_RESERVED  8

/* The name to open with, from any thread. NULL: SQLite cannot be initialised. */
const char *omg_vfs_get_name(gboolean has_checksums);
