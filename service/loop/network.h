/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Keeps loop/network-state.h true: looks when the kernel says that routes changed, when the
 * machine wakes up, and when main hands over what the settings or NetworkManager say. Worker
 * thread, as all here. Nothing wakes up while the network stays as it is. */

#include "loop/network-state.h"
#include "loop/timers.h"

/* A change of the network is many of the kernel's messages. */
#define OMG_NETWORK_QUIET_MSEC 1000u

typedef struct OmgNetwork OmgNetwork;

/* Called when it became another; borrowed. */
typedef void (*OmgNetworkFunc)(const OmgNetworkState *state, gpointer data);

/* With the settings of @conf. @look_up NULL: the kernel's routes, watched in @context; else that,
 * and nothing is watched (tests). */
OmgNetwork *omg_network_new(GMainContext *context, OmgTimers *timers, OmgRoute (*look_up)(void),
                            const OmgConf *conf, OmgNetworkFunc on_change, gpointer data);

/* NULL is harmless. */
void omg_network_free(OmgNetwork *network);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgNetwork, omg_network_free)

const OmgNetworkState *omg_network_get(const OmgNetwork *network);

void omg_network_set_conf(OmgNetwork *network, const OmgConf *conf);
void omg_network_set_manager(OmgNetwork *network, const OmgNetworkManagerFacts *facts);

/* Routes may have changed: looks after a moment without another call. */
void omg_network_look_soon(OmgNetwork *network);
