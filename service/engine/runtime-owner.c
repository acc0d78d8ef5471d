/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/runtime-owner.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "engine/providers.h"

/* Relative to the root, as packages list it; NULL: outside. New. */
static char *get_relative(const char *root, const char *path)
{
        return g_str_has_prefix(path, root) ? g_strdup(path + strlen(root)) : NULL;
}

/* The ways a package may list the program: as found, but for its folder, or where that leads. */
static GPtrArray *get_listed(const char *root, const char *program)
{
        GPtrArray *listed = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *folder = g_path_get_dirname(program);
        g_autofree char *name = g_path_get_basename(program);
        char resolved[PATH_MAX];

        if (realpath(folder, resolved)) {
                g_autofree char *path = g_build_filename(resolved, name, NULL);
                g_ptr_array_add(listed, get_relative(root, path));
        }
        if (realpath(program, resolved))
                g_ptr_array_add(listed, get_relative(root, resolved));
        return listed;
}

static gboolean has_line(GBytes *bytes, const char *line)
{
        g_autofree char *needle = g_strdup_printf("\n%s\n", line);
        gsize length;
        const char *data = g_bytes_get_data(bytes, &length);

        return length > 0 && memmem(data, length, needle, strlen(needle)) != NULL;
}

static gboolean owns(const OmgSnapshot *snapshot, guint id, const GPtrArray *listed)
{
        g_autofree char *folder = g_strdup_printf("%s-%s", omg_layer_get_name(snapshot->local, id),
                                                  omg_layer_get_version(snapshot->local, id));
        g_autofree char *path =
                g_build_filename(snapshot->conf->db_path, "local", folder, "files", NULL);
        g_autoptr(GBytes) bytes = NULL;

        if (!omg_file_read(path, OMG_LIMIT_FILES_TEXT, &bytes, NULL))
                return FALSE;
        for (guint i = 0; i < listed->len; i++)
                if (listed->pdata[i] && has_line(bytes, listed->pdata[i]))
                        return TRUE;
        return FALSE;
}

/* "1:20.1.0-2" is 20.1.0. */
static char *strip_release(const char *version)
{
        const char *epoch = strchr(version, ':');
        const char *start = epoch ? epoch + 1 : version;
        const char *end = strrchr(start, '-');

        return end ? g_strndup(start, (gsize)(end - start)) : g_strdup(start);
}

static void set_package(OmgRuntime *runtime, const OmgLayer *local, guint id)
{
        g_autofree char *version = strip_release(omg_layer_get_version(local, id));

        runtime->package = g_strdup(omg_layer_get_name(local, id));
        runtime->package_version = g_strdup(omg_layer_get_version(local, id));
        if (!omg_runtime_text_check(version))
                return;
        g_free(runtime->version);
        runtime->version = g_steal_pointer(&version);
}

void omg_runtime_set_owner(OmgRuntime *runtime, const OmgSnapshot *snapshot)
{
        const OmgRuntimeKind *kind = omg_runtime_find_kind(runtime->name);
        g_autoptr(GPtrArray) listed = NULL;
        g_autoptr(GArray) ids = NULL;
        OmgDepend depend;

        if (runtime->source != OMG_RUNTIME_PATH || !snapshot || !snapshot->local ||
            !snapshot->conf || !kind || !kind->package)
                return;
        listed = get_listed(snapshot->conf->root_dir, runtime->program);
        omg_depend_parse(kind->package, -1, &depend);
        ids = omg_satisfiers_find(snapshot->local, &depend);
        for (guint i = 0; i < ids->len; i++) {
                guint id = g_array_index(ids, OmgSatisfier, i).id;

                if (owns(snapshot, id, listed)) {
                        set_package(runtime, snapshot->local, id);
                        return;
                }
        }
}
