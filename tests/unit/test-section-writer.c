/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A file that is written as it comes is the one that its pieces make, in memory and on disk. */

#include "store/section-writer.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define N 5
static const OmgSectionFormat format = {0x1234567890abcdefull, 7, 3, N};

/* Some are empty, odd in length, or longer than what is written at once. */
static const gsize sizes[N] = {0, 3, 100000, 8, 16385};

static GBytes *make_section(guint i)
{
        guint8 *data = g_malloc(sizes[i] + 1);

        for (gsize at = 0; at < sizes[i]; at++)
                data[at] = (guint8)(at * 7 + at / 251 + i);
        return g_bytes_new_take(data, sizes[i]);
}

static GBytes *make_expected(void)
{
        GBytes *sections[N];
        GByteArray *all = g_byte_array_new();

        for (guint i = 0; i < N; i++)
                sections[i] = make_section(i);
        g_autoptr(GPtrArray) pieces = omg_section_file_make(&format, 42, sections, NULL);
        for (guint i = 0; i < pieces->len; i++) {
                gsize size;
                gconstpointer data = g_bytes_get_data(g_ptr_array_index(pieces, i), &size);
                g_byte_array_append(all, data, (guint)size);
        }
        for (guint i = 0; i < N; i++)
                g_bytes_unref(sections[i]);
        return g_byte_array_free_to_bytes(all);
}

/* @step: bytes at once. */
static void write_all(OmgSectionWriter *writer, gsize step)
{
        for (guint i = 0; i < N; i++) {
                g_autoptr(GBytes) section = make_section(i);
                const guint8 *data = g_bytes_get_data(section, NULL);
                for (gsize at = 0; at < sizes[i]; at += step)
                        omg_section_writer_append(writer, data + at, MIN(step, sizes[i] - at));
                omg_section_writer_end_section(writer);
        }
}

static int open_temporary(char **ret_path)
{
        int fd = g_file_open_tmp("omg-section-XXXXXX", ret_path, NULL);

        g_assert_cmpint(fd, >=, 0);
        return fd;
}

static void test_memory(void)
{
        g_autoptr(GBytes) expected = make_expected();

        for (gsize step = 1; step < 200000; step = step * 3 + 1) {
                g_autoptr(OmgSectionWriter) writer = omg_section_writer_new(&format, 42, -1);
                g_autoptr(GBytes) bytes = NULL;
                write_all(writer, step);
                g_assert_true(omg_section_writer_finish(writer, &bytes, NULL));
                g_assert_true(g_bytes_equal(bytes, expected));
        }
}

static void test_file(void)
{
        g_autoptr(GBytes) expected = make_expected();

        for (gsize step = 1000; step < 200000; step = step * 3 + 1) {
                g_autoptr(OmgSectionWriter) writer = NULL;
                g_autofree char *path = NULL, *content = NULL;
                g_autoptr(GBytes) bytes = NULL;
                gsize size;
                int fd = open_temporary(&path);
                writer = omg_section_writer_new(&format, 42, fd);
                write_all(writer, step);
                g_assert_true(omg_section_writer_finish(writer, &bytes, NULL));
                g_assert_null(bytes);
                (void)close(fd);
                g_assert_true(g_file_get_contents(path, &content, &size, NULL));
                g_assert_cmpmem(content, size, g_bytes_get_data(expected, NULL),
                                g_bytes_get_size(expected));
                (void)g_unlink(path);
        }
}

/* A section that was put aside in a file, and one that is at hand. */
static void test_sources(void)
{
        g_autoptr(GBytes) expected = make_expected(), bytes = NULL;
        g_autoptr(OmgSectionWriter) writer = omg_section_writer_new(&format, 42, -1);
        g_autofree char *path = NULL;
        int fd = open_temporary(&path);

        for (guint i = 0; i < N; i++) {
                g_autoptr(GBytes) section = make_section(i);
                if (i != 2) {
                        omg_section_writer_take_section(writer, g_steal_pointer(&section));
                        continue;
                }
                g_assert_cmpint(write(fd, g_bytes_get_data(section, NULL), 90000), ==, 90000);
                omg_section_writer_append_file(writer, fd, 90000);
                omg_section_writer_append(
                        writer, (const guint8 *)g_bytes_get_data(section, NULL) + 90000, 10000);
                omg_section_writer_end_section(writer);
        }
        g_assert_true(omg_section_writer_finish(writer, &bytes, NULL));
        g_assert_true(g_bytes_equal(bytes, expected));
        (void)close(fd);
        (void)g_unlink(path);
}

/* What cannot be written or read is told at the end, whatever came after it. */
static void test_errors(void)
{
        g_autoptr(OmgSectionWriter) full = NULL, cut = NULL;
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *path = NULL;
        int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

        g_assert_cmpint(fd, >=, 0);
        full = omg_section_writer_new(&format, 42, fd);
        write_all(full, 50000);
        g_assert_false(omg_section_writer_finish(full, &bytes, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        (void)close(fd);
        g_clear_error(&error);

        fd = open_temporary(&path);
        cut = omg_section_writer_new(&format, 42, -1);
        omg_section_writer_append_file(cut, fd, 1);
        for (guint i = 0; i < N; i++)
                omg_section_writer_end_section(cut);
        g_assert_false(omg_section_writer_finish(cut, &bytes, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        (void)close(fd);
        (void)g_unlink(path);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/section-writer/memory", test_memory);
        g_test_add_func("/section-writer/file", test_file);
        g_test_add_func("/section-writer/sources", test_sources);
        g_test_add_func("/section-writer/errors", test_errors);
        return g_test_run();
}
