/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Where things stand in a key file: GLib reads them, but does not say. Lines are counted from 1 and
 * end with '\n', as for GLib, which knows no continuation lines. @text need not end with a NUL. */

#include <glib.h>

typedef struct OmgConfLines OmgConfLines;

/* Of a text that g_key_file_load_from_data() takes. */
OmgConfLines *omg_conf_lines_new(const char *text, gsize length);
void omg_conf_lines_free(OmgConfLines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgConfLines, omg_conf_lines_free)

/* The line of a key; of one that stands there more than once the last, whose value counts. @name
 * NULL: the first line of the group. 0 when there is none. */
guint omg_conf_lines_find(const OmgConfLines *lines, const char *group, const char *name);

/* The line for which GLib refuses a text; 0 when it does not. Blocks for some twenty times as long
 * as GLib takes to read the text. */
guint omg_conf_lines_find_bad(const char *text, gsize length);

/* The line that the byte at @offset is in. */
guint omg_conf_lines_count(const char *text, gsize offset);
