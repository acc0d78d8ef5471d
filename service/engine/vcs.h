/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Development packages: built from a version control system, so that the version that the AUR has
 * of one is the one of its last change there, and says little about whether there is a newer one.
 */

#include <glib.h>

/* The system that the end of the package's name tells ("foo-git"): "git", "svn", "hg", "bzr",
 * "cvs", "darcs" or "fossil", the suffixes that Arch's guidelines for such packages and the
 * programs that build them agree on. NULL: it is none. Static. */
const char *omg_vcs_find(const char *name);
