/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

struct OmgFileWriter {
        char *path;
        char *temporary; /* NULL once it was renamed or removed */
        int fd;
        int dir_fd;
};

static gboolean read_open_file(int fd, const char *path, gsize max, GBytes **ret_bytes,
                               GError **error)
{
        struct stat st;
        if (fstat(fd, &st) < 0) {
                omg_error_set_errno(error, errno, "%s", path);
                return FALSE;
        }
        if (!S_ISREG(st.st_mode)) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s: not a regular file",
                            path);
                return FALSE;
        }

        /* One byte more than is allowed tells a file that is too long from one that just fits;
         * the size is a hint only, for files of /proc say 0 and others may grow meanwhile. */
        g_autoptr(GByteArray) array = g_byte_array_new();
        for (;;) {
                guint8 chunk[65536];
                gsize room = max - array->len;
                gsize want = room < sizeof(chunk) ? room + 1 : sizeof(chunk);
                ssize_t n = read(fd, chunk, want);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        omg_error_set_errno(error, errno, "%s", path);
                        return FALSE;
                }
                if (n == 0)
                        break;
                if ((gsize)n > room) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                    "%s: longer than the limit of %" G_GSIZE_FORMAT " bytes", path,
                                    max);
                        return FALSE;
                }
                g_byte_array_append(array, chunk, (guint)n);
        }
        *ret_bytes = g_byte_array_free_to_bytes(g_steal_pointer(&array));
        return TRUE;
}

gboolean omg_file_read(const char *path, gsize max, GBytes **ret_bytes, GError **error)
{
        g_return_val_if_fail(max < G_MAXUINT / 2, FALSE);

        /* O_NONBLOCK: a FIFO in the place of a file must not hold us. */
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0) {
                omg_error_set_errno(error, errno, "%s", path);
                return FALSE;
        }
        gboolean done = read_open_file(fd, path, max, ret_bytes, error);
        (void)close(fd);
        return done;
}

static gboolean check_private_dir(int fd, const char *path, GError **error)
{
        struct stat st;
        if (fstat(fd, &st) < 0) {
                omg_error_set_errno(error, errno, "%s", path);
                return FALSE;
        }
        if (st.st_uid != geteuid()) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_ACCESS_DENIED,
                            "%s: belongs to user %lu, not to user %lu", path,
                            (unsigned long)st.st_uid, (unsigned long)geteuid());
                return FALSE;
        }
        if ((st.st_mode & 077) != 0 && fchmod(fd, st.st_mode & 0700) < 0) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_ACCESS_DENIED,
                            "%s: others may use it, and that cannot be changed: %s", path,
                            g_strerror(errno));
                return FALSE;
        }
        return TRUE;
}

gboolean omg_file_make_private_dir(const char *path, GError **error)
{
        /* A trailing slash would make O_NOFOLLOW follow. */
        g_autofree char *plain = g_canonicalize_filename(path, NULL);

        if (g_mkdir_with_parents(plain, 0700) < 0 && errno != EEXIST && errno != ENOTDIR) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s: %s", plain,
                            g_strerror(errno));
                return FALSE;
        }

        int fd = open(plain, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0) {
                /* ENOTDIR: also what O_DIRECTORY says of a symlink. */
                int code = errno == ELOOP || errno == ENOTDIR || errno == EACCES
                                   ? OMG_ERROR_ACCESS_DENIED
                                   : OMG_ERROR_UNAVAILABLE;
                g_set_error(error, OMG_ERROR, code, "%s: not a directory of our own: %s", plain,
                            g_strerror(errno));
                return FALSE;
        }
        gboolean done = check_private_dir(fd, plain, error);
        (void)close(fd);
        return done;
}

static gboolean open_temporary(OmgFileWriter *writer, const char *name, GError **error)
{
        for (guint attempt = 0; attempt < 100; attempt++) {
                g_autofree char *file = g_strdup_printf(".%s.%08x", name, (unsigned)g_random_int());
                writer->fd = openat(writer->dir_fd, file,
                                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
                if (writer->fd >= 0) {
                        writer->temporary = g_steal_pointer(&file);
                        return TRUE;
                }
                if (errno != EEXIST)
                        break;
        }
        omg_error_set_errno(error, errno, "%s: cannot write beside it", writer->path);
        return FALSE;
}

OmgFileWriter *omg_file_writer_new(const char *path, GError **error)
{
        g_autoptr(OmgFileWriter) writer = g_new0(OmgFileWriter, 1);
        writer->path = g_strdup(path);
        writer->fd = -1;
        writer->dir_fd = -1;

        g_autofree char *dir = g_path_get_dirname(path);
        g_autofree char *name = g_path_get_basename(path);
        writer->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (writer->dir_fd < 0) {
                omg_error_set_errno(error, errno, "%s", dir);
                return NULL;
        }
        if (!open_temporary(writer, name, error))
                return NULL;
        return g_steal_pointer(&writer);
}

int omg_file_writer_get_fd(const OmgFileWriter *writer)
{
        return writer->fd;
}

gboolean omg_file_writer_write(OmgFileWriter *writer, const void *data, gsize length,
                               GError **error)
{
        const char *at = data;

        while (length > 0) {
                ssize_t n = write(writer->fd, at, length);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        omg_error_set_errno(error, errno, "%s", writer->path);
                        return FALSE;
                }
                at += n;
                length -= (gsize)n;
        }
        return TRUE;
}

gboolean omg_file_writer_rename(OmgFileWriter *writer, GError **error)
{
        g_return_val_if_fail(writer->temporary != NULL, FALSE);

        g_autofree char *name = g_path_get_basename(writer->path);
        if (renameat(writer->dir_fd, writer->temporary, writer->dir_fd, name) < 0) {
                omg_error_set_errno(error, errno, "%s", writer->path);
                return FALSE;
        }
        g_clear_pointer(&writer->temporary, g_free);
        return TRUE;
}

gboolean omg_file_writer_commit(OmgFileWriter *writer, GError **error)
{
        if (fsync(writer->fd) < 0) {
                omg_error_set_errno(error, errno, "%s", writer->path);
                return FALSE;
        }
        if (!omg_file_writer_rename(writer, error))
                return FALSE;

        /* Some file systems cannot sync a folder and say EINVAL: nothing is lost by that. */
        if (fsync(writer->dir_fd) < 0 && errno != EINVAL) {
                omg_error_set_errno(error, errno, "%s: its folder", writer->path);
                return FALSE;
        }
        return TRUE;
}

void omg_file_writer_free(OmgFileWriter *writer)
{
        if (!writer)
                return;

        if (writer->temporary)
                (void)unlinkat(writer->dir_fd, writer->temporary, 0);
        if (writer->fd >= 0)
                (void)close(writer->fd);
        if (writer->dir_fd >= 0)
                (void)close(writer->dir_fd);
        g_free(writer->temporary);
        g_free(writer->path);
        g_free(writer);
}

gboolean omg_file_write(const char *path, const void *data, gsize length, GError **error)
{
        g_autoptr(OmgFileWriter) writer = omg_file_writer_new(path, error);

        return writer && omg_file_writer_write(writer, data, length, error) &&
               omg_file_writer_commit(writer, error);
}

/* As open_temporary() makes them. */
static gboolean is_unfinished(const char *file, const char *name)
{
        if (file[0] != '.' || !g_str_has_prefix(file + 1, name))
                return FALSE;
        const char *suffix = file + 1 + strlen(name);
        return suffix[0] == '.' && strlen(suffix) == 9 &&
               strspn(suffix + 1, "0123456789abcdef") == 8;
}

void omg_file_remove_unfinished(const char *path)
{
        g_autofree char *folder = g_path_get_dirname(path);
        g_autofree char *name = g_path_get_basename(path);
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        const char *file;

        while (dir && (file = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(folder, file, NULL);
                struct stat st;
                if (is_unfinished(file, name) && lstat(child, &st) == 0 && S_ISREG(st.st_mode) &&
                    st.st_uid == geteuid())
                        (void)unlink(child);
        }
}
