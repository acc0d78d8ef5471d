/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/sync-copy.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void omg_sync_copy_set_cache_dir(OmgPacmanConf *conf, const char *cache_dir)
{
        g_free(conf->copy_dir);
        conf->copy_dir = cache_dir ? g_build_filename(cache_dir, "pacman/", NULL) : NULL;
}

OmgSyncCopyState omg_sync_copy_get_state(const OmgPacmanConf *conf)
{
        if (!conf->copy_dir)
                return OMG_SYNC_COPY_NONE;

        g_autofree char *link = g_strconcat(conf->copy_dir, "local", NULL);
        g_autofree char *local = g_strconcat(conf->db_path, "local", NULL);
        g_autoptr(GError) error = NULL;
        g_autofree char *target = g_file_read_link(link, &error);
        if (target)
                return strcmp(target, local) == 0 ? OMG_SYNC_COPY_OURS : OMG_SYNC_COPY_FOREIGN;
        return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_INVAL) ? OMG_SYNC_COPY_FOREIGN
                                                                        : OMG_SYNC_COPY_NONE;
}

char *omg_sync_copy_dup_pacman(const OmgPacmanConf *conf, const char *name)
{
        return g_strdup_printf("%ssync/%s.db", conf->db_path, name);
}

char *omg_sync_copy_dup_own(const OmgPacmanConf *conf, const char *name)
{
        return conf->copy_dir ? g_strdup_printf("%ssync/%s.db", conf->copy_dir, name) : NULL;
}

static gboolean is_newer(const struct stat *a, const struct stat *b)
{
        return a->st_mtim.tv_sec != b->st_mtim.tv_sec ? a->st_mtim.tv_sec > b->st_mtim.tv_sec
                                                      : a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

gboolean omg_sync_copy_is_own(const OmgPacmanConf *conf, const char *name)
{
        g_autofree char *own = omg_sync_copy_dup_own(conf, name);
        g_autofree char *theirs = omg_sync_copy_dup_pacman(conf, name);
        struct stat own_st, st;

        if (omg_sync_copy_get_state(conf) != OMG_SYNC_COPY_OURS || lstat(own, &own_st) < 0 ||
            !S_ISREG(own_st.st_mode) || own_st.st_size == 0)
                return FALSE;
        return stat(theirs, &st) < 0 || is_newer(&own_st, &st);
}

char *omg_sync_copy_dup_path(const OmgPacmanConf *conf, const char *name)
{
        return omg_sync_copy_is_own(conf, name) ? omg_sync_copy_dup_own(conf, name)
                                                : omg_sync_copy_dup_pacman(conf, name);
}
