/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Runtimes as a peer sees it: rows, pages, projects, Active and its signal. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus-fixture.h"
#include "faces/bus-interfaces.h"

#define RUNTIMES  "org.omgd1.Runtimes"
#define LIST      "a(sssssa{sv})a{sv}"
#define NOT_FOUND "org.omgd1.Error.NotFound"

/* A home of the test's own, and the service over it. */
typedef struct {
        BusFixture *f;
        char *root;
        OmgRuntimePaths *paths;
} Home;

static const char *home_getenv(const char *name, void *userdata)
{
        return g_str_equal(name, "HOME") ? userdata : NULL;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static void home_clear(Home *home)
{
        bus_fixture_free(home->f);
        omg_runtime_paths_free(home->paths);
        (void)nftw(home->root, remove_one, 16, FTW_PHYS | FTW_DEPTH);
        g_free(home->root);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Home, home_clear)

static void make_dir(const Home *home, const char *name)
{
        g_autofree char *path = g_build_filename(home->root, name, NULL);
        g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
}

static void make_text(const Home *home, const char *name, const char *text)
{
        g_autofree char *path = g_build_filename(home->root, name, NULL);
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void home_init(Home *home)
{
        g_autofree char *made = g_dir_make_tmp("omg-bus-runtimes-XXXXXX", NULL);
        char resolved[4096];

        g_assert_nonnull(realpath(made, resolved));
        home->root = g_strdup(resolved);
        home->paths = omg_runtime_paths_new(home_getenv, home->root, getuid(), home->root, NULL);
        g_free(home->paths->jvm);
        home->paths->jvm = g_build_filename(home->root, "jvm", NULL);
        g_free(home->paths->rustup_system);
        home->paths->rustup_system = g_build_filename(home->root, "rustup.toml", NULL);
        g_free(home->paths->mise_system);
        home->paths->mise_system = g_build_filename(home->root, "mise", NULL);
        home->f = bus_fixture_new_with_runtimes(home->paths);
}

static void make_versions(const Home *home)
{
        g_autofree char *current = g_build_filename(home->root, "versions/node/current", NULL);

        make_dir(home, "versions/node/18.0.0");
        make_dir(home, "versions/node/20.1.0/bin");
        make_dir(home, "versions/ruby/3.3");
        make_dir(home, "p/src");
        make_text(home, "p/.nvmrc", "v18\n");
        g_assert_cmpint(symlink("20.1.0", current), ==, 0);
}

static void load(const Home *home)
{
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);

        apply(home->f, 0, snapshot, NULL);
}

/* What daemon-runtimes.c does. */
static void look(const Home *home)
{
        omg_service_set_runtimes(home->f->service,
                                 omg_runtime_list_new(omg_runtimes_look(home->paths),
                                                      home->f->service->snapshot, 1000));
        settle(home->f);
}

/* "name version source active" of each row. */
static char *read_rows(sd_bus_message *reply)
{
        GString *out = g_string_new(NULL);
        const char *name, *version, *source, *origin, *bin;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', "(sssssa{sv})"), >, 0);
        while (sd_bus_message_enter_container(reply, 'r', "sssssa{sv}") > 0) {
                int active;

                g_assert_cmpint(sd_bus_message_read(reply, "sssss", &name, &version, &source,
                                                    &origin, &bin),
                                >, 0);
                g_assert_true(g_path_is_absolute(origin));
                enter_key(reply, "active", "b");
                g_assert_cmpint(sd_bus_message_read_basic(reply, 'b', &active), >, 0);
                g_string_append_printf(out, "%s%s %s %s%s", out->len > 0 ? ", " : "", name, version,
                                       source, active ? " active" : "");
                g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
                while (sd_bus_message_skip(reply, "{sv}") > 0)
                        ;
                g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        return g_string_free(out, FALSE);
}

static void check_rows(const Home *home, sd_bus_message *message, const char *expected)
{
        g_autoptr(Call) call = expect_reply(home->f, message, LIST);
        g_autofree char *rows = read_rows(call->reply);

        g_assert_cmpstr(rows, ==, expected);
}

#define CALL(home, ...) make_call_with((home)->f, RUNTIMES, "List", "a{sv}", __VA_ARGS__)

#define ALL "node 20.1.0 omg active, node 18.0.0 omg, ruby 3.3 omg"

/* All, some, one page; from the list at hand, or before there is one. */
static void test_list(void)
{
        g_auto(Home) home = {};

        home_init(&home);
        make_versions(&home);
        load(&home);
        check_rows(&home, CALL(&home, 0), ALL);
        look(&home);
        check_rows(&home, CALL(&home, 0), ALL);
        check_rows(&home, CALL(&home, 1, "names", "as", 2, "ruby", "go"), "ruby 3.3 omg");
        check_rows(&home, CALL(&home, 2, "limit", "u", 1, "offset", "u", 1), "node 18.0.0 omg");
        check_rows(&home, CALL(&home, 1, "limit", "u", 0), "");
        check_rows(&home, CALL(&home, 1, "offset", "u", 100), "");
        home.f->service->runtimes.unwatched = TRUE;
        make_dir(&home, "versions/ruby/3.4");
        check_rows(&home, CALL(&home, 1, "names", "as", 1, "ruby"), "ruby 3.4 omg, ruby 3.3 omg");
}

/* A call waits for the first load, which knows whose programs are. */
static void test_wait(void)
{
        g_auto(Home) home = {};
        g_autoptr(Call) call = NULL;
        g_autofree char *rows = NULL;

        home_init(&home);
        make_versions(&home);
        call = send_call(home.f, CALL(&home, 0), NULL);
        settle(home.f);
        g_assert_null(call->reply);
        load(&home);
        rows = read_rows(await_reply(home.f, call));
        g_assert_cmpstr(rows, ==, ALL);
}

/* The version files of a directory; and directories that are none. */
static void test_directory(void)
{
        g_auto(Home) home = {};
        g_autofree char *src = NULL;
        g_autofree char *none = NULL;
        g_autofree char *longest = g_strnfill(5000, '/');

        home_init(&home);
        src = g_build_filename(home.root, "p/src", NULL);
        none = g_build_filename(home.root, "none", NULL);
        make_versions(&home);
        load(&home);
        look(&home);
        check_rows(&home, CALL(&home, 2, "directory", "s", src, "names", "as", 1, "node"),
                   "node 18.0.0 file active, node 20.1.0 omg, node 18.0.0 omg");
        check_rows(&home, CALL(&home, 2, "directory", "s", home.root, "names", "as", 1, "node"),
                   "node 20.1.0 omg active, node 18.0.0 omg");
        expect_error(home.f, CALL(&home, 1, "directory", "s", none), NOT_FOUND, "none");
        expect_error(home.f, CALL(&home, 1, "directory", "s", "p/src"), ERROR_INVALID_ARGS,
                     "absolute");
        expect_error(home.f, CALL(&home, 1, "directory", "s", ""), ERROR_INVALID_ARGS, "absolute");
        expect_error(home.f, CALL(&home, 1, "directory", "s", longest), ERROR_INVALID_ARGS, "4095");
        expect_error(home.f, CALL(&home, 1, "directory", "u", 1), ERROR_INVALID_ARGS, "directory");
}

static guint64 get_generation(const Home *home)
{
        g_autoptr(Call) call = expect_reply(home->f, CALL(home, 0), LIST);
        guint64 generation;

        g_assert_cmpint(sd_bus_message_skip(call->reply, "a(sssssa{sv})"), >, 0);
        enter_key(call->reply, "generation", "t");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 't', &generation), >, 0);
        return generation;
}

/* Pages fit together, or the caller is told. */
static void test_generation(void)
{
        g_auto(Home) home = {};
        guint64 generation;

        home_init(&home);
        make_versions(&home);
        load(&home);
        look(&home);
        generation = get_generation(&home);
        check_rows(&home, CALL(&home, 1, "generation", "t", generation), ALL);
        make_dir(&home, "versions/go/1.22");
        look(&home);
        expect_error(home.f, CALL(&home, 1, "generation", "t", generation), ERROR_INVALID_ARGS,
                     "generation");
        expect_error(home.f, CALL(&home, 1, "limit", "u", 1001), ERROR_INVALID_ARGS, "limit");
}

static char *get_active(const Home *home)
{
        g_autoptr(Call) call =
                expect_reply(home->f,
                             make_call_with(home->f, "org.freedesktop.DBus.Properties", "Get", "ss",
                                            RUNTIMES, "Active"),
                             "v");
        GString *out = g_string_new(NULL);
        const char *name, *version;

        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'v', "a{ss}"), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "{ss}"), >, 0);
        while (sd_bus_message_read(call->reply, "{ss}", &name, &version) > 0)
                g_string_append_printf(out, "%s=%s ", name, version);
        return g_string_free(out, FALSE);
}

static void check_active(const Home *home, const char *expected)
{
        g_autofree char *active = get_active(home);

        g_assert_cmpstr(active, ==, expected);
}

/* Active never waits, and its signal comes when it has changed, and only then. */
static void test_active(void)
{
        static const char signal[] = "org.freedesktop.DBus.Properties.PropertiesChanged";
        g_auto(Home) home = {};
        g_autofree char *current = NULL;
        guint before;

        home_init(&home);
        make_versions(&home);
        current = g_build_filename(home.root, "versions/node/current", NULL);
        check_active(&home, "");
        load(&home);
        settle(home.f);
        before = count_signals(home.f, signal);
        look(&home);
        check_active(&home, "node=20.1.0 ");
        g_assert_cmpuint(count_signals(home.f, signal), ==, before + 1);
        make_dir(&home, "versions/ruby/3.4");
        look(&home);
        g_assert_cmpuint(count_signals(home.f, signal), ==, before + 1);
        g_assert_cmpint(unlink(current), ==, 0);
        g_assert_cmpint(symlink("18.0.0", current), ==, 0);
        look(&home);
        check_active(&home, "node=18.0.0 ");
        g_assert_cmpuint(count_signals(home.f, signal), ==, before + 2);
}

/* Without places to look in, as on the system bus, there is no such interface. */
static void test_none(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();

        expect_error(f, make_call_with(f, RUNTIMES, "List", "a{sv}", 0),
                     "org.freedesktop.DBus.Error.UnknownMethod", "");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus-runtimes/list", test_list);
        g_test_add_func("/bus-runtimes/wait", test_wait);
        g_test_add_func("/bus-runtimes/directory", test_directory);
        g_test_add_func("/bus-runtimes/generation", test_generation);
        g_test_add_func("/bus-runtimes/active", test_active);
        g_test_add_func("/bus-runtimes/none", test_none);
        return g_test_run();
}
