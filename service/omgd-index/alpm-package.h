/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One package out of libalpm's hands into ours. */

#include <alpm.h>

#include "store/package.h"

/* Copies all that the database holds of the package; new. */
OmgPackage *omg_alpm_package_dup(alpm_pkg_t *pkg);

/* The MD5 sum, or NULL; borrowed. meson picks the file: libalpm 16 no longer has it. */
const char *omg_alpm_get_md5sum(alpm_pkg_t *pkg);

/* Whether this libalpm has it. */
gboolean omg_alpm_has_md5sum(void);
