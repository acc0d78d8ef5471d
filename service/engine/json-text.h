/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Text as a JSON string, for what is written piece by piece. */

#include <glib.h>

/* Appends the text in quotes. What a terminal would obey, and what ends a line for some reader, is
 * escaped; a byte that is no UTF-8 becomes U+FFFD. */
void omg_json_append_text(GString *json, const char *text, gsize length);
