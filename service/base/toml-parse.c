/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/toml-private.h"

/* So much of a key is in a message. */
#define QUOTED_CHARS 40

static OmgToml *read_value(OmgTomlReader *reader);

/* ---- the reader ---- */

char omg_toml_peek(const OmgTomlReader *reader, gsize offset)
{
        return reader->length - reader->at > offset ? reader->text[reader->at + offset] : '\0';
}

gboolean omg_toml_fail(OmgTomlReader *reader, const char *format, ...)
{
        g_autofree char *what = NULL;
        va_list args;

        if (reader->error)
                return FALSE;
        va_start(args, format);
        what = g_strdup_vprintf(format, args);
        va_end(args);
        g_set_error(&reader->error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "line %u, column %u: %s",
                    reader->line, omg_toml_get_column(reader), what);
        return FALSE;
}

static gboolean fail_key(OmgTomlReader *reader, const char *key, const char *what)
{
        g_autofree char *start =
                g_utf8_substring(key, 0, MIN(g_utf8_strlen(key, -1), QUOTED_CHARS));

        return omg_toml_fail(reader, "\"%s\" %s", start, what);
}

gboolean omg_toml_skip_newline(OmgTomlReader *reader)
{
        gsize n = omg_toml_peek(reader, 0) == '\n'                                       ? 1
                  : omg_toml_peek(reader, 0) == '\r' && omg_toml_peek(reader, 1) == '\n' ? 2
                                                                                         : 0;

        if (n == 0)
                return FALSE;
        reader->at += n;
        reader->line++;
        reader->line_start = reader->at;
        return TRUE;
}

static void skip_blanks(OmgTomlReader *reader)
{
        while (omg_toml_peek(reader, 0) == ' ' || omg_toml_peek(reader, 0) == '\t')
                reader->at++;
}

static gboolean skip_char(OmgTomlReader *reader, char c)
{
        if (omg_toml_peek(reader, 0) != c || reader->at >= reader->length)
                return FALSE;
        reader->at++;
        return TRUE;
}

static gboolean skip_comment(OmgTomlReader *reader)
{
        if (omg_toml_peek(reader, 0) != '#')
                return TRUE;
        for (; reader->at < reader->length; reader->at++) {
                char c = omg_toml_peek(reader, 0);

                if (c == '\n' || (c == '\r' && omg_toml_peek(reader, 1) == '\n'))
                        break;
                if (g_ascii_iscntrl(c) && c != '\t')
                        return omg_toml_fail(reader, "a control character in a comment");
        }
        return TRUE;
}

/* Blanks, comments and line breaks, between the values of an array. */
static gboolean skip_space(OmgTomlReader *reader)
{
        do {
                skip_blanks(reader);
                if (!skip_comment(reader))
                        return FALSE;
        } while (omg_toml_skip_newline(reader));
        return TRUE;
}

static gboolean end_line(OmgTomlReader *reader)
{
        skip_blanks(reader);
        if (!skip_comment(reader))
                return FALSE;
        if (reader->at >= reader->length || omg_toml_skip_newline(reader))
                return TRUE;
        return omg_toml_fail(reader, "the line goes on where it should end");
}

static gboolean count_value(OmgTomlReader *reader)
{
        if (++reader->n_values > OMG_LIMIT_TOML_VALUES)
                return omg_toml_fail(reader, "more than %u values", OMG_LIMIT_TOML_VALUES);
        return TRUE;
}

/* ---- keys ---- */

/* "a.b.c": its parts. */
static GPtrArray *read_key(OmgTomlReader *reader)
{
        g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);

        do {
                char *part;

                skip_blanks(reader);
                if (parts->len >= OMG_LIMIT_TOML_DEPTH) {
                        (void)omg_toml_fail(reader, "a key of more than %u parts",
                                            OMG_LIMIT_TOML_DEPTH);
                        return NULL;
                }
                part = omg_toml_read_key_part(reader);
                if (!part)
                        return NULL;
                g_ptr_array_add(parts, part);
                skip_blanks(reader);
        } while (skip_char(reader, '.'));
        return g_steal_pointer(&parts);
}

static OmgToml *find(const OmgToml *table, const char *key)
{
        return (OmgToml *)omg_toml_lookup(table, key);
}

static OmgToml *add_table(OmgTomlReader *reader, OmgToml *table, const char *key,
                          OmgTomlOrigin origin)
{
        OmgToml *member;

        if (!count_value(reader))
                return NULL;
        member = omg_toml_new(reader, OMG_TOML_TABLE);
        member->origin = origin;
        omg_toml_add(table, g_strdup(key), member);
        return member;
}

/* Into the tables that the parts before the last one name; they are made where they are missing.
 * A table which a header made is not a dotted key's to add to. */
static OmgToml *enter_dotted(OmgTomlReader *reader, OmgToml *table, const GPtrArray *parts)
{
        for (guint i = 0; table && i + 1 < parts->len; i++) {
                OmgToml *member = find(table, parts->pdata[i]);

                if (member &&
                    (member->type != OMG_TOML_TABLE || member->origin != OMG_TOML_BY_KEY)) {
                        (void)fail_key(reader, parts->pdata[i],
                                       "has a value already, or is a table defined elsewhere");
                        return NULL;
                }
                table = member ?: add_table(reader, table, parts->pdata[i], OMG_TOML_BY_KEY);
        }
        return table;
}

/* key = value */
static gboolean read_pair(OmgTomlReader *reader, OmgToml *table)
{
        g_autoptr(GPtrArray) parts = read_key(reader);
        const char *key;
        OmgToml *value;

        if (!parts || !(table = enter_dotted(reader, table, parts)))
                return FALSE;
        key = parts->pdata[parts->len - 1];
        if (find(table, key))
                return fail_key(reader, key, "is defined twice");
        if (!skip_char(reader, '='))
                return omg_toml_fail(reader, "\"=\" is expected here");
        skip_blanks(reader);
        value = read_value(reader);
        if (!value)
                return FALSE;
        omg_toml_add(table, g_strdup(key), value);
        return TRUE;
}

/* ---- values ---- */

static OmgToml *read_array(OmgTomlReader *reader)
{
        g_autoptr(OmgToml) array = omg_toml_new(reader, OMG_TOML_ARRAY);

        reader->at++;
        for (;;) {
                OmgToml *member;

                if (!skip_space(reader))
                        return NULL;
                if (skip_char(reader, ']'))
                        return g_steal_pointer(&array);
                member = read_value(reader);
                if (!member)
                        return NULL;
                omg_toml_add(array, NULL, member);
                if (!skip_space(reader))
                        return NULL;
                if (!skip_char(reader, ',') && omg_toml_peek(reader, 0) != ']') {
                        (void)omg_toml_fail(reader, "\",\" or \"]\" is expected here");
                        return NULL;
                }
        }
}

/* On one line, and without a comma behind the last. */
static OmgToml *read_inline_table(OmgTomlReader *reader)
{
        g_autoptr(OmgToml) table = omg_toml_new(reader, OMG_TOML_TABLE);

        table->origin = OMG_TOML_INLINE;
        reader->at++;
        skip_blanks(reader);
        if (skip_char(reader, '}'))
                return g_steal_pointer(&table);
        do {
                if (!read_pair(reader, table))
                        return NULL;
                skip_blanks(reader);
        } while (skip_char(reader, ','));
        if (skip_char(reader, '}'))
                return g_steal_pointer(&table);
        (void)omg_toml_fail(reader, "\",\" or \"}\" is expected here");
        return NULL;
}

static OmgToml *read_nested(OmgTomlReader *reader, OmgToml *(*read)(OmgTomlReader *))
{
        OmgToml *value;

        if (reader->depth >= OMG_LIMIT_TOML_DEPTH) {
                (void)omg_toml_fail(reader, "more than %u arrays and tables in one another",
                                    OMG_LIMIT_TOML_DEPTH);
                return NULL;
        }
        reader->depth++;
        value = read(reader);
        reader->depth--;
        return value;
}

static OmgToml *read_text(OmgTomlReader *reader)
{
        g_autoptr(OmgToml) value = omg_toml_new(reader, OMG_TOML_STRING);

        value->text = omg_toml_read_string(reader, TRUE);
        return value->text ? g_steal_pointer(&value) : NULL;
}

static OmgToml *read_value(OmgTomlReader *reader)
{
        if (!count_value(reader))
                return NULL;
        switch (omg_toml_peek(reader, 0)) {
        case '"':
        case '\'':
                return read_text(reader);
        case '[':
                return read_nested(reader, read_array);
        case '{':
                return read_nested(reader, read_inline_table);
        default:
                return omg_toml_read_scalar(reader);
        }
}

/* ---- headers ---- */

/* Into what a part of a header names: of [[arrays]] their last element. */
static OmgToml *enter_path(OmgTomlReader *reader, OmgToml *table, const char *key)
{
        OmgToml *member = find(table, key);

        if (!member)
                return add_table(reader, table, key, OMG_TOML_BY_PATH);
        if (member->type == OMG_TOML_ARRAY && member->has_tables)
                return member->members->pdata[member->members->len - 1];
        if (member->type == OMG_TOML_TABLE && member->origin != OMG_TOML_INLINE)
                return member;
        (void)fail_key(reader, key, "has a value already, and cannot be added to");
        return NULL;
}

static OmgToml *open_table(OmgTomlReader *reader, OmgToml *parent, const char *key)
{
        OmgToml *table = find(parent, key);

        if (!table)
                return add_table(reader, parent, key, OMG_TOML_BY_HEADER);
        if (table->type != OMG_TOML_TABLE || table->origin != OMG_TOML_BY_PATH) {
                (void)fail_key(reader, key, "is defined twice");
                return NULL;
        }
        table->origin = OMG_TOML_BY_HEADER;
        return table;
}

static OmgToml *open_element(OmgTomlReader *reader, OmgToml *parent, const char *key)
{
        OmgToml *array = find(parent, key);
        OmgToml *table;

        if (array && !array->has_tables) {
                (void)fail_key(reader, key, "is defined already, and not by [[ ]]");
                return NULL;
        }
        if (!count_value(reader))
                return NULL;
        if (!array) {
                array = omg_toml_new(reader, OMG_TOML_ARRAY);
                array->has_tables = TRUE;
                omg_toml_add(parent, g_strdup(key), array);
        }
        table = omg_toml_new(reader, OMG_TOML_TABLE);
        table->origin = OMG_TOML_BY_HEADER;
        omg_toml_add(array, NULL, table);
        return table;
}

/* [a.b] or [[a.b]]. NULL: failed. */
static OmgToml *read_header(OmgTomlReader *reader, OmgToml *root)
{
        gboolean is_element = omg_toml_peek(reader, 1) == '[';
        g_autoptr(GPtrArray) parts = NULL;
        OmgToml *table = root;
        const char *key;

        reader->at += is_element ? 2 : 1;
        parts = read_key(reader);
        if (!parts)
                return NULL;
        if (!skip_char(reader, ']') || (is_element && !skip_char(reader, ']'))) {
                (void)omg_toml_fail(reader, "\"%s\" is expected here", is_element ? "]]" : "]");
                return NULL;
        }
        for (guint i = 0; table && i + 1 < parts->len; i++)
                table = enter_path(reader, table, parts->pdata[i]);
        if (!table)
                return NULL;
        key = parts->pdata[parts->len - 1];
        table = is_element ? open_element(reader, table, key) : open_table(reader, table, key);
        return table && end_line(reader) ? table : NULL;
}

/* ---- the document ---- */

static gboolean read_document(OmgTomlReader *reader, OmgToml *root)
{
        OmgToml *table = root;

        while (reader->at < reader->length) {
                skip_blanks(reader);
                if (omg_toml_peek(reader, 0) == '[') {
                        table = read_header(reader, root);
                        if (!table)
                                return FALSE;
                } else if (omg_toml_peek(reader, 0) != '#' && omg_toml_peek(reader, 0) != '\n' &&
                           omg_toml_peek(reader, 0) != '\r' && reader->at < reader->length) {
                        if (!read_pair(reader, table) || !end_line(reader))
                                return FALSE;
                } else if (!end_line(reader)) {
                        return FALSE;
                }
        }
        return TRUE;
}

/* All of it is looked at before: nothing later meets half a character, or a NUL. */
static gboolean check_text(OmgTomlReader *reader)
{
        const char *end = reader->text;

        if (reader->length > OMG_LIMIT_TOML)
                return omg_toml_fail(reader, "longer than %u bytes", OMG_LIMIT_TOML);
        if (g_utf8_validate_len(reader->text, reader->length, &end))
                return TRUE;
        for (const char *at = reader->text; at < end; at++)
                if (*at == '\n') {
                        reader->line++;
                        reader->line_start = (gsize)(at + 1 - reader->text);
                }
        reader->at = (gsize)(end - reader->text);
        return omg_toml_fail(reader, "a NUL, or no valid UTF-8");
}

OmgToml *omg_toml_parse(const char *text, gsize length, GError **error)
{
        OmgTomlReader reader = {.text = text ?: "", .length = text ? length : 0, .line = 1};
        g_autoptr(OmgToml) root = omg_toml_new(&reader, OMG_TOML_TABLE);

        root->origin = OMG_TOML_BY_HEADER;
        root->line = root->column = 0;
        if (!check_text(&reader) || !read_document(&reader, root)) {
                g_propagate_error(error, reader.error);
                return NULL;
        }
        return g_steal_pointer(&root);
}
