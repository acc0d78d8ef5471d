/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A database's file before SQLite sees it: what stands in its place, and setting that aside. */

#include <glib.h>

#include "store/database.h"

typedef enum {
        OMG_DATABASE_FILE_FIT,     /* SQLite may look at it */
        OMG_DATABASE_FILE_ABSENT,  /* nothing, or nothing in it: to be made */
        OMG_DATABASE_FILE_CORRUPT, /* to be set aside, as the following two */
        OMG_DATABASE_FILE_FOREIGN,
        OMG_DATABASE_FILE_NEWER,
} OmgDatabaseFileKind;

/* ret_why: for what is to be set aside, the reason, static. A file of ours that others may read is
 * made private. Only the kind of file, its owner and its first bytes are looked at. Must not be
 * called while SQLite has the file open: closing any descriptor of it would end its locks
 * (fcntl(2)). Error: UNAVAILABLE or DATABASE_MISSING, from lstat or open. */
gboolean omg_database_file_look(const char *path, const OmgDatabaseFormat *format,
                                OmgDatabaseFileKind *ret_kind, const char **ret_why,
                                GError **error);

/* Renames what is at path to path.TIME.KIND, and -wal, -journal and -shm likewise, so that they
 * still belong together. Removes the oldest corrupt ones beyond format->n_kept. New string in
 * ret_name: the new name without folder. */
gboolean omg_database_file_set_aside(const char *path, const OmgDatabaseFormat *format,
                                     OmgDatabaseFileKind kind, char **ret_name, GError **error);

/* Whether there is anything in the -wal. */
gboolean omg_database_file_has_wal(const char *path);
