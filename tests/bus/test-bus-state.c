/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The members of org.omgd1.Manager that are about omgd's own state: nudges, caches, inhibitors. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "bus-fixture.h"

static BusFixture *loaded_fixture_new(void)
{
        BusFixture *fixture = bus_fixture_new();
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);

        apply(fixture, 0, snapshot, NULL);
        return fixture;
}

static sd_bus_message *make_inhibit(BusFixture *f, const char *what, const char *who,
                                    const char *why)
{
        return make_call_with(f, MANAGER, "Inhibit", "sss", what, who, why);
}

/* The descriptor of a new inhibitor, the caller's own. */
static int inhibit(BusFixture *f, const char *what, const char *sender)
{
        g_autoptr(Call) call = send_call(f, make_inhibit(f, what, "test", "to see"), sender);
        int fd, copy;

        g_assert_null(sd_bus_message_get_error(await_reply(f, call)));
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'h', &fd), >, 0);
        copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        g_assert_cmpint(copy, >=, 0);
        return copy;
}

/* The property, with blanks in between. */
static char *get_inhibited(BusFixture *f)
{
        sd_bus_message *message = make_call(f, NULL, "org.freedesktop.DBus.Properties", "Get");
        g_autoptr(Call) call = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        const char *word;

        g_assert_cmpint(sd_bus_message_append(message, "ss", MANAGER, "Inhibited"), >=, 0);
        call = expect_reply(f, message, "v");
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'v', "as"), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "s"), >, 0);
        while (sd_bus_message_read_basic(call->reply, 's', &word) > 0)
                g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", word);
        return g_strdup(text->str);
}

static void expect_inhibited(BusFixture *f, const char *expected)
{
        g_autofree char *found = get_inhibited(f);
        g_assert_cmpstr(found, ==, expected);
}

static guint count_changes(BusFixture *f)
{
        return count_signals(f, "org.freedesktop.DBus.Properties.PropertiesChanged");
}

/* Held until the last copy of its descriptor is closed, whatever is written into it; the property
 * says what is held in all, and its signal comes when that changes. */
static void test_inhibit(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        settle(f);
        guint before = count_changes(f);
        int first = inhibit(f, "refresh:idle-exit:refresh", ":1.1");

        settle(f);
        expect_inhibited(f, "idle-exit refresh");
        g_assert_cmpuint(count_changes(f), ==, before + 1);
        g_assert_cmpuint(omg_inhibitors_get(f->service->inhibitors), ==,
                         OMG_INHIBIT_IDLE_EXIT | OMG_INHIBIT_REFRESH);

        int second = inhibit(f, "idle-exit", ":1.2");
        int copy = dup(first);
        settle(f);
        g_assert_cmpuint(count_changes(f), ==, before + 1);
        g_assert_cmpint(write(first, "noise", 5), ==, 5);
        (void)close(first);
        settle(f);
        expect_inhibited(f, "idle-exit refresh");
        (void)close(copy);
        settle(f);
        expect_inhibited(f, "idle-exit");
        g_assert_cmpuint(count_changes(f), ==, before + 2);
        (void)close(second);
        settle(f);
        expect_inhibited(f, "");
        g_assert_cmpuint(count_changes(f), ==, before + 3);
}

/* It outlives the connection it was asked over. */
static void test_detached(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        int fd = inhibit(f, "network", NULL);

        omg_service_detach(f->service);
        settle(f);
        g_assert_cmpuint(omg_inhibitors_get(f->service->inhibitors), ==, OMG_INHIBIT_NETWORK);
        (void)close(fd);
        settle(f);
        g_assert_cmpuint(omg_inhibitors_get(f->service->inhibitors), ==, 0);
}

static void test_list(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        guint64 begin = (guint64)g_get_real_time();
        int one = inhibit(f, "network:refresh", ":1.1"), two = inhibit(f, "idle-exit", ":1.2");
        g_autoptr(Call) call =
                expect_reply(f, make_call(f, NULL, MANAGER, "ListInhibitors"), "a(asssst)");
        const char *a, *b, *who, *why, *sender;
        guint64 since;

        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "(asssst)"), >, 0);
        g_assert_cmpint(sd_bus_message_read(call->reply, "(asssst)", 2, &a, &b, &who, &why, &sender,
                                            &since),
                        >, 0);
        g_assert_cmpstr(a, ==, "refresh");
        g_assert_cmpstr(b, ==, "network");
        g_assert_cmpstr(who, ==, "test");
        g_assert_cmpstr(why, ==, "to see");
        g_assert_cmpstr(sender, ==, ":1.1");
        g_assert_cmpuint(since, >=, begin);
        g_assert_cmpint(
                sd_bus_message_read(call->reply, "(asssst)", 1, &a, &who, &why, &sender, &since), >,
                0);
        g_assert_cmpstr(a, ==, "idle-exit");
        g_assert_cmpint(sd_bus_message_at_end(call->reply, 0), >, 0);
        (void)close(one);
        (void)close(two);
}

static void test_inhibit_invalid(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autofree char *most = g_strnfill(OMG_LIMIT_INHIBIT_TEXT, 'x');
        g_autofree char *more = g_strconcat(most, "x", NULL);
        g_autofree char *words = g_strnfill(OMG_LIMIT_INHIBIT_TEXT + 1, ':');
        g_autoptr(Call) call = NULL;

        expect_error(f, make_inhibit(f, "", "a", "b"), ERROR_INVALID_ARGS, "what: is empty");
        expect_error(f, make_inhibit(f, "sleep", "a", "b"), ERROR_INVALID_ARGS, "\"sleep\"");
        expect_error(f, make_inhibit(f, "refresh:", "a", "b"), ERROR_INVALID_ARGS, "\"\"");
        expect_error(f, make_inhibit(f, words, "a", "b"), ERROR_INVALID_ARGS, "what: longer");
        expect_error(f, make_inhibit(f, "refresh", "", "b"), ERROR_INVALID_ARGS, "who: is empty");
        expect_error(f, make_inhibit(f, "refresh", "a", ""), ERROR_INVALID_ARGS, "why: is empty");
        expect_error(f, make_inhibit(f, "refresh", more, "b"), ERROR_INVALID_ARGS,
                     "who: longer than 255 bytes");
        expect_error(f, make_inhibit(f, "refresh", "a", more), ERROR_INVALID_ARGS, "why: longer");
        expect_inhibited(f, "");
        call = expect_reply(f, make_inhibit(f, "refresh", most, most), "h");
        expect_inhibited(f, "refresh");
}

/* So many of a sender, so many in all; one that ends makes room. */
static void test_inhibit_limits(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        int fds[OMG_LIMIT_INHIBITORS_TOTAL];
        guint n = 0;

        for (; n < OMG_LIMIT_INHIBITORS_PER_SENDER; n++)
                fds[n] = inhibit(f, "refresh", ":1.0");
        g_autoptr(Call) refused = send_call(f, make_inhibit(f, "refresh", "a", "b"), ":1.0");
        g_assert_true(sd_bus_error_has_name(sd_bus_message_get_error(await_reply(f, refused)),
                                            ERROR_LIMITS));
        for (; n < OMG_LIMIT_INHIBITORS_TOTAL; n++) {
                g_autofree char *sender =
                        g_strdup_printf(":1.%u", n / OMG_LIMIT_INHIBITORS_PER_SENDER);
                fds[n] = inhibit(f, "refresh", sender);
        }
        g_autoptr(Call) full = send_call(f, make_inhibit(f, "refresh", "a", "b"), ":1.99");
        g_assert_true(sd_bus_error_has_name(sd_bus_message_get_error(await_reply(f, full)),
                                            ERROR_LIMITS));
        (void)close(fds[--n]);
        settle(f);
        fds[n++] = inhibit(f, "refresh", ":1.99");
        while (n > 0)
                (void)close(fds[--n]);
        settle(f);
        expect_inhibited(f, "");
}

static sd_bus_message *make_refresh(BusFixture *f, gboolean background)
{
        return make_call_with(f, MANAGER, "Refresh", "asa{sv}", 0, 1, "background", "b",
                              background);
}

/* What somebody waits for is done in any case. */
static void test_refresh_inhibited(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        int fd = inhibit(f, "refresh", NULL);
        g_autoptr(Call) call = NULL, later = NULL;

        expect_error(f, make_refresh(f, TRUE), "org.omgd1.Error.Inhibited", "test");
        g_assert_cmpuint(f->requests->len, ==, 0);
        call = expect_reply(f, make_refresh(f, FALSE), "o");
        g_assert_cmpuint(f->requests->len, ==, 1);
        (void)close(fd);
        settle(f);
        later = expect_reply(f, make_refresh(f, TRUE), "o");
}

static void run_until(BusFixture *f, guint n_requests)
{
        while (f->requests->len < n_requests)
                g_assert_cmpint(sd_event_run(f->event, 10 * G_USEC_PER_SEC), >, 0);
}

static void nudge(BusFixture *f, const char *reason)
{
        g_autoptr(Call) call =
                expect_reply(f, make_call_with(f, MANAGER, "StateHasChanged", "s", reason), "");
}

/* A flood has one look; what comes after it has another, which takes its time. */
static void test_nudge(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        guint64 first, begin = omg_clock_now();

        for (int i = 0; i < 200; i++)
                nudge(f, "");
        run_until(f, 1);
        first = omg_clock_now();
        g_assert_cmpuint(first - begin, >=, OMG_NUDGE_MSEC * 1000);
        g_assert_cmpuint(g_array_index(f->requests, Request, 0).id, ==, 0);
        g_assert_cmpuint(g_array_index(f->requests, Request, 0).what, ==, OMG_REFRESH_ALL);
        g_assert_false(g_array_index(f->requests, Request, 0).force);
        nudge(f, "again");
        run_until(f, 2);
        /* The clock of the timer is the event loop's, read before ours. */
        g_assert_cmpuint(omg_clock_now() - first, >=, (OMG_NUDGE_PAUSE_MSEC - 100) * 1000);
        g_assert_cmpuint(f->requests->len, ==, 2);
}

static void test_nudge_invalid(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autofree char *most = g_strnfill(OMG_LIMIT_REASON, 'x');
        g_autofree char *more = g_strconcat(most, "x", NULL);

        expect_error(f, make_call_with(f, MANAGER, "StateHasChanged", "s", more),
                     ERROR_INVALID_ARGS, "reason: longer than 255 bytes");
        nudge(f, most);
        run_until(f, 1);
}

/* @outer: the entry that it stands in, or NULL. */
static guint64 read_number(sd_bus_message *message, const char *outer, const char *key, char type)
{
        guint64 wide = 0;
        guint32 narrow = 0;
        const char signature[] = {type, '\0'};

        g_assert_cmpint(sd_bus_message_rewind(message, 1), >=, 0);
        if (outer)
                enter_key(message, outer, "a{sv}");
        enter_key(message, key, signature);
        g_assert_cmpint(
                sd_bus_message_read_basic(message, type, type == 'u' ? (void *)&narrow : &wide), >,
                0);
        return type == 'u' ? narrow : wide;
}

static void fill_cache(BusFixture *f)
{
        omg_cache_put(f->service->replies, 7, "key", 3, "value", 5, omg_clock_now());
        f->service->metrics.cache_hits = 4;
        f->service->metrics.cache_misses = 5;
}

/* What is kept, its bounds, and the index files. */
static void test_cache_info(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autoptr(Call) call = NULL;
        sd_bus_message *m;
        const char *name;
        guint64 size, built;

        fill_cache(f);
        call = expect_reply(f, make_call(f, NULL, MANAGER, "GetCacheInfo"), "a{sv}");
        m = call->reply;
        g_assert_cmpuint(read_number(m, NULL, "generation", 't'), ==, 7);
        g_assert_cmpint(sd_bus_message_rewind(m, 1), >=, 0);
        enter_key(m, "index", "a(stt)");
        g_assert_cmpint(sd_bus_message_enter_container(m, 'a', "(stt)"), >, 0);
        g_assert_cmpint(sd_bus_message_read(m, "(stt)", &name, &size, &built), >, 0);
        g_assert_cmpstr(name, ==, "sync.idx");
        g_assert_cmpuint(size, >, 1000);
        g_assert_cmpint(sd_bus_message_read(m, "(stt)", &name, &size, &built), >, 0);
        g_assert_cmpstr(name, ==, "local.idx");
        g_assert_cmpint(sd_bus_message_at_end(m, 0), >, 0);

        g_assert_cmpuint(read_number(m, "replies", "entries", 'u'), ==, 1);
        g_assert_cmpuint(read_number(m, "replies", "bytes", 't'), >=, 8);
        g_assert_cmpuint(read_number(m, "replies", "hits", 't'), ==, 4);
        g_assert_cmpuint(read_number(m, "replies", "misses", 't'), ==, 5);
        g_assert_cmpuint(read_number(m, "replies", "max-entries", 'u'), ==,
                         OMG_LIMIT_CACHE_ENTRIES);
        g_assert_cmpuint(read_number(m, "replies", "max-bytes", 't'), ==, OMG_LIMIT_CACHE_BYTES);
        g_assert_cmpuint(read_number(m, "replies", "ttl", 'u'), ==, OMG_LIMIT_CACHE_SEC);
}

/* Before the first load there is neither a generation nor a file. */
static void test_cache_info_early(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autoptr(Call) call =
                expect_reply(f, make_call(f, NULL, MANAGER, "GetCacheInfo"), "a{sv}");
        const char *key;
        guint n = 0;

        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "{sv}"), >, 0);
        while (sd_bus_message_enter_container(call->reply, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &key), >, 0);
                g_assert_cmpstr(key, !=, "generation");
                g_assert_cmpint(sd_bus_message_skip(call->reply, "v"), >, 0);
                g_assert_cmpint(sd_bus_message_exit_container(call->reply), >=, 0);
                n++;
        }
        g_assert_cmpuint(n, ==, 2);
}

static guint count_kept(BusFixture *f)
{
        return omg_cache_count(f->service->replies, omg_clock_now());
}

static void test_clear_cache(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autoptr(Call) one = NULL, all = NULL;

        fill_cache(f);
        expect_error(f,
                     make_call_with(f, MANAGER, "ClearCache", "asa{sv}", 2, "replies", "index", 0),
                     ERROR_INVALID_ARGS, "\"index\" is no cache");
        g_assert_cmpuint(count_kept(f), ==, 1);
        one = expect_reply(f, make_call_with(f, MANAGER, "ClearCache", "asa{sv}", 1, "replies", 0),
                           "");
        g_assert_cmpuint(count_kept(f), ==, 0);
        fill_cache(f);
        all = expect_reply(f, make_call_with(f, MANAGER, "ClearCache", "asa{sv}", 0, 0), "");
        g_assert_cmpuint(count_kept(f), ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/state/inhibit", test_inhibit);
        g_test_add_func("/state/inhibit-detached", test_detached);
        g_test_add_func("/state/inhibit-list", test_list);
        g_test_add_func("/state/inhibit-invalid", test_inhibit_invalid);
        g_test_add_func("/state/inhibit-limits", test_inhibit_limits);
        g_test_add_func("/state/refresh-inhibited", test_refresh_inhibited);
        g_test_add_func("/state/nudge", test_nudge);
        g_test_add_func("/state/nudge-invalid", test_nudge_invalid);
        g_test_add_func("/state/cache-info", test_cache_info);
        g_test_add_func("/state/cache-info-early", test_cache_info_early);
        g_test_add_func("/state/clear-cache", test_clear_cache);
        return g_test_run();
}
