/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Numbers and times as pacman shows them. All return new strings. */

#include <glib.h>

/* Bytes with two digits and the largest unit that leaves at least one: "1.50 MiB". */
char *omg_format_size(gint64 bytes);

/* Seconds since 1970 UTC as date and time of the locale, in the machine's time zone. */
char *omg_format_date(gint64 seconds);
