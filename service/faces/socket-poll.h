/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What is ready of many descriptors: one epoll set of its own. sd-event asks epoll anew before each
 * source that it dispatches and is told of all that are ready each time, so that 64 clients at once
 * had a quarter of what a bare server does; from here they are taken in one go.
 *
 * A round trip through sd-event costs a third of a bare one. So omg_socket_poll_loop() turns the
 * two around: the set is what is waited for, with sd-event's own descriptor as one among it. */

#include <glib.h>
#include <systemd/sd-event.h>

typedef struct OmgSocketPoll OmgSocketPoll;

/* The item is ready, at @now (µs, omg_clock_now()): a clock read for each item and no more is worth
 * a twentieth here. Stale news is possible: what was to be read may be gone. TRUE: nothing of the
 * event loop was touched (a source, a timer, the bus), so it need not be asked what is next; in
 * doubt FALSE. */
typedef gboolean (*OmgSocketReady)(gpointer item, guint32 revents, guint64 now);

/* The event loop watches the set as one of its sources. Negative errno. */
int omg_socket_poll_new(sd_event *event, OmgSocketReady on_ready, OmgSocketPoll **ret);
/* NULL is harmless. */
void omg_socket_poll_free(OmgSocketPoll *self);

/* From here on sd-event's descriptor is one of the set, and omg_socket_poll_run() what runs both.
 * Negative errno: nothing has changed. */
int omg_socket_poll_lead(OmgSocketPoll *self);

/* As sd_event_run(): waits for at most that many ms (-1: for ever) unless there is something to do,
 * and does it. Above 0: something was done. Negative errno. Only after omg_socket_poll_lead(). */
int omg_socket_poll_run(OmgSocketPoll *self, int msec);

/* Leads, and runs until sd_event_exit(). The exit code, or negative errno. */
int omg_socket_poll_loop(OmgSocketPoll *self);

/* events: EPOLLIN, EPOLLOUT, or 0 (then only that the peer has hung up); level-triggered. Negative
 * errno. */
int omg_socket_poll_add(OmgSocketPoll *self, int fd, guint32 events, gpointer item);
int omg_socket_poll_modify(OmgSocketPoll *self, int fd, guint32 events, gpointer item);

/* Before fd is closed. The item is not ready any more from here on, in a round under way either. */
void omg_socket_poll_remove(OmgSocketPoll *self, int fd, gpointer item);
