/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Which members of the D-Bus interfaces change something, in one place: what serves more than one
 * user lets only root call them. All others only read. */

#include <glib.h>

/* For a member that does not exist: FALSE. */
gboolean omg_bus_access_is_change(const char *interface, const char *member);
