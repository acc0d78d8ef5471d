/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packages.QueryAur and its jobs as a peer sees them: what is refused before anything is asked,
 * which questions are one job, and what a result has. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/limits-aur.h"
#include "base/limits.h"
#include "bus-fixture.h"
#include "faces/service-aur.h"

static const FixturePackage packages[] = {
        {"aur", "a-git", "1-1", "The first", NULL, NULL, 0, "D:glibc P:a", .votes = 3,
         .popularity = 0.5, .maintainer = "somebody", .base = "a"},
        {"aur", "bb-git", "2-1", "The second", NULL, NULL, OMG_PACKAGE_NO_MAINTAINER},
        {"aur", "ccc-git", "3-1", "The third", NULL, NULL, 0},
        {NULL, NULL, NULL, NULL, NULL, NULL, 0},
};

static sd_bus_message *make_query(BusFixture *f, const char *by, const char *argument)
{
        return make_call_with(f, PACKAGES, "QueryAur", "sasa{sv}", by, 1, argument, 0);
}

/* The path of the job. */
static char *query(BusFixture *f, sd_bus_message *message, const char *sender)
{
        g_autoptr(Call) call = send_call(f, message, sender);
        const sd_bus_error *error = sd_bus_message_get_error(await_reply(f, call));
        const char *path;

        if (error)
                g_error("%s: %s", error->name, error->message);
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'o', &path), >, 0);
        return g_strdup(path);
}

static const AurRequest *get_request(BusFixture *f, guint index)
{
        g_assert_cmpuint(index, <, f->aur_requests->len);
        return &g_array_index(f->aur_requests, AurRequest, index);
}

static void end_dropped(BusFixture *f, const AurRequest *request, const FixturePackage *found,
                        guint n_dropped)
{
        g_autoptr(OmgLayer) layer = fixture_layer(OMG_LAYER_AUR, found);
        g_autoptr(OmgAurAnswer) answer =
                omg_aur_answer_new(request->question, layer, 1, n_dropped, 1780000000000000);

        omg_service_end_aur(f->service, &(OmgAurOutcome){.id = request->id,
                                                         .answer = answer,
                                                         .n_used = 7,
                                                         .day_usec = G_MAXUINT64});
}

static void end_with(BusFixture *f, const AurRequest *request, const FixturePackage *found)
{
        end_dropped(f, request, found, 0);
}

static void fail_with(BusFixture *f, guint64 id, int code, guint64 until_usec)
{
        g_autoptr(GError) error = g_error_new_literal(OMG_ERROR, code, "in words");

        omg_service_end_aur(f->service, &(OmgAurOutcome){.id = id,
                                                         .error = error,
                                                         .until_usec = until_usec,
                                                         .day_usec = G_MAXUINT64});
}

static guint64 get_metric(BusFixture *f, const char *name)
{
        g_autoptr(Call) call = expect_reply(f, make_call(f, NULL, MANAGER, "GetMetrics"), "a{st}");
        const char *key;
        guint64 value;

        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "{st}"), >, 0);
        while (sd_bus_message_read(call->reply, "{st}", &key, &value) > 0)
                if (g_str_equal(key, name))
                        return value;
        g_error("no %s", name);
}

/* The result behind its status. */
static Call *get_result(BusFixture *f, const char *path, int expected)
{
        Call *call = expect_reply(f, make_call(f, path, JOB, "GetResult"), "issa{sv}");
        int status;

        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'i', &status), >, 0);
        g_assert_cmpint(status, ==, expected);
        g_assert_cmpint(sd_bus_message_skip(call->reply, "ss"), >=, 0);
        return call;
}

static guint32 get_total(BusFixture *f, const char *path)
{
        g_autoptr(Call) call = get_result(f, path, 0);
        guint32 total;

        enter_key(call->reply, "total", "u");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'u', &total), >, 0);
        return total;
}

/* The names of the packages of a result, joined by blanks. */
static char *join_packages(BusFixture *f, const char *path)
{
        g_autoptr(Call) call = get_result(f, path, 0);
        GString *names = g_string_new(NULL);
        const char *name;

        enter_key(call->reply, "packages", "a(sa{sv})");
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "(sa{sv})"), >, 0);
        while (sd_bus_message_enter_container(call->reply, 'r', "sa{sv}") > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &name), >, 0);
                g_string_append_printf(names, "%s%s", names->len > 0 ? " " : "", name);
                g_assert_cmpint(sd_bus_message_skip(call->reply, "a{sv}"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(call->reply), >=, 0);
        }
        return g_string_free(names, FALSE);
}

static void expect_packages(BusFixture *f, const char *path, const char *expected)
{
        g_autofree char *names = join_packages(f, path);
        g_assert_cmpstr(names, ==, expected);
}

/* What is no question is refused, and nothing is asked; nor needs any of it data. */
static void test_arguments(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        sd_bus_message *message;

        expect_error(f, make_query(f, "color", "vim"), ERROR_INVALID_ARGS, "by: \"color\"");
        expect_error(f, make_query(f, "name", "v"), ERROR_INVALID_ARGS, "fewer than 2");
        expect_error(f, make_query(f, "info", "-v"), ERROR_INVALID_ARGS, "begins with");
        expect_error(f, make_call_with(f, PACKAGES, "QueryAur", "sasa{sv}", "info", 0, 0),
                     ERROR_INVALID_ARGS, "empty");
        expect_error(
                f, make_call_with(f, PACKAGES, "QueryAur", "sasa{sv}", "depends", 2, "aa", "bb", 0),
                ERROR_INVALID_ARGS, "exactly one");
        expect_error(f,
                     make_call_with(f, PACKAGES, "QueryAur", "sasa{sv}", "name", 1, "vim", 1,
                                    "limit", "u", OMG_LIMIT_ROWS + 1),
                     ERROR_INVALID_ARGS, "more than 1000");
        expect_error(f,
                     make_call_with(f, PACKAGES, "QueryAur", "sasa{sv}", "name", 1, "vim", 1,
                                    "max-age", "s", "x"),
                     ERROR_INVALID_ARGS, "max-age");
        message = make_call(f, NULL, PACKAGES, "QueryAur");
        g_assert_cmpint(sd_bus_message_append(message, "s", "info"), >=, 0);
        g_assert_cmpint(sd_bus_message_open_container(message, 'a', "s"), >=, 0);
        for (guint i = 0; i <= OMG_LIMIT_ROWS; i++)
                g_assert_cmpint(sd_bus_message_append(message, "s", "x"), >=, 0);
        g_assert_cmpint(sd_bus_message_close_container(message), >=, 0);
        g_assert_cmpint(sd_bus_message_append(message, "a{sv}", 0), >=, 0);
        expect_error(f, message, ERROR_INVALID_ARGS, "arguments");
        g_assert_cmpuint(f->aur_requests->len, ==, 0);
        g_assert_cmpuint(get_metric(f, "jobs-total"), ==, 0);
}

/* What goes to the worker: the options, and what they are when they are not given. */
static void test_options(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autofree char *plain = query(f, make_query(f, "depends", "glibc"), NULL);
        g_autofree char *background = query(
                f,
                make_call_with(f, PACKAGES, "QueryAur", "sasa{sv}", "name", 1, "vim", 3, "max-age",
                               "u", 0, "background", "b", TRUE, "allow-metered", "b", TRUE),
                NULL);
        const AurRequest *first = get_request(f, 0), *second = get_request(f, 1);

        g_assert_cmpint(first->question->by, ==, OMG_AUR_BY_DEPENDS);
        g_assert_cmpstr(first->question->arguments[0], ==, "glibc");
        g_assert_cmpuint(first->max_age_sec, ==, OMG_AUR_MAX_AGE_SEC);
        g_assert_cmpuint(first->how, ==, OMG_REFRESH_FOREGROUND);
        g_assert_cmpuint(second->max_age_sec, ==, 0);
        g_assert_cmpuint(second->how, ==, OMG_REFRESH_ALLOW_METERED);
        g_assert_cmpstr(plain, !=, background);
}

static void expect_property(BusFixture *f, const char *path, const char *name, const char *expected)
{
        sd_bus_message *message = make_call(f, path, "org.freedesktop.DBus.Properties", "Get");
        g_autoptr(Call) call = NULL;
        const char *value;

        g_assert_cmpint(sd_bus_message_append(message, "ss", JOB, name), >=, 0);
        call = expect_reply(f, message, "v");
        g_assert_cmpint(sd_bus_message_read(call->reply, "v", "s", &value), >, 0);
        g_assert_cmpstr(value, ==, expected);
}

/* Equal questions that are not answered are one job, whose owner is the first; another page is
 * another job, and so is an answer that must be younger. */
static void test_one_job(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autofree char *a = query(f, make_query(f, "name", "git"), ":1.1");
        g_autofree char *b = query(f, make_query(f, "name", "git"), ":1.2");
        g_autofree char *c = query(f, make_query(f, "name-desc", "git"), ":1.2");
        g_autofree char *d = query(f,
                                   make_call_with(f, PACKAGES, "QueryAur", "sasa{sv}", "name", 1,
                                                  "git", 1, "offset", "u", 1),
                                   ":1.1");
        g_autofree char *e = query(f,
                                   make_call_with(f, PACKAGES, "QueryAur", "sasa{sv}", "name", 1,
                                                  "git", 1, "max-age", "u", 0),
                                   ":1.1");
        g_autofree char *g = query(f,
                                   make_call_with(f, PACKAGES, "QueryAur", "sasa{sv}", "name", 1,
                                                  "git", 1, "max-age", "u", 3000),
                                   ":1.1");

        g_assert_cmpstr(a, ==, b);
        g_assert_cmpstr(a, !=, c);
        g_assert_cmpstr(a, !=, d);
        g_assert_cmpstr(a, !=, e);
        g_assert_cmpstr(a, ==, g);
        g_assert_cmpuint(f->aur_requests->len, ==, 4);
        expect_property(f, a, "Owner", ":1.1");
        expect_property(f, a, "Kind", "aur-query");
        expect_property(f, a, "State", "queued");

        end_with(f, get_request(f, 0), packages);
        g_autofree char *h = query(f, make_query(f, "name", "git"), ":1.2");
        g_assert_cmpstr(e, ==, h);
        end_with(f, get_request(f, 3), packages);
        g_autofree char *i = query(f, make_query(f, "name", "git"), ":1.2");
        g_assert_cmpstr(a, !=, i);
        g_assert_cmpstr(e, !=, i);
        g_assert_cmpuint(get_metric(f, "aur-queries"), ==, 5);
}

/* The whole answer, a page of it, and what is behind its end. */
static void test_result(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autofree char *all = query(f, make_query(f, "name", "git"), NULL);
        g_autofree char *page = query(f,
                                      make_call_with(f, PACKAGES, "QueryAur", "sasa{sv}", "name", 1,
                                                     "git", 2, "offset", "u", 1, "limit", "u", 1),
                                      NULL);
        g_autofree char *behind = query(f,
                                        make_call_with(f, PACKAGES, "QueryAur", "sasa{sv}", "name",
                                                       1, "git", 1, "offset", "u", 4),
                                        NULL);

        expect_error(f, make_call(f, all, JOB, "GetResult"), "org.omgd1.Error.Busy", "queued");
        omg_service_progress(f->service, get_request(f, 0)->id, "fetching", 0);
        expect_property(f, all, "Stage", "fetching");
        for (guint i = 0; i < 3; i++)
                end_with(f, get_request(f, i), packages);
        expect_packages(f, all, "a-git bb-git ccc-git");
        expect_packages(f, page, "bb-git");
        expect_packages(f, behind, "");
        g_assert_cmpuint(get_total(f, page), ==, 3);
        g_assert_cmpuint(get_total(f, behind), ==, 3);
        g_assert_cmpuint(get_metric(f, "aur-requests-today"), ==, 7);
        g_assert_cmpuint(get_metric(f, "aur-requests-left"), ==,
                         OMG_LIMIT_AUR_REQUESTS_PER_DAY - 7);
}

/* The counters are those of the day: behind its end nothing is used. */
static void test_midnight(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();

        omg_service_end_aur(f->service, &(OmgAurOutcome){.n_used = 7, .day_usec = 1});
        g_assert_cmpuint(get_metric(f, "aur-requests-today"), ==, 0);
        g_assert_cmpuint(get_metric(f, "aur-requests-left"), ==, OMG_LIMIT_AUR_REQUESTS_PER_DAY);
}

/* The keys of a package: what it has, and nothing that it has not. */
static void test_keys(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autofree char *path = query(f, make_query(f, "info", "a-git"), NULL);
        g_autoptr(GString) keys = g_string_new(NULL);
        const char *key;

        end_with(f, get_request(f, 0), packages);
        g_autoptr(Call) call = get_result(f, path, 0);
        enter_key(call->reply, "packages", "a(sa{sv})");
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "(sa{sv})"), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'r', "sa{sv}"), >, 0);
        g_assert_cmpint(sd_bus_message_skip(call->reply, "s"), >=, 0);
        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "{sv}"), >, 0);
        while (sd_bus_message_enter_container(call->reply, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &key), >, 0);
                g_string_append_printf(keys, "%s ", key);
                g_assert_cmpint(sd_bus_message_skip(call->reply, "v"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(call->reply), >=, 0);
        }
        g_assert_cmpstr(keys->str, ==,
                        "repository name version description base provides depends maintainer "
                        "votes popularity ");
}

/* Names that the AUR does not have; and the signal has all but the packages. */
static void test_missing(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autofree char *path = query(f,
                                      make_call_with(f, PACKAGES, "QueryAur", "sasa{sv}", "info", 4,
                                                     "zz", "ccc-git", "bb-git", "aa", 0),
                                      NULL);
        g_auto(GStrv) missing = NULL;
        const char *key;

        end_with(f, get_request(f, 0), packages);
        expect_packages(f, path, "bb-git ccc-git");
        g_autoptr(Call) call = get_result(f, path, 0);
        enter_key(call->reply, "missing", "as");
        g_assert_cmpint(sd_bus_message_read_strv(call->reply, &missing), >, 0);
        g_assert_cmpstr(missing[0], ==, "aa");
        g_assert_cmpstr(missing[1], ==, "zz");
        g_assert_null(missing[2]);

        settle(f);
        g_assert_cmpuint(count_signals(f, JOB ".Completed"), ==, 1);
        g_assert_cmpstr(sd_bus_message_get_member(f->last_signal), ==, "Completed");
        g_assert_cmpint(sd_bus_message_skip(f->last_signal, "iss"), >=, 0);
        g_assert_cmpint(sd_bus_message_enter_container(f->last_signal, 'a', "{sv}"), >, 0);
        g_autoptr(GString) keys = g_string_new(NULL);
        while (sd_bus_message_enter_container(f->last_signal, 'e', "sv") > 0) {
                g_assert_cmpint(sd_bus_message_read_basic(f->last_signal, 's', &key), >, 0);
                g_string_append_printf(keys, "%s ", key);
                g_assert_cmpint(sd_bus_message_skip(f->last_signal, "v"), >=, 0);
                g_assert_cmpint(sd_bus_message_exit_container(f->last_signal), >=, 0);
        }
        g_assert_cmpstr(keys->str, ==, "total as-of cached missing ");
}

static guint read_names(BusFixture *f, const char *path, const char *key)
{
        g_autoptr(Call) call = get_result(f, path, 0);
        g_auto(GStrv) names = NULL;

        enter_key(call->reply, key, "as");
        g_assert_cmpint(sd_bus_message_read_strv(call->reply, &names), >=, 0);
        return names ? g_strv_length(names) : 0;
}

/* With a record that makes no sense nobody knows which name it was of. */
static void test_dropped(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autofree char *path = query(
                f, make_call_with(f, PACKAGES, "QueryAur", "sasa{sv}", "info", 2, "zz", "a-git", 0),
                NULL);

        end_dropped(f, get_request(f, 0), packages, 1);
        expect_packages(f, path, "a-git");
        g_assert_cmpuint(read_names(f, path, "missing"), ==, 0);
        g_assert_cmpuint(read_names(f, path, "unknown"), ==, 1);
}

/* More packages than are said at once, and more than a result has. */
static void test_many(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autofree FixturePackage *many = g_new0(FixturePackage, OMG_LIMIT_ROWS + 2);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *path = query(f, make_query(f, "name", "git"), NULL);

        for (guint i = 0; i <= OMG_LIMIT_ROWS; i++) {
                g_ptr_array_add(names, g_strdup_printf("n%04u", i));
                many[i] = (FixturePackage){"aur", names->pdata[i], "1-1", "x", NULL, NULL, 0};
        }
        end_with(f, get_request(f, 0), many);
        g_autofree char *got = join_packages(f, path);
        g_auto(GStrv) words = g_strsplit(got, " ", -1);
        g_assert_cmpuint(g_strv_length(words), ==, OMG_LIMIT_ROWS);
        g_assert_cmpstr(words[OMG_LIMIT_ROWS - 1], ==, "n0999");
        g_assert_cmpuint(get_total(f, path), ==, OMG_LIMIT_ROWS + 1);
}

/* Packages of so much text that no message should hold them: the result is cut, and says so. */
static void test_large(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autofree char *text = g_strnfill(OMG_LIMIT_AUR_RESULT_BYTES / 2 - 1000, 'x');
        const FixturePackage large[] = {
                {"aur", "a-git", "1-1", text, NULL, NULL, 0},
                {"aur", "b-git", "1-1", text, NULL, NULL, 0},
                {"aur", "c-git", "1-1", text, NULL, NULL, 0},
                {NULL, NULL, NULL, NULL, NULL, NULL, 0},
        };
        g_autofree char *path = query(f, make_query(f, "name", "git"), NULL);

        end_with(f, get_request(f, 0), large);
        expect_packages(f, path, "a-git b-git");
        g_assert_cmpuint(get_total(f, path), ==, 3);
}

/* An error is one of the job, with when to ask again where that is known. */
static void test_error(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autofree char *limited = query(f, make_query(f, "name", "git"), NULL);
        g_autofree char *offline = query(f, make_query(f, "name", "vim"), NULL);
        guint64 until;

        fail_with(f, get_request(f, 0)->id, OMG_ERROR_UPSTREAM_RATE_LIMITED, 1780000000000000);
        fail_with(f, get_request(f, 1)->id, OMG_ERROR_OFFLINE, 0);
        fail_with(f, 12345, OMG_ERROR_OFFLINE, 0);
        g_autoptr(Call) first = get_result(f, limited, 1);
        enter_key(first->reply, "until", "t");
        g_assert_cmpint(sd_bus_message_read_basic(first->reply, 't', &until), >, 0);
        g_assert_cmpuint(until, ==, 1780000000000000);
        g_autoptr(Call) second = get_result(f, offline, 1);
        g_assert_cmpint(sd_bus_message_enter_container(second->reply, 'a', "{sv}"), >=, 0);
        g_assert_cmpint(sd_bus_message_at_end(second->reply, FALSE), >, 0);
}

static sd_bus_message *make_cancel(BusFixture *f, const char *path)
{
        sd_bus_message *message = make_call(f, path, JOB, "Cancel");

        g_assert_cmpint(sd_bus_message_append(message, "a{sv}", 0), >=, 0);
        return message;
}

/* Cancelling goes to where the question waits, not to the refreshes. */
static void test_cancel(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        g_autofree char *path = query(f, make_query(f, "name", "git"), NULL);

        call_free(expect_reply(f, make_cancel(f, path), ""));
        g_assert_cmpuint(f->cancels->len, ==, 0);
        g_assert_cmpuint(f->aur_cancels->len, ==, 1);
        g_assert_cmpuint(g_array_index(f->aur_cancels, guint64, 0), ==, get_request(f, 0)->id);
        fail_with(f, get_request(f, 0)->id, OMG_ERROR_CANCELLED, 0);
        call_free(get_result(f, path, 2));
        end_with(f, get_request(f, 0), packages);
        expect_property(f, path, "State", "cancelled");
}

/* As many questions as may wait, of several senders, and one more; an equal one costs nothing. */
static void test_limit(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();

        for (guint i = 0; i < OMG_LIMIT_AUR_QUESTIONS; i++) {
                g_autofree char *text = g_strdup_printf("text%u", i);
                g_autofree char *sender = g_strdup_printf(":%u.1", 1 + i / 16);
                g_free(query(f, make_query(f, "name", text), sender));
        }
        expect_error(f, make_query(f, "name", "one-more"), ERROR_LIMITS, "64 questions");
        g_free(query(f, make_query(f, "name", "text0"), ":9.1"));
        g_assert_cmpuint(f->aur_requests->len, ==, OMG_LIMIT_AUR_QUESTIONS);
        end_with(f, get_request(f, 0), packages);
        g_free(query(f, make_query(f, "name", "one-more"), ":9.1"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus-aur-query/arguments", test_arguments);
        g_test_add_func("/bus-aur-query/options", test_options);
        g_test_add_func("/bus-aur-query/one-job", test_one_job);
        g_test_add_func("/bus-aur-query/result", test_result);
        g_test_add_func("/bus-aur-query/midnight", test_midnight);
        g_test_add_func("/bus-aur-query/keys", test_keys);
        g_test_add_func("/bus-aur-query/missing", test_missing);
        g_test_add_func("/bus-aur-query/dropped", test_dropped);
        g_test_add_func("/bus-aur-query/many", test_many);
        g_test_add_func("/bus-aur-query/large", test_large);
        g_test_add_func("/bus-aur-query/error", test_error);
        g_test_add_func("/bus-aur-query/cancel", test_cancel);
        g_test_add_func("/bus-aur-query/limit", test_limit);
        return g_test_run();
}
