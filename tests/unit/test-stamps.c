/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Stamps are equal when nothing changed, and differ for each thing that may change. */

#include "sources/stamps.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

typedef struct {
        char *dir;
        OmgPacmanConf *conf;
} Fixture;

static void write_file(const Fixture *fixture, const char *name, const char *content)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(fixture->dir, name, NULL);
        g_autofree char *parent = g_path_get_dirname(path);

        g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
        g_file_set_contents(path, content, -1, &error);
        g_assert_no_error(error);
}

static void set_mtime(const Fixture *fixture, const char *name, long seconds, long nanoseconds)
{
        g_autofree char *path = g_build_filename(fixture->dir, name, NULL);
        struct timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};

        g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
}

static void remove_tree(const char *path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                remove_tree(child);
        }
        g_assert_cmpint(g_remove(path), ==, 0);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GError) error = NULL;

        fixture->dir = g_dir_make_tmp("omg-stamps-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(fixture->dir, "pacman.conf", NULL);
        g_autofree char *content =
                g_strdup_printf("[options]\nDBPath = %s/db\n[core]\n[extra]\n", fixture->dir);
        write_file(fixture, "pacman.conf", content);
        write_file(fixture, "db/sync/core.db", "12345");
        write_file(fixture, "db/local/ALPM_DB_VERSION", "9\n");
        write_file(fixture, "db/local/b-1-1/desc", "b");
        write_file(fixture, "db/local/a-1-1/desc", "a");
        fixture->conf = omg_pacman_conf_load(path, NULL, NULL, &error);
        g_assert_no_error(error);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
        remove_tree(fixture->dir);
        g_free(fixture->dir);
        omg_pacman_conf_unref(fixture->conf);
}

/* The numbers of a database that is there, and of one that is not. */
static void test_sync(Fixture *fixture, gconstpointer data)
{
        set_mtime(fixture, "db/sync/core.db", 1600000000, 123456789);
        g_autoptr(GBytes) stamps = omg_stamps_take_sync(fixture->conf);
        g_autofree char *path = g_build_filename(fixture->dir, "db/sync/core.db", NULL);
        OmgSyncStamp stamp;

        g_assert_cmpuint(omg_stamps_get_n_sync(stamps), ==, 2);
        g_assert_true(omg_stamps_get_sync(stamps, 0, &stamp));
        g_assert_cmpmem(stamp.name, stamp.name_length, "core", 4);
        g_assert_cmpmem(stamp.path, stamp.path_length, path, strlen(path));
        g_assert_true(stamp.present);
        g_assert_cmpint(stamp.size, ==, 5);
        g_assert_cmpint(stamp.mtime_ns, ==, G_GINT64_CONSTANT(1600000000123456789));
        g_assert_cmpuint(stamp.inode, !=, 0);

        g_assert_true(omg_stamps_get_sync(stamps, 1, &stamp));
        g_assert_cmpmem(stamp.name, stamp.name_length, "extra", 5);
        g_assert_false(stamp.present);
        g_assert_cmpint(stamp.size, ==, 0);
        g_assert_false(omg_stamps_get_sync(stamps, 2, &stamp));
}

/* Nothing, a nanosecond, another inode, a database that appears. */
static void test_sync_changes(Fixture *fixture, gconstpointer data)
{
        set_mtime(fixture, "db/sync/core.db", 1600000000, 1);
        g_autoptr(GBytes) first = omg_stamps_take_sync(fixture->conf);
        g_autoptr(GBytes) same = omg_stamps_take_sync(fixture->conf);
        g_assert_true(g_bytes_equal(first, same));

        set_mtime(fixture, "db/sync/core.db", 1600000000, 2);
        g_autoptr(GBytes) later = omg_stamps_take_sync(fixture->conf);
        g_assert_false(g_bytes_equal(first, later));

        /* g_file_set_contents renames a new file over the old one while that is still there, so the
         * inode is another. */
        write_file(fixture, "db/sync/core.db", "54321");
        set_mtime(fixture, "db/sync/core.db", 1600000000, 1);
        g_autoptr(GBytes) replaced = omg_stamps_take_sync(fixture->conf);
        g_assert_false(g_bytes_equal(first, replaced));

        write_file(fixture, "db/sync/extra.db", "");
        g_autoptr(GBytes) appeared = omg_stamps_take_sync(fixture->conf);
        g_assert_false(g_bytes_equal(replaced, appeared));
}

/* Whatever is cut off, the reader says no and reads nothing beyond. */
static void test_sync_damaged(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GBytes) stamps = omg_stamps_take_sync(fixture->conf);
        OmgSyncStamp stamp;

        for (gsize length = 0; length < g_bytes_get_size(stamps); length++) {
                g_autofree char *copy =
                        g_memdup2(g_bytes_get_data(stamps, NULL), length > 0 ? length : 1);
                g_autoptr(GBytes) cut = g_bytes_new_static(copy, length);
                g_assert_false(omg_stamps_get_sync(cut, 1, &stamp));
        }
        g_autoptr(GBytes) local = omg_stamps_take_local(fixture->conf, NULL);
        g_assert_cmpuint(omg_stamps_get_n_sync(local), ==, 0);
}

static GBytes *take_local(Fixture *fixture)
{
        g_autoptr(GError) error = NULL;
        GBytes *stamps = omg_stamps_take_local(fixture->conf, &error);

        g_assert_no_error(error);
        return stamps;
}

/* The documented bytes, whatever order the folder is read in. */
static void test_local(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GByteArray) expected = g_byte_array_new();
        g_autofree char *path = g_build_filename(fixture->dir, "db/local/", NULL);
        gint64 mtime = 1000000000;
        guint32 length = GUINT32_TO_LE((guint32)strlen(path));
        static const char *const packages[] = {"a-1-1", "b-1-1"};

        set_mtime(fixture, "db/local/ALPM_DB_VERSION", 1, 0);
        set_mtime(fixture, "db/local/a-1-1/desc", 1, 0);
        set_mtime(fixture, "db/local/b-1-1/desc", 1, 0);
        g_autoptr(GBytes) stamps = take_local(fixture);

        g_byte_array_append(expected, (const guint8 *)"OMGSTMPL\1\0\0\0", 12);
        g_byte_array_append(expected, (const guint8 *)&length, 4);
        g_byte_array_append(expected, (const guint8 *)path, (guint)strlen(path));
        mtime = GINT64_TO_LE(mtime);
        g_byte_array_append(expected, (const guint8 *)"\2\0\0\0\0\0\0\0", 8);
        g_byte_array_append(expected, (const guint8 *)&mtime, 8);
        g_byte_array_append(expected, (const guint8 *)"\2\0\0\0", 4);
        for (gsize i = 0; i < 2; i++) {
                g_byte_array_append(expected, (const guint8 *)"\5\0\0\0", 4);
                g_byte_array_append(expected, (const guint8 *)packages[i], 5);
                g_byte_array_append(expected, (const guint8 *)"\1\0\0\0\0\0\0\0", 8);
                g_byte_array_append(expected, (const guint8 *)&mtime, 8);
        }
        g_assert_cmpmem(g_bytes_get_data(stamps, NULL), g_bytes_get_size(stamps), expected->data,
                        expected->len);
}

/* A desc touched, a package added, a version file gone: each shows. A lock or a temporary file in
 * local/ does not. */
static void test_local_changes(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GBytes) first = take_local(fixture);
        write_file(fixture, "db/local/.tmp", "x");
        write_file(fixture, "db/db.lck", "");
        g_autoptr(GBytes) same = take_local(fixture);
        g_assert_true(g_bytes_equal(first, same));

        set_mtime(fixture, "db/local/a-1-1/desc", 5, 5);
        g_autoptr(GBytes) touched = take_local(fixture);
        g_assert_false(g_bytes_equal(same, touched));

        g_autofree char *package = g_build_filename(fixture->dir, "db/local/c-1-1", NULL);
        g_assert_cmpint(g_mkdir(package, 0700), ==, 0);
        g_autoptr(GBytes) added = take_local(fixture);
        g_assert_false(g_bytes_equal(touched, added));
        write_file(fixture, "db/local/c-1-1/desc", "");
        g_autoptr(GBytes) complete = take_local(fixture);
        g_assert_false(g_bytes_equal(added, complete));

        g_autofree char *version = g_build_filename(fixture->dir, "db/local/ALPM_DB_VERSION", NULL);
        g_assert_cmpint(g_unlink(version), ==, 0);
        g_autoptr(GBytes) gone = take_local(fixture);
        g_assert_false(g_bytes_equal(complete, gone));
}

/* Whether a folder is to be read again: 1 or 0; -1: it is not there now. */
static int is_changed(GHashTable *folders, const char *name)
{
        gpointer changed;

        return g_hash_table_lookup_extended(folders, name, NULL, &changed)
                       ? GPOINTER_TO_INT(changed)
                       : -1;
}

static GHashTable *compare_local(GBytes *now, GBytes *before, gint64 settled_ns)
{
        gsize size;
        gconstpointer data = g_bytes_get_data(before, &size);

        return omg_stamps_compare_local(now, data, size, settled_ns);
}

/* Each folder is told apart: as it was, touched, new, gone, without a desc, and just written. */
static void test_local_compare(Fixture *fixture, gconstpointer data)
{
        static const char *const descs[] = {"a-1-1", "b-1-1", "c-1-1", "d-1-1"};
        for (gsize i = 0; i < G_N_ELEMENTS(descs); i++) {
                g_autofree char *desc = g_strconcat("db/local/", descs[i], "/desc", NULL);
                write_file(fixture, desc, "x");
                set_mtime(fixture, desc, 1000 + (long)i, 0);
        }
        g_autoptr(GBytes) before = take_local(fixture);
        g_autofree char *gone = g_build_filename(fixture->dir, "db/local/a-1-1", NULL);
        g_autofree char *empty = g_build_filename(fixture->dir, "db/local/e-1-1", NULL);
        remove_tree(gone);
        set_mtime(fixture, "db/local/b-1-1/desc", 1001, 1);
        write_file(fixture, "db/local/aa-1-1/desc", "new");
        g_assert_cmpint(g_mkdir(empty, 0700), ==, 0);
        g_autoptr(GBytes) now = take_local(fixture);

        g_autoptr(GHashTable) folders = compare_local(now, before, G_MAXINT64);
        g_assert_cmpuint(g_hash_table_size(folders), ==, 5);
        g_assert_cmpint(is_changed(folders, "a-1-1"), ==, -1);
        g_assert_cmpint(is_changed(folders, "aa-1-1"), ==, 1);
        g_assert_cmpint(is_changed(folders, "b-1-1"), ==, 1);
        g_assert_cmpint(is_changed(folders, "c-1-1"), ==, 0);
        g_assert_cmpint(is_changed(folders, "d-1-1"), ==, 0);
        g_assert_cmpint(is_changed(folders, "e-1-1"), ==, 1);

        g_autoptr(GHashTable) early =
                compare_local(now, before, 1003 * G_GINT64_CONSTANT(1000000000));
        g_assert_cmpint(is_changed(early, "c-1-1"), ==, 0);
        g_assert_cmpint(is_changed(early, "d-1-1"), ==, 1);
        g_autoptr(GHashTable) again = compare_local(now, now, G_MAXINT64);
        g_assert_cmpint(is_changed(again, "e-1-1"), ==, 1);
}

/* Another version file, another kind, or bytes cut off anywhere: nothing is taken for unchanged. */
static void test_local_compare_damaged(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GBytes) before = take_local(fixture);
        g_autoptr(GBytes) sync = omg_stamps_take_sync(fixture->conf);
        gconstpointer bytes = g_bytes_get_data(before, NULL);

        g_assert_null(compare_local(before, sync, G_MAXINT64));
        g_assert_null(compare_local(sync, sync, G_MAXINT64));
        for (gsize length = 0; length < g_bytes_get_size(before); length++) {
                g_autofree char *cut = g_memdup2(bytes, MAX(length, 1));
                g_autoptr(GHashTable) folders =
                        omg_stamps_compare_local(before, cut, length, G_MAXINT64);
                if (folders)
                        g_assert_cmpint(is_changed(folders, "b-1-1"), ==, 1);
        }
        write_file(fixture, "db/local/ALPM_DB_VERSION", "10\n");
        g_autoptr(GBytes) other = take_local(fixture);
        g_assert_null(compare_local(other, before, G_MAXINT64));
}

/* No local database: the path is named. */
static void test_local_missing(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(fixture->dir, "db/local", NULL);

        remove_tree(path);
        g_assert_null(omg_stamps_take_local(fixture->conf, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_DATABASE_MISSING);
        g_assert_nonnull(strstr(error->message, path));
}

/* Stamps know which DBPath they are of. */
static void test_of(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) sync = omg_stamps_take_sync(fixture->conf);
        g_autoptr(GBytes) local = omg_stamps_take_local(fixture->conf, &error);
        GBytes *both[] = {sync, local};
        OmgPacmanConf other = {.db_path = (char *)"/another/place/"};

        g_assert_no_error(error);
        for (guint i = 0; i < G_N_ELEMENTS(both); i++) {
                gsize size;
                gconstpointer bytes = g_bytes_get_data(both[i], &size);
                g_assert_true(omg_stamps_are_of(bytes, size, fixture->conf));
                g_assert_false(omg_stamps_are_of(bytes, size, &other));
        }
        g_assert_false(omg_stamps_are_of("", 0, fixture->conf));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)
        ADD("/stamps/of", test_of);
        ADD("/stamps/sync", test_sync);
        ADD("/stamps/sync-changes", test_sync_changes);
        ADD("/stamps/sync-damaged", test_sync_damaged);
        ADD("/stamps/local", test_local);
        ADD("/stamps/local-changes", test_local_changes);
        ADD("/stamps/local-compare", test_local_compare);
        ADD("/stamps/local-compare-damaged", test_local_compare_damaged);
        ADD("/stamps/local-missing", test_local_missing);
        return g_test_run();
}
