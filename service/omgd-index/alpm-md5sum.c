/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/alpm-package.h"

const char *omg_alpm_get_md5sum(alpm_pkg_t *pkg)
{
        return alpm_pkg_get_md5sum(pkg);
}

gboolean omg_alpm_has_md5sum(void)
{
        return TRUE;
}
