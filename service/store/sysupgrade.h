/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What pacman -Su would do: libalpm's alpm_sync_sysupgrade, step by step. It goes through the
 * installed packages by name; each looks through the repositories that may upgrade, in their order,
 * first for what replaces it, else for its own name. A package that is a target already is not
 * looked at. */

#include "store/snapshot.h"

typedef struct {
        guint32 sync_id;
        GArray *replaced; /* guint32: local ids of what it takes the place of; may be empty */
} OmgTarget;

typedef struct {
        GPtrArray *targets; /* OmgTarget, each name once */
        GPtrArray *held;    /* OmgTarget: replacements that IgnorePkg or IgnoreGroup hold back */
} OmgSysupgrade;

/* @snapshot has both layers, a configuration, and its bits of ignored packages; @local_ignored are
 * those of the local layer (NULL: none); @by_name: local ids (guint32) in pacman's order of names.
 */
OmgSysupgrade *omg_sysupgrade_new(const OmgSnapshot *snapshot, const guint8 *local_ignored,
                                  const GArray *by_name);
void omg_sysupgrade_free(OmgSysupgrade *upgrade);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgSysupgrade, omg_sysupgrade_free)
