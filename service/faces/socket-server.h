/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The socket of omg and omg-fast: listens, and gives each connection its own bounded state
 * (socket-connection.h). A frame is a length, 4 bytes, big-endian, and so many bytes of body.
 * Requests of one connection are answered in order, one at a time; others go on meanwhile. Main
 * thread only. */

#include "faces/socket-call.h"

/* Bounds of one server; tests make them small. Times in µs. */
typedef struct {
        guint clients;        /* connections at once; one more is told so */
        gsize frame;          /* longest body taken, bytes */
        gsize waiting_bytes;  /* replies that wait to be sent, all connections together */
        gsize held_bytes;     /* requests half come or not answered, all connections together */
        guint64 frame_usec;   /* from a frame's first byte to its last */
        guint64 request_usec; /* from a whole frame to its answer: then TIMEOUT */
        guint64 send_usec;    /* for a reply that the peer does not take */
        guint64 linger_usec;  /* after a last answer, for the peer to read it */
        gsize linger_bytes;   /* thrown away meanwhile */
        guint rate;           /* requests a second and connection; 0: no limit */
        guint burst;
} OmgSocketLimits;

/* base/limits.h's. */
extern const OmgSocketLimits omg_socket_limits_default;

typedef struct OmgSocketServer OmgSocketServer;

/* Serves @listen_fd (listening, non-blocking, close-on-exec; taken over, also on failure). Its file
 * is loop/listener.h's business. Uses the service's event loop and metrics. Errors: UNAVAILABLE. */
OmgSocketServer *omg_socket_server_new(OmgService *service, int listen_fd,
                                       const OmgSocketLimits *limits, GError **error);

/* Runs the event loop, as sd_event_loop() does, but with less on the way of a request. */
int omg_socket_server_loop(OmgSocketServer *server);

/* A new snapshot is there. */
void omg_socket_server_wake(OmgSocketServer *server);

/* Somebody waits to be accepted. */
gboolean omg_socket_server_has_waiting(const OmgSocketServer *server);

/* New rates for all connections. */
void omg_socket_server_set_rate(OmgSocketServer *server, guint rate, guint burst);

/* Accepts those that wait, and closes them: they find the end, not a reset. Not for a socket at
 * which another process goes on listening, which will serve them. Before omg_socket_server_close(),
 * when the socket has no name any more. */
void omg_socket_server_turn_away(OmgSocketServer *server);

/* Refuses: no new connections, requests under way are answered with UNAVAILABLE, what can be sent
 * at once is sent, and all connections end. */
void omg_socket_server_close(OmgSocketServer *server);

/* Closes, then frees. NULL is harmless. */
void omg_socket_server_free(OmgSocketServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgSocketServer, omg_socket_server_free)
