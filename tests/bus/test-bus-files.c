/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GetFiles, WhoOwns, Search in mode "file" and ListFd "files" as a peer sees them. */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "bus-fixture.h"

#define FILES  "asa{sv}"
#define OWNERS "a(ss)a{sv}"
#define ROWS   "a(sssssua{sv})a{sv}"

#define ERROR_NOT_FOUND "org.omgd1.Error.NotFound"
#define ERROR_MISSING   "org.omgd1.Error.DatabaseMissing"

static const FixturePackage sync_packages[] = {
        {"core", "bash", "5.2-1", "The GNU shell", NULL, NULL, 0},
        {"core", "zsh", "5.9-1", "Another shell", NULL, NULL, 0},
        {"extra", "lost", "1-1", "Of a repository without lists", NULL, NULL, 0},
        {},
};
static const FixturePackage local_packages[] = {
        {NULL, "bash", "5.1-1", "The GNU shell", NULL, NULL, OMG_PACKAGE_EXPLICIT},
        {NULL, "mine", "1-1", "Of this machine", NULL, NULL, OMG_PACKAGE_EXPLICIT},
        {},
};
static const FixtureFiles local_files[] = {
        {NULL, "bash", "5.1-1", "nowhere/ nowhere/bin/ nowhere/bin/bash nowhere/bin/sh"},
        {NULL, "mine", "1-1", "nowhere/ nowhere/bin/ nowhere/bin/mine"},
        {},
};
static const FixtureFiles sync_files[] = {
        {"core", "bash", "5.2-1", "nowhere/ nowhere/bin/ nowhere/bin/bash nowhere/bin/rsh"},
        {"core", "zsh", "5.9-1", "nowhere/ nowhere/bin/ nowhere/bin/rsh nowhere/bin/zsh"},
        {"extra", "run pacman -Fy", NULL, NULL},
        {},
};

/* With the lists of these sources (1 << OmgFilesSource). */
static OmgSnapshot *snapshot_with(guint sources, guint64 generation)
{
        FixtureSystem system = {
                .sync = sync_packages,
                .local = local_packages,
                .conf = "[options]\nRootDir = /\n[core]\nServer = file:///c\n"
                        "[extra]\nServer = file:///e\n",
        };

        if (sources & 1u << OMG_FILES_LOCAL)
                system.files[OMG_FILES_LOCAL] = local_files;
        if (sources & 1u << OMG_FILES_REPO)
                system.files[OMG_FILES_REPO] = sync_files;
        OmgSnapshot *snapshot = fixture_system_snapshot(&system);
        snapshot->generation = generation;
        return snapshot;
}

#define LOCAL (1u << OMG_FILES_LOCAL)
#define REPO  (1u << OMG_FILES_REPO)

static BusFixture *fixture_with(guint sources)
{
        BusFixture *fixture = bus_fixture_new();
        g_autoptr(OmgSnapshot) snapshot = snapshot_with(sources, 7);

        apply(fixture, 0, snapshot, NULL);
        return fixture;
}

/* Each row's first @n strings, a blank after each; leaves the message at META. */
static char *join_rows(sd_bus_message *reply, const char *contents, guint n)
{
        GString *text = g_string_new(NULL);
        gboolean is_struct = contents[0] == '(';
        const char *value;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', contents), >=, 0);
        while (sd_bus_message_at_end(reply, false) == 0) {
                if (is_struct)
                        g_assert_cmpint(sd_bus_message_enter_container(reply, 'r', NULL), >, 0);
                for (guint i = 0; i < n; i++) {
                        g_assert_cmpint(sd_bus_message_read_basic(reply, 's', &value), >, 0);
                        g_string_append_printf(text, "%s ", value);
                }
                while (is_struct && sd_bus_message_at_end(reply, false) == 0)
                        g_assert_cmpint(sd_bus_message_skip(reply, NULL), >=, 0);
                if (is_struct)
                        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        return g_string_free(text, FALSE);
}

/* A reply with these rows, and that "total" and "complete" in its META. */
static void expect_rows(BusFixture *f, sd_bus_message *message, const char *signature, guint n,
                        const char *expected, guint total, gboolean complete)
{
        g_autoptr(Call) call = expect_reply(f, message, signature);
        g_autofree char *contents = g_strndup(signature + 1, strlen(signature) - 6);
        g_autofree char *text = join_rows(call->reply, contents, n);
        guint32 got;
        int is_complete;

        g_assert_cmpstr(text, ==, expected);
        enter_key(call->reply, "total", "u");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'u', &got), >, 0);
        g_assert_cmpuint(got, ==, total);
        g_assert_cmpint(sd_bus_message_rewind(call->reply, true), >=, 0);
        g_assert_cmpint(sd_bus_message_skip(call->reply, NULL), >=, 0);
        enter_key(call->reply, "complete", "b");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'b', &is_complete), >, 0);
        g_assert_cmpint(is_complete, ==, complete);
}

#define CALL(member, ...) make_call_with(f, PACKAGES, member, __VA_ARGS__)

/* GetFiles: paths as pacman prints them, in pages; the list of the installed package, or the one
 * that was asked for. */
static void test_get_files(void)
{
        g_autoptr(BusFixture) f = fixture_with(LOCAL | REPO);

        expect_rows(f, CALL("GetFiles", "sa{sv}", "bash", 0), FILES, 1,
                    "/nowhere/ /nowhere/bin/ /nowhere/bin/bash /nowhere/bin/sh ", 4, TRUE);
        expect_rows(f, CALL("GetFiles", "sa{sv}", "bash", 1, "source", "s", "repo"), FILES, 1,
                    "/nowhere/ /nowhere/bin/ /nowhere/bin/bash /nowhere/bin/rsh ", 4, FALSE);
        expect_rows(f, CALL("GetFiles", "sa{sv}", "zsh", 1, "limit", "u", 1), FILES, 1,
                    "/nowhere/ ", 4, FALSE);
        expect_rows(f,
                    CALL("GetFiles", "sa{sv}", "bash", 3, "limit", "u", 2, "offset", "u", 3,
                         "generation", "t", (guint64)7),
                    FILES, 1, "/nowhere/bin/sh ", 4, TRUE);
        expect_rows(f, CALL("GetFiles", "sa{sv}", "bash", 1, "offset", "u", G_MAXUINT32), FILES, 1,
                    "", 4, TRUE);
        expect_rows(f, CALL("GetFiles", "sa{sv}", "bash", 1, "limit", "u", 0), FILES, 1, "", 4,
                    TRUE);
}

/* What GetFiles cannot answer, and why. */
static void test_get_files_errors(void)
{
        g_autoptr(BusFixture) f = fixture_with(LOCAL | REPO);

        expect_error(f, CALL("GetFiles", "sa{sv}", "none", 0), ERROR_NOT_FOUND, "\"none\"");
        expect_error(f, CALL("GetFiles", "sa{sv}", "", 0), ERROR_INVALID_ARGS, "empty");
        expect_error(f, CALL("GetFiles", "sa{sv}", "zsh", 1, "source", "s", "local"),
                     ERROR_NOT_FOUND, "local database holds no package \"zsh\"");
        expect_error(f, CALL("GetFiles", "sa{sv}", "mine", 1, "source", "s", "repo"),
                     ERROR_NOT_FOUND, "\"mine\"");
        expect_error(f, CALL("GetFiles", "sa{sv}", "lost", 0), ERROR_MISSING, "pacman -Fy");
        expect_error(f, CALL("GetFiles", "sa{sv}", "bash", 1, "source", "s", "aur"),
                     ERROR_INVALID_ARGS, "source");
        expect_error(f, CALL("GetFiles", "sa{sv}", "bash", 1, "source", "b", 1), ERROR_INVALID_ARGS,
                     "source");
        expect_error(f, CALL("GetFiles", "sa{sv}", "bash", 1, "limit", "u", OMG_LIMIT_ROWS + 1),
                     ERROR_INVALID_ARGS, "limit");
        expect_error(f, CALL("GetFiles", "sa{sv}", "bash", 1, "limit", "t", (guint64)1),
                     ERROR_INVALID_ARGS, "limit");
        expect_error(f, CALL("GetFiles", "sa{sv}", "bash", 1, "generation", "t", (guint64)6),
                     ERROR_INVALID_ARGS, "generation");
        expect_error(f, CALL("GetFiles", "asa{sv}", 1, "bash", 0), ERROR_INVALID_ARGS, "");
}

/* Exactly @n paths. */
static sd_bus_message *make_owners_call(BusFixture *f, guint n)
{
        sd_bus_message *message = make_call(f, NULL, PACKAGES, "WhoOwns");

        g_assert_cmpint(sd_bus_message_open_container(message, 'a', "s"), >=, 0);
        for (guint i = 0; i < n; i++)
                g_assert_cmpint(sd_bus_message_append(message, "s", "/nowhere/bin/mine"), >=, 0);
        g_assert_cmpint(sd_bus_message_close_container(message), >=, 0);
        g_assert_cmpint(sd_bus_message_append(message, "a{sv}", 1, "limit", "u", 2), >=, 0);
        return message;
}

/* WhoOwns: rows in the order asked, several of a folder, none of what nobody owns; both sources
 * are one list. */
static void test_who_owns(void)
{
        g_autoptr(BusFixture) f = fixture_with(LOCAL | REPO);
        g_autofree char *longest = g_strnfill(OMG_LIMIT_PATH + 1, 'a');

        longest[0] = '/';
        expect_rows(f,
                    CALL("WhoOwns", "asa{sv}", 3, "/nowhere/bin/sh", "/none", "/nowhere//bin/", 0),
                    OWNERS, 2, "/nowhere/bin/sh bash /nowhere//bin/ bash /nowhere//bin/ mine ", 3,
                    TRUE);
        expect_rows(f,
                    CALL("WhoOwns", "asa{sv}", 1, "/nowhere/bin", 1, "sources", "as", 2, "repo",
                         "local"),
                    OWNERS, 2, "/nowhere/bin bash /nowhere/bin mine /nowhere/bin zsh ", 3, FALSE);
        expect_rows(f,
                    CALL("WhoOwns", "asa{sv}", 1, "/nowhere/bin", 4, "sources", "as", 2, "repo",
                         "local", "limit", "u", 1, "offset", "u", 1, "generation", "t", (guint64)7),
                    OWNERS, 2, "/nowhere/bin mine ", 3, FALSE);
        expect_rows(f, CALL("WhoOwns", "asa{sv}", 0, 0), OWNERS, 2, "", 0, TRUE);
        expect_rows(f, CALL("WhoOwns", "asa{sv}", 1, longest, 0), OWNERS, 2, "", 0, TRUE);
        expect_rows(f, make_owners_call(f, OMG_LIMIT_ROWS), OWNERS, 2,
                    "/nowhere/bin/mine mine /nowhere/bin/mine mine ", OMG_LIMIT_ROWS, TRUE);
}

static void test_who_owns_errors(void)
{
        g_autoptr(BusFixture) f = fixture_with(LOCAL | REPO);
        g_autofree char *too_long = g_strnfill(OMG_LIMIT_PATH + 2, 'a');

        too_long[0] = '/';
        expect_error(f, make_owners_call(f, OMG_LIMIT_ROWS + 1), ERROR_INVALID_ARGS, "paths");
        expect_error(f, CALL("WhoOwns", "asa{sv}", 1, "usr/bin/sh", 0), ERROR_INVALID_ARGS,
                     "not absolute");
        expect_error(f, CALL("WhoOwns", "asa{sv}", 1, "", 0), ERROR_INVALID_ARGS, "not absolute");
        expect_error(f, CALL("WhoOwns", "asa{sv}", 1, too_long, 0), ERROR_INVALID_ARGS, "4096");
        expect_error(f, CALL("WhoOwns", "asa{sv}", 1, "/a", 1, "sources", "as", 1, "aur"),
                     ERROR_INVALID_ARGS, "sources");
        expect_error(f, CALL("WhoOwns", "asa{sv}", 1, "/a", 1, "sources", "s", "local"),
                     ERROR_INVALID_ARGS, "sources");
        expect_error(f, CALL("WhoOwns", "asa{sv}", 1, "/a", 1, "generation", "t", (guint64)6),
                     ERROR_INVALID_ARGS, "generation");
        expect_error(f, CALL("WhoOwns", "sa{sv}", "/a", 0), ERROR_INVALID_ARGS, "");
}

/* Search in mode "file": the repositories' packages unless local ones are asked for; paged. */
static void test_search(void)
{
        g_autoptr(BusFixture) f = fixture_with(LOCAL | REPO);

        expect_rows(f, CALL("Search", "sa{sv}", "rsh", 2, "mode", "s", "file", "sort", "s", "name"),
                    ROWS, 1, "bash zsh ", 2, FALSE);
        expect_rows(f,
                    CALL("Search", "sa{sv}", "rsh", 5, "mode", "s", "file", "sort", "s", "name",
                         "limit", "u", 1, "offset", "u", 1, "generation", "t", (guint64)7),
                    ROWS, 1, "zsh ", 2, FALSE);
        expect_rows(f,
                    CALL("Search", "sa{sv}", "/nowhere/bin/mine", 2, "mode", "s", "file", "sources",
                         "as", 1, "local"),
                    ROWS, 1, "mine ", 1, TRUE);
        expect_rows(f,
                    CALL("Search", "sa{sv}", "nowhere/bin/", 3, "mode", "s", "file", "sources",
                         "as", 2, "repo", "local", "sort", "s", "name"),
                    ROWS, 1, "bash mine zsh ", 3, FALSE);
        expect_rows(f,
                    CALL("Search", "sa{sv}", "rsh", 2, "mode", "s", "file", "repositories", "as", 1,
                         "extra"),
                    ROWS, 1, "", 0, FALSE);
        expect_error(f,
                     CALL("Search", "sa{sv}", "rsh", 2, "mode", "s", "file", "generation", "t",
                          (guint64)6),
                     ERROR_INVALID_ARGS, "generation");
}

/* The whole list as a file; META is that of GetFiles. */
static void test_fd(void)
{
        g_autoptr(BusFixture) f = fixture_with(LOCAL | REPO);
        g_autoptr(Call) call = expect_reply(
                f, CALL("ListFd", "sa{sv}", "files", 1, "package", "s", "mine"), "ha{sv}");
        char text[1024] = "";
        int fd;

        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'h', &fd), >, 0);
        g_assert_cmpint(read(fd, text, sizeof(text) - 1), >, 0);
        g_assert_cmpstr(text, ==,
                        "{\"path\": \"/nowhere/\"}\n{\"path\": \"/nowhere/bin/\"}\n"
                        "{\"path\": \"/nowhere/bin/mine\"}\n");
        expect_error(f, CALL("ListFd", "sa{sv}", "files", 0), ERROR_INVALID_ARGS, "\"package\"");
        expect_error(f, CALL("ListFd", "sa{sv}", "files", 1, "package", "u", 1), ERROR_INVALID_ARGS,
                     "package");
        expect_error(f, CALL("ListFd", "sa{sv}", "files", 1, "package", "s", "none"),
                     ERROR_NOT_FOUND, "none");
        expect_error(f, CALL("ListFd", "sa{sv}", "files", 1, "package", "s", "lost"), ERROR_MISSING,
                     "pacman -Fy");
        expect_error(
                f,
                CALL("ListFd", "sa{sv}", "files", 2, "package", "s", "mine", "source", "s", "aur"),
                ERROR_INVALID_ARGS, "source");
}

/* ---- lists that nobody asked for yet ---- */

static const Request *last_request(const BusFixture *f)
{
        return &g_array_index(f->requests, Request, f->requests->len - 1);
}

/* A call that needs lists has them made, those of its source alone, and is answered from them. */
static void test_asked_for(void)
{
        g_autoptr(BusFixture) f = fixture_with(0);
        g_autoptr(OmgSnapshot) more = snapshot_with(LOCAL, 7);
        const struct {
                sd_bus_message *message;
                guint what;
        } rows[] = {
                {CALL("GetFiles", "sa{sv}", "bash", 0), OMG_REFRESH_LOCAL_FILES},
                {CALL("GetFiles", "sa{sv}", "zsh", 0), OMG_REFRESH_SYNC_FILES},
                {CALL("WhoOwns", "asa{sv}", 1, "/a", 0), OMG_REFRESH_LOCAL_FILES},
                {CALL("Search", "sa{sv}", "a", 1, "mode", "s", "file"), OMG_REFRESH_SYNC_FILES},
                {CALL("ListFd", "sa{sv}", "files", 1, "package", "s", "bash"),
                 OMG_REFRESH_LOCAL_FILES},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(Call) call = send_call(f, rows[i].message, NULL);
                settle(f);
                g_assert_null(call->reply);
                g_assert_cmpuint(last_request(f)->what, ==, rows[i].what);
                g_assert_false(last_request(f)->force);
                /* They could not be made: that is the answer, and no reason to ask again. */
                guint before = f->requests->len;
                apply_what(f, f->service->snapshot, rows[i].what);
                g_assert_true(
                        sd_bus_message_is_method_error(await_reply(f, call), ERROR_UNAVAILABLE));
                g_assert_cmpuint(f->requests->len, ==, before);
        }
        g_autoptr(Call) call = send_call(f, CALL("GetFiles", "sa{sv}", "mine", 0), NULL);
        settle(f);
        apply_what(f, more, OMG_REFRESH_LOCAL_FILES);
        g_assert_false(sd_bus_message_is_method_error(await_reply(f, call), NULL));
}

/* What a wrong call says needs no lists. */
static void test_wrong_first(void)
{
        g_autoptr(BusFixture) f = fixture_with(0);

        expect_error(f, CALL("GetFiles", "sa{sv}", "bash", 1, "source", "s", "x"),
                     ERROR_INVALID_ARGS, "source");
        expect_error(f, CALL("WhoOwns", "asa{sv}", 1, "a", 0), ERROR_INVALID_ARGS, "absolute");
        expect_error(f, CALL("ListFd", "sa{sv}", "files", 0), ERROR_INVALID_ARGS, "package");
        g_assert_cmpuint(f->requests->len, ==, 0);
}

/* Lists that turn out malformed are thrown away with the answer: they are made again, and the call
 * waits for them once more. */
static void test_malformed(void)
{
        g_autoptr(BusFixture) f = fixture_with(0);
        g_autoptr(OmgSnapshot) bad = snapshot_with(LOCAL, 7);
        g_autoptr(OmgSnapshot) without = snapshot_with(0, 7);
        g_autoptr(OmgSnapshot) good = snapshot_with(LOCAL, 7);
        g_autoptr(Call) call = send_call(f, CALL("GetFiles", "sa{sv}", "mine", 0), NULL);
        g_autoptr(GString) path = g_string_new(NULL);

        settle(f);
        g_assert_cmpuint(last_request(f)->what, ==, OMG_REFRESH_LOCAL_FILES);
        g_assert_false(
                omg_files_layer_append_path(bad->files[OMG_FILES_LOCAL].layer, G_MAXUINT32, path));
        apply_what(f, bad, OMG_REFRESH_LOCAL_FILES);
        settle(f);
        g_assert_null(call->reply);
        g_assert_cmpuint(last_request(f)->what, ==, OMG_REFRESH_ALL);
        apply_what(f, without, OMG_REFRESH_ALL);
        settle(f);
        g_assert_null(call->reply);
        g_assert_cmpuint(last_request(f)->what, ==, OMG_REFRESH_LOCAL_FILES);
        g_assert_cmpuint(f->requests->len, ==, 3);
        apply_what(f, good, OMG_REFRESH_LOCAL_FILES);
        g_assert_false(sd_bus_message_is_method_error(await_reply(f, call), NULL));
}

/* Callers that leave while the lists are made, or while a thread looks into them, are forgotten. */
static void test_leaves(void)
{
        g_autoptr(BusFixture) f = fixture_with(LOCAL);
        g_autoptr(OmgSnapshot) both = snapshot_with(LOCAL | REPO, 7);
        g_autoptr(Call) waiting = send_call(f, CALL("GetFiles", "sa{sv}", "zsh", 0), NULL);
        g_autoptr(Call) on_pool = NULL;

        settle(f);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 1);
        on_pool = send_call(f, make_owners_call(f, OMG_LIMIT_ROWS), NULL);
        while (f->service->metrics.calls_waiting < 2)
                g_assert_cmpint(sd_event_run(f->event, 10 * G_USEC_PER_SEC), >, 0);
        omg_service_detach(f->service);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
        apply_what(f, both, OMG_REFRESH_SYNC_FILES);
        settle(f);
        g_assert_null(waiting->reply);
        g_assert_null(on_pool->reply);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus-files/get-files", test_get_files);
        g_test_add_func("/bus-files/get-files/errors", test_get_files_errors);
        g_test_add_func("/bus-files/who-owns", test_who_owns);
        g_test_add_func("/bus-files/who-owns/errors", test_who_owns_errors);
        g_test_add_func("/bus-files/search", test_search);
        g_test_add_func("/bus-files/fd", test_fd);
        g_test_add_func("/bus-files/asked-for", test_asked_for);
        g_test_add_func("/bus-files/wrong-first", test_wrong_first);
        g_test_add_func("/bus-files/malformed", test_malformed);
        g_test_add_func("/bus-files/leaves", test_leaves);
        return g_test_run();
}
