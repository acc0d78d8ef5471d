/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/paths.h"

#include <pwd.h>
#include <unistd.h>

#include "base/error.h"

typedef struct {
        OmgGetenv getenv_func;
        void *userdata;
        uid_t uid;
} Environment;

static const char *process_getenv(const char *name, void *userdata)
{
        return g_getenv(name);
}

static const char *lookup(const Environment *environment, const char *name)
{
        const char *value = environment->getenv_func(name, environment->userdata);

        return value && *value ? value : NULL;
}

static char *absolute(const char *path)
{
        return path ? g_canonicalize_filename(path, NULL) : NULL;
}

static const char *lookup_xdg(const Environment *environment, const char *name)
{
        const char *value = lookup(environment, name);

        return value && g_path_is_absolute(value) ? value : NULL;
}

static char *find_home(const Environment *environment, GError **error)
{
        const char *home = lookup(environment, "HOME");
        if (home && g_path_is_absolute(home))
                return g_strdup(home);

        struct passwd entry;
        struct passwd *found = NULL;
        gsize size = 16384;
        g_autofree char *buffer = g_malloc(size);
        if (getpwuid_r(environment->uid, &entry, buffer, size, &found) == 0 && found &&
            g_path_is_absolute(found->pw_dir))
                return g_strdup(found->pw_dir);

        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                    "The home directory is unknown: HOME is not set and the user database has "
                    "none for user %lu",
                    (unsigned long)environment->uid);
        return NULL;
}

/* own: the whole directory; xdg: the base that "omg" is in; fallback: the same below the home. */
static char *find_dir(const Environment *environment, const char *own, const char *xdg,
                      const char *fallback, GError **error)
{
        const char *value = lookup(environment, own);
        if (value)
                return absolute(value);

        value = lookup_xdg(environment, xdg);
        if (value)
                return g_build_filename(value, "omg", NULL);

        g_autofree char *home = find_home(environment, error);
        return home ? g_build_filename(home, fallback, "omg", NULL) : NULL;
}

static char *find_socket(const Environment *environment, const char *from_command_line)
{
        const char *value = from_command_line;
        if (!value || !*value)
                value = lookup(environment, "OMG_SOCKET_PATH");
        if (value)
                return absolute(value);

        value = lookup_xdg(environment, "XDG_RUNTIME_DIR");
        if (value)
                return g_build_filename(value, "omg.sock", NULL);

        g_autofree char *run = g_strdup_printf("/run/user/%lu", (unsigned long)environment->uid);
        if (g_file_test(run, G_FILE_TEST_IS_DIR))
                return g_build_filename(run, "omg.sock", NULL);
        return g_strdup("/tmp/omg.sock");
}

char *omg_paths_find_home(OmgGetenv getenv_func, void *userdata, uid_t uid, GError **error)
{
        Environment environment = {getenv_func ? getenv_func : process_getenv, userdata, uid};

        return find_home(&environment, error);
}

OmgPaths *omg_paths_new_with_socket(OmgGetenv getenv_func, void *userdata, uid_t uid,
                                    const char *socket, GError **error)
{
        Environment environment = {getenv_func ? getenv_func : process_getenv, userdata, uid};
        g_autoptr(OmgPaths) paths = g_new0(OmgPaths, 1);

        paths->data_dir = find_dir(&environment, "OMG_DAEMON_DATA_DIR", "XDG_DATA_HOME",
                                   ".local/share", error);
        if (!paths->data_dir)
                return NULL;
        paths->cache_dir =
                find_dir(&environment, "OMG_CACHE_DIR", "XDG_CACHE_HOME", ".cache", error);
        if (!paths->cache_dir)
                return NULL;
        paths->config_dir =
                find_dir(&environment, "OMG_CONFIG_DIR", "XDG_CONFIG_HOME", ".config", error);
        if (!paths->config_dir)
                return NULL;

        paths->socket = find_socket(&environment, socket);
        g_autofree char *dir = g_path_get_dirname(paths->socket);
        paths->status_file = g_build_filename(dir, "omg.status", NULL);

        const char *conf = lookup(&environment, "OMG_PACMAN_CONF");
        paths->pacman_conf = absolute(conf ? conf : "/etc/pacman.conf");
        paths->pacman_root = absolute(lookup(&environment, "OMG_PACMAN_ROOT"));
        paths->pacman_db_dir = absolute(lookup(&environment, "OMG_PACMAN_DB_DIR"));
        paths->index_helper = absolute(lookup(&environment, "OMG_INDEX_HELPER"));
        paths->fetch_helper = absolute(lookup(&environment, "OMG_FETCH_HELPER"));
        paths->osv_names = absolute(lookup(&environment, "OMG_OSV_NAMES"));
        return g_steal_pointer(&paths);
}

OmgPaths *omg_paths_new(OmgGetenv getenv_func, void *userdata, uid_t uid, GError **error)
{
        return omg_paths_new_with_socket(getenv_func, userdata, uid, NULL, error);
}

OmgPaths *omg_paths_new_system(void)
{
        OmgPaths *paths = g_new0(OmgPaths, 1);

        paths->is_system = TRUE;
        paths->data_dir = g_strdup("/var/lib/omg");
        paths->cache_dir = g_strdup("/var/cache/omg");
        paths->config_dir = g_strdup("/etc/omg");
        paths->pacman_conf = g_strdup("/etc/pacman.conf");
        return paths;
}

void omg_paths_free(OmgPaths *paths)
{
        if (!paths)
                return;

        g_free(paths->socket);
        g_free(paths->status_file);
        g_free(paths->data_dir);
        g_free(paths->cache_dir);
        g_free(paths->config_dir);
        g_free(paths->pacman_conf);
        g_free(paths->pacman_root);
        g_free(paths->pacman_db_dir);
        g_free(paths->index_helper);
        g_free(paths->fetch_helper);
        g_free(paths->osv_names);
        g_free(paths);
}
