/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What omgd-fetch may use, because it talks to strangers with a large C library: no file but in its
 * directory is written, no program executed, no privilege gained, no core dumped; memory, file size
 * and descriptors have bounds (base/limits-fetch.h). */

#include <glib.h>

/* Applies them to this process, for good. *ret_landlock: the ABI of Landlock, or 0 where the kernel
 * has none; then only file modes keep it from writing elsewhere, and no warning ends the run.
 * Error: UNAVAILABLE with what could not be applied. */
gboolean omg_confine(int dir_fd, guint *ret_landlock, GError **error);
