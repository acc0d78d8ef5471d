/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/alpm-folder.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "sources/stamps.h"

/* The version of the local database's layout that libalpm writes, and with it the empty one. */
#define LOCAL_DB_VERSION "9\n"

/* What libalpm reads of an installed package. */
static const char *const package_files[] = {"desc", "files", "install"};

static gboolean make_link(const char *target, const char *dir, const char *name, GError **error)
{
        g_autofree char *path = g_build_filename(dir, name, NULL);

        if (symlink(target, path) == 0)
                return TRUE;
        omg_error_set_errno(error, errno, "cannot make %s", path);
        return FALSE;
}

static gboolean make_dir(const char *path, GError **error)
{
        if (g_mkdir(path, 0700) == 0)
                return TRUE;
        omg_error_set_errno(error, errno, "cannot make %s", path);
        return FALSE;
}

/* libalpm takes a folder in local/ for a package only when it is one, no link to one. */
static gboolean provide_folder(OmgAlpmFolder *folder, const char *real, const char *name,
                               GError **error)
{
        g_autofree char *own = g_build_filename(folder->path, "local", name, NULL);

        if (!make_dir(own, error))
                return FALSE;
        for (gsize i = 0; i < G_N_ELEMENTS(package_files); i++) {
                g_autofree char *target = g_build_filename(real, name, package_files[i], NULL);
                if (!make_link(target, own, package_files[i], error))
                        return FALSE;
        }
        return TRUE;
}

/* A local database of some of pacman's packages. */
static gboolean provide_folders(OmgAlpmFolder *folder, const char *real, GError **error)
{
        g_autofree char *own = g_build_filename(folder->path, "local", NULL);
        g_autofree char *version = g_build_filename(real, "ALPM_DB_VERSION", NULL);

        if (!make_dir(own, error) || !make_link(version, own, "ALPM_DB_VERSION", error))
                return FALSE;
        for (guint i = 0; i < folder->packages->len; i++)
                if (!provide_folder(folder, real, g_ptr_array_index(folder->packages, i), error))
                        return FALSE;
        return TRUE;
}

/* A local database as libalpm wants it: pacman's, or an empty one. */
static gboolean provide_local(OmgAlpmFolder *folder, gboolean with_local, GError **error)
{
        g_autofree char *real = g_build_filename(folder->conf->db_path, "local", NULL);
        g_autofree char *version = g_build_filename(real, "ALPM_DB_VERSION", NULL);

        if (with_local && access(real, R_OK | X_OK) < 0) {
                omg_stamps_set_no_local(error, real, errno);
                return FALSE;
        }
        if (folder->packages)
                return provide_folders(folder, real, error);
        if (with_local && access(version, R_OK) == 0)
                return make_link(real, folder->path, "local", error);
        if (with_local) {
                /* pacman writes the version with the first package: only an empty folder may lack
                 * it. */
                g_autoptr(GDir) dir = g_dir_open(real, 0, error);
                if (!dir)
                        return FALSE;
                if (g_dir_read_name(dir)) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT,
                                    "%s: not readable, though packages are there; see "
                                    "pacman-db-upgrade(8)",
                                    version);
                        return FALSE;
                }
        }

        g_autofree char *own = g_build_filename(folder->path, "local", NULL);
        g_autofree char *own_version = g_build_filename(own, "ALPM_DB_VERSION", NULL);
        return make_dir(own, error) &&
               g_file_set_contents(own_version, LOCAL_DB_VERSION, -1, error);
}

gboolean omg_alpm_folder_add_sync(OmgAlpmFolder *folder, const char *path, const char *file,
                                  GError **error)
{
        g_autofree char *dir = g_build_filename(folder->path, "sync", NULL);
        g_autofree char *signature = g_strconcat(path, ".sig", NULL);
        g_autofree char *signature_file = g_strconcat(file, ".sig", NULL);

        g_ptr_array_add(folder->sync_files, g_strdup(file));
        g_ptr_array_add(folder->sync_files, g_strdup(signature_file));
        return make_link(path, dir, file, error) &&
               make_link(signature, dir, signature_file, error);
}

static gboolean provide_databases(OmgAlpmFolder *folder, const char *work_dir, gboolean with_local,
                                  GError **error)
{
        g_autofree char *template = g_build_filename(work_dir, ".alpm-XXXXXX", NULL);

        if (!g_mkdtemp_full(template, 0700)) {
                omg_error_set_errno(error, errno, "cannot make a folder in %s", work_dir);
                return FALSE;
        }
        folder->path = g_strconcat(template, "/", NULL);
        g_autofree char *sync = g_build_filename(template, "sync", NULL);
        return make_dir(sync, error) && provide_local(folder, with_local, error);
}

gboolean omg_alpm_folder_init(OmgAlpmFolder *folder, const OmgPacmanConf *conf,
                              const char *work_dir, gboolean with_local, const GPtrArray *packages,
                              GError **error)
{
        *folder = (OmgAlpmFolder){
                .conf = conf,
                .packages = packages,
                .sync_files = g_ptr_array_new_with_free_func(g_free),
        };
        return provide_databases(folder, work_dir, with_local, error);
}

static void remove_entry(const char *dir, const char *name)
{
        g_autofree char *path = g_build_filename(dir, name, NULL);

        (void)g_remove(path);
}

/* Links go, what they lead to stays: what is in local/ only where that is a folder of ours. */
static void remove_databases(OmgAlpmFolder *folder)
{
        g_autofree char *local = g_build_filename(folder->path, "local", NULL);
        struct stat st;

        if (lstat(local, &st) == 0 && S_ISDIR(st.st_mode)) {
                for (guint i = 0; folder->packages && i < folder->packages->len; i++) {
                        const char *name = g_ptr_array_index(folder->packages, i);
                        g_autofree char *own = g_build_filename(local, name, NULL);
                        for (gsize k = 0; k < G_N_ELEMENTS(package_files); k++)
                                remove_entry(own, package_files[k]);
                        remove_entry(local, name);
                }
                remove_entry(local, "ALPM_DB_VERSION");
        }
        g_autofree char *sync = g_build_filename(folder->path, "sync", NULL);
        for (guint i = 0; i < folder->sync_files->len; i++)
                remove_entry(sync, g_ptr_array_index(folder->sync_files, i));
        remove_entry(folder->path, "local");
        remove_entry(folder->path, "sync");
        remove_entry(folder->path, "db.lck");
        (void)g_rmdir(folder->path);
}

void omg_alpm_folder_clear(OmgAlpmFolder *folder)
{
        if (folder->path)
                remove_databases(folder);
        g_clear_pointer(&folder->path, g_free);
        g_clear_pointer(&folder->sync_files, g_ptr_array_unref);
}
