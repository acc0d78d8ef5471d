/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/osv-folder.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits-advisories.h"

#define NOW G_GUINT64_CONSTANT(1700000000000000)

typedef struct {
        char *cache_dir, *path, *staged;
        OmgOsvFolder *folder;
} Fixture;

static void open_at(Fixture *f, guint64 now)
{
        omg_osv_folder_free(f->folder);
        f->folder = omg_osv_folder_open(f->cache_dir, now);
}

static void set_up(Fixture *f, gconstpointer data)
{
        f->cache_dir = g_dir_make_tmp("omg-osv.XXXXXX", NULL);
        f->path = g_build_filename(f->cache_dir, "advisories", NULL);
        g_assert_cmpint(g_mkdir(f->path, 0700), ==, 0);
        f->staged = g_build_filename(f->path, "staged", NULL);
        open_at(f, NOW);
}

static void remove_tree(const char *path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                if (g_file_test(child, G_FILE_TEST_IS_DIR))
                        remove_tree(child);
                else
                        (void)g_unlink(child);
        }
        (void)g_rmdir(path);
}

static void tear_down(Fixture *f, gconstpointer data)
{
        omg_osv_folder_free(f->folder);
        remove_tree(f->cache_dir);
        g_free(f->cache_dir);
        g_free(f->path);
        g_free(f->staged);
}

static gboolean put_at(Fixture *f, const char *id, guint64 modified, guint64 now, guint *ret_n_gone,
                       GError **error)
{
        g_assert_true(g_file_set_contents(f->staged, id, -1, NULL));
        return omg_osv_folder_put(f->folder, f->staged, id, modified, now, now, ret_n_gone, error);
}

static void put(Fixture *f, const char *id, guint64 modified, guint64 now)
{
        g_autoptr(GError) error = NULL;
        guint n_gone;

        g_assert_true(put_at(f, id, modified, now, &n_gone, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(n_gone, ==, 0);
}

static gboolean is_there(Fixture *f, const char *id)
{
        g_autofree char *path = g_strdup_printf("%s/osv/%s.json", f->path, id);

        return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

static void save(Fixture *f)
{
        g_autoptr(GError) error = NULL;

        g_assert_true(omg_osv_folder_save(f->folder, &error));
        g_assert_no_error(error);
}

/* What was put is known the next time, with all that was remembered of it. */
static void test_again(Fixture *f, gconstpointer data)
{
        put(f, "A-1", 5, NOW);
        put(f, "A-2", NOW * 2, NOW);
        omg_osv_folder_get(f->folder, "A-1")->named_usec = NOW - 7;
        save(f);
        open_at(f, NOW + 9);
        g_assert_cmpuint(omg_osv_folder_get_n(f->folder), ==, 2);
        const OmgOsvNote *note = omg_osv_folder_get(f->folder, "A-1");
        g_assert_cmpuint(note->modified_usec, ==, 5);
        g_assert_cmpuint(note->named_usec, ==, NOW - 7);
        g_assert_cmpuint(note->checked_usec, ==, NOW);
        g_assert_cmpuint(note->size, ==, 3);
        /* A record of the future would make all that follow older. */
        g_assert_cmpuint(omg_osv_folder_get(f->folder, "A-2")->modified_usec, ==, NOW);
        g_assert_null(omg_osv_folder_get(f->folder, "A-3"));
}

/* A record of another size than its note, or without one, is of an unknown time, named now; a note
 * without its record is none; nor is what is no record. */
static void test_other_files(Fixture *f, gconstpointer data)
{
        g_autofree char *first = g_strdup_printf("%s/osv/A-1.json", f->path);
        g_autofree char *second = g_strdup_printf("%s/osv/A-2.json", f->path);
        g_autofree char *third = g_strdup_printf("%s/osv/A-3.json", f->path);
        g_autofree char *strange = g_strdup_printf("%s/osv/A 4.json", f->path);
        g_autofree char *other = g_strdup_printf("%s/osv/A-5.txt", f->path);

        put(f, "A-1", 5, NOW);
        put(f, "A-2", 5, NOW);
        save(f);
        g_assert_true(g_file_set_contents(first, "longer", -1, NULL));
        g_assert_cmpint(g_unlink(second), ==, 0);
        g_assert_true(g_file_set_contents(third, "x", -1, NULL));
        g_assert_true(g_file_set_contents(strange, "x", -1, NULL));
        g_assert_true(g_file_set_contents(other, "x", -1, NULL));
        open_at(f, NOW + 1);
        g_assert_cmpuint(omg_osv_folder_get_n(f->folder), ==, 2);
        for (guint i = 0; i < 2; i++) {
                const OmgOsvNote *note = omg_osv_folder_get(f->folder, i ? "A-3" : "A-1");
                g_assert_cmpuint(note->modified_usec, ==, 0);
                g_assert_cmpuint(note->named_usec, ==, NOW + 1);
                g_assert_cmpuint(note->checked_usec, ==, 0);
        }
}

/* Notes that are none, and those of a clock that went ahead. */
static void test_bad_notes(Fixture *f, gconstpointer data)
{
        static const char *const bad[] = {
                "",
                "omgd osv-notes 2\nA-1 3 5 6 7\n",
                "omgd osv-notes 1\nA-1 3 5 6\nA-1 3 5 6 7 8\nA-1 3 -5 6 7\nA-1 3 x 6 7\n",
                "omgd osv-notes 1\nA-1 3 99999999999999999999 6 7\nA-1 4 5 6 7",
        };
        g_autofree char *path = g_build_filename(f->path, "osv-notes", NULL);

        put(f, "A-1", 5, NOW);
        for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_assert_true(g_file_set_contents(path, bad[i], -1, NULL));
                open_at(f, NOW);
                g_assert_cmpuint(omg_osv_folder_get(f->folder, "A-1")->modified_usec, ==, 0);
        }
        g_assert_true(g_file_set_contents(
                path, "omgd osv-notes 1\nA-1 3 5 9000000000000000 9000000000000000\n", -1, NULL));
        open_at(f, NOW);
        g_assert_cmpuint(omg_osv_folder_get(f->folder, "A-1")->modified_usec, ==, 5);
        g_assert_cmpuint(omg_osv_folder_get(f->folder, "A-1")->named_usec, ==, NOW);
        g_assert_cmpuint(omg_osv_folder_get(f->folder, "A-1")->checked_usec, ==, NOW);
}

/* Those not named any more: read again by when they were checked, and gone after a time. */
static void test_unnamed(Fixture *f, gconstpointer data)
{
        for (guint i = 0; i < 5; i++) {
                g_autofree char *id = g_strdup_printf("A-%u", i);
                put(f, id, 5, NOW);
                omg_osv_folder_get(f->folder, id)->named_usec = NOW - i;
                omg_osv_folder_get(f->folder, id)->checked_usec = NOW + (i == 3 ? 50 : 10) - i;
        }
        g_autoptr(GPtrArray) ids = omg_osv_folder_list_unnamed(f->folder, NOW, NOW + 20, 2);
        g_assert_cmpuint(ids->len, ==, 2);
        g_assert_cmpstr(ids->pdata[0], ==, "A-4");
        g_assert_cmpstr(ids->pdata[1], ==, "A-2");
        g_assert_cmpuint(omg_osv_folder_expire(f->folder, NOW - 2), ==, 2);
        g_assert_cmpuint(omg_osv_folder_get_n(f->folder), ==, 3);
        g_assert_false(is_there(f, "A-4"));
        g_assert_true(is_there(f, "A-2"));
        g_assert_true(omg_osv_folder_remove(f->folder, "A-2"));
        g_assert_false(omg_osv_folder_remove(f->folder, "A-2"));
}

static void fill(Fixture *f, guint n)
{
        for (guint i = 0; i < n; i++) {
                g_autofree char *id = g_strdup_printf("A-%05u", i);
                put(f, id, 5, NOW);
        }
}

/* OMG_LIMIT_OSV_KEPT: who was named longest ago makes room, and who is named does not. */
static void test_many(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        guint n_gone;

        fill(f, OMG_LIMIT_OSV_KEPT);
        g_assert_false(put_at(f, "B-1", 5, NOW, &n_gone, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED);
        g_assert_false(is_there(f, "B-1"));
        g_clear_error(&error);
        /* One that is there already needs no room. */
        put(f, "A-00001", 6, NOW);
        omg_osv_folder_get(f->folder, "A-00007")->named_usec = NOW - 2;
        omg_osv_folder_get(f->folder, "A-00005")->named_usec = NOW - 1;
        g_assert_true(put_at(f, "B-1", 5, NOW, &n_gone, &error));
        g_assert_cmpuint(n_gone, ==, 1);
        g_assert_false(is_there(f, "A-00007"));
        g_assert_true(is_there(f, "A-00005") && is_there(f, "B-1"));
        g_assert_cmpuint(omg_osv_folder_get_n(f->folder), ==, OMG_LIMIT_OSV_KEPT);
}

static void put_large(Fixture *f, const char *id)
{
        g_autofree char *path = g_strdup_printf("%s/osv/%s.json", f->path, id);

        g_assert_true(g_file_set_contents(path, "", 0, NULL));
        g_assert_cmpint(truncate(path, OMG_LIMIT_OSV_KEPT_BYTES / 2), ==, 0);
}

/* OMG_LIMIT_OSV_KEPT_BYTES likewise. */
static void test_large(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        guint n_gone;

        g_assert_true(omg_osv_folder_make(f->folder, NULL));
        put_large(f, "L-1");
        put_large(f, "L-2");
        open_at(f, NOW);
        g_assert_false(put_at(f, "B-1", 5, NOW, &n_gone, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED);
        g_clear_error(&error);
        put(f, "L-1", 5, NOW);
        put(f, "B-1", 5, NOW);
}

/* Nothing is made before there is something to say; what stands there must be ours. */
static void test_make(Fixture *f, gconstpointer data)
{
        g_autofree char *path = g_build_filename(f->path, "osv", NULL);
        g_autofree char *record = g_build_filename(f->path, "A-1.json", NULL);
        g_autoptr(GError) error = NULL;
        guint n_gone;

        g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
        g_assert_true(g_file_set_contents(record, "x", -1, NULL));
        g_assert_cmpint(symlink(f->path, path), ==, 0);
        open_at(f, NOW);
        g_assert_cmpuint(omg_osv_folder_get_n(f->folder), ==, 0);
        g_assert_false(omg_osv_folder_make(f->folder, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_ACCESS_DENIED);
        g_clear_error(&error);
        g_assert_false(put_at(f, "A-1", 5, NOW, &n_gone, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_ACCESS_DENIED);
        g_clear_error(&error);
        g_assert_cmpint(g_unlink(path), ==, 0);
        g_assert_true(omg_osv_folder_make(f->folder, &error));
        g_assert_no_error(error);
        g_assert_true(g_file_test(path, G_FILE_TEST_IS_DIR));
}

/* What cannot be put is an error, and what was there stays. */
static void test_missing(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        guint n_gone;

        g_assert_false(
                omg_osv_folder_put(f->folder, "/nonexistent", "A-1", 5, NOW, NOW, &n_gone, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_MISSING);
        g_assert_null(omg_osv_folder_get(f->folder, "A-1"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, function) \
        g_test_add("/osv-folder/" name, Fixture, NULL, set_up, function, tear_down)
        ADD("again", test_again);
        ADD("other-files", test_other_files);
        ADD("bad-notes", test_bad_notes);
        ADD("unnamed", test_unnamed);
        ADD("many", test_many);
        ADD("large", test_large);
        ADD("make", test_make);
        ADD("missing", test_missing);
        return g_test_run();
}
