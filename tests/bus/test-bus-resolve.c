/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ResolveAur, as a peer sees it. */
#include <string.h>

#include "base/limits-resolve.h"
#include "bus-fixture.h"

#define REPLY "a(sssa{sv})asa{sv}"

static const FixturePackage sync_packages[] = {
        {"core", "glibc", "2.36-1", "C library"},
        {"core", "cmake", "3.25-1", "Builder", .relations = "D:glibc"},
        {"extra", "jre8", "8-1", "", .relations = "P:java"},
        {"extra", "jre17", "17-1", "", .relations = "P:java"},
        {},
};
static const FixturePackage local_packages[] = {
        {NULL, "glibc", "2.35-1", "C library"},
        {NULL, "tool", "1-1", "Tool"},
        {},
};
static const FixturePackage aur_packages[] = {
        {"aur", "app-git", "r7-1", "", .base = "app", .maintainer = "jo",
         .relations = "D:app-data D:java M:cmake M:gone>=2 C:tester X:tool"},
        {"aur", "app-data", "1-1", "", .base = "app", .maintainer = "jo"},
        {"aur", "tester", "1-1", "", .flags = OMG_PACKAGE_OUT_OF_DATE | OMG_PACKAGE_NO_MAINTAINER,
         .relations = "D:app-data X:app-git"},
        {"aur", "tool", "2-1", "", .maintainer = "jo", .relations = "D:glibc"},
        {"aur", "bound", "1-1", "", .maintainer = "jo", .relations = "D:glibc>=2.36 O:tester"},
        {},
};

static BusFixture *fixture_new(void)
{
        BusFixture *fixture = bus_fixture_new();
        g_autoptr(OmgSnapshot) snapshot = fixture_system_snapshot(&(FixtureSystem){
                .sync = sync_packages,
                .local = local_packages,
                .aur = aur_packages,
                .conf = "[core]\n[extra]\n",
        });

        apply(fixture, 0, snapshot, NULL);
        return fixture;
}

static sd_bus_message *make_resolve(BusFixture *f, const char *name, const char *option, int value)
{
        return make_call_with(f, PACKAGES, "ResolveAur", "asa{sv}", 1, name, 1, option, "b", value);
}

static void append_basic(GString *text, sd_bus_message *reply, char type)
{
        union {
                const char *s;
                guint32 u;
                guint64 t;
                int b;
        } value;

        g_assert_cmpint(sd_bus_message_read_basic(reply, type, &value), >, 0);
        if (type == 's')
                g_string_append(text, value.s);
        else
                g_string_append_printf(text, "%" G_GUINT64_FORMAT, type == 't' ? value.t : value.u);
}

/* One value: "[a b]", "{key:value}", "(a b)". */
static void append_text(GString *text, sd_bus_message *reply)
{
        const char *contents;
        char type;

        g_assert_cmpint(sd_bus_message_peek_type(reply, &type, &contents), >, 0);
        if (!contents) {
                append_basic(text, reply, type);
                return;
        }
        gboolean is_dictionary = type == 'a' && contents[0] == '{';
        const char *ends = is_dictionary ? "{}" : type == 'a' ? "[]" : type == 'r' ? "()" : NULL;
        g_assert_cmpint(sd_bus_message_enter_container(reply, type, contents), >, 0);
        if (ends)
                g_string_append_c(text, ends[0]);
        for (guint i = 0; !sd_bus_message_at_end(reply, FALSE); i++) {
                if (i > 0)
                        g_string_append_c(text, type == 'e' ? ':' : ' ');
                append_text(text, reply);
        }
        if (ends)
                g_string_append_c(text, ends[1]);
        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
}

/* Items and the missing, as text; the message is at META then. */
static char *describe(sd_bus_message *reply)
{
        GString *text = g_string_new(NULL);

        append_text(text, reply);
        g_string_append(text, " | ");
        append_text(text, reply);
        return g_string_free(text, FALSE);
}

static void expect(BusFixture *f, sd_bus_message *message, const char *expected)
{
        g_autoptr(Call) call = expect_reply(f, message, REPLY);
        g_autofree char *text = describe(call->reply);

        g_assert_cmpstr(text, ==, expected);
}

/* Every key of an item, and none that would be empty. */
static void test_items(void)
{
        g_autoptr(BusFixture) f = fixture_new();

        expect(f, make_resolve(f, "app-git", "unknown", 0),
               "[(jre17 17-1 extra {flags:0 requested:0 make-only:0 kinds:[depends] "
               "needed-by:[app-git] alternatives:[jre8]}) "
               "(cmake 3.25-1 core {flags:0 requested:0 make-only:1 kinds:[makedepends] "
               "needed-by:[app-git]}) "
               "(app-data 1-1 aur {base:app flags:0 requested:0 make-only:0 kinds:[depends] "
               "builds:[app-data app-git] needed-by:[app-git tester]}) "
               "(app-git r7-1 aur {base:app vcs:git flags:0 requested:1 make-only:0 "
               "conflicts:[tool]}) "
               "(tester 1-1 aur {base:tester flags:640 requested:0 make-only:1 "
               "kinds:[checkdepends] builds:[tester] needed-by:[app-git]})] | [gone>=2]");
        g_assert_cmpuint(f->service->metrics.depends_calls, ==, 1);
        g_assert_cmpuint(f->service->metrics.calls_on_pool, ==, 1);
}

static void test_options(void)
{
        g_autoptr(BusFixture) f = fixture_new();

        expect(f, make_resolve(f, "tool", "installed", 1),
               "[(glibc 2.35-1 installed {installed-version:2.35-1 flags:17 requested:0 "
               "make-only:0 kinds:[depends] needed-by:[tool]}) "
               "(tool 2-1 aur {base:tool installed-version:1-1 flags:25 requested:1 make-only:0 "
               "builds:[tool]})] | []");
        expect(f, make_resolve(f, "glibc", "needed", 0),
               "[(glibc 2.36-1 core {installed-version:2.35-1 flags:17 requested:1 "
               "make-only:0})] | []");
        expect(f, make_resolve(f, "absent", "needed", 1), "[] | [absent]");
        expect(f, make_resolve(f, "app-data", "check", 0),
               "[(app-data 1-1 aur {base:app flags:0 requested:1 make-only:0 "
               "builds:[app-data]})] | []");
}

static void expect_key(BusFixture *f, const char *key, const char *type, const char *expected)
{
        g_autoptr(Call) call = expect_reply(f, make_resolve(f, "app-git", "check", 1), REPLY);
        g_autofree char *G_GNUC_UNUSED items = describe(call->reply);
        g_autoptr(GString) text = g_string_new(NULL);

        enter_key(call->reply, key, type);
        append_text(text, call->reply);
        g_assert_cmpstr(text->str, ==, expected);
}

static void test_meta(void)
{
        g_autoptr(BusFixture) f = fixture_new();

        expect_key(f, "total", "u", "5");
        expect_key(f, "missing-by", "a{sas}", "{gone>=2:[app-git]}");
        expect_key(f, "cycles", "aas", "[[app-git tester]]");
        expect_key(f, "cycles-truncated", "b", "0");
        expect_key(f, "conflicts", "a(ss)", "[(tester app-git)]");
        expect_key(f, "as-of", "t", "900000"); /* the AUR's, which is older */
}

/* An AUR that is off is an error, as is too much. */
static void test_errors(void)
{
        g_autoptr(BusFixture) f = fixture_new();
        g_autoptr(OmgSnapshot) snapshot =
                fixture_snapshot(sync_packages, local_packages, "[core]\n[extra]\n");
        sd_bus_message *message = make_call(f, NULL, PACKAGES, "ResolveAur");

        g_assert_cmpint(sd_bus_message_open_container(message, 'a', "s"), >=, 0);
        for (guint i = 0; i <= OMG_LIMIT_AUR_RESOLVE_NAMES; i++)
                g_assert_cmpint(sd_bus_message_append_basic(message, 's', "tool"), >=, 0);
        g_assert_cmpint(sd_bus_message_close_container(message), >=, 0);
        g_assert_cmpint(sd_bus_message_append(message, "a{sv}", 0), >=, 0);
        expect_error(f, message, ERROR_INVALID_ARGS, "more than 100");
        expect_error(f, make_resolve(f, "aur/", "check", 1), ERROR_INVALID_ARGS, "aur/");
        expect_error(f,
                     make_call_with(f, PACKAGES, "ResolveAur", "asa{sv}", 1, "tool", 1, "check",
                                    "s", "no"),
                     ERROR_INVALID_ARGS, "check");
        apply(f, 0, snapshot, NULL);
        expect_error(f, make_resolve(f, "tool", "check", 1), ERROR_UNAVAILABLE, "enabled=false");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus-resolve/items", test_items);
        g_test_add_func("/bus-resolve/options", test_options);
        g_test_add_func("/bus-resolve/meta", test_meta);
        g_test_add_func("/bus-resolve/errors", test_errors);
        return g_test_run();
}
