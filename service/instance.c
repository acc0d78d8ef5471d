/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "instance.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

int omg_instance_lock(const char *dir, GError **error)
{
        g_autofree char *path = g_build_filename(dir, "omgd.lock", NULL);
        /* Not flock(): a helper just being forked when omgd is killed would keep it. */
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int fd;

        if (!omg_file_make_private_dir(dir, error))
                return -1;
        fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
        if (fd < 0) {
                omg_error_set_errno(error, errno, "%s", path);
                return -1;
        }
        if (fcntl(fd, F_SETLK, &lock) < 0) {
                if (errno == EAGAIN || errno == EACCES)
                        g_set_error(error, OMG_ERROR, OMG_ERROR_BUSY,
                                    "omgd is already running (%s is locked)", path);
                else
                        omg_error_set_errno(error, errno, "%s", path);
                (void)close(fd);
                return -1;
        }
        return fd;
}
