/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Package names as callers give them: "name", "repository/name", or "local/name" for the installed
 * package. */

#include "engine/rows.h"

/* Points into the text it was read from. */
typedef struct {
        const char *name;
        const char *repository; /* repository_len bytes; 0: none was given */
        gsize repository_len;
} OmgName;

/* Where a package is to be looked for. */
typedef enum {
        OMG_SOURCE_ANY, /* installed, else in the repositories */
        OMG_SOURCE_LOCAL,
        OMG_SOURCE_REPO,
} OmgSource;

/* INVALID_ARGS for an empty or too long name. */
gboolean omg_name_parse(const char *text, OmgName *ret_name, GError **error);

/* Whether what is meant may be of the AUR: no repository was given, or "aur". */
gboolean omg_name_may_be_aur(const OmgName *name);

/* Whether "local" was given. */
gboolean omg_name_is_local(const OmgName *name);

/* The id in the sync layer, of the repository given or else of the first that holds the name;
 * OMG_NO_PACKAGE: in none. @repositories (NULL: not wanted): the names of all that hold it, by
 * precedence, are added; borrowed. Without a sync layer nothing is found. */
guint32 omg_name_find_sync(const OmgSnapshot *snapshot, const OmgName *name,
                           GPtrArray *repositories);

/* The id in the layer of the AUR, unless a repository other than "aur" was given; OMG_NO_PACKAGE:
 * it has no such package, or nothing is known of it. */
guint32 omg_name_find_aur(const OmgSnapshot *snapshot, const OmgName *name);

/* The id in the local layer, whatever repository was given; OMG_NO_PACKAGE: not installed. */
guint32 omg_name_find_local(const OmgSnapshot *snapshot, const OmgName *name);

/* The package meant; ret_row->id is OMG_NO_PACKAGE when there is none. A repository given decides
 * for itself where to look. Errors: INVALID_ARGS as above; DATABASE_MISSING and relatives when the
 * database to look in was never read. */
gboolean omg_lookup(const OmgSnapshot *snapshot, const char *text, OmgSource source,
                    OmgRow *ret_row, GError **error);
