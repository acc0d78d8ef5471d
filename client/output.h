/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What omgctl prints. Text is collected and written at the end, so that a failed call leaves half a
 * list neither on a terminal nor in a pipe. Whatever comes from packages passes omg_text_strip().
 */

#include <glib.h>
#include <json-glib/json-glib.h>

typedef enum {
        OMG_STYLE_PLAIN,
        OMG_STYLE_BOLD, /* names and labels */
        OMG_STYLE_REPOSITORY,
        OMG_STYLE_VERSION,
        OMG_STYLE_INSTALLED,
        OMG_STYLE_N
} OmgStyle;

typedef struct OmgOutput {
        GString *text;
        gboolean colour;
        guint columns; /* of the terminal; 0: no terminal, lines are not wrapped */
} OmgOutput;

/* Colour is on only when standard output is a terminal that knows it and NO_COLOR is not set. */
void omg_output_init(OmgOutput *output, gboolean no_color);
void omg_output_clear(OmgOutput *output);

/* Appends a text from outside, stripped, in a style. */
void omg_output_append(OmgOutput *output, OmgStyle style, const char *text);

/* Appends a text of the program itself, untouched. */
void omg_output_append_format(OmgOutput *output, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Appends words of a text, stripped and wrapped at the terminal's width; further lines begin at
 * column indent. column: where the cursor is. Ends without a newline. */
void omg_output_append_wrapped(OmgOutput *output, const char *text, guint column, guint indent);

/* "Label      : value" with the label padded to width columns, and a newline. */
void omg_output_append_field(OmgOutput *output, const char *label, guint width, const char *value);

/* Columns a text takes on a terminal: wide characters two, combining ones none. */
guint omg_output_width(const char *text);

/* The object as JSON; control and bidirectional characters as \u escapes. */
void omg_output_json(OmgOutput *output, JsonObject *object);

/* Writes what was collected to standard output; UTF-8 becomes the locale's character set. Returns 0
 * or, after saying so on standard error, OMG_CLIENT_ERROR. */
int omg_output_flush(OmgOutput *output);

/* "omgctl: ...", "omgctl: warning: ..." and a plain line, stripped, on standard error. */
void omg_output_error(const char *format, ...) G_GNUC_PRINTF(1, 2);
void omg_output_warn(const char *format, ...) G_GNUC_PRINTF(1, 2);
void omg_output_hint(const char *text);
