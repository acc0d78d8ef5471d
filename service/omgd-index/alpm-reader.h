/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Reads pacman's databases with libalpm, without its lock and without writing anything of pacman's.
 */

#include "sources/pacman-conf.h"
#include "store/layer-builder.h"

typedef struct OmgAlpmReader OmgAlpmReader;

/* Opens libalpm on a folder of our own below @work_dir (alpm-folder.h). @with_local: link pacman's;
 * otherwise an empty one stands in. Errors: DATABASE_MISSING (what and where, and what to run),
 * DATABASE_CORRUPT, UNAVAILABLE. */
OmgAlpmReader *omg_alpm_reader_new(const OmgPacmanConf *conf, const char *work_dir,
                                   gboolean with_local, GError **error);

/* Likewise, with a local database of these folders of pacman's alone (GPtrArray of names). */
OmgAlpmReader *omg_alpm_reader_new_partial(const OmgPacmanConf *conf, const char *work_dir,
                                           const GPtrArray *folders, GError **error);

/* Closes libalpm and removes the folder. */
void omg_alpm_reader_free(OmgAlpmReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAlpmReader, omg_alpm_reader_free)

/* Takes a package, which is only borrowed, but for its repository, which it may set; FALSE ends the
 * reading with the error. */
typedef gboolean (*OmgPackageFunc)(OmgPackage *package, gpointer userdata, GError **error);

/* Hands out the packages of one repository, whose database is @path (NULL: the one
 * that counts, sources/sync-copy.h), by name. None is handed out before the whole database
 * was read without a fault. *ret_quick: it was regular, and read by sync-reader.h, not by libalpm,
 * which then only judged file and signature; never so with @only_libalpm. Errors: DATABASE_MISSING,
 * DATABASE_CORRUPT, SIGNATURE_INVALID, with the path; and @take's. */
gboolean omg_alpm_reader_read_sync(OmgAlpmReader *reader, const OmgRepository *repository,
                                   const char *path, gboolean only_libalpm, OmgPackageFunc take,
                                   gpointer userdata, gboolean *ret_quick, GError **error);

/* Has libalpm look at a repository's .files database: whether it is there and signed as SigLevel
 * demands. Returns its path, to be read without libalpm, which would hold all of it in memory.
 * Errors as above. */
char *omg_alpm_reader_check_files(OmgAlpmReader *reader, const OmgRepository *repository,
                                  GError **error);

/* Adds the installed packages to @packages (OmgPackage *), by name. pacman shows a package whose
 * desc it cannot read by its folder's name alone, and so is it here: *ret_flaw (NULL before) then
 * says so. */
gboolean omg_alpm_reader_read_local(OmgAlpmReader *reader, GPtrArray *packages, GError **ret_flaw,
                                    GError **error);
