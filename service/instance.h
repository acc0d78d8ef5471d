/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One omgd per data directory: a locked file, which also holds where there is no bus to own a name
 * on. */

#include <glib.h>

/* Makes dir (private) and locks omgd.lock in it until the process ends; waits for another one that
 * is ending. Returns the descriptor, to be kept open; or -1 with BUSY when another process has the
 * lock, ACCESS_DENIED or UNAVAILABLE otherwise. */
int omg_instance_lock(const char *dir, GError **error);

/* Whoever locks it from now on waits for the end of this process, for OMG_INSTANCE_END_SEC at most.
 */
void omg_instance_mark_ending(int fd);

#define OMG_INSTANCE_END_SEC 6
