/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The `files` text of a package, as the local database and the .files databases have it, read in
 * pieces of any size, so that a list of a million paths needs no memory of its own:
 *
 *   %FILES%
 *   usr/
 *   usr/bin/
 *   usr/bin/true
 *
 *   %BACKUP%
 *   ...
 *
 * A block ends at an empty line or at the end; what is not in %FILES% is passed over, as by
 * libalpm. */

#include <glib.h>

/* One path, without '/' in front; a folder ends in '/'. Not NUL-terminated, of 1 to OMG_LIMIT_PATH
 * bytes, without NUL, otherwise any bytes. FALSE ends the reading with the error. */
typedef gboolean (*OmgFilesListFunc)(const char *path, gsize len, gpointer userdata,
                                     GError **error);

typedef struct {
        OmgFilesListFunc take;
        gpointer userdata;
        GString *line;     /* the beginning of a line whose end is not here yet */
        gboolean in_files; /* inside the %FILES% block */
        gboolean in_other; /* inside another one */
        gboolean failed;
} OmgFilesList;

void omg_files_list_init(OmgFilesList *list, OmgFilesListFunc take, gpointer userdata);
void omg_files_list_clear(OmgFilesList *list);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OmgFilesList, omg_files_list_clear)

/* Reads on. DATABASE_CORRUPT for a line of more than OMG_LIMIT_PATH bytes, a NUL, a path that
 * begins with '/', and text outside any block; the message does not say in which file. Nothing can
 * be read after it. */
gboolean omg_files_list_feed(OmgFilesList *list, const char *text, gsize len, GError **error);

/* The end of the text. A last line without its newline is taken, as pacman takes it, and is
 * DATABASE_CORRUPT all the same: the text was cut there. */
gboolean omg_files_list_finish(OmgFilesList *list, GError **error);

/* Splits a folder's name "name-version-release" as libalpm does; *ret_name_len is the length of the
 * name, the version begins one byte behind. FALSE when it is no such name. */
gboolean omg_files_list_split_folder(const char *folder, gsize len, gsize *ret_name_len);
