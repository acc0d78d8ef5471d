/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Which package a runtime's program belongs to, and so which version it is, without starting it.
 * Reads the `files` of the few packages that come into question: not on main. */

#include "sources/runtime.h"
#include "store/snapshot.h"

/* Sets package, package_version and version of a runtime of PATH whose program is in an installed
 * package that is called, or provides, what the runtime's package is called; of others nothing. */
void omg_runtime_set_owner(OmgRuntime *runtime, const OmgSnapshot *snapshot);
