/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* All that is known of one package: what pacman -Si and pacman -Qi show, side by side. */

#include "store/snapshot.h"

typedef struct {
        OmgPackage *sync;        /* NULL: in no repository (or not in the one asked for) */
        OmgPackage *local;       /* NULL: not installed */
        const char *repository;  /* of sync; borrowed from the snapshot; "local" when sync is NULL,
                                    "aur" when the AUR has it */
        GPtrArray *repositories; /* names of all that hold it, by precedence; borrowed texts */
        guint32 flags;           /* OmgPkgFlags */
} OmgDetails;

/* Looks up "name" or "repository/name" ("local/name": the installed one only). Sets *ret_details to
 * NULL when there is no such package. Errors: INVALID_ARGS for an empty or too long name;
 * DATABASE_CORRUPT when the index is damaged; DATABASE_MISSING and relatives when nothing was ever
 * read. */
gboolean omg_details_get(const OmgSnapshot *snapshot, const char *name, OmgDetails **ret_details,
                         GError **error);
void omg_details_free(OmgDetails *details);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgDetails, omg_details_free)
