/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What omgd-index may use: it reads files from outside with a large C library, so it gets bounds on
 * time and memory and no network. The bounds are in base/limits.h. */

#include <glib.h>

/* Applies them to this process, for good: address space, processor and wall-clock time, file size,
 * no core dump, death with the parent, and (seccomp) sockets of no family but AF_UNIX, which gpg
 * needs. @seconds: of wall-clock and of processor time. Error: UNAVAILABLE with what could not be
 * applied. */
gboolean omg_sandbox_enter(guint seconds, GError **error);
