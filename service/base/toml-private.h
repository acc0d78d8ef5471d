/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Between the parts of toml: toml.c is the tree, toml-parse.c tables and arrays, toml-string.c
 * strings and keys, toml-scalar.c numbers, booleans, dates and times. */

#include "base/toml.h"

/* How a table came about, which says who may still add to it. */
typedef enum {
        OMG_TOML_BY_PATH,   /* in passing, of a header further down: may still get its header */
        OMG_TOML_BY_HEADER, /* [it], or an element of [[it]] */
        OMG_TOML_BY_KEY,    /* of a dotted key */
        OMG_TOML_INLINE,    /* {}: complete */
} OmgTomlOrigin;

struct OmgToml {
        OmgTomlType type;
        OmgTomlOrigin origin; /* of a table */
        gboolean has_tables;  /* of an array: made by [[it]] */
        gboolean boolean;
        gint64 integer;
        guint line, column;
        char *text;         /* string, float, time */
        char *key;          /* within the table it is in; NULL in arrays */
        GPtrArray *members; /* of arrays and tables; OmgToml, owned */
        GHashTable *index;  /* of larger tables: key to member, borrowed */
};

typedef struct {
        const char *text;
        gsize length;
        gsize at;         /* where it is read next */
        gsize line_start; /* of the line that at is in */
        guint line;       /* from 1 */
        gsize counted_at; /* so far into the line its characters are counted: */
        guint n_counted;
        guint depth;
        guint n_values;
        GError *error; /* set: everything ends */
} OmgTomlReader;

/* Where it is read next, in characters from 1. Goes on from where it counted last: else a long line
 * of values took the square of its length. */
guint omg_toml_get_column(OmgTomlReader *reader);

OmgToml *omg_toml_new(OmgTomlReader *reader, OmgTomlType type);

/* Takes value, and key, which must be new to the table; key NULL: an array. */
void omg_toml_add(OmgToml *container, char *key, OmgToml *value);

/* The byte at an offset from where it is read; '\0' behind the end (there is none within). */
char omg_toml_peek(const OmgTomlReader *reader, gsize offset);

/* FALSE, with the error of this place set unless there is one already. */
gboolean omg_toml_fail(OmgTomlReader *reader, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Goes over one line break, LF or CR LF. FALSE without an error: there is none here. */
gboolean omg_toml_skip_newline(OmgTomlReader *reader);

/* A string at its opening quote. NULL: failed. */
char *omg_toml_read_string(OmgTomlReader *reader, gboolean may_span_lines);

/* One part of a key. NULL: failed. */
char *omg_toml_read_key_part(OmgTomlReader *reader);

/* A number, boolean, date or time. NULL: failed. */
OmgToml *omg_toml_read_scalar(OmgTomlReader *reader);
