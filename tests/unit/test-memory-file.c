/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory-file.h"

/* What comes out begins at its beginning, can be read, and can be changed by nobody, whatever they
 * try. */
static void test_sealed(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgMemoryFile) file = omg_memory_file_new("test", 100, &error);
        char text[16] = "";
        int fd, again;

        g_assert_no_error(error);
        g_assert_true(omg_memory_file_write(file, "hello ", 6, &error));
        g_assert_true(omg_memory_file_write(file, "world", 5, &error));
        fd = omg_memory_file_seal(file, &error);
        g_assert_no_error(error);
        g_assert_cmpint(read(fd, text, sizeof(text)), ==, 11);
        g_assert_cmpstr(text, ==, "hello world");

        g_assert_cmpint(fcntl(fd, F_GET_SEALS), ==,
                        F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
        g_assert_cmpint(fcntl(fd, F_GETFL) & O_ACCMODE, ==, O_RDONLY);
        g_assert_cmpint(write(fd, "x", 1), <, 0);
        g_assert_true(mmap(NULL, 11, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
        g_assert_cmpint(ftruncate(fd, 0), <, 0);
        g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
        again = open(path, O_RDWR | O_CLOEXEC);
        if (again >= 0) {
                g_assert_cmpint(write(again, "x", 1), <, 0);
                g_assert_cmpint(errno, ==, EPERM);
                g_assert_cmpint(ftruncate(again, 0), <, 0);
                (void)close(again);
        }
        (void)close(fd);
}

/* The limit may be reached and not crossed. */
static void test_limit(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgMemoryFile) file = omg_memory_file_new("test", 10, &error);

        g_assert_true(omg_memory_file_write(file, "12345678", 8, &error));
        g_assert_true(omg_memory_file_write(file, "90", 2, &error));
        g_assert_no_error(error);
        g_assert_false(omg_memory_file_write(file, "1", 1, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/memory-file/sealed", test_sealed);
        g_test_add_func("/memory-file/limit", test_limit);
        return g_test_run();
}
