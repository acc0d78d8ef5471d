/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "socket-double.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define WAIT_USEC (10 * (guint64)G_USEC_PER_SEC)
#define SLOW_USEC 100u

struct OmgSocketCalls {
        SocketFixture *fixture;
};

struct OmgSocketCall {
        SocketFixture *fixture;
        GByteArray *body;
        OmgSocketDone done;
        gpointer userdata;
};

/* There is one at a time; the double has no other way to find it. */
static SocketFixture *current;

/* ---- the double ---- */

static void append_frame(GByteArray *out, char letter, guint8 id, const guint8 *more, gsize length)
{
        const guint32 head = GUINT32_TO_BE((guint32)(4 + length));
        const guint8 begin[] = {letter == 'E' ? 1 : 0, 6, id, (guint8)letter};

        g_byte_array_append(out, (const guint8 *)&head, sizeof(head));
        g_byte_array_append(out, begin, sizeof(begin));
        if (length > 0)
                g_byte_array_append(out, more, (guint)length);
}

static void append_failure(GByteArray *out, guint8 id, OmgError code)
{
        const guint8 byte = (guint8)code;

        append_frame(out, 'E', id, &byte, 1);
}

static void append_big(GByteArray *out, const guint8 *body, gsize length)
{
        g_assert_cmpuint(length, ==, 4);
        const gsize size = (gsize)(body[2] << 8 | body[3]) << 10;
        g_autofree guint8 *bytes = g_malloc0(size);

        append_frame(out, 'b', body[1], bytes, size - 4);
}

static void work(void)
{
        const guint64 end = omg_clock_now() + SLOW_USEC;

        while (omg_clock_now() < end)
                ;
}

static OmgSocketVerdict call_later(SocketFixture *f, const guint8 *body, gsize length,
                                   OmgSocketDone done, gpointer userdata, OmgSocketCall **ret_call)
{
        OmgSocketCall *call = g_new0(OmgSocketCall, 1);

        *call = (OmgSocketCall){f, g_byte_array_new(), done, userdata};
        g_byte_array_append(call->body, body, (guint)length);
        g_ptr_array_add(f->calls, call);
        *ret_call = call;
        return OMG_SOCKET_LATER;
}

OmgSocketVerdict omg_socket_call(OmgSocketCalls *calls, const guint8 *body, gsize length,
                                 gboolean is_refused, GByteArray *out, OmgSocketDone done,
                                 gpointer userdata, OmgSocketCall **ret_call)
{
        SocketFixture *f = calls->fixture;

        f->started++;
        if (length < 2 || body[0] == 'u') {
                append_failure(out, 0, OMG_ERROR_UNDECODABLE);
                return OMG_SOCKET_UNDECODABLE;
        }
        if (is_refused) {
                append_failure(out, body[1], OMG_ERROR_LIMITS_EXCEEDED);
                return OMG_SOCKET_ANSWERED;
        }
        if (body[0] == 'l')
                return call_later(f, body, length, done, userdata, ret_call);
        if (body[0] == 's')
                work();
        if (body[0] == 'b')
                append_big(out, body, length);
        else
                append_frame(out, (char)body[0], body[1], body + 2,
                             body[0] == 'n' ? 0 : length - 2);
        return OMG_SOCKET_ANSWERED;
}

static void call_free(OmgSocketCall *call)
{
        g_assert_true(g_ptr_array_remove(call->fixture->calls, call));
        g_byte_array_unref(call->body);
        g_free(call);
}

void omg_socket_call_cancel(OmgSocketCall *call)
{
        call->fixture->cancelled++;
        call_free(call);
}

void omg_socket_call_fail(OmgSocketCall *call, OmgError code, const char *message, GByteArray *out)
{
        g_assert_nonnull(message);
        append_failure(out, call->body->data[1], code);
        call_free(call);
}

void omg_socket_error_append(OmgSocketCalls *calls, OmgError code, const char *message,
                             GByteArray *out)
{
        g_assert_nonnull(message);
        append_failure(out, 0, code);
}

OmgSocketCalls *omg_socket_calls_new(OmgService *service)
{
        OmgSocketCalls *calls = g_new0(OmgSocketCalls, 1);

        calls->fixture = current;
        return calls;
}

void omg_socket_calls_free(OmgSocketCalls *calls)
{
        g_assert_cmpuint(calls->fixture->calls->len, ==, 0);
        g_free(calls);
}

void omg_socket_calls_wake(OmgSocketCalls *calls)
{
        calls->fixture->woken++;
}

void end_call(SocketFixture *f, OmgSocketVerdict verdict)
{
        OmgSocketCall *call = f->calls->pdata[0];
        g_autoptr(GByteArray) frame = g_byte_array_new();
        const OmgSocketDone done = call->done;
        const gpointer userdata = call->userdata;

        if (verdict == OMG_SOCKET_UNDECODABLE)
                append_failure(frame, 0, OMG_ERROR_UNDECODABLE);
        else
                append_frame(frame, 'l', call->body->data[1], call->body->data + 2,
                             call->body->len - 2);
        call_free(call);
        done(frame, verdict, userdata);
}

/* ---- the server ---- */

static int listen_at(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        g_assert_cmpint(fd, >=, 0);
        g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
        g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
        g_assert_cmpint(listen(fd, 64), ==, 0);
        return fd;
}

SocketFixture *socket_fixture_new(const OmgSocketLimits *limits)
{
        SocketFixture *f = g_new0(SocketFixture, 1);
        g_autoptr(GError) error = NULL;

        f->limits = limits ? *limits : omg_socket_limits_default;
        if (!limits)
                f->limits.rate = 0;
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        f->service.event = f->event;
        f->dir = g_dir_make_tmp("omgd-socket-XXXXXX", &error);
        g_assert_no_error(error);
        f->path = g_build_filename(f->dir, "omg.sock", NULL);
        f->calls = g_ptr_array_new();
        current = f;
        f->server = omg_socket_server_new(&f->service, listen_at(f->path), &f->limits, &error);
        g_assert_no_error(error);
        g_assert_nonnull(f->server);
        return f;
}

void socket_fixture_free(SocketFixture *f)
{
        omg_socket_server_free(f->server);
        g_assert_cmpuint(f->calls->len, ==, 0);
        g_assert_cmpuint(f->service.metrics.connections, ==, 0);
        g_ptr_array_unref(f->calls);
        sd_event_unref(f->event);
        (void)g_unlink(f->path);
        (void)g_rmdir(f->dir);
        g_free(f->path);
        g_free(f->dir);
        g_free(f);
        current = NULL;
}

void run_loop(SocketFixture *f)
{
        while (sd_event_run(f->event, 0) > 0)
                ;
}

void run_for(SocketFixture *f, guint msec)
{
        const guint64 end = omg_clock_now() + msec * (guint64)1000;

        for (guint64 now; (now = omg_clock_now()) < end;)
                g_assert_cmpint(sd_event_run(f->event, end - now), >=, 0);
}

/* ---- clients ---- */

int client_new(SocketFixture *f)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        g_assert_cmpint(fd, >=, 0);
        g_strlcpy(address.sun_path, f->path, sizeof(address.sun_path));
        g_assert_cmpint(connect(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
        return fd;
}

void client_send(int fd, const void *bytes, gsize length)
{
        g_assert_cmpint(send(fd, bytes, length, MSG_NOSIGNAL), ==, (gssize)length);
}

void append_request(GByteArray *stream, char letter, guint8 id, const char *more)
{
        const guint32 head = GUINT32_TO_BE((guint32)(2 + strlen(more)));
        const guint8 begin[] = {(guint8)letter, id};

        g_byte_array_append(stream, (const guint8 *)&head, sizeof(head));
        g_byte_array_append(stream, begin, sizeof(begin));
        g_byte_array_append(stream, (const guint8 *)more, (guint)strlen(more));
}

void client_ask(int fd, char letter, guint8 id, const char *more)
{
        g_autoptr(GByteArray) frame = g_byte_array_new();

        append_request(frame, letter, id, more);
        client_send(fd, frame->data, frame->len);
}

/* Runs the loop until so many bytes came. */
static void take_bytes(SocketFixture *f, int fd, guint8 *bytes, gsize length)
{
        const guint64 end = omg_clock_now() + WAIT_USEC;

        while (length > 0) {
                ssize_t n = recv(fd, bytes, length, 0);

                if (n > 0) {
                        bytes += n;
                        length -= (gsize)n;
                        continue;
                }
                g_assert_cmpint(n, ==, -1); /* 0: the server hung up */
                g_assert_cmpint(errno, ==, EAGAIN);
                g_assert_cmpuint(omg_clock_now(), <, end);
                g_assert_cmpint(sd_event_run(f->event, 10000), >=, 0);
        }
}

GByteArray *client_take(SocketFixture *f, int fd)
{
        g_autoptr(GByteArray) body = g_byte_array_new();
        guint32 head;

        take_bytes(f, fd, (guint8 *)&head, sizeof(head));
        g_byte_array_set_size(body, GUINT32_FROM_BE(head));
        take_bytes(f, fd, body->data, body->len);
        return g_steal_pointer(&body);
}

void expect_reply(SocketFixture *f, int fd, char letter, guint8 id)
{
        g_autoptr(GByteArray) body = client_take(f, fd);

        g_assert_cmpuint(body->len, >=, 4);
        g_assert_cmpint(body->data[3], ==, letter);
        g_assert_cmpuint(body->data[2], ==, id);
}

void expect_failure(SocketFixture *f, int fd, guint8 id, OmgError code)
{
        g_autoptr(GByteArray) body = client_take(f, fd);

        g_assert_cmpuint(body->len, ==, 5);
        g_assert_cmpint(body->data[3], ==, 'E');
        g_assert_cmpuint(body->data[2], ==, id);
        g_assert_cmpuint(body->data[4], ==, code);
}

void expect_silence(SocketFixture *f, int fd)
{
        guint8 byte;

        run_loop(f);
        g_assert_cmpint(recv(fd, &byte, 1, 0), ==, -1);
        g_assert_cmpint(errno, ==, EAGAIN);
}

void expect_end(SocketFixture *f, int fd)
{
        const guint64 end = omg_clock_now() + WAIT_USEC;
        guint8 byte;
        ssize_t n;

        while ((n = recv(fd, &byte, 1, 0)) < 0 && errno == EAGAIN) {
                g_assert_cmpuint(omg_clock_now(), <, end);
                g_assert_cmpint(sd_event_run(f->event, 10000), >=, 0);
        }
        g_assert_cmpint(n, ==, 0);
}
