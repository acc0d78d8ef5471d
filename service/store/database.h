/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One SQLite file of omgd's: opened, brought to today's version, set aside when it is not fit to be
 * used, and used again by itself when what hindered it is gone. cache-db.h and audit-db.h are made
 * of it. An object belongs to one thread (the worker): nothing here locks, everything may block. */

#include <glib.h>

typedef struct OmgDatabase OmgDatabase;

typedef enum {
        OMG_DATABASE_OK,
        OMG_DATABASE_READ_ONLY, /* read-only file system or folder: reads go on */
        OMG_DATABASE_FULL,      /* no room on the disk: reads go on */
        OMG_DATABASE_FAILED,    /* cannot be opened, an I/O error, or in use by another process */
} OmgDatabaseState;

typedef struct {
        const char *name; /* of the file, in the data directory */
        guint32 application_id;
        const char *const *migrations; /* [i] makes version i + 1 of version i; NULL-ended */
        gboolean has_checksums;        /* one of each page, against flipped bits (database-vfs.h) */
        gboolean is_durable; /* fsync at each commit; else a power cut, but no kill, may undo the
                                last */
        guint n_kept;        /* damaged files kept, newest first; 0: all of them */
} OmgDatabaseFormat;

/* Opens DIR/name, or makes it (0600, and DIR 0700). Never NULL: when that does not succeed, the
 * state says why, and each later use tries again.
 *
 * What stands in the place and is no database of this format is renamed, with its -wal and
 * -journal, and made anew: damaged to NAME.TIME.corrupt, something else (another program's
 * database, a directory, a symbolic link, another user's file) to NAME.TIME.foreign, of a newer
 * omgd to NAME.TIME.newer, TIME as 20261201T101502.123456Z. Only the first kind is ever removed
 * (n_kept). Damage that shows later, in a query, is treated so at once, and the query asked again
 * of the new file.
 *
 * @format is borrowed for the object's life. */
OmgDatabase *omg_database_new(const char *dir, const OmgDatabaseFormat *format);

/* Writes what is pending into the main file and closes it. */
void omg_database_free(OmgDatabase *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgDatabase, omg_database_free)

/* How the last use went; ret_message, unless NULL: why, borrowed until the next use ("" when OK).
 * The state is mended by the first write that succeeds. */
OmgDatabaseState omg_database_get_state(const OmgDatabase *db, const char **ret_message);

/* "ok", "read-only", "full" or "failed"; static. */
const char *omg_database_state_to_string(OmgDatabaseState state);

/* What was set aside since the last call, as a sentence for the log, or NULL. New string. */
char *omg_database_steal_notice(OmgDatabase *db);

const char *omg_database_get_path(const OmgDatabase *db);

/* Bytes on the disk: the file, its log of changes and its journal. Looks at the disk. */
guint64 omg_database_get_size(const OmgDatabase *db);
