/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The installed packages after a change of some: those whose desc is as it was come from the layer
 * before, and libalpm reads the others alone, so that one transaction costs what it changed.
 *
 * Only a desc is looked at. A package's `files` (for BACKUP) and `install` (for INSTALL_SCRIPT) are
 * written by pacman in the same transaction as its desc, whose INSTALLDATE is new then; and omgd
 * itself sees a change of the local database by the desc files alone. */

#include "sources/pacman-conf.h"
#include "store/layer.h"

/* The packages (OmgPackage, by name, without what omg_relations_compute sets), just as reading all
 * of them would give them; *ret_reused: how many come from @previous. NULL when all must be read:
 * the layer before has a flaw or is of another local/, most packages changed, or anything at all is
 * odd; so every error is found, and told, by the one way that reads all. */
GPtrArray *omg_local_update(const OmgLayer *previous, GBytes *stamps, const OmgPacmanConf *conf,
                            const char *work_dir, guint *ret_reused);
