/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What one request of the socket comes to: a body goes in, the frame of its reply comes out, at
 * once or later. Knows nothing of connections; socket-server.h has those. Main thread only.
 *
 * A request waits until the first load is done, until the next snapshot when the current one turned
 * out damaged, or while another thread answers it (a batch, Suggest, a body that takes long to
 * decode). */

#include "faces/service.h"

typedef struct OmgSocketCalls OmgSocketCalls;
typedef struct OmgSocketCall OmgSocketCall;

typedef enum {
        OMG_SOCKET_ANSWERED,    /* the frame of the reply, or of an error, was appended */
        OMG_SOCKET_UNDECODABLE, /* an error was appended; the connection is to be closed after it */
        OMG_SOCKET_LATER,       /* done will be called, from the event loop */
} OmgSocketVerdict;

/* @frame: the reply, whole; the callee may steal it. @verdict: ANSWERED or UNDECODABLE. The call is
 * gone when this returns. */
typedef void (*OmgSocketDone)(GByteArray *frame, OmgSocketVerdict verdict, gpointer userdata);

OmgSocketCalls *omg_socket_calls_new(OmgService *service);

/* No call may be under way any more. NULL is harmless. */
void omg_socket_calls_free(OmgSocketCalls *calls);

/* Answers the request in @body (length bytes without the frame's head; copied where it is needed
 * for longer). @is_refused: the sender was faster than its rate allows; the answer is that error,
 * with the request's id. The reply's frame, head and body, is appended to @out. With LATER,
 * *ret_call is set, and either done is called once, or the caller ends the call by one of the two
 * functions below. */
OmgSocketVerdict omg_socket_call(OmgSocketCalls *calls, const guint8 *body, gsize length,
                                 gboolean is_refused, GByteArray *out, OmgSocketDone done,
                                 gpointer userdata, OmgSocketCall **ret_call);

/* Nobody waits for it any more. */
void omg_socket_call_cancel(OmgSocketCall *call);

/* The same with an answer: appends the frame of an error (OmgError) with the request's id. */
void omg_socket_call_fail(OmgSocketCall *call, OmgError code, const char *message, GByteArray *out);

/* Appends the frame of an error that answers no request that is known: id 0. Counted as a failed
 * request. */
void omg_socket_error_append(OmgSocketCalls *calls, OmgError code, const char *message,
                             GByteArray *out);

/* A new snapshot is there: what waits for data runs, from the event loop. */
void omg_socket_calls_wake(OmgSocketCalls *calls);
