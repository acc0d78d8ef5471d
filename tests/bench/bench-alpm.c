/* SPDX-License-Identifier: GPL-3.0-or-later */

/* libalpm's own load of the databases in one process: what a rebuild of the index leans on.
 *
 *   bench-alpm sync|local PACMAN.CONF */

#include <string.h>

#include "bench-common.h"
#include "bench-libalpm.h"

int main(int argc, char **argv)
{
        g_autoptr(GError) error = NULL;
        guint n = 0;

        if (argc != 3 || (strcmp(argv[1], "sync") != 0 && strcmp(argv[1], "local") != 0)) {
                g_printerr("usage: bench-alpm sync|local PACMAN.CONF\n");
                return 2;
        }
        g_autoptr(OmgPacmanConf) conf = omg_pacman_conf_load(argv[2], NULL, NULL, &error);
        if (!conf) {
                g_printerr("bench-alpm: %s\n", error->message);
                return 1;
        }
        guint64 start = bench_now_ns();
        alpm_handle_t *handle = bench_libalpm_open(conf);
        if (strcmp(argv[1], "local") == 0)
                n = bench_libalpm_walk(alpm_get_localdb(handle));
        else
                for (alpm_list_t *l = alpm_get_syncdbs(handle); l; l = l->next)
                        n += bench_libalpm_walk(l->data);
        bench_print((bench_now_ns() - start) / 1e6, "ms", "libalpm's own load, %s", argv[1]);
        (void)alpm_release(handle);
        return n == 0;
}
