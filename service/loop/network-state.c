/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/network-state.h"

#include <arpa/inet.h>
#include <string.h>

enum { CONNECTIVITY_NONE = 1, CONNECTIVITY_PORTAL, CONNECTIVITY_LIMITED, CONNECTIVITY_FULL };
enum { STATE_CONNECTED_LOCAL = 50, STATE_CONNECTED_SITE = 60, STATE_CONNECTED_GLOBAL = 70 };
enum { METERED_YES = 1, METERED_GUESS_YES = 3 };

static OmgNetworkStateValue judge_routes(OmgRoute route)
{
        static const OmgNetworkStateValue states[] = {
                [OMG_ROUTE_UNKNOWN] = OMG_NETWORK_STATE_UNKNOWN,
                [OMG_ROUTE_NONE] = OMG_NETWORK_STATE_OFFLINE,
                [OMG_ROUTE_EXISTS] = OMG_NETWORK_STATE_ONLINE,
        };

        return states[route];
}

/* What it says of its own connections is finer than routes; what it does not manage it does not
 * know, so its "none" counts only when there is no route either. */
static OmgNetworkStateValue judge_manager(const OmgNetworkManagerFacts *manager, OmgRoute route)
{
        if (manager->connectivity == CONNECTIVITY_FULL)
                return OMG_NETWORK_STATE_ONLINE;
        if (manager->connectivity == CONNECTIVITY_PORTAL)
                return OMG_NETWORK_STATE_PORTAL;
        if (manager->connectivity == CONNECTIVITY_LIMITED)
                return OMG_NETWORK_STATE_LOCAL;
        /* It is not told to look, or there is nothing to look at. */
        if (manager->state >= STATE_CONNECTED_GLOBAL)
                return OMG_NETWORK_STATE_ONLINE;
        if (route != OMG_ROUTE_EXISTS && manager->state >= STATE_CONNECTED_LOCAL)
                return OMG_NETWORK_STATE_LOCAL;
        return judge_routes(route);
}

static gboolean is_metered(const OmgNetworkFacts *facts)
{
        if (facts->metered != OMG_METERED_AUTO)
                return facts->metered == OMG_METERED_YES;
        return facts->manager.is_there && (facts->manager.metered == METERED_YES ||
                                           facts->manager.metered == METERED_GUESS_YES);
}

OmgNetworkState omg_network_judge(const OmgNetworkFacts *facts)
{
        OmgNetworkState state = {.is_metered = is_metered(facts)};

        if (facts->mode != OMG_NETWORK_AUTO)
                state.state = facts->mode == OMG_NETWORK_ONLINE ? OMG_NETWORK_STATE_ONLINE
                                                                : OMG_NETWORK_STATE_OFFLINE;
        else if (facts->manager.is_there)
                state.state = judge_manager(&facts->manager, facts->route);
        else
                state.state = judge_routes(facts->route);
        return state;
}

gboolean omg_network_state_may_ask(const OmgNetworkState *state)
{
        return state->state != OMG_NETWORK_STATE_OFFLINE &&
               state->state != OMG_NETWORK_STATE_PORTAL;
}

const char *omg_network_state_get_name(OmgNetworkStateValue state)
{
        static const char *const names[OMG_NETWORK_N_STATES] = {
                [OMG_NETWORK_STATE_UNKNOWN] = "unknown", [OMG_NETWORK_STATE_OFFLINE] = "offline",
                [OMG_NETWORK_STATE_PORTAL] = "portal",   [OMG_NETWORK_STATE_LOCAL] = "local",
                [OMG_NETWORK_STATE_ONLINE] = "online",
        };

        return names[state];
}

static gboolean is_loopback(const char *host)
{
        struct in_addr v4;
        struct in6_addr v6;

        if (g_ascii_strcasecmp(host, "localhost") == 0)
                return TRUE;
        if (inet_pton(AF_INET, host, &v4) == 1)
                return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
        return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

gboolean omg_network_is_local(const char *url)
{
        g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);

        if (!uri)
                return FALSE;
        if (g_str_equal(g_uri_get_scheme(uri), "file"))
                return TRUE;
        return g_uri_get_host(uri) && is_loopback(g_uri_get_host(uri));
}
