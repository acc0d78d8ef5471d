/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One client of the socket: takes its frames, has each answered (socket-call.h), and sends what
 * comes of it, in order and one at a time. While an answer is made or waits to be sent, nothing is
 * read. Sends its last answer to what is no frame, then lingers: reads on and throws away, because
 * a peer that is still writing would fail there (EPIPE) and not come to read the answer.
 *
 * A turn ends after some frames or half a millisecond. What came beyond that waits for the next
 * turn of the loop (as an interest in EPOLLOUT, which the loop serves round robin with everybody
 * else's; a defer source would come before them all). */

#include "faces/socket-poll.h"
#include "faces/socket-server.h"

typedef struct OmgSocketConnection OmgSocketConnection;

/* What the connections of one server share. */
typedef struct {
        OmgSocketPoll *poll;
        OmgSocketCalls *calls;
        OmgMetrics *metrics;
        OmgPool *pool; /* for omg_pool_trim_later() alone; NULL in tests */
        OmgSocketLimits limits;
        guint8 *buffer;    /* OMG_SOCKET_READ bytes: what was read, until the turn ends */
        GByteArray *out;   /* answers of the turn */
        gboolean is_quiet; /* of the turn: it ended as it began */
        gsize waiting;     /* bytes of answers that could not be sent wholly yet, of all */
        gsize held;        /* bytes of requests half come or not answered, of all */
        /* The connection has something to do at that time (µs, omg_clock_now()). */
        void (*on_deadline)(guint64 deadline, gpointer userdata);
        /* The connection is over: to be freed, from inside the call. */
        void (*on_gone)(OmgSocketConnection *connection, gpointer userdata);
        gpointer userdata;
} OmgSocketShared;

#define OMG_SOCKET_READ (64u << 10)

/* Takes over @fd (non-blocking) when it succeeds. Negative errno. */
int omg_socket_connection_new(OmgSocketShared *shared, int fd, OmgSocketConnection **ret);

/* Drops the request that is under way, and closes. NULL is harmless. */
void omg_socket_connection_free(OmgSocketConnection *connection);

/* Answers with an error before anything was asked, then lingers. It may be gone after it. */
void omg_socket_connection_refuse(OmgSocketConnection *connection, OmgError code,
                                  const char *message);

/* It was refused, and is no client. */
gboolean omg_socket_connection_is_refused(const OmgSocketConnection *connection);

/* For the poll: there is something to do. The connection may be gone after it. TRUE: all that came
 * is answered, and it waits as it did before. */
gboolean omg_socket_connection_ready(gpointer connection, guint32 revents, guint64 now);

/* Where its owner keeps it. */
guint omg_socket_connection_get_index(const OmgSocketConnection *connection);
void omg_socket_connection_set_index(OmgSocketConnection *connection, guint index);

/* When it has waited long enough for its peer or for an answer; 0: it waits for neither. */
guint64 omg_socket_connection_get_deadline(const OmgSocketConnection *connection);

/* The deadline has come. The connection may be gone after it. */
void omg_socket_connection_expire(OmgSocketConnection *connection, guint64 now);

/* Answers the request under way with UNAVAILABLE and sends what can be sent at once. To be freed
 * after it. */
void omg_socket_connection_finish(OmgSocketConnection *connection);
