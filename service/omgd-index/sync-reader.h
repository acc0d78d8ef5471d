/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Reads a sync database that is plainly what repo-add makes, without libalpm: in half of its time,
 * and into packages that need no copy of their texts. libarchive unpacks the file, as it does for
 * libalpm; tar-header.h reads the archive in it, sync-desc.h each desc. */

#include "store/package.h"

/* The packages of a database. */
typedef struct OmgSyncPackages OmgSyncPackages;

/* Reads the database file @path, which libalpm found valid. NULL, without a word, when anything in
 * it is not regular: then libalpm has to read it, and to say what is wrong. @with_md5: whether this
 * libalpm knows %MD5SUM%. */
OmgSyncPackages *omg_sync_packages_read(const char *path, gboolean with_md5);
void omg_sync_packages_free(OmgSyncPackages *packages);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgSyncPackages, omg_sync_packages_free)

guint omg_sync_packages_get_n(const OmgSyncPackages *packages);

/* The index-th by the bytes of its name, which is libalpm's order; borrowed, and so is all in it:
 * never give it to omg_package_free. Its repository is the caller's to set. */
OmgPackage *omg_sync_packages_get(const OmgSyncPackages *packages, guint index);
