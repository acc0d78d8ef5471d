/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/sandbox.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/no-network.h"
#include "base/resource-limit.h"
#include "config.h"

gboolean omg_sandbox_enter(guint seconds, GError **error)
{
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* omgd ends it before, and says so; this is for one that nobody waits for. */
        (void)alarm(seconds + 5);
        return omg_resource_limit(RLIMIT_CORE, "core dumps", 0, error) &&
               omg_resource_limit(RLIMIT_CPU, "processor time", seconds, error) &&
               omg_resource_limit(RLIMIT_FSIZE, "the size of files", OMG_LIMIT_LAYER_FILE, error) &&
               (!OMG_HELPER_ADDRESS_SPACE_LIMIT ||
                omg_resource_limit(RLIMIT_AS, "the address space", OMG_LIMIT_HELPER_MEMORY,
                                   error)) &&
               omg_no_network_enter(OMG_NO_NETWORK_UNIX_ALONE, error);
}
