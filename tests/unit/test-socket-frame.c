/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stream cut into frames, however it comes. */
#include <string.h>

#include "base/limits.h"
#include "faces/socket-frame.h"

static void append_frame(GByteArray *stream, const void *body, gsize length)
{
        guint32 head = GUINT32_TO_BE((guint32)length);

        g_byte_array_append(stream, (const guint8 *)&head, sizeof(head));
        if (length > 0)
                g_byte_array_append(stream, body, (guint)length);
}

/* The bodies that come out of a push, each followed by ";". */
static void take_all(OmgSocketFrames *frames, GString *ret_bodies)
{
        const guint8 *body;
        gsize length;

        while (omg_socket_frames_next(frames, &body, &length) == OMG_SOCKET_FRAME_WHOLE) {
                g_string_append_len(ret_bodies, (const char *)body, (gssize)length);
                g_string_append_c(ret_bodies, ';');
        }
        omg_socket_frames_keep(frames);
}

static GByteArray *make_stream(void)
{
        GByteArray *stream = g_byte_array_new();

        append_frame(stream, "one", 3);
        append_frame(stream, "", 0);
        append_frame(stream, "three", 5);
        return stream;
}

/* Several frames in one push come out in order, one without a body too, and nothing is kept. */
static void test_pipelined(void)
{
        g_autoptr(GByteArray) stream = make_stream();
        g_autoptr(GString) bodies = g_string_new(NULL);
        OmgSocketFrames frames;

        omg_socket_frames_init(&frames, 100);
        g_assert_cmpint(omg_socket_frames_peek(&frames), ==, OMG_SOCKET_FRAME_MORE);
        g_assert_false(omg_socket_frames_has_bytes(&frames));
        omg_socket_frames_push(&frames, stream->data, stream->len);
        g_assert_cmpint(omg_socket_frames_peek(&frames), ==, OMG_SOCKET_FRAME_WHOLE);
        take_all(&frames, bodies);
        g_assert_cmpstr(bodies->str, ==, "one;;three;");
        g_assert_false(omg_socket_frames_has_bytes(&frames));
        g_assert_null(frames.kept);
        omg_socket_frames_clear(&frames);
}

/* The same bodies whatever the pieces, down to single bytes. */
static void test_pieces(void)
{
        g_autoptr(GByteArray) stream = make_stream();

        for (guint size = 1; size <= stream->len; size++) {
                g_autoptr(GString) bodies = g_string_new(NULL);
                OmgSocketFrames frames;

                omg_socket_frames_init(&frames, 5);
                for (guint at = 0; at < stream->len; at += size) {
                        /* A piece of its own, so that nothing borrowed is used later. */
                        const guint n = MIN(size, stream->len - at);
                        g_autofree guint8 *piece = g_memdup2(stream->data + at, n);

                        omg_socket_frames_push(&frames, piece, n);
                        take_all(&frames, bodies);
                }
                g_assert_cmpstr(bodies->str, ==, "one;;three;");
                g_assert_null(frames.kept);
                omg_socket_frames_clear(&frames);
        }
}

/* Frames that are taken one a turn, as by a connection that answers slowly, while more comes. */
static void test_slow(void)
{
        g_autoptr(GByteArray) stream = make_stream();
        OmgSocketFrames frames;
        const guint8 *body;
        gsize length;

        omg_socket_frames_init(&frames, 100);
        omg_socket_frames_push(&frames, stream->data, stream->len);
        g_assert_cmpint(omg_socket_frames_next(&frames, &body, &length), ==,
                        OMG_SOCKET_FRAME_WHOLE);
        omg_socket_frames_keep(&frames);
        g_assert_cmpint(omg_socket_frames_next(&frames, &body, &length), ==,
                        OMG_SOCKET_FRAME_WHOLE);
        g_assert_cmpuint(length, ==, 0);
        omg_socket_frames_keep(&frames);
        omg_socket_frames_push(&frames, stream->data, stream->len);
        g_assert_cmpint(omg_socket_frames_next(&frames, &body, &length), ==,
                        OMG_SOCKET_FRAME_WHOLE);
        g_assert_cmpmem(body, length, "three", 5);
        g_assert_true(omg_socket_frames_has_bytes(&frames));
        omg_socket_frames_clear(&frames);
        g_assert_false(omg_socket_frames_has_bytes(&frames));
}

/* The longest body is taken, one byte more is not: known from the head alone. */
static void test_limit(void)
{
        const guint32 longest = GUINT32_TO_BE(OMG_LIMIT_FRAME);
        const guint32 longer = GUINT32_TO_BE(OMG_LIMIT_FRAME + 1);
        const guint32 most = G_MAXUINT32;
        g_autofree guint8 *body = g_malloc0(OMG_LIMIT_FRAME);
        OmgSocketFrames frames;
        const guint8 *taken;
        gsize length;

        omg_socket_frames_init(&frames, OMG_LIMIT_FRAME);
        omg_socket_frames_push(&frames, (const guint8 *)&longest, sizeof(longest));
        g_assert_cmpint(omg_socket_frames_peek(&frames), ==, OMG_SOCKET_FRAME_MORE);
        omg_socket_frames_keep(&frames);
        omg_socket_frames_push(&frames, body, OMG_LIMIT_FRAME);
        g_assert_cmpint(omg_socket_frames_next(&frames, &taken, &length), ==,
                        OMG_SOCKET_FRAME_WHOLE);
        g_assert_cmpuint(length, ==, OMG_LIMIT_FRAME);
        omg_socket_frames_keep(&frames);

        omg_socket_frames_push(&frames, (const guint8 *)&longer, sizeof(longer));
        g_assert_cmpint(omg_socket_frames_peek(&frames), ==, OMG_SOCKET_FRAME_TOO_LONG);
        g_assert_cmpint(omg_socket_frames_next(&frames, &taken, &length), ==,
                        OMG_SOCKET_FRAME_TOO_LONG);
        omg_socket_frames_clear(&frames);
        omg_socket_frames_push(&frames, (const guint8 *)&most, sizeof(most));
        g_assert_cmpint(omg_socket_frames_next(&frames, &taken, &length), ==,
                        OMG_SOCKET_FRAME_TOO_LONG);
        omg_socket_frames_clear(&frames);
}

/* A claim of a megabyte costs what has come of it. */
static void test_claim(void)
{
        const guint32 head = GUINT32_TO_BE(OMG_LIMIT_FRAME);
        OmgSocketFrames frames;

        omg_socket_frames_init(&frames, OMG_LIMIT_FRAME);
        omg_socket_frames_push(&frames, (const guint8 *)&head, sizeof(head));
        omg_socket_frames_keep(&frames);
        g_assert_cmpuint(frames.kept->len, ==, sizeof(head));
        omg_socket_frames_clear(&frames);
}

/* A long frame that was taken out is not held on to for the sake of what came behind it. */
static void test_held(void)
{
        const gsize length = 200 << 10;
        const guint32 head = GUINT32_TO_BE((guint32)length);
        g_autofree guint8 *bytes = g_malloc0(length);
        OmgSocketFrames frames;
        const guint8 *body;
        gsize n;

        omg_socket_frames_init(&frames, 1 << 20);
        omg_socket_frames_push(&frames, (const guint8 *)&head, sizeof(head));
        omg_socket_frames_keep(&frames);
        omg_socket_frames_push(&frames, bytes, length - 1);
        omg_socket_frames_keep(&frames);
        g_assert_cmpuint(omg_socket_frames_get_held(&frames), ==, sizeof(head) + length - 1);
        omg_socket_frames_push(&frames, (const guint8 *)"\0\0\0\0\2x", 6);
        g_assert_cmpint(omg_socket_frames_next(&frames, &body, &n), ==, OMG_SOCKET_FRAME_WHOLE);
        g_assert_cmpuint(n, ==, length);
        omg_socket_frames_keep(&frames);
        g_assert_cmpuint(omg_socket_frames_get_held(&frames), ==, 5);
        omg_socket_frames_push(&frames, (const guint8 *)"y", 1);
        g_assert_cmpint(omg_socket_frames_next(&frames, &body, &n), ==, OMG_SOCKET_FRAME_WHOLE);
        g_assert_cmpmem(body, n, "xy", 2);
        omg_socket_frames_keep(&frames);
        g_assert_cmpuint(omg_socket_frames_get_held(&frames), ==, 0);
        omg_socket_frames_clear(&frames);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/socket-frame/pipelined", test_pipelined);
        g_test_add_func("/socket-frame/pieces", test_pieces);
        g_test_add_func("/socket-frame/slow", test_slow);
        g_test_add_func("/socket-frame/limit", test_limit);
        g_test_add_func("/socket-frame/claim", test_claim);
        g_test_add_func("/socket-frame/held", test_held);
        return g_test_run();
}
