/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glob.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits.h"
#include "sources/pacman-conf-private.h"

static gboolean disk_read_file(const char *path, GBytes **ret_bytes, GError **error, void *userdata)
{
        /* pacman opens a folder and reads nothing from it, without a word: "Include =
         * /etc/pacman.d/?*" with a folder among the matches is no mistake. */
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
                *ret_bytes = g_bytes_new_static("", 0);
                return TRUE;
        }
        return omg_file_read(path, OMG_LIMIT_CONFIG_FILE, ret_bytes, error);
}

static GStrv disk_glob(const char *pattern, GError **error, void *userdata)
{
        glob_t matches = {0};
        int r = glob(pattern, GLOB_NOCHECK, NULL, &matches);
        GStrv paths = NULL;

        /* GLOB_ABORTED cannot come without GLOB_ERR or a callback: what cannot be read is skipped,
         * as in pacman. */
        if (r == 0 && matches.gl_pathc <= OMG_LIMIT_CONFIG_FILES)
                paths = g_strdupv(matches.gl_pathv);
        else
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s: %s", pattern,
                            r == 0 ? "matches too many files" : "cannot be resolved");
        globfree(&matches);
        return paths;
}

const OmgPacmanConfReader omg_conf_disk = {disk_read_file, disk_glob, NULL};
