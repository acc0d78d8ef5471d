/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "loop/watch.h"

/* Nothing is told within this time: it did not count. Longer than the quiet time. */
#define SILENCE_MSEC 350
#define LONG_MSEC    10000

typedef struct Fixture {
        GMainContext *context;
        OmgWatch *watch;
        char *directory;
        guint n_changes;
        guint n_errors;
        GError *last_error;
        gint64 told_usec; /* when the last change was told */
        gboolean free_in_change;
} Fixture;

static void on_change(const GError *error, gpointer data)
{
        Fixture *f = data;

        if (error) {
                f->n_errors++;
                g_clear_error(&f->last_error);
                f->last_error = g_error_copy(error);
        } else {
                f->n_changes++;
                f->told_usec = g_get_monotonic_time();
        }
        if (f->free_in_change)
                g_clear_pointer(&f->watch, omg_watch_free);
}

static void remove_tree(const char *path)
{
        g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
        const char *name;

        while (directory && (name = g_dir_read_name(directory))) {
                g_autofree char *child = g_build_filename(path, name, NULL);

                if (g_file_test(child, G_FILE_TEST_IS_DIR) &&
                    !g_file_test(child, G_FILE_TEST_IS_SYMLINK))
                        remove_tree(child);
                else
                        (void)g_unlink(child);
        }
        (void)g_rmdir(path);
}

static void set_up(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *made = g_dir_make_tmp("omg-watch-XXXXXX", &error);

        g_assert_no_error(error);
        /* Without symlinks, so that a test sees those it makes and no others. */
        f->directory = realpath(made, NULL);
        f->context = g_main_context_new();
        f->watch = omg_watch_new(f->context, on_change, f);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        omg_watch_free(f->watch);
        g_main_context_unref(f->context);
        g_clear_error(&f->last_error);
        remove_tree(f->directory);
        free(f->directory);
}

static char *in_dir(Fixture *f, const char *name)
{
        return g_build_filename(f->directory, name, NULL);
}

static void write_file(Fixture *f, const char *name, const char *text)
{
        g_autofree char *path = in_dir(f, name);
        g_autoptr(GError) error = NULL;

        /* In place: no temporary file, no rename. */
        g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, &error);
        g_assert_no_error(error);
}

static void make_dir(Fixture *f, const char *name)
{
        g_autofree char *path = in_dir(f, name);

        g_assert_cmpint(g_mkdir_with_parents(path, 0755), ==, 0);
}

static void move_file(Fixture *f, const char *from, const char *to)
{
        g_autofree char *from_path = in_dir(f, from);
        g_autofree char *to_path = in_dir(f, to);

        g_assert_cmpint(g_rename(from_path, to_path), ==, 0);
}

static void remove_file(Fixture *f, const char *name)
{
        g_autofree char *path = in_dir(f, name);

        g_assert_cmpint(g_remove(path), ==, 0);
}

static void set_path(Fixture *f, const char *name)
{
        g_autofree char *path = in_dir(f, name);

        omg_watch_set_paths(f->watch, (const char *const[]){path, NULL});
}

static gboolean on_time(gpointer data)
{
        *(gboolean *)data = TRUE;
        return G_SOURCE_REMOVE;
}

/* Turns the context for so long, or until a change or an error came. */
static void turn(Fixture *f, guint msec, gboolean to_the_end)
{
        g_autoptr(GSource) timeout = g_timeout_source_new(msec);
        guint seen = f->n_changes + f->n_errors;
        gboolean is_over = FALSE;

        g_source_set_callback(timeout, on_time, &is_over, NULL);
        g_source_attach(timeout, f->context);
        while (!is_over && (to_the_end || f->n_changes + f->n_errors == seen))
                (void)g_main_context_iteration(f->context, TRUE);
        g_source_destroy(timeout);
}

/* One change is told, and no second follows. */
static void assert_change(Fixture *f)
{
        guint before = f->n_changes;

        turn(f, LONG_MSEC, FALSE);
        g_assert_cmpuint(f->n_changes, ==, before + 1);
        g_assert_cmpuint(f->n_errors, ==, 0);
}

static void assert_silence(Fixture *f)
{
        guint before = f->n_changes;

        turn(f, SILENCE_MSEC, TRUE);
        g_assert_cmpuint(f->n_changes, ==, before);
        g_assert_cmpuint(f->n_errors, ==, 0);
}

/* A file is followed through writing, replacing by rename, deleting and making again; its
 * neighbours do not count, nor does setting the watch. */
static void test_file(Fixture *f, gconstpointer unused)
{
        write_file(f, "core.db", "1");
        set_path(f, "core.db");
        assert_silence(f);

        write_file(f, "core.db", "2");
        assert_change(f);
        write_file(f, "core.db.part", "3");
        assert_silence(f);
        move_file(f, "core.db.part", "core.db");
        assert_change(f);
        remove_file(f, "core.db");
        assert_change(f);
        write_file(f, "core.db", "4");
        assert_change(f);
        write_file(f, "core.db", "5");
        assert_change(f);
        assert_silence(f);
}

/* In a directory every entry counts, and the directory itself may go and come back. */
static void test_directory(Fixture *f, gconstpointer unused)
{
        make_dir(f, "local");
        set_path(f, "local");
        make_dir(f, "local/a-1-1");
        assert_change(f);
        write_file(f, "local/ALPM_DB_VERSION", "9");
        assert_change(f);
        move_file(f, "local", "local.old");
        assert_change(f);
        write_file(f, "local.old/x", "unwatched");
        assert_silence(f);
        make_dir(f, "local");
        assert_change(f);
        make_dir(f, "local/b-1-1");
        assert_change(f);
}

/* A path two levels below what exists is waited for, step by step. */
static void test_missing(Fixture *f, gconstpointer unused)
{
        set_path(f, "lib/pacman/local");
        assert_silence(f);
        make_dir(f, "other");
        assert_silence(f);
        make_dir(f, "lib");
        assert_change(f);
        make_dir(f, "lib/pacman");
        assert_change(f);
        make_dir(f, "lib/pacman/local");
        assert_change(f);
        make_dir(f, "lib/pacman/local/a-1-1");
        assert_change(f);
}

/* All levels at once, and the last with content: what came before the watch could follow is part of
 * the one change, and what comes later is seen. */
static void test_missing_at_once(Fixture *f, gconstpointer unused)
{
        set_path(f, "lib/pacman/local");
        make_dir(f, "lib/pacman/local/a-1-1");
        assert_change(f);
        assert_silence(f);
        make_dir(f, "lib/pacman/local/b-1-1");
        assert_change(f);

        /* And the whole tree may go and come again. */
        remove_file(f, "lib/pacman/local/a-1-1");
        remove_file(f, "lib/pacman/local/b-1-1");
        remove_file(f, "lib/pacman/local");
        remove_file(f, "lib/pacman");
        remove_file(f, "lib");
        assert_change(f);
        make_dir(f, "lib/pacman/local");
        assert_change(f);
        make_dir(f, "lib/pacman/local/c-1-1");
        assert_change(f);
}

/* A symlink is followed to where it leads, and may be pointed elsewhere. */
static void test_symlink(Fixture *f, gconstpointer unused)
{
        g_autofree char *link = in_dir(f, "pacman.conf");

        make_dir(f, "dotfiles");
        write_file(f, "dotfiles/pacman.conf", "1");
        g_assert_cmpint(symlink("dotfiles/pacman.conf", link), ==, 0);
        set_path(f, "pacman.conf");
        write_file(f, "dotfiles/pacman.conf", "2");
        assert_change(f);
        write_file(f, "dotfiles/new", "3");
        move_file(f, "dotfiles/new", "dotfiles/pacman.conf");
        assert_change(f);
        remove_file(f, "pacman.conf");
        assert_change(f);
        write_file(f, "dotfiles/pacman.conf", "4");
        assert_silence(f);
}

/* Another set of paths replaces the first, also where they share a directory. */
static void test_set_paths(Fixture *f, gconstpointer unused)
{
        make_dir(f, "old");
        set_path(f, "old");
        set_path(f, "new");
        write_file(f, "old/x", "1");
        assert_silence(f);
        write_file(f, "new", "1");
        assert_change(f);
        omg_watch_set_paths(f->watch, (const char *const[]){NULL});
        write_file(f, "new", "2");
        assert_silence(f);
}

/* A burst is one change, told after the quiet time; what never pauses is told after two seconds. */
static void test_debounce(Fixture *f, gconstpointer unused)
{
        gint64 first_usec, last_usec = 0;

        set_path(f, "core.db");
        for (int i = 0; i < 5; i++) {
                gint64 before_usec = last_usec;

                write_file(f, "core.db", "x");
                last_usec = g_get_monotonic_time();
                turn(f, 50, TRUE);
                if (i > 0 && last_usec - before_usec > OMG_WATCH_QUIET_MSEC * 1000 / 2) {
                        g_test_skip("the machine is too busy to write often enough");
                        return;
                }
        }
        g_assert_cmpuint(f->n_changes, ==, 0);
        assert_change(f);
        g_assert_cmpint(f->told_usec - last_usec, >=, OMG_WATCH_QUIET_MSEC * 1000);
        assert_silence(f);

        first_usec = last_usec = g_get_monotonic_time();
        for (int i = 0; i < 200 && f->n_changes == 1; i++) {
                if (g_get_monotonic_time() - last_usec > OMG_WATCH_QUIET_MSEC * 1000 / 2) {
                        g_test_skip("the machine is too busy to write often enough");
                        return;
                }
                last_usec = g_get_monotonic_time();
                write_file(f, "core.db", "x");
                turn(f, 50, FALSE);
        }
        g_assert_cmpuint(f->n_changes, ==, 2);
        g_assert_cmpint(f->told_usec - first_usec, >=, (OMG_WATCH_DELAY_MSEC - 100) * 1000);
        g_assert_cmpint(f->told_usec - first_usec, <, 2 * OMG_WATCH_DELAY_MSEC * 1000);
}

/* While pacman's lock file is there, changes wait; when it goes they are one change. */
static void test_lock(Fixture *f, gconstpointer unused)
{
        g_autofree char *lock = in_dir(f, "db.lck");

        make_dir(f, "local");
        set_path(f, "local");
        omg_watch_set_lock_file(f->watch, lock);
        g_assert_false(omg_watch_is_locked(f->watch));

        write_file(f, "db.lck", "");
        turn(f, 50, TRUE);
        g_assert_true(omg_watch_is_locked(f->watch));
        make_dir(f, "local/a-1-1");
        turn(f, OMG_WATCH_DELAY_MSEC + SILENCE_MSEC, TRUE);
        g_assert_cmpuint(f->n_changes, ==, 0);
        remove_file(f, "db.lck");
        g_assert_false(omg_watch_is_locked(f->watch));
        assert_change(f);
        assert_silence(f);

        /* pacman -D: nothing we watch changes but the lock file. */
        write_file(f, "db.lck", "");
        turn(f, 50, TRUE);
        remove_file(f, "db.lck");
        assert_change(f);
        assert_silence(f);
}

/* A lock that was there before us holds back too, without being a change itself. */
static void test_lock_before(Fixture *f, gconstpointer unused)
{
        g_autofree char *lock = in_dir(f, "db.lck");

        write_file(f, "db.lck", "");
        omg_watch_set_lock_file(f->watch, lock);
        g_assert_true(omg_watch_is_locked(f->watch));
        set_path(f, "core.db");
        assert_silence(f);
        write_file(f, "core.db", "1");
        assert_silence(f);
        remove_file(f, "db.lck");
        assert_change(f);

        /* Without a lock file to heed, nothing is held back. */
        write_file(f, "db.lck", "");
        omg_watch_set_lock_file(f->watch, NULL);
        write_file(f, "core.db", "2");
        assert_change(f);
}

/* A lock left behind stops holding back after its time; a new one counts afresh. */
static void test_lock_stale(Fixture *f, gconstpointer unused)
{
        g_autofree char *lock = in_dir(f, "db.lck");
        gint64 start_usec;

        set_path(f, "core.db");
        omg_watch_set_lock_file(f->watch, lock);
        omg_watch_set_lock_max(f->watch, 1000);
        start_usec = g_get_monotonic_time();
        write_file(f, "db.lck", "");
        assert_change(f);
        g_assert_cmpint(f->told_usec - start_usec, >=, 1000 * 1000);
        g_assert_false(omg_watch_is_locked(f->watch));
        write_file(f, "core.db", "1");
        assert_change(f);

        remove_file(f, "db.lck");
        write_file(f, "db.lck", "");
        turn(f, 50, TRUE);
        g_assert_true(omg_watch_is_locked(f->watch));
        assert_silence(f);
        assert_change(f);
}

/* What a refresh does after every change, with the lock and the paths unchanged, gives a lock left
 * behind no new time: it delays once, not every change. */
static void test_lock_stale_again(Fixture *f, gconstpointer unused)
{
        g_autofree char *lock = in_dir(f, "db.lck");
        gint64 start_usec;

        write_file(f, "db.lck", "");
        omg_watch_set_lock_file(f->watch, lock);
        omg_watch_set_lock_max(f->watch, 3000);
        set_path(f, "core.db");
        write_file(f, "core.db", "1");
        assert_change(f);

        for (guint i = 0; i < 2; i++) {
                omg_watch_set_lock_file(f->watch, lock);
                set_path(f, "core.db");
                g_assert_false(omg_watch_is_locked(f->watch));
                start_usec = g_get_monotonic_time();
                write_file(f, "core.db", "2");
                assert_change(f);
                g_assert_cmpint(f->told_usec - start_usec, <, 2500 * 1000);
        }
}

/* Idle: the context sleeps, without a timer. */
static void test_idle(Fixture *f, gconstpointer unused)
{
        GPollFD fds[8];
        int priority, timeout_msec = 0;

        set_path(f, "core.db");
        write_file(f, "core.db", "1");
        assert_change(f);
        g_assert_true(g_main_context_acquire(f->context));
        g_assert_false(g_main_context_prepare(f->context, &priority));
        (void)g_main_context_query(f->context, G_MAXINT, &timeout_msec, fds, G_N_ELEMENTS(fds));
        g_assert_cmpint(timeout_msec, ==, -1);
        g_main_context_release(f->context);
}

/* More events than the kernel keeps: told as a change, and the watch goes on. */
static void test_overflow(Fixture *f, gconstpointer unused)
{
        g_autofree char *text = NULL;
        guint64 limit = 0;

        if (!g_file_get_contents("/proc/sys/fs/inotify/max_queued_events", &text, NULL, NULL) ||
            (limit = g_ascii_strtoull(text, NULL, 10)) > 100000) {
                g_test_skip("the queue is too long to fill");
                return;
        }
        make_dir(f, "local");
        set_path(f, "local");
        /* Making and removing in turn: the kernel merges an event with an equal one before it. */
        for (guint64 i = 0; i < limit / 2 + 100; i++) {
                g_autofree char *name = g_strdup_printf("%s/local/%u", f->directory, (guint)i % 2);

                g_assert_cmpint(mkdir(name, 0700), ==, 0);
                g_assert_cmpint(rmdir(name), ==, 0);
        }
        assert_change(f);
        make_dir(f, "local/later");
        assert_change(f);
}

/* What cannot be watched is named, once however often the set is given again, and works again when
 * it can. Root may read everything, so the descriptors are taken away instead. */
static void test_failure(Fixture *f, gconstpointer unused)
{
        g_autofree char *lock = in_dir(f, "db.lck");
        struct rlimit old, none;

        g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &old), ==, 0);
        none = (struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max};
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
        for (guint i = 0; i < 3; i++) {
                omg_watch_set_lock_file(f->watch, lock);
                set_path(f, "core.db");
        }
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &old), ==, 0);
        g_assert_cmpuint(f->n_errors, ==, 0); /* never from inside the call */
        turn(f, SILENCE_MSEC, TRUE);
        g_assert_cmpuint(f->n_errors, ==, 1);
        g_assert_error(f->last_error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(f->last_error->message, "inotify"));

        set_path(f, "core.db");
        write_file(f, "core.db", "1");
        turn(f, LONG_MSEC, FALSE);
        g_assert_cmpuint(f->n_changes, ==, 1);
        g_assert_cmpuint(f->n_errors, ==, 1);
}

/* A path the kernel refuses is named with the reason; the others are watched all the same. */
static void test_refused(Fixture *f, gconstpointer unused)
{
        g_autofree char *loop = in_dir(f, "loop");
        g_autofree char *below = in_dir(f, "loop/core.db");
        g_autofree char *good = in_dir(f, "extra.db");

        g_assert_cmpint(symlink("loop", loop), ==, 0);
        omg_watch_set_paths(f->watch, (const char *const[]){below, good, NULL});
        turn(f, SILENCE_MSEC, TRUE);
        g_assert_cmpuint(f->n_errors, ==, 1);
        g_assert_nonnull(strstr(f->last_error->message, loop));
        g_assert_nonnull(strstr(f->last_error->message, g_strerror(ELOOP)));
        write_file(f, "extra.db", "1");
        turn(f, SILENCE_MSEC, TRUE);
        g_assert_cmpuint(f->n_changes, ==, 1);
        g_assert_cmpuint(f->n_errors, ==, 1);

        /* Not again when the same set is given again; but when it failed anew. */
        omg_watch_set_paths(f->watch, (const char *const[]){below, good, NULL});
        turn(f, SILENCE_MSEC, TRUE);
        g_assert_cmpuint(f->n_errors, ==, 1);
        remove_file(f, "loop");
        turn(f, SILENCE_MSEC, TRUE);
        g_assert_cmpint(symlink("loop", loop), ==, 0);
        omg_watch_set_paths(f->watch, (const char *const[]){below, good, NULL});
        turn(f, SILENCE_MSEC, TRUE);
        g_assert_cmpuint(f->n_errors, ==, 2);
}

/* A directory we may not read is named, and watched once we may. */
static void test_unreadable(Fixture *f, gconstpointer unused)
{
        g_autofree char *closed = in_dir(f, "closed");
        uid_t uid = geteuid();

        make_dir(f, "closed");
        g_assert_cmpint(g_chmod(f->directory, 0755), ==, 0);
        g_assert_cmpint(g_chmod(closed, 0), ==, 0);
        /* Root may read everything: be somebody else meanwhile. */
        g_assert_true(uid != 0 || seteuid(65534) == 0);
        set_path(f, "closed/core.db");
        turn(f, SILENCE_MSEC, TRUE);
        g_assert_cmpuint(f->n_errors, ==, 1);
        g_assert_nonnull(strstr(f->last_error->message, closed));
        g_assert_nonnull(strstr(f->last_error->message, g_strerror(EACCES)));

        g_assert_cmpint(seteuid(uid), ==, 0);
        g_assert_cmpint(g_chmod(closed, 0755), ==, 0);
        turn(f, LONG_MSEC, FALSE);
        write_file(f, "closed/core.db", "1");
        turn(f, LONG_MSEC, FALSE);
        g_assert_cmpuint(f->n_changes, ==, 2);
        g_assert_cmpuint(f->n_errors, ==, 1);
}

static guint n_locks; /* told so far, and the last word */
static gboolean is_lock_there;

static void on_lock(gboolean is_there, gpointer data)
{
        n_locks++;
        is_lock_there = is_there;
}

/* The coming and going of the lock file is told at once, while changes wait for its end; one that
 * is there already counts as coming, and another file as going. */
static void test_lock_told(Fixture *f, gconstpointer unused)
{
        g_autofree char *lock = in_dir(f, "db.lck");

        n_locks = 0;
        omg_watch_set_on_lock(f->watch, on_lock);
        set_path(f, "core.db");
        omg_watch_set_lock_file(f->watch, lock);
        g_assert_cmpuint(n_locks, ==, 0);
        write_file(f, "db.lck", "");
        turn(f, SILENCE_MSEC, TRUE);
        g_assert_cmpuint(n_locks, ==, 1);
        g_assert_true(is_lock_there);
        g_assert_cmpuint(f->n_changes, ==, 0);
        omg_watch_set_lock_file(f->watch, NULL);
        g_assert_cmpuint(n_locks, ==, 2);
        g_assert_false(is_lock_there);
        omg_watch_set_lock_file(f->watch, lock);
        g_assert_cmpuint(n_locks, ==, 3);
        remove_file(f, "db.lck");
        turn(f, LONG_MSEC, FALSE);
        g_assert_cmpuint(n_locks, ==, 4);
        g_assert_false(is_lock_there);
}

/* The watch may be freed from what it calls. */
static void test_free_in_change(Fixture *f, gconstpointer unused)
{
        f->free_in_change = TRUE;
        set_path(f, "core.db");
        write_file(f, "core.db", "1");
        assert_change(f);
        g_assert_null(f->watch);
        assert_silence(f);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(path, func) g_test_add("/watch/" path, Fixture, NULL, set_up, func, tear_down)
        ADD("file", test_file);
        ADD("directory", test_directory);
        ADD("missing", test_missing);
        ADD("missing-at-once", test_missing_at_once);
        ADD("symlink", test_symlink);
        ADD("set-paths", test_set_paths);
        ADD("debounce", test_debounce);
        ADD("lock", test_lock);
        ADD("lock-before", test_lock_before);
        ADD("lock-told", test_lock_told);
        ADD("lock-stale", test_lock_stale);
        ADD("lock-stale-again", test_lock_stale_again);
        ADD("idle", test_idle);
        ADD("overflow", test_overflow);
        ADD("failure", test_failure);
        ADD("refused", test_refused);
        ADD("unreadable", test_unreadable);
        ADD("free-in-change", test_free_in_change);
        return g_test_run();
}
