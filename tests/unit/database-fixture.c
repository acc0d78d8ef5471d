/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "database-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

const char *const migrations[] = {
        "CREATE TABLE r (n INTEGER PRIMARY KEY, text TEXT) STRICT",
        "CREATE TABLE second (x INTEGER) STRICT",
        "CREATE TABLE third (x INTEGER) STRICT",
        NULL,
};

const OmgDatabaseFormat test_format = {
        .name = "test.db",
        .application_id = 0x6f6d6754,
        .migrations = migrations,
        .has_checksums = TRUE,
        .n_kept = 3,
};

static void set_up(Fixture *f, gconstpointer unused)
{
        /* In memory where there is such a place: a new file costs several fsync(2). */
        const char *parent = g_access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();

        f->dir = g_build_filename(parent, "omg-database-XXXXXX", NULL);
        g_assert_nonnull(g_mkdtemp(f->dir));
        f->path = g_build_filename(f->dir, test_format.name, NULL);
        f->format = &test_format;
}

static void remove_tree(const char *path)
{
        GDir *folder = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
        const char *name;

        while (folder && (name = g_dir_read_name(folder))) {
                g_autofree char *inside = g_build_filename(path, name, NULL);
                remove_tree(inside);
        }
        g_clear_pointer(&folder, g_dir_close);
        (void)g_remove(path);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
        close_database(f);
        remove_tree(f->dir);
        g_free(f->path);
        g_free(f->dir);
}

void fixture_add(const char *path, FixtureTest test, gconstpointer data)
{
        g_test_add(path, Fixture, data, set_up, test, tear_down);
}

OmgDatabase *open_good(Fixture *f)
{
        OmgDatabase *db = omg_database_new(f->dir, f->format);
        const char *message;

        OmgDatabaseState state = omg_database_get_state(db, &message);
        g_assert_cmpstr(message, ==, "");
        g_assert_cmpint(state, ==, OMG_DATABASE_OK);
        g_assert_null(omg_database_steal_notice(db));
        return db;
}

OmgDatabase *open_anew(Fixture *f, const char *why, const char *suffix)
{
        OmgDatabase *db = omg_database_new(f->dir, f->format);
        g_autofree char *notice = omg_database_steal_notice(db);

        g_assert_nonnull(notice);
        if (!strstr(notice, why))
                g_error("\"%s\" does not say \"%s\"", notice, why);
        g_assert_cmpint(omg_database_get_state(db, NULL), ==, OMG_DATABASE_OK);
        if (suffix) {
                g_autofree char *aside = find_aside(f, suffix);
                g_autofree char *name = g_path_get_basename(aside);
                g_assert_nonnull(strstr(notice, name));
        }
        g_assert_null(omg_database_steal_notice(db));
        return db;
}

void close_database(Fixture *f)
{
        g_clear_pointer(&f->db, omg_database_free);
}

static gboolean insert(OmgDatabase *db, gpointer data, GError **error)
{
        static const char text[] = "some text that fills a little of the page it stands on";

        return omg_database_execute(db, error, "INSERT INTO r (n, text) VALUES (?, ?)", "us",
                                    *(guint *)data, text);
}

gboolean try_add_row(OmgDatabase *db, guint n, GError **error)
{
        return omg_database_write(db, insert, &n, error);
}

void add_row(OmgDatabase *db, guint n)
{
        g_autoptr(GError) error = NULL;

        (void)try_add_row(db, n, &error);
        g_assert_no_error(error);
}

static gboolean count(OmgDatabase *db, gpointer data, GError **error)
{
        guint64 n;

        if (!omg_database_count(db, *(const char **)data, &n, error))
                return FALSE;
        *(guint *)((const char **)data + 1) = (guint)n;
        return TRUE;
}

guint get_pragma(OmgDatabase *db, const char *sql)
{
        g_autoptr(GError) error = NULL;
        struct {
                const char *sql;
                guint n;
        } data = {sql, 0};

        (void)omg_database_read(db, count, &data, &error);
        g_assert_no_error(error);
        return data.n;
}

guint count_rows(OmgDatabase *db)
{
        return get_pragma(db, "SELECT count(*) FROM r");
}

void run_sqlite(const char *path, const char *sql)
{
        sqlite3 *handle;

        g_assert_cmpint(sqlite3_open(path, &handle), ==, SQLITE_OK);
        g_assert_cmpint(sqlite3_exec(handle, sql, NULL, NULL, NULL), ==, SQLITE_OK);
        g_assert_cmpint(sqlite3_close(handle), ==, SQLITE_OK);
}

static char *find(Fixture *f, const char *suffix, guint *ret_n)
{
        GDir *folder = g_dir_open(f->dir, 0, NULL);
        g_autofree char *first = NULL;
        const char *name;

        g_assert_nonnull(folder);
        *ret_n = 0;
        while ((name = g_dir_read_name(folder))) {
                if (!g_str_has_suffix(name, suffix))
                        continue;
                ++*ret_n;
                if (!first || strcmp(name, first) < 0) {
                        g_free(first);
                        first = g_strdup(name);
                }
        }
        g_dir_close(folder);
        return first ? g_build_filename(f->dir, first, NULL) : NULL;
}

char *find_aside(Fixture *f, const char *suffix)
{
        guint n;
        return find(f, suffix, &n);
}

guint count_files(Fixture *f, const char *suffix)
{
        guint n;
        g_autofree char *first = find(f, suffix, &n);
        return n;
}
