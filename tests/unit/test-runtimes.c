/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Looks at trees that the test makes: OMG's, mise's, rustup's, the system's; and projects. */

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "sources/project.h"
#include "sources/runtimes.h"

typedef struct {
        char *root;
        OmgRuntimePaths *paths;
} Tree;

static const char *tree_getenv(const char *name, void *userdata)
{
        return g_hash_table_lookup(userdata, name);
}

static void put_string(char **target, const char *root, const char *name)
{
        g_free(*target);
        *target = g_build_filename(root, name, NULL);
}

static void set_up(Tree *tree, gconstpointer data)
{
        g_autoptr(GHashTable) environment = g_hash_table_new(g_str_hash, g_str_equal);
        g_autofree char *made = g_dir_make_tmp("omg-runtimes-XXXXXX", NULL);
        g_autofree char *path = NULL;
        char resolved[4096];

        g_assert_nonnull(realpath(made, resolved));
        tree->root = g_strdup(resolved);
        path = g_strdup_printf("%s/.pyenv/shims:%s/usr/bin:%s/local/bin:relative", resolved,
                               resolved, resolved);
        (void)g_hash_table_insert(environment, (gpointer) "HOME", resolved);
        (void)g_hash_table_insert(environment, (gpointer) "PATH", path);
        tree->paths = omg_runtime_paths_new(tree_getenv, environment, getuid(), resolved, NULL);
        put_string(&tree->paths->mise_system, resolved, "etc/mise");
        put_string(&tree->paths->rustup_system, resolved, "etc/rustup.toml");
        put_string(&tree->paths->jvm, resolved, "jvm");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static int open_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return type == FTW_D || type == FTW_DNR ? chmod(path, 0700) : 0;
}

static void tear_down(Tree *tree, gconstpointer data)
{
        (void)nftw(tree->root, open_one, 16, FTW_PHYS);
        (void)nftw(tree->root, remove_one, 16, FTW_PHYS | FTW_DEPTH);
        omg_runtime_paths_free(tree->paths);
        g_free(tree->root);
}

static char *at(const Tree *tree, const char *name)
{
        return g_build_filename(tree->root, name, NULL);
}

static void make_dir(const Tree *tree, const char *name)
{
        g_autofree char *path = at(tree, name);
        g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
}

static void make_file(const Tree *tree, const char *name, const char *text, gsize length, int mode)
{
        g_autofree char *path = at(tree, name);
        g_autofree char *folder = g_path_get_dirname(path);

        g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
        g_assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
        g_assert_cmpint(chmod(path, (mode_t)mode), ==, 0);
}

static void make_text(const Tree *tree, const char *name, const char *text)
{
        make_file(tree, name, text, strlen(text), 0600);
}

static void make_program(const Tree *tree, const char *name)
{
        make_file(tree, name, "#!/bin/false\n", 13, 0755);
}

static void make_link(const Tree *tree, const char *target, const char *name)
{
        g_autofree char *path = at(tree, name);
        g_autofree char *folder = g_path_get_dirname(path);

        g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
        g_assert_cmpint(symlink(target, path), ==, 0);
}

static void append_runtime(const Tree *tree, GString *out, const OmgRuntime *runtime)
{
        g_assert_true(g_str_has_prefix(runtime->origin, tree->root));
        g_assert_true(g_str_has_prefix(runtime->bin, tree->root));
        g_string_append_printf(out, "%s %s %s %s %s", omg_runtime_source_words[runtime->source],
                               runtime->name, runtime->version,
                               runtime->origin + strlen(tree->root) + 1,
                               runtime->bin + strlen(tree->root) + 1);
        for (guint i = 0; i < runtime->aliases->len; i++)
                g_string_append_printf(out, " %s", (char *)runtime->aliases->pdata[i]);
        g_string_append(out, runtime->is_first ? " first\n" : "\n");
}

static void append_wish(const Tree *tree, GString *out, const OmgRuntimeWish *wish)
{
        g_string_append_printf(out, "wish %s %s %s %s%s%s\n",
                               omg_runtime_source_words[wish->source], wish->name, wish->wanted,
                               wish->origin + strlen(tree->root) + 1, wish->directory ? " in " : "",
                               wish->directory ?: "");
}

static char *dump(const Tree *tree, const OmgRuntimes *found)
{
        g_autoptr(GString) out = g_string_new(NULL);

        for (guint i = 0; i < found->installed->len; i++)
                append_runtime(tree, out, found->installed->pdata[i]);
        for (guint i = 0; i < found->wishes->len; i++)
                append_wish(tree, out, found->wishes->pdata[i]);
        for (guint i = 0; i < found->problems->len; i++) {
                const OmgRuntimeProblem *problem = found->problems->pdata[i];
                g_assert_true(g_str_has_prefix(problem->message, tree->root));
                g_string_append_printf(out, "problem %s %s\n",
                                       omg_runtime_source_words[problem->source],
                                       problem->message + strlen(tree->root) + 1);
        }
        return g_string_free(g_steal_pointer(&out), FALSE);
}

static void check(const Tree *tree, const char *expected)
{
        g_autoptr(OmgRuntimes) found = omg_runtimes_look(tree->paths);
        g_autofree char *dumped = dump(tree, found);

        g_assert_cmpstr(dumped, ==, expected);
        g_assert_false(found->is_cut);
}

static gboolean is_watched(const Tree *tree, const OmgRuntimes *found, const char *name)
{
        g_autofree char *path = at(tree, name);

        return g_ptr_array_find_with_equal_func(found->watches, path, g_str_equal, NULL);
}

/* Without anything there is nothing, and no problem; what may appear is under watch. */
static void test_empty(Tree *tree, gconstpointer data)
{
        g_autoptr(OmgRuntimes) found = omg_runtimes_look(tree->paths);

        check(tree, "");
        g_assert_true(is_watched(tree, found, "versions"));
        g_assert_true(is_watched(tree, found, ".local/share/mise/installs"));
        g_assert_true(is_watched(tree, found, ".config/mise/config.toml"));
        g_assert_true(is_watched(tree, found, ".config/mise/conf.d"));
        g_assert_true(is_watched(tree, found, ".rustup/toolchains"));
        g_assert_true(is_watched(tree, found, ".rustup/settings.toml"));
        g_assert_true(is_watched(tree, found, ".rustup/update-hashes"));
        g_assert_true(is_watched(tree, found, "jvm"));
        g_assert_true(is_watched(tree, found, "local/bin/node"));
}

/* OMG's own: directories, with or without bin/, and current. */
static void test_omg(Tree *tree, gconstpointer data)
{
        g_autoptr(OmgRuntimes) found = NULL;

        make_dir(tree, "versions/node/20.1.0/bin");
        make_dir(tree, "versions/node/v18.0.0");
        make_dir(tree, "versions/node/.part");
        make_text(tree, "versions/node/notes", "");
        make_text(tree, "versions/README", "");
        make_link(tree, "20.1.0", "versions/node/current");
        make_dir(tree, "versions/golang/1.22");
        make_link(tree, "/nowhere/else", "versions/golang/current");
        make_dir(tree, "versions/ruby/3.3");
        make_link(tree, "./3.4", "versions/ruby/current");
        check(tree, "omg go 1.22 versions/golang/1.22 versions/golang/1.22\n"
                    "omg node 20.1.0 versions/node/20.1.0 versions/node/20.1.0/bin\n"
                    "omg node 18.0.0 versions/node/v18.0.0 versions/node/v18.0.0\n"
                    "omg ruby 3.3 versions/ruby/3.3 versions/ruby/3.3\n"
                    "wish omg node 20.1.0 versions/node/current\n"
                    "wish omg ruby 3.4 versions/ruby/current\n");
        found = omg_runtimes_look(tree->paths);
        g_assert_true(is_watched(tree, found, "versions/node"));
}

/* current may lead out of the directory: then its path is what is wanted. */
static void test_omg_outside(Tree *tree, gconstpointer data)
{
        g_autoptr(OmgRuntimes) found = NULL;
        g_autofree char *expected = g_strdup_printf("path:%s/opt/go", tree->root);
        g_autofree char *target = at(tree, "opt/go");

        make_dir(tree, "opt/go");
        make_dir(tree, "versions/go/1.22");
        make_link(tree, target, "versions/go/current");
        found = omg_runtimes_look(tree->paths);
        g_assert_cmpuint(found->wishes->len, ==, 1);
        g_assert_cmpstr(((OmgRuntimeWish *)found->wishes->pdata[0])->wanted, ==, expected);
}

/* mise: versions, aliases, linked ones, and the configuration by its precedence. */
static void test_mise(Tree *tree, gconstpointer data)
{
        make_dir(tree, ".local/share/mise/installs/node/20.1.0/bin");
        make_dir(tree, ".local/share/mise/installs/node/18.0.0/bin");
        make_link(tree, "./20.1.0", ".local/share/mise/installs/node/20");
        make_link(tree, "./20.1.0", ".local/share/mise/installs/node/latest");
        make_link(tree, "./17.0.0", ".local/share/mise/installs/node/17");
        make_text(tree, ".local/share/mise/installs/node/.mise.backend", "");
        make_dir(tree, "opt/py/bin");
        make_link(tree, "../../../../../opt/py", ".local/share/mise/installs/python/3.12.1");
        make_dir(tree, ".local/share/mise/installs/npm-prettier/3.0.0");
        make_dir(tree, ".local/share/mise/shims/x");
        make_text(tree, ".config/mise/config.toml", "[tools]\nnode = '20'\n");
        make_text(tree, ".config/mise/config.local.toml", "[tools]\ngo = '1.22'\n");
        make_text(tree, ".config/mise/conf.d/10.toml", "[tools]\nruby = '1'\n");
        make_text(tree, ".config/mise/conf.d/20.toml", "[tools]\nruby = '2'\n");
        make_text(tree, ".config/mise/conf.d/30.txt", "[tools]\nruby = '3'\n");
        make_text(tree, "etc/mise/config.toml", "[tools]\nnode = '16'\n");
        check(tree, "mise node 18.0.0 .local/share/mise/installs/node/18.0.0 "
                    ".local/share/mise/installs/node/18.0.0/bin\n"
                    "mise node 20.1.0 .local/share/mise/installs/node/20.1.0 "
                    ".local/share/mise/installs/node/20.1.0/bin 20 latest\n"
                    "mise npm-prettier 3.0.0 .local/share/mise/installs/npm-prettier/3.0.0 "
                    ".local/share/mise/installs/npm-prettier/3.0.0\n"
                    "mise python 3.12.1 .local/share/mise/installs/python/3.12.1 "
                    ".local/share/mise/installs/python/3.12.1/bin\n"
                    "wish mise go 1.22 .config/mise/config.local.toml\n"
                    "wish mise node 20 .config/mise/config.toml\n"
                    "wish mise ruby 2 .config/mise/conf.d/20.toml\n"
                    "wish mise ruby 1 .config/mise/conf.d/10.toml\n"
                    "wish mise node 16 etc/mise/config.toml\n");
}

/* A configuration that is wrong asks for nothing at all, and says where it is wrong. */
static void test_mise_broken(Tree *tree, gconstpointer data)
{
        make_text(tree, ".config/mise/config.toml", "[tools]\nnode = '20'\ngo = {}\n");
        make_text(tree, "etc/mise/config.toml", "[tools\n");
        check(tree,
              "problem mise .config/mise/config.toml: line 3, column 6: this is no version of "
              "a tool\n"
              "problem mise etc/mise/config.toml: line 1, column 7: \"]\" is expected here\n");
}

/* rustup: names of toolchains, versions from manifests, default and overrides. */
static void test_rustup(Tree *tree, gconstpointer data)
{
        make_dir(tree, ".rustup/toolchains/1.75.0-x86_64-unknown-linux-gnu/bin");
        make_dir(tree, ".rustup/toolchains/nightly-2024-01-01-x86_64-unknown-linux-gnu");
        make_dir(tree, ".rustup/toolchains/mine");
        make_dir(tree, ".rustup/toolchains/stable2");
        make_text(tree,
                  ".rustup/toolchains/stable-x86_64-unknown-linux-gnu/lib/rustlib/"
                  "multirust-channel-manifest.toml",
                  "date = \"x\"\n\n[pkg.cargo]\nversion = \"0.82.0 (a)\"\n\n[pkg.rustc]\n"
                  "version = \"1.81.0 (eeb90cda1 2024-09-04)\"\n");
        make_text(tree, ".rustup/settings.toml",
                  "version = \"12\"\ndefault_toolchain = \"stable-x86_64-unknown-linux-gnu\"\n"
                  "[overrides]\n\"/p/q\" = \"nightly\"\n");
        make_text(tree, "etc/rustup.toml", "default_toolchain = 'beta'\n");
        check(tree,
              "rustup rust 1.75.0 .rustup/toolchains/1.75.0-x86_64-unknown-linux-gnu "
              ".rustup/toolchains/1.75.0-x86_64-unknown-linux-gnu/bin "
              "1.75.0-x86_64-unknown-linux-gnu\n"
              "rustup rust  .rustup/toolchains/mine .rustup/toolchains/mine/bin mine\n"
              "rustup rust  .rustup/toolchains/nightly-2024-01-01-x86_64-unknown-linux-gnu "
              ".rustup/toolchains/nightly-2024-01-01-x86_64-unknown-linux-gnu/bin "
              "nightly-2024-01-01-x86_64-unknown-linux-gnu nightly-2024-01-01\n"
              "rustup rust 1.81.0 .rustup/toolchains/stable-x86_64-unknown-linux-gnu "
              ".rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin "
              "stable-x86_64-unknown-linux-gnu stable\n"
              "rustup rust  .rustup/toolchains/stable2 .rustup/toolchains/stable2/bin stable2\n"
              "wish rustup rust nightly .rustup/settings.toml in /p/q\n"
              "wish rustup rust stable-x86_64-unknown-linux-gnu .rustup/settings.toml\n");
}

/* Without a default of the user's the system's counts. */
static void test_rustup_system(Tree *tree, gconstpointer data)
{
        make_text(tree, "etc/rustup.toml", "default_toolchain = 'beta'\n");
        check(tree, "wish rustup rust beta etc/rustup.toml\n");
}

/* PATH: the first one, others, the version in the name or above bin/; what a manager put there is
 * not the system's. */
static void test_path(Tree *tree, gconstpointer data)
{
        make_program(tree, ".pyenv/shims/python3");
        make_program(tree, "usr/bin/python3.11");
        make_link(tree, "python3.11", "usr/bin/python3");
        make_link(tree, "python3", "usr/bin/python");
        make_program(tree, "opt/node-v20.1.0-linux-x64/bin/node");
        make_link(tree, "../../opt/node-v20.1.0-linux-x64/bin/node", "usr/bin/node");
        make_program(tree, "local/bin/node");
        make_text(tree, "usr/bin/ruby", "not executable");
        make_dir(tree, "usr/bin/go");
        make_program(tree, ".local/share/mise/installs/bun/1.0/bin/bun");
        make_link(tree, "../../.local/share/mise/installs/bun/1.0/bin/bun", "usr/bin/bun");
        make_program(tree, "local/bin/rustup");
        make_link(tree, "rustup", "local/bin/rustc");
        check(tree, "path node 20.1.0 usr/bin/node usr/bin first\n"
                    "path node  local/bin/node local/bin\n"
                    "path python 3.11 usr/bin/python3 usr/bin first\n"
                    "mise bun 1.0 .local/share/mise/installs/bun/1.0 "
                    ".local/share/mise/installs/bun/1.0/bin\n");
}

/* An older rustup's proxies are the same file. */
static void test_path_hard_link(Tree *tree, gconstpointer data)
{
        g_autofree char *rustup = at(tree, "local/bin/rustup");
        g_autofree char *rustc = at(tree, "local/bin/rustc");

        make_program(tree, "local/bin/rustup");
        g_assert_cmpint(link(rustup, rustc), ==, 0);
        check(tree, "");
}

/* Java machines, of which PATH's is the first. */
static void test_java(Tree *tree, gconstpointer data)
{
        make_program(tree, "jvm/java-17-openjdk/bin/java");
        make_text(tree, "jvm/java-17-openjdk/release", "X=\"1\"\nJAVA_VERSION=\"17.0.9\"\n");
        make_program(tree, "jvm/java-21-openjdk/bin/java");
        make_dir(tree, "jvm/empty");
        make_link(tree, "java-17-openjdk", "jvm/default");
        make_link(tree, "../../jvm/default/bin/java", "usr/bin/java");
        check(tree, "path java 17.0.9 jvm/java-17-openjdk jvm/java-17-openjdk/bin java-17-openjdk "
                    "default first\n"
                    "path java  jvm/java-21-openjdk jvm/java-21-openjdk/bin java-21-openjdk\n");
}

/* Loops, FIFOs, names that are no text, and what may not be read: told or passed over, never waited
 * for. */
static void test_hostile(Tree *tree, gconstpointer data)
{
        g_autofree char *fifo = at(tree, ".config/mise/config.toml");
        g_autofree char *dir_fifo = at(tree, ".rustup/toolchains");
        g_autofree char *big = g_strnfill(OMG_LIMIT_VERSION_FILE + 1, ' ');
        g_autoptr(OmgRuntimes) found = NULL;
        g_autofree char *dumped = NULL;

        make_link(tree, "loop", "versions/node/loop");
        make_link(tree, "current", "versions/node/current");
        make_dir(tree, "versions/node/\377\376");
        make_link(tree, "versions", "versions/versions");
        make_link(tree, "b", ".local/share/mise/installs/go/a");
        make_link(tree, "a", ".local/share/mise/installs/go/b");
        make_dir(tree, ".config/mise");
        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        make_dir(tree, ".rustup");
        g_assert_cmpint(mkfifo(dir_fifo, 0600), ==, 0);
        make_file(tree, ".rustup/settings.toml", big, OMG_LIMIT_VERSION_FILE + 1, 0600);
        make_link(tree, "node", "usr/bin/node");
        found = omg_runtimes_look(tree->paths);
        dumped = dump(tree, found);
        g_assert_cmpstr(dumped, ==,
                        "wish omg node current versions/node/current\n"
                        "problem omg versions/node: a name in it is no text, or too long\n"
                        "problem rustup .rustup/settings.toml: longer than the limit of 1048576 "
                        "bytes\n"
                        "problem mise .config/mise/config.toml: not a regular file\n");
}

/* A directory that may not be read is told; root may read it. */
static void test_closed(Tree *tree, gconstpointer data)
{
        g_autofree char *path = at(tree, "versions");

        if (geteuid() == 0) {
                g_test_skip("root may read everything");
                return;
        }
        make_dir(tree, "versions");
        g_assert_cmpint(chmod(path, 0), ==, 0);
        check(tree, "problem omg versions: Permission denied\n");
}

/* OMG_LIMIT_RUNTIMES, OMG_LIMIT_RUNTIME_WATCHES and OMG_LIMIT_RUNTIME_ENTRIES. */
static void test_many(Tree *tree, gconstpointer data)
{
        g_autoptr(OmgRuntimes) found = NULL;
        g_autofree char *folder = at(tree, ".local/share/mise/installs");

        make_dir(tree, ".local/share/mise/installs");
        for (guint i = 0; i < 10000; i++) {
                g_autofree char *path = g_strdup_printf("%s/t%u", folder, i);
                g_autofree char *version = g_strdup_printf("%s/1", path);
                g_assert_cmpint(mkdir(path, 0700), ==, 0);
                g_assert_cmpint(mkdir(version, 0700), ==, 0);
        }
        found = omg_runtimes_look(tree->paths);
        g_assert_true(found->is_cut);
        g_assert_cmpuint(found->installed->len, ==, OMG_LIMIT_RUNTIMES);
        g_assert_cmpuint(found->watches->len, ==, OMG_LIMIT_RUNTIME_WATCHES);
        g_assert_cmpuint(found->problems->len, ==, 0);
}

static void test_many_entries(Tree *tree, gconstpointer data)
{
        g_autoptr(OmgRuntimes) found = NULL;
        g_autofree char *folder = at(tree, "versions/node");

        make_dir(tree, "versions/node");
        for (guint i = 0; i <= OMG_LIMIT_RUNTIME_ENTRIES; i++) {
                g_autofree char *path = g_strdup_printf("%s/n%u", folder, i);
                g_assert_cmpint(symlink("x", path), ==, 0);
        }
        found = omg_runtimes_look(tree->paths);
        g_assert_true(found->is_cut);
        g_assert_cmpuint(found->problems->len, ==, 1);
}

/* OMG_LIMIT_RUNTIME_PROBLEMS, OMG_LIMIT_RUNTIME_MANIFESTS and OMG_LIMIT_RUSTUP_MANIFEST. */
static void test_many_manifests(Tree *tree, gconstpointer data)
{
        g_autoptr(OmgRuntimes) found = NULL;
        g_autofree char *big = g_strnfill(OMG_LIMIT_RUSTUP_MANIFEST + 1, ' ');
        guint n_known = 0;

        for (guint i = 0; i < OMG_LIMIT_RUNTIME_MANIFESTS + OMG_LIMIT_RUNTIME_PROBLEMS + 8; i++) {
                g_autofree char *name = g_strdup_printf(
                        ".rustup/toolchains/t%03u/lib/rustlib/multirust-channel-manifest.toml", i);
                if (i <= OMG_LIMIT_RUNTIME_PROBLEMS)
                        make_file(tree, name, big, i < 1 ? OMG_LIMIT_RUSTUP_MANIFEST + 1 : 0, 0600);
                else
                        make_text(tree, name, "\n[pkg.rustc]\nversion = \"1.2.3\"\n");
        }
        for (guint i = 0; i <= OMG_LIMIT_RUNTIME_PROBLEMS; i++) {
                g_autofree char *name = g_strdup_printf(".config/mise/conf.d/%03u.toml", i);
                make_text(tree, name, "[");
        }
        found = omg_runtimes_look(tree->paths);
        for (guint i = 0; i < found->installed->len; i++)
                n_known += ((OmgRuntime *)found->installed->pdata[i])->version[0] != '\0';
        g_assert_cmpuint(n_known, ==, OMG_LIMIT_RUNTIME_MANIFESTS - OMG_LIMIT_RUNTIME_PROBLEMS - 1);
        g_assert_cmpuint(found->problems->len, ==, OMG_LIMIT_RUNTIME_PROBLEMS);
        g_assert_nonnull(strstr(((OmgRuntimeProblem *)found->problems->pdata[0])->message,
                                "longer than the limit"));
}

/* ---- projects ---- */

static char *dump_project(const Tree *tree, const OmgProject *project)
{
        g_autoptr(GString) out = g_string_new(NULL);

        for (guint i = 0; i < project->wishes->len; i++) {
                const OmgRuntimeWish *wish = project->wishes->pdata[i];
                if (g_str_has_prefix(wish->origin, tree->root))
                        append_wish(tree, out, wish);
        }
        for (guint i = 0; i < project->problems->len; i++)
                g_string_append_printf(out, "problem %s\n",
                                       ((OmgRuntimeProblem *)project->problems->pdata[i])->message +
                                               strlen(tree->root) + 1);
        return g_string_free(g_steal_pointer(&out), FALSE);
}

/* Nearest first, by precedence within a directory; symlinks are gone from the directory. */
static void test_project(Tree *tree, gconstpointer data)
{
        g_autofree char *dir = at(tree, "link/src");
        g_autofree char *real = at(tree, "p/src");
        g_autofree char *dumped = NULL;
        g_autoptr(OmgProject) project = NULL;
        g_autoptr(GError) error = NULL;

        make_text(tree, ".tool-versions", "ruby 3.3\n");
        make_text(tree, "p/.nvmrc", "18\n");
        make_text(tree, "p/package.json", "{\"engines\": {\"node\": \"16\"}}");
        make_text(tree, "p/src/mise.toml", "[tools]\nnode = '20'\n");
        make_dir(tree, "p/go.mod");
        make_link(tree, "p", "link");
        project = omg_project_read(dir, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(project->directory, ==, real);
        dumped = dump_project(tree, project);
        g_assert_cmpstr(dumped, ==,
                        "wish file node 20 p/src/mise.toml\n"
                        "wish file node 18 p/.nvmrc\n"
                        "wish file node 16 p/package.json\n"
                        "wish file ruby 3.3 .tool-versions\n");
        g_assert_false(project->is_cut);
}

/* FIFOs, loops, NULs and files beyond the limit are told; the others still count. */
static void test_project_hostile(Tree *tree, gconstpointer data)
{
        g_autofree char *fifo = at(tree, ".node-version");
        g_autofree char *big = g_strnfill(OMG_LIMIT_VERSION_FILE + 1, '1');
        g_autofree char *dumped = NULL;
        g_autoptr(OmgProject) project = NULL;

        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        make_file(tree, ".nvmrc", big, OMG_LIMIT_VERSION_FILE + 1, 0600);
        make_file(tree, ".python-version", "3\0001", 3, 0600);
        make_link(tree, ".ruby-version", ".ruby-version");
        make_link(tree, "nowhere", ".go-version");
        make_text(tree, ".bun-version", "1.0");
        project = omg_project_read(tree->root, NULL);
        dumped = dump_project(tree, project);
        g_assert_cmpstr(dumped, ==,
                        "wish file bun 1.0 .bun-version\n"
                        "problem .node-version: not a regular file\n"
                        "problem .nvmrc: longer than the limit of 1048576 bytes\n"
                        "problem .python-version: there is a NUL in it, or it is no valid UTF-8\n"
                        "problem .ruby-version: Too many levels of symbolic links\n");
}

static void check_refused(const char *directory, int code)
{
        g_autoptr(GError) error = NULL;

        g_assert_null(omg_project_read(directory, &error));
        g_assert_error(error, OMG_ERROR, code);
}

/* Directories that are none. */
static void test_project_errors(Tree *tree, gconstpointer data)
{
        g_autofree char *none = at(tree, "none");
        g_autofree char *file = at(tree, "file");
        g_autofree char *loop = at(tree, "loop");
        g_autofree char *longest = g_strnfill(OMG_LIMIT_PATH + 1, '/');

        make_text(tree, "file", "");
        make_link(tree, "loop", "loop");
        check_refused("relative", OMG_ERROR_INVALID_ARGS);
        check_refused("", OMG_ERROR_INVALID_ARGS);
        check_refused(longest, OMG_ERROR_INVALID_ARGS);
        check_refused(none, OMG_ERROR_NOT_FOUND);
        check_refused(file, OMG_ERROR_NOT_FOUND);
        check_refused(loop, OMG_ERROR_UNAVAILABLE);
        longest[OMG_LIMIT_PATH] = '\0';
        g_assert_true(omg_project_check(longest, NULL));
}

/* OMG_LIMIT_PROJECT_DEPTH. */
static void test_project_depth(Tree *tree, gconstpointer data)
{
        g_autoptr(GString) deep = g_string_new("d");
        g_autofree char *dir = NULL;
        g_autoptr(OmgProject) project = NULL;

        for (guint i = 0; i < OMG_LIMIT_PROJECT_DEPTH; i++)
                g_string_append(deep, "/d");
        make_dir(tree, deep->str);
        make_text(tree, ".nvmrc", "18");
        dir = at(tree, deep->str);
        project = omg_project_read(dir, NULL);
        g_assert_true(project->is_cut);
        g_assert_cmpuint(project->wishes->len, ==, 0);
}

#define ADD(name, function) g_test_add(name, Tree, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD("/runtimes/empty", test_empty);
        ADD("/runtimes/omg", test_omg);
        ADD("/runtimes/omg-outside", test_omg_outside);
        ADD("/runtimes/mise", test_mise);
        ADD("/runtimes/mise-broken", test_mise_broken);
        ADD("/runtimes/rustup", test_rustup);
        ADD("/runtimes/rustup-system", test_rustup_system);
        ADD("/runtimes/path", test_path);
        ADD("/runtimes/path-hard-link", test_path_hard_link);
        ADD("/runtimes/java", test_java);
        ADD("/runtimes/hostile", test_hostile);
        ADD("/runtimes/closed", test_closed);
        ADD("/runtimes/many", test_many);
        ADD("/runtimes/many-entries", test_many_entries);
        ADD("/runtimes/many-manifests", test_many_manifests);
        ADD("/project/nearest", test_project);
        ADD("/project/hostile", test_project_hostile);
        ADD("/project/errors", test_project_errors);
        ADD("/project/depth", test_project_depth);
        return g_test_run();
}
