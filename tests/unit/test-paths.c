/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Paths from an environment of the test's own. */

#include "base/paths.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/runtime-paths.h"

#define NOBODY ((uid_t)4000000001u)

static const char *from_table(const char *name, void *userdata)
{
        return g_hash_table_lookup(userdata, name);
}

static OmgPaths *resolve(const char *const *pairs, const char *socket, GError **error)
{
        g_autoptr(GHashTable) table = g_hash_table_new(g_str_hash, g_str_equal);

        for (; *pairs; pairs += 2)
                g_hash_table_insert(table, (gpointer)pairs[0], (gpointer)pairs[1]);
        return omg_paths_new_with_socket(from_table, table, NOBODY, socket, error);
}

/* With a home alone: the XDG defaults, /tmp, and what pacman.conf says. */
static void test_defaults(void)
{
        static const char *const environment[] = {"HOME", "/home/u", NULL};
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgPaths) paths = resolve(environment, NULL, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(paths->socket, ==, "/tmp/omg.sock");
        g_assert_cmpstr(paths->status_file, ==, "/tmp/omg.status");
        g_assert_cmpstr(paths->data_dir, ==, "/home/u/.local/share/omg");
        g_assert_cmpstr(paths->cache_dir, ==, "/home/u/.cache/omg");
        g_assert_cmpstr(paths->config_dir, ==, "/home/u/.config/omg");
        g_assert_cmpstr(paths->pacman_conf, ==, "/etc/pacman.conf");
        g_assert_null(paths->pacman_root);
        g_assert_null(paths->pacman_db_dir);
        g_assert_null(paths->index_helper);
        g_assert_null(paths->fetch_helper);
}

/* The XDG directories stand before the home. */
static void test_xdg(void)
{
        static const char *const environment[] = {"HOME",
                                                  "/home/u",
                                                  "XDG_RUNTIME_DIR",
                                                  "/r",
                                                  "XDG_DATA_HOME",
                                                  "/d",
                                                  "XDG_CACHE_HOME",
                                                  "/c",
                                                  "XDG_CONFIG_HOME",
                                                  "/f",
                                                  NULL};
        g_autoptr(OmgPaths) paths = resolve(environment, NULL, NULL);

        g_assert_cmpstr(paths->socket, ==, "/r/omg.sock");
        g_assert_cmpstr(paths->status_file, ==, "/r/omg.status");
        g_assert_cmpstr(paths->data_dir, ==, "/d/omg");
        g_assert_cmpstr(paths->cache_dir, ==, "/c/omg");
        g_assert_cmpstr(paths->config_dir, ==, "/f/omg");
}

/* OMG_* stands before XDG_*, and before that the command line's socket. */
static void test_own(void)
{
        static const char *const environment[] = {"OMG_SOCKET_PATH",
                                                  "/s/x.sock",
                                                  "OMG_DAEMON_DATA_DIR",
                                                  "/d",
                                                  "OMG_CACHE_DIR",
                                                  "/c/",
                                                  "OMG_CONFIG_DIR",
                                                  "/f",
                                                  "OMG_PACMAN_CONF",
                                                  "/p.conf",
                                                  "OMG_PACMAN_ROOT",
                                                  "/root",
                                                  "OMG_INDEX_HELPER",
                                                  "/h",
                                                  "OMG_FETCH_HELPER",
                                                  "/g",
                                                  "OMG_PACMAN_DB_DIR",
                                                  "/db",
                                                  "XDG_RUNTIME_DIR",
                                                  "/r",
                                                  "XDG_DATA_HOME",
                                                  "/other",
                                                  NULL};
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgPaths) paths = resolve(environment, NULL, &error);
        g_autoptr(OmgPaths) other = resolve(environment, "/cli/y.sock", NULL);

        g_assert_no_error(error);
        g_assert_cmpstr(paths->socket, ==, "/s/x.sock");
        g_assert_cmpstr(paths->status_file, ==, "/s/omg.status");
        g_assert_cmpstr(paths->data_dir, ==, "/d");
        g_assert_cmpstr(paths->cache_dir, ==, "/c");
        g_assert_cmpstr(paths->config_dir, ==, "/f");
        g_assert_cmpstr(paths->pacman_conf, ==, "/p.conf");
        g_assert_cmpstr(paths->pacman_root, ==, "/root");
        g_assert_cmpstr(paths->pacman_db_dir, ==, "/db");
        g_assert_cmpstr(paths->index_helper, ==, "/h");
        g_assert_cmpstr(paths->fetch_helper, ==, "/g");
        g_assert_cmpstr(other->socket, ==, "/cli/y.sock");
        g_assert_cmpstr(other->status_file, ==, "/cli/omg.status");
}

/* Relative and empty XDG values are ignored; a relative path of our own becomes absolute. */
static void test_relative(void)
{
        static const char *const environment[] = {"HOME",
                                                  "/home/u",
                                                  "XDG_RUNTIME_DIR",
                                                  "r",
                                                  "XDG_DATA_HOME",
                                                  "",
                                                  "XDG_CACHE_HOME",
                                                  "./c",
                                                  "OMG_CONFIG_DIR",
                                                  "f",
                                                  "OMG_SOCKET_PATH",
                                                  "",
                                                  NULL};
        g_autoptr(OmgPaths) paths = resolve(environment, NULL, NULL);
        g_autofree char *cwd = g_get_current_dir();
        g_autofree char *config = g_build_filename(cwd, "f", NULL);

        g_assert_cmpstr(paths->socket, ==, "/tmp/omg.sock");
        g_assert_cmpstr(paths->data_dir, ==, "/home/u/.local/share/omg");
        g_assert_cmpstr(paths->cache_dir, ==, "/home/u/.cache/omg");
        g_assert_cmpstr(paths->config_dir, ==, config);
}

/* No home anywhere: the reason, and nothing made up. */
static void test_homeless(void)
{
        static const char *const environment[] = {"HOME", "relative", NULL};
        g_autoptr(GError) error = NULL;

        g_assert_null(resolve(environment, NULL, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(g_strstr_len(error->message, -1, "HOME"));
}

/* omgd --system: fixed places, no socket, no status file. */
static void test_system(void)
{
        g_autoptr(OmgPaths) paths = omg_paths_new_system();

        g_assert_true(paths->is_system);
        g_assert_cmpstr(paths->config_dir, ==, "/etc/omg");
        g_assert_cmpstr(paths->data_dir, ==, "/var/lib/omg");
        g_assert_cmpstr(paths->cache_dir, ==, "/var/cache/omg");
        g_assert_cmpstr(paths->pacman_conf, ==, "/etc/pacman.conf");
        g_assert_null(paths->socket);
        g_assert_null(paths->status_file);
        g_assert_null(paths->pacman_root);
        g_assert_null(paths->pacman_db_dir);
        g_assert_null(paths->index_helper);
}

static OmgRuntimePaths *resolve_runtimes(const char *const *pairs, GError **error)
{
        g_autoptr(GHashTable) table = g_hash_table_new(g_str_hash, g_str_equal);

        for (; *pairs; pairs += 2)
                g_hash_table_insert(table, (gpointer)pairs[0], (gpointer)pairs[1]);
        return omg_runtime_paths_new(from_table, table, NOBODY, "/data", error);
}

/* Where runtimes are: the managers' own variables, else XDG's, else below the home. */
static void test_runtimes(void)
{
        static const char *const plain[] = {"HOME", "/home/u", "PATH", "/a:b::/c/:/a:/c/./d", NULL};
        static const char *const xdg[] = {
                "HOME", "/home/u", "XDG_DATA_HOME", "/d", "XDG_CONFIG_HOME", "/f", NULL};
        static const char *const own[] = {"HOME",
                                          "/home/u",
                                          "MISE_DATA_DIR",
                                          "/m",
                                          "MISE_CONFIG_DIR",
                                          "/mc",
                                          "MISE_GLOBAL_CONFIG_FILE",
                                          "/g.toml",
                                          "MISE_SYSTEM_DIR",
                                          "/ms",
                                          "RUSTUP_HOME",
                                          "/r",
                                          "XDG_DATA_HOME",
                                          "/d",
                                          NULL};
        static const char *const more[] = {"HOME",
                                           "/home/u",
                                           "MISE_INSTALLS_DIR",
                                           "/i/",
                                           "MISE_SYSTEM_CONFIG_DIR",
                                           "/sc",
                                           "MISE_SYSTEM_DIR",
                                           "/ms",
                                           "RUSTUP_HOME",
                                           "relative",
                                           NULL};
        g_autoptr(OmgRuntimePaths) a = resolve_runtimes(plain, NULL);
        g_autoptr(OmgRuntimePaths) b = resolve_runtimes(xdg, NULL);
        g_autoptr(OmgRuntimePaths) c = resolve_runtimes(own, NULL);
        g_autoptr(OmgRuntimePaths) d = resolve_runtimes(more, NULL);
        g_autofree char *search = g_strjoinv(" ", a->search_path);

        g_assert_cmpstr(a->omg_versions, ==, "/data/versions");
        g_assert_cmpstr(a->mise_installs, ==, "/home/u/.local/share/mise/installs");
        g_assert_cmpstr(a->mise_shims, ==, "/home/u/.local/share/mise/shims");
        g_assert_cmpstr(a->mise_global, ==, "/home/u/.config/mise/config.toml");
        g_assert_cmpstr(a->mise_system, ==, "/etc/mise");
        g_assert_cmpstr(a->rustup_home, ==, "/home/u/.rustup");
        g_assert_cmpstr(search, ==, "/a /c /c/d");
        g_assert_cmpstr(b->mise_installs, ==, "/d/mise/installs");
        g_assert_cmpstr(b->mise_config, ==, "/f/mise");
        g_assert_cmpuint(g_strv_length(b->search_path), ==, 0);
        g_assert_cmpstr(c->mise_installs, ==, "/m/installs");
        g_assert_cmpstr(c->mise_config, ==, "/mc");
        g_assert_cmpstr(c->mise_global, ==, "/g.toml");
        g_assert_cmpstr(c->mise_system, ==, "/ms");
        g_assert_cmpstr(c->rustup_home, ==, "/r");
        g_assert_cmpstr(d->mise_installs, ==, "/i");
        g_assert_cmpstr(d->mise_system, ==, "/sc");
        g_assert_cmpstr(d->rustup_home, ==, "/home/u/.rustup");
}

/* OMG_LIMIT_SEARCH_PATH; and without a home there is nothing to look in. */
static void test_runtimes_limits(void)
{
        static const char *const nowhere[] = {"PATH", "/a", NULL};
        g_autoptr(GString) path = g_string_new("/0");
        g_autoptr(OmgRuntimePaths) paths = NULL;
        g_autoptr(GError) error = NULL;

        for (guint i = 1; i <= OMG_LIMIT_SEARCH_PATH; i++)
                g_string_append_printf(path, ":/%u", i);
        paths = resolve_runtimes((const char *const[]){"HOME", "/h", "PATH", path->str, NULL},
                                 NULL);
        g_assert_cmpuint(g_strv_length(paths->search_path), ==, OMG_LIMIT_SEARCH_PATH);
        g_assert_null(resolve_runtimes(nowhere, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/paths/defaults", test_defaults);
        g_test_add_func("/paths/xdg", test_xdg);
        g_test_add_func("/paths/own", test_own);
        g_test_add_func("/paths/relative", test_relative);
        g_test_add_func("/paths/homeless", test_homeless);
        g_test_add_func("/paths/system", test_system);
        g_test_add_func("/paths/runtimes", test_runtimes);
        g_test_add_func("/paths/runtimes-limits", test_runtimes_limits);
        return g_test_run();
}
