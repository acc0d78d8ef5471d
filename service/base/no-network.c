/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/no-network.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/socket.h>

#include "base/error.h"

/* libseccomp compares an argument once a rule, and a call is refused when any rule matches: so the
 * gaps between what is allowed, one by one. The kernel takes the low 32 bits of a family, the
 * filter looks at all 64: more than those is beyond the last gap. */
static int refuse_families(scmp_filter_ctx filter, int call, int last_allowed)
{
        const uint32_t action = SCMP_ACT_ERRNO(EAFNOSUPPORT);
        int r;

        r = seccomp_rule_add(filter, action, call, 1, SCMP_A0(SCMP_CMP_LT, AF_UNIX));
        for (int family = AF_UNIX + 1; r == 0 && family < last_allowed; family++)
                r = seccomp_rule_add(filter, action, call, 1,
                                     SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family));
        if (r == 0)
                r = seccomp_rule_add(filter, action, call, 1,
                                     SCMP_A0(SCMP_CMP_GT, (scmp_datum_t)last_allowed));
        return r;
}

static int fill(scmp_filter_ctx filter, int last_allowed)
{
        const uint32_t no_call = SCMP_ACT_ERRNO(ENOSYS);
        int r;

        if ((r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1)) < 0 ||
            /* Of an architecture for which there are no rules: killing is the preset. */
            (r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, no_call)) < 0 ||
            (r = refuse_families(filter, SCMP_SYS(socket), last_allowed)) < 0 ||
            (r = refuse_families(filter, SCMP_SYS(socketpair), last_allowed)) < 0)
                return r;
        return seccomp_rule_add(filter, no_call, SCMP_SYS(io_uring_setup), 0);
}

gboolean omg_no_network_enter(OmgNoNetwork how, GError **error)
{
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
        int r = -ENOMEM;

        if (filter) {
                r = fill(filter, how == OMG_NO_NETWORK_BUT_NETLINK ? AF_NETLINK : AF_UNIX);
                if (r == 0)
                        r = seccomp_load(filter);
                seccomp_release(filter);
        }
        if (r == 0)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "cannot forbid the network: %s",
                    g_strerror(-r));
        return FALSE;
}
