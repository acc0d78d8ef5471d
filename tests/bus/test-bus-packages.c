/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Packages as a peer sees it: rows, META, every refused argument, waiting for the first
 * load, limits, a damaged index, signals. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "bus-fixture.h"

#define PKG     "a(sssssua{sv})a{sv}"
#define UPD     "a(sssstxua{sv})a{sv}"
#define DETAILS "a(sa{sv})asa{sv}"

static BusFixture *loaded_fixture_new(void)
{
        BusFixture *fixture = bus_fixture_new();
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);

        apply(fixture, 0, snapshot, NULL);
        return fixture;
}

static sd_bus_message *make_search(BusFixture *fixture, const char *query)
{
        return make_call_with(fixture, PACKAGES, "Search", "sa{sv}", query, 0);
}

/* Names of the PKG or UPD rows of a reply, joined; leaves the message at META. */
static char *join_names(sd_bus_message *reply, const char *row)
{
        GString *names = g_string_new(NULL);
        const char *name;

        g_assert_cmpint(sd_bus_message_enter_container(reply, 'a', NULL), >=, 0);
        while (sd_bus_message_enter_container(reply, 'r', row) > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(reply, 's', &name), >, 0);
                g_string_append_printf(names, "%s%s", names->len > 0 ? " " : "", name);
                g_assert_cmpint(sd_bus_message_skip(reply, row + 1), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        }
        g_assert_cmpint(sd_bus_message_exit_container(reply), >=, 0);
        return g_string_free(names, FALSE);
}

static guint read_total(sd_bus_message *reply)
{
        guint32 total;

        enter_key(reply, "total", "u");
        g_assert_cmpint(sd_bus_message_read_basic(reply, 'u', &total), >, 0);
        return total;
}

static void expect_names(BusFixture *fixture, sd_bus_message *message, const char *expected,
                         guint total)
{
        g_autoptr(Call) call = expect_reply(fixture, message, PKG);
        g_autofree char *names = join_names(call->reply, "sssssua{sv}");

        g_assert_cmpstr(names, ==, expected);
        g_assert_cmpuint(read_total(call->reply), ==, total);
}

/* A row has all its fields, in the order of the XML, and META all its keys. */
static void test_search_row(void)
{
        g_autoptr(BusFixture) fixture = loaded_fixture_new();
        g_autoptr(Call) call = expect_reply(fixture, make_search(fixture, "BASH"), PKG);
        const char *name, *version, *repository, *description, *installed;
        guint32 flags, rank;

        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "(sssssua{sv})"), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'r', "sssssua{sv}"), >, 0);
        g_assert_cmpint(sd_bus_message_read(call->reply, "sssssu", &name, &version, &repository,
                                            &description, &installed, &flags),
                        >, 0);
        g_assert_cmpstr(name, ==, "bash");
        g_assert_cmpstr(version, ==, "5.2-1");
        g_assert_cmpstr(repository, ==, "core");
        g_assert_cmpstr(description, ==, "The GNU shell");
        g_assert_cmpstr(installed, ==, "5.1-1");
        g_assert_cmpuint(flags, ==, OMG_PKG_INSTALLED | OMG_PKG_EXPLICIT | OMG_PKG_UPGRADABLE);
        enter_key(call->reply, "rank", "u");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'u', &rank), >, 0);
        g_assert_cmpuint(rank, ==, OMG_SEARCH_RANK_EXACT);
}

static void test_search_meta(void)
{
        static const struct {
                const char *key, *type;
        } keys[] = {{"total", "u"}, {"total-exact", "b"}, {"generation", "t"}, {"as-of", "t"},
                    {"stale", "b"}, {"complete", "b"},    {"errors", "a(ss)"}};
        g_autoptr(BusFixture) fixture = loaded_fixture_new();

        for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
                g_autoptr(Call) call = expect_reply(fixture, make_search(fixture, "vi"), PKG);
                g_autofree char *names = join_names(call->reply, "sssssua{sv}");

                g_assert_nonnull(names);
                enter_key(call->reply, keys[i].key, keys[i].type);
        }
}

/* Every option has its effect; an unknown one has none. */
static void test_search_options(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();

        expect_names(f, make_search(f, ""), "", 0);
        expect_names(f, make_search(f, "old"), "oldtool modern-tool", 2);
        expect_names(f,
                     make_call_with(f, PACKAGES, "Search", "sa{sv}", "old", 1, "mode", "s", "name"),
                     "oldtool", 1);
        expect_names(
                f,
                make_call_with(f, PACKAGES, "Search", "sa{sv}", "fire", 1, "mode", "s", "prefix"),
                "firefox", 1);
        expect_names(f,
                     make_call_with(f, PACKAGES, "Search", "sa{sv}", "gnu", 1, "sort", "s", "name"),
                     "bash glibc", 2);
        expect_names(f,
                     make_call_with(f, PACKAGES, "Search", "sa{sv}", "old", 1, "sources", "as", 1,
                                    "repo"),
                     "modern-tool", 1);
        expect_names(f,
                     make_call_with(f, PACKAGES, "Search", "sa{sv}", "old", 1, "sources", "as", 1,
                                    "local"),
                     "oldtool", 1);
        expect_names(f,
                     make_call_with(f, PACKAGES, "Search", "sa{sv}", "e", 1, "repositories", "as",
                                    1, "core"),
                     "bash", 1);
        expect_names(
                f, make_call_with(f, PACKAGES, "Search", "sa{sv}", "tool", 1, "installed", "b", 1),
                "oldtool", 1);
        expect_names(
                f, make_call_with(f, PACKAGES, "Search", "sa{sv}", "tool", 1, "installed", "b", 0),
                "modern-tool", 1);
        expect_names(f,
                     make_call_with(f, PACKAGES, "Search", "sa{sv}", "old", 4, "limit", "u", 1,
                                    "offset", "u", 1, "generation", "t", (uint64_t)7, "colour",
                                    "a(ss)", 1, "x", "y"),
                     "modern-tool", 2);
}

static void test_lists(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();

        expect_names(f, make_call_with(f, PACKAGES, "ListInstalled", "a{sv}", 0),
                     "bash firefox glibc my-scripts oldtool", 5);
        expect_names(f, make_call_with(f, PACKAGES, "ListExplicit", "a{sv}", 0),
                     "bash firefox oldtool", 3);
        expect_names(f, make_call_with(f, PACKAGES, "ListOrphans", "a{sv}", 0), "my-scripts", 1);
        expect_names(f, make_call_with(f, PACKAGES, "ListForeign", "a{sv}", 0),
                     "my-scripts oldtool", 2);
        expect_names(f,
                     make_call_with(f, PACKAGES, "ListInstalled", "a{sv}", 2, "limit", "u", 2,
                                    "offset", "u", 1),
                     "firefox glibc", 5);
        expect_names(f, make_call_with(f, PACKAGES, "ListInstalled", "a{sv}", 1, "limit", "u", 0),
                     "", 5);
        expect_names(f,
                     make_call_with(f, PACKAGES, "ListInstalled", "a{sv}", 1, "repositories", "as",
                                    1, "extra"),
                     "firefox", 1);
}

static void test_updates(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autoptr(Call) all =
                expect_reply(f, make_call_with(f, PACKAGES, "ListUpdates", "a{sv}", 0), UPD);
        g_autoptr(Call) free_ones = expect_reply(
                f, make_call_with(f, PACKAGES, "ListUpdates", "a{sv}", 1, "ignored", "b", 0), UPD);
        g_autofree char *names = join_names(all->reply, "sssstxua{sv}");
        g_autofree char *free_names = join_names(free_ones->reply, "sssstxua{sv}");

        g_assert_cmpstr(names, ==, "bash firefox modern-tool");
        g_assert_cmpstr(free_names, ==, "bash modern-tool");
}

static void test_details(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autoptr(Call) call = expect_reply(f,
                                            make_call_with(f, PACKAGES, "GetDetails", "asa{sv}", 3,
                                                           "core/bash", "no-such", "my-scripts", 0),
                                            DETAILS);
        const char *name, *text;

        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "(sa{sv})"), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'r', "sa{sv}"), >, 0);
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &name), >, 0);
        g_assert_cmpstr(name, ==, "core/bash");
        enter_key(call->reply, "repository", "s");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &text), >, 0);
        g_assert_cmpstr(text, ==, "core");

        g_assert_cmpint(sd_bus_message_rewind(call->reply, 1), >=, 0);
        g_assert_cmpint(sd_bus_message_skip(call->reply, "a(sa{sv})"), >=, 0);
        g_assert_cmpint(sd_bus_message_read(call->reply, "as", 1, &name), >, 0);
        g_assert_cmpstr(name, ==, "no-such");
        g_assert_cmpuint(read_total(call->reply), ==, 2);
}

static sd_bus_message *make_details(BusFixture *fixture, guint n, const char *last)
{
        sd_bus_message *message = make_call(fixture, NULL, PACKAGES, "GetDetails");

        g_assert_cmpint(sd_bus_message_open_container(message, 'a', "s"), >=, 0);
        for (guint i = 0; i + 1 < n; i++)
                g_assert_cmpint(sd_bus_message_append(message, "s", i % 2 ? "absent" : "bash"), >=,
                                0);
        g_assert_cmpint(sd_bus_message_append(message, "s", last), >=, 0);
        g_assert_cmpint(sd_bus_message_close_container(message), >=, 0);
        g_assert_cmpint(sd_bus_message_append(message, "a{sv}", 0), >=, 0);
        return message;
}

/* Many names do not keep other callers waiting, and are answered from one snapshot, all of them,
 * also when it is no longer the current one. */
static void test_details_many(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autoptr(OmgSnapshot) next = sample_snapshot(8);
        g_autoptr(Call) details = NULL, search = NULL;
        g_autofree char *names = NULL;
        guint n_missing = 0;
        const char *name;

        settle(f);
        details = send_call(f, make_details(f, OMG_LIMIT_ROWS, "vim"), NULL);
        search = send_call(f, make_search(f, "bash"), NULL);
        (void)await_reply(f, search);
        g_assert_null(details->reply);
        apply(f, 0, next, NULL);

        g_assert_null(sd_bus_message_get_error(await_reply(f, details)));
        names = join_names(details->reply, "sa{sv}");
        g_assert_true(g_str_has_prefix(names, "bash bash "));
        g_assert_true(g_str_has_suffix(names, " bash vim"));
        g_assert_cmpint(sd_bus_message_enter_container(details->reply, 'a', "s"), >, 0);
        while (sd_bus_message_read_basic(details->reply, 's', &name) > 0)
                n_missing++;
        g_assert_cmpuint(n_missing, ==, OMG_LIMIT_ROWS / 2 - 1);
        g_assert_cmpint(sd_bus_message_exit_container(details->reply), >=, 0);
        guint64 generation;
        enter_key(details->reply, "generation", "t");
        g_assert_cmpint(sd_bus_message_read_basic(details->reply, 't', &generation), >, 0);
        g_assert_cmpuint(generation, ==, 7);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);

        /* A mistake is found in a later step too; and the end may come in between. */
        expect_error(f, make_details(f, OMG_LIMIT_ROWS, ""), ERROR_INVALID_ARGS, "empty");
        expect_error(f, make_details(f, OMG_LIMIT_ROWS + 1, "vim"), ERROR_INVALID_ARGS,
                     "more than");
        call_free(g_steal_pointer(&details));
        call_free(g_steal_pointer(&search));
        details = send_call(f, make_details(f, OMG_LIMIT_ROWS, "vim"), NULL);
        search = send_call(f, make_search(f, "bash"), NULL);
        (void)await_reply(f, search);
        omg_service_close(f->service);
        g_assert_cmpstr(sd_bus_message_get_error(await_reply(f, details))->name, ==,
                        ERROR_UNAVAILABLE);
}

static void test_suggest(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autoptr(Call) call =
                expect_reply(f, make_call_with(f, PACKAGES, "Suggest", "su", "firefx", 0), "a(sd)");
        const char *name;
        double score;

        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "(sd)"), >, 0);
        g_assert_cmpint(sd_bus_message_read(call->reply, "(sd)", &name, &score), >, 0);
        g_assert_cmpstr(name, ==, "firefox");
        g_assert_cmpfloat(score, >, 0);
}

/* Does not wait for data. */
static void test_compare_versions(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(Call) call = expect_reply(
                f, make_call_with(f, PACKAGES, "CompareVersions", "ss", "1:1-1", "2-1"), "i");
        gint32 result;

        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'i', &result), >, 0);
        g_assert_cmpint(result, ==, 1);
}

static void expect_search_error(BusFixture *f, const char *name, const char *type, const char *text,
                                ...)
{
        sd_bus_message *message = make_call_with(f, PACKAGES, "Search", "s", "vim");
        va_list args;

        g_assert_cmpint(sd_bus_message_open_container(message, 'a', "{sv}"), >=, 0);
        g_assert_cmpint(sd_bus_message_open_container(message, 'e', "sv"), >=, 0);
        g_assert_cmpint(sd_bus_message_append_basic(message, 's', name), >=, 0);
        g_assert_cmpint(sd_bus_message_open_container(message, 'v', type), >=, 0);
        va_start(args, text);
        g_assert_cmpint(sd_bus_message_appendv(message, type, args), >=, 0);
        va_end(args);
        for (int i = 0; i < 3; i++)
                g_assert_cmpint(sd_bus_message_close_container(message), >=, 0);
        expect_error(f, message, ERROR_INVALID_ARGS, text);
}

/* Each wrong option is refused, with its name and what it should be. */
static void test_invalid_options(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();

        expect_search_error(f, "limit", "s", "\"limit\" must be an unsigned 32-bit number (u)",
                            "many");
        expect_search_error(f, "limit", "u", "more than 1000", OMG_LIMIT_ROWS + 1);
        expect_search_error(f, "offset", "i", "\"offset\" must be", 1);
        expect_search_error(f, "generation", "u", "\"generation\" must be", 7);
        expect_search_error(f, "generation", "t", "start again at offset 0", (uint64_t)6);
        expect_search_error(f, "generation", "t", "start again at offset 0", (uint64_t)0);
        expect_search_error(f, "mode", "u", "\"mode\" must be a string", 1);
        expect_search_error(f, "mode", "s", "words, name, prefix", "fuzzy");
        expect_search_error(f, "sort", "s", "rank, name", "age");
        expect_search_error(f, "sources", "s", "a list of strings", "repo");
        expect_search_error(f, "sources", "as", "repo, local, aur", 1, "moon");
        expect_search_error(f, "repositories", "b", "a list of strings", 1);
        expect_search_error(f, "installed", "s", "a boolean", "yes");
        expect_error(f,
                     make_call_with(f, PACKAGES, "ListUpdates", "a{sv}", 1, "ignored", "s", "no"),
                     ERROR_INVALID_ARGS, "\"ignored\" must be a boolean");
        expect_error(f,
                     make_call_with(f, PACKAGES, "ListInstalled", "a{sv}", 1, "limit", "u", 1001),
                     ERROR_INVALID_ARGS, "more than 1000");
}

/* Too long, too many, empty. */
static void test_invalid_arguments(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autofree char *query = g_strnfill(OMG_LIMIT_QUERY + 1, 'a');
        g_autofree char *longest = g_strnfill(OMG_LIMIT_QUERY, 'a');
        g_autofree char *version = g_strnfill(OMG_LIMIT_VERSION + 1, '1');
        g_autofree char *name = g_strnfill(600, 'a');
        sd_bus_message *message;

        expect_names(f, make_search(f, longest), "", 0);
        expect_error(f, make_search(f, query), ERROR_INVALID_ARGS, "500");
        expect_error(f, make_search(f, "a b c d e f g h i j k l m n o p q"), ERROR_INVALID_ARGS,
                     "16");
        expect_error(f, make_call_with(f, PACKAGES, "Suggest", "su", query, 0), ERROR_INVALID_ARGS,
                     "500");
        expect_error(f, make_call_with(f, PACKAGES, "Suggest", "su", "a", 51), ERROR_INVALID_ARGS,
                     "50");
        expect_error(f, make_call_with(f, PACKAGES, "CompareVersions", "ss", "", "1"),
                     ERROR_INVALID_ARGS, "a is empty");
        expect_error(f, make_call_with(f, PACKAGES, "CompareVersions", "ss", "1", version),
                     ERROR_INVALID_ARGS, "b is longer than 1024");
        expect_error(f, make_call_with(f, PACKAGES, "GetDetails", "asa{sv}", 1, "", 0),
                     ERROR_INVALID_ARGS, "");
        expect_error(f, make_call_with(f, PACKAGES, "GetDetails", "asa{sv}", 1, name, 0),
                     ERROR_INVALID_ARGS, "");

        message = make_call(f, NULL, PACKAGES, "GetDetails");
        g_assert_cmpint(sd_bus_message_open_container(message, 'a', "s"), >=, 0);
        for (guint i = 0; i <= OMG_LIMIT_ROWS; i++)
                g_assert_cmpint(sd_bus_message_append_basic(message, 's', "bash"), >=, 0);
        g_assert_cmpint(sd_bus_message_close_container(message), >=, 0);
        g_assert_cmpint(sd_bus_message_append(message, "a{sv}", 0), >=, 0);
        expect_error(f, message, ERROR_INVALID_ARGS, "more than 1000");
}

/* Nothing could be read at all: the error is the snapshot's, at once. */
static void test_missing_databases(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(GError) error = g_error_new_literal(OMG_ERROR, OMG_ERROR_DATABASE_MISSING,
                                                      "/var/lib/pacman: run pacman -Sy");
        g_autoptr(GPtrArray) errors =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_source_error_free);
        OmgSnapshotParts parts = {.errors = errors};
        g_autoptr(OmgSnapshot) snapshot = NULL;

        g_ptr_array_add(errors, omg_source_error_new("sync", error));
        g_ptr_array_add(errors, omg_source_error_new("local", error));
        snapshot = omg_snapshot_new(&parts, 0);
        apply(f, 0, snapshot, error);
        expect_error(f, make_search(f, "vim"), "org.omgd1.Error.DatabaseMissing", "pacman -Sy");
        g_assert_cmpuint(f->service->metrics.refreshes_failed, ==, 1);
}

/* ---- waiting ---- */

/* Calls before the first load are answered after it, in any number up to the limit; the 65th of a
 * sender is refused at once, another sender's is not. */
static void test_wait_for_first_load(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func((GDestroyNotify)call_free);
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);

        for (guint i = 0; i <= OMG_LIMIT_CALLS_PER_SENDER; i++)
                g_ptr_array_add(calls, send_call(f, make_search(f, "bash"), ":1.7"));
        g_ptr_array_add(calls, send_call(f, make_search(f, "bash"), ":1.8"));
        settle(f);

        for (guint i = 0; i < calls->len; i++) {
                const Call *call = calls->pdata[i];
                if (i == OMG_LIMIT_CALLS_PER_SENDER)
                        g_assert_cmpstr(sd_bus_message_get_error(call->reply)->name, ==,
                                        ERROR_LIMITS);
                else
                        g_assert_null(call->reply);
        }
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, OMG_LIMIT_CALLS_PER_SENDER + 1);
        g_assert_cmpuint(f->service->metrics.limits_exceeded, ==, 1);

        apply(f, 0, snapshot, NULL);
        settle(f);
        for (guint i = 0; i < calls->len; i++)
                g_assert_nonnull(((Call *)calls->pdata[i])->reply);
        g_assert_null(sd_bus_message_get_error(((Call *)calls->pdata[0])->reply));
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
}

/* All senders together have a limit too. */
static void test_wait_total_limit(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func((GDestroyNotify)call_free);

        for (guint i = 0; i <= OMG_LIMIT_CALLS_TOTAL; i++) {
                g_autofree char *sender = g_strdup_printf(":1.%u", i / OMG_LIMIT_CALLS_PER_SENDER);
                g_ptr_array_add(calls, send_call(f, make_search(f, "bash"), sender));
                if (i % 32 == 0)
                        settle(f);
        }
        settle(f);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, OMG_LIMIT_CALLS_TOTAL);
        g_assert_cmpuint(f->service->metrics.limits_exceeded, ==, 1);
}

/* Calls that wait when omgd ends are told so. */
static void test_close(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(Call) waiting = send_call(f, make_search(f, "bash"), NULL);

        settle(f);
        omg_service_close(f->service);
        g_assert_cmpstr(sd_bus_message_get_error(await_reply(f, waiting))->name, ==,
                        ERROR_UNAVAILABLE);
        expect_error(f, make_search(f, "bash"), ERROR_UNAVAILABLE, "ending");
}

/* A peer that sends and does not read fills its socket: answers are held back, not dropped, and the
 * connection lives. */
static void test_slow_reader(void)
{
        enum { N_ROWS = 1000, N_CALLS = 90 };
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autofree FixturePackage *packages = g_new0(FixturePackage, N_ROWS + 1);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *description = g_strnfill(400, 'x');
        g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func((GDestroyNotify)call_free);
        g_autoptr(OmgSnapshot) snapshot = NULL;
        guint n_answered = 0, n_refused = 0;

        for (guint i = 0; i < N_ROWS; i++) {
                g_ptr_array_add(names, g_strdup_printf("pkg%04u", i));
                packages[i] = (FixturePackage){
                        .name = names->pdata[i], .version = "1-1", .description = description};
        }
        snapshot = fixture_snapshot(NULL, packages, "");
        apply(f, 0, snapshot, NULL);
        settle(f);

        /* The client's end is not looked at while the server works. */
        g_assert_cmpint(sd_bus_detach_event(f->client), >=, 0);
        for (guint i = 0; i < N_CALLS; i++)
                g_ptr_array_add(calls,
                                send_call(f,
                                          make_call_with(f, PACKAGES, "ListInstalled", "a{sv}", 0),
                                          NULL));
        settle(f);
        g_assert_cmpuint(f->service->metrics.calls_waiting, >, 0);

        g_assert_cmpint(sd_bus_attach_event(f->client, f->event, 0), >=, 0);
        settle(f);
        for (guint i = 0; i < calls->len; i++) {
                const Call *call = calls->pdata[i];
                g_assert_nonnull(call->reply);
                if (sd_bus_message_is_method_error(call->reply, ERROR_LIMITS))
                        n_refused++;
                else
                        n_answered++;
        }
        g_assert_cmpuint(n_answered + n_refused, ==, N_CALLS);
        g_assert_cmpuint(n_answered, >=, OMG_LIMIT_CALLS_PER_SENDER);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
}

/* However many calls a peer sends without reading, each of them is answered: what is over the limit
 * with LimitsExceeded. */
static void test_flood(void)
{
        enum { N_CALLS = 1500, N_AT_ONCE = 50 };
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func((GDestroyNotify)call_free);
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);
        int small = 4096;
        guint n_refused = 0;

        settle(f);
        /* sd-bus asks for 8 MiB. */
        g_assert_cmpint(
                setsockopt(sd_bus_get_fd(f->server), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
                ==, 0);
        /* The client's end is not looked at while the server works. */
        g_assert_cmpint(sd_bus_detach_event(f->client), >=, 0);
        for (guint i = 0; i < N_CALLS; i++) {
                g_ptr_array_add(calls, send_call(f, make_search(f, "bash"), NULL));
                if (i % N_AT_ONCE == N_AT_ONCE - 1)
                        settle(f);
        }
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, OMG_LIMIT_CALLS_PER_SENDER);
        g_assert_cmpuint(f->service->metrics.limits_exceeded, ==,
                         N_CALLS - OMG_LIMIT_CALLS_PER_SENDER);

        g_assert_cmpint(sd_bus_attach_event(f->client, f->event, 0), >=, 0);
        apply(f, 0, snapshot, NULL);
        settle(f);
        for (guint i = 0; i < calls->len; i++) {
                const Call *call = calls->pdata[i];
                g_assert_nonnull(call->reply);
                n_refused += sd_bus_message_is_method_error(call->reply, ERROR_LIMITS) > 0;
        }
        g_assert_cmpuint(n_refused, ==, N_CALLS - OMG_LIMIT_CALLS_PER_SENDER);
}

/* Without its connection a service is told to end, twice, and asks nothing of the old one. */
static void test_close_detached(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(Call) G_GNUC_UNUSED waiting = send_call(f, make_search(f, "bash"), NULL);

        settle(f);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 1);
        omg_service_detach(f->service);
        (void)sd_bus_detach_event(f->server);
        f->server = sd_bus_close_unref(f->server);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
        omg_service_close(f->service);
        omg_service_close(f->service);
        settle(f);
}

/* ---- a damaged index ---- */

/* A snapshot over a file that is then cut under the map. */
static OmgSnapshot *damaged_snapshot(void)
{
        int fd;
        OmgSnapshot *snapshot = file_snapshot(3, &fd);

        g_assert_cmpint(ftruncate(fd, 0), ==, 0);
        (void)close(fd);
        return snapshot;
}

/* The answer made from it is thrown away, a check is asked for once, and the call is answered from
 * the next snapshot. */
static void test_damaged_index(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(OmgSnapshot) damaged = damaged_snapshot();
        g_autoptr(OmgSnapshot) good = sample_snapshot(8);
        g_autoptr(Call) first = NULL, second = NULL;
        g_autofree char *names = NULL;

        apply(f, 0, damaged, NULL);
        first = send_call(f, make_call_with(f, PACKAGES, "ListInstalled", "a{sv}", 0), NULL);
        second = send_call(f, make_call_with(f, PACKAGES, "ListInstalled", "a{sv}", 0), NULL);
        settle(f);
        g_assert_null(first->reply);
        g_assert_null(second->reply);
        g_assert_cmpuint(f->requests->len, ==, 1);
        g_assert_cmpuint(g_array_index(f->requests, Request, 0).what, ==, OMG_REFRESH_ALL);
        g_assert_false(g_array_index(f->requests, Request, 0).force);

        apply(f, 0, good, NULL);
        names = join_names(await_reply(f, first), "sssssua{sv}");
        g_assert_cmpstr(names, ==, "bash firefox glibc my-scripts oldtool");
        (void)await_reply(f, second);
}

/* Damaged time and again: the call is not kept for ever. */
static void test_damaged_for_good(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(OmgSnapshot) damaged = damaged_snapshot();
        g_autoptr(Call) call = NULL;
        guint n = 0;

        apply(f, 0, damaged, NULL);
        call = send_call(f, make_call_with(f, PACKAGES, "ListInstalled", "a{sv}", 0), NULL);
        settle(f);
        while (!call->reply && n++ < 5) {
                apply(f, 0, damaged, NULL);
                settle(f);
        }
        g_assert_cmpuint(n, ==, 2);
        g_assert_cmpstr(sd_bus_message_get_error(call->reply)->name, ==, ERROR_UNAVAILABLE);
}

/* ---- signals ---- */

/* Nothing for the first load, nothing for a refresh that changed nothing, one of each kind for one
 * that changed everything. */
static void test_signals(void)
{
        static const FixturePackage sync[] = {
                {"core", "bash", "5.3-1", "The GNU shell", NULL, NULL, 0},
                {NULL, NULL, NULL, NULL, NULL, NULL, 0},
        };
        static const FixturePackage local[] = {
                {NULL, "bash", "5.1-1", "The GNU shell", NULL, NULL, OMG_PACKAGE_EXPLICIT},
                {NULL, NULL, NULL, NULL, NULL, NULL, 0},
        };
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autoptr(OmgSnapshot) same = sample_snapshot(7);
        g_autoptr(OmgSnapshot) other =
                fixture_snapshot(sync, local, "[core]\nServer = file:///c\n");

        apply(f, 0, same, NULL);
        settle(f);
        g_assert_cmpuint(count_signals(f, PACKAGES ".DatabasesChanged"), ==, 0);
        g_assert_cmpuint(count_signals(f, PACKAGES ".InstalledChanged"), ==, 0);
        g_assert_cmpuint(count_signals(f, PACKAGES ".UpdatesChanged"), ==, 0);

        other->generation = 9;
        apply(f, 0, other, NULL);
        settle(f);
        g_assert_cmpuint(count_signals(f, PACKAGES ".DatabasesChanged"), ==, 1);
        g_assert_cmpuint(count_signals(f, PACKAGES ".InstalledChanged"), ==, 1);
        g_assert_cmpuint(count_signals(f, PACKAGES ".UpdatesChanged"), ==, 1);
        g_assert_cmpstr(sd_bus_message_get_member(f->last_signal), ==, "UpdatesChanged");
        guint64 generation;
        guint32 count, security;
        g_assert_cmpint(sd_bus_message_read(f->last_signal, "tuu", &generation, &count, &security),
                        >, 0);
        g_assert_cmpuint(generation, ==, 9);
        g_assert_cmpuint(count, ==, 1);
        g_assert_cmpuint(security, ==, OMG_UNKNOWN);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus-packages/search/row", test_search_row);
        g_test_add_func("/bus-packages/search/meta", test_search_meta);
        g_test_add_func("/bus-packages/search/options", test_search_options);
        g_test_add_func("/bus-packages/lists", test_lists);
        g_test_add_func("/bus-packages/updates", test_updates);
        g_test_add_func("/bus-packages/details", test_details);
        g_test_add_func("/bus-packages/details/many", test_details_many);
        g_test_add_func("/bus-packages/suggest", test_suggest);
        g_test_add_func("/bus-packages/compare-versions", test_compare_versions);
        g_test_add_func("/bus-packages/invalid-options", test_invalid_options);
        g_test_add_func("/bus-packages/invalid-arguments", test_invalid_arguments);
        g_test_add_func("/bus-packages/missing-databases", test_missing_databases);
        g_test_add_func("/bus-packages/wait/first-load", test_wait_for_first_load);
        g_test_add_func("/bus-packages/wait/total-limit", test_wait_total_limit);
        g_test_add_func("/bus-packages/wait/close", test_close);
        g_test_add_func("/bus-packages/wait/slow-reader", test_slow_reader);
        g_test_add_func("/bus-packages/wait/flood", test_flood);
        g_test_add_func("/bus-packages/wait/close-detached", test_close_detached);
        g_test_add_func("/bus-packages/damaged/answered-later", test_damaged_index);
        g_test_add_func("/bus-packages/damaged/for-good", test_damaged_for_good);
        g_test_add_func("/bus-packages/signals", test_signals);
        return g_test_run();
}
