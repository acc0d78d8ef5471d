/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What is ready of many descriptors: one epoll set of its own, which the event loop watches as one
 * source. sd-event asks epoll anew before each source that it dispatches and is told of all that
 * are ready each time, so that 64 clients at once had a quarter of what a bare server does; from
 * here they are taken in one go. */

#include <glib.h>
#include <systemd/sd-event.h>

typedef struct OmgSocketPoll OmgSocketPoll;

/* The item is ready. Stale news is possible: what was to be read may be gone. */
typedef void (*OmgSocketReady)(gpointer item, guint32 revents);

/* Negative errno. */
int omg_socket_poll_new(sd_event *event, OmgSocketReady on_ready, OmgSocketPoll **ret);
/* NULL is harmless. */
void omg_socket_poll_free(OmgSocketPoll *self);

/* events: EPOLLIN, EPOLLOUT, or 0 (then only that the peer has hung up); level-triggered. Negative
 * errno. */
int omg_socket_poll_add(OmgSocketPoll *self, int fd, guint32 events, gpointer item);
int omg_socket_poll_modify(OmgSocketPoll *self, int fd, guint32 events, gpointer item);

/* Before fd is closed. The item is not ready any more from here on, in a round under way either. */
void omg_socket_poll_remove(OmgSocketPoll *self, int fd, gpointer item);
