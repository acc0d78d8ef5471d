/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The one clock of ages and deadlines. */

#include <glib.h>

/* CLOCK_BOOTTIME in µs: not g_get_monotonic_time, because a suspended machine's data ages too. */
guint64 omg_clock_now(void);
