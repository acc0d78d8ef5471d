/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sources/aur-files.h"

typedef struct {
        char *cache, *folder, *archive, *staging, *staged;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
        f->cache = g_dir_make_tmp("omgd-aur-files-XXXXXX", NULL);
        f->folder = omg_aur_files_dup_folder(f->cache);
        f->archive = omg_aur_files_dup_archive(f->cache);
        f->staging = omg_aur_files_dup_staging(f->cache);
        f->staged = g_build_filename(f->staging, OMG_AUR_ARCHIVE_NAME, NULL);
        g_assert_cmpint(g_mkdir_with_parents(f->staging, 0700), ==, 0);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        (void)g_unlink(f->staged);
        (void)g_unlink(f->archive);
        (void)g_rmdir(f->archive);
        g_assert_cmpint(g_rmdir(f->staging), ==, 0);
        g_assert_cmpint(g_rmdir(f->folder), ==, 0);
        g_assert_cmpint(g_rmdir(f->cache), ==, 0);
        g_free(f->cache);
        g_free(f->folder);
        g_free(f->archive);
        g_free(f->staging);
        g_free(f->staged);
}

static void write_file(const char *path, const char *text)
{
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* What is not there, and what is no file, has no identity. */
static void test_none(Fixture *f, gconstpointer unused)
{
        g_assert_null(omg_aur_files_take_stamps(f->archive));
        g_assert_cmpint(g_mkdir(f->archive, 0700), ==, 0);
        g_assert_null(omg_aur_files_take_stamps(f->archive));
}

/* A layer made from a staged archive is true of it in its place. */
static void test_rename(Fixture *f, gconstpointer unused)
{
        write_file(f->staged, "[\n]\n");
        g_autoptr(GBytes) staged = omg_aur_files_take_stamps(f->staged);
        g_assert_nonnull(staged);
        g_assert_cmpint(g_rename(f->staged, f->archive), ==, 0);
        g_autoptr(GBytes) archive = omg_aur_files_take_stamps(f->archive);
        g_assert_true(g_bytes_equal(staged, archive));
}

/* Another file, another size and another time are another identity. */
static void test_change(Fixture *f, gconstpointer unused)
{
        write_file(f->archive, "[\n]\n");
        g_autoptr(GBytes) first = omg_aur_files_take_stamps(f->archive);
        write_file(f->staged, "[\n]\n");
        const struct timespec same[] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
        const struct timespec later[] = {{.tv_sec = 1000}, {.tv_sec = 1000, .tv_nsec = 1}};
        g_assert_cmpint(utimensat(AT_FDCWD, f->archive, same, 0), ==, 0);
        g_assert_cmpint(utimensat(AT_FDCWD, f->staged, same, 0), ==, 0);
        g_autoptr(GBytes) old = omg_aur_files_take_stamps(f->archive);
        g_autoptr(GBytes) other = omg_aur_files_take_stamps(f->staged);
        g_assert_false(g_bytes_equal(first, old));
        g_assert_false(g_bytes_equal(old, other));
        g_assert_cmpint(utimensat(AT_FDCWD, f->archive, later, 0), ==, 0);
        g_autoptr(GBytes) touched = omg_aur_files_take_stamps(f->archive);
        g_assert_false(g_bytes_equal(old, touched));
        g_assert_cmpint(truncate(f->archive, 2), ==, 0);
        g_assert_cmpint(utimensat(AT_FDCWD, f->archive, same, 0), ==, 0);
        g_autoptr(GBytes) cut = omg_aur_files_take_stamps(f->archive);
        g_assert_false(g_bytes_equal(old, cut));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(path, function) \
        g_test_add("/aur-files/" path, Fixture, NULL, set_up, function, tear_down)
        ADD("none", test_none);
        ADD("rename", test_rename);
        ADD("change", test_change);
        return g_test_run();
}
