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
        sd_event_source *source;
        OmgSocketReady on_ready;
        guint n_items;
        gpointer last; /* the item added last, and what is asked of it */
        guint32 last_events;
        struct epoll_event round[ROUND_ITEMS]; /* data.ptr NULL: not there any more */
        int n_round;
        int next;
};

/* FALSE: none. Ready ones that a round has left come first: epoll would name those before them
 * again. */
static gboolean begin_round(OmgSocketPoll *self)
{
        if (self->next < self->n_round)
                return TRUE;
        self->next = 0;
        self->n_round = epoll_wait(self->fd, self->round, ROUND_ITEMS, 0);
        if (self->n_round < 0)
                self->n_round = 0;
        return self->n_round > 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        OmgSocketPoll *self = userdata;

        /* Who is alone needs not be looked for: the usual case is worth a system call. */
        if (self->n_items == 1 && self->last && self->last_events != 0) {
                self->n_round = self->next = 0;
                self->on_ready(self->last, self->last_events);
                return 0;
        }
        if (!begin_round(self))
                return 0;
        const guint64 begun = omg_clock_now();
        do {
                const struct epoll_event event = self->round[self->next++];

                if (event.data.ptr)
                        self->on_ready(event.data.ptr, event.events);
        } while (self->next < self->n_round && omg_clock_now() - begun < ROUND_USEC);
        return 0;
}

int omg_socket_poll_new(sd_event *event, OmgSocketReady on_ready, OmgSocketPoll **ret)
{
        OmgSocketPoll *self = g_new0(OmgSocketPoll, 1);
        int r;

        self->on_ready = on_ready;
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
        g_free(self);
}

static int control(OmgSocketPoll *self, int operation, int fd, guint32 events, gpointer item)
{
        struct epoll_event event = {.events = events, .data.ptr = item};

        return epoll_ctl(self->fd, operation, fd, &event) < 0 ? -errno : 0;
}

int omg_socket_poll_add(OmgSocketPoll *self, int fd, guint32 events, gpointer item)
{
        int r = control(self, EPOLL_CTL_ADD, fd, events, item);

        if (r < 0)
                return r;
        self->n_items++;
        self->last = item;
        self->last_events = events;
        return 0;
}

int omg_socket_poll_modify(OmgSocketPoll *self, int fd, guint32 events, gpointer item)
{
        if (self->last == item)
                self->last_events = events;
        return control(self, EPOLL_CTL_MOD, fd, events, item);
}

void omg_socket_poll_remove(OmgSocketPoll *self, int fd, gpointer item)
{
        (void)control(self, EPOLL_CTL_DEL, fd, 0, item);
        self->n_items--;
        if (self->last == item)
                self->last = NULL;
        for (int i = self->next; i < self->n_round; i++)
                if (self->round[i].data.ptr == item)
                        self->round[i].data.ptr = NULL;
}
