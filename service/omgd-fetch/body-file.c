/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-fetch/body-file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define TEMPORARY_PREFIX ".fetch-"

static gboolean fail(GError **error, const char *what, const char *name)
{
        const int errnum = errno;
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s %s: %s", what, name,
                    g_strerror(errnum));
        return FALSE;
}

/* Best effort: what cannot be removed is in nobody's way. */
static void remove_leftovers(int dir_fd)
{
        int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        const struct dirent *entry;

        while (dir && (entry = readdir(dir)))
                if (g_str_has_prefix(entry->d_name, TEMPORARY_PREFIX))
                        (void)unlinkat(dir_fd, entry->d_name, 0);
        if (dir)
                (void)closedir(dir);
        else if (fd >= 0)
                (void)close(fd);
}

static gboolean is_private(int fd, const char *path, GError **error)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return fail(error, "cannot look at", path);
        if (st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)))
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                    "%s is another user's, or others may write to it", path);
        return FALSE;
}

int omg_body_dir_open(const char *path, GError **error)
{
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (fd < 0) {
                (void)fail(error, "cannot open the directory", path);
                return -1;
        }
        if (!is_private(fd, path, error)) {
                (void)close(fd);
                return -1;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
                remove_leftovers(fd);
        if (flock(fd, LOCK_SH) < 0) {
                (void)fail(error, "cannot lock", path);
                (void)close(fd);
                return -1;
        }
        return fd;
}

static GBytes *read_all(int fd, gsize max)
{
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        guint8 buffer[16384];
        ssize_t n;

        while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
                if (bytes->len + (gsize)n > max) {
                        errno = EFBIG;
                        return NULL;
                }
                g_byte_array_append(bytes, buffer, (guint)n);
        }
        return n < 0 ? NULL : g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}

GBytes *omg_body_dir_read(int dir_fd, const char *name, gsize max, GError **error)
{
        int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        GBytes *bytes = NULL;
        struct stat st;

        if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
                errno = EINVAL;
        else if (fd >= 0)
                bytes = read_all(fd, max);
        if (!bytes)
                (void)fail(error, "cannot read", name);
        if (fd >= 0)
                (void)close(fd);
        return bytes;
}

void omg_body_file_init(OmgBodyFile *body, int dir_fd, guint64 id)
{
        *body = (OmgBodyFile){.dir_fd = dir_fd, .fd = -1};
        body->temporary =
                g_strdup_printf(TEMPORARY_PREFIX "%d-%" G_GUINT64_FORMAT, (int)getpid(), id);
}

/* Only the first byte makes a file. A name that is taken was left by a run that had our number. */
static gboolean open_temporary(OmgBodyFile *body, GError **error)
{
        const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

        if (body->fd >= 0)
                return TRUE;
        body->fd = openat(body->dir_fd, body->temporary, flags, 0600);
        if (body->fd < 0 && errno == EEXIST && unlinkat(body->dir_fd, body->temporary, 0) == 0)
                body->fd = openat(body->dir_fd, body->temporary, flags, 0600);
        return body->fd >= 0 ? TRUE : fail(error, "cannot make", body->temporary);
}

gboolean omg_body_file_write(OmgBodyFile *body, const void *data, gsize length, GError **error)
{
        if (!open_temporary(body, error))
                return FALSE;
        if (body->size < OMG_BODY_HEAD)
                (void)memcpy(body->head + body->size, data,
                             MIN(length, OMG_BODY_HEAD - (gsize)body->size));
        for (gsize at = 0; at < length;) {
                ssize_t n = write(body->fd, (const char *)data + at, length - at);
                if (n < 0 && errno != EINTR)
                        return fail(error, "cannot write", body->temporary);
                at += n > 0 ? (gsize)n : 0;
        }
        body->size += length;
        return TRUE;
}

gboolean omg_body_file_commit(OmgBodyFile *body, const char *name, gint64 modified, GError **error)
{
        const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = modified}};

        if (modified >= 0)
                (void)futimens(body->fd, times);
        if (fdatasync(body->fd) < 0 ||
            renameat(body->dir_fd, body->temporary, body->dir_fd, name) < 0)
                return fail(error, "cannot store", name);
        (void)close(body->fd);
        body->fd = -1;
        return TRUE;
}

void omg_body_file_discard(OmgBodyFile *body)
{
        if (body->fd >= 0) {
                (void)unlinkat(body->dir_fd, body->temporary, 0);
                (void)close(body->fd);
        }
        body->fd = -1;
        body->size = 0;
}

void omg_body_file_clear(OmgBodyFile *body)
{
        omg_body_file_discard(body);
        g_clear_pointer(&body->temporary, g_free);
}
