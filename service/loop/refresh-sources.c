/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "loop/log.h"
#include "loop/refresh-private.h"
#include "loop/sync-copies.h"
#include "sources/sync-copy.h"

/* Follows pacman where there are copies. What cannot be copied costs nothing: pacman's file counts.
 */
static void update_copies(OmgRefresh *refresh)
{
        g_autoptr(GError) error = NULL;

        (void)omg_sync_copies_update(refresh->conf, &error);
        if (error && g_strcmp0(error->message, refresh->copies_warning) != 0)
                omg_log_warning("Own sync databases: %s, ignoring", error->message);
        g_free(refresh->copies_warning);
        refresh->copies_warning = error ? g_strdup(error->message) : NULL;
}

static void log_warnings(OmgRefresh *refresh)
{
        g_autofree char *warnings = g_strjoinv("\n", refresh->conf->warnings);

        if (g_strcmp0(refresh->warnings, warnings) == 0)
                return;
        for (char **w = refresh->conf->warnings; w && *w; w++)
                omg_log_warning("%s, ignoring", *w);
        g_free(refresh->warnings);
        refresh->warnings = g_steal_pointer(&warnings);
}

/* Watches all that a refresh reads. Before it is read, so that no change is missed. */
static void watch_sources(OmgRefresh *refresh)
{
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        const OmgPacmanConf *conf = refresh->conf;
        g_auto(GStrv) files = conf ? g_strdupv(conf->files)
                                   : omg_pacman_conf_list_files(refresh->paths->pacman_conf);
        g_auto(GStrv) names = omg_refresh_dup_names_paths(refresh->paths);

        for (char **f = files; *f; f++)
                g_ptr_array_add(paths, g_strdup(*f));
        g_ptr_array_add(paths, g_strdup(names[1]));
        if (conf) {
                g_autofree char *lock = g_build_filename(conf->db_path, "db.lck", NULL);
                g_ptr_array_add(paths, g_build_filename(conf->db_path, "sync", NULL));
                g_ptr_array_add(paths, g_build_filename(conf->db_path, "local", NULL));
                g_ptr_array_add(paths, g_strdup(conf->log_file));
                omg_watch_set_lock_file(refresh->watch, lock);
        }
        g_ptr_array_add(paths, NULL);
        omg_watch_set_paths(refresh->watch, (const char *const *)paths->pdata);
}

void omg_refresh_read_configuration(OmgRefresh *refresh)
{
        g_autoptr(GError) error = NULL;

        refresh->conf =
                omg_pacman_conf_load(refresh->paths->pacman_conf, refresh->paths->pacman_root,
                                     refresh->paths->pacman_db_dir, &error);
        if (refresh->conf) {
                omg_sync_copy_set_cache_dir(refresh->conf, refresh->paths->cache_dir);
                log_warnings(refresh);
                watch_sources(refresh);
                update_copies(refresh);
                omg_pacman_conf_unref(refresh->last_conf);
                refresh->last_conf = omg_pacman_conf_ref(refresh->conf);
                return;
        }
        /* Not when what is missing is a file that it includes. */
        if (error->code == OMG_ERROR_DATABASE_MISSING &&
            !g_file_test(refresh->paths->pacman_conf, G_FILE_TEST_EXISTS)) {
                g_autoptr(GError) hint = g_error_new(
                        OMG_ERROR, error->code,
                        "%s; install pacman, or set OMG_PACMAN_CONF to the file", error->message);
                omg_refresh_add_failure(refresh, "pacman.conf", hint);
        } else {
                omg_refresh_add_failure(refresh, "pacman.conf", error);
        }
        watch_sources(refresh);
        if (refresh->last_conf)
                refresh->conf = omg_pacman_conf_ref(refresh->last_conf);
}
