/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "instance.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

#define LOOK_MSEC 10

static const char ending_mark[] = "ending\n";

static gboolean is_ending(int fd)
{
        char mark[sizeof(ending_mark) - 1];

        return pread(fd, mark, sizeof(mark), 0) == (ssize_t)sizeof(mark) &&
               memcmp(mark, ending_mark, sizeof(mark)) == 0;
}

/* 0 or an errno. One that is ending has given up the name already, and the bus may have started us
 * for the next call: to refuse would be to refuse that. */
static int lock_file(int fd, gboolean is_read_only)
{
        /* Not flock(): a helper just being forked when omgd is killed would keep it. */
        struct flock lock = {.l_type = is_read_only ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET};

        for (int i = 0; fcntl(fd, F_SETLK, &lock) < 0; i++) {
                if (errno != EAGAIN && errno != EACCES)
                        return errno;
                if (!is_ending(fd) || i >= OMG_INSTANCE_END_SEC * 1000 / LOOK_MSEC)
                        return EAGAIN;
                g_usleep(LOOK_MSEC * 1000);
        }
        /* The mark of the one before. */
        return !is_read_only && ftruncate(fd, 0) < 0 ? errno : 0;
}

int omg_instance_lock(const char *dir, GError **error)
{
        g_autofree char *path = g_build_filename(dir, "omgd.lock", NULL);
        gboolean is_read_only;
        int fd, errnum;

        if (!omg_file_make_private_dir(dir, error))
                return -1;
        fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
        is_read_only = fd < 0 && errno == EROFS;
        /* What is there can be served; two of us that only read do each other no harm. */
        if (is_read_only && (fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY)) < 0)
                errno = EROFS;
        if (fd < 0) {
                omg_error_set_errno(error, errno, "%s", path);
                return -1;
        }
        errnum = lock_file(fd, is_read_only);
        if (errnum == 0)
                return fd;
        (void)close(fd);
        if (errnum == EAGAIN)
                g_set_error(error, OMG_ERROR, OMG_ERROR_BUSY,
                            "omgd is already running (%s is locked)", path);
        else
                omg_error_set_errno(error, errnum, "%s", path);
        return -1;
}

void omg_instance_mark_ending(int fd)
{
        (void)!pwrite(fd, ending_mark, sizeof(ending_mark) - 1, 0);
}
