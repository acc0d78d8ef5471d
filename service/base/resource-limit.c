/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/resource-limit.h"

#include <errno.h>

#include "base/error.h"

gboolean omg_resource_limit(int resource, const char *name, rlim_t value, GError **error)
{
        struct rlimit bound;

        if (getrlimit(resource, &bound) < 0)
                bound.rlim_max = RLIM_INFINITY;
        bound.rlim_max = MIN(bound.rlim_max, value);
        bound.rlim_cur = bound.rlim_max;
        if (setrlimit(resource, &bound) == 0)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "cannot limit %s: %s", name,
                    g_strerror(errno));
        return FALSE;
}
