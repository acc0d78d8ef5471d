/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/socket-connection.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/token-bucket.h"
#include "faces/socket-frame.h"
#include "faces/socket-reply.h"

/* One turn: others wait meanwhile. */
#define TURN_FRAMES 64u
#define TURN_USEC   500u
#define TURN_BYTES  (64u << 10) /* of answers */

/* Memory for answers that is kept for the next one. */
#define KEEP_BYTES (256u << 10)

/* So much freed at once is worth a look for what can be given back to the kernel. */
#define TRIM_BYTES (256u << 10)

/* A shorter answer is tried even when no more may wait: a peer that reads takes it at once. */
#define SHORT_BYTES (16u << 10)

struct OmgSocketConnection {
        OmgSocketShared *shared;
        guint index;
        int fd;
        guint32 events; /* epoll's, as set */
        OmgTokenBucket bucket;
        OmgSocketFrames frames;
        OmgSocketCall *call; /* under way */
        gsize call_bytes;    /* its body */
        gsize held;          /* that and half a frame, as counted in shared->held */
        GByteArray *unsent;  /* the rest of answers; NULL: none */
        gsize unsent_used;
        gboolean at_end; /* the peer says no more */
        gboolean is_refused;
        gboolean is_last;      /* what is sent now is the last: then lingers */
        gboolean is_lingering; /* the last was sent */
        gsize lingered;        /* bytes thrown away */
        guint64 call_deadline; /* each 0 when it does not wait for that */
        guint64 send_deadline;
        guint64 frame_deadline;
        guint64 linger_deadline;
};

static void gone(OmgSocketConnection *self)
{
        self->shared->on_gone(self, self->shared->userdata);
}

/* ---- sending ---- */

/* All of it counts as waiting until the last byte is sent, because so long all of it is in memory.
 */
static void drop_unsent(OmgSocketConnection *self)
{
        const gsize length = self->unsent ? self->unsent->len : 0;

        self->shared->waiting -= length;
        g_clear_pointer(&self->unsent, g_byte_array_unref);
        self->unsent_used = 0;
        self->send_deadline = 0;
        if (length >= TRIM_BYTES)
                omg_pool_trim_later(self->shared->pool);
}

/* How much of it could be sent; negative errno when the peer is gone. */
static gssize send_bytes(OmgSocketConnection *self, const guint8 *bytes, gsize length)
{
        ssize_t n = send(self->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        self->shared->metrics->bytes_sent += (guint64)n;
        return n;
}

/* FALSE: the peer is gone. */
static gboolean send_unsent(OmgSocketConnection *self)
{
        gssize n = send_bytes(self, self->unsent->data + self->unsent_used,
                              self->unsent->len - self->unsent_used);

        if (n < 0)
                return FALSE;
        self->unsent_used += (gsize)n;
        if (self->unsent_used == self->unsent->len)
                drop_unsent(self);
        return TRUE;
}

/* What cannot be sent at once waits; @answers is left with nothing that matters. FALSE: the peer is
 * gone, or does not read while there is no more room for what waits. */
static gboolean send_answers(OmgSocketConnection *self, GByteArray *answers, guint64 now)
{
        OmgSocketShared *shared = self->shared;
        gssize n = 0;

        if (answers->len == 0)
                return TRUE;
        if (!self->unsent && (n = send_bytes(self, answers->data, answers->len)) < 0)
                return FALSE;
        const gsize rest = answers->len - (gsize)n;
        if (rest == 0)
                return TRUE;
        const gboolean is_copied = self->unsent || rest < answers->len / 2;
        const gsize added = is_copied ? rest : answers->len;
        if (shared->waiting + added > shared->limits.waiting_bytes)
                return FALSE;
        shared->waiting += added;
        if (!self->unsent)
                self->send_deadline = now + shared->limits.send_usec;
        if (is_copied) {
                if (!self->unsent)
                        self->unsent = g_byte_array_new();
                g_byte_array_append(self->unsent, answers->data + n, (guint)rest);
                return TRUE;
        }
        gsize length;
        guint8 *bytes = g_byte_array_steal(answers, &length);
        self->unsent = g_byte_array_new_take(bytes, length);
        self->unsent_used = (gsize)n;
        return TRUE;
}

/* An answer, from @at on, for which there is no room becomes an error. */
static void check_room(OmgSocketConnection *self, GByteArray *answers, gsize at)
{
        OmgSocketShared *shared = self->shared;

        if (answers->len - at <= SHORT_BYTES ||
            shared->waiting + answers->len <= shared->limits.waiting_bytes)
                return;
        omg_socket_reply_replace(answers, at, OMG_ERROR_LIMITS_EXCEEDED,
                                 "Too many bytes of answers wait to be read by their clients");
        /* What is longer than SHORT_BYTES was no error before. */
        omg_metrics_count_failure(shared->metrics, OMG_ERROR_LIMITS_EXCEEDED);
}

/* ---- what it waits for ---- */

static void linger(OmgSocketConnection *self, guint64 now)
{
        (void)shutdown(self->fd, SHUT_WR);
        omg_socket_frames_clear(&self->frames);
        self->is_lingering = TRUE;
        self->linger_deadline = now + self->shared->limits.linger_usec;
}

/* Only a frame that is being read takes time: one that waits behind an answer does not. */
static void update_frame_deadline(OmgSocketConnection *self, guint32 events, guint64 now)
{
        if (self->is_lingering || events != EPOLLIN || !omg_socket_frames_has_bytes(&self->frames))
                self->frame_deadline = 0;
        else if (self->frame_deadline == 0)
                self->frame_deadline = now + self->shared->limits.frame_usec;
}

static guint32 get_events(const OmgSocketConnection *self)
{
        if (self->unsent)
                return EPOLLOUT;
        if (self->is_lingering)
                return EPOLLIN;
        if (self->call)
                return 0;
        /* Its next turn. */
        if (omg_socket_frames_peek(&self->frames) != OMG_SOCKET_FRAME_MORE)
                return EPOLLOUT;
        return self->at_end ? 0 : EPOLLIN;
}

guint64 omg_socket_connection_get_deadline(const OmgSocketConnection *self)
{
        const guint64 all[] = {self->call_deadline, self->send_deadline, self->frame_deadline,
                               self->linger_deadline};
        guint64 first = 0;

        for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
                if (all[i] != 0 && (first == 0 || all[i] < first))
                        first = all[i];
        return first;
}

static void update_held(OmgSocketConnection *self)
{
        const gsize held =
                omg_socket_frames_get_held(&self->frames) + (self->call ? self->call_bytes : 0);

        if (self->held >= held + TRIM_BYTES)
                omg_pool_trim_later(self->shared->pool);
        self->shared->held += held - self->held;
        self->held = held;
}

/* The end of every turn: waits for what comes next, or is over. */
static void settle(OmgSocketConnection *self, guint64 now)
{
        if (self->is_last && !self->unsent && !self->is_lingering)
                linger(self, now);
        update_held(self);
        const guint32 events = get_events(self);
        if (events == 0 && !self->call) {
                gone(self);
                return;
        }
        update_frame_deadline(self, events, now);
        const guint64 deadline = omg_socket_connection_get_deadline(self);
        if (deadline != 0)
                self->shared->on_deadline(deadline, self->shared->userdata);
        if (events == self->events) {
                self->shared->is_quiet = deadline == 0 && !self->call;
                return;
        }
        if (omg_socket_poll_modify(self->shared->poll, self->fd, events, self) < 0) {
                gone(self);
                return;
        }
        self->events = events;
}

/* ---- answering ---- */

static void on_done(GByteArray *frame, OmgSocketVerdict verdict, gpointer userdata);

static void answer_last(OmgSocketConnection *self, OmgError code, const char *message)
{
        omg_socket_error_append(self->shared->calls, code, message, self->shared->out);
        self->is_last = TRUE;
}

static void answer(OmgSocketConnection *self, const guint8 *body, gsize length, guint64 now)
{
        OmgSocketShared *shared = self->shared;
        const OmgSocketLimits *limits = &shared->limits;
        const gboolean is_refused =
                !omg_token_bucket_take(&self->bucket, now, limits->rate, limits->burst);
        const gsize at = shared->out->len;

        switch (omg_socket_call(shared->calls, body, length, is_refused, shared->out, on_done, self,
                                &self->call)) {
        case OMG_SOCKET_ANSWERED:
                check_room(self, shared->out, at);
                break;
        case OMG_SOCKET_UNDECODABLE:
                self->is_last = TRUE;
                break;
        case OMG_SOCKET_LATER:
                self->call_bytes = length;
                self->call_deadline = now + limits->request_usec;
                break;
        }
}

/* FALSE: nothing more can be answered now. */
static gboolean answer_next(OmgSocketConnection *self, guint64 now)
{
        const guint8 *body;
        gsize length;

        if (self->call || self->is_last)
                return FALSE;
        switch (omg_socket_frames_next(&self->frames, &body, &length)) {
        case OMG_SOCKET_FRAME_WHOLE:
                self->frame_deadline = 0;
                answer(self, body, length, now);
                return TRUE;
        case OMG_SOCKET_FRAME_TOO_LONG: {
                g_autofree char *message = g_strdup_printf("A request has at most %zu bytes",
                                                           self->shared->limits.frame);

                answer_last(self, OMG_ERROR_UNDECODABLE, message);
                return FALSE;
        }
        default:
                if (self->at_end && omg_socket_frames_has_bytes(&self->frames))
                        answer_last(self, OMG_ERROR_UNDECODABLE, "The request has no end");
                return FALSE;
        }
}

/* Sends what is in shared->out. */
static void end_turn(OmgSocketConnection *self, guint64 now)
{
        OmgSocketShared *shared = self->shared;
        const gboolean is_big = shared->out->len > KEEP_BYTES;
        const gboolean is_there = send_answers(self, shared->out, now);

        if (is_big) {
                g_byte_array_unref(shared->out);
                shared->out = g_byte_array_new();
        }
        g_byte_array_set_size(shared->out, 0);
        omg_socket_frames_keep(&self->frames);
        if (is_there)
                settle(self, now);
        else
                gone(self);
}

/* No frame is there, nor an end of the stream to be looked at. */
static gboolean is_answered(const OmgSocketConnection *self)
{
        return !self->at_end && omg_socket_frames_peek(&self->frames) == OMG_SOCKET_FRAME_MORE;
}

/* Answers what is there, as far as one turn goes. The connection may be gone after it. */
static void take_turn(OmgSocketConnection *self, guint64 begun)
{
        guint64 now = begun;

        for (guint n = 1; answer_next(self, now) && n < TURN_FRAMES; n++) {
                if (is_answered(self) || self->shared->out->len > TURN_BYTES ||
                    now - begun > TURN_USEC)
                        break;
                now = omg_clock_now();
        }
        end_turn(self, now);
}

static void on_done(GByteArray *frame, OmgSocketVerdict verdict, gpointer userdata)
{
        OmgSocketConnection *self = userdata;

        self->call = NULL;
        self->call_deadline = 0;
        if (verdict == OMG_SOCKET_UNDECODABLE)
                self->is_last = TRUE;
        else
                check_room(self, frame, 0);
        if (send_answers(self, frame, omg_clock_now()))
                settle(self, omg_clock_now());
        else
                gone(self);
}

/* ---- receiving ---- */

/* TRUE: bytes came, or the end. FALSE: nothing is there, or the connection is gone. */
static gboolean receive(OmgSocketConnection *self, gsize *ret_length)
{
        ssize_t n = recv(self->fd, self->shared->buffer, OMG_SOCKET_READ, MSG_DONTWAIT);

        if (n < 0) {
                if (errno != EAGAIN && errno != EINTR)
                        gone(self);
                return FALSE;
        }
        self->shared->metrics->bytes_received += (guint64)n;
        *ret_length = (gsize)n;
        return TRUE;
}

static void throw_away(OmgSocketConnection *self)
{
        gsize length;

        if (!receive(self, &length))
                return;
        self->lingered += length;
        if (length == 0 || self->lingered > self->shared->limits.linger_bytes)
                gone(self);
}

/* What comes in one read is taken from everybody: without that nobody could be served. */
static gboolean is_too_much(const OmgSocketConnection *self, gsize length)
{
        return omg_socket_frames_get_held(&self->frames) + length > OMG_SOCKET_READ &&
               self->shared->held + length > self->shared->limits.held_bytes;
}

static void read_frames(OmgSocketConnection *self, guint64 now)
{
        gsize length;

        if (!receive(self, &length))
                return;
        if (is_too_much(self, length)) {
                answer_last(self, OMG_ERROR_LIMITS_EXCEEDED,
                            "Too many bytes of requests wait for their rest or their answer");
                end_turn(self, now);
                return;
        }
        if (length == 0)
                self->at_end = TRUE;
        else
                omg_socket_frames_push(&self->frames, self->shared->buffer, length);
        take_turn(self, now);
}

gboolean omg_socket_connection_ready(gpointer connection, guint32 revents, guint64 now)
{
        OmgSocketConnection *self = connection;
        OmgSocketShared *shared = self->shared;

        shared->is_quiet = FALSE;
        if (self->unsent) {
                if (send_unsent(self))
                        settle(self, now);
                else
                        gone(self);
        } else if (self->is_lingering) {
                throw_away(self);
        } else if (self->call) {
                /* Nothing was asked of epoll: the peer has hung up, nobody waits for the answer. */
                if (revents & (EPOLLHUP | EPOLLERR))
                        gone(self);
        } else if (self->events == EPOLLOUT) {
                take_turn(self, now);
        } else {
                read_frames(self, now);
        }
        return shared->is_quiet;
}

/* ---- life ---- */

int omg_socket_connection_new(OmgSocketShared *shared, int fd, OmgSocketConnection **ret)
{
        OmgSocketConnection *self = g_new0(OmgSocketConnection, 1);
        int r;

        self->shared = shared;
        self->events = EPOLLIN;
        r = omg_socket_poll_add(shared->poll, fd, self->events, self);
        if (r < 0) {
                g_free(self);
                return r;
        }
        self->fd = fd;
        omg_socket_frames_init(&self->frames, shared->limits.frame);
        *ret = self;
        return 0;
}

void omg_socket_connection_free(OmgSocketConnection *self)
{
        if (!self)
                return;
        if (self->call)
                omg_socket_call_cancel(self->call);
        drop_unsent(self);
        omg_socket_frames_clear(&self->frames);
        self->call = NULL;
        update_held(self);
        omg_socket_poll_remove(self->shared->poll, self->fd, self);
        (void)close(self->fd);
        g_free(self);
}

void omg_socket_connection_refuse(OmgSocketConnection *self, OmgError code, const char *message)
{
        self->is_refused = TRUE;
        answer_last(self, code, message);
        end_turn(self, omg_clock_now());
}

gboolean omg_socket_connection_is_refused(const OmgSocketConnection *self)
{
        return self->is_refused;
}

guint omg_socket_connection_get_index(const OmgSocketConnection *self)
{
        return self->index;
}

void omg_socket_connection_set_index(OmgSocketConnection *self, guint index)
{
        self->index = index;
}

static void fail_call(OmgSocketConnection *self, OmgError code, const char *message)
{
        omg_socket_call_fail(g_steal_pointer(&self->call), code, message, self->shared->out);
        self->call_deadline = 0;
}

void omg_socket_connection_expire(OmgSocketConnection *self, guint64 now)
{
        /* A peer that does not read would not read a reason either. */
        if ((self->send_deadline != 0 && self->send_deadline <= now) ||
            (self->linger_deadline != 0 && self->linger_deadline <= now)) {
                gone(self);
        } else if (self->call_deadline != 0 && self->call_deadline <= now) {
                fail_call(self, OMG_ERROR_TIMEOUT, "The request took too long");
                end_turn(self, now);
        } else if (self->frame_deadline != 0 && self->frame_deadline <= now) {
                answer_last(self, OMG_ERROR_UNDECODABLE, "The rest of the request did not come");
                end_turn(self, now);
        }
}

void omg_socket_connection_finish(OmgSocketConnection *self)
{
        GByteArray *out = self->shared->out;

        if (self->call)
                fail_call(self, OMG_ERROR_UNAVAILABLE, OMG_SERVICE_ENDING_TEXT);
        if (!self->unsent || send_unsent(self))
                (void)send_answers(self, out, 0);
        g_byte_array_set_size(out, 0);
        /* What is not read would be a reset behind the answer. */
        (void)recv(self->fd, self->shared->buffer, OMG_SOCKET_READ, MSG_DONTWAIT);
}
