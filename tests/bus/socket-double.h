/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Stands in for faces/socket-call.c: answers that the test's requests ask for, so that the rules of
 * the server can be tested without packages. Besides, a server on a socket of its own and clients.
 *
 * Body of a request: a letter, an id, and more.
 *   e  echo: answered at once with the same bytes
 *   n  nothing more: as echo, without the bytes
 *   b  big: a reply of as many KiB as the next two bytes say (big-endian)
 *   s  slow: as echo, after 100 µs of work
 *   l  later: answered when the test says
 *   u  undecodable, as every body of less than two bytes
 * A reply's body: 0, 6, the id (which is how a real one begins), the letter, and more. */

#include <systemd/sd-event.h>

#include "faces/socket-server.h"

typedef struct {
        sd_event *event;
        OmgService service;
        OmgSocketServer *server;
        char *dir;
        char *path;
        OmgSocketLimits limits;
        GPtrArray *calls; /* OmgSocketCall under way, oldest first */
        guint started;    /* requests, in all */
        guint cancelled;
        guint woken;
} SocketFixture;

/* limits NULL: the default ones without a rate. */
SocketFixture *socket_fixture_new(const OmgSocketLimits *limits);
void socket_fixture_free(SocketFixture *fixture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SocketFixture, socket_fixture_free)

/* Runs the loop until nothing happens any more. */
void run_loop(SocketFixture *fixture);

/* Runs it for that long. */
void run_for(SocketFixture *fixture, guint msec);

/* Ends the oldest call that is under way: with its echo, or as undecodable. */
void end_call(SocketFixture *fixture, OmgSocketVerdict verdict);

/* A connected, non-blocking client. */
int client_new(SocketFixture *fixture);

/* Sends all of it, or fails the test. */
void client_send(int fd, const void *bytes, gsize length);

/* Sends a request: a frame of letter, id and more ("" for none). */
void client_ask(int fd, char letter, guint8 id, const char *more);

/* Appends a frame of that to @stream. */
void append_request(GByteArray *stream, char letter, guint8 id, const char *more);

/* Runs the loop until a whole reply is there; its body. */
GByteArray *client_take(SocketFixture *fixture, int fd);

/* Expects a reply: that letter ('E' for an error), that id. */
void expect_reply(SocketFixture *fixture, int fd, char letter, guint8 id);

/* An error with that code of ours. */
void expect_failure(SocketFixture *fixture, int fd, guint8 id, OmgError code);

/* Nothing is there to be read, and the connection goes on. */
void expect_silence(SocketFixture *fixture, int fd);

/* The server has closed, or shut down its side. */
void expect_end(SocketFixture *fixture, int fd);
