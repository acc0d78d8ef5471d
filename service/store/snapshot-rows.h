/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What a snapshot knows of each installed package, and of each update. */

#include "store/row-flags.h"

/* One installed package, by its id in the local layer. */
typedef struct {
        guint32 sync_id; /* in the first repository that holds its name, or OMG_NO_PACKAGE */
        guint32 aur_id;  /* of a foreign one in the AUR, or OMG_NO_PACKAGE */
        guint32 flags;   /* OmgPkgFlags */
} OmgInstalled;

/* One row of ListUpdates. */
typedef struct {
        guint32 local_id; /* the installed package; of several replaced ones the first by name */
        guint32 sync_id;  /* what it would become; with OMG_UPD_AUR an id of the AUR's layer */
        guint32 flags;    /* OmgUpdFlags */
        guint32 replaces_first; /* in OmgSnapshot.replaced, of local ids */
        guint32 n_replaces;
        gboolean replaced; /* another row replaces the package: this one is for information */
} OmgUpdate;
