/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Text measured and broken for a terminal, and JSON made harmless for one. Pure functions. */

#include <glib.h>

/* Columns of length bytes of valid UTF-8 (-1: up to NUL) without control characters. */
guint omg_terminal_text_width(const char *text, gssize length);

/* Appends the blank-separated words of text, broken so that no line passes column columns where
 * that is possible; runs of blanks inside a line stay. columns 0, or a width that leaves less than
 * ten columns for text: no breaking. */
void omg_terminal_text_wrap(GString *out, const char *text, guint columns, guint column,
                            guint indent);

/* Appends a JSON document in which control characters other than newline (which a generator writes
 * only between tokens) and bidirectional controls become \uXXXX. Such characters stand only inside
 * strings, so this needs no parsing (RFC 8259, section 7). */
void omg_terminal_text_escape_json(GString *out, const char *json);
