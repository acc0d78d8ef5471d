/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What a service shows beside its snapshot: the network, the queue, pacman's lock; and what of that
 * counts in its status. */

#include "faces/service.h"

/* For OmgBackgroundEvents: properties of Manager, and of Status what follows. */
void omg_service_set_background(OmgService *service, const OmgBackgroundState *state);

/* For OmgRefreshEvents. */
void omg_service_set_locked(OmgService *service, gboolean is_locked);

/* The status anew, from the snapshot and all of this. */
void omg_service_compute_status(OmgService *service);
