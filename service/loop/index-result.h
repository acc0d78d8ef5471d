/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The one line in which omgd-index says what it did: service/omgd-index/main.c. The helper reads
 * what comes from outside, so its word is not trusted either. */

#include <glib.h>

/* What a check says of a database and the one before: packages that both have, built later or
 * earlier, and those that only one has. */
typedef struct {
        guint64 packages;
        guint64 newer, older, added, removed;
        guint64 dropped; /* of advisories and the AUR: records that make no sense */
        guint64 newest;  /* when the newest package was built, seconds since 1970 */
} OmgIndexCheck;

/* TRUE when it says that all went well; *ret_check then has the numbers, 0 for those that are not
 * there. Else its own error, or UNAVAILABLE when the bytes are no such line: not a flat JSON
 * object, members of other types. */
gboolean omg_index_result_parse(const char *text, gsize size, OmgIndexCheck *ret_check,
                                GError **error);
