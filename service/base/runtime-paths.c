/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/runtime-paths.h"

#include "base/limits.h"

typedef struct {
        OmgGetenv getenv_func;
        void *userdata;
        const char *home;
} Environment;

static const char *process_getenv(const char *name, void *userdata)
{
        return g_getenv(name);
}

/* The first of the variables (NULL-terminated) that holds an absolute path; new, or NULL. */
static char *find_path(const Environment *environment, const char *const *names)
{
        for (; *names; names++) {
                const char *value = environment->getenv_func(*names, environment->userdata);

                if (value && g_path_is_absolute(value))
                        return g_canonicalize_filename(value, NULL);
        }
        return NULL;
}

#define FIND(environment, ...) find_path(environment, (const char *const[]){__VA_ARGS__, NULL})

/* name in the directory of the variable, or in the one below the home. */
static char *find_xdg(const Environment *environment, const char *variable, const char *fallback,
                      const char *name)
{
        g_autofree char *base = FIND(environment, variable);

        return base ? g_build_filename(base, name, NULL)
                    : g_build_filename(environment->home, fallback, name, NULL);
}

static void find_mise(const Environment *environment, OmgRuntimePaths *paths)
{
        g_autofree char *data = FIND(environment, "MISE_DATA_DIR");

        if (!data)
                data = find_xdg(environment, "XDG_DATA_HOME", ".local/share", "mise");
        paths->mise_installs = FIND(environment, "MISE_INSTALLS_DIR");
        if (!paths->mise_installs)
                paths->mise_installs = g_build_filename(data, "installs", NULL);
        paths->mise_shims = g_build_filename(data, "shims", NULL);
        paths->mise_config = FIND(environment, "MISE_CONFIG_DIR");
        if (!paths->mise_config)
                paths->mise_config = find_xdg(environment, "XDG_CONFIG_HOME", ".config", "mise");
        paths->mise_global = FIND(environment, "MISE_GLOBAL_CONFIG_FILE");
        if (!paths->mise_global)
                paths->mise_global = g_build_filename(paths->mise_config, "config.toml", NULL);
        paths->mise_system = FIND(environment, "MISE_SYSTEM_CONFIG_DIR", "MISE_SYSTEM_DIR");
        if (!paths->mise_system)
                paths->mise_system = g_strdup("/etc/mise");
}

static GStrv split_search_path(const char *text)
{
        g_auto(GStrv) parts = g_strsplit(text ?: "", ":", -1);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        for (gsize i = 0; parts[i] && g_hash_table_size(seen) < OMG_LIMIT_SEARCH_PATH; i++) {
                g_autofree char *dir = NULL;

                if (!g_path_is_absolute(parts[i]))
                        continue;
                dir = g_canonicalize_filename(parts[i], NULL);
                if (g_hash_table_contains(seen, dir))
                        continue;
                g_strv_builder_add(builder, dir);
                (void)g_hash_table_add(seen, g_steal_pointer(&dir));
        }
        return g_strv_builder_end(builder);
}

OmgRuntimePaths *omg_runtime_paths_new(OmgGetenv getenv_func, void *userdata, uid_t uid,
                                       const char *data_dir, GError **error)
{
        g_autofree char *home = omg_paths_find_home(getenv_func, userdata, uid, error);
        Environment environment = {getenv_func ?: process_getenv, userdata, home};
        OmgRuntimePaths *paths;

        if (!home)
                return NULL;
        paths = g_new0(OmgRuntimePaths, 1);
        paths->omg_versions = g_build_filename(data_dir, "versions", NULL);
        find_mise(&environment, paths);
        paths->rustup_home = FIND(&environment, "RUSTUP_HOME");
        if (!paths->rustup_home)
                paths->rustup_home = g_build_filename(home, ".rustup", NULL);
        paths->rustup_system = g_strdup("/etc/rustup/settings.toml");
        paths->jvm = g_strdup("/usr/lib/jvm");
        paths->search_path = split_search_path(environment.getenv_func("PATH", userdata));
        return paths;
}

void omg_runtime_paths_free(OmgRuntimePaths *paths)
{
        if (!paths)
                return;
        g_free(paths->omg_versions);
        g_free(paths->mise_installs);
        g_free(paths->mise_shims);
        g_free(paths->mise_config);
        g_free(paths->mise_global);
        g_free(paths->mise_system);
        g_free(paths->rustup_home);
        g_free(paths->rustup_system);
        g_free(paths->jvm);
        g_strfreev(paths->search_path);
        g_free(paths);
}
