/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Where what was fetched of the security feeds stands, below the cache directory: what the index of
 * advisories is made from. */

#include <glib.h>

/* New strings: the tracker's list, the folder of its groups one by one ("AVG-N.json"), and the
 * folder of OSV's records ("ID.json"). */
char *omg_advisory_files_dup_tracker(const char *cache_dir);
char *omg_advisory_files_dup_groups(const char *cache_dir);
char *omg_advisory_files_dup_osv(const char *cache_dir);

/* What is known of each record; there as soon as OSV has once been asked with success. New. */
char *omg_advisory_files_dup_osv_notes(const char *cache_dir);

/* Where they are until they are known to be good. */
char *omg_advisory_files_dup_staging(const char *cache_dir);

/* Their identity, as bytes that are equal exactly when nothing came, went or was replaced in them:
 * for each of the three mtime in ns, inode and size, little-endian, or -1, -1, -1 where there is
 * none. Files there are replaced by rename, which sets the folder's mtime. NULL: there is neither a
 * list nor a record, so nothing was ever fetched. */
GBytes *omg_advisory_files_take_stamps(const char *cache_dir);
