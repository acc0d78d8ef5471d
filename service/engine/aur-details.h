/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* All that is known of one package of the AUR, and of what is installed of it. */

#include "store/snapshot.h"

typedef struct {
        OmgPackage *package;
        const char *installed_version; /* borrowed; NULL: not installed, or not known */
        const char *vcs;               /* engine/vcs.h; NULL: none */
        const char *maintainer_before; /* borrowed; "": nobody; NULL: as when it was installed */
        guint32 flags;                 /* OmgPkgFlags */
        gboolean knows_upgradable;     /* it is installed, and known whether from the AUR */
        gboolean upgradable;           /* foreign, and newer there than the installed one */
} OmgAurDetails;

/* Looks up "name" or "aur/name". Sets *ret_details to NULL when the AUR, as far as it is known, has
 * no such package. Errors: INVALID_ARGS for an empty or too long name; those of
 * omg_aur_feed_set_missing() when nothing is known of the AUR; DATABASE_CORRUPT when the index is
 * damaged. */
gboolean omg_aur_details_get(const OmgSnapshot *snapshot, const char *name,
                             OmgAurDetails **ret_details, GError **error);
void omg_aur_details_free(OmgAurDetails *details);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAurDetails, omg_aur_details_free)
