/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system's own: Java machines in /usr/lib/jvm, and programs on PATH, whose version is what
 * their path tells. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "sources/runtimes-private.h"

/* ---- what a path tells ---- */

/* The version that a text ends in or consists of: "python3.11" and "node-v20.1.0-linux-x64" have
 * one, "python3" tells too little. New, or NULL. */
static char *find_version(const char *text)
{
        for (const char *at = text; *at; at++) {
                gsize n = strspn(at, "0123456789.");

                if (!g_ascii_isdigit(*at) ||
                    (at > text && at[-1] != '-' && at[-1] != 'v' && !g_ascii_isalpha(at[-1])))
                        continue;
                while (n > 0 && at[n - 1] == '.')
                        n--;
                if (memchr(at, '.', n))
                        return g_strndup(at, n);
                at += strspn(at, "0123456789.") - 1;
        }
        return NULL;
}

/* Of DIR/bin/PROGRAM: the program's name, else the directory's. */
static char *guess_version(const char *program)
{
        g_autofree char *name = g_path_get_basename(program);
        g_autofree char *bin = g_path_get_dirname(program);
        g_autofree char *dir = g_path_get_dirname(bin);
        g_autofree char *folder = g_path_get_basename(dir);
        char *version = find_version(name);

        return version ?: find_version(folder);
}

/* ---- /usr/lib/jvm ---- */

/* JAVA_VERSION="17.0.9" of the release file. New, or NULL. */
static char *read_release(OmgRuntimesLook *look, const char *dir)
{
        g_autofree char *path = g_build_filename(dir, "release", NULL);
        g_autoptr(GBytes) bytes =
                omg_runtimes_read(look, OMG_RUNTIME_PATH, path, OMG_LIMIT_VERSION_FILE);
        gsize length = 0;
        const char *data = bytes ? g_bytes_get_data(bytes, &length) : NULL;
        g_autofree char *text = g_strndup(data ?: "", data ? length : 0);
        const char *found = strstr(text, "JAVA_VERSION=\"");
        g_autofree char *version = NULL;

        if (!found || (found != text && found[-1] != '\n'))
                return NULL;
        found += strlen("JAVA_VERSION=\"");
        version = g_strndup(found, strcspn(found, "\"\n"));
        return omg_runtime_text_check(version) ? g_steal_pointer(&version) : NULL;
}

static void add_java(OmgRuntimesLook *look, const char *dir, GHashTable *by_folder, char *name)
{
        g_autofree char *bin = g_build_filename(dir, "bin", NULL);
        g_autofree char *program = g_build_filename(bin, "java", NULL);
        g_autofree char *version = NULL;
        OmgRuntime *runtime;

        if (access(program, X_OK) < 0)
                return;
        version = read_release(look, dir);
        runtime = omg_runtime_new(OMG_RUNTIME_PATH, "java", version, dir, bin);
        runtime->program = g_steal_pointer(&program);
        g_ptr_array_add(runtime->aliases, g_strdup(name));
        if (look->found->installed->len < OMG_LIMIT_RUNTIMES)
                (void)g_hash_table_insert(by_folder, name, runtime);
        omg_runtimes_add(look, runtime);
}

static void look_jvm(OmgRuntimesLook *look)
{
        const char *folder = look->paths->jvm;
        g_autoptr(GHashTable) by_folder = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GPtrArray) names = omg_runtimes_list(look, OMG_RUNTIME_PATH, folder);

        for (guint i = 0; i < names->len; i++) {
                g_autofree char *dir = g_build_filename(folder, names->pdata[i], NULL);
                g_autofree char *alias = omg_runtimes_dup_alias(dir);

                if (!alias)
                        add_java(look, dir, by_folder, names->pdata[i]);
        }
        for (guint i = 0; i < names->len; i++) {
                g_autofree char *dir = g_build_filename(folder, names->pdata[i], NULL);
                g_autofree char *alias = omg_runtimes_dup_alias(dir);
                OmgRuntime *java = alias ? g_hash_table_lookup(by_folder, alias) : NULL;

                if (java)
                        g_ptr_array_add(java->aliases, g_strdup(names->pdata[i]));
        }
}

/* ---- PATH ---- */

static gboolean is_below(const char *path, const char *dir)
{
        char resolved[PATH_MAX];
        gsize n;

        if (!realpath(dir, resolved))
                return FALSE;
        n = strlen(resolved);
        return strncmp(path, resolved, n) == 0 && path[n] == '/';
}

/* mise, asdf, pyenv and rbenv have scripts in a directory of that name, which ask them what to run;
 * rustup's proxies are symlinks to it or, of older ones, the same file by another name. */
static gboolean is_proxy(const char *program, const char *resolved)
{
        static const char *const managers[] = {"rustup", "mise", "asdf", "omg", NULL};
        g_autofree char *name = g_path_get_basename(resolved);
        g_autofree char *dir = g_path_get_dirname(program);
        g_autofree char *rustup = g_build_filename(dir, "rustup", NULL);
        struct stat a, b;

        return g_strv_contains(managers, name) || g_str_has_suffix(dir, "/shims") ||
               (stat(program, &a) == 0 && stat(rustup, &b) == 0 && a.st_dev == b.st_dev &&
                a.st_ino == b.st_ino);
}

/* What belongs to a manager is in the list already, or only asks one what to run. */
static gboolean is_managed(const OmgRuntimesLook *look, const char *program, const char *resolved)
{
        const OmgRuntimePaths *paths = look->paths;

        return is_proxy(program, resolved) || is_below(resolved, paths->omg_versions) ||
               is_below(resolved, paths->mise_installs) || is_below(resolved, paths->rustup_home) ||
               is_below(program, paths->mise_shims);
}

/* A program that is in the list under another name: the same file, or of a Java machine. */
static OmgRuntime *find_known(const OmgRuntimesLook *look, const char *name, const char *resolved)
{
        const GPtrArray *installed = look->found->installed;

        for (guint i = 0; i < installed->len; i++) {
                OmgRuntime *runtime = installed->pdata[i];
                char other[PATH_MAX];

                if (runtime->source == OMG_RUNTIME_PATH && g_str_equal(runtime->name, name) &&
                    realpath(runtime->program, other) && g_str_equal(other, resolved))
                        return runtime;
        }
        return NULL;
}

static gboolean is_program(const char *path)
{
        struct stat st;

        return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0;
}

/* NULL: there is none, or it is somebody else's. */
static OmgRuntime *find_program(OmgRuntimesLook *look, const char *name, const char *dir,
                                const char *program)
{
        g_autofree char *path = g_build_filename(dir, program, NULL);
        g_autofree char *version = NULL;
        char resolved[PATH_MAX];
        OmgRuntime *runtime;

        omg_runtimes_watch(look, path);
        if (!is_program(path) || !realpath(path, resolved) || is_managed(look, path, resolved) ||
            !g_utf8_validate(path, -1, NULL))
                return NULL;
        runtime = find_known(look, name, resolved);
        if (runtime || look->found->installed->len >= OMG_LIMIT_RUNTIMES)
                return runtime;
        version = guess_version(resolved);
        if (version && !omg_runtime_text_check(version))
                g_clear_pointer(&version, g_free);
        runtime = omg_runtime_new(OMG_RUNTIME_PATH, name, version, path, dir);
        runtime->program = g_steal_pointer(&path);
        omg_runtimes_add(look, runtime);
        return runtime;
}

static void look_for(OmgRuntimesLook *look, const OmgRuntimeKind *kind)
{
        gboolean is_first = TRUE;

        for (gsize i = 0; look->paths->search_path[i]; i++) {
                for (gsize p = 0; kind->programs[p]; p++) {
                        OmgRuntime *runtime = find_program(
                                look, kind->name, look->paths->search_path[i], kind->programs[p]);

                        if (!runtime)
                                continue;
                        runtime->is_first |= is_first;
                        is_first = FALSE;
                }
        }
}

void omg_runtimes_look_path(OmgRuntimesLook *look)
{
        look_jvm(look);
        for (gsize i = 0; i < omg_runtime_n_kinds; i++)
                look_for(look, &omg_runtime_kinds[i]);
}
