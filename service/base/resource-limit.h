/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What a helper program allows itself of the machine (setrlimit(2)). */

#include <glib.h>
#include <sys/resource.h>

/* Lowers both limits of a resource (RLIMIT_...) to @value; what is lower already stays. @name is
 * for the message. Errors: UNAVAILABLE. */
gboolean omg_resource_limit(int resource, const char *name, rlim_t value, GError **error);
