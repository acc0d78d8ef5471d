/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Manager and org.omgd1.Job as a peer sees them: jobs, their signals, limits, metrics. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "bus-fixture.h"
#include "faces/service-background.h"

static BusFixture *loaded_fixture_new(void)
{
        BusFixture *fixture = bus_fixture_new();
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);

        apply(fixture, 0, snapshot, NULL);
        return fixture;
}

/* Asks for a refresh and returns the job's path. */
static char *refresh(BusFixture *f, sd_bus_message *message, const char *sender)
{
        g_autoptr(Call) call = send_call(f, message, sender);
        const char *path;

        g_assert_null(sd_bus_message_get_error(await_reply(f, call)));
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'o', &path), >, 0);
        return g_strdup(path);
}

static sd_bus_message *make_refresh(BusFixture *f, const char *what)
{
        return make_call_with(f, MANAGER, "Refresh", "asa{sv}", 1, what, 0);
}

static char *get_property(BusFixture *f, const char *path, const char *name)
{
        sd_bus_message *message = make_call(f, path, "org.freedesktop.DBus.Properties", "Get");
        g_autoptr(Call) call = NULL;
        const char *value;

        g_assert_cmpint(sd_bus_message_append(message, "ss", JOB, name), >=, 0);
        call = expect_reply(f, message, "v");
        g_assert_cmpint(sd_bus_message_read(call->reply, "v", "s", &value), >, 0);
        return g_strdup(value);
}

static void expect_state(BusFixture *f, const char *path, const char *expected)
{
        g_autofree char *state = get_property(f, path, "State");
        g_assert_cmpstr(state, ==, expected);
}

static sd_bus_message *make_cancel(BusFixture *f, const char *path)
{
        sd_bus_message *message = make_call(f, path, JOB, "Cancel");

        g_assert_cmpint(sd_bus_message_append(message, "a{sv}", 0), >=, 0);
        return message;
}

/* From Refresh to Completed: states, signals, result. */
static void test_job_life(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autofree char *path = refresh(f, make_refresh(f, "sync"), NULL);
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(8);
        gint32 status;
        const char *error, *message;

        g_assert_cmpstr(path, ==, "/org/omgd1/job/1");
        g_assert_cmpuint(f->requests->len, ==, 1);
        g_assert_cmpuint(g_array_index(f->requests, Request, 0).what, ==,
                         OMG_REFRESH_SYNC | OMG_REFRESH_MIRRORS | OMG_REFRESH_FOREGROUND);
        expect_state(f, path, "queued");
        expect_error(f, make_call(f, path, JOB, "GetResult"), "org.omgd1.Error.Busy", "queued");
        g_assert_cmpuint(count_signals(f, MANAGER ".JobNew"), ==, 1);
        g_assert_cmpuint(count_signals(f, "org.freedesktop.DBus.ObjectManager.InterfacesAdded"), ==,
                         1);

        omg_service_progress(f->service, 1, "checking", -1);
        expect_state(f, path, "running");
        apply(f, 1, snapshot, NULL);
        settle(f);
        expect_state(f, path, "done");
        g_assert_cmpuint(count_signals(f, JOB ".Completed"), ==, 1);

        g_autoptr(Call) call = expect_reply(f, make_call(f, path, JOB, "GetResult"), "issa{sv}");
        g_assert_cmpint(sd_bus_message_read(call->reply, "iss", &status, &error, &message), >, 0);
        g_assert_cmpint(status, ==, 0);
        g_assert_cmpstr(error, ==, "");
        guint64 generation;
        enter_key(call->reply, "generation", "t");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 't', &generation), >, 0);
        g_assert_cmpuint(generation, ==, 8);
}

/* An ended job goes after its time, and says so. */
static void test_job_removed(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autofree char *path = refresh(f, make_refresh(f, "sync"), NULL);
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(8);

        apply(f, 1, snapshot, NULL);
        (void)omg_jobs_tick(f->service->jobs,
                            omg_clock_now() + (OMG_JOB_KEEP_SEC + 1) * G_USEC_PER_SEC);
        settle(f);
        g_assert_cmpuint(count_signals(f, MANAGER ".JobRemoved"), ==, 1);
        g_assert_cmpuint(count_signals(f, "org.freedesktop.DBus.ObjectManager.InterfacesRemoved"),
                         ==, 1);
        expect_error(f, make_call(f, path, JOB, "GetResult"),
                     "org.freedesktop.DBus.Error.UnknownObject", "");
}

/* Equal queued refreshes are one; a running one is not joined. */
static void test_join(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autofree char *first =
                refresh(f, make_call_with(f, MANAGER, "Refresh", "asa{sv}", 0, 0), ":1.1");
        g_autofree char *second = refresh(f, make_refresh(f, "status"), ":1.2");
        g_autofree char *forced = refresh(
                f, make_call_with(f, MANAGER, "Refresh", "asa{sv}", 1, "sync", 1, "force", "b", 1),
                ":1.2");

        g_assert_cmpstr(first, ==, second);
        g_assert_cmpstr(first, !=, forced);
        g_assert_cmpuint(f->requests->len, ==, 2);
        g_assert_true(g_array_index(f->requests, Request, 1).force);

        omg_service_progress(f->service, 1, "checking", -1);
        g_autofree char *third = refresh(f, make_refresh(f, "status"), ":1.2");
        g_assert_cmpstr(third, !=, first);
}

/* A job that had begun before it was joined, which main learns late, looks again before it ends. */
static void test_join_late(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autofree char *first = refresh(f, make_refresh(f, "sync"), ":1.1");
        guint64 begun = omg_clock_now();
        g_usleep(1000);
        g_autofree char *second = refresh(f, make_refresh(f, "sync"), ":1.2");

        g_assert_cmpstr(first, ==, second);
        g_assert_cmpuint(f->requests->len, ==, 1);
        apply_begun(f, 1, f->service->snapshot, NULL, begun);
        g_assert_cmpuint(f->requests->len, ==, 2);
        g_assert_cmpuint(g_array_index(f->requests, Request, 1).id, ==, 1);
        g_assert_cmpint(omg_job_get_status(omg_jobs_get(f->service->jobs, 1)), ==, -1);
        apply(f, 1, f->service->snapshot, NULL);
        g_assert_cmpuint(f->requests->len, ==, 2);
        g_assert_cmpint(omg_job_get_status(omg_jobs_get(f->service->jobs, 1)), ==, 0);
}

/* Only the one who asked may cancel; the job ends when the refresh says so. */
static void test_cancel(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autofree char *path = refresh(f, make_refresh(f, "sync"), ":1.1");
        g_autoptr(GError) cancelled = g_error_new_literal(OMG_ERROR, OMG_ERROR_CANCELLED, "stop");
        g_autoptr(Call) foreign = send_call(f, make_cancel(f, path), ":1.2");
        g_autoptr(Call) own = NULL;

        g_assert_true(sd_bus_message_is_method_error(await_reply(f, foreign),
                                                     "org.freedesktop.DBus.Error.AccessDenied"));
        g_assert_cmpuint(f->cancels->len, ==, 0);

        own = send_call(f, make_cancel(f, path), ":1.1");
        g_assert_null(sd_bus_message_get_error(await_reply(f, own)));
        g_assert_cmpuint(f->cancels->len, ==, 1);
        g_assert_cmpuint(g_array_index(f->cancels, guint64, 0), ==, 1);

        apply(f, 1, NULL, cancelled);
        expect_state(f, path, "cancelled");
        g_assert_nonnull(f->service->snapshot);
        g_assert_cmpuint(f->service->metrics.refreshes_failed, ==, 0);

        /* On an ended job it does nothing, whoever asks. */
        g_autoptr(Call) late = send_call(f, make_cancel(f, path), ":1.2");
        g_assert_null(sd_bus_message_get_error(await_reply(f, late)));
        g_assert_cmpuint(f->cancels->len, ==, 1);
}

/* A failed refresh: the job has the error, and the whole data is still the last good. */
static void test_failed(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autofree char *path = refresh(f, make_refresh(f, "sync"), NULL);
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);
        g_autoptr(GError) error =
                g_error_new_literal(OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, "core.db is damaged");
        gint32 status;
        const char *name, *message;

        apply(f, 1, snapshot, error);
        g_autoptr(Call) call = expect_reply(f, make_call(f, path, JOB, "GetResult"), "issa{sv}");
        g_assert_cmpint(sd_bus_message_read(call->reply, "iss", &status, &name, &message), >, 0);
        g_assert_cmpint(status, ==, 1);
        g_assert_cmpstr(name, ==, "org.omgd1.Error.DatabaseCorrupt");
        g_assert_cmpstr(message, ==, "core.db is damaged");
}

/* The 33rd job of a sender is refused. Running ones, because equal queued ones would be one. */
static void test_limit(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();

        for (guint64 id = 1; id <= OMG_LIMIT_JOBS_PER_SENDER; id++) {
                g_autofree G_GNUC_UNUSED char *path = refresh(f, make_refresh(f, "sync"), NULL);
                omg_service_progress(f->service, id, "checking", -1);
        }
        expect_error(f, make_refresh(f, "sync"), ERROR_LIMITS, "32");
        g_autofree G_GNUC_UNUSED char *other = refresh(f, make_refresh(f, "sync"), ":1.9");
        g_assert_cmpuint(f->requests->len, ==, OMG_LIMIT_JOBS_PER_SENDER + 1);
        g_assert_cmpuint(f->service->metrics.limits_exceeded, ==, 1);
}

/* Words and options that are refused. */
static void test_invalid(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        static const char *const booleans[] = {"force", "background", "allow-metered"};

        for (gsize i = 0; i < G_N_ELEMENTS(booleans); i++)
                expect_error(f,
                             make_call_with(f, MANAGER, "Refresh", "asa{sv}", 0, 1, booleans[i],
                                            "s", "yes"),
                             ERROR_INVALID_ARGS, booleans[i]);
        expect_error(f, make_refresh(f, "moon"), ERROR_INVALID_ARGS, "\"moon\"");
        expect_error(
                f,
                make_call_with(f, MANAGER, "Refresh", "asa{sv}", 0, 1, "max-age", "t", (uint64_t)1),
                ERROR_INVALID_ARGS, "\"max-age\" must be an unsigned 32-bit");
        g_assert_cmpuint(f->requests->len, ==, 0);
}

/* What the options of a refresh make of it. */
static void test_refresh_options(void)
{
        static const struct {
                const char *what, *option;
                guint expected;
        } table[] = {
                {"sync", "background", OMG_REFRESH_SYNC | OMG_REFRESH_MIRRORS},
                {"sync", "allow-metered",
                 OMG_REFRESH_SYNC | OMG_REFRESH_MIRRORS | OMG_REFRESH_FOREGROUND |
                         OMG_REFRESH_ALLOW_METERED},
                {"status", "background", OMG_REFRESH_LOCAL},
                {"files", "background", OMG_REFRESH_FILES},
                {"advisories", "background", OMG_REFRESH_FEEDS},
                {"aur", "background", OMG_REFRESH_AUR},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
                g_autoptr(BusFixture) f = loaded_fixture_new();
                g_autofree char *path =
                        refresh(f,
                                make_call_with(f, MANAGER, "Refresh", "asa{sv}", 1, table[i].what,
                                               1, table[i].option, "b", 1),
                                NULL);
                g_assert_cmpuint(g_array_index(f->requests, Request, 0).what, ==,
                                 table[i].expected);
                /* One that somebody waits for is not covered by one that disturbs nobody. */
                g_autofree char *other = refresh(f, make_refresh(f, table[i].what), NULL);
                g_assert_cmpint(g_str_equal(path, other), ==,
                                g_str_equal(table[i].option, "allow-metered"));
        }
}

/* A look that is young enough is not repeated; without one, or when it is old, it is; nor is one
 * enough that is young when what mirrors said is not, or feeds never said anything. */
static void test_max_age(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();

        f->service->snapshot->as_of_usec = (guint64)g_get_real_time();
        g_autofree char *path = refresh(
                f,
                make_call_with(f, MANAGER, "Refresh", "asa{sv}", 1, "sync", 1, "max-age", "u", 60),
                NULL);

        g_assert_cmpuint(f->requests->len, ==, 0);
        expect_state(f, path, "done");
        g_autofree char *feeds = refresh(f,
                                         make_call_with(f, MANAGER, "Refresh", "asa{sv}", 1,
                                                        "advisories", 1, "max-age", "u", 60),
                                         NULL);
        expect_state(f, feeds, "queued");
        g_array_set_size(f->requests, 0);

        f->service->snapshot->as_of_usec -= 61 * (guint64)G_USEC_PER_SEC;
        g_autofree char *local = refresh(f,
                                         make_call_with(f, MANAGER, "Refresh", "asa{sv}", 1,
                                                        "status", 1, "max-age", "u", 60),
                                         NULL);
        expect_state(f, local, "done");
        g_autofree char *mirrors = refresh(
                f,
                make_call_with(f, MANAGER, "Refresh", "asa{sv}", 1, "sync", 1, "max-age", "u", 60),
                NULL);
        expect_state(f, mirrors, "queued");
        g_array_set_size(f->requests, 0);
        f->service->snapshot->as_of_usec += 61 * (guint64)G_USEC_PER_SEC;

        f->service->looked_at -= 61 * (guint64)G_USEC_PER_SEC;
        g_autofree char *second = refresh(
                f, make_call_with(f, MANAGER, "Refresh", "asa{sv}", 0, 1, "max-age", "u", 60),
                NULL);
        g_assert_cmpuint(f->requests->len, ==, 1);
        expect_state(f, second, "queued");
}

/* Of the AUR what its server said last counts, where it is on. */
static void test_max_age_of_aur(void)
{
        static const struct {
                gboolean is_on, has_layer;
                guint age;
                const char *state;
        } table[] = {
                {TRUE, TRUE, 0, "done"},
                {TRUE, TRUE, 61, "queued"},
                {TRUE, FALSE, 0, "queued"},
                {FALSE, FALSE, 0, "done"},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
                g_autoptr(BusFixture) f = loaded_fixture_new();
                OmgSnapshot *snapshot = f->service->snapshot;
                g_autoptr(OmgLayer) layer = omg_layer_ref(snapshot->sync);

                snapshot->aur_feed.is_on = table[i].is_on;
                snapshot->aur_feed.good_usec =
                        (guint64)g_get_real_time() - table[i].age * (guint64)G_USEC_PER_SEC;
                snapshot->aur = table[i].has_layer ? layer : NULL;
                g_autofree char *path = refresh(f,
                                                make_call_with(f, MANAGER, "Refresh", "asa{sv}", 1,
                                                               "aur", 1, "max-age", "u", 60),
                                                NULL);
                expect_state(f, path, table[i].state);
                snapshot->aur = NULL;
        }
}

static void test_list_jobs(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autofree char *job = refresh(f, make_refresh(f, "sync"), NULL);
        g_autoptr(Call) call = expect_reply(f, make_call(f, NULL, MANAGER, "ListJobs"), "a(tssdo)");
        const char *kind, *state, *path;
        guint64 id;
        double progress;

        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "(tssdo)"), >, 0);
        g_assert_cmpint(
                sd_bus_message_read(call->reply, "(tssdo)", &id, &kind, &state, &progress, &path),
                >, 0);
        g_assert_cmpuint(id, ==, 1);
        g_assert_cmpstr(kind, ==, "refresh");
        g_assert_cmpstr(state, ==, "queued");
        g_assert_cmpstr(path, ==, job);
}

static guint64 get_metric(BusFixture *f, const char *wanted)
{
        g_autoptr(Call) call = expect_reply(f, make_call(f, NULL, MANAGER, "GetMetrics"), "a{st}");
        const char *name;
        guint64 value;

        g_assert_cmpint(sd_bus_message_enter_container(call->reply, 'a', "{st}"), >, 0);
        while (sd_bus_message_read(call->reply, "{st}", &name, &value) > 0)
                if (g_str_equal(name, wanted))
                        return value;
        g_error("no metric %s", wanted);
}

/* Each counter counts what its name says. */
static void test_metrics(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new();
        g_autoptr(Call) G_GNUC_UNUSED search =
                expect_reply(f, make_call_with(f, PACKAGES, "Search", "sa{sv}", "vim", 0),
                             "a(sssssua{sv})a{sv}");

        expect_error(f, make_call_with(f, PACKAGES, "Search", "sa{sv}", "vim", 1, "limit", "s", ""),
                     ERROR_INVALID_ARGS, "limit");
        g_assert_cmpuint(get_metric(f, "search-calls"), ==, 2);
        g_assert_cmpuint(get_metric(f, "calls-failed"), ==, 1);
        g_assert_cmpuint(get_metric(f, "calls-total"), ==, 5);
        g_assert_cmpuint(get_metric(f, "validation-failures"), ==, 1);
        g_assert_cmpuint(get_metric(f, "limits-exceeded"), ==, 0);
        g_assert_cmpuint(get_metric(f, "calls-waiting"), ==, 0);
        g_assert_cmpuint(get_metric(f, "refreshes-total"), ==, 1);
        g_assert_cmpuint(get_metric(f, "jobs-total"), ==, 0);
}

static void expect_changed(BusFixture *f, const char *expected)
{
        g_autofree char *names = NULL;

        settle(f);
        names = join_changed(f->last_signal, MANAGER);
        g_assert_cmpstr(names, ==, expected);
}

static void expect_manager(BusFixture *f, const char *network, gboolean metered, gboolean locked,
                           guint32 n_tasks)
{
        g_autoptr(Call) call = expect_reply(
                f, make_call_with(f, "org.freedesktop.DBus.Properties", "GetAll", "s", MANAGER),
                "a{sv}");
        const char *text;
        int flag;
        guint32 number;

        enter_key(call->reply, "NetworkState", "s");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 's', &text), >, 0);
        g_assert_cmpstr(text, ==, network);
        g_assert_cmpint(sd_bus_message_rewind(call->reply, TRUE), >=, 0);
        enter_key(call->reply, "Metered", "b");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'b', &flag), >, 0);
        g_assert_cmpint(flag, ==, metered);
        g_assert_cmpint(sd_bus_message_rewind(call->reply, TRUE), >=, 0);
        enter_key(call->reply, "PacmanLocked", "b");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'b', &flag), >, 0);
        g_assert_cmpint(flag, ==, locked);
        g_assert_cmpint(sd_bus_message_rewind(call->reply, TRUE), >=, 0);
        enter_key(call->reply, "QueuedTasks", "u");
        g_assert_cmpint(sd_bus_message_read_basic(call->reply, 'u', &number), >, 0);
        g_assert_cmpuint(number, ==, n_tasks);
}

/* What omgd hears of the network, the queue and pacman's lock: one signal for what changed. */
static void test_background(void)
{
        g_autoptr(BusFixture) f = bus_fixture_new();
        OmgBackgroundState state = {.network = {OMG_NETWORK_STATE_ONLINE, FALSE}};

        expect_manager(f, "unknown", FALSE, FALSE, 0);
        omg_service_set_background(f->service, &state);
        expect_changed(f, "NetworkState");
        state = (OmgBackgroundState){{OMG_NETWORK_STATE_PORTAL, TRUE}, 3};
        omg_service_set_background(f->service, &state);
        expect_changed(f, "NetworkState Metered QueuedTasks");
        omg_service_set_locked(f->service, TRUE);
        expect_changed(f, "PacmanLocked");
        expect_manager(f, "portal", TRUE, TRUE, 3);

        guint n = f->signals->len;
        omg_service_set_background(f->service, &state);
        omg_service_set_locked(f->service, TRUE);
        settle(f);
        g_assert_cmpuint(f->signals->len, ==, n);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus-manager/job/life", test_job_life);
        g_test_add_func("/bus-manager/job/removed", test_job_removed);
        g_test_add_func("/bus-manager/job/join", test_join);
        g_test_add_func("/bus-manager/job/join-late", test_join_late);
        g_test_add_func("/bus-manager/job/cancel", test_cancel);
        g_test_add_func("/bus-manager/job/failed", test_failed);
        g_test_add_func("/bus-manager/job/limit", test_limit);
        g_test_add_func("/bus-manager/refresh/invalid", test_invalid);
        g_test_add_func("/bus-manager/refresh/max-age", test_max_age);
        g_test_add_func("/bus-manager/refresh/max-age-of-aur", test_max_age_of_aur);
        g_test_add_func("/bus-manager/refresh/options", test_refresh_options);
        g_test_add_func("/bus-manager/list-jobs", test_list_jobs);
        g_test_add_func("/bus-manager/metrics", test_metrics);
        g_test_add_func("/bus-manager/background", test_background);
        return g_test_run();
}
