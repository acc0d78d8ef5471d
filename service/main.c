/* SPDX-License-Identifier: GPL-3.0-or-later */
/* omgd: the command line, the terminal, and then daemon.c. */
#include <fcntl.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <malloc.h>
#include <unistd.h>

#include "base/error.h"
#include "check-config.h"
#include "config.h"
#include "daemon.h"
#include "detach.h"
#include "environment.h"
#include "loop/log.h"
#include "options.h"

#define MALLOC_KEPT (128 * 1024) /* what glibc begins with */

/* Where one of them is closed, the next file would take its number, and messages would be written
 * into it. */
static void open_standard_streams(void)
{
        int fd;

        do
                fd = open("/dev/null", O_RDWR | O_NOCTTY);
        while (fd >= 0 && fd <= STDERR_FILENO);
        if (fd >= 0)
                (void)close(fd);
}

static void init_locale(void)
{
        (void)setlocale(LC_ALL, "");
        (void)bindtextdomain(OMG_GETTEXT_DOMAIN, OMG_LOCALEDIR);
        (void)bind_textdomain_codeset(OMG_GETTEXT_DOMAIN, "UTF-8");
        (void)textdomain(OMG_GETTEXT_DOMAIN);
}

/* Otherwise the first large buffer that is freed makes malloc raise both, up to 64 MiB, and what
 * each thread once used stays with it: a megabyte for the worker and for each thread of the pool.
 */
static void give_memory_back(void)
{
        (void)mallopt(M_MMAP_THRESHOLD, MALLOC_KEPT);
        (void)mallopt(M_TRIM_THRESHOLD, MALLOC_KEPT);
}

/* While one thread makes GLib's C locale another that waits for it is left with an errno, for which
 * g_ascii_string_to_unsigned() refuses a good number (GLib 2.74): here there is only one yet. */
static void init_numbers(void)
{
        (void)g_ascii_strtoull("0", NULL, 10);
}

int main(int argc, char **argv)
{
        g_auto(OmgOptions) options = {};
        g_autoptr(OmgPaths) paths = NULL;
        g_autoptr(GError) error = NULL;
        OmgDetach *detach = NULL;
        int exit_code;

        give_memory_back();
        open_standard_streams();
        init_locale();
        init_numbers();
        if (!omg_options_parse(argc, argv, &options, &exit_code))
                return exit_code;
        if (options.is_system)
                omg_environment_forget_user();
        omg_log_init();

        paths = options.is_system
                        ? omg_paths_new_system()
                        : omg_paths_new_with_socket(NULL, NULL, getuid(), options.socket, &error);
        if (!paths) {
                g_printerr(_("omgd: %s\n"), error->message);
                return OMG_EXIT_FAILURE;
        }
        if (options.check_config)
                return (int)omg_check_config(paths);
        if (!options.foreground && omg_detach_begin(&detach, &exit_code) == OMG_DETACH_PARENT)
                return exit_code;
        return (int)omg_daemon_run(paths, options.socket != NULL, detach);
}
