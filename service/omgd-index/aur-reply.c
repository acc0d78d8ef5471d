/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/aur-reply.h"

#include <string.h>

#include "base/error.h"
#include "base/limits-aur.h"
#include "base/text.h"
#include "omgd-index/json-cursor.h"

#define VERSION 5

typedef enum { KEY_ERROR, KEY_COUNT, KEY_RESULTS, KEY_TYPE, KEY_VERSION, KEY_N } Key;

static const char *const keys[KEY_N] = {
        [KEY_ERROR] = "error", [KEY_COUNT] = "resultcount", [KEY_RESULTS] = "results",
        [KEY_TYPE] = "type",   [KEY_VERSION] = "version",
};

typedef struct {
        OmgJsonCursor cursor;
        guint seen; /* bit for each of keys whose value is not null */
        const char *error, *type;
        guint64 version;
        OmgAurReply reply;
} Parser;

static gboolean refuse(GError **error, const char *what)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID, "is no answer of the AUR: %s",
                    what);
        return FALSE;
}

/* What the AUR says went wrong: the beginnings of its texts, which have changed in their ends. */
static const struct {
        const char *begins;
        OmgError code;
        const char *message;
} faults[] = {
        {"Too many package results", OMG_ERROR_INVALID_ARGS,
         "the AUR finds more packages than it lists: ask for something rarer"},
        {"Query arg too small", OMG_ERROR_INVALID_ARGS,
         "the AUR looks for words of two characters and more"},
        {"Rate limit reached", OMG_ERROR_UPSTREAM_RATE_LIMITED,
         "the AUR has had too many requests from this address"},
};

static gboolean refuse_as_told(GError **error, const char *text)
{
        g_autofree char *clean = omg_text_strip(text);
        gsize length = strlen(clean);

        for (gsize i = 0; i < G_N_ELEMENTS(faults); i++)
                if (g_str_has_prefix(clean, faults[i].begins)) {
                        g_set_error_literal(error, OMG_ERROR, faults[i].code, faults[i].message);
                        return FALSE;
                }
        if (length > OMG_LIMIT_AUR_MESSAGE)
                *g_utf8_find_prev_char(clean, clean + OMG_LIMIT_AUR_MESSAGE + 1) = '\0';
        g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID, "the AUR says: \"%s\"", clean);
        return FALSE;
}

static gboolean read_string(Parser *parser, const char **ret_text)
{
        OmgJsonString string;

        if (!omg_json_cursor_read_string(&parser->cursor, &string))
                return FALSE;
        *ret_text = string.text;
        return TRUE;
}

/* FALSE, also without a fault of the cursor: none that a count could be. */
static gboolean read_number(Parser *parser, guint64 *ret_value)
{
        OmgJsonNumber number;

        if (!omg_json_cursor_read_number(&parser->cursor, &number) || !number.is_whole ||
            number.text[0] == '-' || number.length > 9)
                return FALSE;
        *ret_value = g_ascii_strtoull(number.text, NULL, 10);
        return TRUE;
}

static gboolean read_value(Parser *parser, Key key)
{
        switch (key) {
        case KEY_ERROR:
                return read_string(parser, &parser->error);
        case KEY_TYPE:
                return read_string(parser, &parser->type);
        case KEY_COUNT:
                return read_number(parser, &parser->reply.count);
        case KEY_VERSION:
                return read_number(parser, &parser->version);
        case KEY_RESULTS:
                return omg_json_cursor_pass_array(&parser->cursor, &parser->reply.results,
                                                  &parser->reply.size);
        default:
                return omg_json_cursor_skip(&parser->cursor, OMG_LIMIT_AUR_DEPTH);
        }
}

static Key find_key(const OmgJsonString *text)
{
        Key key = 0;

        while (key < KEY_N && strcmp(keys[key], text->text) != 0)
                key++;
        return key;
}

static gboolean refuse_key(GError **error, Key key, const char *fault)
{
        g_autofree char *what =
                g_strdup_printf("%s %s", key < KEY_N ? keys[key] : "a member", fault);

        return refuse(error, what);
}

static gboolean read_members(Parser *parser, GError **error)
{
        OmgJsonCursor *cursor = &parser->cursor;
        OmgJsonString text;

        while (omg_json_cursor_next_member(cursor, &text)) {
                Key key = find_key(&text);
                if (key < KEY_N && omg_json_cursor_peek(cursor) == OMG_JSON_NULL) {
                        if (!omg_json_cursor_read_null(cursor))
                                return refuse_key(error, key, cursor->fault);
                        continue;
                }
                if (key < KEY_N && parser->seen & (1u << key))
                        return refuse_key(error, key, "is there twice");
                if (!read_value(parser, key))
                        return refuse_key(error, key,
                                          cursor->fault ? cursor->fault : "is no count");
                if (key < KEY_N)
                        parser->seen |= 1u << key;
        }
        return omg_json_cursor_finish(cursor) || refuse(error, cursor->fault);
}

static gboolean judge(const Parser *parser, GError **error)
{
        if (!parser->type)
                return refuse(error, "it has no type");
        if (strcmp(parser->type, "error") == 0)
                return parser->error ? refuse_as_told(error, parser->error)
                                     : refuse(error, "an error without a text");
        if (strcmp(parser->type, "search") != 0 && strcmp(parser->type, "multiinfo") != 0)
                return refuse(error, "it is of another type");
        if (parser->version != VERSION)
                return refuse(error, "it is of another version");
        if (!parser->reply.results || !(parser->seen & (1u << KEY_COUNT)))
                return refuse(error, "it has no results or no count of them");
        return TRUE;
}

gboolean omg_aur_reply_parse(char *text, gsize size, OmgAurReply *ret_reply, GError **error)
{
        Parser parser = {};
        const char *start = text;

        omg_json_cursor_init(&parser.cursor, text, size);
        while (g_ascii_isspace(*start))
                start++;
        if (start == text + size)
                return refuse(error, "it is empty");
        if (*start == '<')
                return refuse(error, "it is a web page");
        if (!omg_json_cursor_enter_object(&parser.cursor))
                return refuse(error, parser.cursor.fault);
        if (!read_members(&parser, error) || !judge(&parser, error))
                return FALSE;
        *ret_reply = parser.reply;
        return TRUE;
}
