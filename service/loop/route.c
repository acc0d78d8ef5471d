/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

/* a.root-servers.net: if the internet can be reached, then it can. Nothing is sent there. */
#define SOMEWHERE_4 "198.41.0.4"
#define SOMEWHERE_6 "2001:503:ba3e::2:30"

struct OmgRouteWatch {
        int fd;
        GSource *source;
        void (*on_change)(gpointer data);
        gpointer data;
};

typedef struct {
        struct nlmsghdr header;
        struct rtmsg route;
        struct rtattr attribute;
        guint8 address[16];
} Question;

static int open_netlink(void)
{
        return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
}

static gboolean ask(int fd, int family, const char *address)
{
        const guint size = family == AF_INET ? 4 : 16;
        const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
        Question question = {
                .header.nlmsg_type = RTM_GETROUTE,
                .header.nlmsg_flags = NLM_F_REQUEST,
                .route.rtm_family = (guint8)family,
                .route.rtm_dst_len = (guint8)(size * 8),
                .attribute = {.rta_type = RTA_DST, .rta_len = (guint16)RTA_LENGTH(size)},
        };

        question.header.nlmsg_len = G_STRUCT_OFFSET(Question, address) + size;
        if (inet_pton(family, address, question.address) != 1)
                return FALSE;
        return sendto(fd, &question, question.header.nlmsg_len, 0, (const struct sockaddr *)&kernel,
                      sizeof(kernel)) >= 0;
}

/* The kernel answers before sendto() returns, with one message: a route or an error. */
static OmgRoute read_answer(int fd)
{
        char buffer[4096] __attribute__((aligned(__alignof__(struct nlmsghdr))));
        ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
        const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
        const struct rtmsg *route = NLMSG_DATA(header);

        if (n < (ssize_t)NLMSG_SPACE(sizeof(*route)) || header->nlmsg_len > (gsize)n)
                return OMG_ROUTE_UNKNOWN;
        if (header->nlmsg_type == RTM_NEWROUTE)
                return route->rtm_type == RTN_UNICAST ? OMG_ROUTE_EXISTS : OMG_ROUTE_NONE;
        /* ENETUNREACH, or the error of an "unreachable" or "prohibit" route; EAFNOSUPPORT and its
         * like without IPv6. */
        return header->nlmsg_type == NLMSG_ERROR ? OMG_ROUTE_NONE : OMG_ROUTE_UNKNOWN;
}

static OmgRoute look_up(int family, const char *address)
{
        int fd = open_netlink();
        OmgRoute route = OMG_ROUTE_UNKNOWN;

        if (fd < 0)
                return route;
        if (ask(fd, family, address))
                route = read_answer(fd);
        (void)close(fd);
        return route;
}

OmgRoute omg_route_look_up(void)
{
        OmgRoute route = look_up(AF_INET, SOMEWHERE_4);

        return route == OMG_ROUTE_EXISTS ? route : MAX(route, look_up(AF_INET6, SOMEWHERE_6));
}

/* ---- the watch ---- */

/* Lets pass RTM_NEWROUTE, RTM_DELROUTE and RTM_DELADDR. The type is in the order of this machine's
 * bytes, which a filter reads as if they came from the network. */
static int set_filter(int fd)
{
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_H | BPF_ABS, G_STRUCT_OFFSET(struct nlmsghdr, nlmsg_type)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 3, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 2, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELADDR), 1, 0),
                BPF_STMT(BPF_RET | BPF_K, 0),
                BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
        };
        const struct sock_fprog program = {.len = G_N_ELEMENTS(code), .filter = code};

        return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* IPv4 tells nothing when an interface goes down and takes its routes along, but then its IPv6
 * address goes, too. */
static int join_groups(int fd)
{
        const struct sockaddr_nl self = {
                .nl_family = AF_NETLINK,
                .nl_groups = RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_IFADDR |
                             RTMGRP_IPV6_IFADDR,
        };

        return bind(fd, (const struct sockaddr *)&self, sizeof(self));
}

/* What it says does not matter; ENOBUFS (some were lost) says the same. */
static void drain(int fd)
{
        char buffer[4096];

        while (recv(fd, buffer, sizeof(buffer), 0) >= 0 || errno == ENOBUFS || errno == EINTR)
                ;
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer data)
{
        OmgRouteWatch *watch = data;

        drain(fd);
        watch->on_change(watch->data);
        return G_SOURCE_CONTINUE;
}

OmgRouteWatch *omg_route_watch_new(GMainContext *context, void (*on_change)(gpointer data),
                                   gpointer data, GError **error)
{
        g_autoptr(OmgRouteWatch) watch = g_new0(OmgRouteWatch, 1);

        watch->on_change = on_change;
        watch->data = data;
        watch->fd = open_netlink();
        /* The filter first: nothing else is ever queued. */
        if (watch->fd < 0 || set_filter(watch->fd) < 0 || join_groups(watch->fd) < 0) {
                omg_error_set_errno(error, errno, "netlink");
                return NULL;
        }
        watch->source = g_unix_fd_source_new(watch->fd, G_IO_IN);
        g_source_set_callback(watch->source, G_SOURCE_FUNC(on_readable), watch, NULL);
        (void)g_source_attach(watch->source, context);
        return g_steal_pointer(&watch);
}

void omg_route_watch_free(OmgRouteWatch *watch)
{
        if (!watch)
                return;
        if (watch->source)
                g_source_destroy(watch->source);
        g_clear_pointer(&watch->source, g_source_unref);
        if (watch->fd >= 0)
                (void)close(watch->fd);
        g_free(watch);
}
