/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The one line in which omgd-index says what it did: service/omgd-index/main.c. The helper reads
 * what comes from outside, so its word is not trusted either. */

#include <glib.h>

/* TRUE when it says that the file was written. Else its own error, or UNAVAILABLE when the bytes
 * are no such line: not a flat JSON object, members of other types. */
gboolean omg_index_result_parse(const char *text, gsize size, GError **error);
