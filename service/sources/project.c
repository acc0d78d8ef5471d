/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/project.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits.h"
#include "sources/version-files.h"

gboolean omg_project_check(const char *directory, GError **error)
{
        gsize length = strlen(directory);

        if (g_path_is_absolute(directory) && length <= OMG_LIMIT_PATH)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                    "Option \"directory\": an absolute path of at most %u bytes is needed",
                    OMG_LIMIT_PATH);
        return FALSE;
}

static void fail_directory(GError **error, const char *directory, int errnum)
{
        OmgError code = errnum == ENOENT || errnum == ENOTDIR ? OMG_ERROR_NOT_FOUND
                        : errnum == EACCES                    ? OMG_ERROR_ACCESS_DENIED
                                                              : OMG_ERROR_UNAVAILABLE;

        g_set_error(error, OMG_ERROR, (gint)code, "%s: %s", directory, g_strerror(errnum));
}

/* New, or NULL. */
static char *resolve(const char *directory, GError **error)
{
        char resolved[PATH_MAX];
        struct stat st;

        if (!realpath(directory, resolved) || stat(resolved, &st) < 0) {
                fail_directory(error, directory, errno);
                return NULL;
        }
        if (!S_ISDIR(st.st_mode)) {
                fail_directory(error, directory, ENOTDIR);
                return NULL;
        }
        return g_strdup(resolved);
}

/* What a file asks for counts as a whole, or not at all. */
static void read_file(OmgProject *project, const char *name, const char *path)
{
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) error = NULL;
        guint before = project->wishes->len;

        if (omg_file_read(path, OMG_LIMIT_VERSION_FILE, &bytes, &error) &&
            omg_version_file_parse(name, path, bytes, project->wishes, &error))
                return;
        g_ptr_array_set_size(project->wishes, (gint)before);
        omg_runtime_problem_add(project->problems, OMG_RUNTIME_FILE, path, error);
}

/* FALSE: nothing in there can be looked at. */
static gboolean read_directory(OmgProject *project, const char *directory)
{
        for (gsize i = 0; omg_version_file_names[i]; i++) {
                g_autofree char *path =
                        g_build_filename(directory, omg_version_file_names[i], NULL);
                struct stat st;

                /* "go.mod/" and "package.json/" may be directories of a project, too. */
                if (stat(path, &st) == 0 ? !S_ISDIR(st.st_mode)
                                         : errno != ENOENT && errno != EACCES)
                        read_file(project, omg_version_file_names[i], path);
                else if (errno == EACCES && stat(path, &st) < 0 && errno == EACCES)
                        return FALSE;
        }
        return TRUE;
}

static void tell_closed(OmgProject *project, const char *directory)
{
        g_autoptr(GError) error = NULL;

        omg_error_set_errno(&error, EACCES, "%s", directory);
        omg_runtime_problem_add(project->problems, OMG_RUNTIME_FILE, directory, error);
}

OmgProject *omg_project_read(const char *directory, GError **error)
{
        g_autoptr(OmgProject) project = g_new0(OmgProject, 1);
        g_autofree char *at = NULL;

        project->wishes = g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_wish_free);
        project->problems =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_problem_free);
        if (!omg_project_check(directory, error))
                return NULL;
        project->directory = resolve(directory, error);
        if (!project->directory)
                return NULL;
        at = g_strdup(project->directory);
        for (guint depth = 0;; depth++) {
                g_autofree char *below = NULL;

                if (depth >= OMG_LIMIT_PROJECT_DEPTH) {
                        project->is_cut = TRUE;
                        break;
                }
                if (!read_directory(project, at))
                        tell_closed(project, at);
                if (g_str_equal(at, "/"))
                        break;
                below = g_steal_pointer(&at);
                at = g_path_get_dirname(below);
        }
        return g_steal_pointer(&project);
}

void omg_project_free(OmgProject *project)
{
        if (!project)
                return;
        g_free(project->directory);
        if (project->wishes)
                g_ptr_array_unref(project->wishes);
        if (project->problems)
                g_ptr_array_unref(project->problems);
        g_free(project);
}
