/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A disk of configuration files that is a table in memory: path to content, of strings or, with
 * lengths, of GBytes. Shared by the unit test and the fuzz target. */

#include <fnmatch.h>
#include <string.h>

#include "base/error.h"
#include "sources/pacman-conf.h"

static gboolean memory_read_file(const char *path, GBytes **ret_bytes, GError **error,
                                 void *userdata)
{
        GBytes *bytes = g_hash_table_lookup(userdata, path);

        if (!bytes) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_MISSING, "%s: not there", path);
                return FALSE;
        }
        *ret_bytes = g_bytes_ref(bytes);
        return TRUE;
}

static int memory_compare(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GStrv memory_glob(const char *pattern, GError **error, void *userdata)
{
        g_autoptr(GPtrArray) found = g_ptr_array_new();
        GHashTableIter iter;
        gpointer path;

        g_hash_table_iter_init(&iter, userdata);
        while (g_hash_table_iter_next(&iter, &path, NULL))
                if (fnmatch(pattern, path, FNM_PATHNAME) == 0)
                        g_ptr_array_add(found, g_strdup(path));
        g_ptr_array_sort(found, memory_compare);
        if (found->len == 0)
                g_ptr_array_add(found, g_strdup(pattern));
        g_ptr_array_add(found, NULL);
        return (GStrv)g_ptr_array_steal(found, NULL);
}

static inline OmgPacmanConf *memory_load(GHashTable *files, const char *path, const char *root,
                                         const char *db_path, GError **error)
{
        OmgPacmanConfReader reader = {memory_read_file, memory_glob, files};

        return omg_pacman_conf_load_with(&reader, path, root, db_path, error);
}
