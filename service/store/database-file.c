/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/database-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* https://www.sqlite.org/fileformat.html, 1.3 */
#define MAGIC       "SQLite format 3" /* with its NUL */
#define HEADER_SIZE 100
#define AT_APP_ID   68

static const char *const sides[] = {"-wal", "-journal", "-shm"};

static gboolean has_side(const char *path, const char *side)
{
        g_autofree char *name = g_strconcat(path, side, NULL);
        struct stat st;

        return lstat(name, &st) == 0 && st.st_size > 0;
}

/* SQLite would follow it, or stumble over it at every use. */
static gboolean has_strange_side(const char *path)
{
        for (guint i = 0; i < G_N_ELEMENTS(sides); i++) {
                g_autofree char *name = g_strconcat(path, sides[i], NULL);
                struct stat st;
                if (lstat(name, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_uid != geteuid()))
                        return TRUE;
        }
        return FALSE;
}

gboolean omg_database_file_has_wal(const char *path)
{
        return has_side(path, "-wal");
}

static gboolean read_header(const char *path, guint8 header[HEADER_SIZE], gsize *ret_n,
                            GError **error)
{
        int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        ssize_t n = fd < 0 ? -1 : pread(fd, header, HEADER_SIZE, 0);

        if (n < 0)
                omg_error_set_errno(error, errno, "%s", path);
        else
                *ret_n = n;
        if (fd >= 0)
                (void)close(fd);
        return n >= 0;
}

/* Without its file a log has nothing to be applied to, and SQLite would remove it. */
static OmgDatabaseFileKind judge_absent(const char *path, const char **ret_why)
{
        if (!omg_database_file_has_wal(path))
                return OMG_DATABASE_FILE_ABSENT;
        *ret_why = "its main file is missing or empty";
        return OMG_DATABASE_FILE_CORRUPT;
}

static OmgDatabaseFileKind judge_header(const char *path, const OmgDatabaseFormat *format,
                                        const guint8 *header, gsize n, const char **ret_why)
{
        if (n == 0)
                return judge_absent(path, ret_why);
        /* A journal may have to be rolled back first: the making of the file was interrupted. */
        if (has_side(path, "-journal"))
                return OMG_DATABASE_FILE_FIT;
        if (n < HEADER_SIZE || memcmp(header, MAGIC, sizeof(MAGIC)) != 0) {
                *ret_why = "it does not begin as a database does";
                return OMG_DATABASE_FILE_CORRUPT;
        }
        guint32 id;
        memcpy(&id, header + AT_APP_ID, sizeof(id));
        if (GUINT32_FROM_BE(id) == format->application_id)
                return OMG_DATABASE_FILE_FIT;
        *ret_why = "it is another program's database";
        return OMG_DATABASE_FILE_FOREIGN;
}

static const char *get_strangeness(const struct stat *st)
{
        if (S_ISLNK(st->st_mode))
                return "it is a symbolic link";
        if (S_ISDIR(st->st_mode))
                return "it is a directory";
        if (!S_ISREG(st->st_mode))
                return "it is no regular file";
        return st->st_uid != geteuid() ? "it belongs to another user" : NULL;
}

gboolean omg_database_file_look(const char *path, const OmgDatabaseFormat *format,
                                OmgDatabaseFileKind *ret_kind, const char **ret_why, GError **error)
{
        guint8 header[HEADER_SIZE];
        struct stat st;
        gsize n;

        if (has_strange_side(path)) {
                *ret_kind = OMG_DATABASE_FILE_CORRUPT;
                *ret_why = "its log or journal is not a regular file of this user";
                return TRUE;
        }
        if (lstat(path, &st) < 0) {
                if (errno != ENOENT) {
                        omg_error_set_errno(error, errno, "%s", path);
                        return FALSE;
                }
                *ret_kind = judge_absent(path, ret_why);
                return TRUE;
        }
        const char *strangeness = get_strangeness(&st);
        if (strangeness) {
                *ret_kind = OMG_DATABASE_FILE_FOREIGN;
                *ret_why = strangeness;
                return TRUE;
        }
        if ((st.st_mode & 07777) != 0600)
                (void)chmod(path, 0600);
        if (!read_header(path, header, &n, error))
                return FALSE;
        *ret_kind = judge_header(path, format, header, n, ret_why);
        return TRUE;
}

static const char *get_suffix(OmgDatabaseFileKind kind)
{
        switch (kind) {
        case OMG_DATABASE_FILE_NEWER:
                return "newer";
        case OMG_DATABASE_FILE_FOREIGN:
                return "foreign";
        default:
                return "corrupt";
        }
}

/* NAME.20261201T101502.123456Z.corrupt: sorted by name is sorted by time. */
static char *make_aside_path(const char *path, OmgDatabaseFileKind kind, guint64 now_usec)
{
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(now_usec / G_USEC_PER_SEC);
        g_autofree char *seconds = g_date_time_format(time, "%Y%m%dT%H%M%S");

        return g_strdup_printf("%s.%s.%06uZ.%s", path, seconds, (guint)(now_usec % G_USEC_PER_SEC),
                               get_suffix(kind));
}

static int compare_names(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void remove_with_sides(const char *path)
{
        (void)unlink(path);
        for (guint i = 0; i < G_N_ELEMENTS(sides); i++) {
                g_autofree char *side = g_strconcat(path, sides[i], NULL);
                (void)unlink(side);
        }
}

static void prune(const char *dir, const OmgDatabaseFormat *format)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *pattern =
                g_strconcat(format->name, ".????????T??????.??????Z.corrupt", NULL);
        GDir *folder = format->n_kept > 0 ? g_dir_open(dir, 0, NULL) : NULL;
        const char *name;

        if (!folder)
                return;
        while ((name = g_dir_read_name(folder)))
                if (g_pattern_match_simple(pattern, name))
                        g_ptr_array_add(names, g_strdup(name));
        g_dir_close(folder);
        g_ptr_array_sort(names, compare_names);
        for (guint i = 0; i + format->n_kept < names->len; i++) {
                g_autofree char *path = g_build_filename(dir, names->pdata[i], NULL);
                remove_with_sides(path);
        }
}

/* A log without its file gets an empty one, by which it is found when its time is over. */
static void make_empty(const char *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0)
                (void)close(fd);
}

/* Its sides first: a crash in between leaves a main file that is judged again, never a log without
 * one. */
static gboolean rename_with_sides(const char *path, const char *aside, GError **error)
{
        for (guint i = 0; i < G_N_ELEMENTS(sides); i++) {
                g_autofree char *from = g_strconcat(path, sides[i], NULL);
                g_autofree char *to = g_strconcat(aside, sides[i], NULL);
                if (rename(from, to) < 0 && errno != ENOENT) {
                        omg_error_set_errno(error, errno, "%s: cannot be set aside", from);
                        return FALSE;
                }
        }
        if (rename(path, aside) == 0)
                return TRUE;
        if (errno != ENOENT) {
                omg_error_set_errno(error, errno, "%s: cannot be set aside", path);
                return FALSE;
        }
        make_empty(aside);
        return TRUE;
}

gboolean omg_database_file_set_aside(const char *path, const OmgDatabaseFormat *format,
                                     OmgDatabaseFileKind kind, char **ret_name, GError **error)
{
        guint64 now_usec = g_get_real_time();
        g_autofree char *aside = make_aside_path(path, kind, now_usec);
        struct stat st;

        while (lstat(aside, &st) == 0) {
                g_free(aside);
                aside = make_aside_path(path, kind, ++now_usec);
        }
        if (!rename_with_sides(path, aside, error))
                return FALSE;
        g_autofree char *dir = g_path_get_dirname(path);
        prune(dir, format);
        *ret_name = g_path_get_basename(aside);
        return TRUE;
}
