/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Newline-delimited JSON, one object a line, written into a sealed memory file. Text must be valid
 * UTF-8. What a terminal would obey, and what ends a line for some reader, is escaped. */

#include <glib.h>

typedef struct OmgJsonLines OmgJsonLines;

/* Asked at each block that is written: TRUE ends the work with CANCELLED. May be NULL. */
typedef gboolean (*OmgIsCancelled)(gconstpointer userdata);

OmgJsonLines *omg_json_lines_new(OmgIsCancelled is_cancelled, gconstpointer userdata,
                                 GError **error);
void omg_json_lines_free(OmgJsonLines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgJsonLines, omg_json_lines_free)

/* Members of the line at hand, in the order of the calls. */
void omg_json_lines_add_string(OmgJsonLines *lines, const char *key, const char *value);
void omg_json_lines_add_span(OmgJsonLines *lines, const char *key, const char *value, gsize length);
void omg_json_lines_add_strv(OmgJsonLines *lines, const char *key, const char *const *values,
                             gsize n_values);
void omg_json_lines_add_unsigned(OmgJsonLines *lines, const char *key, guint64 value);
void omg_json_lines_add_signed(OmgJsonLines *lines, const char *key, gint64 value);
/* JSON has no word for what is no finite number: null. */
void omg_json_lines_add_real(OmgJsonLines *lines, const char *key, double value);
void omg_json_lines_add_boolean(OmgJsonLines *lines, const char *key, gboolean value);
void omg_json_lines_add_null(OmgJsonLines *lines, const char *key);

/* Ends the line. LIMITS_EXCEEDED, CANCELLED or UNAVAILABLE: the rest is of no use. */
gboolean omg_json_lines_end(OmgJsonLines *lines, GError **error);

/* The descriptor, the caller's, or -1 with an error. The lines can only be freed afterwards. */
int omg_json_lines_finish(OmgJsonLines *lines, guint *ret_n_lines, GError **error);
