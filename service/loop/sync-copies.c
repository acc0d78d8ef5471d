/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/sync-copies.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "sources/sync-copy.h"

#define NEW_PREFIX ".new-"
#define COPY_SIZE  (1u << 20)

/* A path in our folder. */
static char *dup_path(const OmgPacmanConf *conf, const char *folder, const char *prefix,
                      const char *name, const char *suffix)
{
        return g_strconcat(conf->copy_dir, folder, prefix, name, suffix, NULL);
}

static gboolean rename_file(const char *from, const char *to, GError **error)
{
        if (g_rename(from, to) == 0)
                return TRUE;
        omg_error_set_errno(error, errno, "cannot rename %s to %s", from, to);
        return FALSE;
}

/* The absence of a file is what is wanted. */
static gboolean remove_file(const char *path, GError **error)
{
        if (g_unlink(path) == 0 || errno == ENOENT)
                return TRUE;
        omg_error_set_errno(error, errno, "cannot remove %s", path);
        return FALSE;
}

/* ---- copying ---- */

static gboolean copy_bytes(int from, int to, const char *path, GError **error)
{
        off_t zero = 0;
        ssize_t n;

        /* Shares the blocks where the file system can. */
        if (ioctl(to, FICLONE, from) == 0)
                return TRUE;
        do
                n = copy_file_range(from, NULL, to, NULL, COPY_SIZE, 0);
        while (n > 0 || (n < 0 && errno == EINTR));
        if (n == 0)
                return TRUE;
        if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) {
                omg_error_set_errno(error, errno, "cannot copy %s", path);
                return FALSE;
        }
        /* Not between these file systems: by hand. */
        g_autofree char *buffer = g_malloc(COPY_SIZE);
        for (;;) {
                n = pread(from, buffer, COPY_SIZE, zero);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        break;
                for (ssize_t done = 0, w; done < n; done += w) {
                        w = pwrite(to, buffer + done, (size_t)(n - done), zero + done);
                        if (w < 0 && errno == EINTR)
                                w = 0;
                        if (w < 0) {
                                omg_error_set_errno(error, errno, "cannot copy %s", path);
                                return FALSE;
                        }
                }
                zero += n;
        }
        if (n < 0)
                omg_error_set_errno(error, errno, "%s", path);
        return n == 0;
}

static gboolean copy_open_file(int fd, const struct stat *st, const char *from, const char *to,
                               GError **error)
{
        g_autoptr(OmgFileWriter) writer = omg_file_writer_new(to, error);
        const struct timespec times[2] = {st->st_mtim, st->st_mtim};

        if (!writer || !copy_bytes(fd, omg_file_writer_get_fd(writer), from, error))
                return FALSE;
        if (futimens(omg_file_writer_get_fd(writer), times) < 0) {
                omg_error_set_errno(error, errno, "cannot set the time of %s", to);
                return FALSE;
        }
        return omg_file_writer_rename(writer, error);
}

/* Keeps the mtime. Waits for no FIFO. */
static gboolean copy_file(const char *from, const char *to, GError **error)
{
        int fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        gboolean done = FALSE;
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                omg_error_set_errno(error, errno, "%s", from);
        else if (!S_ISREG(st.st_mode))
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s: not a regular file",
                            from);
        else
                done = copy_open_file(fd, &st, from, to, error);
        if (fd >= 0)
                (void)close(fd);
        return done;
}

/* ---- placing ---- */

/* From the names with NEW_PREFIX to the real ones: the last step, which may be done twice. */
static gboolean finish_new(const OmgPacmanConf *conf, const char *name, GError **error)
{
        g_autofree char *new_db = dup_path(conf, "sync/", NEW_PREFIX, name, ".db");
        g_autofree char *new_sig = dup_path(conf, "sync/", NEW_PREFIX, name, ".db.sig");
        g_autofree char *db = dup_path(conf, "sync/", "", name, ".db");
        g_autofree char *sig = dup_path(conf, "sync/", "", name, ".db.sig");

        if (g_rename(new_sig, sig) < 0 && errno != ENOENT) {
                omg_error_set_errno(error, errno, "cannot rename %s to %s", new_sig, sig);
                return FALSE;
        }
        return rename_file(new_db, db, error);
}

/* Both have the names with NEW_PREFIX once the database has. */
static gboolean place(const OmgPacmanConf *conf, const char *name, const char *from_db,
                      const char *from_sig, GError **error)
{
        g_autofree char *new_db = dup_path(conf, "sync/", NEW_PREFIX, name, ".db");
        g_autofree char *new_sig = dup_path(conf, "sync/", NEW_PREFIX, name, ".db.sig");
        g_autofree char *sig = dup_path(conf, "sync/", "", name, ".db.sig");

        /* Without a signature of its own the new one must not meet the old one's. The old database
         * then stands there without, for a moment, which is what SigLevel allows of the new. */
        if (!(g_file_test(from_sig, G_FILE_TEST_IS_REGULAR) ? rename_file(from_sig, new_sig, error)
                                                            : remove_file(sig, error)))
                return FALSE;
        return rename_file(from_db, new_db, error) && finish_new(conf, name, error);
}

gboolean omg_sync_copies_take(const OmgPacmanConf *conf, const char *name, gint64 mtime_ns,
                              GError **error)
{
        g_autofree char *db = omg_sync_copies_dup_staged(conf, name, "");
        g_autofree char *sig = omg_sync_copies_dup_staged(conf, name, ".sig");
        const struct timespec time = {mtime_ns / 1000000000, mtime_ns % 1000000000};
        const struct timespec times[2] = {time, time};

        if (utimensat(AT_FDCWD, db, times, AT_SYMLINK_NOFOLLOW) < 0) {
                omg_error_set_errno(error, errno, "cannot set the time of %s", db);
                return FALSE;
        }
        return place(conf, name, db, sig, error);
}

/* ---- following pacman ---- */

static gboolean is_outdated(const char *own, const char *theirs)
{
        struct stat own_st, st;

        if (stat(theirs, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
                return FALSE;
        if (lstat(own, &own_st) < 0)
                return TRUE;
        return own_st.st_mtim.tv_sec != st.st_mtim.tv_sec
                       ? own_st.st_mtim.tv_sec < st.st_mtim.tv_sec
                       : own_st.st_mtim.tv_nsec < st.st_mtim.tv_nsec;
}

static gboolean make_staging(const OmgPacmanConf *conf, GError **error)
{
        g_autofree char *staging = g_strconcat(conf->copy_dir, "staging", NULL);

        return omg_file_make_private_dir(staging, error);
}

static gboolean update_copy(const OmgPacmanConf *conf, const char *name, GError **error)
{
        g_autofree char *own = omg_sync_copy_dup_own(conf, name);
        g_autofree char *theirs = omg_sync_copy_dup_pacman(conf, name);
        g_autofree char *theirs_sig = g_strconcat(theirs, ".sig", NULL);

        if (!is_outdated(own, theirs))
                return TRUE;
        if (!make_staging(conf, error))
                return FALSE;

        g_autofree char *staged = omg_sync_copies_dup_staged(conf, name, "");
        g_autofree char *staged_sig = omg_sync_copies_dup_staged(conf, name, ".sig");
        if (!copy_file(theirs, staged, error) || !remove_file(staged_sig, error))
                return FALSE;
        if (g_file_test(theirs_sig, G_FILE_TEST_EXISTS) &&
            !copy_file(theirs_sig, staged_sig, error))
                return FALSE;
        return place(conf, name, staged, staged_sig, error);
}

gboolean omg_sync_copies_update(const OmgPacmanConf *conf, GError **error)
{
        gboolean done = TRUE;

        if (omg_sync_copy_get_state(conf) != OMG_SYNC_COPY_OURS)
                return TRUE;
        for (guint i = 0; i < conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(conf->repositories, i);
                done &= update_copy(conf, repository->name, done ? error : NULL);
        }
        return done;
}

/* ---- the folder ---- */

static void remove_files(const char *path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *file = g_build_filename(path, name, NULL);
                /* A helper that was killed left its folder of links. */
                if (g_file_test(file, G_FILE_TEST_IS_DIR) &&
                    !g_file_test(file, G_FILE_TEST_IS_SYMLINK)) {
                        remove_files(file);
                        (void)g_rmdir(file);
                } else {
                        (void)g_unlink(file);
                }
        }
}

void omg_sync_copies_clear_staging(const OmgPacmanConf *conf)
{
        g_autofree char *staging = g_strconcat(conf->copy_dir, "staging", NULL);

        remove_files(staging);
}

/* NAME of "NAME.db" or "NAME.db.sig"; NULL: neither. */
static char *dup_repository(const char *file)
{
        const char *end = g_str_has_suffix(file, ".db.sig") ? file + strlen(file) - 7
                          : g_str_has_suffix(file, ".db")   ? file + strlen(file) - 3
                                                            : NULL;
        return end ? g_strndup(file, (gsize)(end - file)) : NULL;
}

/* All but the copies of today's repositories. */
static void remove_others(const OmgPacmanConf *conf)
{
        g_autofree char *path = g_strconcat(conf->copy_dir, "sync", NULL);
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *file;

        while (dir && (file = g_dir_read_name(dir))) {
                g_autofree char *name = dup_repository(file);
                if (name && omg_pacman_conf_get_repository(conf, name))
                        continue;
                g_autofree char *other = g_build_filename(path, file, NULL);
                (void)g_unlink(other);
        }
}

static void finish_interrupted(const OmgPacmanConf *conf)
{
        for (guint i = 0; i < conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(conf->repositories, i);
                g_autofree char *new_db =
                        dup_path(conf, "sync/", NEW_PREFIX, repository->name, ".db");
                if (g_file_test(new_db, G_FILE_TEST_IS_REGULAR))
                        (void)finish_new(conf, repository->name, NULL);
        }
}

static gboolean make_link(const OmgPacmanConf *conf, GError **error)
{
        g_autofree char *link = g_strconcat(conf->copy_dir, "local", NULL);
        g_autofree char *local = g_strconcat(conf->db_path, "local", NULL);

        if (omg_sync_copy_get_state(conf) == OMG_SYNC_COPY_OURS)
                return TRUE;
        if (remove_file(link, error) && symlink(local, link) == 0)
                return TRUE;
        if (error && !*error)
                omg_error_set_errno(error, errno, "cannot make %s", link);
        return FALSE;
}

gboolean omg_sync_copies_prepare(const OmgPacmanConf *conf, GError **error)
{
        g_autofree char *sync = g_strconcat(conf->copy_dir, "sync", NULL);

        if (!omg_file_make_private_dir(conf->copy_dir, error) ||
            !omg_file_make_private_dir(sync, error) || !make_staging(conf, error))
                return FALSE;
        if (omg_sync_copy_get_state(conf) == OMG_SYNC_COPY_OURS)
                finish_interrupted(conf);
        else
                remove_files(sync);
        omg_sync_copies_clear_staging(conf);
        remove_others(conf);
        return make_link(conf, error);
}

char *omg_sync_copies_dup_staged(const OmgPacmanConf *conf, const char *name, const char *suffix)
{
        return g_strconcat(conf->copy_dir, "staging/", name, ".db", suffix, NULL);
}

void omg_sync_copies_drop(const OmgPacmanConf *conf, const char *name)
{
        g_autofree char *db = omg_sync_copy_dup_own(conf, name);
        g_autofree char *sig = g_strconcat(db, ".sig", NULL);

        /* A database is never left with another's signature, but may be left without. */
        (void)g_unlink(sig);
        (void)g_unlink(db);
}
