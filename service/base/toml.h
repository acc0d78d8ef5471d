/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Reads TOML 1.0 (toml.io/en/v1.0.0) into a tree. Strict: what the specification forbids is
 * refused, and so is a little that it allows:
 *
 * - "\u0000" in a string or key, because texts here end in NUL;
 * - a dotted key that goes into a table which a [header] made, even where only in passing;
 * - what is larger or deeper than OMG_LIMIT_TOML, _DEPTH and _VALUES.
 *
 * Floats, dates and times are recognised and checked, and kept as they are written. */

#include <glib.h>

typedef enum {
        OMG_TOML_STRING,
        OMG_TOML_INTEGER,
        OMG_TOML_FLOAT,
        OMG_TOML_BOOLEAN,
        OMG_TOML_TIME, /* dates and times of all four kinds */
        OMG_TOML_ARRAY,
        OMG_TOML_TABLE,
} OmgTomlType;

typedef struct OmgToml OmgToml;

/* The table of a whole document, not necessarily ending in NUL. Error: INVALID_ARGS, "line L,
 * column C: what is wrong" (both from 1, columns in characters), valid UTF-8; nothing of the text
 * is in it but keys, shortened. */
OmgToml *omg_toml_parse(const char *text, gsize length, GError **error);
void omg_toml_free(OmgToml *root);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgToml, omg_toml_free)

/* All below: borrowed from the root. */

OmgTomlType omg_toml_get_type(const OmgToml *value);

/* How a type is called in messages: "a string". Static. */
const char *omg_toml_type_describe(OmgTomlType type);

/* Where the value, or the header of the table, stands; 0 and 0 for the root. */
void omg_toml_get_position(const OmgToml *value, guint *ret_line, guint *ret_column);

/* The value of that key; NULL: there is none, or value is NULL or no table. So lookups can follow
 * one another without a check in between. */
const OmgToml *omg_toml_lookup(const OmgToml *value, const char *key);

/* NULL unless it is a string (or NULL itself). */
const char *omg_toml_get_string(const OmgToml *value);

/* FALSE unless it is of that type (or NULL). */
gboolean omg_toml_get_integer(const OmgToml *value, gint64 *ret_integer);
gboolean omg_toml_get_boolean(const OmgToml *value, gboolean *ret_boolean);

/* A float or time as it is written; NULL unless it is one. */
const char *omg_toml_get_written(const OmgToml *value);

/* The members of an array or table, in the order of the document; 0 of anything else. */
guint omg_toml_get_n_members(const OmgToml *value);
const OmgToml *omg_toml_get_member(const OmgToml *value, guint index);

/* The key of a member of a table. */
const char *omg_toml_get_key(const OmgToml *value, guint index);
