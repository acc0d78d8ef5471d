/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/vcs.h"

#include <string.h>

const char *omg_vcs_find(const char *name)
{
        static const char *const systems[] = {"git", "svn", "hg", "bzr", "cvs", "darcs", "fossil"};
        const char *dash = strrchr(name, '-');

        for (gsize i = 0; dash && dash > name && i < G_N_ELEMENTS(systems); i++)
                if (strcmp(dash + 1, systems[i]) == 0)
                        return systems[i];
        return NULL;
}
