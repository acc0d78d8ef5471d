/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Audit as a peer sees it: findings, any packages, one advisory, and its properties. */
#include <stdbool.h>
#include <string.h>

#include "base/limits-advisories.h"
#include "base/limits.h"
#include "bus-fixture.h"
#include "security-fixture.h"

#define AUDIT "org.omgd1.Audit"
#define ROWS  "a(ssssssasa{sv})"
#define NOW   SECURITY_NOW

#define PROPERTIES_CHANGED "org.freedesktop.DBus.Properties.PropertiesChanged"
#define CHANGED            "org.omgd1.Audit.VulnerabilitiesChanged"

static const FixturePackage upgraded_packages[] = {
        {NULL, "a", "2-1", .relations = "D:lib"}, {NULL, "b", "1-1"}, {NULL, "lib", "1-1"}, {}};
static const OmgFeedFacts good = {.is_enabled = TRUE, .good_usec = NOW - 1};

static void apply_system(BusFixture *f, const SecuritySystem *system, guint64 generation)
{
        g_autoptr(OmgSnapshot) snapshot = security_snapshot(system, generation);

        apply(f, 0, snapshot, NULL);
}

static BusFixture *start(const SecuritySystem *system)
{
        BusFixture *f = bus_fixture_new();

        apply_system(f, system, 7);
        return f;
}

static sd_bus_message *make_list(BusFixture *f, const char *types, ...)
{
        sd_bus_message *message = make_call(f, NULL, AUDIT, "ListVulnerabilities");
        va_list args;

        va_start(args, types);
        g_assert_cmpint(sd_bus_message_appendv(message, types, args), >=, 0);
        va_end(args);
        return message;
}

/* "package:advisory:state ..." of the rows at the reading position. */
static char *join_rows(sd_bus_message *m)
{
        GString *text = g_string_new(NULL);
        const char *t[6];

        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "(ssssssasa{sv})"), >, 0);
        while (sd_bus_message_enter_container(m, 'r', "ssssssasa{sv}") > 0) {
                g_assert_cmpint(
                        sd_bus_message_read(m, "ssssss", &t[0], &t[1], &t[2], &t[3], &t[4], &t[5]),
                        >, 0);
                g_string_append_printf(text, "%s%s:%s:%s", text->len > 0 ? " " : "", t[0], t[3],
                                       t[5]);
                g_assert_cmpint(sd_bus_message_skip(m, "asa{sv}"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        return g_string_free(text, FALSE);
}

static void expect_rows(BusFixture *f, sd_bus_message *message, const char *expected)
{
        g_autoptr(Call) call = expect_reply(f, message, ROWS "a{sv}");
        g_autofree char *rows = join_rows(call->reply);

        g_assert_cmpstr(rows, ==, expected);
}

/* The worst first; chosen by severity, state and package; by pages. */
static void test_list(void)
{
        g_autoptr(BusFixture) f = start(&security_all);

        expect_rows(f, make_list(f, "a{sv}", 0),
                    "lib:AVG-3:fix-pending a:AVG-1:fix-available b:AVG-2:unconfirmed");
        expect_rows(f, make_list(f, "a{sv}", 1, "min-severity", "s", "high"),
                    "lib:AVG-3:fix-pending a:AVG-1:fix-available");
        expect_rows(f, make_list(f, "a{sv}", 1, "states", "as", 2, "unconfirmed", "fix-pending"),
                    "lib:AVG-3:fix-pending b:AVG-2:unconfirmed");
        expect_rows(f, make_list(f, "a{sv}", 1, "states", "as", 0), "");
        expect_rows(f, make_list(f, "a{sv}", 1, "packages", "as", 2, "a", "x"),
                    "a:AVG-1:fix-available");
        expect_rows(f, make_list(f, "a{sv}", 2, "limit", "u", 1, "offset", "u", 1),
                    "a:AVG-1:fix-available");
        expect_rows(f, make_list(f, "a{sv}", 1, "generation", "t", (guint64)7),
                    "lib:AVG-3:fix-pending a:AVG-1:fix-available b:AVG-2:unconfirmed");
        expect_error(f, make_list(f, "a{sv}", 1, "generation", "t", (guint64)8), ERROR_INVALID_ARGS,
                     "it is 7 now");
        expect_error(f, make_list(f, "a{sv}", 1, "min-severity", "s", "awful"), ERROR_INVALID_ARGS,
                     "awful");
        expect_error(f, make_list(f, "a{sv}", 1, "states", "as", 1, "fixed"), ERROR_INVALID_ARGS,
                     "fixed");
        expect_error(f, make_list(f, "a{sv}", 1, "limit", "u", 1001), ERROR_INVALID_ARGS, "1001");
        expect_error(f, make_list(f, "a{sv}", 1, "packages", "s", "a"), ERROR_INVALID_ARGS,
                     "packages");
}

static void expect_entry(sd_bus_message *m, const char *key, const char *expected)
{
        const char *value;

        enter_key(m, key, "s");
        g_assert_cmpint(sd_bus_message_read_basic(m, 's', &value), >, 0);
        g_assert_cmpstr(value, ==, expected);
}

/* More rows than one turn of the loop appends; each comes once, in its place. */
static void test_many(void)
{
        g_autoptr(GStrvBuilder) lines = g_strv_builder_new();
        g_auto(GStrv) many = NULL;

        for (guint i = 0; i < 350; i++) {
                g_autofree char *line =
                        g_strdup_printf("AVG-%u a Vulnerable High 1-1 2-1 - -", 1000 + i);
                g_strv_builder_add(lines, line);
        }
        many = g_strv_builder_end(lines);
        const SecuritySystem system = {(const char *const *)many, NULL, good, {}};
        g_autoptr(BusFixture) f = start(&system);
        g_autoptr(Call) call = expect_reply(f, make_list(f, "a{sv}", 0), ROWS "a{sv}");
        g_autofree char *rows = join_rows(call->reply);
        g_auto(GStrv) each = g_strsplit(rows, " ", -1);
        guint32 total;

        g_assert_cmpuint(g_strv_length(each), ==, 350);
        for (guint i = 0; i < 350; i++) {
                g_autofree char *row = g_strdup_printf("a:AVG-%u:fix-available", 1000 + i);
                g_assert_cmpstr(each[i], ==, row);
        }
        enter_key(call->reply, "total", "u");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'u', &total), >, 0);
        g_assert_cmpuint(total, ==, 350);
}

/* Every field of a row. */
static void test_row(void)
{
        g_autoptr(BusFixture) f = start(&security_all);
        g_autoptr(Call) call =
                expect_reply(f, make_list(f, "a{sv}", 1, "packages", "as", 1, "a"), ROWS "a{sv}");
        sd_bus_message *m = call->reply;
        const char *t[6], *cves[2];
        const char *key, *value;
        g_autoptr(GString) extra = g_string_new(NULL);

        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "(ssssssasa{sv})"), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(m, 'r', "ssssssasa{sv}"), >, 0);
        g_assert_cmpint(sd_bus_message_read(m, "ssssss", &t[0], &t[1], &t[2], &t[3], &t[4], &t[5]),
                        >, 0);
        g_assert_cmpstr(t[0], ==, "a");
        g_assert_cmpstr(t[1], ==, "1-1");
        g_assert_cmpstr(t[2], ==, "2-1");
        g_assert_cmpstr(t[3], ==, "AVG-1");
        g_assert_cmpstr(t[4], ==, "High");
        g_assert_cmpstr(t[5], ==, "fix-available");
        g_assert_cmpint(sd_bus_message_read(m, "as", 2, &cves[0], &cves[1]), >, 0);
        g_assert_cmpstr(cves[0], ==, "CVE-2020-2");
        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "{sv}"), >, 0);
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(m, 's', &key), >, 0);
                if (strcmp(key, "advisories") == 0)
                        g_assert_cmpint(sd_bus_message_read(m, "v", "as", 1, &value), >, 0);
                else
                        g_assert_cmpint(sd_bus_message_read(m, "v", "s", &value), >, 0);
                g_string_append_printf(extra, "%s=%s ", key, value);
                g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        }
        g_assert_cmpstr(extra->str, ==,
                        "source=tracker url=https://security.archlinux.org/AVG-1 type=a type "
                        "status=Vulnerable repo-version=2-1 advisories=ASA-1 ");
}

/* Who needs a package, when asked for. */
static void test_required_by(void)
{
        g_autoptr(BusFixture) f = start(&security_all);
        g_autoptr(Call) call = expect_reply(
                f, make_list(f, "a{sv}", 2, "packages", "as", 1, "lib", "required-by", "b", 1),
                ROWS "a{sv}");
        sd_bus_message *m = call->reply;
        const char *name;

        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "(ssssssasa{sv})"), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(m, 'r', "ssssssasa{sv}"), >, 0);
        g_assert_cmpint(sd_bus_message_skip(m, "ssssssas"), >=, 0);
        enter_key(m, "required-by", "as");
        g_assert_cmpint(sd_bus_message_read(m, "as", 1, &name), >, 0);
        g_assert_cmpstr(name, ==, "a");
}

/* META says how far the feeds are to be believed, and how old they are. */
static void test_meta(void)
{
        const SecuritySystem partly = {security_groups, NULL, good, {.is_enabled = TRUE}};
        g_autoptr(BusFixture) f = start(&partly);
        g_autoptr(Call) call = expect_reply(f, make_list(f, "a{sv}", 0), ROWS "a{sv}");
        sd_bus_message *m = call->reply;
        const char *source, *text, *dropper, *dropped;
        guint64 as_of;
        int flag;

        g_assert_cmpint(sd_bus_message_skip(m, ROWS), >=, 0);
        enter_key(m, "errors", "a(ss)");
        g_assert_cmpint(sd_bus_message_read(m, "a(ss)", 2, &dropper, &dropped, &source, &text), >,
                        0);
        g_assert_cmpstr(source, ==, "osv");
        g_assert_nonnull(strstr(text, "never asked"));
        g_assert_cmpstr(dropper, ==, "tracker");
        g_assert_nonnull(strstr(dropped, "2 of its entries"));
        g_assert_cmpint(sd_bus_message_rewind(m, true), >=, 0);
        g_assert_cmpint(sd_bus_message_skip(m, ROWS), >=, 0);
        enter_key(m, "complete", "b");
        g_assert_cmpint(sd_bus_message_read_basic(m, 'b', &flag), >, 0);
        g_assert_false(flag);
        g_assert_cmpint(sd_bus_message_rewind(m, true), >=, 0);
        g_assert_cmpint(sd_bus_message_skip(m, ROWS), >=, 0);
        enter_key(m, "stale", "b");
        g_assert_cmpint(sd_bus_message_read_basic(m, 'b', &flag), >, 0);
        g_assert_true(flag);

        apply_system(f, &security_all, 8);
        g_autoptr(Call) whole = expect_reply(f, make_list(f, "a{sv}", 0), ROWS "a{sv}");
        g_assert_cmpint(sd_bus_message_skip(whole->reply, ROWS), >=, 0);
        enter_key(whole->reply, "as-of", "t");
        g_assert_cmpint(sd_bus_message_read_basic(whole->reply, 't', &as_of), >, 0);
        g_assert_cmpuint(as_of, ==, NOW - 1);
}

/* Before anything was fetched, and with all feeds off, there is no list that looks clean. */
static void test_unknown(void)
{
        const SecuritySystem never = {NULL, NULL, {.is_enabled = TRUE}, {}};
        const SecuritySystem off = {security_groups, NULL, {}, {}};
        g_autoptr(BusFixture) f = start(&never);

        expect_error(f, make_list(f, "a{sv}", 0), ERROR_UNAVAILABLE, "ever fetched");
        expect_error(f, make_call_with(f, AUDIT, "CheckPackages", "a(ss)a{sv}", 1, "a", "1-1", 0),
                     ERROR_UNAVAILABLE, "ever fetched");
        expect_error(f, make_call_with(f, AUDIT, "GetAdvisory", "s", "AVG-1"), ERROR_UNAVAILABLE,
                     "ever fetched");
        apply_system(f, &off, 8);
        expect_error(f, make_list(f, "a{sv}", 0), ERROR_UNAVAILABLE, "is on");
}

static sd_bus_message *make_check(BusFixture *f, guint n)
{
        sd_bus_message *message = make_call(f, NULL, AUDIT, "CheckPackages");

        g_assert_cmpint(sd_bus_message_open_container(message, 'a', "(ss)"), >=, 0);
        for (guint i = 0; i < n; i++)
                g_assert_cmpint(sd_bus_message_append(message, "(ss)", "a", "1-1"), >=, 0);
        g_assert_cmpint(sd_bus_message_close_container(message), >=, 0);
        g_assert_cmpint(sd_bus_message_append(message, "a{sv}", 1, "limit", "u", 1), >=, 0);
        return message;
}

/* Any names and versions; as many as there may be, and one more. */
static void test_check(void)
{
        g_autoptr(BusFixture) f = start(&security_all);

        expect_rows(f,
                    make_call_with(f, AUDIT, "CheckPackages", "a(ss)a{sv}", 4, "gone", "0-1", "a",
                                   "1.9-1", "a", "2-1", "other", "1", 0),
                    "a:AVG-1:fix-available gone:AVG-2:no-fix");
        expect_rows(f, make_check(f, OMG_LIMIT_ROWS), "a:AVG-1:fix-available");
        expect_error(f, make_check(f, OMG_LIMIT_ROWS + 1), ERROR_INVALID_ARGS, "1000");
        expect_error(
                f,
                make_call_with(f, AUDIT, "CheckPackages", "a(ss)a{sv}", 2, "a", "1", "-b", "1", 0),
                ERROR_INVALID_ARGS, "Package 2");
        expect_error(f, make_call_with(f, AUDIT, "CheckPackages", "a(ss)a{sv}", 1, "a", "1 1", 0),
                     ERROR_INVALID_ARGS, "visible ASCII");
        expect_error(f, make_call_with(f, AUDIT, "CheckPackages", "a(ss)a{sv}", 1, "a", "1-1\n", 0),
                     ERROR_INVALID_ARGS, "visible ASCII");
        expect_error(f, make_call_with(f, AUDIT, "CheckPackages", "a(ss)a{sv}", 1, "a", "", 0),
                     ERROR_INVALID_ARGS, "empty");
        g_autofree char *longest = g_strnfill(OMG_LIMIT_VERSION, '9');
        g_autofree char *too_long = g_strnfill(OMG_LIMIT_VERSION + 1, '9');
        expect_rows(f, make_call_with(f, AUDIT, "CheckPackages", "a(ss)a{sv}", 1, "a", longest, 0),
                    "");
        expect_error(f,
                     make_call_with(f, AUDIT, "CheckPackages", "a(ss)a{sv}", 1, "a", too_long, 0),
                     ERROR_INVALID_ARGS, "too long");
}

/* A group with its packages and the record of its flaw; what is not there is NotFound. */
static void test_advisory(void)
{
        g_autoptr(BusFixture) f = start(&security_all);
        g_autoptr(Call) call =
                expect_reply(f, make_call_with(f, AUDIT, "GetAdvisory", "s", "AVG-1"), "a{sv}");
        sd_bus_message *m = call->reply;
        const char *name, *version, *state;
        double score;

        enter_key(m, "groups", "aa{sv}");
        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "a{sv}"), >, 0);
        enter_key(m, "packages", "a(sss)");
        g_assert_cmpint(sd_bus_message_read(m, "a(sss)", 1, &name, &version, &state), >, 0);
        g_assert_cmpstr(name, ==, "a");
        g_assert_cmpstr(version, ==, "1-1");
        g_assert_cmpstr(state, ==, "fix-available");
        g_assert_cmpint(sd_bus_message_rewind(m, true), >=, 0);
        enter_key(m, "records", "aa{sv}");
        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "a{sv}"), >, 0);
        enter_key(m, "cvss", "d");
        g_assert_cmpint(sd_bus_message_read_basic(m, 'd', &score), >, 0);
        g_assert_cmpfloat(score, ==, 9.8);
        g_assert_cmpint(sd_bus_message_rewind(m, true), >=, 0);
        enter_key(m, "findings", ROWS);
        g_autofree char *rows = join_rows(m);
        g_assert_cmpstr(rows, ==, "a:AVG-1:fix-available");
        expect_error(f, make_call_with(f, AUDIT, "GetAdvisory", "s", "AVG-99"),
                     "org.omgd1.Error.NotFound", "AVG-99");
}

/* The ranges of a record read as they were written. */
static void test_record(void)
{
        g_autoptr(BusFixture) f = start(&security_all);
        g_autoptr(Call) call =
                expect_reply(f, make_call_with(f, AUDIT, "GetAdvisory", "s", "PYSEC-1"), "a{sv}");
        sd_bus_message *m = call->reply;
        const char *ecosystem, *name, *kind, *version;
        g_autoptr(GString) events = g_string_new(NULL);

        expect_entry(m, "id", "PYSEC-1");
        g_assert_cmpint(sd_bus_message_rewind(m, true), >=, 0);
        enter_key(m, "records", "aa{sv}");
        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "a{sv}"), >, 0);
        enter_key(m, "affected", "a(ssa(ss))");
        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "(ssa(ss))"), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(m, 'r', "ssa(ss)"), >, 0);
        g_assert_cmpint(sd_bus_message_read(m, "ss", &ecosystem, &name), >, 0);
        g_assert_cmpstr(ecosystem, ==, "PyPI");
        g_assert_cmpstr(name, ==, "x");
        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "(ss)"), >, 0);
        while (sd_bus_message_read(m, "(ss)", &kind, &version) > 0)
                g_string_append_printf(events, "%s %s ", kind, version);
        g_assert_cmpstr(events->str, ==, "introduced 0 fixed 1.2 introduced 3 last-affected 3.5 ");
}

static sd_bus_message *get_property(BusFixture *f, const char *name, Call **ret_call)
{
        *ret_call = expect_reply(
                f, make_call_with(f, "org.freedesktop.DBus.Properties", "Get", "ss", AUDIT, name),
                "v");
        return (*ret_call)->reply;
}

static void expect_state(BusFixture *f, const char *state, guint64 scanned, const char *error)
{
        g_autoptr(Call) a = NULL;
        g_autoptr(Call) b = NULL;
        g_autoptr(Call) c = NULL;
        const char *text, *name, *message;
        guint64 time;

        g_assert_cmpint(sd_bus_message_read(get_property(f, "ScanState", &a), "v", "s", &text), >,
                        0);
        g_assert_cmpstr(text, ==, state);
        g_assert_cmpint(sd_bus_message_read(get_property(f, "LastScanUSec", &b), "v", "t", &time),
                        >, 0);
        g_assert_cmpuint(time, ==, scanned);
        g_assert_cmpint(
                sd_bus_message_read(get_property(f, "LastError", &c), "v", "(ss)", &name, &message),
                >, 0);
        g_assert_cmpstr(name, ==, *error ? "org.omgd1.Error.Network" : "");
        g_assert_cmpstr(message, ==, error);
}

/* "High=1 ..." of an a{su}; zeros are left out, but not their number. */
static char *join_counts(sd_bus_message *m)
{
        GString *text = g_string_new(NULL);
        const char *key;
        guint32 count, n = 0;

        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "{su}"), >, 0);
        for (; sd_bus_message_read(m, "{su}", &key, &count) > 0; n++)
                if (count > 0)
                        g_string_append_printf(text, "%s=%u ", key, count);
        g_assert_cmpint(sd_bus_message_exit_container(m), >=, 0);
        g_string_append_printf(text, "of %u", n);
        return g_string_free(text, FALSE);
}

static void expect_counts(BusFixture *f, const char *expected)
{
        g_autoptr(Call) call = NULL;
        sd_bus_message *m = get_property(f, "Counts", &call);

        g_assert_cmpint(sd_bus_message_enter_container(m, 'v', "a{su}"), >, 0);
        g_autofree char *counts = join_counts(m);
        g_assert_cmpstr(counts, ==, expected);
}

/* Never, failed and ok do not look alike; all that one refresh changed comes in one signal. */
static void test_properties(void)
{
        const SecuritySystem never = {NULL, NULL, {.is_enabled = TRUE}, {}};
        const OmgFeedFacts failed = {.is_enabled = TRUE,
                                     .good_usec = NOW - 1,
                                     .code = OMG_ERROR_NETWORK,
                                     .message = "x"};
        const SecuritySystem stuck = {security_groups, NULL, failed, {}};
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autofree char *names = NULL;

        expect_state(f, "never", 0, "");
        expect_counts(f, "of 0");
        apply_system(f, &never, 7);
        settle(f);
        expect_state(f, "never", 0, "");
        expect_counts(f, "of 0");
        guint n = count_signals(f, PROPERTIES_CHANGED);
        apply_system(f, &stuck, 7);
        settle(f);
        expect_state(f, "failed", NOW - 1, "tracker: x");
        expect_counts(f, "Critical=1 High=1 fix-available=1 fix-pending=1 unconfirmed=1 of 10");
        apply_system(f, &stuck, 7);
        apply_system(f, &security_all, 7);
        settle(f);
        g_assert_cmpuint(count_signals(f, PROPERTIES_CHANGED), >, n);
        names = join_changed(f->last_signal, AUDIT);
        g_assert_cmpstr(names, ==, "ScanState LastError");
        expect_state(f, "ok", NOW - 1, "");
}

/* Sent when a finding changed, and not for the first load; new ones are named. */
static void test_changed(void)
{
        const SecuritySystem upgraded = {
                security_groups, upgraded_packages, {TRUE, NOW - 1, 0, 0, 0, NULL}, {}};
        const SecuritySystem never = {NULL, NULL, {.is_enabled = TRUE}, {}};
        g_autoptr(BusFixture) f = start(&upgraded);
        sd_bus_message *m;
        const char *id;
        guint64 generation;

        settle(f);
        g_assert_cmpuint(count_signals(f, CHANGED), ==, 0);
        apply_system(f, &upgraded, 7);
        settle(f);
        g_assert_cmpuint(count_signals(f, CHANGED), ==, 0);
        apply_system(f, &security_all, 8);
        settle(f);
        g_assert_cmpuint(count_signals(f, CHANGED), ==, 1);
        m = f->last_signal;
        g_assert_cmpstr(sd_bus_message_get_member(m), ==, "VulnerabilitiesChanged");
        g_assert_cmpint(sd_bus_message_read(m, "t", &generation), >, 0);
        g_assert_cmpuint(generation, ==, 8);
        g_autofree char *counts = join_counts(m);
        g_assert_cmpstr(counts, ==,
                        "Critical=1 High=1 fix-available=1 fix-pending=1 unconfirmed=1 of 10");
        g_assert_cmpint(sd_bus_message_read(m, "as", 1, &id), >, 0);
        g_assert_cmpstr(id, ==, "AVG-1");
        apply_system(f, &never, 9);
        settle(f);
        g_assert_cmpuint(count_signals(f, CHANGED), ==, 2);
        g_assert_cmpint(sd_bus_message_skip(f->last_signal, "t"), >=, 0);
        g_autofree char *none = join_counts(f->last_signal);
        g_assert_cmpstr(none, ==, "of 0");
}

/* ---- org.omgd1.Packages ---- */

/* The flags of a package's row in the reply of a list or a search. */
static guint32 get_flags(BusFixture *f, sd_bus_message *message, const char *package)
{
        g_autoptr(Call) call = expect_reply(f, message, "a(sssssua{sv})a{sv}");
        const char *t[5];
        guint32 flags;

        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "(sssssua{sv})"), >, 0);
        while (sd_bus_message_enter_container(call->reply, 'r', "sssssua{sv}") > 0) {
                g_assert_cmpint(sd_bus_message_read(call->reply, "sssssu", &t[0], &t[1], &t[2],
                                                    &t[3], &t[4], &flags),
                                >, 0);
                if (strcmp(t[0], package) == 0)
                        return flags;
                g_assert_cmpint(sd_bus_message_skip(call->reply, "a{sv}"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(call->reply), >=, 0);
        }
        g_error("no row of %s", package);
}

static guint32 get_detail_flags(BusFixture *f, const char *package)
{
        g_autoptr(Call) call =
                expect_reply(f, make_call_with(f, PACKAGES, "GetDetails", "asa{sv}", 1, package, 0),
                             "a(sa{sv})asa{sv}");
        guint32 flags;

        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "(sa{sv})"), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'r', "sa{sv}"), >, 0);
        g_assert_cmpint(sd_bus_message_skip(call->reply, "s"), >=, 0);
        enter_key(call->reply, "flags", "u");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'u', &flags), >, 0);
        return flags;
}

/* Flag 32 stands in every row of a package, and flag 1 in that of an update. */
static void test_flags(void)
{
        g_autoptr(BusFixture) f = start(&security_all);
        g_autoptr(Call) call = expect_reply(
                f, make_call_with(f, PACKAGES, "ListUpdates", "a{sv}", 0), "a(sssstxua{sv})a{sv}");
        const char *t[4];
        guint64 size;
        gint64 difference;
        guint32 flags;

        for (guint i = 0; i < 3; i++) {
                static const char *const names[] = {"a", "b", "lib"};
                const guint32 expected = i == 1 ? 0 : OMG_PKG_AFFECTED;
                g_assert_cmpuint(get_flags(f,
                                           make_call_with(f, PACKAGES, "ListInstalled", "a{sv}", 0),
                                           names[i]) &
                                         OMG_PKG_AFFECTED,
                                 ==, expected);
                g_assert_cmpuint(
                        get_flags(f, make_call_with(f, PACKAGES, "Search", "sa{sv}", names[i], 0),
                                  names[i]) &
                                OMG_PKG_AFFECTED,
                        ==, expected);
                g_assert_cmpuint(get_detail_flags(f, names[i]) & OMG_PKG_AFFECTED, ==, expected);
        }
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "(sssstxua{sv})"), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'r', "sssstxua{sv}"), >, 0);
        g_assert_cmpint(sd_bus_message_read(call->reply, "sssstxu", &t[0], &t[1], &t[2], &t[3],
                                            &size, &difference, &flags),
                        >, 0);
        g_assert_cmpstr(t[0], ==, "a");
        g_assert_cmpuint(flags & OMG_UPD_SECURITY, ==, OMG_UPD_SECURITY);
}

/* ---- org.omgd1.Status ---- */

static void expect_status(BusFixture *f, guint32 vulnerable, guint32 security, const char *worst)
{
        g_autoptr(Call) call = expect_reply(f, make_call(f, NULL, STATUS, "GetSnapshot"), "a{sv}");
        guint32 count;
        const char *text;

        enter_key(call->reply, "VulnerablePackages", "u");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'u', &count), >, 0);
        g_assert_cmpuint(count, ==, vulnerable);
        g_assert_cmpint(sd_bus_message_rewind(call->reply, true), >=, 0);
        enter_key(call->reply, "SecurityUpdates", "u");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'u', &count), >, 0);
        g_assert_cmpuint(count, ==, security);
        g_assert_cmpint(sd_bus_message_rewind(call->reply, true), >=, 0);
        enter_key(call->reply, "HighestSeverity", "s");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &text), >, 0);
        g_assert_cmpstr(text, ==, worst);
}

static void expect_description(BusFixture *f, const char *const *texts)
{
        g_autoptr(Call) call = expect_reply(f, make_call(f, NULL, STATUS, "Describe"), "s");
        const char *json;

        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &json), >, 0);
        for (; *texts; texts++)
                if (!strstr(json, *texts))
                        g_error("%s lacks %s", json, *texts);
}

/* Unknown until each feed was asked, then what there is, and "None" is not "". */
static void test_status(void)
{
        static const char *const clean[] = {"AVG-9 other Vulnerable High 1-1 2-1 - -", NULL};
        const SecuritySystem never = {NULL, NULL, {.is_enabled = TRUE}, {}};
        static const char *const open[] = {"AVG-2 b Unknown High 0-1 - - -", NULL};
        const SecuritySystem unsure = {open, NULL, good, {.is_enabled = TRUE}};
        const SecuritySystem none = {clean, NULL, good, {}};
        const SecuritySystem partly = {clean, NULL, good, {.is_enabled = TRUE}};
        const SecuritySystem some = {security_groups, NULL, good, {.is_enabled = TRUE}};
        g_autoptr(BusFixture) f = start(&never);

        expect_status(f, OMG_UNKNOWN, OMG_UNKNOWN, "");
        expect_description(f, (const char *const[]){"\"updates\"", "Vulnerable: unknown", NULL});
        apply_system(f, &partly, 8);
        expect_status(f, OMG_UNKNOWN, OMG_UNKNOWN, "");
        apply_system(f, &unsure, 9);
        expect_status(f, OMG_UNKNOWN, OMG_UNKNOWN, "");
        apply_system(f, &some, 9);
        expect_status(f, 2, 1, "Critical");
        apply_system(f, &none, 10);
        expect_status(f, 0, 0, "None");
        expect_description(f, (const char *const[]){"\"updates\"", "Vulnerable: 0", NULL});
        apply_system(f, &security_all, 11);
        expect_status(f, 2, 1, "Critical");
        expect_description(f, (const char *const[]){"\"security\"", "Of these for security: 1",
                                                    "Vulnerable: 2", "Worst severity: Critical",
                                                    NULL});
}

static int on_updates(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
        guint32 *security = userdata, count;
        guint64 generation;

        if (sd_bus_message_is_signal(message, PACKAGES, "UpdatesChanged")) {
                g_assert_cmpint(sd_bus_message_read(message, "tuu", &generation, &count, security),
                                >, 0);
                g_assert_cmpint(sd_bus_message_rewind(message, true), >=, 0);
        }
        return 0;
}

/* The third number of UpdatesChanged is that of security updates; another one is news by itself. */
static void test_updates_changed(void)
{
        const SecuritySystem never = {NULL, NULL, {.is_enabled = TRUE}, {}};
        g_autoptr(BusFixture) f = start(&never);
        guint32 security = 0;

        g_assert_cmpint(sd_bus_add_filter(f->client, NULL, on_updates, &security), >=, 0);
        apply_system(f, &security_all, 8);
        settle(f);
        g_assert_cmpuint(security, ==, 1);
        apply_system(f, &never, 9);
        settle(f);
        g_assert_cmpuint(security, ==, OMG_UNKNOWN);
        g_assert_cmpuint(count_signals(f, PACKAGES ".UpdatesChanged"), ==, 2);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus-findings/list", test_list);
        g_test_add_func("/bus-findings/many", test_many);
        g_test_add_func("/bus-findings/row", test_row);
        g_test_add_func("/bus-findings/required-by", test_required_by);
        g_test_add_func("/bus-findings/meta", test_meta);
        g_test_add_func("/bus-findings/unknown", test_unknown);
        g_test_add_func("/bus-findings/check", test_check);
        g_test_add_func("/bus-findings/advisory", test_advisory);
        g_test_add_func("/bus-findings/record", test_record);
        g_test_add_func("/bus-findings/properties", test_properties);
        g_test_add_func("/bus-findings/changed", test_changed);
        g_test_add_func("/bus-findings/flags", test_flags);
        g_test_add_func("/bus-findings/status", test_status);
        g_test_add_func("/bus-findings/updates-changed", test_updates_changed);
        return g_test_run();
}
