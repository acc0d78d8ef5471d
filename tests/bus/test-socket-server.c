/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules of the socket, one by one, with answers made by socket-double.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "loop/log.h"
#include "socket-double.h"

#define MSEC (1000 * (guint64)1)

static OmgSocketLimits limits_new(void)
{
        OmgSocketLimits limits = omg_socket_limits_default;

        limits.rate = 0;
        return limits;
}

/* The bounds of a real server are the documented ones; the tests below cross most of them small. */
static void test_defaults(void)
{
        const OmgSocketLimits *limits = &omg_socket_limits_default;

        g_assert_cmpuint(limits->clients, ==, 256);
        g_assert_cmpuint(limits->frame, ==, 1 << 20);
        g_assert_cmpuint(limits->waiting_bytes, ==, 32 << 20);
        g_assert_cmpuint(limits->frame_usec, ==, 10000 * MSEC);
        g_assert_cmpuint(limits->request_usec, ==, 30000 * MSEC);
        g_assert_cmpuint(limits->send_usec, ==, 30000 * MSEC);
        g_assert_cmpuint(limits->linger_usec, ==, 5000 * MSEC);
        g_assert_cmpuint(limits->linger_bytes, ==, 16 << 20);
        g_assert_cmpuint(limits->rate, ==, 50);
        g_assert_cmpuint(limits->burst, ==, 100);
}

/* ---- frames ---- */

/* Frames are answered however they come: whole, in two writes, byte by byte, several at once. */
static void test_frames(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        g_autoptr(GByteArray) stream = g_byte_array_new();
        int fd = client_new(f);

        client_ask(fd, 'e', 1, "text");
        expect_reply(f, fd, 'e', 1);

        append_request(stream, 'e', 2, "more text");
        client_send(fd, stream->data, 4);
        expect_silence(f, fd);
        client_send(fd, stream->data + 4, stream->len - 4);
        expect_reply(f, fd, 'e', 2);

        for (guint i = 0; i < stream->len; i++) {
                run_loop(f);
                client_send(fd, stream->data + i, 1);
        }
        expect_reply(f, fd, 'e', 2);

        for (guint8 i = 3; i < 20; i++)
                append_request(stream, 'e', i, "");
        client_send(fd, stream->data, stream->len);
        for (guint8 i = 2; i < 20; i++)
                expect_reply(f, fd, 'e', i);
        g_assert_cmpuint(f->service.metrics.connections, ==, 1);
        g_assert_cmpuint(f->service.metrics.bytes_received, ==, 10 + 15 + 15 + stream->len);
        (void)close(fd);
        run_loop(f);
        g_assert_cmpuint(f->service.metrics.connections, ==, 0);
}

/* The longest frame is taken. One that claims a byte more is answered with UNDECODABLE, and its
 * sender, who goes on sending, reads that answer and then the end: no reset. */
static void test_too_long(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        const guint32 longer = GUINT32_TO_BE(OMG_LIMIT_FRAME + 1);
        g_autofree char *text = g_strnfill(OMG_LIMIT_FRAME - 2, 'x');
        g_autoptr(GByteArray) stream = g_byte_array_new();
        int fd = client_new(f);

        append_request(stream, 'n', 7, text);
        g_byte_array_append(stream, (const guint8 *)&longer, sizeof(longer));
        g_byte_array_append(stream, (const guint8 *)text, OMG_LIMIT_FRAME - 2);
        for (guint at = 0; at < stream->len;) {
                ssize_t n = send(fd, stream->data + at, stream->len - at, MSG_NOSIGNAL);

                if (n < 0)
                        g_assert_cmpint(errno, ==, EAGAIN);
                at += n > 0 ? (guint)n : 0;
                run_loop(f);
        }
        expect_reply(f, fd, 'n', 7);
        expect_failure(f, fd, 0, OMG_ERROR_UNDECODABLE);
        expect_end(f, fd);
        g_assert_cmpuint(f->started, ==, 1);
        (void)close(fd);
        run_loop(f);
        g_assert_cmpuint(f->service.metrics.connections, ==, 0);
}

/* An undecodable body is answered, what follows it is not, and the connection ends; a frame without
 * a body is undecodable. What came before it is answered. */
static void test_undecodable(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        int fd = client_new(f);
        int empty = client_new(f);
        g_autoptr(GByteArray) stream = g_byte_array_new();

        append_request(stream, 'e', 1, "");
        append_request(stream, 'u', 2, "");
        append_request(stream, 'e', 3, "");
        client_send(fd, stream->data, stream->len);
        expect_reply(f, fd, 'e', 1);
        expect_failure(f, fd, 0, OMG_ERROR_UNDECODABLE);
        expect_end(f, fd);
        g_assert_cmpuint(f->started, ==, 2);
        /* Its sender sees the end at once, though what it sends is still read. */
        g_assert_cmpuint(f->service.metrics.connections, ==, 2);

        client_send(empty, "\0\0\0\0", 4);
        expect_failure(f, empty, 0, OMG_ERROR_UNDECODABLE);
        expect_end(f, empty);
        (void)close(fd);
        (void)close(empty);
}

/* One that was found undecodable on another thread, the same. */
static void test_undecodable_later(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        int fd = client_new(f);

        client_ask(fd, 'l', 1, "");
        client_ask(fd, 'e', 2, "");
        run_loop(f);
        end_call(f, OMG_SOCKET_UNDECODABLE);
        expect_failure(f, fd, 0, OMG_ERROR_UNDECODABLE);
        expect_end(f, fd);
        g_assert_cmpuint(f->started, ==, 1);
        (void)close(fd);
}

/* Somebody who only sends after the last answer is cut off: after some bytes, or after a time. */
static void test_linger(void)
{
        OmgSocketLimits limits = limits_new();
        limits.linger_bytes = 1000;
        limits.linger_usec = 50 * MSEC;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        int sender = client_new(f);
        int sleeper = client_new(f);
        char garbage[1001] = {0};

        client_ask(sender, 'u', 1, "");
        client_ask(sleeper, 'u', 1, "");
        run_loop(f);
        g_assert_cmpuint(f->service.metrics.connections, ==, 2);
        client_send(sender, garbage, 1000);
        run_loop(f);
        g_assert_cmpuint(f->service.metrics.connections, ==, 2);
        client_send(sender, garbage, 1);
        run_loop(f);
        g_assert_cmpuint(f->service.metrics.connections, ==, 1);
        run_for(f, 200);
        g_assert_cmpuint(f->service.metrics.connections, ==, 0);
        expect_failure(f, sleeper, 0, OMG_ERROR_UNDECODABLE);
        (void)close(sender);
        (void)close(sleeper);
}

/* ---- order, and others ---- */

/* While an answer is made, what the same client sent behind it waits, in order; others go on. */
static void test_later(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        int fd = client_new(f);
        int other = client_new(f);

        client_ask(fd, 'l', 1, "");
        client_ask(fd, 'e', 2, "");
        client_ask(fd, 'l', 3, "");
        expect_silence(f, fd);
        g_assert_cmpuint(f->calls->len, ==, 1);
        g_assert_cmpuint(f->started, ==, 1);
        client_ask(other, 'e', 9, "");
        expect_reply(f, other, 'e', 9);
        g_assert_cmpuint(f->started, ==, 2);
        end_call(f, OMG_SOCKET_ANSWERED);
        expect_reply(f, fd, 'l', 1);
        expect_reply(f, fd, 'e', 2);
        expect_silence(f, fd);
        end_call(f, OMG_SOCKET_ANSWERED);
        expect_reply(f, fd, 'l', 3);
        client_ask(fd, 'e', 4, "");
        expect_reply(f, fd, 'e', 4);
        (void)close(fd);
        (void)close(other);
}

/* A client that sends 10,000 requests at once does not hold up another one, whether its requests
 * are many or take long. */
static void test_fair(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        static const char letters[] = {'e', 's'};

        for (guint i = 0; i < G_N_ELEMENTS(letters); i++) {
                g_autoptr(GByteArray) stream = g_byte_array_new();
                int greedy = client_new(f);
                int other = client_new(f);

                for (guint n = 0; n < 10000; n++)
                        append_request(stream, letters[i], (guint8)n, "");
                run_loop(f);
                f->started = 0;
                client_send(greedy, stream->data, stream->len);
                g_assert_cmpint(sd_event_run(f->event, 0), >, 0);
                g_assert_cmpuint(f->started, <=, letters[i] == 'e' ? 64 : 8);
                client_ask(other, 'e', 1, "");
                for (guint n = 0; n < 3; n++)
                        g_assert_cmpint(sd_event_run(f->event, 0), >, 0);
                expect_reply(f, other, 'e', 1);
                g_assert_cmpuint(f->started, <, 500);
                if (letters[i] == 'e')
                        for (guint n = 0; n < 10000; n++)
                                expect_reply(f, greedy, 'e', (guint8)n);
                (void)close(greedy);
                (void)close(other);
                run_loop(f);
        }
}

/* ---- peers that do not read ---- */

/* A client that does not read is not read either, holds one answer at most, costs others nothing,
 * and gets everything in order when it does. */
static void test_back_pressure(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        int fd = client_new(f);
        int other = client_new(f);

        for (guint8 i = 1; i <= 5; i++)
                client_ask(fd, 'b', i, "\x04\x01"); /* a MiB and more */
        run_loop(f);
        g_assert_cmpuint(f->started, ==, 1);
        client_ask(other, 'e', 1, "");
        expect_reply(f, other, 'e', 1);
        g_assert_cmpuint(f->started, ==, 2);
        for (guint8 i = 1; i <= 5; i++)
                expect_reply(f, fd, 'b', i);
        g_assert_cmpuint(f->started, ==, 6);
        client_ask(fd, 'e', 6, "");
        expect_reply(f, fd, 'e', 6);
        (void)close(fd);
        (void)close(other);
}

static gsize get_readable(int fd)
{
        int n;

        g_assert_cmpint(ioctl(fd, FIONREAD, &n), ==, 0);
        return (gsize)n;
}

/* An answer that comes late goes behind what still waits, also when the peer has made room for it
 * by then. */
static void test_late_order(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        g_autofree char *text = g_strnfill(40000, 'x');
        const gsize echo = 4 + 4 + strlen(text), late = 4 + 4;
        int fd = client_new(f);
        guint8 n = 0;

        /* Until not all of an echo could be sent, while the call behind it is under way. */
        for (;;) {
                g_assert_cmpuint(n, <, 100);
                client_ask(fd, 'e', n, text);
                client_ask(fd, 'l', n, "");
                run_loop(f);
                g_assert_cmpuint(f->calls->len, ==, 1);
                if (get_readable(fd) < ++n * (echo + late) - late)
                        break;
                end_call(f, OMG_SOCKET_ANSWERED);
        }
        expect_reply(f, fd, 'e', 0);
        expect_reply(f, fd, 'l', 0);
        end_call(f, OMG_SOCKET_ANSWERED);
        for (guint8 i = 1; i < n; i++) {
                expect_reply(f, fd, 'e', i);
                expect_reply(f, fd, 'l', i);
        }
        (void)close(fd);
}

/* One that never reads is dropped after a time; one that reads nothing because nothing is there
 * stays. */
static void test_send_timeout(void)
{
        OmgSocketLimits limits = limits_new();
        limits.send_usec = 50 * MSEC;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        int fd = client_new(f);
        int idle = client_new(f);

        client_ask(idle, 'e', 1, "");
        client_ask(fd, 'b', 1, "\x04\x01");
        run_loop(f);
        g_assert_cmpuint(f->service.metrics.connections, ==, 2);
        run_for(f, 250);
        g_assert_cmpuint(f->service.metrics.connections, ==, 1);
        expect_reply(f, idle, 'e', 1);
        (void)close(fd);
        (void)close(idle);
}

/* Where too much waits already, a long answer becomes an error with the same id; a short one still
 * goes to whoever reads. */
static void test_waiting(void)
{
        OmgSocketLimits limits = limits_new();
        limits.waiting_bytes = 2 << 20;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        int fds[3];

        for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
                fds[i] = client_new(f);
        client_ask(fds[0], 'b', 1, "\x07\x01"); /* 1,793 KiB, of which the kernel takes some */
        run_loop(f);
        client_ask(fds[1], 'b', 200, "\x04\x01");
        g_autoptr(GByteArray) body = client_take(f, fds[1]);
        /* The real encoder's: 1 for an error, and the id, as a number of one byte. */
        const guint8 expected[] = {1, 6, 200};
        g_assert_cmpmem(body->data, 3, expected, 3);
        g_assert_cmpuint(body->len, <, 200);
        g_assert_cmpuint(f->service.metrics.calls_failed, ==, 1);
        g_assert_cmpuint(f->service.metrics.limits_exceeded, ==, 1);
        client_ask(fds[2], 'e', 3, "");
        expect_reply(f, fds[2], 'e', 3);

        expect_reply(f, fds[0], 'b', 1);
        client_ask(fds[1], 'b', 4, "\x04\x01");
        expect_reply(f, fds[1], 'b', 4);

        /* What waited for one that goes waits no more. */
        client_ask(fds[0], 'b', 5, "\x07\x01");
        run_loop(f);
        (void)close(fds[0]);
        run_loop(f);
        client_ask(fds[1], 'b', 6, "\x07\x01");
        expect_reply(f, fds[1], 'b', 6);
        (void)close(fds[1]);
        (void)close(fds[2]);
}

/* The same for an answer that comes later. */
static void test_waiting_later(void)
{
        OmgSocketLimits limits = limits_new();
        limits.waiting_bytes = 64 << 10;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        g_autofree char *text = g_strnfill(100 << 10, 'x');
        int fd = client_new(f);

        client_ask(fd, 'l', 200, text);
        for (guint i = 0; f->calls->len == 0; i++) {
                run_loop(f);
                g_assert_cmpuint(i, <, 100);
        }
        end_call(f, OMG_SOCKET_ANSWERED);
        g_autoptr(GByteArray) body = client_take(f, fd);
        const guint8 expected[] = {1, 6, 200};
        g_assert_cmpmem(body->data, 3, expected, 3);
        g_assert_cmpuint(body->len, <, 200);
        g_assert_cmpuint(f->service.metrics.limits_exceeded, ==, 1);
        client_ask(fd, 'e', 1, "");
        expect_reply(f, fd, 'e', 1);
        (void)close(fd);
}

/* Reads an answer to @kib but not its end. */
static void client_take_most(SocketFixture *f, int fd, gsize kib)
{
        g_autofree guint8 *sink = g_malloc(kib << 10);

        for (gsize at = 0; at < kib << 10;) {
                run_loop(f);
                ssize_t n = recv(fd, sink, (kib << 10) - at, 0);

                g_assert_cmpint(n, >, 0);
                at += (gsize)n;
        }
        run_loop(f);
}

/* An answer of which all but the end was read is in memory as a whole, and counts as a whole. */
static void test_waiting_end(void)
{
        OmgSocketLimits limits = limits_new();
        limits.waiting_bytes = 3 << 20;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        int fds[3];

        for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
                fds[i] = client_new(f);
        for (guint8 i = 0; i < 2; i++) {
                client_ask(fds[i], 'b', 200, "\x05\x01"); /* 1,281 KiB */
                client_take_most(f, fds[i], 900);
        }
        client_ask(fds[2], 'b', 200, "\x04\x01");
        g_autoptr(GByteArray) refused = client_take(f, fds[2]);
        g_assert_cmpuint(refused->data[0], ==, 1);

        client_take_most(f, fds[0], 381);
        client_ask(fds[2], 'b', 4, "\x04\x01");
        expect_reply(f, fds[2], 'b', 4);
        for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
                (void)close(fds[i]);
}

/* Short answers that nobody reads cannot pass the limit either: their client is dropped. */
static void test_waiting_short(void)
{
        OmgSocketLimits limits = limits_new();
        limits.waiting_bytes = 4096;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        g_autofree char *text = g_strnfill(8000, 'x');
        int fd = client_new(f);
        guint n = 0;

        for (; f->service.metrics.connections > 0 || n == 0; n++) {
                g_autoptr(GByteArray) frame = g_byte_array_new();

                append_request(frame, 'e', 1, text);
                (void)send(fd, frame->data, frame->len, MSG_NOSIGNAL);
                run_loop(f);
                g_assert_cmpuint(n, <, 1000);
        }
        g_assert_cmpuint(n, >, 5);
        (void)close(fd);
}

/* Begins a frame of @kib KiB of which half comes, and has it read. */
static void client_begin(SocketFixture *f, int fd, guint kib)
{
        const guint32 head = GUINT32_TO_BE(kib << 10);
        g_autofree char *half = g_strnfill((kib << 10) / 2, 'n');

        client_send(fd, &head, sizeof(head));
        client_send(fd, half, (kib << 10) / 2);
        run_loop(f);
}

/* Requests that have not come wholly, or are not answered yet, are held up to a limit over all
 * connections: who passes it is told so, and is over. Short requests are not concerned, and what
 * was held is free again when it is answered or its connection ends. */
static void test_held(void)
{
        OmgSocketLimits limits = limits_new();
        limits.held_bytes = 250 << 10;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        g_autofree char *half = g_strnfill(100 << 10, 'n');
        int a = client_new(f), b = client_new(f), c = client_new(f), d = client_new(f);

        client_begin(f, a, 200);
        client_begin(f, b, 200);
        client_begin(f, c, 200);
        expect_failure(f, c, 0, OMG_ERROR_LIMITS_EXCEEDED);
        expect_end(f, c);
        client_ask(d, 'e', 1, "");
        expect_reply(f, d, 'e', 1);

        (void)close(b);
        run_loop(f);
        client_send(a, half, 100 << 10);
        expect_reply(f, a, 'n', 'n');
        /* One that waits for its answer is held. */
        g_autofree char *text = g_strnfill(180 << 10, 'x');
        client_ask(d, 'l', 5, text);
        run_loop(f);
        g_assert_cmpuint(f->calls->len, ==, 1);
        client_begin(f, a, 200);
        expect_failure(f, a, 0, OMG_ERROR_LIMITS_EXCEEDED);
        end_call(f, OMG_SOCKET_ANSWERED);
        expect_reply(f, d, 'l', 5);
        client_begin(f, d, 200);
        client_send(d, half, 100 << 10);
        expect_reply(f, d, 'n', 'n');
        (void)close(a);
        (void)close(c);
        (void)close(d);
}

/* ---- times ---- */

/* Half a frame is waited for, whether nothing follows or one byte after the other; then it is
 * answered with UNDECODABLE. A connection between two frames may be idle. */
static void test_frame_timeout(void)
{
        OmgSocketLimits limits = limits_new();
        limits.frame_usec = 100 * MSEC;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        int idle = client_new(f);
        int half = client_new(f);
        int slow = client_new(f);

        client_ask(idle, 'e', 1, "");
        client_send(half, "\0\0", 2);
        client_send(slow, "\0\0\1\0", 4);
        for (guint i = 0; i < 6; i++) {
                run_for(f, 10);
                client_send(slow, "x", 1);
        }
        expect_silence(f, half);
        expect_silence(f, slow);
        run_for(f, 80);
        expect_failure(f, half, 0, OMG_ERROR_UNDECODABLE);
        expect_end(f, half);
        expect_failure(f, slow, 0, OMG_ERROR_UNDECODABLE);
        expect_end(f, slow);
        expect_reply(f, idle, 'e', 1);
        client_ask(idle, 'e', 2, "");
        expect_reply(f, idle, 'e', 2);
        (void)close(idle);
        (void)close(half);
        (void)close(slow);
}

/* Each frame has its own time, also when the next one has always begun. */
static void test_frame_each(void)
{
        OmgSocketLimits limits = limits_new();
        limits.frame_usec = 400 * MSEC;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        int fd = client_new(f);

        client_send(fd, "\0\0", 2);
        for (guint8 i = 1; i <= 8; i++) {
                const guint8 rest[] = {0, 2, 'e', i, 0, 0};

                run_for(f, 100);
                client_send(fd, rest, sizeof(rest));
                expect_reply(f, fd, 'e', i);
        }
        (void)close(fd);
}

/* One timer for all: one that ends sooner than those before it, and one that ends after another,
 * each end in time. */
static void test_deadlines(void)
{
        OmgSocketLimits limits = limits_new();
        limits.frame_usec = 100 * MSEC;
        limits.request_usec = limits.linger_usec = 60000 * MSEC;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        int waiting = client_new(f);
        int first = client_new(f);
        int second = client_new(f);

        client_ask(waiting, 'l', 1, "");
        run_loop(f);
        client_send(first, "\0", 1);
        run_for(f, 50);
        client_send(second, "\0", 1);
        expect_failure(f, first, 0, OMG_ERROR_UNDECODABLE);
        expect_failure(f, second, 0, OMG_ERROR_UNDECODABLE);
        expect_silence(f, waiting);
        (void)close(waiting);
        (void)close(first);
        (void)close(second);
}

/* Half a frame that waits behind an answer is not late: nobody reads its rest. */
static void test_frame_waits(void)
{
        OmgSocketLimits limits = limits_new();
        limits.frame_usec = 50 * MSEC;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        int fd = client_new(f);

        client_ask(fd, 'l', 1, "");
        client_send(fd, "\0\0\0", 3);
        run_for(f, 150);
        end_call(f, OMG_SOCKET_ANSWERED);
        expect_reply(f, fd, 'l', 1);
        client_send(fd, "\2e\2", 3);
        expect_reply(f, fd, 'e', 2);
        (void)close(fd);
}

/* A request that takes too long is answered with TIMEOUT; the next one is served. */
static void test_request_timeout(void)
{
        OmgSocketLimits limits = limits_new();
        limits.request_usec = 50 * MSEC;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        int fd = client_new(f);

        client_ask(fd, 'l', 1, "");
        client_ask(fd, 'e', 2, "");
        run_loop(f);
        g_assert_cmpuint(f->calls->len, ==, 1);
        expect_failure(f, fd, 1, OMG_ERROR_TIMEOUT);
        g_assert_cmpuint(f->calls->len, ==, 0);
        expect_reply(f, fd, 'e', 2);
        (void)close(fd);
}

/* Answers that come at once leave no timer behind: nothing wakes omgd up. */
static void test_idle(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        int fd = client_new(f);

        client_ask(fd, 'e', 1, "");
        expect_reply(f, fd, 'e', 1);
        run_loop(f);
        g_assert_cmpint(sd_event_run(f->event, 100 * MSEC), ==, 0);
        (void)close(fd);
}

/* ---- ends ---- */

/* What a client sent before it shut down its side is answered, half a frame with UNDECODABLE, then
 * the connection ends. */
static void test_half_close(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        int fd = client_new(f);
        int half = client_new(f);

        client_ask(fd, 'l', 1, "");
        client_ask(fd, 'e', 2, "");
        client_ask(fd, 'b', 3, "\x04\x01");
        (void)shutdown(fd, SHUT_WR);
        expect_silence(f, fd);
        end_call(f, OMG_SOCKET_ANSWERED);
        expect_reply(f, fd, 'l', 1);
        expect_reply(f, fd, 'e', 2);
        expect_reply(f, fd, 'b', 3);
        expect_end(f, fd);

        client_send(half, "\0\0\0\2e", 5);
        (void)shutdown(half, SHUT_WR);
        expect_failure(f, half, 0, OMG_ERROR_UNDECODABLE);
        expect_end(f, half);
        run_loop(f);
        g_assert_cmpuint(f->service.metrics.connections, ==, 0);
        (void)close(fd);
        (void)close(half);
}

/* Nobody waits for the answer any more: the call is dropped, with all that was sent behind it. */
static void test_hang_up(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        int fd = client_new(f);
        int full = client_new(f);

        client_ask(fd, 'l', 1, "");
        client_ask(fd, 'e', 2, "");
        client_ask(full, 'b', 1, "\x04\x01");
        run_loop(f);
        (void)close(fd);
        (void)close(full);
        run_loop(f);
        g_assert_cmpuint(f->cancelled, ==, 1);
        g_assert_cmpuint(f->started, ==, 2);
        g_assert_cmpuint(f->service.metrics.connections, ==, 0);
}

/* At the end calls under way are answered, and so is what can be sent at once; then all is closed.
 */
static void test_close(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        int fd = client_new(f);
        int idle = client_new(f);
        int full = client_new(f);

        client_ask(fd, 'l', 1, "");
        client_ask(full, 'b', 1, "\x04\x01");
        run_loop(f);
        omg_socket_server_wake(f->server);
        g_assert_cmpuint(f->woken, ==, 1);
        omg_socket_server_close(f->server);
        expect_failure(f, fd, 1, OMG_ERROR_UNAVAILABLE);
        expect_end(f, fd);
        expect_end(f, idle);
        g_assert_cmpuint(f->service.metrics.connections, ==, 0);
        g_assert_cmpuint(f->cancelled, ==, 0);
        (void)close(fd);
        (void)close(idle);
        (void)close(full);
        omg_socket_server_close(f->server);
}

/* One that has connected, and one that has also sent something, when the end comes before they are
 * accepted, and one that has sent more than was read: the end, not a reset. */
static void test_turn_away(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        int full = client_new(f);
        char byte;

        client_ask(full, 'l', 1, "");
        run_loop(f);
        client_ask(full, 'e', 2, "");
        int silent = client_new(f);
        int asking = client_new(f);
        client_ask(asking, 'e', 1, "");
        g_assert_true(omg_socket_server_has_waiting(f->server));
        omg_socket_server_turn_away(f->server);
        g_assert_false(omg_socket_server_has_waiting(f->server));
        omg_socket_server_close(f->server);
        g_assert_cmpint(recv(silent, &byte, 1, 0), ==, 0);
        g_assert_cmpint(recv(asking, &byte, 1, 0), ==, 0);
        expect_failure(f, full, 1, OMG_ERROR_UNAVAILABLE);
        g_assert_cmpint(recv(full, &byte, 1, 0), ==, 0);
        (void)close(silent);
        (void)close(asking);
        (void)close(full);
}

/* ---- numbers ---- */

/* One client more than the limit is told so, and served when another has left. With the real limit.
 */
static void test_clients(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        int fds[OMG_LIMIT_CLIENTS];

        for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
                fds[i] = client_new(f);
                run_loop(f);
        }
        g_assert_cmpuint(f->service.metrics.connections, ==, OMG_LIMIT_CLIENTS);
        int one_more = client_new(f);
        run_loop(f);
        /* Told so already, it writes late, and in pieces: it does not fail there. */
        g_assert_cmpint(send(one_more, "\0\0\0\2", 4, MSG_NOSIGNAL), ==, 4);
        run_loop(f);
        g_assert_cmpint(send(one_more, "xx", 2, MSG_NOSIGNAL), ==, 2);
        run_loop(f);
        expect_failure(f, one_more, 0, OMG_ERROR_LIMITS_EXCEEDED);
        expect_end(f, one_more);
        g_assert_cmpuint(f->started, ==, 0);
        g_assert_cmpuint(f->service.metrics.connections, ==, OMG_LIMIT_CLIENTS);
        (void)close(one_more);
        run_loop(f);
        g_assert_cmpuint(f->service.metrics.connections, ==, OMG_LIMIT_CLIENTS);

        (void)close(fds[7]);
        run_loop(f);
        fds[7] = client_new(f);
        for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
                client_ask(fds[i], 'e', (guint8)i, "");
                expect_reply(f, fds[i], 'e', (guint8)i);
                (void)close(fds[i]);
        }
}

/* Those who are refused and do not leave are no clients; of more than OMG_LIMIT_REFUSED the first
 * is closed; and none stays for longer than a last answer takes. */
static void test_refused(void)
{
        OmgSocketLimits limits = limits_new();
        limits.clients = 1;
        limits.linger_usec = 300 * G_TIME_SPAN_MILLISECOND;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        int client = client_new(f);
        int fds[OMG_LIMIT_REFUSED + 2];

        run_loop(f);
        for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
                fds[i] = client_new(f);
                run_loop(f);
        }
        for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
                expect_failure(f, fds[i], 0, OMG_ERROR_LIMITS_EXCEEDED);
                g_assert_cmpint(send(fds[i], "x", 1, MSG_NOSIGNAL), ==, i < 2 ? -1 : 1);
        }
        g_assert_cmpuint(f->service.metrics.connections, ==, 1);
        const gint64 begun = g_get_monotonic_time();
        while (send(fds[G_N_ELEMENTS(fds) - 1], "x", 1, MSG_NOSIGNAL) == 1) {
                g_assert_cmpint(g_get_monotonic_time() - begun, <, 20 * G_TIME_SPAN_SECOND);
                run_loop(f);
        }
        (void)close(client);
        run_loop(f);
        g_assert_cmpuint(f->service.metrics.connections, ==, 0);
        for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
                (void)close(fds[i]);
}

static guint warnings;

static void count_warning(int priority, const struct iovec *fields, gsize n_fields, gpointer data)
{
        warnings++;
}

/* Without descriptors nobody new is served, those who are go on, the loop does not spin, and it is
 * said once; with descriptors the waiting client is served after a second. */
static void test_descriptors(void)
{
        /* Its limit is another: it lets accept4(2) take the client, and closes that. */
        if (strstr(g_getenv("LD_PRELOAD") ?: "", "vgpreload")) {
                g_test_skip("valgrind has descriptors of its own");
                return;
        }
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        struct rlimit before, none;
        int fd = client_new(f);
        guint turns = 0;

        client_ask(fd, 'e', 1, "");
        expect_reply(f, fd, 'e', 1);
        int waiting = client_new(f);
        g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
        none = before;
        none.rlim_cur = 0;
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
        omg_log_set_sink(count_warning, NULL);
        warnings = 0;
        const guint64 begun = omg_clock_now();
        while (omg_clock_now() - begun < 1500 * MSEC)
                turns += sd_event_run(f->event, 100 * MSEC) > 0;
        client_ask(fd, 'e', 2, "");
        expect_reply(f, fd, 'e', 2);
        g_assert_cmpuint(warnings, ==, 1);
        g_assert_cmpuint(turns, <, 10);
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
        omg_log_set_sink(NULL, NULL);
        client_ask(waiting, 'e', 3, "");
        expect_reply(f, waiting, 'e', 3);
        (void)close(fd);
        (void)close(waiting);
}

/* Each connection has its own rate: what comes faster is refused, and answered all the same. The
 * default is the documented one. */
static void test_rate(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(&omg_socket_limits_default);
        g_autoptr(GByteArray) stream = g_byte_array_new();
        int fd = client_new(f);
        int other = client_new(f);
        guint answered = 0;

        for (guint8 i = 0; i < 200; i++)
                append_request(stream, 'e', i, "");
        client_send(fd, stream->data, stream->len);
        for (guint8 i = 0; i < 200; i++) {
                g_autoptr(GByteArray) body = client_take(f, fd);

                g_assert_cmpuint(body->data[2], ==, i);
                if (body->data[3] == 'e')
                        answered++;
                else
                        g_assert_cmpuint(body->data[4], ==, OMG_ERROR_LIMITS_EXCEEDED);
        }
        g_assert_cmpuint(answered, >=, OMG_LIMIT_BURST);
        g_assert_cmpuint(answered, <, 2 * OMG_LIMIT_BURST);
        client_ask(other, 'e', 1, "");
        expect_reply(f, other, 'e', 1);

        omg_socket_server_set_rate(f->server, 0, 0);
        client_send(fd, stream->data, stream->len);
        for (guint8 i = 0; i < 200; i++)
                expect_reply(f, fd, 'e', i);

        omg_socket_server_set_rate(f->server, 1, 5);
        int last = client_new(f);
        client_send(last, stream->data, 10 * (stream->len / 200));
        for (guint8 i = 0; i < 5; i++)
                expect_reply(f, last, 'e', i);
        g_autoptr(GByteArray) body = client_take(f, last);
        g_assert_cmpint(body->data[3], ==, 'E');
        (void)close(fd);
        (void)close(other);
        (void)close(last);
}

/* ---- all at once ---- */

#define CHAOS_CLIENTS 24u
#define CHAOS_STEPS   20000u

static void act(SocketFixture *f, int *fd)
{
        static const char letters[] = "eeennnlllsbu";
        static guint8 sink[300000];
        const guint kind = (guint)g_test_rand_int_range(0, 100);

        if (*fd < 0) {
                *fd = client_new(f);
        } else if (kind < 4) {
                (void)close(*fd);
                *fd = -1;
        } else if (kind < 7) {
                (void)shutdown(*fd, kind < 6 ? SHUT_WR : SHUT_RDWR);
        } else if (kind < 40) {
                (void)recv(*fd, sink, (gsize)g_test_rand_int_range(1, sizeof(sink)), 0);
        } else if (kind < 50) {
                (void)send(*fd, "\0\0\0\2n\1", (gsize)g_test_rand_int_range(1, 7), MSG_NOSIGNAL);
        } else {
                g_autoptr(GByteArray) stream = g_byte_array_new();

                for (gint32 n = g_test_rand_int_range(1, 100); n > 0; n -= 30) {
                        const char letter = letters[g_test_rand_int_range(0, sizeof(letters) - 1)];

                        append_request(stream, letter, 1, letter == 'b' ? "\1\1" : "more");
                }
                (void)send(*fd, stream->data, stream->len, MSG_NOSIGNAL);
        }
}

/* Clients that connect, send, stop, read and leave by chance, while answers come late and times run
 * out: nothing is used after it is gone (sanitizers watch), and in the end nobody is left. */
static void test_chaos(void)
{
        OmgSocketLimits limits = limits_new();
        limits.clients = CHAOS_CLIENTS - 4;
        limits.waiting_bytes = 1 << 20;
        limits.linger_bytes = 2000;
        limits.frame_usec = limits.request_usec = limits.send_usec = limits.linger_usec = 3 * MSEC;
        g_autoptr(SocketFixture) f = socket_fixture_new(&limits);
        int fds[CHAOS_CLIENTS];

        for (guint i = 0; i < CHAOS_CLIENTS; i++)
                fds[i] = -1;
        for (guint i = 0; i < CHAOS_STEPS; i++) {
                act(f, &fds[g_test_rand_int_range(0, CHAOS_CLIENTS)]);
                if (f->calls->len > 0 && g_test_rand_int_range(0, 4) == 0)
                        end_call(f, g_test_rand_int_range(0, 9) == 0 ? OMG_SOCKET_UNDECODABLE
                                                                     : OMG_SOCKET_ANSWERED);
                for (gint32 n = g_test_rand_int_range(0, 4); n > 0; n--)
                        g_assert_cmpint(sd_event_run(f->event, 0), >=, 0);
                g_assert_cmpuint(f->service.metrics.connections, <=, limits.clients);
        }
        g_assert_cmpuint(f->started, >, CHAOS_STEPS / 10);
        for (guint i = 0; i < CHAOS_CLIENTS; i++)
                if (fds[i] >= 0)
                        (void)close(fds[i]);
        run_for(f, 50);
        g_assert_cmpuint(f->service.metrics.connections, ==, 0);
        g_assert_cmpuint(f->calls->len, ==, 0);
        g_assert_cmpint(sd_event_run(f->event, 100 * MSEC), ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/socket-server/defaults", test_defaults);
        g_test_add_func("/socket-server/frames", test_frames);
        g_test_add_func("/socket-server/too-long", test_too_long);
        g_test_add_func("/socket-server/undecodable", test_undecodable);
        g_test_add_func("/socket-server/undecodable-later", test_undecodable_later);
        g_test_add_func("/socket-server/linger", test_linger);
        g_test_add_func("/socket-server/later", test_later);
        g_test_add_func("/socket-server/fair", test_fair);
        g_test_add_func("/socket-server/back-pressure", test_back_pressure);
        g_test_add_func("/socket-server/late-order", test_late_order);
        g_test_add_func("/socket-server/send-timeout", test_send_timeout);
        g_test_add_func("/socket-server/waiting", test_waiting);
        g_test_add_func("/socket-server/waiting-later", test_waiting_later);
        g_test_add_func("/socket-server/waiting-end", test_waiting_end);
        g_test_add_func("/socket-server/waiting-short", test_waiting_short);
        g_test_add_func("/socket-server/held", test_held);
        g_test_add_func("/socket-server/frame-timeout", test_frame_timeout);
        g_test_add_func("/socket-server/frame-each", test_frame_each);
        g_test_add_func("/socket-server/deadlines", test_deadlines);
        g_test_add_func("/socket-server/frame-waits", test_frame_waits);
        g_test_add_func("/socket-server/request-timeout", test_request_timeout);
        g_test_add_func("/socket-server/idle", test_idle);
        g_test_add_func("/socket-server/half-close", test_half_close);
        g_test_add_func("/socket-server/hang-up", test_hang_up);
        g_test_add_func("/socket-server/close", test_close);
        g_test_add_func("/socket-server/turn-away", test_turn_away);
        g_test_add_func("/socket-server/clients", test_clients);
        g_test_add_func("/socket-server/refused", test_refused);
        g_test_add_func("/socket-server/descriptors", test_descriptors);
        g_test_add_func("/socket-server/rate", test_rate);
        g_test_add_func("/socket-server/chaos", test_chaos);
        return g_test_run();
}
