/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/advisory-files.h"

#include <sys/stat.h>

#define FOLDER "advisories"

char *omg_advisory_files_dup_tracker(const char *cache_dir)
{
        return g_build_filename(cache_dir, FOLDER, "tracker.json", NULL);
}

char *omg_advisory_files_dup_groups(const char *cache_dir)
{
        return g_build_filename(cache_dir, FOLDER, "tracker", NULL);
}

char *omg_advisory_files_dup_osv(const char *cache_dir)
{
        return g_build_filename(cache_dir, FOLDER, "osv", NULL);
}

char *omg_advisory_files_dup_staging(const char *cache_dir)
{
        return g_build_filename(cache_dir, FOLDER, "staging", NULL);
}

char *omg_advisory_files_dup_osv_notes(const char *cache_dir)
{
        return g_build_filename(cache_dir, FOLDER, "osv-notes", NULL);
}

/* FALSE: there is none. */
static gboolean add_stamp(GArray *stamps, const char *path)
{
        const gint64 none = GINT64_TO_LE(G_GINT64_CONSTANT(-1));
        gint64 values[] = {none, none, none};
        struct stat st;
        gboolean is_there = stat(path, &st) == 0;

        if (is_there) {
                values[0] =
                        GINT64_TO_LE((gint64)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec);
                values[1] = GINT64_TO_LE((gint64)st.st_ino);
                values[2] = GINT64_TO_LE((gint64)st.st_size);
        }
        g_array_append_vals(stamps, values, G_N_ELEMENTS(values));
        return is_there;
}

GBytes *omg_advisory_files_take_stamps(const char *cache_dir)
{
        g_autofree char *tracker = omg_advisory_files_dup_tracker(cache_dir);
        g_autofree char *groups = omg_advisory_files_dup_groups(cache_dir);
        g_autofree char *osv = omg_advisory_files_dup_osv(cache_dir);
        g_autoptr(GArray) stamps = g_array_new(FALSE, FALSE, sizeof(gint64));
        gboolean has_tracker = add_stamp(stamps, tracker);
        gboolean has_osv = add_stamp(stamps, osv);
        gsize size;

        (void)add_stamp(stamps, groups);
        if (!has_tracker && !has_osv)
                return NULL;
        size = stamps->len * sizeof(gint64);
        return g_bytes_new_take(g_array_free(g_steal_pointer(&stamps), FALSE), size);
}
