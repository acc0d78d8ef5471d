/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Groups of packages: those of pacman -Sg and -Qg. */

#include "store/snapshot.h"

typedef struct {
        const char *name; /* borrowed from the snapshot */
        guint32 n_packages;
} OmgGroup;

/* All groups by name, of the installed packages or of the repositories' (each name counts once,
 * however many repositories hold it). New array of OmgGroup; NULL with DATABASE_MISSING (or what
 * the snapshot's errors say) when that database was never read. */
GArray *omg_groups_list(const OmgSnapshot *snapshot, gboolean installed, GError **error);
