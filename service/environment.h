/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The environment of omgd --system, which takes nothing from a user. */

#include <glib.h>

/* Whether a variable stays: the language, what systemd and the bus say, proxies for the helper that
 * uses the network, and settings of sanitizers. */
gboolean omg_environment_is_kept(const char *name);

/* Removes all other variables, for omgd and what it starts. Before there are threads. */
void omg_environment_forget_user(void);
