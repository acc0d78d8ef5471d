/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One omgd per data directory: a locked file, which also holds where there is no bus to own a name
 * on. */

#include <glib.h>

/* Makes dir (private) and locks omgd.lock in it until the process ends. Returns the descriptor, to
 * be kept open; or -1 with BUSY when another process has the lock, ACCESS_DENIED or UNAVAILABLE
 * otherwise. */
int omg_instance_lock(const char *dir, GError **error);
