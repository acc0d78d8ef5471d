/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Survives a mapped file that somebody shortens: the kernel then raises SIGBUS on access. Pages of
 * registered ranges are replaced by zeros and the range is marked; any other SIGBUS stays fatal.
 * (The way of systemd's basic/sigbus.c.) The handler is the one piece of process-wide state in
 * base/, because signal handlers are. */

#include <glib.h>

/* Installs the handler; again is harmless. Call before the first range is added. */
void omg_sigbus_install(void);

/* Registers a mapping that starts and ends on page borders. Returns its handle, or -1 when some
 * 600 ranges are registered already: such a mapping must not be used. Any thread. */
int omg_sigbus_add(const void *start, gsize size);

/* TRUE once an access to the range failed: what was read since may be zeros. Any thread. */
gboolean omg_sigbus_was_hit(int handle);

/* Call before the mapping is removed. */
void omg_sigbus_remove(int handle);
