/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Whether there is a way to the internet, by the kernel's routes (rtnetlink(7)), and word of when
 * that may have changed. Needs no service, no D-Bus and no privilege; sends no packet. Worker
 * thread. */

#include <glib.h>

typedef enum {
        OMG_ROUTE_UNKNOWN, /* the kernel does not say: netlink is refused */
        OMG_ROUTE_NONE,
        OMG_ROUTE_EXISTS,
} OmgRoute;

/* What the kernel would do with a packet to an address of the internet, over IPv4 or IPv6. That is
 * right for VPNs and policy routing too, where there is no default route to be seen. */
OmgRoute omg_route_look_up(void);

typedef struct OmgRouteWatch OmgRouteWatch;

/* Calls on_change in the context when routes come or go or an address goes: maybe in vain, often
 * several times for one change. Router advertisements that only prolong what there is are filtered
 * out by the kernel: they come every few seconds in some networks. NULL when netlink is refused
 * (UNAVAILABLE). */
OmgRouteWatch *omg_route_watch_new(GMainContext *context, void (*on_change)(gpointer data),
                                   gpointer data, GError **error);

/* NULL is harmless. */
void omg_route_watch_free(OmgRouteWatch *watch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgRouteWatch, omg_route_watch_free)
