/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mise: installs/TOOL/VERSION, where "20 -> ./20.1.0" is another name of a version, and
 * the configuration that holds everywhere (mise.jdx.dev/directories, mise.jdx.dev/configuration).
 */
#include "base/error.h"
#include "base/limits.h"
#include "sources/runtimes-private.h"
#include "sources/version-files.h"

/* ---- what is installed ---- */

static void add_aliases(const char *folder, const GPtrArray *versions, GHashTable *by_folder)
{
        for (guint i = 0; i < versions->len; i++) {
                g_autofree char *path = g_build_filename(folder, versions->pdata[i], NULL);
                g_autofree char *target = omg_runtimes_dup_alias(path);
                OmgRuntime *runtime = target ? g_hash_table_lookup(by_folder, target) : NULL;

                if (runtime)
                        g_ptr_array_add(runtime->aliases, g_strdup(versions->pdata[i]));
        }
}

static void look_at_tool(OmgRuntimesLook *look, const char *tool)
{
        g_autofree char *folder = g_build_filename(look->paths->mise_installs, tool, NULL);
        g_autoptr(GHashTable) by_folder = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GPtrArray) versions = NULL;

        if (!omg_runtimes_is_dir(folder))
                return;
        versions = omg_runtimes_list(look, OMG_RUNTIME_MISE, folder);
        for (guint i = 0; i < versions->len; i++) {
                g_autofree char *dir = g_build_filename(folder, versions->pdata[i], NULL);
                g_autofree char *alias = omg_runtimes_dup_alias(dir);
                OmgRuntime *runtime;

                if (alias || !omg_runtimes_is_dir(dir))
                        continue;
                runtime =
                        omg_runtimes_add_folder(look, OMG_RUNTIME_MISE, omg_runtime_get_name(tool),
                                                dir, versions->pdata[i]);
                if (runtime)
                        (void)g_hash_table_insert(by_folder, versions->pdata[i], runtime);
        }
        add_aliases(folder, versions, by_folder);
}

/* ---- what is configured ---- */

static void read_config(OmgRuntimesLook *look, const char *path)
{
        GPtrArray *wishes = look->found->wishes;
        g_autoptr(GBytes) bytes =
                omg_runtimes_read(look, OMG_RUNTIME_MISE, path, OMG_LIMIT_VERSION_FILE);
        g_autoptr(GError) error = NULL;
        guint before = wishes->len;

        if (!bytes || omg_mise_config_parse(OMG_RUNTIME_MISE, path, bytes, wishes, &error))
                return;
        omg_runtime_problem_add(look->found->problems, OMG_RUNTIME_MISE, path, error);
        g_ptr_array_set_size(wishes, (gint)before);
}

/* Of files in conf.d the last by name counts most. */
static void read_conf_d(OmgRuntimesLook *look, const char *dir)
{
        g_autofree char *folder = g_build_filename(dir, "conf.d", NULL);
        g_autoptr(GPtrArray) names = omg_runtimes_list(look, OMG_RUNTIME_MISE, folder);

        for (guint i = MIN(names->len, OMG_LIMIT_CONFIG_FILES); i-- > 0;) {
                g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);

                if (g_str_has_suffix(path, ".toml"))
                        read_config(look, path);
        }
}

void omg_runtimes_look_mise(OmgRuntimesLook *look)
{
        const OmgRuntimePaths *paths = look->paths;
        g_autofree char *local = g_build_filename(paths->mise_config, "config.local.toml", NULL);
        g_autofree char *system = g_build_filename(paths->mise_system, "config.toml", NULL);
        g_autoptr(GPtrArray) tools = NULL;

        read_config(look, local);
        read_config(look, paths->mise_global);
        read_conf_d(look, paths->mise_config);
        read_config(look, system);
        read_conf_d(look, paths->mise_system);
        tools = omg_runtimes_list(look, OMG_RUNTIME_MISE, paths->mise_installs);
        for (guint i = 0; i < tools->len; i++)
                look_at_tool(look, tools->pdata[i]);
}
