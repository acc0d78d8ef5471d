/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The listening socket at a path: made, found in a service manager's hands, and removed again.
 *
 * What stands at the path is never replaced unless it is a socket of our own user at which nobody
 * listens any more (connect(2) says ECONNREFUSED). To have no moment in which that could be said of
 * a living one, the socket is made under a hidden name beside the path, listens, and only then gets
 * its name by link(2), which replaces nothing. Of several daemons that start at once over a dead
 * one none may remove what another has just put there: they lock the directory (flock(2)); where
 * somebody else holds that lock, because the directory is everybody's, a dead one is still renamed
 * first and then asked again, and goes back if it lives. What a killed daemon left under a hidden
 * name goes at the next start. */

#include <glib.h>

typedef struct OmgListener OmgListener;

/* Listens at @path, mode 0600. Changes the umask for a moment: call before there are threads. Warns
 * in the log when others may write to the directory. Errors: BUSY, somebody listens there already;
 * ACCESS_DENIED, something stands there that is not ours to remove; UNAVAILABLE; all with the path.
 */
OmgListener *omg_listener_new(const char *path, GError **error);

/* The socket that a service manager passed (sd_listen_fds(3)), whose file is not ours to remove.
 * NULL without one. Descriptors that are of no use are closed, with a warning. Changes the
 * environment: call before there are threads. */
OmgListener *omg_listener_new_inherited(void);

/* Non-blocking, close-on-exec. Steals it: the listener closes it no more. */
int omg_listener_steal_fd(OmgListener *listener);

/* Where it listens. */
const char *omg_listener_get_path(const OmgListener *listener);

/* FALSE: a service manager made it, and goes on listening. */
gboolean omg_listener_is_ours(const OmgListener *listener);

/* Removes the file, if it is still the one that was made. Then frees. NULL is harmless. */
void omg_listener_free(OmgListener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgListener, omg_listener_free)
