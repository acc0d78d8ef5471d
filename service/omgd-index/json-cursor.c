/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/json-cursor.h"

#include <string.h>

#include "omgd-index/json-special.h"

#define MAX_DEPTH 64u

static gboolean fail(OmgJsonCursor *cursor, const char *fault)
{
        if (!cursor->fault)
                cursor->fault = fault;
        return FALSE;
}

/* Nearly all of it is ASCII. */
static gboolean is_utf8(const char *text, gsize size)
{
        const guint64 high = G_GUINT64_CONSTANT(0x8080808080808080);
        gsize at = 0;
        guint64 eight;

        for (; at + sizeof(eight) <= size; at += sizeof(eight)) {
                memcpy(&eight, text + at, sizeof(eight));
                if (eight & high)
                        break;
        }
        return g_utf8_validate_len(text + at, size - at, NULL);
}

void omg_json_cursor_init(OmgJsonCursor *cursor, char *text, gsize size)
{
        *cursor = (OmgJsonCursor){.at = text, .end = text + size};
}

gboolean omg_json_cursor_check_utf8(OmgJsonCursor *cursor)
{
        return !cursor->fault && (is_utf8(cursor->at, (gsize)(cursor->end - cursor->at)) ||
                                  fail(cursor, "is not UTF-8"));
}

static void skip_blanks(OmgJsonCursor *cursor)
{
        while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\n' ||
                                            *cursor->at == '\t' || *cursor->at == '\r'))
                cursor->at++;
}

/* The byte that comes after blanks; NUL at the end, which is no byte of JSON either. */
static char look(OmgJsonCursor *cursor)
{
        if (cursor->fault)
                return '\0';
        skip_blanks(cursor);
        return cursor->at < cursor->end ? *cursor->at : '\0';
}

static gboolean take(OmgJsonCursor *cursor, char c, const char *fault)
{
        if (look(cursor) != c || c == '\0')
                return fail(cursor, fault);
        cursor->at++;
        return TRUE;
}

OmgJsonKind omg_json_cursor_peek(OmgJsonCursor *cursor)
{
        switch (look(cursor)) {
        case '{':
                return OMG_JSON_OBJECT;
        case '[':
                return OMG_JSON_ARRAY;
        case '"':
                return OMG_JSON_STRING;
        case 't':
        case 'f':
                return OMG_JSON_BOOLEAN;
        case 'n':
                return OMG_JSON_NULL;
        case '-':
        case '0' ... '9':
                return OMG_JSON_NUMBER;
        default:
                return OMG_JSON_FAULT;
        }
}

gboolean omg_json_cursor_enter_object(OmgJsonCursor *cursor)
{
        cursor->is_fresh = take(cursor, '{', "is no object");
        return cursor->is_fresh;
}

gboolean omg_json_cursor_enter_array(OmgJsonCursor *cursor)
{
        cursor->is_fresh = take(cursor, '[', "is no list");
        return cursor->is_fresh;
}

/* What stands before a member or element. FALSE: it is the end, or a fault. */
static gboolean next(OmgJsonCursor *cursor, char closing)
{
        gboolean is_fresh = cursor->is_fresh;
        char c = look(cursor);

        cursor->is_fresh = FALSE;
        if (c == closing && c != '\0') {
                cursor->at++;
                return FALSE;
        }
        return is_fresh ? !cursor->fault : take(cursor, ',', "has a comma or a bracket missing");
}

gboolean omg_json_cursor_next_member(OmgJsonCursor *cursor, OmgJsonString *ret_key)
{
        return next(cursor, '}') && omg_json_cursor_read_string(cursor, ret_key) &&
               take(cursor, ':', "has a colon missing");
}

gboolean omg_json_cursor_next_element(OmgJsonCursor *cursor)
{
        if (!next(cursor, ']'))
                return FALSE;
        return omg_json_cursor_peek(cursor) != OMG_JSON_FAULT || fail(cursor, "has no value");
}

/* ---- strings ---- */

/* The value of four hexadecimal digits, or -1. */
static int get_hex(const char *text, const char *end)
{
        int value = 0;

        if (end - text < 4)
                return -1;
        for (guint i = 0; i < 4; i++) {
                if (!g_ascii_isxdigit(text[i]))
                        return -1;
                value = value * 16 + g_ascii_xdigit_value(text[i]);
        }
        return value;
}

/* The character of \uXXXX, or of two such, @from behind the u; 0: none that a text may have. */
static gunichar read_unicode(const char **from, const char *end)
{
        int value = get_hex(*from, end), low;

        if (value < 0)
                return 0;
        *from += 4;
        if (value < 0xd800 || value > 0xdfff)
                return (gunichar)value;
        if (value > 0xdbff || end - *from < 6 || (*from)[0] != '\\' || (*from)[1] != 'u')
                return 0;
        low = get_hex(*from + 2, end);
        if (low < 0xdc00 || low > 0xdfff)
                return 0;
        *from += 6;
        return 0x10000 + (gunichar)((value - 0xd800) << 10 | (low - 0xdc00));
}

/* One escape sequence at *from, into *to, which is never in front of it. */
static gboolean unescape(const char **from, const char *end, char **to)
{
        static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
        const char *name;
        gunichar character;

        if (end - *from < 2)
                return FALSE;
        char c = (*from)[1];
        *from += 2;
        if (c == 'u') {
                character = read_unicode(from, end);
                if (character == 0)
                        return FALSE;
                *to += g_unichar_to_utf8(character, *to);
                return TRUE;
        }
        name = c != '\0' ? strchr(names, c) : NULL;
        if (!name)
                return FALSE;
        *(*to)++ = values[name - names];
        return TRUE;
}

gboolean omg_json_cursor_read_string(OmgJsonCursor *cursor, OmgJsonString *ret_string)
{
        gboolean is_odd = FALSE;
        char *start, *to, *special;

        if (!take(cursor, '"', "has something else where a string has to be"))
                return FALSE;
        start = to = cursor->at;
        for (;;) {
                special = (char *)omg_json_find_special(cursor->at, cursor->end, &is_odd);
                gsize length = (gsize)(special - cursor->at);
                if (to != cursor->at)
                        memmove(to, cursor->at, length);
                to += length;
                cursor->at = special;
                if (special == cursor->end)
                        return fail(cursor, "ends within a string");
                if (*special == '"')
                        break;
                is_odd = TRUE;
                if (*special != '\\' || !unescape((const char **)&cursor->at, cursor->end, &to))
                        return fail(cursor, "has a string that is none of JSON");
        }
        cursor->at++;
        *to = '\0';
        *ret_string = (OmgJsonString){start, (gsize)(to - start), !is_odd};
        return TRUE;
}

/* The string that comes, left as it is. */
static gboolean skip_string(OmgJsonCursor *cursor)
{
        char buffer[4], *to;

        for (cursor->at++;;) {
                cursor->at = (char *)omg_json_find_special(cursor->at, cursor->end, NULL);
                if (cursor->at == cursor->end)
                        return fail(cursor, "ends within a string");
                if (*cursor->at == '"')
                        break;
                to = buffer;
                if (*cursor->at != '\\' || !unescape((const char **)&cursor->at, cursor->end, &to))
                        return fail(cursor, "has a string that is none of JSON");
        }
        cursor->at++;
        return TRUE;
}

/* ---- numbers and words ---- */

static gboolean pass_digits(OmgJsonCursor *cursor)
{
        const char *start = cursor->at;

        while (cursor->at < cursor->end && g_ascii_isdigit(*cursor->at))
                cursor->at++;
        return cursor->at > start || fail(cursor, "has a number that is none of JSON");
}

static gboolean pass(OmgJsonCursor *cursor, const char *any_of)
{
        if (cursor->at == cursor->end || *cursor->at == '\0' || !strchr(any_of, *cursor->at))
                return FALSE;
        cursor->at++;
        return TRUE;
}

gboolean omg_json_cursor_read_number(OmgJsonCursor *cursor, OmgJsonNumber *ret_number)
{
        OmgJsonNumber number = {.is_whole = TRUE};

        if (omg_json_cursor_peek(cursor) != OMG_JSON_NUMBER)
                return fail(cursor, "has something else where a number has to be");
        number.text = cursor->at;
        (void)pass(cursor, "-");
        /* A zero in front stands alone. */
        if (!pass(cursor, "0") && !pass_digits(cursor))
                return FALSE;
        if (pass(cursor, ".")) {
                number.is_whole = FALSE;
                if (!pass_digits(cursor))
                        return FALSE;
        }
        if (pass(cursor, "eE")) {
                number.is_whole = FALSE;
                (void)pass(cursor, "+-");
                if (!pass_digits(cursor))
                        return FALSE;
        }
        /* What follows must end it: neither 01 nor 1x is one. */
        if (cursor->at < cursor->end && (g_ascii_isalnum(*cursor->at) || *cursor->at == '.'))
                return fail(cursor, "has a number that is none of JSON");
        number.length = (gsize)(cursor->at - number.text);
        *ret_number = number;
        return TRUE;
}

static gboolean pass_word(OmgJsonCursor *cursor, const char *word)
{
        gsize length = strlen(word);

        if ((gsize)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0)
                return FALSE;
        cursor->at += length;
        return cursor->at == cursor->end || !g_ascii_isalnum(*cursor->at);
}

gboolean omg_json_cursor_read_null(OmgJsonCursor *cursor)
{
        return (omg_json_cursor_peek(cursor) == OMG_JSON_NULL && pass_word(cursor, "null")) ||
               fail(cursor, "has something else where null has to be");
}

static gboolean skip_scalar(OmgJsonCursor *cursor)
{
        OmgJsonNumber number;

        switch (omg_json_cursor_peek(cursor)) {
        case OMG_JSON_STRING:
                return skip_string(cursor);
        case OMG_JSON_NUMBER:
                return omg_json_cursor_read_number(cursor, &number);
        case OMG_JSON_NULL:
                return omg_json_cursor_read_null(cursor);
        case OMG_JSON_BOOLEAN:
                return pass_word(cursor, "true") || pass_word(cursor, "false") ||
                       fail(cursor, "has a word that is none of JSON");
        default:
                return fail(cursor, "has something where a value has to be");
        }
}

/* ---- passing over ---- */

/* Goes to where the next value of the innermost container begins; leaves those that end before it.
 * @kinds: a bit for each level, set for an object; FALSE: all have ended, or a fault. */
static gboolean find_value(OmgJsonCursor *cursor, guint64 kinds, guint *level)
{
        while (*level > 0) {
                gboolean in_object = (kinds >> (*level - 1)) & 1;
                if (next(cursor, in_object ? '}' : ']'))
                        return !in_object ||
                               (look(cursor) == '"' && skip_string(cursor) &&
                                take(cursor, ':', "has a colon missing")) ||
                               fail(cursor, "has a name missing");
                if (cursor->fault)
                        return FALSE;
                --*level;
        }
        return FALSE;
}

gboolean omg_json_cursor_skip(OmgJsonCursor *cursor, guint depth)
{
        guint64 kinds = 0;
        guint level = 0;

        do {
                OmgJsonKind kind = omg_json_cursor_peek(cursor);
                if (kind != OMG_JSON_OBJECT && kind != OMG_JSON_ARRAY) {
                        if (!skip_scalar(cursor))
                                return FALSE;
                        continue;
                }
                if (level == MIN(depth, MAX_DEPTH))
                        return fail(cursor, "is nested too deep");
                cursor->at++;
                cursor->is_fresh = TRUE;
                kinds &= ~(G_GUINT64_CONSTANT(1) << level);
                kinds |= (guint64)(kind == OMG_JSON_OBJECT) << level++;
        } while (find_value(cursor, kinds, &level));
        return !cursor->fault;
}

/* Behind the string that begins at @at; the end when it does not end. */
static char *find_behind_string(char *at, const char *end)
{
        for (at++; at < end && *at != '"'; at++)
                at += *at == '\\';
        return at < end ? at + 1 : (char *)end;
}

gboolean omg_json_cursor_pass_array(OmgJsonCursor *cursor, const char **ret_start, gsize *ret_size)
{
        guint64 depth = 0;

        if (look(cursor) != '[')
                return fail(cursor, "is no list");
        char *at = cursor->at, *start = at;
        do {
                if (*at == '[' || *at == '{')
                        depth++;
                else if (*at == ']' || *at == '}')
                        depth--;
                at = *at == '"' ? find_behind_string(at, cursor->end) : at + 1;
        } while (depth > 0 && at < cursor->end);
        if (depth > 0)
                return fail(cursor, "is cut");
        cursor->at = at;
        *ret_start = start;
        *ret_size = (gsize)(at - start);
        return TRUE;
}

gboolean omg_json_cursor_finish(OmgJsonCursor *cursor)
{
        if (cursor->fault)
                return FALSE;
        skip_blanks(cursor);
        return cursor->at == cursor->end || fail(cursor, "has something behind its end");
}
