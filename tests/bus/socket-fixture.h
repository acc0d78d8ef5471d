/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Requests of the socket without a socket: encoded and handed to faces/socket-call.h, their replies
 * decoded; beside the D-Bus interfaces over the same service. */

#include "bus-fixture.h"
#include "faces/socket-call.h"
#include "wire/response.h"

typedef struct {
        BusFixture *bus;
        OmgService *service; /* the bus's */
        OmgSocketCalls *calls;
        OmgWireArena *arena; /* of all decoded replies */
        OmgWireEncoder *encoder;
} SocketFixture;

/* Loaded with the sample system, or with nothing. */
SocketFixture *socket_fixture_new(void);
SocketFixture *socket_fixture_new_empty(void);
void socket_fixture_free(SocketFixture *fixture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SocketFixture, socket_fixture_free)

/* A new snapshot comes. */
void load(SocketFixture *fixture, OmgSnapshot *snapshot);

/* A request that was sent. */
typedef struct {
        SocketFixture *fixture;
        OmgSocketCall *call; /* while it waits */
        gboolean was_late;
        OmgSocketVerdict verdict; /* once it is answered */
        GByteArray *frame;        /* head and body; empty before */
} Ask;

Ask *ask_body(SocketFixture *fixture, gconstpointer body, gsize length, gboolean is_refused);
Ask *ask(SocketFixture *fixture, const OmgWireRequest *request);

/* Cancels it when it still waits. */
void ask_free(Ask *ask);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ask, ask_free)

/* The body of a request. */
GByteArray *make_body(SocketFixture *fixture, const OmgWireRequest *request);

/* Runs the loop until the answer is there; checks that the frame holds it and nothing else. */
const OmgWireResponse *await_answer(Ask *ask);

/* The answer in a frame. */
const OmgWireResponse *read_frame(SocketFixture *fixture, const GByteArray *frame);

/* Asks, and expects a success with the request's id; or an error with its id, this code and this
 * text in its message. */
const OmgWireResult *expect_success(SocketFixture *fixture, const OmgWireRequest *request);
void expect_failure(SocketFixture *fixture, const OmgWireRequest *request, int code,
                    const char *text);
void check_failure(const OmgWireResponse *response, guint64 id, int code, const char *text);

void check_text(OmgWireString text, const char *expected);

/* Requests. Texts are C strings; a limit below 0: none. */
OmgWireRequest make_request(OmgWireRequestTag tag, guint64 id);
OmgWireRequest make_query(OmgWireRequestTag tag, guint64 id, const char *text, gint64 limit);
OmgWireRequest make_info(guint64 id, const char *name);
OmgWireRequest make_batch(guint64 id, OmgWireRequest *items, gsize n);

/* A system of so many packages "p0000" to, each with this description; the first is installed. */
OmgSnapshot *make_big_snapshot(guint n, const char *description);
