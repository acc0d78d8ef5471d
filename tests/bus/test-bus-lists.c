/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ListGroups, ListRepositories, ListHistory and ListFd as a peer sees them. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "bus-fixture.h"

#define GROUPS       "a(su)a{sv}"
#define REPOSITORIES "a(sbta{sv})a{sv}"
#define HISTORY      "a(txsssa{sv})a{sv}"

static const FixturePackage sync_packages[] = {
        {"core", "bash", "5.2-1", "The GNU shell", "base tools", NULL, 0},
        {"core", "glibc", "2.38-7", "GNU C Library", "base", NULL, 0},
        {"extra", "vim", "9.0-1", "Vi Improved", "editors", NULL, 0},
        {NULL, NULL, NULL, NULL, NULL, NULL, 0},
};

static const FixturePackage local_packages[] = {
        {NULL, "bash", "5.1-1", "The GNU shell", "base", NULL, OMG_PACKAGE_EXPLICIT},
        {NULL, NULL, NULL, NULL, NULL, NULL, 0},
};

typedef struct {
        BusFixture *f;
        char *log;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer unused)
{
        g_autofree char *conf = NULL;
        g_autoptr(OmgSnapshot) snapshot = NULL;
        g_autoptr(GError) error = NULL;
        int fd = g_file_open_tmp("omg-log-XXXXXX", &fixture->log, &error);

        g_assert_no_error(error);
        (void)close(fd);
        conf = g_strdup_printf("[options]\nLogFile = %s\nDBPath = /nowhere/db\n"
                               "[core]\nServer = file:///c/$repo\n[extra]\nServer = file:///e\n",
                               fixture->log);
        snapshot = fixture_snapshot(sync_packages, local_packages, conf);
        snapshot->generation = 7;
        fixture->f = bus_fixture_new();
        apply(fixture->f, 0, snapshot, NULL);
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
        bus_fixture_free(fixture->f);
        (void)g_unlink(fixture->log);
        g_free(fixture->log);
}

static guint64 read_meta(sd_bus_message *reply, const char *key, char type)
{
        const char contents[] = {type, '\0'};
        guint64 value = 0; /* little-endian or not, the smaller types are read on their own */
        guint32 small = 0;
        int r;

        enter_key(reply, key, contents);
        r = type == 't' ? sd_bus_message_read_basic(reply, type, &value)
                        : sd_bus_message_read_basic(reply, type, &small);
        g_assert_cmpint(r, >, 0);
        return type == 't' ? value : small;
}

/* ---- ListGroups, ListRepositories ---- */

static void expect_groups(Fixture *fixture, sd_bus_message *message, const char *expected,
                          guint total)
{
        g_autoptr(Call) call = expect_reply(fixture->f, message, GROUPS);
        g_autoptr(GString) got = g_string_new(NULL);
        const char *name;
        guint32 n;

        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "(su)"), >, 0);
        while (sd_bus_message_read(call->reply, "(su)", &name, &n) > 0)
                g_string_append_printf(got, "%s %u;", name, n);
        g_assert_cmpint(sd_bus_message_exit_container(call->reply), >=, 0);
        g_assert_cmpstr(got->str, ==, expected);
        g_assert_cmpuint(read_meta(call->reply, "total", 'u'), ==, total);
}

static void test_groups(Fixture *x, gconstpointer unused)
{
        expect_groups(x, make_call_with(x->f, PACKAGES, "ListGroups", "a{sv}", 0),
                      "base 2;editors 1;tools 1;", 3);
        expect_groups(x,
                      make_call_with(x->f, PACKAGES, "ListGroups", "a{sv}", 1, "installed", "b", 1),
                      "base 1;", 1);
        expect_groups(x,
                      make_call_with(x->f, PACKAGES, "ListGroups", "a{sv}", 3, "offset", "u", 1,
                                     "limit", "u", 1, "generation", "t", (guint64)7),
                      "editors 1;", 3);
        expect_groups(x,
                      make_call_with(x->f, PACKAGES, "ListGroups", "a{sv}", 1, "offset", "u",
                                     G_MAXUINT32),
                      "", 3);
        expect_error(x->f,
                     make_call_with(x->f, PACKAGES, "ListGroups", "a{sv}", 1, "generation", "t",
                                    (guint64)6),
                     ERROR_INVALID_ARGS, "generation");
        expect_error(x->f,
                     make_call_with(x->f, PACKAGES, "ListGroups", "a{sv}", 1, "limit", "u",
                                    OMG_LIMIT_ROWS + 1),
                     ERROR_INVALID_ARGS, "limit");
        expect_error(
                x->f,
                make_call_with(x->f, PACKAGES, "ListGroups", "a{sv}", 1, "installed", "s", "yes"),
                ERROR_INVALID_ARGS, "installed");
}

/* A row has all its fields, in pacman.conf's order. */
static void test_repositories(Fixture *x, gconstpointer unused)
{
        static const struct {
                const char *key, *type;
        } keys[] = {{"packages", "u"}, {"state", "s"},     {"usage", "as"}, {"servers", "as"},
                    {"path", "s"},     {"siglevel", "as"}, {"files", "b"}};

        for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
                g_autoptr(Call) call = expect_reply(
                        x->f, make_call_with(x->f, PACKAGES, "ListRepositories", "a{sv}", 0),
                        REPOSITORIES);
                const char *name;
                guint64 time;
                int readable;

                g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', NULL), >=, 0);
                g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'r', "sbta{sv}"), >, 0);
                g_assert_cmpint(sd_bus_message_read(call->reply, "sbt", &name, &readable, &time), >,
                                0);
                g_assert_cmpstr(name, ==, "core");
                g_assert_true(readable);
                g_assert_cmpuint(time, ==, G_MAXUINT64);
                enter_key(call->reply, keys[i].key, keys[i].type);
        }
}

/* ---- ListHistory ---- */

static void write_log(Fixture *x, const char *text)
{
        g_autoptr(GError) error = NULL;

        (void)g_file_set_contents(x->log, text, -1, &error);
        g_assert_no_error(error);
}

#define LINE(second, rest) "[2020-01-01T00:00:0" second "+0000] [ALPM] " rest "\n"

static const char some_log[] = LINE("1", "installed a (1-1)") LINE("2", "upgraded b (1-1 -> 2-1)")
        LINE("3", "removed a (1-1)");

/* "action package version old" of each row; leaves the message at META. */
static char *join_history(sd_bus_message *reply)
{
        GString *got = g_string_new(NULL);
        const char *action, *package, *version, *old;
        guint64 position;
        gint64 time;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', "(txsssa{sv})"), >=, 0);
        while (sd_bus_message_enter_container(reply, 'r', "txsssa{sv}") > 0) {
                g_assert_cmpint(sd_bus_message_read(reply, "txsss", &position, &time, &action,
                                                    &package, &version),
                                >, 0);
                old = "";
                g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', "{sv}"), >, 0);
                while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
                        g_assert_cmpint(sd_bus_message_skip(reply, "s"), >=, 0);
                        g_assert_cmpint(sd_bus_message_read(reply, "v", "s", &old), >, 0);
                        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
                }
                g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
                g_string_append_printf(got,
                                       "%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %s %s %s %s;",
                                       position, time - 1577836800, action, package, version, old);
        }
        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        return g_string_free(got, FALSE);
}

static void expect_history(Fixture *x, sd_bus_message *message, const char *expected)
{
        g_autoptr(Call) call = expect_reply(x->f, message, HISTORY);
        g_autofree char *got = join_history(call->reply);

        g_assert_cmpstr(got, ==, expected);
}

/* Rows and options. */
static void test_history(Fixture *x, gconstpointer unused)
{
        write_log(x, some_log);
        expect_history(x, make_call_with(x->f, PACKAGES, "ListHistory", "a{sv}", 0),
                       "110 3 removed a 1-1 ;52 2 upgraded b 2-1 1-1;0 1 installed a 1-1 ;");
        expect_history(x,
                       make_call_with(x->f, PACKAGES, "ListHistory", "a{sv}", 2, "limit", "u", 1,
                                      "offset", "u", 1),
                       "52 2 upgraded b 2-1 1-1;");
        expect_history(x,
                       make_call_with(x->f, PACKAGES, "ListHistory", "a{sv}", 2, "packages", "as",
                                      1, "a", "actions", "as", 2, "installed", "upgraded"),
                       "0 1 installed a 1-1 ;");
        expect_history(x,
                       make_call_with(x->f, PACKAGES, "ListHistory", "a{sv}", 1, "since", "x",
                                      (gint64)1577836803),
                       "110 3 removed a 1-1 ;");
        expect_error(x->f,
                     make_call_with(x->f, PACKAGES, "ListHistory", "a{sv}", 1, "actions", "as", 1,
                                    "exploded"),
                     ERROR_INVALID_ARGS, "exploded");
        expect_error(
                x->f,
                make_call_with(x->f, PACKAGES, "ListHistory", "a{sv}", 1, "since", "t", (guint64)1),
                ERROR_INVALID_ARGS, "since");
}

/* The generation is the log's: pages fit together though it grows; another log is told apart. */
static void test_history_generation(Fixture *x, gconstpointer unused)
{
        g_autofree char *grown = g_strconcat(some_log, LINE("4", "installed c (1-1)"), NULL);
        g_autoptr(Call) call = NULL;
        g_autofree char *names = NULL;
        guint64 generation;

        write_log(x, some_log);
        call = expect_reply(
                x->f, make_call_with(x->f, PACKAGES, "ListHistory", "a{sv}", 1, "limit", "u", 1),
                HISTORY);
        names = join_history(call->reply);
        generation = read_meta(call->reply, "generation", 't');
        write_log(x, grown);
        expect_history(x,
                       make_call_with(x->f, PACKAGES, "ListHistory", "a{sv}", 3, "limit", "u", 1,
                                      "offset", "u", 1, "generation", "t", generation),
                       "52 2 upgraded b 2-1 1-1;");
        write_log(x, LINE("4", "installed c (1-1)"));
        expect_error(x->f,
                     make_call_with(x->f, PACKAGES, "ListHistory", "a{sv}", 1, "generation", "t",
                                    generation),
                     ERROR_INVALID_ARGS, "generation");
}

/* Without a log there is no history, which is not the same as an empty one. */
static void test_history_missing(Fixture *x, gconstpointer unused)
{
        write_log(x, "");
        expect_history(x, make_call_with(x->f, PACKAGES, "ListHistory", "a{sv}", 0), "");
        g_assert_cmpint(g_unlink(x->log), ==, 0);
        expect_error(x->f, make_call_with(x->f, PACKAGES, "ListHistory", "a{sv}", 0),
                     "org.omgd1.Error.DatabaseMissing", x->log);
        expect_error(x->f, make_call_with(x->f, PACKAGES, "ListFd", "sa{sv}", "history", 0),
                     "org.omgd1.Error.DatabaseMissing", x->log);
}

/* ---- ListFd ---- */

static void expect_fd(Fixture *x, sd_bus_message *message, const char *expected, guint total)
{
        g_autoptr(Call) call = expect_reply(x->f, message, "ha{sv}");
        char text[4096] = "";
        int fd;

        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'h', &fd), >, 0);
        g_assert_cmpint(fcntl(fd, F_GET_SEALS), ==,
                        F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
        g_assert_cmpint(fcntl(fd, F_GETFL) & O_ACCMODE, ==, O_RDONLY);
        g_assert_cmpint(read(fd, text, sizeof(text) - 1), >=, 0);
        g_assert_cmpstr(text, ==, expected);
        g_assert_cmpuint(read_meta(call->reply, "total", 'u'), ==, total);
}

/* Lists come as a sealed file that can only be read, at its beginning. */
static void test_fd(Fixture *x, gconstpointer unused)
{
        write_log(x, some_log);
        expect_fd(x, make_call_with(x->f, PACKAGES, "ListFd", "sa{sv}", "groups", 0),
                  "{\"name\": \"base\", \"packages\": 2}\n"
                  "{\"name\": \"editors\", \"packages\": 1}\n"
                  "{\"name\": \"tools\", \"packages\": 1}\n",
                  3);
        expect_fd(x,
                  make_call_with(x->f, PACKAGES, "ListFd", "sa{sv}", "groups", 1, "installed", "b",
                                 1),
                  "{\"name\": \"base\", \"packages\": 1}\n", 1);
        expect_fd(x, make_call_with(x->f, PACKAGES, "ListFd", "sa{sv}", "orphans", 0), "", 0);
        expect_fd(x,
                  make_call_with(x->f, PACKAGES, "ListFd", "sa{sv}", "history", 1, "actions", "as",
                                 1, "upgraded"),
                  "{\"position\": 52, \"time\": 1577836802, \"action\": \"upgraded\", "
                  "\"package\": \"b\", \"version\": \"2-1\", \"old-version\": \"1-1\"}\n",
                  1);
        expect_error(x->f, make_call_with(x->f, PACKAGES, "ListFd", "sa{sv}", "everything", 0),
                     ERROR_INVALID_ARGS, "none of installed, ");
        expect_error(x->f,
                     make_call_with(x->f, PACKAGES, "ListFd", "sa{sv}", "updates", 1, "ignored",
                                    "s", "no"),
                     ERROR_INVALID_ARGS, "ignored");
}

/* No descriptor stays behind, whether the answer was given or dropped. */
static guint count_descriptors(void)
{
        g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
        guint n = 0;

        while (g_dir_read_name(dir))
                n++;
        return n;
}

static void test_fd_closed(Fixture *x, gconstpointer unused)
{
        guint before;

        settle(x->f);
        before = count_descriptors();
        for (guint i = 0; i < 20; i++) {
                g_autoptr(Call) call = send_call(
                        x->f, make_call_with(x->f, PACKAGES, "ListFd", "sa{sv}", "installed", 0),
                        NULL);
                if (i % 2)
                        (void)await_reply(x->f, call);
        }
        settle(x->f);
        g_assert_cmpuint(x->f->service->metrics.calls_waiting, ==, 0);
        g_assert_cmpuint(count_descriptors(), ==, before);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(path, func) g_test_add("/bus-lists/" path, Fixture, NULL, set_up, func, tear_down)
        ADD("groups", test_groups);
        ADD("repositories", test_repositories);
        ADD("history", test_history);
        ADD("history/generation", test_history_generation);
        ADD("history/missing", test_history_missing);
        ADD("fd", test_fd);
        ADD("fd/closed", test_fd_closed);
        return g_test_run();
}
