/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/socket-server.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "faces/socket-connection.h"
#include "loop/log.h"

#define ACCEPTS_PER_TURN   16u
#define ACCEPT_AGAIN_USEC  (1 * (guint64)G_USEC_PER_SEC)
#define FOREIGN_SAY_USEC   (60 * (guint64)G_USEC_PER_SEC)
#define TIMER_ACCURACY     (10 * (guint64)1000)
#define USEC_PER_SEC(secs) ((secs) * (guint64)G_USEC_PER_SEC)

const OmgSocketLimits omg_socket_limits_default = {
        .clients = OMG_LIMIT_CLIENTS,
        .frame = OMG_LIMIT_FRAME,
        .waiting_bytes = OMG_LIMIT_WAITING,
        .held_bytes = OMG_LIMIT_HELD,
        .frame_usec = USEC_PER_SEC(OMG_LIMIT_FRAME_SEC),
        .request_usec = USEC_PER_SEC(OMG_LIMIT_REQUEST_SEC),
        .send_usec = USEC_PER_SEC(OMG_LIMIT_SEND_SEC),
        .linger_usec = USEC_PER_SEC(OMG_LIMIT_LINGER_SEC),
        .linger_bytes = OMG_LIMIT_LINGER,
        .rate = OMG_LIMIT_RATE,
        .burst = OMG_LIMIT_BURST,
};

struct OmgSocketServer {
        sd_event *event;
        OmgSocketShared shared;
        GPtrArray *connections; /* OmgSocketConnection, each knows its index */
        guint n_refused;        /* of them */
        int listen_fd;
        sd_event_source *listening;
        /* One timer for all deadlines. It may fire too early, never too late: whoever stops to wait
         * leaves it alone, which spares fast answers a system call. */
        sd_event_source *timer;
        guint64 armed_at;     /* 0: not armed */
        guint64 accept_again; /* 0: the server listens */
        gboolean is_accept_told;
        guint64 foreign_told_at; /* 0: never */
};

/* ---- the timer ---- */

static void on_deadline(guint64 deadline, gpointer userdata)
{
        OmgSocketServer *self = userdata;

        if (self->armed_at != 0 && self->armed_at <= deadline)
                return;
        if (sd_event_source_set_time(self->timer, deadline) >= 0 &&
            sd_event_source_set_enabled(self->timer, SD_EVENT_ONESHOT) >= 0)
                self->armed_at = deadline;
}

static void listen_again(OmgSocketServer *self)
{
        self->accept_again = 0;
        (void)sd_event_source_set_enabled(self->listening, SD_EVENT_ON);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        OmgSocketServer *self = userdata;
        const guint64 now = omg_clock_now();

        self->armed_at = 0;
        if (self->accept_again != 0 && self->accept_again <= now)
                listen_again(self);
        else if (self->accept_again != 0)
                on_deadline(self->accept_again, self);
        /* From the end: one that goes is replaced by the last. */
        for (guint i = self->connections->len; i > 0; i--) {
                OmgSocketConnection *connection = self->connections->pdata[i - 1];
                const guint64 deadline = omg_socket_connection_get_deadline(connection);

                if (deadline != 0 && deadline > now)
                        on_deadline(deadline, self);
                else if (deadline != 0)
                        omg_socket_connection_expire(connection, now);
        }
        return 0;
}

/* ---- connections ---- */

static void on_gone(OmgSocketConnection *connection, gpointer userdata)
{
        OmgSocketServer *self = userdata;
        const guint index = omg_socket_connection_get_index(connection);

        g_ptr_array_remove_index_fast(self->connections, index);
        if (index < self->connections->len)
                omg_socket_connection_set_index(self->connections->pdata[index], index);
        if (omg_socket_connection_is_refused(connection))
                self->n_refused--;
        else
                self->shared.metrics->connections--;
        omg_socket_connection_free(connection);
}

/* NULL: it is closed. Takes over fd. */
static OmgSocketConnection *add(OmgSocketServer *self, int fd)
{
        OmgSocketConnection *connection = NULL;
        int r = omg_socket_connection_new(&self->shared, fd, &connection);

        if (r < 0) {
                omg_log_warning("Cannot watch a connection: %s, ignoring", g_strerror(-r));
                (void)close(fd);
                return NULL;
        }
        omg_socket_connection_set_index(connection, self->connections->len);
        g_ptr_array_add(self->connections, connection);
        return connection;
}

static void serve(OmgSocketServer *self, int fd)
{
        if (add(self, fd))
                self->shared.metrics->connections++;
}

/* The one that was told so first has had the most time to read it. */
static void forget_refused(OmgSocketServer *self)
{
        OmgSocketConnection *first = NULL;

        for (guint i = 0; i < self->connections->len; i++) {
                OmgSocketConnection *other = self->connections->pdata[i];

                if (omg_socket_connection_is_refused(other) &&
                    (!first || omg_socket_connection_get_deadline(other) <
                                       omg_socket_connection_get_deadline(first)))
                        first = other;
        }
        on_gone(first, self);
}

/* Tells a client why it is not served, and hears it out: one that writes before it reads would
 * fail there. Takes over fd. */
static void refuse(OmgSocketServer *self, int fd)
{
        g_autofree char *message = g_strdup_printf("omgd serves at most %u connections at once",
                                                   self->shared.limits.clients);
        OmgSocketConnection *connection;

        if (self->n_refused == OMG_LIMIT_REFUSED)
                forget_refused(self);
        connection = add(self, fd);
        if (!connection)
                return;
        self->n_refused++;
        omg_socket_connection_refuse(connection, OMG_ERROR_LIMITS_EXCEEDED, message);
}

/* The file's mode keeps others out, but a descriptor can be handed on, and root is nobody's other.
 */
static gboolean may_connect(OmgSocketServer *self, int fd)
{
        struct ucred peer;
        socklen_t length = sizeof(peer);
        const guint64 now = omg_clock_now();

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
                return FALSE;
        if (peer.uid == geteuid() || peer.uid == 0)
                return TRUE;
        if (self->foreign_told_at == 0 || now - self->foreign_told_at >= FOREIGN_SAY_USEC) {
                g_autofree char *sender = g_strdup_printf("pid %ld", (long)peer.pid);

                self->foreign_told_at = now;
                omg_log_with(LOG_WARNING, NULL, (&(OmgLogFields){.sender = sender}),
                             "A process of user %lu connected to the socket, ignoring",
                             (unsigned long)peer.uid);
        }
        return FALSE;
}

static void admit(OmgSocketServer *self, int fd)
{
        const guint n_served = self->connections->len - self->n_refused;

        if (!may_connect(self, fd))
                (void)close(fd);
        else if (n_served < self->shared.limits.clients)
                serve(self, fd);
        else
                refuse(self, fd);
}

/* The waiting client keeps the socket readable: without a pause the loop would spin. */
static void pause_accepting(OmgSocketServer *self, int errnum)
{
        if (!self->is_accept_told)
                omg_log_warning("Cannot accept a connection: %s, trying again every second",
                                g_strerror(errnum));
        self->is_accept_told = TRUE;
        (void)sd_event_source_set_enabled(self->listening, SD_EVENT_OFF);
        self->accept_again = omg_clock_now() + ACCEPT_AGAIN_USEC;
        on_deadline(self->accept_again, self);
}

static int on_listening(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        OmgSocketServer *self = userdata;

        for (guint i = 0; i < ACCEPTS_PER_TURN; i++) {
                int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

                if (client >= 0) {
                        self->is_accept_told = FALSE;
                        admit(self, client);
                } else if (errno == EAGAIN) {
                        break;
                } else if (errno != EINTR && errno != ECONNABORTED) {
                        pause_accepting(self, errno);
                        break;
                }
        }
        return 0;
}

/* ---- life ---- */

static int set_up_sources(OmgSocketServer *self)
{
        sd_event *event = self->event;
        int r = omg_socket_poll_new(event, omg_socket_connection_ready, &self->shared.poll);

        if (r < 0 ||
            (r = sd_event_add_time(event, &self->timer, CLOCK_BOOTTIME, 0, TIMER_ACCURACY, on_timer,
                                   self)) < 0 ||
            (r = sd_event_source_set_enabled(self->timer, SD_EVENT_OFF)) < 0)
                return r;
        return sd_event_add_io(event, &self->listening, self->listen_fd, EPOLLIN, on_listening,
                               self);
}

OmgSocketServer *omg_socket_server_new(OmgService *service, int listen_fd,
                                       const OmgSocketLimits *limits, GError **error)
{
        g_autoptr(OmgSocketServer) self = g_new0(OmgSocketServer, 1);

        self->listen_fd = listen_fd;
        self->connections = g_ptr_array_new();
        self->event = sd_event_ref(service->event);
        self->shared = (OmgSocketShared){
                .calls = omg_socket_calls_new(service),
                .metrics = &service->metrics,
                .pool = service->pool,
                .limits = *limits,
                .buffer = g_malloc(OMG_SOCKET_READ),
                .out = g_byte_array_new(),
                .on_deadline = on_deadline,
                .on_gone = on_gone,
                .userdata = self,
        };
        int r = set_up_sources(self);
        if (r < 0) {
                omg_error_set_errno(error, -r, "Cannot watch the socket");
                return NULL;
        }
        return g_steal_pointer(&self);
}

int omg_socket_server_loop(OmgSocketServer *self)
{
        return omg_socket_poll_loop(self->shared.poll);
}

void omg_socket_server_wake(OmgSocketServer *self)
{
        omg_socket_calls_wake(self->shared.calls);
}

gboolean omg_socket_server_has_waiting(const OmgSocketServer *self)
{
        struct pollfd entry = {.fd = self->listen_fd, .events = POLLIN};

        return poll(&entry, 1, 0) > 0;
}

void omg_socket_server_set_rate(OmgSocketServer *self, guint rate, guint burst)
{
        self->shared.limits.rate = rate;
        self->shared.limits.burst = burst;
}

void omg_socket_server_turn_away(OmgSocketServer *self)
{
        for (guint i = 0; i < self->shared.limits.clients; i++) {
                int client = accept4(self->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

                if (client < 0)
                        return;
                (void)recv(client, self->shared.buffer, OMG_SOCKET_READ, MSG_DONTWAIT);
                (void)close(client);
        }
}

void omg_socket_server_close(OmgSocketServer *self)
{
        self->listening = sd_event_source_disable_unref(self->listening);
        self->timer = sd_event_source_disable_unref(self->timer);
        if (self->listen_fd >= 0)
                (void)close(self->listen_fd);
        self->listen_fd = -1;
        while (self->connections->len > 0) {
                OmgSocketConnection *last = self->connections->pdata[self->connections->len - 1];

                omg_socket_connection_finish(last);
                on_gone(last, self);
        }
}

void omg_socket_server_free(OmgSocketServer *self)
{
        if (!self)
                return;
        omg_socket_server_close(self);
        omg_socket_calls_free(self->shared.calls);
        g_ptr_array_unref(self->connections);
        g_byte_array_unref(self->shared.out);
        g_free(self->shared.buffer);
        omg_socket_poll_free(self->shared.poll);
        sd_event_unref(self->event);
        g_free(self);
}
