/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WhatProvides, RequiredBy, DependsOn and the modes of Search beside words, as a peer sees them. */
#include <string.h>

#include "base/limits.h"
#include "bus-fixture.h"

#define PKG       "a(sssssua{sv})a{sv}"
#define RELATIONS "a{sas}asa{sv}"

static const FixturePackage sync_packages[] = {
        {"core", "bash", "5.2-1", "The shell", "base", .relations = "P:sh D:glibc O:vim"},
        {"core", "glibc", "2.36-1", "C library", "base"},
        {"extra", "dash", "1-1", "Small shell", NULL, .relations = "P:sh=1 D:glibc D:nothing>1"},
        {"extra", "vim", "9-1", "Editor", "editors", .relations = "D:bash M:dash"},
        {},
};
static const FixturePackage local_packages[] = {
        {NULL, "glibc", "2.35-1", "C library"},
        {NULL, "own", "1-1", "Mine", .relations = "P:sh=7 D:glibc"},
        {},
};

static BusFixture *fixture_new(void)
{
        BusFixture *fixture = bus_fixture_new();
        g_autoptr(OmgSnapshot) snapshot =
                fixture_snapshot(sync_packages, local_packages, "[core]\n[extra]\n");

        apply(fixture, 0, snapshot, NULL);
        return fixture;
}

static void append_strings(GString *text, sd_bus_message *reply)
{
        const char *string;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', "s"), >, 0);
        while (sd_bus_message_read_basic(reply, 's', &string) > 0)
                g_string_append_printf(text, " %s", string);
        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
}

/* "name: list; name: list; missing: ..." of a reply of RequiredBy or DependsOn. */
static char *describe(sd_bus_message *reply)
{
        GString *text = g_string_new(NULL);
        const char *name;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', "{sas}"), >, 0);
        while (sd_bus_message_enter_container(reply, 'e', "sas") > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(reply, 's', &name), >, 0);
                g_string_append_printf(text, "%s:", name);
                append_strings(text, reply);
                g_string_append(text, "; ");
                g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        g_string_append(text, "missing:");
        append_strings(text, reply);
        return g_string_free(text, FALSE);
}

static void expect_relations(BusFixture *f, sd_bus_message *message, const char *expected)
{
        g_autoptr(Call) call = expect_reply(f, message, RELATIONS);
        g_autofree char *text = describe(call->reply);

        g_assert_cmpstr(text, ==, expected);
}

/* Names, source, kind; made on the pool. */
static void test_required_by(void)
{
        g_autoptr(BusFixture) f = fixture_new();

        expect_relations(f,
                         make_call_with(f, PACKAGES, "RequiredBy", "asa{sv}", 3, "glibc", "bash",
                                        "absent", 0),
                         "glibc: own; bash: vim; missing: absent");
        expect_relations(f,
                         make_call_with(f, PACKAGES, "RequiredBy", "asa{sv}", 1, "glibc", 1,
                                        "source", "s", "repo"),
                         "glibc: bash dash; missing:");
        expect_relations(f,
                         make_call_with(f, PACKAGES, "RequiredBy", "asa{sv}", 1, "vim", 1, "kind",
                                        "s", "optdepends"),
                         "vim: bash; missing:");
        expect_relations(f,
                         make_call_with(f, PACKAGES, "RequiredBy", "asa{sv}", 1, "dash", 1, "kind",
                                        "s", "makedepends"),
                         "dash: vim; missing:");
        expect_relations(f, make_call_with(f, PACKAGES, "RequiredBy", "asa{sv}", 0, 0), "missing:");
        g_assert_cmpuint(f->service->metrics.depends_calls, ==, 5);
        g_assert_cmpuint(f->service->metrics.calls_on_pool, ==, 5);
}

/* What nothing satisfies is in META, and only DependsOn says so. */
static void test_depends_on(void)
{
        g_autoptr(BusFixture) f = fixture_new();
        g_autoptr(GString) unsatisfied = g_string_new(NULL);

        expect_relations(f, make_call_with(f, PACKAGES, "DependsOn", "asa{sv}", 1, "vim", 0),
                         "vim: bash; missing:");
        expect_relations(f,
                         make_call_with(f, PACKAGES, "DependsOn", "asa{sv}", 1, "vim", 1,
                                        "recursive", "b", 1),
                         "vim: bash glibc; missing:");
        g_autoptr(Call) call = expect_reply(
                f, make_call_with(f, PACKAGES, "DependsOn", "asa{sv}", 1, "dash", 0), RELATIONS);
        g_autofree char *text = describe(call->reply);
        g_assert_cmpstr(text, ==, "dash: glibc; missing:");
        enter_key(call->reply, "unsatisfied", "as");
        append_strings(unsatisfied, call->reply);
        g_assert_cmpstr(unsatisfied->str, ==, " nothing>1");
}

/* "name:rank" of each row, joined; the message is at META then. */
static char *join_rows(sd_bus_message *reply)
{
        GString *text = g_string_new(NULL);
        const char *name;
        guint32 rank;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', "(sssssua{sv})"), >, 0);
        while (sd_bus_message_enter_container(reply, 'r', "sssssua{sv}") > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(reply, 's', &name), >, 0);
                g_assert_cmpint(sd_bus_message_skip(reply, "ssssu"), >=, 0);
                enter_key(reply, "rank", "u");
                g_assert_cmpint(sd_bus_message_read_basic(reply, 'u', &rank), >, 0);
                for (guint i = 0; i < 4; i++)
                        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
                g_string_append_printf(text, "%s:%u ", name, rank);
        }
        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        return g_string_free(text, FALSE);
}

static void expect_rows(BusFixture *f, sd_bus_message *message, const char *expected)
{
        g_autoptr(Call) call = expect_reply(f, message, PKG);
        g_autofree char *text = join_rows(call->reply);

        g_assert_cmpstr(text, ==, expected);
}

static sd_bus_message *make_search(BusFixture *f, const char *mode, const char *query)
{
        return make_call_with(f, PACKAGES, "Search", "sa{sv}", query, 1, "mode", "s", mode);
}

/* Each mode finds what it should, in order and in pages. */
static void test_search_modes(void)
{
        g_autoptr(BusFixture) f = fixture_new();

        expect_rows(f, make_search(f, "glob", "?ASH"), "bash:0 dash:0 ");
        expect_rows(f, make_search(f, "regex", "^v|shell$"), "vim:1 bash:4 dash:4 ");
        expect_rows(f, make_search(f, "provides", "sh"), "own:1 bash:1 dash:1 ");
        expect_rows(f, make_search(f, "group", "base"), "bash:0 glibc:0 ");
        expect_rows(f,
                    make_call_with(f, PACKAGES, "Search", "sa{sv}", "*", 3, "mode", "s", "glob",
                                   "offset", "u", 1, "limit", "u", 2),
                    "own:0 bash:0 ");
        expect_rows(f,
                    make_call_with(f, PACKAGES, "Search", "sa{sv}", "*", 2, "mode", "s", "glob",
                                   "offset", "u", 100),
                    "");
        g_assert_cmpuint(f->service->metrics.calls_on_pool, ==, 4);
}

/* Faults of a query say where; hostile ones end. */
static void test_search_faults(void)
{
        g_autoptr(BusFixture) f = fixture_new();
        g_autofree char *longer = g_strnfill(OMG_LIMIT_QUERY + 1, '*');

        expect_error(f, make_search(f, "regex", "(a"), ERROR_INVALID_ARGS, "at char 2");
        expect_error(f, make_search(f, "glob", longer), ERROR_INVALID_ARGS, "500");
        expect_error(f, make_search(f, "provides", longer), ERROR_INVALID_ARGS, "query: 501 bytes");
        expect_error(f, make_call_with(f, PACKAGES, "WhatProvides", "sa{sv}", longer, 0),
                     ERROR_INVALID_ARGS, "dependency: 501 bytes");
        expect_rows(f, make_search(f, "regex", "(a+)+[0-9]"), "");
}

static void expect_choice(BusFixture *f, const char *dependency, const char *expected)
{
        g_autoptr(Call) call = expect_reply(
                f, make_call_with(f, PACKAGES, "WhatProvides", "sa{sv}", dependency, 0), PKG);
        g_autofree char *G_GNUC_UNUSED rows = join_rows(call->reply);
        const char *choice;

        enter_key(call->reply, "choice", "s");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &choice), >, 0);
        g_assert_cmpstr(choice, ==, expected);
}

/* Rows as Search has them, what is installed alone, and what pacman would take. */
static void test_what_provides(void)
{
        g_autoptr(BusFixture) f = fixture_new();

        expect_rows(f, make_call_with(f, PACKAGES, "WhatProvides", "sa{sv}", "sh", 0),
                    "own:1 bash:1 dash:1 ");
        expect_rows(
                f,
                make_call_with(f, PACKAGES, "WhatProvides", "sa{sv}", "sh", 1, "installed", "b", 1),
                "own:1 ");
        expect_rows(f,
                    make_call_with(f, PACKAGES, "WhatProvides", "sa{sv}", "glibc>=2.36", 1,
                                   "installed", "b", 1),
                    "");
        expect_rows(f, make_call_with(f, PACKAGES, "WhatProvides", "sa{sv}", "glibc>=2.36", 0),
                    "glibc:0 ");
        expect_choice(f, "sh", "core/bash");
        expect_choice(f, "sh=1", "extra/dash");
        g_assert_cmpuint(f->service->metrics.calls_on_pool, ==, 0);
}

/* The first of META's errors, of the rows of a search. */
static void expect_aur_error(Call *call, const char *prefix)
{
        const char *source, *text;
        int complete;

        enter_key(call->reply, "complete", "b");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'b', &complete), >, 0);
        g_assert_false(complete);
        g_assert_cmpint(sd_bus_message_rewind(call->reply, 1), >=, 0);
        g_assert_cmpint(sd_bus_message_skip(call->reply, "a(sssssua{sv})"), >=, 0);
        enter_key(call->reply, "errors", "a(ss)");
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "(ss)"), >, 0);
        g_assert_cmpint(sd_bus_message_read(call->reply, "(ss)", &source, &text), >, 0);
        g_assert_cmpstr(source, ==, "aur");
        g_assert_true(g_str_has_prefix(text, prefix));
}

/* The AUR is off: for it alone that is an error, beside others META says so, and nothing does where
 * nobody asked for it. Its packages have no lists of files in any case. */
static void test_no_aur(void)
{
        g_autoptr(BusFixture) f = fixture_new();
        g_autoptr(Call) both = expect_reply(f,
                                            make_call_with(f, PACKAGES, "Search", "sa{sv}", "bash",
                                                           1, "sources", "as", 2, "aur", "repo"),
                                            PKG);
        g_autoptr(Call) files =
                expect_reply(f,
                             make_call_with(f, PACKAGES, "Search", "sa{sv}", "bash", 2, "mode", "s",
                                            "file", "sources", "as", 1, "aur"),
                             PKG);
        g_autofree char *rows = join_rows(both->reply);
        g_autofree char *no_rows = join_rows(files->reply);

        g_assert_cmpstr(rows, ==, "bash:0 ");
        expect_aur_error(both, ERROR_UNAVAILABLE ": ");
        g_assert_cmpstr(no_rows, ==, "");
        expect_aur_error(files, "org.freedesktop.DBus.Error.NotSupported: ");
        expect_error(f,
                     make_call_with(f, PACKAGES, "Search", "sa{sv}", "bash", 1, "sources", "as", 1,
                                    "aur"),
                     ERROR_UNAVAILABLE, "enabled=false");
        expect_error(f,
                     make_call_with(f, PACKAGES, "WhatProvides", "sa{sv}", "sh", 1, "repositories",
                                    "as", 1, "aur"),
                     ERROR_UNAVAILABLE, "enabled=false");
}

/* Wrong words and too many names. */
static void test_invalid(void)
{
        g_autoptr(BusFixture) f = fixture_new();

        expect_error(f,
                     make_call_with(f, PACKAGES, "RequiredBy", "asa{sv}", 1, "bash", 1, "source",
                                    "s", "moon"),
                     ERROR_INVALID_ARGS, "local, repo");
        expect_error(f,
                     make_call_with(f, PACKAGES, "DependsOn", "asa{sv}", 1, "bash", 1, "kind", "s",
                                    "provides"),
                     ERROR_INVALID_ARGS, "depends, optdepends");
        expect_error(f, make_call_with(f, PACKAGES, "DependsOn", "asa{sv}", 1, "", 0),
                     ERROR_INVALID_ARGS, "empty");

        sd_bus_message *message = make_call(f, NULL, PACKAGES, "RequiredBy");
        g_assert_cmpint(sd_bus_message_open_container(message, 'a', "s"), >=, 0);
        for (guint i = 0; i <= OMG_LIMIT_ROWS; i++)
                g_assert_cmpint(sd_bus_message_append_basic(message, 's', "bash"), >=, 0);
        g_assert_cmpint(sd_bus_message_close_container(message), >=, 0);
        g_assert_cmpint(sd_bus_message_append(message, "a{sv}", 0), >=, 0);
        expect_error(f, message, ERROR_INVALID_ARGS, "more than 1000");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus-relations/required-by", test_required_by);
        g_test_add_func("/bus-relations/depends-on", test_depends_on);
        g_test_add_func("/bus-relations/search-modes", test_search_modes);
        g_test_add_func("/bus-relations/search-faults", test_search_faults);
        g_test_add_func("/bus-relations/what-provides", test_what_provides);
        g_test_add_func("/bus-relations/no-aur", test_no_aur);
        g_test_add_func("/bus-relations/invalid", test_invalid);
        return g_test_run();
}
