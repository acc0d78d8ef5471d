/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files a package has, and which packages have a file. */
#include "engine/files.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "fixture.h"

static const FixturePackage sync_packages[] = {
        {"core", "bash", "5.2-1", "The shell", NULL, NULL, 0},
        {"core", "new", "1-1", "Newer than the lists", NULL, NULL, 0},
        {"extra", "vim", "9.0-1", "An editor", NULL, NULL, 0},
        {"third", "lost", "1-1", "Of a repository without lists", NULL, NULL, 0},
        {},
};
static const FixturePackage local_packages[] = {
        {NULL, "bash", "5.1-1", "The shell", NULL, NULL, OMG_PACKAGE_EXPLICIT},
        {NULL, "mine", "1-1", "Of this machine", NULL, NULL, OMG_PACKAGE_EXPLICIT},
        {},
};
static const FixtureFiles local_files[] = {
        {NULL, "bash", "5.1-1", "usr/ usr/bin/ usr/bin/bash usr/bin/sh"},
        {NULL, "mine", "1-1", "README usr/ usr/bin/ usr/bin/vim usr/bin/\xff"},
        {},
};
static const FixtureFiles sync_files[] = {
        {"core", "bash", "5.2-1", "usr/ usr/bin/ usr/bin/bash usr/bin/sh usr/share/vim"},
        {"core", "older", "1-1", "usr/bin/vim"},
        {"extra", "bash", "5.3-1", "usr/bin/other"},
        {"extra", "vim", "9.0-1", "README usr/ usr/bin/ usr/bin/vim usr/share/vim/"},
        {"third", "run pacman -Fy", NULL, NULL},
        {},
};

#define CONF                                                                                 \
        "[options]\nRootDir = /r\n[core]\nServer = file:///c\n[extra]\nServer = file:///e\n" \
        "Usage = Sync\n[third]\nServer = file:///t\n"

static OmgSnapshot *snapshot_new(void)
{
        return fixture_system_snapshot(&(FixtureSystem){
                .sync = sync_packages,
                .local = local_packages,
                .files = {[OMG_FILES_LOCAL] = local_files, [OMG_FILES_REPO] = sync_files},
                .conf = CONF,
        });
}

static char *join(GPtrArray *strings)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < strings->len; i++)
                g_string_append_printf(text, "%s ", (const char *)strings->pdata[i]);
        return g_string_free(text, FALSE);
}

static void expect_files(const OmgSnapshot *snapshot, OmgFilesSource source, const char *name,
                         guint offset, guint limit, const char *expected, guint expected_total)
{
        g_autoptr(GPtrArray) paths = NULL;
        g_autoptr(GError) error = NULL;
        guint total;

        (void)omg_files_list(snapshot, source, name, offset, limit, &paths, &total, &error);
        g_assert_no_error(error);
        g_assert_nonnull(paths);
        g_autofree char *text = join(paths);
        g_assert_cmpstr(text, ==, expected);
        g_assert_cmpuint(total, ==, expected_total);
}

/* Paths are absolute, below RootDir, valid UTF-8 and in pages; of two repositories the first has
 * the word. */
static void test_list(void)
{
        g_autoptr(OmgSnapshot) s = snapshot_new();

        expect_files(s, OMG_FILES_LOCAL, "bash", 0, 10,
                     "/r/usr/ /r/usr/bin/ /r/usr/bin/bash /r/usr/bin/sh ", 4);
        expect_files(s, OMG_FILES_LOCAL, "bash", 1, 2, "/r/usr/bin/ /r/usr/bin/bash ", 4);
        expect_files(s, OMG_FILES_LOCAL, "bash", 4, 10, "", 4);
        expect_files(s, OMG_FILES_LOCAL, "bash", G_MAXUINT32, G_MAXUINT32, "", 4);
        expect_files(s, OMG_FILES_LOCAL, "mine", 4, 1, "/r/usr/bin/\xef\xbf\xbd ", 5);
        expect_files(s, OMG_FILES_REPO, "bash", 4, 10, "/r/usr/share/vim ", 5);
        expect_files(s, OMG_FILES_REPO, "extra/bash", 0, 10, "/r/usr/bin/other ", 1);
        const struct {
                const char *name;
                OmgFilesSource source;
        } cases[] = {
                {"bash", OMG_FILES_LOCAL},     {"vim", OMG_FILES_REPO},
                {"nothing", OMG_FILES_REPO},   {"local/bash", OMG_FILES_LOCAL},
                {"core/bash", OMG_FILES_REPO},
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                OmgFilesSource source = OMG_FILES_N;
                g_assert_true(omg_files_choose_source(s, cases[i].name, &source, NULL));
                g_assert_cmpint(source, ==, cases[i].source);
        }
        OmgFilesSource none;
        g_autoptr(GError) error = NULL;
        g_assert_false(omg_files_choose_source(s, "", &none, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
}

/* No such package is no error; one whose repository has no lists is, and so are lists that are not
 * there at all. */
static void test_absent(void)
{
        g_autoptr(OmgSnapshot) s = snapshot_new();
        g_autoptr(OmgSnapshot) without = fixture_snapshot(sync_packages, local_packages, CONF);
        g_autoptr(GPtrArray) paths = g_ptr_array_new();
        g_autoptr(GError) error = NULL;
        guint total;

        for (OmgFilesSource source = OMG_FILES_LOCAL; source < OMG_FILES_N; source++) {
                g_autoptr(GPtrArray) none = g_ptr_array_new();
                GPtrArray *ret = none;
                g_assert_true(omg_files_list(s, source, "nothing", 0, 1, &ret, &total, &error));
                g_assert_null(ret);
                g_assert_cmpuint(total, ==, 0);
        }
        g_assert_false(omg_files_list(s, OMG_FILES_REPO, "lost", 0, 1, &paths, &total, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_MISSING);
        g_assert_cmpstr(error->message, ==, "run pacman -Fy");
        g_clear_error(&error);
        for (OmgFilesSource source = OMG_FILES_LOCAL; source < OMG_FILES_N; source++) {
                g_assert_false(
                        omg_files_list(without, source, "bash", 0, 1, &paths, &total, &error));
                g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
                g_clear_error(&error);
        }
}

/* When no repository has lists, the reason of the first is the answer; a local list is no help. */
static void test_check(void)
{
        static const FixtureFiles none[] = {
                {"core", "run pacman -Fy", NULL, NULL}, {"extra", "other", NULL, NULL}, {}};
        g_autoptr(OmgSnapshot) s = fixture_system_snapshot(&(FixtureSystem){
                .sync = sync_packages,
                .files = {[OMG_FILES_LOCAL] = local_files, [OMG_FILES_REPO] = none},
                .conf = CONF,
        });
        g_autoptr(GError) error = NULL;

        g_assert_true(omg_files_check(s, OMG_FILES_LOCAL, &error));
        g_assert_false(omg_files_check(s, OMG_FILES_REPO, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_MISSING);
        g_assert_cmpstr(error->message, ==, "run pacman -Fy");
}

/* Owners by name, each once; of what is not on the disk both the file and the folder. */
static void test_owners(void)
{
        static const struct {
                const char *path;
                OmgFilesSource source;
                gboolean exists;
                const char *expected;
        } rows[] = {
                {"usr/bin/sh", OMG_FILES_LOCAL, TRUE, "bash "},
                {"usr/bin/", OMG_FILES_LOCAL, TRUE, "bash mine "},
                {"usr/bin", OMG_FILES_LOCAL, TRUE, ""},
                {"usr/bin", OMG_FILES_LOCAL, FALSE, "bash mine "},
                {"usr/bin/\xff", OMG_FILES_LOCAL, TRUE, "mine "},
                {"README", OMG_FILES_LOCAL, TRUE, "mine "},
                {"usr/share/vim", OMG_FILES_REPO, TRUE, "bash "},
                {"usr/share/vim", OMG_FILES_REPO, FALSE, "bash vim "},
                {"usr/", OMG_FILES_REPO, FALSE, "bash vim "},
                {"nothing", OMG_FILES_REPO, FALSE, ""},
                {"", OMG_FILES_REPO, TRUE, ""},
                {"", OMG_FILES_REPO, FALSE, ""},
        };
        g_autoptr(OmgSnapshot) s = snapshot_new();

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
                omg_files_add_owners(s, rows[i].source, rows[i].path, rows[i].exists, names);
                g_autofree char *text = join(names);
                g_assert_cmpstr(text, ==, rows[i].expected);
        }
        /* Names of two sources are one list. */
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        omg_files_add_owners(s, OMG_FILES_LOCAL, "usr/bin/vim", TRUE, names);
        omg_files_add_owners(s, OMG_FILES_REPO, "usr/bin/vim", TRUE, names);
        g_autofree char *text = join(names);
        g_assert_cmpstr(text, ==, "mine older vim ");
}

static void expect_search(const OmgSnapshot *snapshot, const OmgSearchParams *params,
                          const char *expected)
{
        OmgSearchParams by_name = *params;
        g_autoptr(GError) error = NULL;

        by_name.sort = OMG_SEARCH_SORT_NAME;
        g_autoptr(GArray) rows = omg_files_search(snapshot, &by_name, NULL, &error);
        g_autoptr(GString) text = g_string_new(NULL);

        g_assert_no_error(error);
        for (guint i = 0; i < rows->len; i++) {
                OmgPackageView view;
                omg_row_view(snapshot, g_array_index(rows, OmgRow, i), &view);
                g_string_append_printf(text, "%s/%s ", view.repository, view.name);
        }
        g_assert_cmpstr(text->str, ==, expected);
}

/* As pacman -F: a bare word is a file's name, with a '/' it is the whole path; repositories without
 * Usage Search too; only packages that the sync databases know; of the installed ones those that no
 * repository has. */
static void test_search(void)
{
        g_autoptr(OmgSnapshot) s = snapshot_new();
        static const char *const extra[] = {"extra", NULL};
        static const struct {
                const char *query, *repo, *both;
        } rows[] = {
                {"vim", "core/bash extra/vim ", "core/bash local/mine extra/vim "},
                {"usr/bin/vim", "extra/vim ", "local/mine extra/vim "},
                {"/usr/bin/vim", "extra/vim ", "local/mine extra/vim "},
                {"//usr/bin/vim", "extra/vim ", "local/mine extra/vim "},
                {"vim/", "", ""},
                {"usr/share/vim/", "extra/vim ", "extra/vim "},
                {"usr/share/vim", "core/bash ", "core/bash "},
                /* pacman looks for the name behind a '/'. */
                {"README", "", ""},
                {"bash", "core/bash ", "core/bash "},
                {"/", "", ""},
                {"/README", "extra/vim ", "local/mine extra/vim "},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                OmgSearchParams params = {.query = rows[i].query, .skip_local = TRUE};
                expect_search(s, &params, rows[i].repo);
                params.skip_local = FALSE;
                expect_search(s, &params, rows[i].both);
        }
        expect_search(s, &(OmgSearchParams){.query = "vim", .skip_repo = TRUE}, "local/mine ");
        expect_search(s, &(OmgSearchParams){.query = "vim", .repositories = extra}, "extra/vim ");
        expect_search(s, &(OmgSearchParams){.query = "vim", .installed = OMG_SEARCH_ONLY_INSTALLED},
                      "core/bash local/mine ");
        expect_search(s, &(OmgSearchParams){.query = "vim", .installed = OMG_SEARCH_ONLY_OTHERS},
                      "extra/vim ");
}

static gboolean always(gconstpointer unused)
{
        return TRUE;
}

/* What cannot be answered is an error, not nothing found. */
static void test_search_errors(void)
{
        g_autoptr(OmgSnapshot) s = snapshot_new();
        g_autoptr(OmgSnapshot) without = fixture_snapshot(sync_packages, local_packages, CONF);
        const OmgInterrupt interrupt = {always, NULL};
        g_autoptr(GError) error = NULL;

        g_autofree char *long_query = g_strnfill(OMG_LIMIT_QUERY + 1, 'a');

        g_assert_null(omg_files_search(s, &(OmgSearchParams){.query = long_query}, NULL, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_clear_error(&error);
        g_assert_null(omg_files_search(without, &(OmgSearchParams){.query = "a"}, NULL, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_clear_error(&error);
        g_assert_null(
                omg_files_search(s, &(OmgSearchParams){.query = "/README"}, &interrupt, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_CANCELLED);
}

/* ---- where a path leads ---- */

typedef struct {
        char *top; /* the real path of a temporary folder */
        char *root;
} Disk;

static void make_folder(const Disk *disk, const char *path)
{
        g_autofree char *full = g_build_filename(disk->top, path, NULL);
        g_assert_cmpint(g_mkdir_with_parents(full, 0755), ==, 0);
}

static void make_link(const Disk *disk, const char *target, const char *path)
{
        g_autofree char *full = g_build_filename(disk->top, path, NULL);
        g_assert_cmpint(symlink(target, full), ==, 0);
}

static void make_file(const Disk *disk, const char *path)
{
        g_autofree char *full = g_build_filename(disk->top, path, NULL);
        g_assert_true(g_file_set_contents(full, "", 0, NULL));
}

static void disk_set_up(Disk *disk, gconstpointer unused)
{
        g_autofree char *made = g_dir_make_tmp("omg-test-XXXXXX", NULL);

        disk->top = realpath(made, NULL);
        disk->root = g_strconcat(disk->top, "/root/", NULL);
        make_folder(disk, "root/usr/bin");
        make_folder(disk, "root/usr/lib/deep");
        make_folder(disk, "root2");
        make_folder(disk, "outside");
        make_file(disk, "root/usr/bin/file");
        make_link(disk, "usr/bin", "root/bin");
        make_link(disk, "file", "root/usr/bin/link");
        make_link(disk, "bin", "root/usr/sbin");
        make_link(disk, "../lib/deep", "root/usr/bin/up");
        make_link(disk, "nowhere", "root/usr/bin/dangling");
        make_link(disk, "loop", "root/loop");
        make_link(disk, "../outside", "root/out");
        make_link(disk, "../root", "outside/in");
        make_link(disk, "root", "link-to-root");
}

static void disk_tear_down(Disk *disk, gconstpointer unused)
{
        const char *argv[] = {"rm", "-rf", disk->top, NULL};

        g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                                   NULL, NULL, NULL));
        free(disk->top);
        g_free(disk->root);
}

/* The folder of a path is followed through links, its last part is not; what does not exist is
 * taken as it stands; what leads out of the root is nobody's. */
static void test_resolve(Disk *disk, gconstpointer unused)
{
        static const struct {
                const char *path, *expected;
                gboolean exists;
        } rows[] = {
                {"root/usr/bin/file", "usr/bin/file", TRUE},
                {"root/usr/bin", "usr/bin/", TRUE},
                {"root/usr/bin/", "usr/bin/", TRUE},
                {"root/usr/bin///", "usr/bin/", TRUE},
                {"root//usr//bin//file", "usr/bin/file", TRUE},
                {"root/bin/file", "usr/bin/file", TRUE},
                {"root/bin", "bin", TRUE},
                {"root/bin/", "bin", TRUE}, /* as pacman -Qo: a link is no folder */
                {"root/usr/sbin/file", "usr/bin/file", TRUE},
                {"root/usr/bin/link", "usr/bin/link", TRUE},
                {"root/usr/bin/dangling", "usr/bin/dangling", TRUE},
                {"root/usr/bin/up/x", "usr/lib/deep/x", FALSE},
                {"root/usr/./bin/../bin/file", "usr/bin/file", TRUE},
                {"root/bin/..", "usr/", TRUE},
                {"root/usr/bin/.", "usr/bin/", TRUE},
                {"root/usr/bin/none", "usr/bin/none", FALSE},
                {"root/usr/bin/none/", "usr/bin/none/", FALSE},
                {"root/none/none/file", "none/none/file", FALSE},
                {"root/none/./file", "none/file", FALSE},
                {"root/bin/none/file", "usr/bin/none/file", FALSE},
                {"root/none/../usr/bin/file", NULL, FALSE},
                {"root/usr/bin/file/below", "usr/bin/file/below", FALSE},
                {"root/loop", "loop", TRUE},
                {"root/loop/file", "loop/file", FALSE},
                {"root/out", "out", TRUE},
                {"root/out/file", NULL, FALSE},
                {"outside/in/usr", "usr/", TRUE},
                {"link-to-root/usr", "usr/", TRUE},
                {"link-to-root", NULL, FALSE},
                {"root", NULL, FALSE},
                {"root2", NULL, FALSE},
                {"root2/file", NULL, FALSE},
                {"root/..", NULL, FALSE},
                {"root/../outside", NULL, FALSE},
                {"", NULL, FALSE},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *path = g_strconcat(disk->top, "/", rows[i].path, NULL);
                gboolean exists = FALSE;
                g_autofree char *found = omg_files_resolve(disk->root, path, &exists);
                g_test_message("%s", rows[i].path);
                g_assert_cmpstr(found, ==, rows[i].expected);
                if (found)
                        g_assert_cmpint(exists, ==, rows[i].exists);
        }
}

/* RootDir may be a link, and "/" itself. */
static void test_resolve_root(Disk *disk, gconstpointer unused)
{
        g_autofree char *link = g_strconcat(disk->top, "/link-to-root/", NULL);
        g_autofree char *path = g_strconcat(disk->top, "/root/bin/file", NULL);
        g_autofree char *wanted = g_strconcat(disk->top + 1, "/root/usr/bin/file", NULL);
        gboolean exists = FALSE;

        g_autofree char *found = omg_files_resolve(link, path, &exists);
        g_assert_cmpstr(found, ==, "usr/bin/file");
        g_autofree char *below = omg_files_resolve("/", path, &exists);
        g_assert_cmpstr(below, ==, wanted);
        g_assert_true(exists);
        g_assert_null(omg_files_resolve("/", "/", &exists));
        g_assert_null(omg_files_resolve("/", "/..", &exists));
        g_assert_null(omg_files_resolve("/", "////", &exists));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/files/list", test_list);
        g_test_add_func("/files/absent", test_absent);
        g_test_add_func("/files/check", test_check);
        g_test_add_func("/files/owners", test_owners);
        g_test_add_func("/files/search", test_search);
        g_test_add_func("/files/search/errors", test_search_errors);
        g_test_add("/files/resolve", Disk, NULL, disk_set_up, test_resolve, disk_tear_down);
        g_test_add("/files/resolve/root", Disk, NULL, disk_set_up, test_resolve_root,
                   disk_tear_down);
        return g_test_run();
}
