/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers that another thread makes, and calls that wait for a look at the machine: over methods of
 * the test's own, which do what it says. */
#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "bus-fixture.h"
#include "faces/bus-call.h"

#define TEST "org.omgd1.Test"

/* Shared with the pool's threads: atomic. */
static struct {
        int is_shut; /* work waits while it is */
        int n_begun;
        int n_appended;
        int n_freed;
        int n_cancelled;
        int numbers; /* the sum of those whose work has begun */
} gate;

static void gate_reset(gboolean is_shut)
{
        g_atomic_int_set(&gate.n_begun, 0);
        g_atomic_int_set(&gate.n_appended, 0);
        g_atomic_int_set(&gate.n_freed, 0);
        g_atomic_int_set(&gate.n_cancelled, 0);
        g_atomic_int_set(&gate.numbers, 0);
        g_atomic_int_set(&gate.is_shut, is_shut);
}

/* ---- the methods ---- */

static void free_data(gpointer data)
{
        g_atomic_int_inc(&gate.n_freed);
        g_free(data);
}

static gboolean work(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                     GError **error)
{
        guint32 *number = data;

        (void)g_atomic_int_add(&gate.numbers, (int)*number);
        g_atomic_int_inc(&gate.n_begun);
        while (g_atomic_int_get(&gate.is_shut) && !omg_pool_job_is_cancelled(job))
                g_usleep(500);
        if (omg_pool_job_is_cancelled(job))
                g_atomic_int_inc(&gate.n_cancelled);
        if (*number == 13) {
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_TIMEOUT, "an unlucky number");
                return FALSE;
        }
        if (snapshot->local)
                *number *= omg_layer_get_n_packages(snapshot->local);
        return TRUE;
}

static int append(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data, GError **error)
{
        g_atomic_int_inc(&gate.n_appended);
        return sd_bus_message_append(reply, "ut", *(guint32 *)data, snapshot->generation);
}

static int run_pool(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                    GError **error)
{
        g_autofree guint32 *number = g_new0(guint32, 1);
        int r;

        r = sd_bus_message_read(call, "u", number);
        if (r < 0)
                return r;
        return omg_calls_run_on_pool(service->calls, work, append, g_steal_pointer(&number),
                                     free_data);
}

/* Waits for a look at everything and at the sources of the argument. */
static int run_look(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                    GError **error)
{
        guint32 what;
        int r;

        r = sd_bus_message_read(call, "u", &what);
        if (r < 0)
                return r;
        if (omg_calls_wait_for_refresh(service->calls, what))
                return -EINPROGRESS;
        return sd_bus_message_append(reply, "t", service->snapshot->generation);
}

OMG_DEFINE_METHOD(pool, other_calls, TRUE)
OMG_DEFINE_METHOD(look, other_calls, TRUE)

static const sd_bus_vtable test_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Pool", "u", "ut", method_pool, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Look", "u", "t", method_look, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static BusFixture *test_fixture_new(gboolean is_shut)
{
        BusFixture *f = bus_fixture_new();

        gate_reset(is_shut);
        g_assert_cmpint(sd_bus_add_object_vtable(f->server, NULL, OMG_BUS_PATH, TEST, test_vtable,
                                                 f->service),
                        >=, 0);
        return f;
}

static BusFixture *loaded_fixture_new(gboolean is_shut)
{
        BusFixture *f = test_fixture_new(is_shut);
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);

        apply(f, 0, snapshot, NULL);
        return f;
}

static Call *send_pool(BusFixture *f, guint number, const char *sender)
{
        return send_call(f, make_call_with(f, TEST, "Pool", "u", number), sender);
}

static Call *send_look(BusFixture *f, guint what)
{
        return send_call(f, make_call_with(f, TEST, "Look", "u", what), NULL);
}

static void expect_numbers(BusFixture *f, Call *call, guint number, guint64 generation)
{
        guint32 got;
        guint64 of;

        g_assert_null(sd_bus_message_get_error(await_reply(f, call)));
        g_assert_cmpint(sd_bus_message_read(call->reply, "ut", &got, &of), >, 0);
        g_assert_cmpuint(got, ==, number);
        g_assert_cmpuint(of, ==, generation);
}

/* Runs the loop until the pool's threads have come so far. */
static void run_until(BusFixture *f, const int *atomic, int value)
{
        while (g_atomic_int_get(atomic) < value)
                g_assert_cmpint(sd_event_run(f->event, 1000), >=, 0);
}

/* Runs the loop until so many calls wait, and that many threads work for them. */
static void run_until_waiting(BusFixture *f, guint n)
{
        run_until(f, &gate.n_begun, OMG_POOL_THREADS);
        while (f->service->metrics.calls_waiting < n)
                g_assert_cmpint(sd_event_run(f->event, 1000), >=, 0);
}

/* ---- the pool ---- */

/* The answer is the work's, with the snapshot it was begun with, though another has come since;
 * other calls are answered meanwhile; an error of the work is the answer too. */
static void test_answer(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new(TRUE);
        g_autoptr(OmgSnapshot) next = sample_snapshot(8);
        g_autoptr(Call) call = send_pool(f, 3, ":1.7");
        g_autoptr(Call) unlucky = send_pool(f, 13, ":1.8");
        g_autoptr(Call) other = NULL;

        run_until(f, &gate.n_begun, 2);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 2);
        apply(f, 0, next, NULL);
        other = expect_reply(f, make_call_with(f, PACKAGES, "CompareVersions", "ss", "1", "2"),
                             "i");
        g_assert_null(call->reply);

        g_atomic_int_set(&gate.is_shut, FALSE);
        expect_numbers(f, call, 15, 7);
        g_assert_cmpstr(sd_bus_message_get_error(await_reply(f, unlucky))->message, ==,
                        "an unlucky number");
        settle(f);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
        g_assert_cmpuint(f->service->metrics.calls_on_pool, ==, 2);
        g_assert_cmpint(g_atomic_int_get(&gate.n_freed), ==, 2);
}

/* A call on the pool counts as one that waits: its sender's 65th is refused, another's is not. */
static void test_limit(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new(TRUE);
        g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func((GDestroyNotify)call_free);

        for (guint i = 0; i <= OMG_LIMIT_CALLS_PER_SENDER; i++)
                g_ptr_array_add(calls, send_pool(f, i, ":1.7"));
        g_ptr_array_add(calls, send_pool(f, 5, ":1.8"));
        settle(f);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, OMG_LIMIT_CALLS_PER_SENDER + 1);
        g_assert_true(sd_bus_message_is_method_error(
                ((Call *)calls->pdata[OMG_LIMIT_CALLS_PER_SENDER])->reply, ERROR_LIMITS));

        g_atomic_int_set(&gate.is_shut, FALSE);
        expect_numbers(f, calls->pdata[OMG_LIMIT_CALLS_PER_SENDER + 1], 25, 7);
        for (guint i = 0; i < calls->len; i++)
                (void)await_reply(f, calls->pdata[i]);
        settle(f);
        g_assert_cmpint(g_atomic_int_get(&gate.n_freed), ==, (int)OMG_LIMIT_CALLS_PER_SENDER + 2);
}

/* One sender's many calls take one thread at a time, so that another's, which came last, is
 * answered while they wait; all are answered in the end, in their order. */
static void test_fair(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new(TRUE);
        g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func((GDestroyNotify)call_free);
        g_autoptr(Call) other = NULL;

        for (guint i = 0; i < 10; i++)
                g_ptr_array_add(calls, send_pool(f, i, ":1.7"));
        other = send_pool(f, 10, ":1.8");
        /* Whose work it is the numbers tell: two of the first sender's would make 0 + 1. */
        run_until(f, &gate.n_begun, 2);
        settle(f);
        g_assert_cmpuint(f->service->metrics.calls_on_pool, ==, 2);
        g_assert_cmpint(g_atomic_int_get(&gate.numbers), ==, 0 + 10);

        g_atomic_int_set(&gate.is_shut, FALSE);
        expect_numbers(f, other, 50, 7);
        for (guint i = 0; i < calls->len; i++)
                expect_numbers(f, calls->pdata[i], 5 * i, 7);
        settle(f);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
        g_assert_cmpint(g_atomic_int_get(&gate.n_freed), ==, 11);
}

/* The connection goes while a thread works: the work is told, and nobody is answered. */
static void test_detach(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new(TRUE);
        g_autoptr(Call) running = send_pool(f, 1, ":1.7");
        g_autoptr(Call) G_GNUC_UNUSED second = send_pool(f, 1, ":1.8");
        g_autoptr(Call) G_GNUC_UNUSED queued = send_pool(f, 1, ":1.9");

        run_until_waiting(f, 3);
        omg_service_detach(f->service);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
        run_until(f, &gate.n_freed, 3);
        g_assert_cmpint(g_atomic_int_get(&gate.n_cancelled), ==, OMG_POOL_THREADS);
        g_assert_cmpint(g_atomic_int_get(&gate.n_begun), ==, OMG_POOL_THREADS);
        g_assert_cmpint(g_atomic_int_get(&gate.n_appended), ==, 0);
        g_assert_null(running->reply);
}

/* omgd ends meanwhile: the callers are told so at once, and the threads end. */
static void test_close(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new(TRUE);
        g_autoptr(Call) running = send_pool(f, 1, ":1.7");
        g_autoptr(Call) second = send_pool(f, 1, ":1.8");
        g_autoptr(Call) queued = send_pool(f, 1, ":1.9");

        run_until_waiting(f, 3);
        omg_service_close(f->service);
        omg_pool_stop(f->pool);
        g_assert_true(sd_bus_message_is_method_error(await_reply(f, running), ERROR_UNAVAILABLE));
        g_assert_true(sd_bus_message_is_method_error(await_reply(f, second), ERROR_UNAVAILABLE));
        g_assert_true(sd_bus_message_is_method_error(await_reply(f, queued), ERROR_UNAVAILABLE));
        run_until(f, &gate.n_freed, 3);
        g_assert_cmpint(g_atomic_int_get(&gate.n_appended), ==, 0);
}

/* The index is damaged while a thread reads it: what came of it is thrown away, and the work done
 * again with the next snapshot. */
static void test_damaged(void)
{
        int fd;
        g_autoptr(BusFixture) f = test_fixture_new(TRUE);
        g_autoptr(OmgSnapshot) damaged = file_snapshot(3, &fd);
        g_autoptr(OmgSnapshot) good = sample_snapshot(8);
        g_autoptr(Call) call = NULL;

        apply(f, 0, damaged, NULL);
        call = send_pool(f, 2, NULL);
        run_until(f, &gate.n_begun, 1);
        g_assert_cmpint(ftruncate(fd, 0), ==, 0);
        (void)close(fd);
        (void)omg_layer_get_name(damaged->local, 0); /* somebody notices */
        g_assert_true(omg_snapshot_is_damaged(damaged));
        g_atomic_int_set(&gate.is_shut, FALSE);
        run_until(f, &gate.n_freed, 1);
        settle(f);
        g_assert_null(call->reply);
        g_assert_cmpuint(f->requests->len, ==, 1);

        apply(f, 0, good, NULL);
        expect_numbers(f, call, 10, 8);
}

/* ---- waiting for a look ---- */

/* A call waits for a look that begins after it came; one that began before is not enough. It asks
 * once, for all that it needs, and runs again only once. */
static void test_look(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new(FALSE);
        g_autoptr(OmgSnapshot) next = sample_snapshot(8);
        g_autoptr(OmgSnapshot) last = sample_snapshot(9);
        guint64 before = omg_clock_now(), generation;
        g_autoptr(Call) first = send_look(f, OMG_REFRESH_LOCAL);
        g_autoptr(Call) second = send_look(f, OMG_REFRESH_LOCAL);

        settle(f);
        g_assert_cmpuint(f->requests->len, ==, 1);
        g_assert_cmpuint(g_array_index(f->requests, Request, 0).what, ==, OMG_REFRESH_LOCAL);
        apply_begun(f, 0, next, NULL, before);
        settle(f);
        g_assert_null(first->reply);
        g_assert_cmpuint(f->requests->len, ==, 1); /* that one is under way still */

        apply(f, 0, last, NULL);
        g_assert_cmpint(sd_bus_message_read(await_reply(f, first), "t", &generation), >, 0);
        g_assert_cmpuint(generation, ==, 9);
        (void)await_reply(f, second);
        settle(f);
        g_assert_cmpuint(f->requests->len, ==, 1);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
}

/* One that comes when the refresh has begun already asks for another. */
static void test_look_late(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new(FALSE);
        g_autoptr(OmgSnapshot) next = sample_snapshot(8);
        g_autoptr(Call) first = send_look(f, OMG_REFRESH_LOCAL);
        g_autoptr(Call) late = NULL;
        guint64 begun;

        settle(f);
        begun = omg_clock_now();
        g_usleep(1000);
        late = send_look(f, OMG_REFRESH_LOCAL);
        settle(f);
        g_assert_cmpuint(f->requests->len, ==, 1);
        apply_begun(f, 0, next, NULL, begun);
        (void)await_reply(f, first);
        settle(f);
        g_assert_null(late->reply);
        g_assert_cmpuint(f->requests->len, ==, 2);
        apply(f, 0, next, NULL);
        (void)await_reply(f, late);
}

/* A look that did not cover what the call needs does not end its wait; one that failed does. */
static void test_look_what(void)
{
        const OmgRefreshWhat other_source = 1 << 7;
        g_autoptr(BusFixture) f = loaded_fixture_new(FALSE);
        g_autoptr(OmgSnapshot) next = sample_snapshot(8);
        g_autoptr(GError) error =
                g_error_new_literal(OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, "nonsense");
        g_autoptr(Call) call = send_look(f, other_source);

        settle(f);
        g_assert_cmpuint(g_array_index(f->requests, Request, 0).what, ==, other_source);
        apply(f, 0, next, NULL);
        settle(f);
        g_assert_null(call->reply);
        omg_service_apply(f->service, &(OmgRefreshOutcome){.snapshot = next,
                                                           .error = error,
                                                           .what = other_source,
                                                           .begun_usec = omg_clock_now()});
        g_assert_null(sd_bus_message_get_error(await_reply(f, call)));
}

/* Those that wait for a look are told when omgd ends. */
static void test_look_close(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new(FALSE);
        g_autoptr(Call) call = send_look(f, OMG_REFRESH_SYNC);

        settle(f);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 1);
        omg_service_close(f->service);
        g_assert_true(sd_bus_message_is_method_error(await_reply(f, call), ERROR_UNAVAILABLE));
}

/* "max-age" of the reading members: a young look is enough, an old one is not; names are refused
 * before any wait. */
static void test_max_age(void)
{
        static const char *const lists[] = {"ListInstalled", "ListExplicit", "ListOrphans",
                                            "ListForeign",   "ListUpdates",  NULL};
        g_autoptr(BusFixture) f = loaded_fixture_new(FALSE);
        g_autoptr(OmgSnapshot) next = sample_snapshot(8);

        for (guint i = 0; lists[i]; i++) {
                g_autoptr(Call) young = send_call(
                        f, make_call_with(f, PACKAGES, lists[i], "a{sv}", 1, "max-age", "u", 3600),
                        NULL);
                g_autoptr(Call) old = NULL;

                g_assert_null(sd_bus_message_get_error(await_reply(f, young)));
                g_assert_cmpuint(f->requests->len, ==, i);
                old = send_call(
                        f, make_call_with(f, PACKAGES, lists[i], "a{sv}", 1, "max-age", "u", 0),
                        NULL);
                settle(f);
                g_assert_null(old->reply);
                g_assert_cmpuint(f->requests->len, ==, i + 1);
                apply(f, 0, next, NULL);
                g_assert_null(sd_bus_message_get_error(await_reply(f, old)));
        }
        expect_error(f,
                     make_call_with(f, PACKAGES, "ListInstalled", "a{sv}", 2, "max-age", "u", 0,
                                    "limit", "u", OMG_LIMIT_ROWS + 1),
                     ERROR_INVALID_ARGS, "limit");
}

/* The same of Search and GetDetails, whose options stand behind other arguments. */
static void test_max_age_behind(void)
{
        g_autoptr(BusFixture) f = loaded_fixture_new(FALSE);
        g_autoptr(OmgSnapshot) next = sample_snapshot(8);
        g_autoptr(Call) search = send_call(
                f, make_call_with(f, PACKAGES, "Search", "sa{sv}", "bash", 1, "max-age", "u", 0),
                NULL);
        g_autoptr(Call) details = send_call(f,
                                            make_call_with(f, PACKAGES, "GetDetails", "asa{sv}", 1,
                                                           "bash", 1, "max-age", "u", 0),
                                            NULL);

        settle(f);
        g_assert_null(search->reply);
        g_assert_null(details->reply);
        apply(f, 0, next, NULL);
        g_assert_null(sd_bus_message_get_error(await_reply(f, search)));
        g_assert_null(sd_bus_message_get_error(await_reply(f, details)));
        g_assert_cmpint(sd_bus_message_enter_container(details->reply, 'a', "(sa{sv})"), >, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bus-call/pool/answer", test_answer);
        g_test_add_func("/bus-call/pool/limit", test_limit);
        g_test_add_func("/bus-call/pool/fair", test_fair);
        g_test_add_func("/bus-call/pool/detach", test_detach);
        g_test_add_func("/bus-call/pool/close", test_close);
        g_test_add_func("/bus-call/pool/damaged", test_damaged);
        g_test_add_func("/bus-call/look/served", test_look);
        g_test_add_func("/bus-call/look/late", test_look_late);
        g_test_add_func("/bus-call/look/what", test_look_what);
        g_test_add_func("/bus-call/look/close", test_look_close);
        g_test_add_func("/bus-call/max-age/lists", test_max_age);
        g_test_add_func("/bus-call/max-age/behind", test_max_age_behind);
        return g_test_run();
}
