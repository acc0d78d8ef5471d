/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Numbers and times as pacman shows them. Strings are
 * new. */

#include <glib.h>

/* Bytes with two digits and the largest unit that leaves at least one: "1.50 MiB". */
char *omg_format_size(gint64 bytes);

/* As pacman's log has it, and to be sorted by: not as the locale would. */
char *omg_format_sortable(gint64 seconds);

/* A day, or a day and a time, in the machine's time zone unless the text has one. */
gboolean omg_parse_date(const char *text, gint64 *ret_seconds);

/* Seconds since 1970 UTC as date and time of the locale, in the machine's time zone. */
char *omg_format_date(gint64 seconds);
