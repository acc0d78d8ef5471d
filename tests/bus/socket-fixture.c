/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "socket-fixture.h"

#include "base/limits.h"

SocketFixture *socket_fixture_new_empty(void)
{
        SocketFixture *fixture = g_new0(SocketFixture, 1);

        fixture->bus = bus_fixture_new();
        fixture->service = fixture->bus->service;
        fixture->calls = omg_socket_calls_new(fixture->service);
        fixture->arena = omg_wire_arena_new();
        fixture->encoder = omg_wire_encoder_new();
        return fixture;
}

SocketFixture *socket_fixture_new(void)
{
        SocketFixture *fixture = socket_fixture_new_empty();
        g_autoptr(OmgSnapshot) snapshot = sample_snapshot(7);

        load(fixture, snapshot);
        return fixture;
}

void socket_fixture_free(SocketFixture *fixture)
{
        omg_socket_calls_free(fixture->calls);
        bus_fixture_free(fixture->bus);
        omg_wire_arena_free(fixture->arena);
        omg_wire_encoder_free(fixture->encoder);
        g_free(fixture);
}

void load(SocketFixture *fixture, OmgSnapshot *snapshot)
{
        apply(fixture->bus, 0, snapshot, NULL);
        omg_socket_calls_wake(fixture->calls);
}

/* ---- asking ---- */

static void on_done(GByteArray *frame, OmgSocketVerdict verdict, gpointer userdata)
{
        Ask *ask = userdata;

        g_assert_nonnull(ask->call);
        g_assert_cmpuint(ask->frame->len, ==, 0);
        ask->call = NULL;
        ask->verdict = verdict;
        g_byte_array_append(ask->frame, frame->data, frame->len);
}

Ask *ask_body(SocketFixture *fixture, gconstpointer body, gsize length, gboolean is_refused)
{
        Ask *ask = g_new0(Ask, 1);
        /* Of its own, so that whoever looks at it later is found out. */
        g_autofree guint8 *copy = g_memdup2(body, length);

        ask->fixture = fixture;
        ask->frame = g_byte_array_new();
        ask->verdict = omg_socket_call(fixture->calls, copy, length, is_refused, ask->frame,
                                       on_done, ask, &ask->call);
        ask->was_late = ask->verdict == OMG_SOCKET_LATER;
        g_assert_true(ask->was_late == (ask->call != NULL));
        g_assert_true(ask->was_late == (ask->frame->len == 0));
        return ask;
}

GByteArray *make_body(SocketFixture *fixture, const OmgWireRequest *request)
{
        GByteArray *body = g_byte_array_new();
        g_autoptr(GError) error = NULL;

        (void)omg_wire_encode(fixture->encoder, &omg_wire_request_type, request, OMG_LIMIT_FRAME,
                              body, &error);
        g_assert_no_error(error);
        return body;
}

Ask *ask(SocketFixture *fixture, const OmgWireRequest *request)
{
        g_autoptr(GByteArray) body = make_body(fixture, request);

        return ask_body(fixture, body->data, body->len, FALSE);
}

void ask_free(Ask *ask)
{
        if (ask->call)
                omg_socket_call_cancel(ask->call);
        g_byte_array_unref(ask->frame);
        g_free(ask);
}

/* ---- answers ---- */

const OmgWireResponse *read_frame(SocketFixture *fixture, const GByteArray *frame)
{
        const OmgWireCaps caps = {10000000, OMG_LIMIT_DEPTH};
        OmgWireResponse *response = omg_wire_arena_alloc(fixture->arena, sizeof(*response));
        g_autoptr(GError) error = NULL;
        guint32 length;

        g_assert_cmpuint(frame->len, >=, sizeof(length));
        memcpy(&length, frame->data, sizeof(length));
        g_assert_cmpuint(GUINT32_FROM_BE(length), ==, frame->len - sizeof(length));
        (void)omg_wire_decode(&omg_wire_response_type, frame->data + sizeof(length),
                              frame->len - sizeof(length), &caps, fixture->arena, response, NULL,
                              &error);
        g_assert_no_error(error);
        return response;
}

const OmgWireResponse *await_answer(Ask *ask)
{
        while (ask->call)
                g_assert_cmpint(sd_event_run(ask->fixture->bus->event, 10 * G_USEC_PER_SEC), >, 0);
        return read_frame(ask->fixture, ask->frame);
}

/* The texts of a reply are in its frame, which goes with the question: kept for the whole test. */
static const OmgWireResponse *ask_and_await(SocketFixture *fixture, const OmgWireRequest *request)
{
        g_autoptr(Ask) asked = ask(fixture, request);
        const OmgWireResponse *response = await_answer(asked);
        GByteArray copy = {(guint8 *)omg_wire_arena_dup(fixture->arena,
                                                        (const char *)asked->frame->data,
                                                        asked->frame->len),
                           asked->frame->len};

        g_assert_cmpint(asked->verdict, ==, OMG_SOCKET_ANSWERED);
        g_assert_cmpuint(response->id, ==, request->id);
        return read_frame(fixture, &copy);
}

const OmgWireResult *expect_success(SocketFixture *fixture, const OmgWireRequest *request)
{
        const OmgWireResponse *response = ask_and_await(fixture, request);

        if (response->tag == OMG_WIRE_ERROR)
                g_error("%d: %.*s", response->error.code, (int)response->error.message.length,
                        response->error.message.bytes);
        return &response->result;
}

void check_failure(const OmgWireResponse *response, guint64 id, int code, const char *text)
{
        g_assert_cmpint(response->tag, ==, OMG_WIRE_ERROR);
        g_assert_cmpuint(response->id, ==, id);
        g_assert_cmpint(response->error.code, ==, code);
        g_autofree char *message =
                g_strndup(response->error.message.bytes, response->error.message.length);
        if (!strstr(message, text))
                g_error("\"%s\" lacks \"%s\"", message, text);
}

void expect_failure(SocketFixture *fixture, const OmgWireRequest *request, int code,
                    const char *text)
{
        check_failure(ask_and_await(fixture, request), request->id, code, text);
}

void check_text(OmgWireString text, const char *expected)
{
        g_autofree char *got = g_strndup(text.bytes, text.length);

        g_assert_cmpstr(got, ==, expected);
}

/* ---- requests ---- */

OmgWireRequest make_request(OmgWireRequestTag tag, guint64 id)
{
        return (OmgWireRequest){.tag = tag, .id = id};
}

OmgWireRequest make_query(OmgWireRequestTag tag, guint64 id, const char *text, gint64 limit)
{
        OmgWireRequest request = make_request(tag, id);

        request.query.text = omg_wire_string(text);
        request.query.limit = (OmgWireOptionU64){limit >= 0, limit >= 0 ? (guint64)limit : 0};
        return request;
}

OmgWireRequest make_info(guint64 id, const char *name)
{
        OmgWireRequest request = make_request(OMG_WIRE_INFO, id);

        request.package = omg_wire_string(name);
        return request;
}

OmgWireRequest make_batch(guint64 id, OmgWireRequest *items, gsize n)
{
        OmgWireRequest request = make_request(OMG_WIRE_BATCH, id);

        request.batch.items = items;
        request.batch.n = n;
        return request;
}

OmgSnapshot *make_big_snapshot(guint n, const char *description)
{
        g_autofree FixturePackage *packages = g_new0(FixturePackage, n + 1);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        const FixturePackage local[] = {
                {NULL, "p0000", "1-1", description, NULL, NULL, OMG_PACKAGE_EXPLICIT, NULL},
                {},
        };

        for (guint i = 0; i < n; i++) {
                g_ptr_array_add(names, g_strdup_printf("p%04u", i));
                packages[i] = (FixturePackage){.repository = "core",
                                               .name = names->pdata[i],
                                               .version = "1-1",
                                               .description = description};
        }
        return fixture_snapshot(packages, local, "[core]\nServer = file:///c\n");
}
