/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which of two databases counts; that copies follow pacman's, keep times, and leave pacman's files
 * as they are; that a fetched database comes into place whole, whatever a crash leaves. */

#include "loop/sync-copies.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sources/stamps.h"
#include "sources/sync-copy.h"

typedef struct {
        char *dir;
        char *cache;
        OmgPacmanConf *conf;
} Fixture;

/* Below the fixture's folder, with its time in seconds. */
static void write_file(const Fixture *f, const char *name, const char *content, gint64 seconds)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(f->dir, name, NULL);
        g_autofree char *parent = g_path_get_dirname(path);
        const struct timespec times[2] = {{seconds, 5}, {seconds, 5}};

        g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
        g_file_set_contents(path, content, -1, &error);
        g_assert_no_error(error);
        g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
}

static void assert_file(const Fixture *f, const char *name, const char *content, gint64 seconds)
{
        g_autofree char *path = g_build_filename(f->dir, name, NULL);
        g_autofree char *got = NULL;
        struct stat st;

        if (!content) {
                g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
                return;
        }
        g_assert_true(g_file_get_contents(path, &got, NULL, NULL));
        g_assert_cmpstr(got, ==, content);
        g_assert_cmpint(stat(path, &st), ==, 0);
        if (seconds > 0) {
                g_assert_cmpint(st.st_mtim.tv_sec, ==, seconds);
                g_assert_cmpint(st.st_mtim.tv_nsec, ==, 5);
        }
}

static void remove_tree(const char *path)
{
        g_autoptr(GDir) dir =
                g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                remove_tree(child);
        }
        g_assert_cmpint(g_remove(path), ==, 0);
}

static OmgPacmanConf *load(const Fixture *f, const char *db, const char *repositories)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(f->dir, "pacman.conf", NULL);
        g_autofree char *content =
                g_strdup_printf("[options]\nDBPath = %s/%s\n%s", f->dir, db, repositories);

        write_file(f, "pacman.conf", content, 1);
        OmgPacmanConf *conf = omg_pacman_conf_load(path, NULL, NULL, &error);
        g_assert_no_error(error);
        omg_sync_copy_set_cache_dir(conf, f->cache);
        return conf;
}

static void set_up(Fixture *f, gconstpointer data)
{
        f->dir = g_dir_make_tmp("omg-copies-XXXXXX", NULL);
        f->cache = g_build_filename(f->dir, "cache", NULL);
        write_file(f, "db/sync/core.db", "core 1", 1000);
        write_file(f, "db/sync/core.db.sig", "sig 1", 1000);
        write_file(f, "db/sync/extra.db", "extra 1", 1000);
        write_file(f, "db/local/ALPM_DB_VERSION", "9\n", 1000);
        f->conf = load(f, "db", "[core]\n[extra]\n");
}

static void tear_down(Fixture *f, gconstpointer data)
{
        remove_tree(f->dir);
        g_free(f->dir);
        g_free(f->cache);
        omg_pacman_conf_unref(f->conf);
}

static void prepare(const Fixture *f)
{
        g_autoptr(GError) error = NULL;

        g_assert_true(omg_sync_copies_prepare(f->conf, &error));
        g_assert_no_error(error);
        g_assert_true(omg_sync_copies_update(f->conf, &error));
        g_assert_no_error(error);
}

static void take(const Fixture *f, const char *content, const char *sig, gint64 seconds)
{
        g_autoptr(GError) error = NULL;

        write_file(f, "cache/pacman/staging/core.db", content, 7);
        if (sig)
                write_file(f, "cache/pacman/staging/core.db.sig", sig, 7);
        g_assert_true(omg_sync_copies_take(f->conf, "core", seconds * 1000000000 + 5, &error));
        g_assert_no_error(error);
}

/* Without a folder nothing is made, and pacman's databases count. */
static void test_none(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *theirs = omg_sync_copy_dup_pacman(f->conf, "core");
        g_autofree char *path = omg_sync_copy_dup_path(f->conf, "core");

        g_assert_cmpstr(path, ==, theirs);
        g_assert_true(omg_sync_copies_update(f->conf, &error));
        g_assert_false(g_file_test(f->cache, G_FILE_TEST_EXISTS));
        g_assert_cmpint(omg_sync_copy_get_state(f->conf), ==, OMG_SYNC_COPY_NONE);
}

/* The copies are whole, with their times and signatures, and do not count yet: nothing differs. */
static void test_seed(Fixture *f, gconstpointer data)
{
        g_autoptr(GBytes) before = omg_stamps_take_sync(f->conf);

        prepare(f);
        assert_file(f, "cache/pacman/sync/core.db", "core 1", 1000);
        assert_file(f, "cache/pacman/sync/core.db.sig", "sig 1", 1000);
        assert_file(f, "cache/pacman/sync/extra.db", "extra 1", 1000);
        assert_file(f, "cache/pacman/sync/extra.db.sig", NULL, 0);
        assert_file(f, "cache/pacman/local/ALPM_DB_VERSION", "9\n", 1000);
        assert_file(f, "db/sync/core.db", "core 1", 1000);
        g_autoptr(GBytes) after = omg_stamps_take_sync(f->conf);
        g_assert_true(g_bytes_equal(before, after));
        g_assert_false(omg_sync_copy_is_own(f->conf, "core"));
}

/* A fetched one that is newer counts, until pacman has a newer one still; of the other repository
 * pacman's counts all the time. */
static void test_newer(Fixture *f, gconstpointer data)
{
        prepare(f);
        take(f, "core 2", "sig 2", 2000);
        g_assert_true(omg_sync_copy_is_own(f->conf, "core"));
        g_assert_false(omg_sync_copy_is_own(f->conf, "extra"));
        g_autoptr(GBytes) stamps = omg_stamps_take_sync(f->conf);
        OmgSyncStamp stamp;
        g_assert_true(omg_stamps_get_sync(stamps, 0, &stamp));
        g_assert_cmpint(stamp.mtime_ns, ==, G_GINT64_CONSTANT(2000000000005));

        /* Stays: also when the folder is looked after again. */
        prepare(f);
        assert_file(f, "cache/pacman/sync/core.db", "core 2", 2000);
        assert_file(f, "cache/pacman/sync/core.db.sig", "sig 2", 7);
        assert_file(f, "cache/pacman/staging/core.db", NULL, 0);

        write_file(f, "db/sync/core.db", "core 3", 3000);
        write_file(f, "db/sync/core.db.sig", "sig 3", 3000);
        g_assert_false(omg_sync_copy_is_own(f->conf, "core"));
        g_assert_true(omg_sync_copies_update(f->conf, NULL));
        assert_file(f, "cache/pacman/sync/core.db", "core 3", 3000);
        assert_file(f, "cache/pacman/sync/core.db.sig", "sig 3", 3000);
        assert_file(f, "db/sync/core.db", "core 3", 3000);
}

/* A nanosecond decides, a draw is pacman's. */
static void test_draw(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) error = NULL;

        prepare(f);
        take(f, "core 2", NULL, 1000);
        g_assert_false(omg_sync_copy_is_own(f->conf, "core"));
        write_file(f, "cache/pacman/staging/core.db", "core 3", 7);
        g_assert_true(omg_sync_copies_take(f->conf, "core",
                                           1000 * G_GINT64_CONSTANT(1000000000) + 6, &error));
        g_assert_true(omg_sync_copy_is_own(f->conf, "core"));
}

/* The signature of the database before never stands beside the new one. */
static void test_no_signature(Fixture *f, gconstpointer data)
{
        prepare(f);
        take(f, "core 2", NULL, 2000);
        assert_file(f, "cache/pacman/sync/core.db", "core 2", 2000);
        assert_file(f, "cache/pacman/sync/core.db.sig", NULL, 0);
        assert_file(f, "db/sync/core.db.sig", "sig 1", 1000);
}

/* What is empty, a symlink or a folder is no copy; dropped ones leave pacman's. */
static void test_odd(Fixture *f, gconstpointer data)
{
        g_autofree char *own = omg_sync_copy_dup_own(f->conf, "core");

        prepare(f);
        take(f, "", NULL, 2000);
        g_assert_false(omg_sync_copy_is_own(f->conf, "core"));
        g_assert_cmpint(g_unlink(own), ==, 0);
        write_file(f, "elsewhere", "core 4", 4000);
        g_autofree char *elsewhere = g_build_filename(f->dir, "elsewhere", NULL);
        g_assert_cmpint(symlink(elsewhere, own), ==, 0);
        g_assert_false(omg_sync_copy_is_own(f->conf, "core"));
        take(f, "core 5", NULL, 5000);
        assert_file(f, "elsewhere", "core 4", 4000);
        g_assert_true(omg_sync_copy_is_own(f->conf, "core"));
        omg_sync_copies_drop(f->conf, "core");
        g_assert_false(omg_sync_copy_is_own(f->conf, "core"));
}

/* pacman's database goes: ours goes on answering. */
static void test_pacman_gone(Fixture *f, gconstpointer data)
{
        g_autofree char *theirs = omg_sync_copy_dup_pacman(f->conf, "core");

        prepare(f);
        g_assert_cmpint(g_unlink(theirs), ==, 0);
        prepare(f);
        g_assert_true(omg_sync_copy_is_own(f->conf, "core"));
}

/* A crash between the renames: with the database the new pair is complete, else the old stays. */
static void test_interrupted(Fixture *f, gconstpointer data)
{
        prepare(f);
        take(f, "core 2", "sig 2", 2000);
        /* Before the signature came to its name, and after. */
        write_file(f, "cache/pacman/sync/.new-core.db", "core 3", 3000);
        write_file(f, "cache/pacman/sync/.new-core.db.sig", "sig 3", 3000);
        prepare(f);
        assert_file(f, "cache/pacman/sync/core.db", "core 3", 3000);
        assert_file(f, "cache/pacman/sync/core.db.sig", "sig 3", 3000);
        write_file(f, "cache/pacman/sync/.new-core.db", "core 4", 4000);
        write_file(f, "cache/pacman/sync/core.db.sig", "sig 4", 4000);
        prepare(f);
        assert_file(f, "cache/pacman/sync/core.db", "core 4", 4000);
        assert_file(f, "cache/pacman/sync/core.db.sig", "sig 4", 4000);
        /* Only the signature had been moved. */
        write_file(f, "cache/pacman/sync/.new-core.db.sig", "sig 5", 5000);
        write_file(f, "cache/pacman/staging/core.db", "core 5", 5000);
        write_file(f, "cache/pacman/staging/.core.db.12345678", "cor", 5000);
        prepare(f);
        assert_file(f, "cache/pacman/sync/core.db", "core 4", 4000);
        assert_file(f, "cache/pacman/sync/core.db.sig", "sig 4", 4000);
        assert_file(f, "cache/pacman/sync/.new-core.db.sig", NULL, 0);
        assert_file(f, "cache/pacman/staging/core.db", NULL, 0);
        assert_file(f, "cache/pacman/staging/.core.db.12345678", NULL, 0);
}

/* Copies of another DBPath never count, and go; so do those of repositories that are no more. */
static void test_foreign(Fixture *f, gconstpointer data)
{
        prepare(f);
        take(f, "core 2", NULL, 2000);
        g_autoptr(GBytes) stamps = omg_stamps_take_sync(f->conf);
        gsize size;
        gconstpointer bytes = g_bytes_get_data(stamps, &size);
        g_assert_true(omg_stamps_are_of(bytes, size, f->conf));

        write_file(f, "other/sync/core.db", "other core", 500);
        g_autoptr(OmgPacmanConf) other = load(f, "other", "[core]\n");
        g_assert_cmpint(omg_sync_copy_get_state(other), ==, OMG_SYNC_COPY_FOREIGN);
        g_assert_false(omg_sync_copy_is_own(other, "core"));
        g_assert_false(omg_stamps_are_of(bytes, size, other));
        g_assert_true(omg_sync_copies_update(other, NULL));
        assert_file(f, "cache/pacman/sync/core.db", "core 2", 2000);
        g_assert_true(omg_sync_copies_prepare(other, NULL));
        g_assert_true(omg_sync_copies_update(other, NULL));
        assert_file(f, "cache/pacman/sync/core.db", "other core", 500);
        assert_file(f, "cache/pacman/sync/extra.db", NULL, 0);

        write_file(f, "cache/pacman/sync/gone.db", "gone", 500);
        write_file(f, "cache/pacman/sync/gone.db.sig", "gone", 500);
        g_assert_true(omg_sync_copies_prepare(other, NULL));
        assert_file(f, "cache/pacman/sync/gone.db", NULL, 0);
        assert_file(f, "cache/pacman/sync/gone.db.sig", NULL, 0);
        assert_file(f, "cache/pacman/sync/core.db", "other core", 500);
}

/* Errors name the path; a FIFO in pacman's place is not waited for. */
static void test_errors(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *fifo = omg_sync_copy_dup_pacman(f->conf, "extra");

        write_file(f, "cache", "a file", 1);
        g_assert_false(omg_sync_copies_prepare(f->conf, &error));
        g_assert_nonnull(error);
        g_assert_nonnull(strstr(error->message, f->cache));
        g_assert_cmpint(g_unlink(f->cache), ==, 0);

        g_assert_cmpint(g_unlink(fifo), ==, 0);
        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        prepare(f);
        assert_file(f, "cache/pacman/sync/core.db", "core 1", 1000);
        g_clear_error(&error);
        g_assert_false(omg_sync_copies_take(f->conf, "core", 1, &error));
        g_assert_nonnull(strstr(error->message, "staging/core.db"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)
        ADD("/sync-copies/none", test_none);
        ADD("/sync-copies/seed", test_seed);
        ADD("/sync-copies/newer", test_newer);
        ADD("/sync-copies/draw", test_draw);
        ADD("/sync-copies/no-signature", test_no_signature);
        ADD("/sync-copies/odd", test_odd);
        ADD("/sync-copies/pacman-gone", test_pacman_gone);
        ADD("/sync-copies/interrupted", test_interrupted);
        ADD("/sync-copies/foreign", test_foreign);
        ADD("/sync-copies/errors", test_errors);
        return g_test_run();
}
