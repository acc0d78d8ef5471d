/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's routes, in a network of the test's own: nothing but a loopback device. */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/route.h"

#define WAIT_USEC (10 * G_USEC_PER_SEC)

static int control = -1; /* a socket to configure with; -1: no network of our own */

/* Before GLib has threads: a user namespace is for processes with one. */
static void enter_network(void)
{
        struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};

        if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
                return;
        control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (control >= 0 && ioctl(control, SIOCSIFFLAGS, &request) < 0) {
                (void)close(control);
                control = -1;
        }
}

static gboolean set_route(unsigned long what, guint16 flags)
{
        struct rtentry route = {.rt_flags = flags, .rt_dev = (char *)"lo"};

        route.rt_dst.sa_family = AF_INET;
        route.rt_genmask.sa_family = AF_INET;
        if (flags & RTF_REJECT)
                route.rt_dev = NULL;
        return ioctl(control, what, &route) == 0;
}

static void on_change(gpointer data)
{
        ++*(guint *)data;
}

static void wait_for(GMainContext *context, const guint *n)
{
        gint64 deadline = g_get_monotonic_time() + WAIT_USEC;

        while (*n == 0) {
                g_assert_cmpint(g_get_monotonic_time(), <, deadline);
                if (!g_main_context_iteration(context, FALSE))
                        g_usleep(500);
        }
}

/* With a loopback device alone there is no way; a route makes one, one that rejects does not; each
 * change is told. */
static void test_routes(void)
{
        g_autoptr(GMainContext) context = g_main_context_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgRouteWatch) watch = NULL;
        guint n = 0;

        if (control < 0) {
                g_test_skip("no network namespace here");
                return;
        }
        g_assert_cmpint(omg_route_look_up(), ==, OMG_ROUTE_NONE);
        watch = omg_route_watch_new(context, on_change, &n, &error);
        g_assert_no_error(error);
        g_assert_true(set_route(SIOCADDRT, RTF_UP));
        wait_for(context, &n);
        g_assert_cmpint(omg_route_look_up(), ==, OMG_ROUTE_EXISTS);
        n = 0;
        g_assert_true(set_route(SIOCDELRT, RTF_UP));
        wait_for(context, &n);
        g_assert_cmpint(omg_route_look_up(), ==, OMG_ROUTE_NONE);
        n = 0;
        g_assert_true(set_route(SIOCADDRT, RTF_UP | RTF_REJECT));
        wait_for(context, &n);
        g_assert_cmpint(omg_route_look_up(), ==, OMG_ROUTE_NONE);
}

/* Nothing is told of what is no change of the way: an interface that is set up to what it is, an
 * address that comes before its route. */
static void test_filter(void)
{
        g_autoptr(GMainContext) context = g_main_context_new();
        struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_NOARP};
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgRouteWatch) watch =
                omg_route_watch_new(context, on_change, &(guint){0}, &error);

        if (control < 0) {
                g_test_skip("no network namespace here");
                return;
        }
        g_assert_no_error(error);
        g_assert_cmpint(ioctl(control, SIOCSIFFLAGS, &request), ==, 0);
        g_assert_false(g_main_context_iteration(context, FALSE));
}

int main(int argc, char **argv)
{
        enter_network();
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/route/routes", test_routes);
        g_test_add_func("/route/filter", test_filter);
        return g_test_run();
}
