/* SPDX-License-Identifier: GPL-3.0-or-later */

/* omgd-index while it makes aur.idx: how long it takes and what it has in memory at most, beside
 * the inflating alone.
 *
 *   bench-aur OMGD-INDEX ARCHIVE OUTPUT      (ARCHIVE: packed, of tools/omgaur.py) */

#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-common.h"

#define ROUNDS 7u

/* One run; returns what it had in memory at most, KiB. This process is small: until the exec the
 * child's memory counts as the new program's. */
static glong run(const char *helper, const char *archive, const char *output, guint64 *ret_ns)
{
        guint64 begin = bench_now_ns();
        struct rusage usage;
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
                (void)dup2(null, STDOUT_FILENO);
                (void)execl(helper, helper, "aur", "--archive", archive, "--output", output,
                            (char *)NULL);
                _exit(127);
        }
        if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
                g_error("%s failed", helper);
        *ret_ns = bench_now_ns() - begin;
        return usage.ru_maxrss;
}

static guint64 inflate_archive(const char *archive)
{
        static char buffer[128 << 10];
        guint64 begin = bench_now_ns();
        g_autoptr(GError) error = NULL;
        g_autoptr(GFile) file = g_file_new_for_path(archive);
        g_autoptr(GInputStream) raw = G_INPUT_STREAM(g_file_read(file, NULL, &error));
        g_autoptr(GZlibDecompressor) gzip = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
        g_autoptr(GInputStream) in =
                raw ? g_converter_input_stream_new(raw, G_CONVERTER(gzip)) : NULL;
        gssize n = -1;

        while (in && (n = g_input_stream_read(in, buffer, sizeof(buffer), NULL, &error)) > 0)
                ;
        if (n < 0)
                g_error("%s: %s", archive, error->message);
        return bench_now_ns() - begin;
}

int main(int argc, char **argv)
{
        guint64 times[ROUNDS], floor[ROUNDS];
        glong most = 0;
        struct stat st;

        if (argc != 4) {
                (void)fprintf(stderr, "usage: bench-aur OMGD-INDEX ARCHIVE OUTPUT\n");
                return 2;
        }
        for (guint i = 0; i < ROUNDS; i++) {
                most = MAX(most, run(argv[1], argv[2], argv[3], &times[i]));
                floor[i] = inflate_archive(argv[2]);
        }
        bench_print(bench_percentile(times, ROUNDS, 50) / 1e3, "ms", "omgd-index aur");
        bench_print(bench_percentile(floor, ROUNDS, 50) / 1e3, "ms", "inflating the archive alone");
        bench_print((double)most / 1024, "MiB", "omgd-index aur, peak memory");
        if (stat(argv[3], &st) == 0)
                bench_print((double)st.st_size / 1048576, "MiB", "size of the AUR index");
        return 0;
}
