/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-fetch/confine.h"

#include <malloc.h>
#include <signal.h>

#include "base/error.h"
#include "base/limits-fetch.h"
#include "base/resource-limit.h"
#include "config.h"
#include "omgd-fetch/landlock.h"

gboolean omg_confine(int dir_fd, guint *ret_landlock, GError **error)
{
        int abi;

        /* Else each thread that resolves a name reserves 64 MiB of address space. */
        (void)mallopt(M_ARENA_MAX, 2);
        (void)signal(SIGXFSZ, SIG_IGN); /* EFBIG instead */
        if (!omg_resource_limit(RLIMIT_CORE, "core dumps", 0, error) ||
            !omg_resource_limit(RLIMIT_FSIZE, "the size of files", OMG_LIMIT_FETCH_BULK_BYTES,
                                error) ||
            !omg_resource_limit(RLIMIT_NOFILE, "descriptors", OMG_LIMIT_FETCH_FILES, error) ||
            (OMG_HELPER_ADDRESS_SPACE_LIMIT &&
             !omg_resource_limit(RLIMIT_AS, "the address space", OMG_LIMIT_FETCH_MEMORY, error)))
                return FALSE;
        abi = omg_landlock_restrict(dir_fd);
        if (abi < 0) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "cannot give up writing elsewhere: %s", g_strerror(-abi));
                return FALSE;
        }
        *ret_landlock = (guint)abi;
        return TRUE;
}
