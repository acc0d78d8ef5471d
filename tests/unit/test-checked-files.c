/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/checked-files.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits-store.h"
#include "fixture.h"

#define BOOT "2f1e0f9c-0000-4000-8000-000000000001"

typedef struct {
        char *dir, *list, *index;
} Files;

static void setup(Files *f, gconstpointer data)
{
        f->dir = g_dir_make_tmp("omg-checked-XXXXXX", NULL);
        f->list = g_build_filename(f->dir, "list", NULL);
        f->index = g_build_filename(f->dir, "sync.idx", NULL);
}

static void teardown(Files *f, gconstpointer data)
{
        g_autoptr(GDir) dir = g_dir_open(f->dir, 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(f->dir, name, NULL);
                g_assert_cmpint(g_unlink(path), ==, 0);
        }
        g_assert_cmpint(g_rmdir(f->dir), ==, 0);
        g_free(f->dir);
        g_free(f->list);
        g_free(f->index);
}

static struct stat make_file(const char *path, const char *text)
{
        struct stat st;

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        g_assert_cmpint(g_chmod(path, 0600), ==, 0);
        g_assert_cmpint(g_lstat(path, &st), ==, 0);
        return st;
}

static void let_settle(void)
{
        g_usleep(2 * OMG_CHECKED_SETTLE_MSEC * 1000);
}

static gboolean knows(const Files *f, const char *boot)
{
        g_autoptr(OmgCheckedFiles) files = omg_checked_files_load(f->list, boot);
        struct stat st;

        g_assert_cmpint(g_lstat(f->index, &st), ==, 0);
        return omg_checked_files_has(files, &st);
}

static void add(const Files *f, const struct stat *checked)
{
        g_autoptr(OmgCheckedFiles) files = omg_checked_files_load(f->list, BOOT);

        omg_checked_files_add(files, f->index, checked);
        g_assert_true(omg_checked_files_save(files, NULL));
}

/* A file is known in the boot in which it was checked, until something touches it, even when size
 * and mtime are as before. */
static void test_known(Files *f, gconstpointer data)
{
        struct stat st = make_file(f->index, "index");

        add(f, &st);
        g_assert_false(knows(f, BOOT)); /* touched just now */
        let_settle();
        add(f, &st);
        g_assert_true(knows(f, BOOT));
        g_assert_false(knows(f, "another boot"));
        g_assert_true(knows(f, BOOT "\n"));

        const struct timespec times[] = {st.st_atim, st.st_mtim};
        FILE *file = fopen(f->index, "r+");
        g_assert_nonnull(file);
        g_assert_cmpint(fputc('I', file), ==, 'I');
        g_assert_cmpint(fclose(file), ==, 0);
        g_assert_cmpint(utimensat(AT_FDCWD, f->index, times, 0), ==, 0);
        g_assert_false(knows(f, BOOT));
}

/* A rename changes the ctime alone; another file in its place is another. */
static void test_renamed(Files *f, gconstpointer data)
{
        g_autofree char *path = g_build_filename(f->dir, "new", NULL);
        struct stat st = make_file(path, "index");

        g_assert_cmpint(g_rename(path, f->index), ==, 0);
        let_settle();
        add(f, &st);
        g_assert_true(knows(f, BOOT));
        (void)make_file(path, "other");
        g_assert_cmpint(g_rename(path, f->index), ==, 0);
        let_settle();
        add(f, &st);
        g_assert_false(knows(f, BOOT));
}

/* A list that makes no sense knows nothing, and is written anew; it has its bound. */
static void test_list(Files *f, gconstpointer data)
{
        static const char *const bad[] = {
                "", BOOT, BOOT "\n1 2 3", BOOT "\n1 2 3 4 5 6", BOOT "\na b c d e", "\xff\xfe"};
        struct stat st = make_file(f->index, "index");
        g_autoptr(GString) more = g_string_new(BOOT);

        let_settle();
        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
                (void)make_file(f->list, bad[i]);
                g_assert_false(knows(f, BOOT));
                add(f, &st);
                g_assert_true(knows(f, BOOT));
        }
        for (guint i = 0; i < OMG_LIMIT_CHECKED_FILES; i++)
                g_string_append_printf(more, "\n%u 2 3 4 5", i);
        (void)make_file(f->list, more->str);
        add(f, &st);
        g_assert_true(knows(f, BOOT));
        g_autoptr(OmgCheckedFiles) files = omg_checked_files_load(f->list, BOOT);
        st = (struct stat){.st_ino = 2, .st_size = 3, .st_mtim.tv_nsec = 4, .st_ctim.tv_nsec = 5};
        g_assert_false(omg_checked_files_has(files, &st)); /* the oldest went */
        st.st_dev = 1;
        g_assert_true(omg_checked_files_has(files, &st));
}

/* What is known is not checked again, and what is not known is. */
static void test_layer(Files *f, gconstpointer data)
{
        static const FixturePackage packages[] = {{"core", "a", "1-1", "text"}, {}};
        g_autoptr(GBytes) good = fixture_layer_bytes(OMG_LAYER_SYNC, packages);
        g_autoptr(GError) error = NULL;
        gsize size;
        g_autofree char *bytes = g_memdup2(g_bytes_get_data(good, &size), g_bytes_get_size(good));
        g_autoptr(OmgCheckedFiles) none = omg_checked_files_load(f->list, BOOT);
        struct stat st;

        *(char *)memmem(bytes, size, "text", 4) = 'n';
        g_assert_true(g_file_set_contents(f->index, bytes, (gssize)size, NULL));
        g_assert_cmpint(g_chmod(f->index, 0600), ==, 0);
        g_assert_null(omg_layer_open_known(f->index, OMG_LAYER_SYNC, none, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT);
        let_settle();
        g_assert_cmpint(g_lstat(f->index, &st), ==, 0);
        add(f, &st);
        g_autoptr(OmgCheckedFiles) known = omg_checked_files_load(f->list, BOOT);
        g_autoptr(OmgLayer) layer = omg_layer_open_known(f->index, OMG_LAYER_SYNC, known, NULL);
        g_assert_nonnull(layer);
        g_assert_cmpstr(omg_layer_get_name(layer, 0), ==, "a");
}

#define ADD(path, function) g_test_add(path, Files, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD("/checked-files/known", test_known);
        ADD("/checked-files/renamed", test_renamed);
        ADD("/checked-files/list", test_list);
        ADD("/checked-files/layer", test_layer);
        return g_test_run();
}
