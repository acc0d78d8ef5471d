/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The stream of one connection, cut into frames: a length, 4 bytes, big-endian, and so many bytes
 * of body. Pure: bytes are pushed in, bodies are taken out. What is not taken is kept in memory
 * that grows with the bytes that came, never with the length that was claimed; a stream whose
 * frames come whole keeps nothing. */

#include <glib.h>

#define OMG_SOCKET_FRAME_HEAD 4u

typedef struct {
        gsize limit;        /* longest body taken */
        GByteArray *kept;   /* NULL: none */
        gsize kept_used;    /* of these, taken out already */
        const guint8 *data; /* the last push, as far as it was not taken; borrowed */
        gsize length;
} OmgSocketFrames;

typedef enum {
        OMG_SOCKET_FRAME_MORE,     /* no whole frame is there */
        OMG_SOCKET_FRAME_WHOLE,    /* *ret_body has *ret_length bytes, perhaps 0 */
        OMG_SOCKET_FRAME_TOO_LONG, /* claims more than the limit; nothing can follow it */
} OmgSocketFrameResult;

void omg_socket_frames_init(OmgSocketFrames *frames, gsize limit);
void omg_socket_frames_clear(OmgSocketFrames *frames);

/* Adds bytes behind those before. They are borrowed until omg_socket_frames_keep(), which must come
 * before the next push. */
void omg_socket_frames_push(OmgSocketFrames *frames, const guint8 *data, gsize length);

/* Takes the next frame out. Its body is valid until the next call of any function here. */
OmgSocketFrameResult omg_socket_frames_next(OmgSocketFrames *frames, const guint8 **ret_body,
                                            gsize *ret_length);

/* What omg_socket_frames_next() would say; takes nothing. */
OmgSocketFrameResult omg_socket_frames_peek(const OmgSocketFrames *frames);

/* Whether bytes are there that were not taken out. */
gboolean omg_socket_frames_has_bytes(const OmgSocketFrames *frames);

/* Bytes in memory of its own. */
gsize omg_socket_frames_get_held(const OmgSocketFrames *frames);

/* Copies what was pushed and not taken, and gives back memory that is not needed any more. */
void omg_socket_frames_keep(OmgSocketFrames *frames);
