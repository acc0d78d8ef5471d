/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "sources/runtimes-private.h"

/* ---- what the managers share ---- */

void omg_runtimes_watch(OmgRuntimesLook *look, const char *path)
{
        if (look->found->watches->len < OMG_LIMIT_RUNTIME_WATCHES)
                g_ptr_array_add(look->found->watches, g_strdup(path));
        else
                look->found->is_cut = TRUE;
}

static gboolean is_absent(int errnum)
{
        return errnum == ENOENT || errnum == ENOTDIR;
}

static void tell_errno(OmgRuntimesLook *look, OmgRuntimeSource source, const char *path, int errnum)
{
        g_autoptr(GError) error = NULL;

        omg_error_set_errno(&error, errnum, "%s", path);
        omg_runtime_problem_add(look->found->problems, source, path, error);
}

static void tell(OmgRuntimesLook *look, OmgRuntimeSource source, const char *path, const char *what)
{
        g_autoptr(GError) error = g_error_new_literal(OMG_ERROR, OMG_ERROR_UNAVAILABLE, what);

        omg_runtime_problem_add(look->found->problems, source, path, error);
}

static void list_open(OmgRuntimesLook *look, OmgRuntimeSource source, const char *path, DIR *dir,
                      GPtrArray *names)
{
        const struct dirent *entry;
        guint n = 0;

        while ((entry = readdir(dir))) {
                if (entry->d_name[0] == '.')
                        continue;
                if (++n > OMG_LIMIT_RUNTIME_ENTRIES) {
                        look->found->is_cut = TRUE;
                        tell(look, source, path, "there are too many names in it");
                        return;
                }
                if (omg_runtime_text_check(entry->d_name))
                        g_ptr_array_add(names, g_strdup(entry->d_name));
                else
                        tell(look, source, path, "a name in it is no text, or too long");
        }
}

GPtrArray *omg_runtimes_list(OmgRuntimesLook *look, OmgRuntimeSource source, const char *path)
{
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        DIR *dir = opendir(path);

        omg_runtimes_watch(look, path);
        if (dir) {
                list_open(look, source, path, dir, names);
                (void)closedir(dir);
        } else if (!is_absent(errno)) {
                tell_errno(look, source, path, errno);
        }
        g_ptr_array_sort(names, omg_text_compare_pointers);
        return names;
}

GBytes *omg_runtimes_read(OmgRuntimesLook *look, OmgRuntimeSource source, const char *path,
                          gsize max)
{
        g_autoptr(GError) error = NULL;
        GBytes *bytes = NULL;
        struct stat st;

        omg_runtimes_watch(look, path);
        if (stat(path, &st) < 0 && is_absent(errno))
                return NULL;
        if (!omg_file_read(path, max, &bytes, &error))
                omg_runtime_problem_add(look->found->problems, source, path, error);
        return bytes;
}

void omg_runtimes_add(OmgRuntimesLook *look, OmgRuntime *runtime)
{
        if (look->found->installed->len < OMG_LIMIT_RUNTIMES) {
                g_ptr_array_add(look->found->installed, runtime);
                return;
        }
        look->found->is_cut = TRUE;
        omg_runtime_free(runtime);
}

OmgRuntime *omg_runtimes_add_folder(OmgRuntimesLook *look, OmgRuntimeSource source,
                                    const char *name, const char *dir, const char *version)
{
        g_autofree char *bin = g_build_filename(dir, "bin", NULL);
        gboolean has_v = version[0] == 'v' && g_ascii_isdigit(version[1]);
        OmgRuntime *runtime;

        if (look->found->installed->len >= OMG_LIMIT_RUNTIMES) {
                look->found->is_cut = TRUE;
                return NULL;
        }
        runtime = omg_runtime_new(source, name, version + has_v, dir,
                                  omg_runtimes_is_dir(bin) ? bin : dir);
        omg_runtimes_add(look, runtime);
        return runtime;
}

gboolean omg_runtimes_is_dir(const char *path)
{
        struct stat st;

        return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *omg_runtimes_dup_alias(const char *path)
{
        char target[PATH_MAX];
        ssize_t n = readlink(path, target, sizeof(target) - 1);
        g_autofree char *parent = g_path_get_dirname(path);
        g_autofree char *full = NULL;
        g_autofree char *folder = NULL;

        if (n <= 0)
                return NULL;
        target[n] = '\0';
        full = g_canonicalize_filename(target, parent);
        folder = g_path_get_dirname(full);
        return g_str_equal(folder, parent) ? g_path_get_basename(full) : NULL;
}

/* ---- OMG's own directories ---- */

/* current says which version is the active one; one that leads out of the directory has its path.
 */
static void read_current(OmgRuntimesLook *look, const char *name, const char *folder)
{
        g_autofree char *current = g_build_filename(folder, "current", NULL);
        g_autofree char *wanted = omg_runtimes_dup_alias(current);
        char target[PATH_MAX];

        if (!wanted && realpath(current, target))
                wanted = g_strconcat("path:", target, NULL);
        if (wanted &&
            !omg_runtime_wish_add(look->found->wishes, OMG_RUNTIME_OMG, name, wanted, current))
                tell(look, OMG_RUNTIME_OMG, current, "this is no version");
}

static void look_at_own(OmgRuntimesLook *look, const char *name)
{
        g_autofree char *folder = g_build_filename(look->paths->omg_versions, name, NULL);
        g_autoptr(GPtrArray) versions = NULL;
        const char *usual = omg_runtime_get_name(name);

        if (!omg_runtimes_is_dir(folder))
                return;
        versions = omg_runtimes_list(look, OMG_RUNTIME_OMG, folder);
        for (guint i = 0; i < versions->len; i++) {
                g_autofree char *dir = g_build_filename(folder, versions->pdata[i], NULL);

                if (!g_str_equal(versions->pdata[i], "current") && omg_runtimes_is_dir(dir))
                        (void)omg_runtimes_add_folder(look, OMG_RUNTIME_OMG, usual, dir,
                                                      versions->pdata[i]);
        }
        read_current(look, usual, folder);
}

static void look_omg(OmgRuntimesLook *look)
{
        g_autoptr(GPtrArray) names =
                omg_runtimes_list(look, OMG_RUNTIME_OMG, look->paths->omg_versions);

        for (guint i = 0; i < names->len; i++)
                look_at_own(look, names->pdata[i]);
}

/* ---- all ---- */

OmgRuntimes *omg_runtimes_look(const OmgRuntimePaths *paths)
{
        OmgRuntimes *found = g_new0(OmgRuntimes, 1);
        OmgRuntimesLook look = {.paths = paths, .found = found};

        found->installed = g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_free);
        found->wishes = g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_wish_free);
        found->problems = g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_problem_free);
        found->watches = g_ptr_array_new_with_free_func(g_free);
        look_omg(&look);
        omg_runtimes_look_rustup(&look);
        omg_runtimes_look_path(&look);
        /* The only one with any number of directories: the others' are watched for certain. */
        omg_runtimes_look_mise(&look);
        return found;
}

void omg_runtimes_free(OmgRuntimes *runtimes)
{
        if (!runtimes)
                return;
        g_ptr_array_unref(runtimes->installed);
        g_ptr_array_unref(runtimes->wishes);
        g_ptr_array_unref(runtimes->problems);
        g_ptr_array_unref(runtimes->watches);
        g_free(runtimes);
}
