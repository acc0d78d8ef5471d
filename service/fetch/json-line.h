/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One line of JSON as a plain struct, and back: an object of strings, numbers, booleans, words of a
 * list, and lists of strings, all in one table. Strict, because what is behind the other end of a
 * pipe is not trusted, and json-glib alone takes comments, single quotes and more behind the
 * object, cuts a string at \u0000, and descends until the stack ends. */

#include <glib.h>

typedef enum {
        OMG_JSON_STRING,  /* char * */
        OMG_JSON_UINT,    /* guint64 */
        OMG_JSON_BOOLEAN, /* gboolean */
        OMG_JSON_WORD,    /* guint: the place in words */
        OMG_JSON_STRINGS, /* char **, not empty */
} OmgJsonType;

/* A number that is not there. */
#define OMG_JSON_NONE G_MAXUINT64

typedef struct {
        const char *key;
        OmgJsonType type;
        gboolean is_required;     /* also: written when it is FALSE or the first word */
        gsize offset;             /* of the field */
        guint64 max;              /* bytes of a string, value of a number, strings of a list */
        const char *const *words; /* NULL-terminated */
} OmgJsonMember;

/* Reads a line into @target, whose fields are overwritten: absent strings and lists are NULL,
 * absent numbers OMG_JSON_NONE, absent booleans FALSE, absent words 0. Error: INVALID_ARGS with the
 * key when the line is no such object: another key, another type, more than max, something missing.
 * The fields are the caller's to clear, also after an error. */
gboolean omg_json_line_parse(const char *text, gsize size, const OmgJsonMember *members,
                             gsize n_members, void *target, GError **error);

/* The line, without newline. What is not valid UTF-8 is made so. New string. */
char *omg_json_line_format(const OmgJsonMember *members, gsize n_members, const void *source);

/* Frees the strings and lists. */
void omg_json_line_clear(const OmgJsonMember *members, gsize n_members, void *target);

/* Whether text looks, but for what stands in strings, like a JSON object that nests at most @depth
 * deep, with nothing behind it and nothing that json-glib must not see. */
gboolean omg_json_line_is_safe(const char *text, gsize size, guint depth);
