/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What a service shows beside its snapshot: the network, the queue, pacman's lock, what was known
 * before this start; and what of that counts in its status. */

#include "faces/service.h"

/* For OmgBackgroundEvents: properties of Manager, and of Status what follows. */
void omg_service_set_background(OmgService *service, const OmgBackgroundState *state);

/* For OmgRefreshEvents. */
void omg_service_set_locked(OmgService *service, gboolean is_locked);

/* What an omgd before this one knew, with its age: shown, as "stale", until something is loaded,
 * and while nothing can be. Copied. Only where the age is shown, too: not in answers to the socket,
 * nor in the status file. */
void omg_service_restore(OmgService *service, const OmgStatus *status);

/* The status anew, from the snapshot and all of this. */
void omg_service_compute_status(OmgService *service);

/* Whether Search of the socket has the packages of the AUR, too: [aur] socket-search of omgd.conf.
 */
void omg_service_set_search_aur(OmgService *service, gboolean search_aur);
