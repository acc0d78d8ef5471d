/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The join of a snapshot: what is foreign, ignored, upgradable or replaced follows from the layers
 * and pacman.conf together. The rules are libalpm's: alpm_sync_get_new_version (pacman -Qu),
 * alpm_sync_sysupgrade (pacman -Su) and alpm_pkg_should_ignore. */

#include "store/snapshot.h"

/* Fills all members of the snapshot that come from the join; called once, by omg_snapshot_new. */
void omg_join(OmgSnapshot *snapshot);
