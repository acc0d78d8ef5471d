/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A stream of frames: however it is cut into pieces, and however many frames are taken a time, the
 * same bodies come out, with the same end. The first bytes say how it is cut. */

#include <glib.h>
#include <stdint.h>

#include "faces/socket-frame.h"

#define LIMIT 300u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes up to that many frames; FALSE when the stream has come to its end. */
static gboolean take(OmgSocketFrames *frames, guint most, GByteArray *bodies)
{
        while (most-- > 0) {
                const guint8 *body;
                gsize length;
                const OmgSocketFrameResult peeked = omg_socket_frames_peek(frames);
                const OmgSocketFrameResult result = omg_socket_frames_next(frames, &body, &length);

                g_assert_cmpint(peeked, ==, result);
                if (result == OMG_SOCKET_FRAME_TOO_LONG)
                        return FALSE;
                if (result == OMG_SOCKET_FRAME_MORE)
                        return TRUE;
                g_assert_cmpuint(length, <=, LIMIT);
                g_byte_array_append(bodies, (const guint8 *)&length, sizeof(length));
                g_byte_array_append(bodies, body, (guint)length);
        }
        return TRUE;
}

/* Pieces of 1 to 255 bytes by turns of the cuts. */
static gboolean run(const guint8 *stream, gsize size, const guint8 *cuts, gsize n_cuts,
                    GByteArray *bodies)
{
        OmgSocketFrames frames;
        gboolean goes_on = TRUE;
        gsize at = 0;

        omg_socket_frames_init(&frames, LIMIT);
        for (gsize i = 0; goes_on && at < size; i++) {
                const guint8 cut = n_cuts > 0 ? cuts[i % n_cuts] : 0;
                const gsize n = cut == 0 ? size - at : MIN(cut, size - at);
                g_autofree guint8 *piece = g_memdup2(stream + at, n);

                omg_socket_frames_push(&frames, piece, n);
                goes_on = take(&frames, cut % 4, bodies);
                omg_socket_frames_keep(&frames);
                g_assert_cmpuint(frames.kept ? frames.kept->len - frames.kept_used : 0, <=, at + n);
                at += n;
        }
        if (goes_on)
                goes_on = take(&frames, G_MAXUINT, bodies);
        omg_socket_frames_clear(&frames);
        return goes_on;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GByteArray) whole = g_byte_array_new();
        g_autoptr(GByteArray) pieces = g_byte_array_new();
        const gsize n_cuts = size > 0 ? MIN(data[0] % 8u, size - 1) : 0;

        if (size == 0)
                return 0;
        const guint8 *stream = data + 1 + n_cuts;
        const gsize length = size - 1 - n_cuts;
        gboolean whole_end = run(stream, length, NULL, 0, whole);
        gboolean pieces_end = run(stream, length, data + 1, n_cuts, pieces);
        g_assert_cmpint(whole_end, ==, pieces_end);
        g_assert_cmpmem(whole->data, whole->len, pieces->data, pieces->len);
        return 0;
}
