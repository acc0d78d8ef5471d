/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A database whose bytes were changed, whose process was killed, whose disk is full or read-only.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "database-fixture.h"
#include "killed.h"

#define N_FLIPS  500u
#define N_ROWS   600u
#define N_KILLS  200u
#define KILL_MAX 8000u /* us */

static char *make_file(Fixture *f, gsize *ret_length)
{
        char *bytes;

        f->db = open_good(f);
        for (guint i = 1; i <= N_ROWS; i++)
                add_row(f->db, i);
        close_database(f);
        g_assert_true(g_file_get_contents(f->path, &bytes, ret_length, NULL));
        g_assert_cmpuint(*ret_length % 4096, ==, 0);
        g_assert_cmpuint(*ret_length, >, 6 * 4096);
        return bytes;
}

static gboolean read_all(OmgDatabase *db, gpointer data, GError **error)
{
        sqlite3_stmt *rows = omg_database_query(db, error, "SELECT n, text FROM r ORDER BY n", "");
        guint *ret_n = data, n = 0;
        int r;

        if (!rows)
                return FALSE;
        while ((r = omg_database_step(db, rows, error)) > 0) {
                g_autofree char *text = omg_statement_dup_text(rows, 1);
                g_assert_cmpuint(omg_statement_get_number(rows, 0), ==, ++n);
                g_assert_true(g_str_has_prefix(text, "some text that fills"));
        }
        *ret_n = n;
        return r == 0;
}

/* Opens what may be damaged and reads it: all rows as they were, or none and a notice. */
static gboolean is_noticed(Fixture *f)
{
        g_autoptr(GError) error = NULL;
        guint n = 0;

        f->db = omg_database_new(f->dir, f->format);
        (void)omg_database_read(f->db, read_all, &n, &error);
        g_assert_no_error(error);
        g_autofree char *notice = omg_database_steal_notice(f->db);
        g_assert_cmpuint(n, ==, notice ? 0 : N_ROWS);
        add_row(f->db, 1000000);
        close_database(f);
        return notice != NULL;
}

/* Each flipped bit of a page that is read is noticed, wherever it is. */
static void test_flips(Fixture *f, gconstpointer unused)
{
        gsize length;
        g_autofree char *bytes = make_file(f, &length);

        for (guint i = 0; i < N_FLIPS; i++) {
                /* The second and third table have no rows: their pages are read by nobody. */
                gsize at = g_test_rand_int_range(0, length);
                while (at / 4096 == 2 || at / 4096 == 3)
                        at = g_test_rand_int_range(0, length);
                char bit = (char)(1 << g_test_rand_int_range(0, 8));
                bytes[at] ^= bit;
                g_assert_true(g_file_set_contents(f->path, bytes, length, NULL));
                bytes[at] ^= bit;
                if (!is_noticed(f))
                        g_error("bit %d of byte %zu", bit, at);
        }
        g_assert_cmpuint(count_files(f, ".corrupt"), <=, test_format.n_kept);
}

/* Two pages that changed places, each whole in itself. */
static void test_misplaced(Fixture *f, gconstpointer unused)
{
        gsize length;
        g_autofree char *bytes = make_file(f, &length);
        char page[4096];

        memcpy(page, bytes + 4 * 4096, 4096);
        memmove(bytes + 4 * 4096, bytes + 5 * 4096, 4096);
        memcpy(bytes + 5 * 4096, page, 4096);
        g_assert_true(g_file_set_contents(f->path, bytes, length, NULL));
        g_assert_true(is_noticed(f));
}

/* A page that became zeros, and a file that was cut at each page and within one. */
static void test_lost(Fixture *f, gconstpointer unused)
{
        gsize length;
        g_autofree char *bytes = make_file(f, &length);

        for (gsize at = 4096; at < length; at += 4096) {
                g_assert_true(g_file_set_contents(f->path, bytes, at, NULL));
                g_assert_true(is_noticed(f));
                g_assert_true(g_file_set_contents(f->path, bytes, at - 700, NULL));
                g_assert_true(is_noticed(f));
        }
        memset(bytes + 5 * 4096, 0, 4096);
        g_assert_true(g_file_set_contents(f->path, bytes, length, NULL));
        g_assert_true(is_noticed(f));
}

/* Bits of the log: what it held is lost from there on, but what is read was committed, in order. */
static void test_flips_in_log(Fixture *f, gconstpointer unused)
{
        g_autofree char *wal = g_strconcat(f->path, "-wal", NULL), *bytes = NULL, *file = NULL;
        gsize n_bytes, n_file;

        f->db = open_good(f);
        for (guint i = 1; i <= 20; i++)
                add_row(f->db, i);
        g_assert_true(g_file_get_contents(wal, &bytes, &n_bytes, NULL));
        g_assert_true(g_file_get_contents(f->path, &file, &n_file, NULL));
        close_database(f);
        for (guint i = 0; i < 200; i++) {
                g_autoptr(GError) error = NULL;
                guint n = 0;
                gsize at = g_test_rand_int_range(0, n_bytes);

                bytes[at] ^= 0x10;
                g_assert_true(g_file_set_contents(f->path, file, n_file, NULL));
                g_assert_true(g_file_set_contents(wal, bytes, n_bytes, NULL));
                bytes[at] ^= 0x10;
                f->db = omg_database_new(f->dir, f->format);
                g_assert_true(omg_database_read(f->db, read_all, &n, &error));
                g_assert_cmpuint(n, <=, 20);
                close_database(f);
        }
}

/* Damage that shows in a query costs what the file held, not the query. */
static void test_later(Fixture *f, gconstpointer unused)
{
        gsize length;
        g_autofree char *bytes = make_file(f, &length);
        g_autofree char *notice = NULL;

        f->db = open_good(f);
        int fd = open(f->path, O_WRONLY | O_CLOEXEC);
        g_assert_cmpint(pwrite(fd, "x", 1, length - 2000), ==, 1);
        (void)close(fd);
        g_assert_cmpuint(count_rows(f->db), ==, 0);
        notice = omg_database_steal_notice(f->db);
        g_assert_nonnull(strstr(notice, "checksum"));
        add_row(f->db, 1);
        g_assert_cmpuint(count_rows(f->db), ==, 1);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, OMG_DATABASE_OK);
}

static void store_rows(int fd, gpointer data)
{
        Fixture *f = data;
        g_autoptr(GError) error = NULL;

        f->db = omg_database_new(f->dir, f->format);
        for (guint n = count_rows(f->db) + 1; try_add_row(f->db, n, &error); n++)
                killed_acknowledge(fd, n);
}

static guint64 highest; /* acknowledged in any round */

/* Half of the rounds leave what the kill left to the next process. */
static void check_rows(guint64 last, gpointer data)
{
        Fixture *f = data;
        g_autoptr(GError) error = NULL;
        guint n;

        highest = MAX(highest, last);
        if (g_test_rand_bit())
                return;
        f->db = open_good(f);
        g_assert_true(omg_database_read(f->db, read_all, &n, &error));
        g_assert_cmpuint(n, >=, highest);
        g_assert_cmpuint(get_pragma(f->db, "SELECT integrity_check = 'ok' FROM "
                                           "pragma_integrity_check"),
                         ==, 1);
        close_database(f);
}

/* What a process was told to be committed is there when it was killed at any instant; its making
 * too may be what is interrupted. */
static void test_killed(Fixture *f, gconstpointer unused)
{
        highest = 0;
        killed_loop(N_KILLS, KILL_MAX, store_rows, check_rows, f);
        g_assert_cmpuint(highest, >, 0);
}

static void test_killed_new(Fixture *f, gconstpointer unused)
{
        for (guint i = 0; i < 40; i++) {
                static const char *const sides[] = {"", "-wal", "-journal"};
                highest = 0;
                killed_loop(1, 3000, store_rows, check_rows, f);
                for (guint j = 0; j < G_N_ELEMENTS(sides); j++) {
                        g_autofree char *path = g_strconcat(f->path, sides[j], NULL);
                        (void)unlink(path);
                }
        }
}

/* What write(2) does for SQLite from now on; SQLite has this way in for its own tests. */
static int write_errno; /* 0: as always */

static ssize_t failing_pwrite(int fd, const void *data, size_t n, off_t offset)
{
        if (write_errno == 0)
                return pwrite(fd, data, n, offset);
        errno = write_errno;
        return -1;
}

static ssize_t failing_write(int fd, const void *data, size_t n)
{
        if (write_errno == 0)
                return write(fd, data, n);
        errno = write_errno;
        return -1;
}

static void set_failing(gboolean on)
{
        sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

        (void)vfs->xSetSystemCall(vfs, "write", on ? (sqlite3_syscall_ptr)failing_write : NULL);
        (void)vfs->xSetSystemCall(vfs, "pwrite", on ? (sqlite3_syscall_ptr)failing_pwrite : NULL);
        (void)vfs->xSetSystemCall(vfs, "pwrite64", on ? (sqlite3_syscall_ptr)failing_pwrite : NULL);
}

static const struct {
        int errnum;
        OmgDatabaseState state;
        const char *name;
} failures[] = {
        {ENOSPC, OMG_DATABASE_FULL, "full"},
        {EDQUOT, OMG_DATABASE_FULL, "quota"},
        {EROFS, OMG_DATABASE_READ_ONLY, "read-only"},
        {EIO, OMG_DATABASE_FAILED, "io"},
};

/* Writes fail and say why, reads go on, nothing committed is lost, and writes resume by themselves.
 */
static void test_failing(Fixture *f, gconstpointer index)
{
        guint i = GPOINTER_TO_UINT(index);
        g_autoptr(GError) error = NULL;
        const char *message;

        set_failing(TRUE);
        f->db = open_good(f);
        add_row(f->db, 1);
        write_errno = failures[i].errnum;
        g_assert_false(try_add_row(f->db, 2, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(error->message, f->path));
        g_assert_cmpint(omg_database_get_state(f->db, &message), ==, failures[i].state);
        g_assert_cmpstr(message, !=, "");
        g_assert_cmpuint(count_rows(f->db), ==, 1);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, failures[i].state);

        write_errno = 0;
        add_row(f->db, 2);
        g_assert_cmpint(omg_database_get_state(f->db, &message), ==, OMG_DATABASE_OK);
        g_assert_cmpstr(message, ==, "");
        g_assert_null(omg_database_steal_notice(f->db));
        close_database(f);
        set_failing(FALSE);
        f->db = open_good(f);
        g_assert_cmpuint(count_rows(f->db), ==, 2);
}

/* A file that cannot be made: errors, not emptiness; and made as soon as it can be. */
static void test_failing_new(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;
        guint n = 0;

        set_failing(TRUE);
        write_errno = ENOSPC;
        f->db = omg_database_new(f->dir, f->format);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, OMG_DATABASE_FULL);
        g_assert_false(omg_database_read(f->db, read_all, &n, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        write_errno = 0;
        add_row(f->db, 1);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, OMG_DATABASE_OK);
        close_database(f);
        set_failing(FALSE);
}

/* A file system of the test's own, where that is allowed. */
static gboolean mount_small(Fixture *f)
{
        static gboolean is_apart;

        if (!is_apart && (unshare(CLONE_NEWNS) < 0 ||
                          mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)) {
                g_test_skip("no mounts of its own (not root?)");
                return FALSE;
        }
        is_apart = TRUE;
        if (mount("none", f->dir, "tmpfs", 0, "size=256k,mode=0700") < 0) {
                g_test_skip("no tmpfs can be mounted");
                return FALSE;
        }
        return TRUE;
}

static void test_full_disk(Fixture *f, gconstpointer unused)
{
        g_autofree char *ballast = g_build_filename(f->dir, "ballast", NULL);
        g_autoptr(GError) error = NULL;
        char block[4096] = "";
        guint n = 0;

        if (!mount_small(f))
                return;
        f->db = open_good(f);
        add_row(f->db, 1);
        int fd = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        while (write(fd, block, sizeof(block)) > 0)
                ;
        (void)close(fd);
        for (n = 2; try_add_row(f->db, n, &error); n++)
                ;
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, OMG_DATABASE_FULL);
        g_assert_cmpuint(count_rows(f->db), ==, n - 1);
        /* Closed and opened on the full disk. */
        close_database(f);
        f->db = omg_database_new(f->dir, f->format);
        g_assert_cmpuint(count_rows(f->db), ==, n - 1);
        g_assert_null(omg_database_steal_notice(f->db));

        g_assert_cmpint(unlink(ballast), ==, 0);
        add_row(f->db, n);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, OMG_DATABASE_OK);
        g_assert_cmpuint(count_rows(f->db), ==, n);
        close_database(f);
        g_assert_cmpint(umount(f->dir), ==, 0);
}

/* Opened where nothing can be written, with and without a log left by a kill; then it can be again.
 */
static void test_read_only_disk(Fixture *f, gconstpointer with_log)
{
        g_autofree char *wal = g_strconcat(f->path, "-wal", NULL), *bytes = NULL, *file = NULL;
        g_autoptr(GError) error = NULL;
        gsize n_bytes, n_file;
        guint n;

        if (!mount_small(f))
                return;
        f->db = open_good(f);
        for (guint i = 1; i <= 10; i++)
                add_row(f->db, i);
        g_assert_true(g_file_get_contents(wal, &bytes, &n_bytes, NULL));
        g_assert_true(g_file_get_contents(f->path, &file, &n_file, NULL));
        close_database(f);
        if (with_log) {
                g_assert_true(g_file_set_contents(f->path, file, n_file, NULL));
                g_assert_true(g_file_set_contents(wal, bytes, n_bytes, NULL));
        }
        g_assert_cmpint(mount("none", f->dir, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
        f->db = omg_database_new(f->dir, f->format);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, OMG_DATABASE_READ_ONLY);
        g_assert_true(omg_database_read(f->db, read_all, &n, &error));
        g_assert_cmpuint(n, ==, 10);
        g_assert_false(try_add_row(f->db, 11, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, OMG_DATABASE_READ_ONLY);
        g_assert_cmpuint(count_rows(f->db), ==, 10);

        g_assert_cmpint(mount("none", f->dir, "tmpfs", MS_REMOUNT, NULL), ==, 0);
        add_row(f->db, 11);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, OMG_DATABASE_OK);
        g_assert_cmpuint(count_rows(f->db), ==, 11);
        close_database(f);
        g_assert_cmpint(umount(f->dir), ==, 0);
}

/* Damage on a disk where nothing can be renamed: said, not served. */
static void test_read_only_damage(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;
        guint n = 0;

        if (!mount_small(f))
                return;
        g_assert_true(g_file_set_contents(f->path, "no database", -1, NULL));
        g_assert_cmpint(mount("none", f->dir, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
        f->db = omg_database_new(f->dir, f->format);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, OMG_DATABASE_FAILED);
        g_assert_false(omg_database_read(f->db, read_all, &n, &error));
        g_assert_nonnull(strstr(error->message, "cannot be set aside"));
        close_database(f);
        g_assert_cmpint(umount(f->dir), ==, 0);
}

/* A folder in which nothing can be made, for a user whom that stops. */
static void read_as_nobody(Fixture *f)
{
        g_autoptr(GError) error = NULL;
        guint n = 0;

        if (setgid(65534) < 0 || setuid(65534) < 0)
                _exit(77);
        f->db = omg_database_new(f->dir, f->format);
        if (omg_database_get_state(f->db, NULL) != OMG_DATABASE_READ_ONLY ||
            !omg_database_read(f->db, read_all, &n, &error) || n != 3 ||
            try_add_row(f->db, 4, &error))
                _exit(1);
        _exit(0);
}

static void test_read_only_folder(Fixture *f, gconstpointer unused)
{
        if (geteuid() != 0) {
                g_test_skip("not root: no second user");
                return;
        }
        f->db = open_good(f);
        for (guint i = 1; i <= 3; i++)
                add_row(f->db, i);
        close_database(f);
        g_assert_cmpint(chown(f->path, 65534, 65534), ==, 0);
        g_assert_cmpint(chown(f->dir, 65534, 65534), ==, 0);
        g_assert_cmpint(chmod(f->dir, 0500), ==, 0);
        int status;
        pid_t pid = fork();
        if (pid == 0)
                read_as_nobody(f);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        if (status == 77 << 8)
                g_test_skip("cannot become another user");
        else
                g_assert_cmpint(status, ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fixture_add("/database-hostile/flips", test_flips, NULL);
        fixture_add("/database-hostile/misplaced", test_misplaced, NULL);
        fixture_add("/database-hostile/lost", test_lost, NULL);
        fixture_add("/database-hostile/flips-in-log", test_flips_in_log, NULL);
        fixture_add("/database-hostile/later", test_later, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(failures); i++) {
                g_autofree char *name =
                        g_strconcat("/database-hostile/failing/", failures[i].name, NULL);
                fixture_add(name, test_failing, GUINT_TO_POINTER(i));
        }
        fixture_add("/database-hostile/failing-new", test_failing_new, NULL);
        fixture_add("/database-hostile/read-only-folder", test_read_only_folder, NULL);
        fixture_add("/database-hostile/killed", test_killed, NULL);
        fixture_add("/database-hostile/killed-new", test_killed_new, NULL);
        fixture_add("/database-hostile/full-disk", test_full_disk, NULL);
        fixture_add("/database-hostile/read-only-disk", test_read_only_disk, NULL);
        fixture_add("/database-hostile/read-only-disk-log", test_read_only_disk, "log");
        fixture_add("/database-hostile/read-only-damage", test_read_only_damage, NULL);
        return g_test_run();
}
