/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a request of the socket is answered: at once, by another thread, or once there is data; and
 * how it ends otherwise. */
#include <unistd.h>

#include "base/limits.h"
#include "socket-fixture.h"

#define UNDECODABLE -32700
#define INVALID     -32602
#define INTERNAL    -32603
#define REFUSED     -1002

static OmgWireRequest ping, explicit, search, suggest;

static void make_requests(void)
{
        ping = make_request(OMG_WIRE_PING, 1);
        explicit = make_request(OMG_WIRE_EXPLICIT, 2);
        search = make_query(OMG_WIRE_SEARCH, 3, "vim", -1);
        suggest = make_query(OMG_WIRE_SUGGEST, 4, "fire", -1);
}

/* ---- a pool that is busy ---- */

static int is_shut; /* atomic */

static void wait_for_gate(const OmgPoolJob *job, gpointer data)
{
        while (g_atomic_int_get(&is_shut) && !omg_pool_job_is_cancelled(job))
                g_usleep(500);
}

static void on_gate_done(gpointer data)
{
}

static void shut_pool(SocketFixture *f)
{
        g_atomic_int_set(&is_shut, TRUE);
        for (guint i = 0; i < OMG_POOL_THREADS; i++)
                g_assert_nonnull(
                        omg_pool_run(f->bus->pool, wait_for_gate, on_gate_done, NULL, NULL));
}

static void open_pool(void)
{
        g_atomic_int_set(&is_shut, FALSE);
}

static void expect_pong(SocketFixture *f)
{
        g_autoptr(Ask) asked = ask(f, &ping);

        g_assert_false(asked->was_late);
        check_text(await_answer(asked)->result.text, "pong");
}

/* ---- waiting for the first load ---- */

/* What needs data waits for it, on main or for the pool; what needs none does not. */
static void test_first_load(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);
        OmgWireRequest light[] = {ping, ping}, mixed[] = {ping, explicit};
        OmgWireRequest light_batch = make_batch(5, light, 2), batch = make_batch(6, mixed, 2);
        g_autoptr(Ask) first = ask(f, &search);
        g_autoptr(Ask) second = ask(f, &suggest);
        g_autoptr(Ask) third = ask(f, &batch);
        g_autoptr(Ask) fourth = ask(f, &light_batch);

        g_assert_true(first->was_late && second->was_late && third->was_late);
        g_assert_false(fourth->was_late);
        expect_pong(f);
        omg_socket_calls_wake(f->calls); /* there is nothing yet */
        settle(f->bus);
        g_assert_nonnull(first->call);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 3);

        load(f, snapshot);
        g_assert_nonnull(first->call); /* from the event loop */
        check_text(await_answer(first)->result.search.packages.items[0].name, "vim");
        check_text(await_answer(second)->result.names.items[0], "firefox");
        g_assert_cmpuint(await_answer(third)->result.batch.items[1].result.names.n, ==, 3);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
        g_assert_cmpuint(f->service->metrics.calls_total, ==, 5);
        g_assert_cmpuint(f->service->metrics.search_calls, ==, 1);
        g_assert_cmpuint(f->service->metrics.suggest_calls, ==, 1);
        g_assert_cmpuint(f->service->metrics.list_calls, ==, 1);
}

/* Those that wait are counted beside D-Bus's. */
static void test_waiting(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);
        g_autoptr(Ask) asked = ask(f, &search);
        g_autoptr(Call) call = send_call(
                f->bus, make_call_with(f->bus, PACKAGES, "ListExplicit", "a{sv}", 0), NULL);

        settle(f->bus);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 2);
        load(f, snapshot);
        (void)await_answer(asked);
        (void)await_reply(f->bus, call);
        settle(f->bus);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
}

/* ---- the pool ---- */

/* Heavy ones wait for a thread; meanwhile light ones are answered. The answer is of the data that
 * was there when they came. */
static void test_pool(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        g_autoptr(OmgSnapshot) next = make_big_snapshot(3, "");
        OmgWireRequest items[] = {ping, ping, ping, explicit, ping};
        OmgWireRequest batch = make_batch(8, items, G_N_ELEMENTS(items));

        shut_pool(f);
        g_autoptr(Ask) asked = ask(f, &suggest);
        g_autoptr(Ask) other = ask(f, &batch);
        g_assert_true(asked->was_late && other->was_late);
        expect_pong(f);
        check_text(expect_success(f, &search)->search.packages.items[0].name, "vim");
        g_assert_cmpuint(f->service->metrics.calls_on_pool, ==, 2);
        next->generation = 8;
        load(f, next);
        settle(f->bus);
        g_assert_nonnull(asked->call);

        open_pool();
        g_assert_cmpuint(await_answer(asked)->id, ==, 4);
        check_text(await_answer(asked)->result.names.items[0], "firefox");
        g_assert_cmpuint(await_answer(other)->result.batch.items[3].result.names.n, ==, 3);
}

/* Batches have one thread of the pool between them, in the order they came, so that whoever asks
 * for one thing need not wait for the hundreds of others. One that is dropped lets the next one go.
 */
static void test_batches(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        Ask *asks[6];

        for (guint i = 0; i < G_N_ELEMENTS(asks); i++) {
                OmgWireRequest items[] = {make_query(OMG_WIRE_SUGGEST, 1, "firefx", -1)};
                OmgWireRequest batch = make_batch(i, items, G_N_ELEMENTS(items));

                asks[i] = ask(f, &batch);
                g_assert_nonnull(asks[i]->call);
        }
        g_assert_cmpuint(f->service->metrics.calls_on_pool, ==, 1);
        g_autoptr(Ask) single = ask(f, &suggest);
        g_assert_cmpuint(f->service->metrics.calls_on_pool, ==, 2);

        ask_free(asks[0]); /* under way */
        g_assert_cmpuint(f->service->metrics.calls_on_pool, ==, 3);
        ask_free(asks[2]); /* waits */
        g_assert_cmpuint(f->service->metrics.calls_on_pool, ==, 3);
        g_assert_cmpint(await_answer(single)->tag, ==, OMG_WIRE_SUCCESS);
        for (guint i = 1; i < G_N_ELEMENTS(asks); i++) {
                if (i == 2)
                        continue;
                g_assert_cmpint(await_answer(asks[i])->tag, ==, OMG_WIRE_SUCCESS);
                ask_free(asks[i]);
        }
        g_assert_cmpuint(f->service->metrics.calls_on_pool, ==, 6);
}

/* A body up to the bound is looked at on main, and a longer one on the pool, to the same answer. */
static void test_long_body(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        g_autofree char *text = g_strnfill(2 * OMG_LIMIT_BODY_ON_MAIN, 'v');
        OmgWireRequest request = make_info(G_MAXUINT64, text);
        g_autoptr(GByteArray) long_body = make_body(f, &request);

        request.package.length -= long_body->len - OMG_LIMIT_BODY_ON_MAIN;
        for (guint more = 0; more < 2; more++) {
                request.package.length += more;
                g_autoptr(GByteArray) body = make_body(f, &request);
                g_autoptr(Ask) asked = ask_body(f, body->data, body->len, FALSE);

                g_assert_cmpuint(body->len, ==, OMG_LIMIT_BODY_ON_MAIN + more);
                g_assert_true(asked->was_late == (more == 1));
                check_failure(await_answer(asked), G_MAXUINT64, INVALID, "package");
        }
        g_assert_cmpuint(f->service->metrics.details_calls, ==, 2);
        g_assert_cmpuint(f->service->metrics.validation_failures, ==, 2);
        g_assert_cmpuint(f->service->metrics.calls_failed, ==, 2);
}

/* A long one that needs data, which is not there yet; it counts once. */
static void test_long_body_waits(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);
        g_autofree char *text = g_strnfill(400, 'v');
        OmgWireRequest items[OMG_LIMIT_BATCH];
        OmgWireRequest batch = make_batch(11, items, OMG_LIMIT_BATCH);

        for (guint i = 0; i < OMG_LIMIT_BATCH; i++)
                items[i] = make_query(OMG_WIRE_SEARCH, i, text, 5);
        g_autoptr(Ask) asked = ask(f, &batch);
        settle(f->bus);
        g_assert_nonnull(asked->call);
        g_assert_cmpuint(f->service->metrics.search_calls, ==, 0);
        load(f, snapshot);
        g_assert_cmpuint(await_answer(asked)->result.batch.n, ==, OMG_LIMIT_BATCH);
        g_assert_cmpuint(f->service->metrics.search_calls, ==, OMG_LIMIT_BATCH);
        g_assert_cmpuint(f->service->metrics.calls_total, ==, 1);
}

/* ---- damaged data ---- */

static void cut(OmgSnapshot *snapshot, int fd)
{
        g_assert_cmpint(ftruncate(fd, 0), ==, 0);
        (void)close(fd);
        (void)omg_layer_get_name(snapshot->local, 0); /* somebody notices */
        g_assert_true(omg_snapshot_is_damaged(snapshot));
}

static OmgWireRequest make_heavy(OmgWireRequest *items, gsize n)
{
        for (gsize i = 0; i < n; i++)
                items[i] = explicit;
        return make_batch(9, items, n);
}

/* What came out of a damaged snapshot is thrown away, a refresh is asked for, once, and the request
 * answered from the next. */
static void test_damaged(void)
{
        int fd;
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) damaged = file_snapshot(3, &fd);
        g_autoptr(OmgSnapshot) good = sample_snapshot(8);
        OmgWireRequest items[10], heavy = make_heavy(items, G_N_ELEMENTS(items));
        g_autoptr(Ask) on_main = NULL, on_pool = NULL;

        load(f, damaged);
        g_assert_cmpuint(expect_success(f, &explicit)->names.n, ==, 1);
        cut(damaged, fd);
        on_main = ask(f, &explicit);
        on_pool = ask(f, &heavy);
        settle(f->bus);
        g_assert_nonnull(on_main->call);
        g_assert_nonnull(on_pool->call);
        g_assert_cmpuint(f->bus->requests->len, ==, 1);
        expect_pong(f);

        load(f, good);
        g_assert_cmpuint(await_answer(on_main)->result.names.n, ==, 3);
        g_assert_cmpuint(await_answer(on_pool)->result.batch.items[9].result.names.n, ==, 3);
        g_assert_cmpuint(f->service->metrics.list_calls, ==, 12);
        g_assert_cmpuint(f->service->metrics.calls_failed, ==, 0);
}

/* Time and again: three answers are thrown away, then the request is told. */
static void test_damaged_again(void)
{
        int fd;
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) damaged = file_snapshot(3, &fd);
        OmgWireRequest items[10], heavy = make_heavy(items, G_N_ELEMENTS(items));
        g_autoptr(Ask) on_main = NULL, on_pool = NULL;

        load(f, damaged);
        cut(damaged, fd);
        on_main = ask(f, &explicit);
        on_pool = ask(f, &heavy);
        for (guint i = 1; i < OMG_SERVICE_DAMAGED_RUNS; i++) {
                settle(f->bus);
                g_assert_nonnull(on_main->call);
                g_assert_nonnull(on_pool->call);
                g_assert_cmpuint(f->bus->requests->len, ==, i);
                load(f, damaged);
        }
        check_failure(await_answer(on_main), explicit.id, INTERNAL, "time and again");
        check_failure(await_answer(on_pool), heavy.id, INTERNAL, "time and again");
        g_assert_cmpuint(f->service->metrics.calls_failed, ==, 2);
}

/* Damaged while a thread reads it, and another one is there when that is seen: no new wait. */
static void test_damaged_meanwhile(void)
{
        int fd;
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) damaged = file_snapshot(3, &fd);
        g_autoptr(OmgSnapshot) good = sample_snapshot(8);
        OmgWireRequest items[10], heavy = make_heavy(items, G_N_ELEMENTS(items));

        load(f, damaged);
        shut_pool(f);
        g_autoptr(Ask) asked = ask(f, &heavy);
        load(f, good);
        cut(damaged, fd);
        open_pool();
        g_assert_cmpuint(await_answer(asked)->result.batch.items[9].result.names.n, ==, 3);
        g_assert_cmpuint(f->bus->requests->len, ==, 0);
}

/* ---- ends ---- */

/* Nobody waits any more: for data, for its turn, for a thread, for one that works. */
static void test_cancel(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = make_big_snapshot(2000, "A package");
        OmgWireRequest items[OMG_LIMIT_BATCH];
        OmgWireRequest batch = make_batch(12, items, OMG_LIMIT_BATCH);

        for (guint i = 0; i < OMG_LIMIT_BATCH; i++)
                items[i] = make_query(OMG_WIRE_SEARCH, i, "p", 1000);
        ask_free(ask(f, &search));
        g_autoptr(Ask) other = ask(f, &search);
        g_autoptr(Ask) ready = ask(f, &search);
        load(f, snapshot);
        ask_free(g_steal_pointer(&ready));
        (void)await_answer(other);

        shut_pool(f);
        ask_free(ask(f, &batch));
        open_pool();
        for (guint i = 0; i < 20; i++) {
                g_autoptr(Ask) G_GNUC_UNUSED asked = ask(f, &batch);

                g_usleep(i * 100);
        }
        settle(f->bus);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
        expect_pong(f);
}

static void fail_call(Ask *asked, guint64 id, OmgError code, int legacy)
{
        omg_socket_call_fail(g_steal_pointer(&asked->call), code, "it takes too long",
                             asked->frame);
        check_failure(read_frame(asked->fixture, asked->frame), id, legacy, "it takes too long");
}

/* With the request's id, also when nobody has looked at the body yet. */
static void test_fail(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autofree char *text = g_strnfill(2 * OMG_LIMIT_BODY_ON_MAIN, 'v');
        OmgWireRequest request = make_info(0x1234567890, text);
        guint8 garbage[2 * OMG_LIMIT_BODY_ON_MAIN] = {0xff};

        shut_pool(f);
        g_autoptr(Ask) for_data = ask(f, &search);
        g_autoptr(Ask) long_body = ask(f, &request);
        g_autoptr(Ask) nonsense = ask_body(f, garbage, sizeof(garbage), FALSE);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 3);
        fail_call(for_data, search.id, OMG_ERROR_TIMEOUT, INTERNAL);
        fail_call(long_body, 0x1234567890, OMG_ERROR_TIMEOUT, INTERNAL);
        fail_call(nonsense, 0, OMG_ERROR_TIMEOUT, INTERNAL);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
        g_assert_cmpuint(f->service->metrics.calls_failed, ==, 3);
        g_assert_cmpuint(f->service->metrics.calls_total, ==, 3);
        open_pool();
        settle(f->bus);
}

/* omgd ends: new requests are told so, also long ones, and so are those whose turn comes now. */
static void test_closing(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);
        g_autofree char *text = g_strnfill(2 * OMG_LIMIT_BODY_ON_MAIN, 'v');
        OmgWireRequest long_one = make_info(0x1234567890, text);
        g_autoptr(Ask) waiting = ask(f, &search);

        load(f, snapshot);
        omg_service_close(f->service);
        expect_failure(f, &ping, INTERNAL, "ending");
        expect_failure(f, &suggest, INTERNAL, "ending");
        expect_failure(f, &long_one, INTERNAL, "ending");
        check_failure(await_answer(waiting), search.id, INTERNAL, "ending");
        omg_pool_stop(f->bus->pool);
        expect_failure(f, &suggest, INTERNAL, "ending");
}

/* The threads have ended before anybody said so: no request waits for them. */
static void test_pool_stopped(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();

        omg_pool_stop(f->bus->pool);
        g_autoptr(Ask) asked = ask(f, &suggest);
        g_assert_false(asked->was_late);
        check_failure(await_answer(asked), suggest.id, INTERNAL, "ending");
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
}

/* ---- refusals ---- */

static void check_refused(SocketFixture *f, const OmgWireRequest *request)
{
        g_autoptr(GByteArray) body = make_body(f, request);
        g_autoptr(Ask) asked = ask_body(f, body->data, body->len, TRUE);

        check_failure(await_answer(asked), request->id, REFUSED, "faster");
        g_assert_cmpint(asked->verdict, ==, OMG_SOCKET_ANSWERED);
}

/* Too fast: the answer is that, with the id, whatever was asked and however long it is. */
static void test_refused(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        g_autofree char *text = g_strnfill(2 * OMG_LIMIT_BODY_ON_MAIN, 'v');
        OmgWireRequest long_one = make_info(0x1234567890, text);
        OmgWireRequest batch = make_batch(0x10000, &search, 1);

        check_refused(f, &ping);
        check_refused(f, &search);
        check_refused(f, &batch);
        check_refused(f, &long_one);
        g_assert_cmpuint(f->service->metrics.rate_limit_hits, ==, 4);
        g_assert_cmpuint(f->service->metrics.limits_exceeded, ==, 4);
        g_assert_cmpuint(f->service->metrics.calls_failed, ==, 4);
        g_assert_cmpuint(f->service->metrics.calls_total, ==, 4);
        g_assert_cmpuint(f->service->metrics.search_calls, ==, 0);
}

static void check_undecodable(SocketFixture *f, gconstpointer body, gsize length)
{
        g_autoptr(Ask) asked = ask_body(f, body, length, FALSE);

        check_failure(await_answer(asked), 0, UNDECODABLE, "");
        g_assert_cmpint(asked->verdict, ==, OMG_SOCKET_UNDECODABLE);
}

/* Nothing, an unknown request, half of one, one with more behind it; on main and on the pool. */
static void test_undecodable(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        g_autofree guint8 *garbage = g_malloc0(OMG_LIMIT_FRAME);

        check_undecodable(f, "", 0);
        check_undecodable(f, "\x0d\x06\x01", 3);
        check_undecodable(f, "\x06\x06", 2);
        check_undecodable(f, "\x06\x06\x01\x00", 4);
        memset(garbage, 0xff, OMG_LIMIT_FRAME);
        check_undecodable(f, garbage, OMG_LIMIT_BODY_ON_MAIN);
        check_undecodable(f, garbage, OMG_LIMIT_BODY_ON_MAIN + 1);
        check_undecodable(f, garbage, OMG_LIMIT_FRAME);
        g_assert_cmpuint(f->service->metrics.calls_total, ==, 7);
        g_assert_cmpuint(f->service->metrics.calls_failed, ==, 7);
        g_assert_cmpuint(f->service->metrics.validation_failures, ==, 7);
}

/* Batches in a batch are refused with its id; deeper than so many they are not even decoded. */
static void test_deep(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        g_autoptr(GByteArray) body = g_byte_array_new();

        for (guint i = 0; i < OMG_LIMIT_DEPTH; i++)
                g_byte_array_append(body, (const guint8 *)"\x0b\x06\x07\x01", 4);
        body->data[body->len - 1] = 0;
        g_autoptr(Ask) asked = ask_body(f, body->data, body->len, FALSE);
        check_failure(await_answer(asked), 7, INVALID, "none of them a batch");
        g_assert_cmpint(asked->verdict, ==, OMG_SOCKET_ANSWERED);

        body->data[body->len - 1] = 1;
        g_byte_array_append(body, (const guint8 *)"\x0b\x06\x07\x00", 4);
        check_undecodable(f, body->data, body->len);
}

/* A reply that omg would not take becomes an error, with the id; the next is answered. */
static void test_too_long(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autofree char *description = g_strnfill(100, 'd');
        g_autoptr(OmgSnapshot) snapshot = make_big_snapshot(OMG_LIMIT_ROWS, description);
        OmgWireRequest items[OMG_LIMIT_BATCH];
        OmgWireRequest batch = make_batch(0x123456, items, OMG_LIMIT_BATCH);

        load(f, snapshot);
        for (guint i = 0; i < OMG_LIMIT_BATCH; i++)
                items[i] = make_query(OMG_WIRE_SEARCH, i, "p", OMG_LIMIT_ROWS);
        expect_failure(f, &batch, INTERNAL, "8 MiB");
        g_assert_cmpuint(f->service->metrics.calls_failed, ==, 1);
        batch.batch.n = 50;
        g_assert_cmpuint(expect_success(f, &batch)->batch.items[49].result.search.packages.n, ==,
                         OMG_LIMIT_ROWS);
}

/* Errors that answer no request that is known are failed calls too. */
static void test_error_append(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(GByteArray) out = g_byte_array_new();

        omg_socket_error_append(f->calls, OMG_ERROR_LIMITS_EXCEEDED, "too many", out);
        check_failure(read_frame(f, out), 0, REFUSED, "too many");
        g_byte_array_set_size(out, 0);
        omg_socket_error_append(f->calls, OMG_ERROR_UNDECODABLE, "too l\xffong", out);
        check_failure(read_frame(f, out), 0, UNDECODABLE, "too l\xef\xbf\xbdong");
        g_assert_cmpuint(f->service->metrics.calls_total, ==, 2);
        g_assert_cmpuint(f->service->metrics.calls_failed, ==, 2);
        g_assert_cmpuint(f->service->metrics.limits_exceeded, ==, 1);
        g_assert_cmpuint(f->service->metrics.rate_limit_hits, ==, 0);
        g_assert_cmpuint(f->service->metrics.validation_failures, ==, 1);
}

/* Replies stand one behind the other in the caller's buffer. */
static void test_append(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        g_autoptr(GByteArray) body = make_body(f, &ping);
        g_autoptr(GByteArray) out = g_byte_array_new();
        g_autoptr(GByteArray) first = g_byte_array_new();
        guint length;

        for (guint i = 0; i < 3; i++)
                g_assert_cmpint(omg_socket_call(f->calls, body->data, body->len, FALSE, out, NULL,
                                                NULL, NULL),
                                ==, OMG_SOCKET_ANSWERED);
        length = out->len / 3;
        g_byte_array_append(first, out->data, length);
        check_text(read_frame(f, first)->result.text, "pong");
        for (guint i = 1; i < 3; i++)
                g_assert_cmpmem(out->data + i * length, length, first->data, first->len);
}

/* One that is answered may end another that is to be answered next. */
typedef struct {
        OmgSocketCall *other;
        guint n_done;
} Pair;

static void on_done_cancel(GByteArray *frame, OmgSocketVerdict verdict, gpointer userdata)
{
        Pair *pair = userdata;

        pair->n_done++;
        omg_socket_call_cancel(g_steal_pointer(&pair->other));
}

static void test_done_cancels(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);
        g_autoptr(GByteArray) body = make_body(f, &search);
        g_autoptr(GByteArray) out = g_byte_array_new();
        OmgSocketCall *first = NULL;
        Pair pair = {};

        g_assert_cmpint(omg_socket_call(f->calls, body->data, body->len, FALSE, out, on_done_cancel,
                                        &pair, &first),
                        ==, OMG_SOCKET_LATER);
        g_assert_cmpint(omg_socket_call(f->calls, body->data, body->len, FALSE, out, on_done_cancel,
                                        &pair, &pair.other),
                        ==, OMG_SOCKET_LATER);
        load(f, snapshot);
        settle(f->bus);
        g_assert_cmpuint(pair.n_done, ==, 1);
        g_assert_cmpuint(f->service->metrics.calls_waiting, ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        make_requests();
        g_test_add_func("/socket-call/first-load", test_first_load);
        g_test_add_func("/socket-call/waiting", test_waiting);
        g_test_add_func("/socket-call/pool", test_pool);
        g_test_add_func("/socket-call/batches", test_batches);
        g_test_add_func("/socket-call/long-body/bound", test_long_body);
        g_test_add_func("/socket-call/long-body/waits", test_long_body_waits);
        g_test_add_func("/socket-call/damaged/once", test_damaged);
        g_test_add_func("/socket-call/damaged/again", test_damaged_again);
        g_test_add_func("/socket-call/damaged/meanwhile", test_damaged_meanwhile);
        g_test_add_func("/socket-call/cancel", test_cancel);
        g_test_add_func("/socket-call/fail", test_fail);
        g_test_add_func("/socket-call/closing", test_closing);
        g_test_add_func("/socket-call/pool-stopped", test_pool_stopped);
        g_test_add_func("/socket-call/refused", test_refused);
        g_test_add_func("/socket-call/undecodable", test_undecodable);
        g_test_add_func("/socket-call/deep", test_deep);
        g_test_add_func("/socket-call/too-long", test_too_long);
        g_test_add_func("/socket-call/error-append", test_error_append);
        g_test_add_func("/socket-call/append", test_append);
        g_test_add_func("/socket-call/done-cancels", test_done_cancels);
        return g_test_run();
}
