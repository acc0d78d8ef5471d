/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/aur-files.h"

#define FOLDER "aur"

char *omg_aur_files_dup_folder(const char *cache_dir)
{
        return g_build_filename(cache_dir, FOLDER, NULL);
}

char *omg_aur_files_dup_archive(const char *cache_dir)
{
        return g_build_filename(cache_dir, FOLDER, OMG_AUR_ARCHIVE_NAME, NULL);
}

char *omg_aur_files_dup_staging(const char *cache_dir)
{
        return g_build_filename(cache_dir, FOLDER, "staging", NULL);
}

GBytes *omg_aur_files_make_stamps(const struct stat *st)
{
        const gint64 values[] = {
                GINT64_TO_LE((gint64)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec),
                GINT64_TO_LE((gint64)st->st_ino),
                GINT64_TO_LE((gint64)st->st_size),
        };
        return g_bytes_new(values, sizeof(values));
}

GBytes *omg_aur_files_take_stamps(const char *archive)
{
        struct stat st;

        if (stat(archive, &st) < 0 || !S_ISREG(st.st_mode))
                return NULL;
        return omg_aur_files_make_stamps(&st);
}
