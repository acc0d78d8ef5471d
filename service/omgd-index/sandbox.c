/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/no-network.h"
#include "config.h"

static gboolean limit(int resource, const char *name, rlim_t value, GError **error)
{
        struct rlimit bound;

        if (getrlimit(resource, &bound) < 0)
                bound.rlim_max = RLIM_INFINITY;
        bound.rlim_max = MIN(bound.rlim_max, value);
        bound.rlim_cur = bound.rlim_max;
        if (setrlimit(resource, &bound) == 0)
                return TRUE;
        omg_error_set_errno(error, errno, "cannot limit %s", name);
        return FALSE;
}

gboolean omg_sandbox_enter(guint seconds, GError **error)
{
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* omgd ends it before, and says so; this is for one that nobody waits for. */
        (void)alarm(seconds + 5);
        return limit(RLIMIT_CORE, "core dumps", 0, error) &&
               limit(RLIMIT_CPU, "processor time", seconds, error) &&
               limit(RLIMIT_FSIZE, "the size of files", OMG_LIMIT_LAYER_FILE, error) &&
               (!OMG_HELPER_ADDRESS_SPACE_LIMIT ||
                limit(RLIMIT_AS, "the address space", OMG_LIMIT_HELPER_MEMORY, error)) &&
               omg_no_network_enter(OMG_NO_NETWORK_UNIX_ALONE, error);
}
