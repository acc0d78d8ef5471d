/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/socket-poll.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"

#define ROUND_ITEMS 64
/* After so long the rest of a round waits until the loop has served others. */
#define ROUND_USEC 1000u

struct OmgSocketPoll {
        int fd;
        sd_event *event;
        sd_event_source *source; /* NULL: the set leads */
        OmgSocketReady on_ready;
        /* data.ptr is an item, the poll itself for sd-event's descriptor, or NULL: not there any
         * more. */
        struct epoll_event round[ROUND_ITEMS];
        int n_round;
        int next;
};

/* FALSE: none. Ready ones that a round has left come first: epoll would name those before them
 * again. */
static gboolean begin_round(OmgSocketPoll *self, int msec)
{
        if (self->next < self->n_round)
                return TRUE;
        self->next = 0;
        self->n_round = epoll_wait(self->fd, self->round, ROUND_ITEMS, msec);
        if (self->n_round < 0)
                self->n_round = 0;
        return self->n_round > 0;
}

static gboolean serve_item(OmgSocketPoll *self, const struct epoll_event *event, guint64 now)
{
        if (!event->data.ptr)
                return TRUE;
        return event->data.ptr != self && self->on_ready(event->data.ptr, event->events, now);
}

/* TRUE: all were told, and the event loop has nothing to do. */
static gboolean serve_round(OmgSocketPoll *self)
{
        const guint64 begun = omg_clock_now();
        guint64 now = begun;
        gboolean is_quiet = TRUE;

        do {
                const struct epoll_event event = self->round[self->next++];

                if (!serve_item(self, &event, now))
                        is_quiet = FALSE;
                if (self->next == self->n_round)
                        return is_quiet;
                now = omg_clock_now();
        } while (now - begun < ROUND_USEC);
        return FALSE;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        OmgSocketPoll *self = userdata;

        if (begin_round(self, 0))
                (void)serve_round(self);
        return 0;
}

int omg_socket_poll_new(sd_event *event, OmgSocketReady on_ready, OmgSocketPoll **ret)
{
        OmgSocketPoll *self = g_new0(OmgSocketPoll, 1);
        int r;

        self->on_ready = on_ready;
        self->event = sd_event_ref(event);
        self->fd = epoll_create1(EPOLL_CLOEXEC);
        r = self->fd < 0 ? -errno
                         : sd_event_add_io(event, &self->source, self->fd, EPOLLIN, on_io, self);
        if (r < 0) {
                omg_socket_poll_free(self);
                return r;
        }
        *ret = self;
        return 0;
}

void omg_socket_poll_free(OmgSocketPoll *self)
{
        if (!self)
                return;
        (void)sd_event_source_disable_unref(self->source);
        if (self->fd >= 0)
                (void)close(self->fd);
        sd_event_unref(self->event);
        g_free(self);
}

static int control(OmgSocketPoll *self, int operation, int fd, guint32 events, gpointer item)
{
        struct epoll_event event = {.events = events, .data.ptr = item};

        return epoll_ctl(self->fd, operation, fd, &event) < 0 ? -errno : 0;
}

int omg_socket_poll_add(OmgSocketPoll *self, int fd, guint32 events, gpointer item)
{
        return control(self, EPOLL_CTL_ADD, fd, events, item);
}

int omg_socket_poll_modify(OmgSocketPoll *self, int fd, guint32 events, gpointer item)
{
        return control(self, EPOLL_CTL_MOD, fd, events, item);
}

void omg_socket_poll_remove(OmgSocketPoll *self, int fd, gpointer item)
{
        (void)control(self, EPOLL_CTL_DEL, fd, 0, item);
        for (int i = self->next; i < self->n_round; i++)
                if (self->round[i].data.ptr == item)
                        self->round[i].data.ptr = NULL;
}

/* ---- the set leads ---- */

int omg_socket_poll_lead(OmgSocketPoll *self)
{
        int fd = sd_event_get_fd(self->event);

        if (fd < 0)
                return fd;
        /* One epoll set must not watch another that watches it. */
        self->source = sd_event_source_disable_unref(self->source);
        int r = control(self, EPOLL_CTL_ADD, fd, EPOLLIN, self);
        if (r < 0)
                (void)sd_event_add_io(self->event, &self->source, self->fd, EPOLLIN, on_io, self);
        return r;
}

/* What sd_event_run() does, with the wait replaced. An event loop that always has something to do
 * takes turns with the items. */
int omg_socket_poll_run(OmgSocketPoll *self, int msec)
{
        gboolean is_served = FALSE;
        int r = sd_event_prepare(self->event);

        if (r < 0)
                return r;
        if (r > 0) {
                if (begin_round(self, 0))
                        (void)serve_round(self);
                return sd_event_dispatch(self->event);
        }
        while (begin_round(self, is_served && msec >= 0 ? 0 : msec)) {
                is_served = TRUE;
                if (!serve_round(self))
                        break;
        }
        r = sd_event_wait(self->event, 0);
        if (r > 0)
                r = sd_event_dispatch(self->event);
        return r < 0 ? r : r > 0 || is_served;
}

int omg_socket_poll_loop(OmgSocketPoll *self)
{
        int code;
        int r = omg_socket_poll_lead(self);

        while (r >= 0 && sd_event_get_state(self->event) != SD_EVENT_FINISHED)
                r = omg_socket_poll_run(self, -1);
        if (r >= 0)
                r = sd_event_get_exit_code(self->event, &code);
        return r < 0 ? r : code;
}
