/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One go at one request: its body is decoded, looked at, answered, and the reply's frame appended.
 * On main with what main reuses, on a thread of the pool with things of its own; socket-call.c has
 * the rest: what waits, and for what. */

#include "faces/socket-call.h"
#include "faces/socket-requests.h"

typedef enum {
        OMG_SOCKET_WORK_ANSWERED,    /* a frame was appended, perhaps of an error */
        OMG_SOCKET_WORK_UNDECODABLE, /* likewise; the connection is to be closed */
        OMG_SOCKET_WORK_FOR_DATA,    /* nothing was read yet */
        OMG_SOCKET_WORK_ON_POOL,     /* too much for main */
        OMG_SOCKET_WORK_DAMAGED,     /* what was appended was taken back: the snapshot is damaged */
} OmgSocketOutcome;

/* What is known of a request beside its body, and what a go has found out. */
typedef struct {
        gboolean is_refused; /* came faster than its rate allows */
        gboolean is_counted; /* in the counter of its kind */
        gboolean has_id;
        guint64 id;
} OmgSocketFacts;

typedef struct {
        OmgSocketContext context; /* arena, search and cache: of this thread alone */
        OmgWireEncoder *encoder;
        OmgMetrics *counters; /* what is counted is added here */
        gboolean is_ending;
} OmgSocketWork;

/* Empties the arena first. Reads nothing of what an earlier go has left but facts. Counts what it
 * answers; calls_total is the caller's. */
OmgSocketOutcome omg_socket_work_run(OmgSocketWork *work, const guint8 *body, gsize length,
                                     OmgSocketFacts *facts, GByteArray *out);

/* Appends the frame of an error, and counts it. */
void omg_socket_work_fail(OmgSocketWork *work, guint64 id, OmgError code, const char *message,
                          GByteArray *out);

/* The id alone, of a body that no go has decoded; FALSE: it cannot be decoded. */
gboolean omg_socket_work_read_id(OmgSocketWork *work, const guint8 *body, gsize length,
                                 guint64 *ret_id);
