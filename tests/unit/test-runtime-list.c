/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The list of runtimes: which version is active, whose a program is, and a project on top. */

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/runtime-list.h"
#include "fixture.h"

static OmgRuntimes *found_new(void)
{
        OmgRuntimes *found = g_new0(OmgRuntimes, 1);

        found->installed = g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_free);
        found->wishes = g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_wish_free);
        found->problems = g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_problem_free);
        found->watches = g_ptr_array_new_with_free_func(g_free);
        return found;
}

static OmgRuntime *add(OmgRuntimes *found, OmgRuntimeSource source, const char *name,
                       const char *version)
{
        g_autofree char *origin =
                g_strdup_printf("/%s/%s/%s", omg_runtime_source_words[source], name, version);
        OmgRuntime *runtime = omg_runtime_new(source, name, version, origin, origin);

        g_ptr_array_add(found->installed, runtime);
        return runtime;
}

static void add_program(OmgRuntimes *found, const char *name, const char *program,
                        gboolean is_first)
{
        OmgRuntime *runtime = omg_runtime_new(OMG_RUNTIME_PATH, name, "", program, "/bin");

        runtime->program = g_strdup(program);
        runtime->is_first = is_first;
        g_ptr_array_add(found->installed, runtime);
}

static void wish(OmgRuntimes *found, OmgRuntimeSource source, const char *name, const char *wanted,
                 const char *directory)
{
        g_autofree char *origin = g_strdup_printf("/conf/%s", omg_runtime_source_words[source]);

        g_assert_true(omg_runtime_wish_add(found->wishes, source, name, wanted, origin));
        ((OmgRuntimeWish *)found->wishes->pdata[found->wishes->len - 1])->directory =
                g_strdup(directory);
}

static OmgProject *project_new(const char *directory)
{
        OmgProject *project = g_new0(OmgProject, 1);

        project->directory = g_strdup(directory);
        project->wishes = g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_wish_free);
        project->problems =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_problem_free);
        return project;
}

static void file(OmgProject *project, const char *path, const char *name, const char *wanted)
{
        g_assert_true(omg_runtime_wish_add(project->wishes, OMG_RUNTIME_FILE, name, wanted, path));
}

/* "node 20.1.0 omg /omg/node/20.1.0 active <20 /conf/omg>" a line. */
static char *dump(const OmgRuntimeList *list)
{
        g_autoptr(GString) out = g_string_new(NULL);

        for (guint i = 0; i < list->rows->len; i++) {
                const OmgRuntimeRow *row = list->rows->pdata[i];

                g_string_append_printf(out, "%s %s %s %s", row->name, row->version,
                                       omg_runtime_source_words[row->source], row->origin);
                if (row->is_active)
                        g_string_append(out, " active");
                if (!row->runtime)
                        g_string_append(out, " missing");
                if (row->wanted)
                        g_string_append_printf(out, " <%s %s>", row->wanted, row->wanted_by);
                g_string_append_c(out, '\n');
        }
        return g_string_free(g_steal_pointer(&out), FALSE);
}

static void check(const OmgRuntimeList *list, const char *expected)
{
        g_autofree char *dumped = dump(list);

        g_assert_cmpstr(dumped, ==, expected);
}

/* OMG before mise before rustup before PATH; what is not installed decides nothing. */
static void test_precedence(void)
{
        OmgRuntimes *found = found_new();
        g_autoptr(OmgRuntimeList) list = NULL;

        add(found, OMG_RUNTIME_OMG, "node", "18.0.0");
        add(found, OMG_RUNTIME_OMG, "node", "20.1.0");
        add(found, OMG_RUNTIME_PATH, "node", "21.0.0")->is_first = TRUE;
        add(found, OMG_RUNTIME_PATH, "ruby", "3.3")->is_first = TRUE;
        add(found, OMG_RUNTIME_PATH, "ruby", "3.4");
        add(found, OMG_RUNTIME_MISE, "node", "20.9.0");
        add(found, OMG_RUNTIME_MISE, "go", "1.22.1");
        add(found, OMG_RUNTIME_MISE, "jq", "1.7");
        wish(found, OMG_RUNTIME_MISE, "go", "1.22", NULL);
        wish(found, OMG_RUNTIME_MISE, "go", "1.23", NULL); /* only the first counts */
        wish(found, OMG_RUNTIME_MISE, "node", "20", NULL);
        wish(found, OMG_RUNTIME_MISE, "ruby", "9", NULL);
        wish(found, OMG_RUNTIME_MISE, "bun", "lts", NULL);
        wish(found, OMG_RUNTIME_OMG, "node", "18.0.0", NULL);
        list = omg_runtime_list_new(found, NULL, 5);
        check(list, "bun  mise /conf/mise missing <lts /conf/mise>\n"
                    "go 1.22.1 mise /mise/go/1.22.1 active <1.22 /conf/mise>\n"
                    "jq 1.7 mise /mise/jq/1.7\n"
                    "node 18.0.0 omg /omg/node/18.0.0 active <18.0.0 /conf/omg>\n"
                    "node 21.0.0 path /path/node/21.0.0\n"
                    "node 20.9.0 mise /mise/node/20.9.0 <20 /conf/mise>\n"
                    "node 20.1.0 omg /omg/node/20.1.0\n"
                    "ruby 3.3 path /path/ruby/3.3 active\n"
                    "ruby 9 mise /conf/mise missing <9 /conf/mise>\n"
                    "ruby 3.4 path /path/ruby/3.4\n");
        g_assert_true(list->complete);
        g_assert_cmpuint(list->as_of_usec, ==, 5);
}

static OmgRuntimeList *make_base(void)
{
        OmgRuntimes *found = found_new();

        add(found, OMG_RUNTIME_OMG, "node", "18.0.0");
        add(found, OMG_RUNTIME_OMG, "node", "20.1.0");
        add(found, OMG_RUNTIME_RUSTUP, "rust", "1.81.0");
        add(found, OMG_RUNTIME_RUSTUP, "rust", "1.75.0");
        add(found, OMG_RUNTIME_RUSTUP, "rust", "1.60.0");
        wish(found, OMG_RUNTIME_OMG, "node", "18.0.0", NULL);
        wish(found, OMG_RUNTIME_RUSTUP, "rust", "1.81.0", NULL);
        wish(found, OMG_RUNTIME_RUSTUP, "rust", "1.60.0", "/p");
        wish(found, OMG_RUNTIME_RUSTUP, "rust", "1.75.0", "/p/q");
        wish(found, OMG_RUNTIME_RUSTUP, "rust", "1.1", "/p/qq");
        return omg_runtime_list_new(found, NULL, 1);
}

/* A file's row is the one active of its name; its version is the one that is meant. */
static void test_project(void)
{
        g_autoptr(OmgRuntimeList) base = make_base();
        OmgProject *project = project_new("/w");
        g_autoptr(OmgRuntimeList) list = NULL;

        file(project, "/w/.nvmrc", "node", ">=19");
        file(project, "/.nvmrc", "node", "18");
        file(project, "/w/go.mod", "go", "1.22");
        file(project, "/w/.bun-version", "bun", "latest");
        list = omg_runtime_list_new_project(base, project);
        check(list, "bun  file /w/.bun-version active missing <latest /w/.bun-version>\n"
                    "go 1.22 file /w/go.mod active missing <1.22 /w/go.mod>\n"
                    "node 20.1.0 file /w/.nvmrc active <>=19 /w/.nvmrc>\n"
                    "node 20.1.0 omg /omg/node/20.1.0\n"
                    "node 18.0.0 omg /omg/node/18.0.0 <18.0.0 /conf/omg>\n"
                    "rust 1.81.0 rustup /rustup/rust/1.81.0 active <1.81.0 /conf/rustup>\n"
                    "rust 1.75.0 rustup /rustup/rust/1.75.0\n"
                    "rust 1.60.0 rustup /rustup/rust/1.60.0\n");
        g_assert_cmpuint(list->generation, !=, base->generation);
}

static char *find_active_rust(const OmgRuntimeList *list)
{
        for (guint i = 0; i < list->rows->len; i++) {
                const OmgRuntimeRow *row = list->rows->pdata[i];
                if (row->is_active && g_str_equal(row->name, "rust"))
                        return g_strdup_printf("%s %s", row->version,
                                               omg_runtime_source_words[row->source]);
        }
        return NULL;
}

static void check_rust(const char *directory, const char *toolchain_file, const char *expected)
{
        g_autoptr(OmgRuntimeList) base = make_base();
        OmgProject *project = project_new(directory);
        g_autoptr(OmgRuntimeList) list = NULL;
        g_autofree char *active = NULL;

        if (toolchain_file)
                file(project, toolchain_file, "rust", "1.81");
        list = omg_runtime_list_new_project(base, project);
        active = find_active_rust(list);
        g_assert_cmpstr(active, ==, expected);
}

/* rustup's overrides of directories: the nearest, before a file in the same place, behind a nearer
 * one. */
static void test_overrides(void)
{
        check_rust("/w", NULL, "1.81.0 rustup");
        check_rust("/p", NULL, "1.60.0 rustup");
        check_rust("/p/x/y", NULL, "1.60.0 rustup");
        check_rust("/p/q/x", NULL, "1.75.0 rustup");
        check_rust("/p/qx", NULL, "1.60.0 rustup");
        check_rust("/p/q/x", "/p/q/rust-toolchain", "1.75.0 rustup");
        check_rust("/p/q/x", "/p/rust-toolchain", "1.75.0 rustup");
        check_rust("/p/q/x", "/p/q/x/rust-toolchain", "1.81.0 file");
        check_rust("/w", "/rust-toolchain", "1.81.0 file");
}

/* Active changes are told apart from others. */
static void test_same_active(void)
{
        g_autoptr(OmgRuntimeList) a = make_base();
        g_autoptr(OmgRuntimeList) b = make_base();
        g_autoptr(OmgRuntimeList) c = NULL;
        OmgRuntimes *found = found_new();

        g_assert_true(omg_runtime_list_has_same_active(a, b));
        g_assert_cmpuint(a->generation, ==, b->generation);
        g_assert_false(omg_runtime_list_has_same_active(NULL, b));
        g_assert_false(omg_runtime_list_has_same_active(a, NULL));
        g_assert_true(omg_runtime_list_has_same_active(NULL, NULL));
        add(found, OMG_RUNTIME_OMG, "node", "18.0.0");
        wish(found, OMG_RUNTIME_OMG, "node", "18.0.0", NULL);
        c = omg_runtime_list_new(found, NULL, 1);
        g_assert_false(omg_runtime_list_has_same_active(a, c));
        g_assert_false(omg_runtime_list_has_same_active(c, a));
}

/* Problems and cuts make a list incomplete. */
static void test_incomplete(void)
{
        OmgRuntimes *found = found_new();
        g_autoptr(GError) error = g_error_new_literal(OMG_ERROR, OMG_ERROR_UNAVAILABLE, "odd");
        g_autoptr(OmgRuntimeList) list = NULL;
        OmgProject *project = project_new("/w");
        g_autoptr(OmgRuntimeList) cut = NULL;
        const OmgSourceError *told;

        omg_runtime_problem_add(found->problems, OMG_RUNTIME_MISE, "/c", error);
        list = omg_runtime_list_new(found, NULL, 1);
        g_assert_false(list->complete);
        told = list->errors->pdata[0];
        g_assert_cmpstr(told->source, ==, "mise");
        g_assert_cmpstr(told->message, ==, "/c: odd");
        g_ptr_array_set_size(found->problems, 0);
        project->is_cut = TRUE;
        cut = omg_runtime_list_new_project(list, project);
        g_assert_false(cut->complete);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static void make_text(const char *root, const char *name, const char *text)
{
        g_autofree char *path = g_build_filename(root, name, NULL);
        g_autofree char *folder = g_path_get_dirname(path);

        g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void add_in(OmgRuntimes *found, const char *root, const char *name, const char *program,
                   gboolean is_first)
{
        g_autofree char *path = g_build_filename(root, program, NULL);
        add_program(found, name, path, is_first);
}

static const char *find_package(const OmgRuntimeList *list, const char *name)
{
        for (guint i = 0; i < list->rows->len; i++) {
                const OmgRuntimeRow *row = list->rows->pdata[i];
                if (g_str_equal(row->name, name))
                        return row->runtime->package;
        }
        return NULL;
}

/* A program's version is that of the package which lists it: by name or by what it provides, its
 * folder through a symlink; not of one that only is called so. */
static void test_owner(void)
{
        static const FixturePackage local[] = {
                {NULL, "nodejs-lts-iron", "2:20.1.0-3", "d", "", "", 0, "P:nodejs=20.1.0"},
                {NULL, "go", "1.22-1", "d", "", "", 0, ""},
                {NULL, "python", "3.12.1-1", "d", "", "", 0, ""},
                {NULL, NULL},
        };
        g_autofree char *made = g_dir_make_tmp("omg-owner-XXXXXX", NULL);
        char root[4096];
        g_autofree char *conf = NULL;
        g_autofree char *link = NULL;
        g_autoptr(OmgSnapshot) snapshot = NULL;
        g_autoptr(OmgRuntimeList) list = NULL;
        OmgRuntimes *found = found_new();

        g_assert_nonnull(realpath(made, root));
        conf = g_strdup_printf("[options]\nRootDir = %s\nDBPath = %s/db\n", root, root);
        make_text(root, "usr/bin/node", "");
        make_text(root, "usr/bin/go", "");
        make_text(root, "usr/bin/python3.12", "");
        link = g_build_filename(root, "bin", NULL);
        g_assert_cmpint(symlink("usr/bin", link), ==, 0);
        g_free(link);
        link = g_build_filename(root, "usr/bin/python3", NULL);
        g_assert_cmpint(symlink("python3.12", link), ==, 0);
        make_text(root, "db/local/nodejs-lts-iron-2:20.1.0-3/files",
                  "%FILES%\nusr/\nusr/bin/\nusr/bin/node\n\n");
        make_text(root, "db/local/go-1.22-1/files", "%FILES%\nusr/bin/gofmt\n");
        make_text(root, "db/local/python-3.12.1-1/files", "%FILES%\nusr/bin/python3.12\n");
        snapshot = fixture_snapshot(NULL, local, conf);
        add_in(found, root, "node", "bin/node", TRUE);
        add_in(found, root, "go", "usr/bin/go", TRUE);
        add_in(found, root, "python", "usr/bin/python3", TRUE);
        list = omg_runtime_list_new(found, snapshot, 1);
        g_assert_cmpstr(find_package(list, "node"), ==, "nodejs-lts-iron");
        g_assert_null(find_package(list, "go"));
        g_assert_cmpstr(find_package(list, "python"), ==, "python");
        g_assert_cmpstr(((OmgRuntimeRow *)list->rows->pdata[0])->version, ==, "");
        g_assert_cmpstr(((OmgRuntimeRow *)list->rows->pdata[1])->version, ==, "20.1.0");
        g_assert_cmpstr(((OmgRuntimeRow *)list->rows->pdata[1])->runtime->package_version, ==,
                        "2:20.1.0-3");
        g_assert_cmpstr(((OmgRuntimeRow *)list->rows->pdata[2])->version, ==, "3.12.1");
        (void)nftw(root, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/runtime-list/precedence", test_precedence);
        g_test_add_func("/runtime-list/project", test_project);
        g_test_add_func("/runtime-list/overrides", test_overrides);
        g_test_add_func("/runtime-list/same-active", test_same_active);
        g_test_add_func("/runtime-list/incomplete", test_incomplete);
        g_test_add_func("/runtime-list/owner", test_owner);
        return g_test_run();
}
