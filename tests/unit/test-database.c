/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in a database's place, its versions, its states. Damage in it: test-database-hostile.
 */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "database-fixture.h"

/* A new file is private, knows whose it is, and keeps what is written. */
static void test_new(Fixture *f, gconstpointer unused)
{
        struct stat st;

        f->db = open_good(f);
        add_row(f->db, 1);
        g_assert_cmpint(stat(f->path, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 07777, ==, 0600);
        g_autofree char *wal = g_strconcat(f->path, "-wal", NULL);
        g_assert_cmpint(stat(wal, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 07777, ==, 0600);
        g_assert_cmpuint(omg_database_get_size(f->db), >, 4096);
        g_assert_cmpstr(omg_database_get_path(f->db), ==, f->path);

        close_database(f);
        g_assert_false(g_file_test(wal, G_FILE_TEST_EXISTS));
        f->db = open_good(f);
        g_assert_cmpuint(count_rows(f->db), ==, 1);
}

/* A func that fails has written nothing; the next one is not hindered. */
static gboolean write_and_fail(OmgDatabase *db, gpointer data, GError **error)
{
        g_assert_true(omg_database_execute(db, error, "INSERT INTO r VALUES (?, 'x')", "u", 7u));
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_CANCELLED, "no");
        return FALSE;
}

static void test_rollback(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;

        f->db = open_good(f);
        g_assert_false(omg_database_write(f->db, write_and_fail, NULL, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_CANCELLED);
        g_assert_cmpuint(count_rows(f->db), ==, 0);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, OMG_DATABASE_OK);
        add_row(f->db, 7);
        g_assert_cmpuint(count_rows(f->db), ==, 1);
        g_assert_null(omg_database_steal_notice(f->db));
}

/* A constraint is the caller's matter, no state of the file. */
static void test_constraint(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;

        f->db = open_good(f);
        add_row(f->db, 7);
        g_assert_false(try_add_row(f->db, 7, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, OMG_DATABASE_OK);
}

/* A file of each earlier version becomes one of today's, with its rows. */
static void test_migrations(Fixture *f, gconstpointer unused)
{
        for (guint version = 1; version <= 3; version++) {
                const char *few[4] = {migrations[0], version > 1 ? migrations[1] : NULL,
                                      version > 2 ? migrations[2] : NULL};
                OmgDatabaseFormat old = *f->format;

                old.migrations = few;
                f->db = omg_database_new(f->dir, &old);
                add_row(f->db, 10 + version);
                close_database(f);
                f->db = open_good(f);
                g_assert_cmpuint(count_rows(f->db), ==, 1);
                g_assert_cmpuint(get_pragma(f->db, "PRAGMA user_version"), ==, 3);
                g_assert_cmpuint(get_pragma(f->db, "SELECT count(*) FROM third"), ==, 0);
                close_database(f);
                g_assert_cmpint(g_unlink(f->path), ==, 0);
        }
}

/* A newer omgd's file is not destroyed: it is whole under its new name. */
static void test_newer(Fixture *f, gconstpointer unused)
{
        const char *more[] = {migrations[0], migrations[1], migrations[2],
                              "CREATE TABLE fourth (x INTEGER) STRICT", NULL};
        OmgDatabaseFormat newer = *f->format;

        newer.migrations = more;
        f->db = omg_database_new(f->dir, &newer);
        add_row(f->db, 1);
        close_database(f);
        f->db = open_anew(f, "newer omgd", ".newer");
        g_assert_cmpuint(count_rows(f->db), ==, 0);
        close_database(f);

        g_autofree char *aside = find_aside(f, ".newer");
        g_assert_cmpint(g_rename(aside, f->path), ==, 0);
        f->db = omg_database_new(f->dir, &newer);
        g_assert_cmpuint(count_rows(f->db), ==, 1);
}

static void put_text(Fixture *f)
{
        g_assert_true(g_file_set_contents(f->path, "not a database at all", -1, NULL));
}

static void put_other_program(Fixture *f)
{
        run_sqlite(f->path, "CREATE TABLE theirs (x); PRAGMA user_version = 3");
}

static void put_other_id(Fixture *f)
{
        run_sqlite(f->path, "CREATE TABLE r (n INTEGER); PRAGMA user_version = 3;"
                            "PRAGMA application_id = 4711");
}

/* Our number, but no tables of ours behind it. */
static void put_pretender(Fixture *f)
{
        g_autofree char *sql = g_strdup_printf("CREATE TABLE theirs (x); PRAGMA user_version = 3;"
                                               "PRAGMA application_id = %d",
                                               (int)f->format->application_id);
        run_sqlite(f->path, sql);
}

static void put_directory(Fixture *f)
{
        g_assert_cmpint(g_mkdir(f->path, 0700), ==, 0);
}

static void put_fifo(Fixture *f)
{
        g_assert_cmpint(mkfifo(f->path, 0600), ==, 0);
}

static void put_link(Fixture *f)
{
        g_autofree char *target = g_build_filename(f->dir, "target", NULL);

        run_sqlite(target, "CREATE TABLE theirs (x)");
        g_assert_cmpint(symlink(target, f->path), ==, 0);
}

static void put_dangling_link(Fixture *f)
{
        g_assert_cmpint(symlink("nowhere", f->path), ==, 0);
}

static void put_log_alone(Fixture *f)
{
        g_autofree char *wal = g_strconcat(f->path, "-wal", NULL);
        g_assert_true(g_file_set_contents(wal, "something", -1, NULL));
}

static void put_empty_with_log(Fixture *f)
{
        g_assert_true(g_file_set_contents(f->path, "", 0, NULL));
        put_log_alone(f);
}

static void put_linked_log(Fixture *f)
{
        g_autofree char *wal = g_strconcat(f->path, "-wal", NULL);

        f->db = open_good(f);
        close_database(f);
        g_assert_cmpint(symlink("nowhere", wal), ==, 0);
}

static void put_foreign_owner(Fixture *f)
{
        f->db = open_good(f);
        close_database(f);
        g_assert_cmpint(chown(f->path, 65534, 65534), ==, 0);
}

static const struct {
        const char *name;
        void (*put)(Fixture *f);
        const char *why;
        const char *suffix;
} strangers[] = {
        {"text", put_text, "does not begin as a database", ".corrupt"},
        {"other-program", put_other_program, "another program's", ".foreign"},
        {"other-id", put_other_id, "another program's", ".foreign"},
        {"pretender", put_pretender, "checksum", ".corrupt"},
        {"directory", put_directory, "directory", ".foreign"},
        {"fifo", put_fifo, "no regular file", ".foreign"},
        {"symlink", put_link, "symbolic link", ".foreign"},
        {"dangling-symlink", put_dangling_link, "symbolic link", ".foreign"},
        {"log-alone", put_log_alone, "missing or empty", ".corrupt"},
        {"log-of-empty", put_empty_with_log, "missing or empty", ".corrupt"},
        {"linked-log", put_linked_log, "not a regular file", ".corrupt"},
        {"foreign-owner", put_foreign_owner, "another user", ".foreign"},
};

/* What is no database of ours is still there afterwards, under the name that the notice says. */
static void test_stranger(Fixture *f, gconstpointer index)
{
        guint i = GPOINTER_TO_UINT(index);

        if (strangers[i].put == put_foreign_owner && geteuid() != 0) {
                g_test_skip("not root: no file of another user can be made");
                return;
        }
        strangers[i].put(f);
        f->db = open_anew(f, strangers[i].why, strangers[i].suffix);
        add_row(f->db, 1);
        close_database(f);
        f->db = open_good(f);
        g_assert_cmpuint(count_rows(f->db), ==, 1);
        if (strangers[i].put == put_link) {
                g_autofree char *target = g_build_filename(f->dir, "target", NULL);
                run_sqlite(target, "SELECT x FROM theirs");
        }
}

/* Without checksums it is the tables that betray who has only our number. */
static void test_pretender_plain(Fixture *f, gconstpointer unused)
{
        OmgDatabaseFormat plain = *f->format;

        plain.has_checksums = FALSE;
        f->format = &plain;
        put_pretender(f);
        f->db = open_good(f);
        g_assert_cmpuint(count_rows(f->db), ==, 0);
        g_autofree char *notice = omg_database_steal_notice(f->db);
        g_assert_nonnull(strstr(notice, "no such table"));
        add_row(f->db, 1);
        close_database(f);
        f->format = &test_format;
}

/* An empty file is one that was never written: no notice, nothing to keep. */
static void test_empty(Fixture *f, gconstpointer unused)
{
        g_assert_true(g_file_set_contents(f->path, "", 0, NULL));
        g_assert_cmpint(g_chmod(f->path, 0644), ==, 0);
        f->db = open_good(f);
        add_row(f->db, 1);
        struct stat st;
        g_assert_cmpint(stat(f->path, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 07777, ==, 0600);
}

/* Of the damaged ones the newest stay, n_kept of them; what is foreign always does. */
static void test_kept(Fixture *f, gconstpointer unused)
{
        put_other_id(f);
        f->db = open_anew(f, "another program's", ".foreign");
        close_database(f);
        for (guint i = 0; i < test_format.n_kept + 2; i++) {
                g_autofree char *text = g_strdup_printf("damage %u", i);
                g_assert_true(g_file_set_contents(f->path, text, -1, NULL));
                f->db = open_anew(f, "does not begin", NULL);
                close_database(f);
        }
        g_assert_cmpuint(count_files(f, ".corrupt"), ==, test_format.n_kept);
        g_assert_cmpuint(count_files(f, ".foreign"), ==, 1);
        g_autofree char *oldest = find_aside(f, ".corrupt"), *text = NULL;
        g_assert_true(g_file_get_contents(oldest, &text, NULL, NULL));
        g_assert_cmpstr(text, ==, "damage 2");
}

static void test_kept_all(Fixture *f, gconstpointer unused)
{
        OmgDatabaseFormat all = *f->format;

        all.n_kept = 0;
        for (guint i = 0; i < 6; i++) {
                put_text(f);
                f->db = omg_database_new(f->dir, &all);
                close_database(f);
        }
        g_assert_cmpuint(count_files(f, ".corrupt"), ==, 6);
}

/* A second user of the file is kept out, and let in when the first has gone. */
static void test_busy(Fixture *f, gconstpointer unused)
{
        g_autoptr(GError) error = NULL;
        const char *message;

        f->db = open_good(f);
        add_row(f->db, 1);
        g_autoptr(OmgDatabase) second = omg_database_new(f->dir, f->format);
        g_assert_cmpint(omg_database_get_state(second, &message), ==, OMG_DATABASE_FAILED);
        g_assert_nonnull(strstr(message, "in use by another process"));
        g_assert_false(try_add_row(second, 2, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_BUSY);
        g_assert_null(omg_database_steal_notice(second));
        close_database(f);
        add_row(second, 2);
        g_assert_cmpint(omg_database_get_state(second, NULL), ==, OMG_DATABASE_OK);
        g_assert_cmpuint(count_rows(second), ==, 2);
}

/* A folder that cannot be made: the state says it, and it is made when it can be. */
static void test_no_folder(Fixture *f, gconstpointer unused)
{
        g_autofree char *dir = g_build_filename(f->dir, "in", "side", NULL);
        g_autofree char *in = g_build_filename(f->dir, "in", NULL);
        g_autoptr(GError) error = NULL;

        g_assert_true(g_file_set_contents(in, "in the way", -1, NULL));
        f->db = omg_database_new(dir, f->format);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, OMG_DATABASE_FAILED);
        g_assert_false(try_add_row(f->db, 1, &error));
        g_assert_nonnull(strstr(error->message, dir));
        g_assert_cmpint(g_unlink(in), ==, 0);
        add_row(f->db, 1);
        g_assert_cmpint(omg_database_get_state(f->db, NULL), ==, OMG_DATABASE_OK);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fixture_add("/database/new", test_new, NULL);
        fixture_add("/database/rollback", test_rollback, NULL);
        fixture_add("/database/constraint", test_constraint, NULL);
        fixture_add("/database/migrations", test_migrations, NULL);
        fixture_add("/database/newer", test_newer, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(strangers); i++) {
                g_autofree char *name = g_strconcat("/database/stranger/", strangers[i].name, NULL);
                fixture_add(name, test_stranger, GUINT_TO_POINTER(i));
        }
        fixture_add("/database/pretender-plain", test_pretender_plain, NULL);
        fixture_add("/database/empty", test_empty, NULL);
        fixture_add("/database/kept", test_kept, NULL);
        fixture_add("/database/kept-all", test_kept_all, NULL);
        fixture_add("/database/busy", test_busy, NULL);
        fixture_add("/database/no-folder", test_no_folder, NULL);
        return g_test_run();
}
