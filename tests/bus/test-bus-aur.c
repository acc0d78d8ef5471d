/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The AUR as a peer of D-Bus sees it: details, updates, rows, what META and the status say, and
 * what it is like when nothing is known of it. */
#include <string.h>

#include "base/limits.h"
#include "bus-fixture.h"

#define PKG     "a(sssssua{sv})a{sv}"
#define UPD     "a(sssstxua{sv})a{sv}"
#define DETAILS "a(sa{sv})asa{sv}"

#define AS_OF_AUR 900000 /* of the fixture */

static const FixturePackage sync_packages[] = {{"core", "bash", "5.2-1", "The GNU shell"}, {}};
static const FixturePackage local_packages[] = {
        {NULL, "bash", "5.1-1", "The GNU shell", NULL, NULL, OMG_PACKAGE_EXPLICIT},
        {NULL, "held", "1-1", ""},
        {NULL, "nowhere", "1-1", ""},
        {NULL, "yay-git", "12.0-1", "A helper"},
        {}};
static const FixturePackage aur_packages[] = {
        {"aur", "bash", "9-1", ""},
        {"aur", "held", "2-1", "", .maintainer = "eve"},
        {"aur", "yay-bin", "12.1-1", "A helper, built", .popularity = 7.25, .votes = 900},
        {"aur", "yay-git", "12.1-1", "A helper, of the day", .flags = OMG_PACKAGE_OUT_OF_DATE,
         .popularity = 0.5, .votes = 80, .maintainer = "jguer", .base = "yay-git",
         .relations = "D:git P:yay=12.1"},
        {}};

static OmgSnapshot *make_snapshot(const FixturePackage *aur, guint64 generation)
{
        const FixtureSystem system = {
                .sync = sync_packages,
                .local = local_packages,
                .aur = aur,
                .conf = "[options]\nIgnorePkg = held\n[core]\nServer = file:///c\n"};
        OmgSnapshot *snapshot = fixture_system_snapshot(&system);

        snapshot->generation = generation;
        return snapshot;
}

static BusFixture *fixture_new(const FixturePackage *aur)
{
        BusFixture *f = bus_fixture_new();
        g_autoptr(OmgSnapshot) snapshot = make_snapshot(aur, 7);

        apply(f, 0, snapshot, NULL);
        return f;
}

/* Nothing is known of the AUR, and why. */
static BusFixture *unknown_fixture_new(gboolean is_on, int code, const char *message)
{
        BusFixture *f = bus_fixture_new();
        g_autoptr(OmgSnapshot) snapshot = make_snapshot(NULL, 7);
        GError error = {OMG_ERROR, code, (char *)message};

        snapshot->aur_feed.is_on = is_on;
        if (message)
                snapshot->aur_feed.error = omg_source_error_new("aur", &error);
        apply(f, 0, snapshot, NULL);
        return f;
}

/* ---- reading ---- */

static void append_value(GString *text, sd_bus_message *m, const char *type)
{
        const char *string;
        guint64 number = 0;
        double real;

        if (type[0] == 's' || type[0] == 'o') {
                g_assert_cmpint(sd_bus_message_read_basic(m, type[0], &string), >, 0);
                g_string_append(text, string);
        } else if (type[0] == 'd') {
                g_assert_cmpint(sd_bus_message_read_basic(m, 'd', &real), >, 0);
                g_string_append_printf(text, "%g", real);
        } else if (type[0] == 'a') {
                g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "s"), >=, 0);
                while (sd_bus_message_read_basic(m, 's', &string) > 0)
                        g_string_append_printf(text, "[%s]", string);
                g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        } else {
                g_assert_cmpint(sd_bus_message_read_basic(m, type[0], &number), >, 0);
                g_string_append_printf(text, "%" G_GUINT64_FORMAT, number);
        }
}

/* An a{sv} of such values as "key=value", in their order. */
static void append_dictionary(GString *text, sd_bus_message *m)
{
        const char *key, *type;

        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "{sv}"), >=, 0);
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(m, 's', &key), >, 0);
                g_assert_cmpint(sd_bus_message_peek_type(m, NULL, &type), >, 0);
                g_assert_cmpint(sd_bus_message_enter_container(m, 'v', type), >, 0);
                g_string_append_printf(text, " %s=", key);
                append_value(text, m, type);
                g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
}

/* Rows, their fields and extra keys, one a line; the message is at META then. */
static char *read_rows(sd_bus_message *m, const char *row)
{
        GString *text = g_string_new(NULL);

        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', NULL), >, 0);
        while (sd_bus_message_enter_container(m, 'r', row) > 0) {
                for (const char *type = row; *type != 'a'; type++) {
                        g_string_append(text, type > row ? " " : "");
                        append_value(text, m, (const char[]){*type, 0});
                }
                append_dictionary(text, m);
                g_string_append_c(text, '\n');
                g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        return g_string_free(text, FALSE);
}

static void expect_rows(BusFixture *f, sd_bus_message *call, const char *types, const char *row,
                        const char *expected)
{
        g_autoptr(Call) reply = expect_reply(f, call, types);
        g_autofree char *text = read_rows(reply->reply, row);

        g_assert_cmpstr(text, ==, expected);
}

typedef struct {
        guint32 total;
        int stale, complete;
        guint64 as_of;
        char *errors; /* the first one, or "" */
} Meta;

static void read_key(sd_bus_message *m, const char *skip, const char *key, char type, void *value)
{
        g_assert_cmpint(sd_bus_message_rewind(m, 1), >=, 0);
        g_assert_cmpint(sd_bus_message_skip(m, skip), >=, 0);
        enter_key(m, key, (const char[]){type, 0});
        g_assert_cmpint(sd_bus_message_read_basic(m, type, value), >, 0);
}

static void read_meta(sd_bus_message *m, const char *skip, Meta *ret_meta)
{
        const char *source = NULL, *text = NULL;

        read_key(m, skip, "total", 'u', &ret_meta->total);
        read_key(m, skip, "stale", 'b', &ret_meta->stale);
        read_key(m, skip, "complete", 'b', &ret_meta->complete);
        read_key(m, skip, "as-of", 't', &ret_meta->as_of);
        g_assert_cmpint(sd_bus_message_rewind(m, 1), >=, 0);
        g_assert_cmpint(sd_bus_message_skip(m, skip), >=, 0);
        enter_key(m, "errors", "a(ss)");
        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "(ss)"), >=, 0);
        (void)sd_bus_message_read(m, "(ss)", &source, &text);
        ret_meta->errors = source ? g_strconcat(source, " ", text, NULL) : g_strdup("");
}

static void expect_meta(BusFixture *f, sd_bus_message *call, const char *types, const char *skip,
                        guint total, gboolean complete, const char *errors)
{
        g_autoptr(Call) reply = expect_reply(f, call, types);
        Meta meta = {};

        read_meta(reply->reply, skip, &meta);
        g_assert_cmpuint(meta.total, ==, total);
        g_assert_cmpint(meta.complete, ==, complete);
        g_assert_true(errors[0] ? g_str_has_prefix(meta.errors, errors) : !meta.errors[0]);
        g_free(meta.errors);
}

/* ---- GetAurDetails ---- */

static sd_bus_message *make_details(BusFixture *f, const char *name)
{
        return make_call_with(f, PACKAGES, "GetAurDetails", "asa{sv}", 1, name, 0);
}

/* All keys of the XML that the fixture has values for, with their types. */
static void test_details(void)
{
        g_autoptr(BusFixture) f = fixture_new(aur_packages);
        g_autoptr(Call) call = expect_reply(f,
                                            make_call_with(f, PACKAGES, "GetAurDetails", "asa{sv}",
                                                           4, "yay-git", "nowhere", "aur/yay-bin",
                                                           "bash", 1, "max-age", "u", 3600),
                                            DETAILS);
        g_autofree char *rows = read_rows(call->reply, "sa{sv}");
        const char *missing;
        guint32 total;

        g_assert_cmpstr(
                rows, ==,
                "yay-git name=yay-git version=12.1-1 description=A helper, of the day "
                "base=yay-git provides=[yay=12.1] depends=[git] maintainer=jguer votes=80 "
                "popularity=0.5 out-of-date=1600000000 repository=aur flags=153 vcs=git "
                "installed-version=12.0-1 upgradable=1\n"
                "aur/yay-bin name=yay-bin version=12.1-1 description=A helper, built votes=900 "
                "popularity=7.25 repository=aur flags=0\n"
                "bash name=bash version=9-1 votes=0 popularity=0 repository=aur flags=19 "
                "installed-version=5.1-1 upgradable=0\n");
        g_assert_cmpint(sd_bus_message_read(call->reply, "as", 1, &missing), >, 0);
        g_assert_cmpstr(missing, ==, "nowhere");
        enter_key(call->reply, "total", "u");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'u', &total), >, 0);
        g_assert_cmpuint(total, ==, 3);
        g_assert_cmpuint(f->service->metrics.details_calls, ==, 1);
}

/* "as-of", "stale" and "errors" are the AUR's: that a mirror did not answer is no matter here. */
static void test_details_meta(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(OmgSnapshot) snapshot = make_snapshot(aur_packages, 7);
        g_autoptr(Call) fine = NULL, old = NULL;
        GError mirror = {OMG_ERROR, OMG_ERROR_NETWORK, (char *)"no mirror answers"};
        GError limit = {OMG_ERROR, OMG_ERROR_UPSTREAM_RATE_LIMITED, (char *)"HTTP 429"};
        Meta meta = {};

        g_ptr_array_add(snapshot->errors, omg_source_error_new("sync/core", &mirror));
        snapshot->stale = TRUE;
        snapshot->as_of_usec = 5;
        apply(f, 0, snapshot, NULL);
        fine = expect_reply(f, make_details(f, "yay-bin"), DETAILS);
        read_meta(fine->reply, "a(sa{sv})as", &meta);
        g_assert_cmpuint(meta.as_of, ==, AS_OF_AUR);
        g_assert_false(meta.stale);
        g_assert_true(meta.complete);
        g_assert_cmpstr(meta.errors, ==, "");
        g_free(meta.errors);

        snapshot->aur_feed.error = omg_source_error_new("aur", &limit);
        old = expect_reply(f, make_details(f, "yay-bin"), DETAILS);
        read_meta(old->reply, "a(sa{sv})as", &meta);
        g_assert_cmpuint(meta.as_of, ==, AS_OF_AUR);
        g_assert_true(meta.stale);
        g_assert_true(meta.complete);
        g_assert_cmpstr(meta.errors, ==, "aur org.omgd1.Error.UpstreamRateLimited: HTTP 429");
        g_free(meta.errors);
}

static sd_bus_message *make_many(BusFixture *f, guint n, const char *last)
{
        sd_bus_message *message = make_call(f, NULL, PACKAGES, "GetAurDetails");

        g_assert_cmpint(sd_bus_message_open_container(message, 'a', "s"), >=, 0);
        for (guint i = 0; i + 1 < n; i++)
                g_assert_cmpint(sd_bus_message_append(message, "s", i % 2 ? "absent" : "yay-bin"),
                                >=, 0);
        g_assert_cmpint(sd_bus_message_append(message, "s", last), >=, 0);
        g_assert_cmpint(sd_bus_message_close_container(message), >=, 0);
        g_assert_cmpint(sd_bus_message_append(message, "a{sv}", 0), >=, 0);
        return message;
}

/* As many as may be, in steps between which others are answered, of one snapshot; one more, and
 * names that cannot be, are refused. */
static void test_details_many(void)
{
        g_autoptr(BusFixture) f = fixture_new(aur_packages);
        g_autoptr(OmgSnapshot) next = make_snapshot(NULL, 8);
        g_autoptr(Call) details = send_call(f, make_many(f, OMG_LIMIT_ROWS, "held"), NULL);
        g_autoptr(Call) other =
                send_call(f, make_call_with(f, PACKAGES, "CompareVersions", "ss", "1", "2"), NULL);
        Meta meta = {};

        (void)await_reply(f, other);
        g_assert_null(details->reply);
        apply(f, 0, next, NULL);
        g_assert_null(sd_bus_message_get_error(await_reply(f, details)));
        read_meta(details->reply, "a(sa{sv})as", &meta);
        g_assert_cmpuint(meta.total, ==, OMG_LIMIT_ROWS / 2 + 1);
        g_free(meta.errors);

        g_autoptr(BusFixture) g = fixture_new(aur_packages);
        expect_error(g, make_many(g, OMG_LIMIT_ROWS + 1, "held"), ERROR_INVALID_ARGS,
                     "more than 1000");
        expect_error(g, make_details(g, ""), ERROR_INVALID_ARGS, "empty");
        expect_error(g, make_details(g, "aur/"), ERROR_INVALID_ARGS, "aur/");
}

/* So much text that a bus would throw out who sends it is refused, of installed packages, too; each
 * alone is not. */
static void test_details_large(void)
{
        g_autofree char *text = g_strnfill(OMG_LIMIT_DETAILS / 2, 'x');
        const FixturePackage aur[] = {
                {"aur", "held", "2-1", text}, {"aur", "other", "1-1", ""}, {}};
        const FixturePackage local[] = {{NULL, "held", "1-1", text}, {}};
        const FixtureSystem system = {.sync = sync_packages,
                                      .local = local,
                                      .aur = aur,
                                      .conf = "[options]\n[core]\nServer = file:///c\n"};
        static const char *const members[] = {"GetAurDetails", "GetDetails"};
        g_autoptr(OmgSnapshot) snapshot = fixture_system_snapshot(&system);
        g_autoptr(BusFixture) f = bus_fixture_new();

        apply(f, 0, snapshot, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
                g_autoptr(Call) fits = expect_reply(
                        f, make_call_with(f, PACKAGES, members[i], "asa{sv}", 1, "held", 0),
                        DETAILS);
                expect_error(
                        f, make_call_with(f, PACKAGES, members[i], "asa{sv}", 2, "held", "held", 0),
                        ERROR_INVALID_ARGS, "16 MiB");
        }
}

/* ---- nothing is known ---- */

/* Never "missing", never an empty list: each member that is about the AUR alone says why. */
static void test_nothing_known(void)
{
        static const struct {
                gboolean is_on;
                int code;
                const char *message, *error, *text;
        } cases[] = {
                {FALSE, 0, NULL, ERROR_UNAVAILABLE, "enabled=false"},
                {TRUE, 0, NULL, ERROR_UNAVAILABLE, "never asked"},
                {TRUE, OMG_ERROR_OFFLINE, "there is no network", "org.omgd1.Error.Offline",
                 "no network"},
                {TRUE, OMG_ERROR_UPSTREAM_INVALID, "no archive", "org.omgd1.Error.UpstreamInvalid",
                 "no archive"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(BusFixture) f =
                        unknown_fixture_new(cases[i].is_on, cases[i].code, cases[i].message);
                expect_error(f, make_details(f, "yay"), cases[i].error, cases[i].text);
                expect_error(f,
                             make_call_with(f, PACKAGES, "ListUpdates", "a{sv}", 1, "sources", "as",
                                            1, "aur"),
                             cases[i].error, cases[i].text);
                expect_error(f,
                             make_call_with(f, PACKAGES, "ListFd", "sa{sv}", "updates", 1,
                                            "sources", "as", 1, "aur"),
                             cases[i].error, cases[i].text);
        }
}

/* A list of both has the repositories' rows and says what it has not; where the AUR is off, only
 * when it was named. */
static void test_updates_without(void)
{
        g_autoptr(BusFixture) off = unknown_fixture_new(FALSE, 0, NULL);
        g_autoptr(BusFixture) on = unknown_fixture_new(TRUE, OMG_ERROR_NETWORK, "refused");

        expect_meta(off, make_call_with(off, PACKAGES, "ListUpdates", "a{sv}", 0), UPD,
                    "a(sssstxua{sv})", 1, TRUE, "");
        expect_meta(off,
                    make_call_with(off, PACKAGES, "ListUpdates", "a{sv}", 1, "sources", "as", 2,
                                   "repo", "aur"),
                    UPD, "a(sssstxua{sv})", 1, FALSE, "aur org.omgd1.Error.Unavailable: ");
        expect_meta(on, make_call_with(on, PACKAGES, "ListUpdates", "a{sv}", 0), UPD,
                    "a(sssstxua{sv})", 1, FALSE, "aur org.omgd1.Error.Network: refused");
        expect_meta(
                on,
                make_call_with(on, PACKAGES, "ListUpdates", "a{sv}", 1, "sources", "as", 1, "repo"),
                UPD, "a(sssstxua{sv})", 1, TRUE, "");
        expect_meta(on, make_call_with(on, PACKAGES, "ListFd", "sa{sv}", "updates", 0), "ha{sv}",
                    "h", 1, FALSE, "aur org.omgd1.Error.Network: refused");
        expect_meta(on, make_call_with(on, PACKAGES, "ListFd", "sa{sv}", "installed", 0), "ha{sv}",
                    "h", 4, TRUE, "");
}

/* ---- rows ---- */

#define BASH "bash 5.1-1 5.2-1 core 0 0 0\n"
#define HELD "held 1-1 2-1 aur 0 0 10 maintainer=eve\n"
#define YAY  "yay-git 12.0-1 12.1-1 aur 0 0 8 vcs=git maintainer=jguer out-of-date=1600000000\n"

static void expect_updates(BusFixture *f, sd_bus_message *call, const char *expected)
{
        expect_rows(f, call, UPD, "sssstxua{sv}", expected);
}

/* Sources, what is held back, pages of both. */
static void test_updates(void)
{
        g_autoptr(BusFixture) f = fixture_new(aur_packages);

        expect_updates(f, make_call_with(f, PACKAGES, "ListUpdates", "a{sv}", 0), BASH HELD YAY);
        expect_updates(f,
                       make_call_with(f, PACKAGES, "ListUpdates", "a{sv}", 2, "sources", "as", 1,
                                      "aur", "ignored", "b", 0),
                       YAY);
        expect_updates(
                f,
                make_call_with(f, PACKAGES, "ListUpdates", "a{sv}", 1, "sources", "as", 1, "repo"),
                BASH);
        expect_updates(f,
                       make_call_with(f, PACKAGES, "ListUpdates", "a{sv}", 2, "limit", "u", 1,
                                      "offset", "u", 1),
                       HELD);
        expect_meta(f, make_call_with(f, PACKAGES, "ListUpdates", "a{sv}", 1, "limit", "u", 1), UPD,
                    "a(sssstxua{sv})", 3, TRUE, "");
        expect_error(
                f,
                make_call_with(f, PACKAGES, "ListUpdates", "a{sv}", 1, "sources", "as", 1, "local"),
                ERROR_INVALID_ARGS, "repo, aur");
        expect_error(f,
                     make_call_with(f, PACKAGES, "ListFd", "sa{sv}", "updates", 1, "sources", "as",
                                    1, "moon"),
                     ERROR_INVALID_ARGS, "repo, aur");
}

/* Votes and popularity of the AUR's rows, the system a development package is built from. */
static void test_package_rows(void)
{
        g_autoptr(BusFixture) f = fixture_new(aur_packages);

        expect_rows(f, make_call_with(f, PACKAGES, "Search", "sa{sv}", "yay", 0), PKG,
                    "sssssua{sv}",
                    "yay-bin 12.1-1 aur A helper, built  0 rank=1 votes=900 popularity=7.25\n"
                    "yay-git 12.1-1 aur A helper, of the day 12.0-1 153 rank=1 votes=80 "
                    "popularity=0.5 vcs=git\n");
        expect_rows(f, make_call_with(f, PACKAGES, "ListForeign", "a{sv}", 0), PKG, "sssssua{sv}",
                    "held 1-1 aur  1-1 89 votes=0 popularity=0\n"
                    "nowhere 1-1 local  1-1 9\n"
                    "yay-git 12.0-1 aur A helper 12.0-1 153 votes=80 popularity=0.5 vcs=git\n");
        expect_rows(f,
                    make_call_with(f, PACKAGES, "ListInstalled", "a{sv}", 1, "repositories", "as",
                                   1, "core"),
                    PKG, "sssssua{sv}", "bash 5.1-1 core The GNU shell 5.1-1 19\n");
}

/* ---- status and signals ---- */

static void expect_status(BusFixture *f, const char *state, guint64 as_of, guint32 updates)
{
        g_autoptr(Call) call = expect_reply(f, make_call(f, NULL, STATUS, "GetSnapshot"), "a{sv}");
        const char *got_state;
        guint64 got_as_of;
        guint32 got_updates;

        read_key(call->reply, "", "aur-state", 's', &got_state);
        read_key(call->reply, "", "aur-as-of", 't', &got_as_of);
        read_key(call->reply, "", "AurUpdatesAvailable", 'u', &got_updates);
        g_assert_cmpstr(got_state, ==, state);
        g_assert_cmpuint(got_as_of, ==, as_of);
        g_assert_cmpuint(got_updates, ==, updates);
}

static void test_status(void)
{
        g_autoptr(BusFixture) empty = bus_fixture_new();
        g_autoptr(BusFixture) off = unknown_fixture_new(FALSE, 0, NULL);
        g_autoptr(BusFixture) failed = unknown_fixture_new(TRUE, OMG_ERROR_NETWORK, "refused");
        g_autoptr(BusFixture) known = fixture_new(aur_packages);

        expect_status(empty, "never", 0, G_MAXUINT32);
        expect_status(off, "off", 0, G_MAXUINT32);
        expect_status(failed, "failed", 0, G_MAXUINT32);
        expect_status(known, "ok", AS_OF_AUR, 1);
}

/* An update of the AUR alone: the lists changed, its count changed, the repositories' count did
 * not. */
static void test_signals(void)
{
        static const FixturePackage newer[] = {
                {"aur", "held", "2-1", ""}, {"aur", "yay-git", "11-1", ""}, {}};
        g_autoptr(BusFixture) f = fixture_new(aur_packages);
        g_autoptr(OmgSnapshot) next = make_snapshot(newer, 8);
        guint64 generation;
        guint32 count, security;

        settle(f);
        apply(f, 0, next, NULL);
        settle(f);
        g_assert_cmpuint(count_signals(f, PACKAGES ".DatabasesChanged"), ==, 1);
        g_assert_cmpuint(count_signals(f, PACKAGES ".InstalledChanged"), ==, 0);
        g_assert_cmpuint(count_signals(f, PACKAGES ".UpdatesChanged"), ==, 1);
        g_assert_cmpint(sd_bus_message_read(f->last_signal, "tuu", &generation, &count, &security),
                        >, 0);
        g_assert_cmpuint(count, ==, 1);
        expect_status(f, "ok", AS_OF_AUR, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus-aur/details", test_details);
        g_test_add_func("/bus-aur/details/meta", test_details_meta);
        g_test_add_func("/bus-aur/details/many", test_details_many);
        g_test_add_func("/bus-aur/details/large", test_details_large);
        g_test_add_func("/bus-aur/nothing-known", test_nothing_known);
        g_test_add_func("/bus-aur/updates", test_updates);
        g_test_add_func("/bus-aur/updates/without", test_updates_without);
        g_test_add_func("/bus-aur/rows", test_package_rows);
        g_test_add_func("/bus-aur/status", test_status);
        g_test_add_func("/bus-aur/signals", test_signals);
        return g_test_run();
}
