/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What satisfies a dependency, and what pacman would take for it. */

#include "base/depend.h"
#include "engine/rows.h"

typedef struct {
        guint32 id;
        gboolean by_name; /* it is the package of that name; else one that provides it */
} OmgSatisfier;

/* All packages of a layer that satisfy the dependency, by libalpm's _alpm_depcmp; OmgSatisfier, in
 * the order of ids; new. None in the local layer is what makes pacman -T print it. */
GArray *omg_satisfiers_find(const OmgLayer *layer, const OmgDepend *depend);

/* What pacman would install for the dependency, by libalpm's resolvedep: among the repositories
 * whose Usage has Install or Upgrade, in their order, the package of that name, else of those that
 * provide it one that is installed, else the first by repository and name. OMG_NO_PACKAGE: none.
 * @skip_ignored: without what IgnorePkg and IgnoreGroup hold back. pacman -S DEP asks about such a
 * package, and takes it by default; for the dependencies of what it installs it passes it over. */
guint32 omg_provider_choose(const OmgSnapshot *snapshot, const OmgDepend *depend,
                            gboolean skip_ignored);

/* The installed package that satisfies the dependency: the one of that name, else of those that
 * provide it the first by name; OMG_NO_PACKAGE: none. */
guint32 omg_installed_choose(const OmgSnapshot *snapshot, const OmgDepend *depend);

/* What satisfies a package's dependency: what is installed, by name before by provision; else what
 * pacman would install; else one that is held back. ret_row->id OMG_NO_PACKAGE: nothing. */
void omg_satisfier_choose(const OmgSnapshot *snapshot, const OmgDepend *depend, OmgRow *ret_row);
