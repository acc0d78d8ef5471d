/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A strict reader of JSON (RFC 8259) that allocates nothing: strings are unescaped in their place.
 * For 100,000 records, each of which json-glib would make a tree of. A fault stays with the cursor,
 * and nothing is read after it. */

#include <glib.h>

typedef enum {
        OMG_JSON_FAULT, /* none of these, or the end */
        OMG_JSON_OBJECT,
        OMG_JSON_ARRAY,
        OMG_JSON_STRING,
        OMG_JSON_NUMBER,
        OMG_JSON_BOOLEAN,
        OMG_JSON_NULL,
} OmgJsonKind;

typedef struct {
        char *at, *end;
        const char *fault; /* what is wrong, static; NULL: nothing so far */
        gboolean is_fresh; /* nothing of the object or array at hand was read yet */
} OmgJsonCursor;

typedef struct {
        char *text; /* ended by NUL; there is none in it */
        gsize length;
        gboolean is_plain; /* nothing but printable ASCII */
} OmgJsonString;

typedef struct {
        const char *text; /* not ended by NUL, but by what no number has in it */
        gsize length;
        gboolean is_whole; /* neither a fraction nor an exponent */
} OmgJsonNumber;

/* @text: becomes strings in place; text[size] must be NUL. */
void omg_json_cursor_init(OmgJsonCursor *cursor, char *text, gsize size);

/* FALSE, with the fault: what is left is not UTF-8, which is else not looked at. */
gboolean omg_json_cursor_check_utf8(OmgJsonCursor *cursor);

/* The kind of the value that comes. */
OmgJsonKind omg_json_cursor_peek(OmgJsonCursor *cursor);

/* Enters the object or array that comes. FALSE, with the fault: it is none. */
gboolean omg_json_cursor_enter_object(OmgJsonCursor *cursor);
gboolean omg_json_cursor_enter_array(OmgJsonCursor *cursor);

/* The next member, whose value comes then, or element. FALSE: there are no more, and the object or
 * array is left; or a fault. */
gboolean omg_json_cursor_next_member(OmgJsonCursor *cursor, OmgJsonString *ret_key);
gboolean omg_json_cursor_next_element(OmgJsonCursor *cursor);

/* The value that comes; FALSE, with the fault: it is none of that kind. An escaped NUL and half a
 * surrogate pair are faults. */
gboolean omg_json_cursor_read_string(OmgJsonCursor *cursor, OmgJsonString *ret_string);
gboolean omg_json_cursor_read_number(OmgJsonCursor *cursor, OmgJsonNumber *ret_number);
gboolean omg_json_cursor_read_null(OmgJsonCursor *cursor);

/* Passes over the value that comes, of whatever kind, without a change of it. FALSE: it is none, or
 * is deeper than @depth (at most 64) containers. */
gboolean omg_json_cursor_skip(OmgJsonCursor *cursor, guint depth);

/* Passes over the array that comes by its brackets and strings alone: what else is wrong in one
 * element must not cost the others. FALSE: it is none, or does not end. */
gboolean omg_json_cursor_pass_array(OmgJsonCursor *cursor, const char **ret_start, gsize *ret_size);

/* Whether nothing but blanks is left; else the fault is set. */
gboolean omg_json_cursor_finish(OmgJsonCursor *cursor);
