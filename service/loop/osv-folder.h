/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The records of OSV that are at hand, <cache>/advisories/osv/ID.json, and what is remembered of
 * each: beside the folder in osv-notes, a line each, which is lost with them. A record without a
 * note, or with one of another size, counts as one of which nothing is known. Worker thread. */

#include <glib.h>

typedef struct {
        char *id;
        guint64 size;          /* bytes */
        guint64 modified_usec; /* what the record says; 0: not known */
        guint64 named_usec;    /* when an answer of OSV last named it, since 1970 */
        guint64 checked_usec;  /* when OSV last said that it is as it is */
} OmgOsvNote;

typedef struct OmgOsvFolder OmgOsvFolder;

/* @cache_dir: omgd's. Makes nothing. */
OmgOsvFolder *omg_osv_folder_open(const char *cache_dir, guint64 now_usec);
void omg_osv_folder_free(OmgOsvFolder *folder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgOsvFolder, omg_osv_folder_free)

/* NULL: not at hand. Borrowed, until it is removed. */
OmgOsvNote *omg_osv_folder_get(OmgOsvFolder *folder, const char *id);

/* Takes a record over from @path; it is then known to be so now. Where there are
 * OMG_LIMIT_OSV_KEPT, or _KEPT_BYTES, those go that were named before @named_since_usec, the one
 * named longest ago first; *ret_n_gone: how many went. Errors: LIMITS_EXCEEDED: there is none such;
 * UNAVAILABLE. */
gboolean omg_osv_folder_put(OmgOsvFolder *folder, const char *path, const char *id,
                            guint64 modified_usec, guint64 now_usec, guint64 named_since_usec,
                            guint *ret_n_gone, GError **error);

/* FALSE: there was none. What cannot be removed stays, and is known to stay. */
gboolean omg_osv_folder_remove(OmgOsvFolder *folder, const char *id);

/* Ids of those not named since, and last checked before @checked_before_usec, those checked longest
 * ago first, @most at most. */
GPtrArray *omg_osv_folder_list_unnamed(OmgOsvFolder *folder, guint64 named_since_usec,
                                       guint64 checked_before_usec, guint most);

/* Removes those not named since; how many. */
guint omg_osv_folder_expire(OmgOsvFolder *folder, guint64 named_since_usec);

guint omg_osv_folder_get_n(const OmgOsvFolder *folder);

/* That there is a folder says that OSV was asked, though it named nothing; the first put makes it,
 * too. Errors: omg_file_make_private_dir()'s. */
gboolean omg_osv_folder_make(OmgOsvFolder *folder, GError **error);

/* Writes the notes. Error: UNAVAILABLE. */
gboolean omg_osv_folder_save(OmgOsvFolder *folder, GError **error);
