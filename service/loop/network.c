/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/network.h"

#include "loop/log.h"

struct OmgNetwork {
        GMainContext *context;
        OmgTimers *timers;
        OmgTimer *timer;
        OmgRouteWatch *watch;
        gboolean is_refused; /* the kernel's messages, as was said */
        OmgRoute (*look_up)(void);
        OmgNetworkFacts facts;
        OmgNetworkState state;
        OmgNetworkFunc on_change;
        gpointer data;
};

/* Nobody asks for routes while the settings say what is. */
static void look(OmgNetwork *network)
{
        network->facts.route = network->facts.mode != OMG_NETWORK_AUTO ? OMG_ROUTE_UNKNOWN
                               : network->look_up                      ? network->look_up()
                                                                       : omg_route_look_up();
}

static void judge(OmgNetwork *network)
{
        OmgNetworkState state = omg_network_judge(&network->facts);

        if (state.state == network->state.state && state.is_metered == network->state.is_metered)
                return;
        network->state = state;
        network->on_change(&network->state, network->data);
}

void omg_network_look_soon(OmgNetwork *network)
{
        omg_timer_set(network->timer,
                      omg_timers_now(network->timers) + OMG_NETWORK_QUIET_MSEC * (guint64)1000, 0);
}

static void on_routes(gpointer data)
{
        omg_network_look_soon(data);
}

static void on_timer(OmgTimerReason reason, gpointer data)
{
        OmgNetwork *network = data;

        if (reason == OMG_TIMER_RESUMED)
                omg_network_look_soon(network);
        if (reason != OMG_TIMER_DUE)
                return;
        look(network);
        judge(network);
}

/* Only where routes count: no message, no wake-up. */
static void watch_routes(OmgNetwork *network)
{
        g_autoptr(GError) error = NULL;

        if (network->look_up || network->facts.mode != OMG_NETWORK_AUTO) {
                g_clear_pointer(&network->watch, omg_route_watch_free);
                return;
        }
        if (!network->watch)
                network->watch = omg_route_watch_new(network->context, on_routes, network, &error);
        if (error && !network->is_refused)
                omg_log_warning("Changes of the network are not noticed: %s, ignoring",
                                error->message);
        network->is_refused = error != NULL;
}

static void take_conf(OmgNetwork *network, const OmgConf *conf)
{
        network->facts.mode = conf->network;
        network->facts.metered = conf->metered;
        /* Watched first, so that nothing between is missed. */
        watch_routes(network);
        look(network);
}

OmgNetwork *omg_network_new(GMainContext *context, OmgTimers *timers, OmgRoute (*look_up)(void),
                            const OmgConf *conf, OmgNetworkFunc on_change, gpointer data)
{
        OmgNetwork *network = g_new0(OmgNetwork, 1);

        network->context = context;
        network->timers = timers;
        network->look_up = look_up;
        network->on_change = on_change;
        network->data = data;
        network->timer = omg_timers_add(timers, TRUE, on_timer, network);
        take_conf(network, conf);
        network->state = omg_network_judge(&network->facts);
        return network;
}

void omg_network_free(OmgNetwork *network)
{
        if (!network)
                return;
        omg_timer_free(network->timer);
        omg_route_watch_free(network->watch);
        g_free(network);
}

const OmgNetworkState *omg_network_get(const OmgNetwork *network)
{
        return &network->state;
}

void omg_network_set_conf(OmgNetwork *network, const OmgConf *conf)
{
        take_conf(network, conf);
        judge(network);
}

void omg_network_set_manager(OmgNetwork *network, const OmgNetworkManagerFacts *facts)
{
        network->facts.manager = *facts;
        look(network);
        judge(network);
}
