/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The identity of the databases on disk, as bytes that are equal exactly when nothing changed.
 *
 * All numbers are little-endian; a text is its length (u32) and its bytes. Format 1:
 *
 *   sync:  "OMGSTMPS" u32 format, u32 repositories, then for each, in the order of precedence:
 *          text name, text path, u8 present, i64 size, i64 mtime in ns, u64 inode, u64 device
 *          (the four numbers 0 where there is no file), u32 SigLevel, which decides whether the
 *          file may be used
 *   local: "OMGSTMPL" u32 format, text path of local/ (ends in '/'), i64 size and i64 mtime in ns
 * of ALPM_DB_VERSION (-1 and -1: none), u32 packages, then for each directory, sorted by the bytes
 * of its name: text name, i64 size and i64 mtime in ns of its desc (-1, -1: none)
 *
 * The mtime of local/ itself is left out on purpose: pacman's own temporary files change it while
 * the packages stay the same, and `pacman -D` changes a desc without changing it. */

#include "sources/pacman-conf.h"

#define OMG_STAMPS_FORMAT 1u

typedef struct {
        const char *name; /* name and path are borrowed from the bytes, and do not end in NUL */
        gsize name_length;
        const char *path;
        gsize path_length;
        gboolean present;
        gint64 size;     /* bytes */
        gint64 mtime_ns; /* since the epoch */
        guint64 inode;
        guint64 device;
        guint siglevel; /* OmgSiglevel flags */
} OmgSyncStamp;

/* Of the files that count (sync-copy.h). Cannot fail: a database that is not there, or may not be
 * looked at, is stamped as absent. */
GBytes *omg_stamps_take_sync(const OmgPacmanConf *conf);

/* The same for the file lists: of the .files databases, and of each package's `files` in place of
 * its desc. The file lists have index files of their own, so the formats are the same. */
GBytes *omg_stamps_take_sync_files(const OmgPacmanConf *conf);
GBytes *omg_stamps_take_local_files(const OmgPacmanConf *conf, GError **error);

/* The folders of local/ that stamps of it speak of, sorted; new strings. */
GStrv omg_stamps_dup_local_names(GBytes *stamps);

/* How many repositories the sync stamps speak of; 0 also when the bytes are no sync stamps. */
guint omg_stamps_get_n_sync(GBytes *stamps);

/* The stamp of the index-th repository. FALSE when there is none or the bytes are damaged. */
gboolean omg_stamps_get_sync(GBytes *stamps, guint index, OmgSyncStamp *ret_stamp);

/* Error: DATABASE_MISSING with the path when local/ is not there or may not be read, UNAVAILABLE
 * when it holds more than OMG_LIMIT_PACKAGES entries or reading fails. */
GBytes *omg_stamps_take_local(const OmgPacmanConf *conf, GError **error);

/* Looks at the desc files that stamps of the local database speak of. *ret_flaw (NULL before) is
 * set when one is missing or empty; FALSE and DATABASE_CORRUPT when one is no regular file, which a
 * reader might wait for without end. */
gboolean omg_stamps_check_local(GBytes *stamps, const OmgPacmanConf *conf, GError **ret_flaw,
                                GError **error);

/* Compares two looks at one local/: the folders of @now, each with whether its package is to be
 * read again (a GINT_TO_POINTER): its desc has another size or mtime than in @before, was not
 * there, or was touched at @settled_ns or later, so shortly before the earlier reading that it may
 * have been written once more within the same tick of the clock. NULL when @before is no look at
 * the same local/ in the same version. */
GHashTable *omg_stamps_compare_local(GBytes *now, gconstpointer before, gsize before_size,
                                     gint64 settled_ns);

/* Whether stamps, of either kind, speak of databases of this DBPath, or of our copies of such. Sync
 * stamps of no repository do. */
gboolean omg_stamps_are_of(gconstpointer stamps, gsize size, const OmgPacmanConf *conf);

/* The error for a local/ that cannot be opened: what, why, and what to run. */
void omg_stamps_set_no_local(GError **error, const char *path, int errnum);
