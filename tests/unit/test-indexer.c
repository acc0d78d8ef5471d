/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a killed omgd-index leaves is cleared: that of the AUR's layer apart, which is made beside
 * the others. */

#include "loop/indexer.h"

#include <glib/gstdio.h>

typedef struct {
        OmgPaths paths;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
        f->paths.data_dir = g_dir_make_tmp("omgd-indexer-XXXXXX", NULL);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        g_autoptr(GDir) dir = g_dir_open(f->paths.data_dir, 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(f->paths.data_dir, name, NULL);
                g_assert_cmpint(g_remove(path), ==, 0);
        }
        g_assert_cmpint(g_rmdir(f->paths.data_dir), ==, 0);
        g_free(f->paths.data_dir);
}

static void make(const Fixture *f, const char *const *names)
{
        for (; *names; names++) {
                g_autofree char *path = g_build_filename(f->paths.data_dir, *names, NULL);
                g_assert_true(g_file_set_contents(path, "x", 1, NULL));
        }
}

static void assert_there(const Fixture *f, const char *const *names, gboolean is_there)
{
        for (; *names; names++) {
                g_autofree char *path = g_build_filename(f->paths.data_dir, *names, NULL);
                g_assert_cmpint(g_file_test(path, G_FILE_TEST_EXISTS), ==, is_there);
        }
}

static void test_clean(Fixture *f, gconstpointer unused)
{
        static const char *const aur[] = {"aur.idx.new", ".aur.idx.new.AbCdEf", NULL};
        static const char *const others[] = {
                "sync.idx.new",       ".sync.idx.new.AbCdEf",   "local.idx.new",
                "sync-files.idx.new", ".local-files.idx.new.x", "local-files.idx.new",
                "advisories.idx.new", ".advisories.idx.new.x",  NULL};
        static const char *const kept[] = {
                "aur.idx",      "sync.idx", "local.idx", "advisories.idx",
                "sync.idx.old", "cache.db", NULL};

        make(f, aur);
        make(f, others);
        make(f, kept);
        omg_indexer_clean(&f->paths);
        assert_there(f, others, FALSE);
        assert_there(f, aur, TRUE);
        make(f, others);
        omg_indexer_clean_aur(&f->paths);
        assert_there(f, others, TRUE);
        assert_there(f, aur, FALSE);
        assert_there(f, kept, TRUE);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add("/indexer/clean", Fixture, NULL, set_up, test_clean, tear_down);
        return g_test_run();
}
