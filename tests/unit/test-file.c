/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Bounded reads, private directories, and files that are written whole or not at all. */

#include "base/file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

typedef struct {
        char *dir;
        char *path;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GError) error = NULL;

        fixture->dir = g_dir_make_tmp("omg-file-XXXXXX", &error);
        g_assert_no_error(error);
        fixture->path = g_build_filename(fixture->dir, "data", NULL);
}

static guint count_entries(const char *path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        guint n = 0;

        while (g_dir_read_name(dir))
                n++;
        return n;
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GDir) dir = g_dir_open(fixture->dir, 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(fixture->dir, name, NULL);
                g_assert_cmpint(g_remove(path), ==, 0);
        }
        g_assert_cmpint(g_rmdir(fixture->dir), ==, 0);
        g_free(fixture->dir);
        g_free(fixture->path);
}

static void write_file(const char *path, const char *content)
{
        g_autoptr(GError) error = NULL;

        g_file_set_contents(path, content, -1, &error);
        g_assert_no_error(error);
}

/* A file of exactly the limit is read; one byte more names the path and the limit. */
static void test_read_limit(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = NULL;
        GBytes *untouched = NULL;

        write_file(fixture->path, "12345");
        g_assert_true(omg_file_read(fixture->path, 5, &bytes, &error));
        g_assert_no_error(error);
        g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "12345", 5);

        g_assert_false(omg_file_read(fixture->path, 4, &untouched, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(error->message, fixture->path));
        g_assert_nonnull(strstr(error->message, "4 bytes"));
        g_assert_null(untouched);
}

/* A file longer than one read comes whole. */
static void test_read_large(Fixture *fixture, gconstpointer data)
{
        g_autofree char *large = g_strnfill(200000, 'x');
        g_autoptr(GBytes) bytes = NULL;

        write_file(fixture->path, large);
        g_assert_true(omg_file_read(fixture->path, 200000, &bytes, NULL));
        g_assert_cmpuint(g_bytes_get_size(bytes), ==, 200000);
        g_assert_false(omg_file_read(fixture->path, 199999, &bytes, NULL));
}

/* What is not there is missing; a folder or a FIFO is refused, and does not hold the reader. */
static void test_read_odd(Fixture *fixture, gconstpointer data)
{
        GBytes *bytes = NULL;
        g_autoptr(GError) missing = NULL;
        g_autoptr(GError) folder = NULL;
        g_autoptr(GError) fifo = NULL;

        g_assert_false(omg_file_read(fixture->path, 10, &bytes, &missing));
        g_assert_error(missing, OMG_ERROR, OMG_ERROR_DATABASE_MISSING);
        g_assert_nonnull(strstr(missing->message, fixture->path));
        g_assert_false(omg_file_read(fixture->dir, 10, &bytes, &folder));
        g_assert_error(folder, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_cmpint(mkfifo(fixture->path, 0600), ==, 0);
        g_assert_false(omg_file_read(fixture->path, 10, &bytes, &fifo));
        g_assert_error(fifo, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(fifo->message, "regular"));
}

static mode_t get_mode(const char *path)
{
        struct stat st;

        g_assert_cmpint(stat(path, &st), ==, 0);
        return st.st_mode & 07777;
}

/* New ones are 0700, parents too; one that others could use is closed to them. */
static void test_private_dir(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *child = g_build_filename(fixture->path, "a/", NULL);

        g_assert_true(omg_file_make_private_dir(child, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(get_mode(fixture->path), ==, 0700);
        g_assert_cmpuint(get_mode(child), ==, 0700);

        g_assert_cmpint(chmod(child, 0777), ==, 0);
        g_assert_true(omg_file_make_private_dir(child, &error));
        g_assert_cmpuint(get_mode(child), ==, 0700);
        g_assert_cmpint(g_rmdir(child), ==, 0);
}

/* A symlink or a file in its place is not used. */
static void test_private_dir_refused(Fixture *fixture, gconstpointer data)
{
        g_autofree char *link = g_build_filename(fixture->dir, "link", NULL);
        g_autofree char *slash = g_strconcat(link, "/", NULL);
        g_autoptr(GError) symlink_error = NULL;
        g_autoptr(GError) slash_error = NULL;
        g_autoptr(GError) file_error = NULL;

        g_assert_cmpint(symlink(fixture->dir, link), ==, 0);
        g_assert_false(omg_file_make_private_dir(link, &symlink_error));
        g_assert_error(symlink_error, OMG_ERROR, OMG_ERROR_ACCESS_DENIED);
        g_assert_false(omg_file_make_private_dir(slash, &slash_error));
        g_assert_error(slash_error, OMG_ERROR, OMG_ERROR_ACCESS_DENIED);
        write_file(fixture->path, "");
        g_assert_false(omg_file_make_private_dir(fixture->path, &file_error));
        g_assert_error(file_error, OMG_ERROR, OMG_ERROR_ACCESS_DENIED);
        g_assert_nonnull(strstr(file_error->message, fixture->path));
}

/* Somebody else's folder is not used; only root can make one to try it with. */
static void test_private_dir_foreign(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GError) error = NULL;

        if (geteuid() != 0) {
                g_test_skip("needs root to make a folder of another owner");
                return;
        }
        g_assert_cmpint(g_mkdir(fixture->path, 0700), ==, 0);
        g_assert_cmpint(chown(fixture->path, 65534, 65534), ==, 0);
        g_assert_false(omg_file_make_private_dir(fixture->path, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_ACCESS_DENIED);
}

static void assert_content(const char *path, const char *expected)
{
        g_autofree char *content = NULL;

        g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
        g_assert_cmpstr(content, ==, expected);
}

/* The old content stands until the commit, or the rename without a sync (@data); the new one after
 * it, mode 0600, nothing else left. */
static void test_commit(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgFileWriter) writer = NULL;

        write_file(fixture->path, "old");
        writer = omg_file_writer_new(fixture->path, &error);
        g_assert_no_error(error);
        g_assert_true(omg_file_writer_write(writer, "new", 3, &error));
        g_assert_cmpint(write(omg_file_writer_get_fd(writer), "er", 2), ==, 2);
        assert_content(fixture->path, "old");
        g_assert_true(data ? omg_file_writer_rename(writer, &error)
                           : omg_file_writer_commit(writer, &error));
        g_assert_no_error(error);
        assert_content(fixture->path, "newer");
        g_assert_cmpuint(get_mode(fixture->path), ==, 0600);
        g_assert_cmpuint(count_entries(fixture->dir), ==, 1);
}

/* Freed without a commit, the old content stays and the temporary file is gone. */
static void test_abort(Fixture *fixture, gconstpointer data)
{
        write_file(fixture->path, "old");
        OmgFileWriter *writer = omg_file_writer_new(fixture->path, NULL);
        g_assert_cmpuint(count_entries(fixture->dir), ==, 2);
        g_assert_true(omg_file_writer_write(writer, "new", 3, NULL));
        g_assert_cmpint(fcntl(omg_file_writer_get_fd(writer), F_GETFD) & FD_CLOEXEC, !=, 0);
        omg_file_writer_free(writer);
        assert_content(fixture->path, "old");
        g_assert_cmpuint(count_entries(fixture->dir), ==, 1);
}

/* What a killed writer left goes; what only looks alike stays. */
static void test_unfinished(Fixture *fixture, gconstpointer data)
{
        static const char *const kept[] = {"data", ".data.0123456", ".data.0123456g",
                                           ".data.012345678", ".dato.01234567"};
        static const char *const gone[] = {".data.01234567", ".data.89abcdef"};

        for (guint i = 0; i < G_N_ELEMENTS(kept); i++) {
                g_autofree char *path = g_build_filename(fixture->dir, kept[i], NULL);
                write_file(path, "content");
        }
        for (guint i = 0; i < G_N_ELEMENTS(gone); i++) {
                g_autofree char *path = g_build_filename(fixture->dir, gone[i], NULL);
                write_file(path, "content");
        }
        g_autofree char *link = g_build_filename(fixture->dir, ".data.00000000", NULL);
        g_assert_cmpint(symlink("data", link), ==, 0);
        omg_file_remove_unfinished(fixture->path);
        g_assert_cmpuint(count_entries(fixture->dir), ==, G_N_ELEMENTS(kept) + 1);
        for (guint i = 0; i < G_N_ELEMENTS(kept); i++) {
                g_autofree char *path = g_build_filename(fixture->dir, kept[i], NULL);
                g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
        }
        /* A folder that is not there is harmless. */
        g_autofree char *elsewhere = g_build_filename(fixture->dir, "no", "data", NULL);
        omg_file_remove_unfinished(elsewhere);
}

/* A symlink at the final place is replaced, not followed. */
static void test_symlink(Fixture *fixture, gconstpointer data)
{
        g_autofree char *target = g_build_filename(fixture->dir, "target", NULL);

        write_file(target, "precious");
        g_assert_cmpint(symlink(target, fixture->path), ==, 0);
        g_assert_true(omg_file_write(fixture->path, "new", 3, NULL));
        assert_content(target, "precious");
        assert_content(fixture->path, "new");
        g_assert_false(g_file_test(fixture->path, G_FILE_TEST_IS_SYMLINK));
}

/* A folder that is not there, or a folder in the file's place, is an error with the path. */
static void test_write_errors(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GError) missing = NULL;
        g_autoptr(GError) taken = NULL;
        g_autofree char *below = g_build_filename(fixture->path, "x", NULL);

        g_assert_false(omg_file_write(below, "", 0, &missing));
        g_assert_error(missing, OMG_ERROR, OMG_ERROR_DATABASE_MISSING);
        g_assert_nonnull(strstr(missing->message, fixture->path));
        g_assert_cmpint(g_mkdir(fixture->path, 0700), ==, 0);
        g_assert_false(omg_file_write(fixture->path, "x", 1, &taken));
        g_assert_error(taken, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_cmpuint(count_entries(fixture->dir), ==, 1);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)
        ADD("/file/unfinished", test_unfinished);
        ADD("/file/read-limit", test_read_limit);
        ADD("/file/read-large", test_read_large);
        ADD("/file/read-odd", test_read_odd);
        ADD("/file/private-dir", test_private_dir);
        ADD("/file/private-dir-refused", test_private_dir_refused);
        ADD("/file/private-dir-foreign", test_private_dir_foreign);
        ADD("/file/commit", test_commit);
        g_test_add("/file/rename", Fixture, "without a sync", set_up, test_commit, tear_down);
        ADD("/file/abort", test_abort);
        ADD("/file/symlink", test_symlink);
        ADD("/file/write-errors", test_write_errors);
        return g_test_run();
}
