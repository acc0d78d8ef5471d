/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-fetch/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* include/uapi/linux/landlock.h of Linux 6.12; the numbers of the calls are the same everywhere. */
#define CREATE_RULESET 444
#define ADD_RULE       445
#define RESTRICT_SELF  446
#define VERSION_FLAG   1u
#define RULE_PATH      1
#define FS_WRITE_FILE  (UINT64_C(1) << 1)
#define FS_READ_FILE   (UINT64_C(1) << 2)
#define FS_READ_DIR    (UINT64_C(1) << 3)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_REG    (UINT64_C(1) << 8)
#define FS_ABI_1       ((UINT64_C(1) << 13) - 1)
#define FS_REFER       (UINT64_C(1) << 13) /* ABI 2 */
#define FS_TRUNCATE    (UINT64_C(1) << 14) /* ABI 3 */
#define NET_BIND_TCP   (UINT64_C(1) << 0)  /* ABI 4 */
#define FS_IOCTL_DEV   (UINT64_C(1) << 15) /* ABI 5 */
#define SCOPE_ABSTRACT (UINT64_C(1) << 0)  /* ABI 6 */
#define SCOPE_SIGNAL   (UINT64_C(1) << 1)

struct ruleset {
        uint64_t handled_fs;
        uint64_t handled_net;
        uint64_t scoped;
};

struct path_beneath {
        uint64_t allowed;
        int32_t parent_fd;
} __attribute__((packed));

static int create_ruleset(int abi)
{
        const struct ruleset ruleset = {
                .handled_fs = FS_ABI_1 | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) |
                              (abi >= 5 ? FS_IOCTL_DEV : 0),
                .handled_net = abi >= 4 ? NET_BIND_TCP : 0,
                .scoped = abi >= 6 ? SCOPE_ABSTRACT | SCOPE_SIGNAL : 0,
        };
        const size_t size = abi >= 6   ? sizeof(ruleset)
                            : abi >= 4 ? G_STRUCT_OFFSET(struct ruleset, scoped)
                                       : G_STRUCT_OFFSET(struct ruleset, handled_net);

        return (int)syscall(CREATE_RULESET, &ruleset, size, 0);
}

static gboolean allow(int ruleset_fd, int parent_fd, uint64_t rights)
{
        const struct path_beneath rule = {rights, parent_fd};
        return syscall(ADD_RULE, ruleset_fd, RULE_PATH, &rule, 0) == 0;
}

static gboolean apply(int ruleset_fd, int root_fd, int dir_fd, int abi)
{
        return allow(ruleset_fd, root_fd, FS_READ_FILE | FS_READ_DIR) &&
               allow(ruleset_fd, dir_fd,
                     FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_REMOVE_FILE | FS_MAKE_REG |
                             (abi >= 3 ? FS_TRUNCATE : 0)) &&
               syscall(RESTRICT_SELF, ruleset_fd, 0) == 0;
}

int omg_landlock_restrict(int dir_fd)
{
        int abi, ruleset_fd, root_fd, r;

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        abi = (int)syscall(CREATE_RULESET, NULL, 0, VERSION_FLAG);
        if (abi < 0)
                return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
        ruleset_fd = create_ruleset(abi);
        root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        r = ruleset_fd >= 0 && root_fd >= 0 && apply(ruleset_fd, root_fd, dir_fd, abi) ? abi
                                                                                       : -errno;
        if (root_fd >= 0)
                (void)close(root_fd);
        if (ruleset_fd >= 0)
                (void)close(ruleset_fd);
        return r;
}
