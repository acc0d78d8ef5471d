/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "loop/log.h"
#include "loop/status-file.h"

#define SIZE       32u
#define SHORT_MSEC 20u
#define LONG_MSEC  3600000u
#define WAIT_USEC  (20 * G_USEC_PER_SEC)

static const OmgStatusCounts some = {.total = 1500, .explicit = 300, .orphans = 7, .updates = 42};

typedef struct Fixture {
        sd_event *event;
        OmgWorker *worker;
        OmgPaths paths;
        char *folder;
        char *target;
        OmgStatusFile *file;
        int n_warnings; /* atomic */
        int n_notices;
} Fixture;

static void count(int priority, const struct iovec *fields, gsize n_fields, gpointer data)
{
        Fixture *f = data;

        if (priority == LOG_WARNING)
                g_atomic_int_inc(&f->n_warnings);
        if (priority == LOG_NOTICE)
                g_atomic_int_inc(&f->n_notices);
}

static void set_up(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;

        omg_log_set_sink(count, f);
        f->folder = g_dir_make_tmp("omg-status-XXXXXX", &error);
        g_assert_no_error(error);
        f->paths.status_file = g_build_filename(f->folder, "omg.status", NULL);
        f->target = g_build_filename(f->folder, "target", NULL);
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        f->worker = omg_worker_new(f->event, &error);
        g_assert_no_error(error);
}

static void start(Fixture *f, guint interval_msec)
{
        f->file = omg_status_file_new(f->worker, &f->paths, interval_msec);
}

static void end(Fixture *f)
{
        omg_status_file_free(g_steal_pointer(&f->file));
        g_clear_pointer(&f->worker, omg_worker_free);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        if (f->worker)
                end(f);
        omg_log_set_sink(NULL, NULL);
        sd_event_unref(f->event);
        (void)g_rmdir(f->paths.status_file);
        (void)g_unlink(f->paths.status_file);
        (void)g_unlink(f->target);
        /* So nothing else was left there either. */
        g_assert_cmpint(g_rmdir(f->folder), ==, 0);
        g_free(f->paths.status_file);
        g_free(f->target);
        g_free(f->folder);
}

static void raise_flag(gpointer data)
{
        g_atomic_int_set((int *)data, 1);
}

/* Returns when the worker has done what it was told before. */
static void settle(Fixture *f)
{
        int is_done = 0;
        gint64 deadline = g_get_monotonic_time() + WAIT_USEC;

        omg_worker_run(f->worker, raise_flag, &is_done, NULL);
        while (!g_atomic_int_get(&is_done)) {
                g_assert_cmpint(g_get_monotonic_time(), <, deadline);
                g_usleep(500);
        }
}

static gboolean exists(const char *path)
{
        struct stat st;

        return lstat(path, &st) == 0;
}

static guint64 get_inode(const char *path)
{
        struct stat st;

        return lstat(path, &st) == 0 ? st.st_ino : 0;
}

static void write_text(const char *path, const char *text)
{
        g_autoptr(GError) error = NULL;

        g_file_set_contents(path, text, -1, &error);
        g_assert_no_error(error);
}

static void assert_text(const char *path, const char *text)
{
        g_autofree char *found = NULL;

        g_assert_true(g_file_get_contents(path, &found, NULL, NULL));
        g_assert_cmpstr(found, ==, text);
}

static guint64 get_number(const char *bytes, gsize at, gsize width)
{
        guint64 number = 0;

        while (width-- > 0)
                number = number << 8 | (guint8)bytes[at + width];
        return number;
}

static void assert_holds(const char *path, const OmgStatusCounts *counts, gint64 since)
{
        g_autofree char *bytes = NULL;
        gsize length;
        guint64 stamp;

        g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
        g_assert_cmpuint(length, ==, SIZE);
        g_assert_cmpmem(bytes, 8, "SGMO\1\0\0\0", 8);
        g_assert_cmpuint(get_number(bytes, 8, 4), ==, counts->total);
        g_assert_cmpuint(get_number(bytes, 12, 4), ==, counts->explicit);
        g_assert_cmpuint(get_number(bytes, 16, 4), ==, counts->orphans);
        g_assert_cmpuint(get_number(bytes, 20, 4), ==, counts->updates);
        stamp = get_number(bytes, 24, 8);
        g_assert_cmpuint(stamp, >=, (guint64)since);
        g_assert_cmpuint(stamp, <=, (guint64)(g_get_real_time() / G_USEC_PER_SEC));
}

/* The 32 bytes are those of the format, in a file for its owner alone, and follow the counts; gone
 * when these are unknown, and at the end. */
static void test_content(Fixture *f, gconstpointer unused)
{
        gint64 now = g_get_real_time() / G_USEC_PER_SEC;
        const OmgStatusCounts others = {.total = G_MAXUINT32 - 1, .updates = 0x01020304};
        struct stat st;

        start(f, LONG_MSEC);
        settle(f);
        g_assert_false(exists(f->paths.status_file));
        omg_status_file_set(f->file, &some);
        settle(f);
        assert_holds(f->paths.status_file, &some, now);
        g_assert_cmpint(lstat(f->paths.status_file, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 07777, ==, 0600);
        omg_status_file_set(f->file, &others);
        settle(f);
        assert_holds(f->paths.status_file, &others, now);
        omg_status_file_set(f->file, NULL);
        settle(f);
        g_assert_false(exists(f->paths.status_file));
        omg_status_file_set(f->file, &some);
        end(f);
        g_assert_false(exists(f->paths.status_file));
        g_assert_cmpint(f->n_warnings, ==, 0);
}

/* A file that a killed omgd left does not outlive the next start, nor does what stands in it. */
static void test_left(Fixture *f, gconstpointer unused)
{
        write_text(f->paths.status_file, "left");
        start(f, LONG_MSEC);
        settle(f);
        g_assert_false(exists(f->paths.status_file));
        g_assert_cmpint(f->n_warnings, ==, 0);
}

/* It is written anew, as a whole (another inode), at each interval; not any more once the counts
 * are unknown. */
static void test_again(Fixture *f, gconstpointer unused)
{
        gint64 deadline = g_get_monotonic_time() + WAIT_USEC;
        gint64 now = g_get_real_time() / G_USEC_PER_SEC;
        guint64 before;

        start(f, SHORT_MSEC);
        omg_status_file_set(f->file, &some);
        settle(f);
        for (guint i = 0; i < 3; i++) {
                int held = open(f->paths.status_file, O_RDONLY | O_CLOEXEC);

                /* Held open, so that its number is not given to the next. */
                g_assert_cmpint(held, >=, 0);
                for (before = get_inode(f->paths.status_file);
                     get_inode(f->paths.status_file) == before;) {
                        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
                        g_usleep(1000);
                }
                (void)close(held);
        }
        assert_holds(f->paths.status_file, &some, now);
        omg_status_file_set(f->file, NULL);
        settle(f);
        g_usleep((gulong)5 * SHORT_MSEC * 1000);
        g_assert_false(exists(f->paths.status_file));
}

static void assert_left_alone(Fixture *f)
{
        start(f, SHORT_MSEC);
        settle(f);
        g_assert_cmpint(g_atomic_int_get(&f->n_warnings), ==, 1);
        omg_status_file_set(f->file, &some);
        settle(f);
        g_usleep((gulong)5 * SHORT_MSEC * 1000);
        omg_status_file_set(f->file, NULL);
        settle(f);
        omg_status_file_set(f->file, &some);
        end(f);
        g_assert_cmpint(f->n_warnings, ==, 1);
}

/* A symlink is neither followed nor replaced nor removed: not at the start, not when the counts
 * come or go, not at the end. It is said once. */
static void test_symlink(Fixture *f, gconstpointer unused)
{
        write_text(f->target, "mine");
        g_assert_cmpint(symlink(f->target, f->paths.status_file), ==, 0);
        assert_left_alone(f);
        g_assert_true(g_file_test(f->paths.status_file, G_FILE_TEST_IS_SYMLINK));
        assert_text(f->target, "mine");
}

/* Nor through one that leads nowhere: nothing appears at its end. */
static void test_dangling(Fixture *f, gconstpointer unused)
{
        g_assert_cmpint(symlink(f->target, f->paths.status_file), ==, 0);
        assert_left_alone(f);
        g_assert_true(g_file_test(f->paths.status_file, G_FILE_TEST_IS_SYMLINK));
        g_assert_false(exists(f->target));
}

static void test_directory(Fixture *f, gconstpointer unused)
{
        g_assert_cmpint(g_mkdir(f->paths.status_file, 0700), ==, 0);
        assert_left_alone(f);
        g_assert_true(g_file_test(f->paths.status_file, G_FILE_TEST_IS_DIR));
}

/* A file of another user stays as it is, also where permissions would allow more. */
static void test_foreign(Fixture *f, gconstpointer unused)
{
        if (geteuid() != 0) {
                g_test_skip("only root can make another user's file");
                return;
        }
        write_text(f->paths.status_file, "theirs");
        g_assert_cmpint(chown(f->paths.status_file, 65534, 65534), ==, 0);
        assert_left_alone(f);
        assert_text(f->paths.status_file, "theirs");
}

/* A folder that is not there is said once, tried again at each interval, and its coming is said. */
static void test_missing_folder(Fixture *f, gconstpointer unused)
{
        gint64 deadline = g_get_monotonic_time() + WAIT_USEC;
        gint64 now = g_get_real_time() / G_USEC_PER_SEC;

        g_assert_cmpint(g_rmdir(f->folder), ==, 0);
        start(f, SHORT_MSEC);
        omg_status_file_set(f->file, &some);
        settle(f);
        g_usleep((gulong)5 * SHORT_MSEC * 1000);
        g_assert_cmpint(g_atomic_int_get(&f->n_warnings), ==, 1);
        g_assert_cmpint(g_mkdir(f->folder, 0700), ==, 0);
        while (!exists(f->paths.status_file) || g_atomic_int_get(&f->n_notices) == 0) {
                g_assert_cmpint(g_get_monotonic_time(), <, deadline);
                g_usleep(1000);
        }
        assert_holds(f->paths.status_file, &some, now);
        g_assert_cmpint(g_atomic_int_get(&f->n_warnings), ==, 1);
        g_assert_cmpint(g_atomic_int_get(&f->n_notices), ==, 1);
}

/* After the worker's end nothing is written, and freeing is still right. */
static void test_late(Fixture *f, gconstpointer unused)
{
        start(f, LONG_MSEC);
        omg_worker_stop(f->worker);
        omg_status_file_set(f->file, &some);
        end(f);
        g_assert_false(exists(f->paths.status_file));
        omg_status_file_free(NULL);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);

#define ADD(path, function) \
        g_test_add("/status-file/" path, Fixture, NULL, set_up, function, tear_down)
        ADD("content", test_content);
        ADD("left-by-a-killed-one", test_left);
        ADD("written-again", test_again);
        ADD("symlink", test_symlink);
        ADD("dangling-symlink", test_dangling);
        ADD("directory", test_directory);
        ADD("foreign", test_foreign);
        ADD("missing-folder", test_missing_folder);
        ADD("late", test_late);
        return g_test_run();
}
