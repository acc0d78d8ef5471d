/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What NetworkManager says of the network, over the system bus (sd-bus); omgd needs neither of
 * both, and starts no NetworkManager. Not GNetworkMonitor: gio's modules and its D-Bus thread would
 * come with it. Main thread. */

#include "loop/network-state.h"

typedef struct sd_event sd_event;
typedef struct OmgNetworkManager OmgNetworkManager;

/* On every change, and when it comes or goes; not called while there never was one. */
typedef void (*OmgNetworkManagerFunc)(const OmgNetworkManagerFacts *facts, gpointer data);

/* Connects at once, without waiting. That there is no system bus is no error. */
OmgNetworkManager *omg_network_manager_new(sd_event *event, OmgNetworkManagerFunc on_change,
                                           gpointer data);

/* Tries the system bus again where it was not there, or went away. */
void omg_network_manager_retry(OmgNetworkManager *self);

/* NULL is harmless. */
void omg_network_manager_free(OmgNetworkManager *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgNetworkManager, omg_network_manager_free)
