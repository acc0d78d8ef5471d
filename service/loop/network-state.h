/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Whether somebody's server can be asked now: by the settings [network] of omgd.conf, the kernel's
 * routes, and what NetworkManager says where there is one. Plain values; loop/network.h keeps them
 * true. */

#include "loop/route.h"
#include "sources/omgd-conf.h"

typedef enum {
        OMG_NETWORK_STATE_UNKNOWN, /* nobody says */
        OMG_NETWORK_STATE_OFFLINE,
        OMG_NETWORK_STATE_PORTAL, /* a page to log in stands before the internet */
        OMG_NETWORK_STATE_LOCAL,  /* there is a network, maybe not the internet */
        OMG_NETWORK_STATE_ONLINE,
        OMG_NETWORK_N_STATES,
} OmgNetworkStateValue;

/* Properties of org.freedesktop.NetworkManager, with its numbers (NMConnectivityState, NMState,
 * NMMetered); 0 is "unknown" in each. */
typedef struct {
        gboolean is_there;
        guint32 connectivity; /* 1 none, 2 portal, 3 limited, 4 full */
        guint32 state;        /* 40 connecting, 50 local, 60 site, 70 global */
        guint32 metered;      /* 1 yes, 2 no, 3 and 4: the same by guess */
} OmgNetworkManagerFacts;

typedef struct {
        OmgNetworkSetting mode;
        OmgMeteredSetting metered;
        OmgRoute route;
        OmgNetworkManagerFacts manager;
} OmgNetworkFacts;

/* What follows; the members are those of org.omgd1.Manager. */
typedef struct {
        OmgNetworkStateValue state;
        gboolean is_metered;
} OmgNetworkState;

OmgNetworkState omg_network_judge(const OmgNetworkFacts *facts);

/* FALSE: offline, or behind a portal, whose page would come instead of data. Where the state is
 * local or unknown it is tried: a proxy may know the way. */
gboolean omg_network_state_may_ask(const OmgNetworkState *state);

/* "unknown", "offline", "portal", "local", "online". Static. */
const char *omg_network_state_get_name(OmgNetworkStateValue state);

/* Whether an address needs no network: file URLs, and http or https on this machine (localhost,
 * 127.0.0.0/8, ::1). */
gboolean omg_network_is_local(const char *url);
