/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Runs a fuzz target over the files of the directories given, without a fuzzer: the corpora are
 * part of the normal tests. Fails when there is not a single file. */

#include <glib.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The number of files run, or -1. */
static int replay(const char *path)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GDir) dir = g_dir_open(path, 0, &error);
        const char *name;
        int n = 0;

        if (!dir) {
                (void)fprintf(stderr, "%s\n", error->message);
                return -1;
        }
        while ((name = g_dir_read_name(dir))) {
                g_autofree char *file = g_build_filename(path, name, NULL);
                g_autofree char *content = NULL;
                gsize length;
                if (!g_file_get_contents(file, &content, &length, &error)) {
                        (void)fprintf(stderr, "%s\n", error->message);
                        return -1;
                }
                /* A copy of exactly that length: GLib adds a NUL that a target must not see. */
                g_autofree uint8_t *exact = g_memdup2(content, length);
                (void)LLVMFuzzerTestOneInput(exact ? exact : (const uint8_t *)"", length);
                n++;
        }
        return n;
}

int main(int argc, char **argv)
{
        int total = 0;

        for (int i = 1; i < argc; i++) {
                int n = replay(argv[i]);
                if (n < 0)
                        return 1;
                total += n;
        }
        (void)printf("%d files replayed\n", total);
        return total > 0 ? 0 : 1;
}
