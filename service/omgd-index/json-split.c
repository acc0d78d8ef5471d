/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/json-split.h"

#include <string.h>

#include "base/error.h"
#include "omgd-index/json-special.h"

typedef enum {
        STATE_START,   /* before the list */
        STATE_BETWEEN, /* before an element */
        STATE_PLAIN,   /* in an element, outside of its strings */
        STATE_STRING,
        STATE_ESCAPE, /* behind a backslash */
        STATE_END,
} State;

struct OmgJsonSplit {
        OmgJsonElementFunc func;
        gpointer userdata;
        gsize max;
        State state;
        gboolean is_first; /* no comma came before */
        gboolean is_long;
        guint64 depth;  /* of the element's brackets */
        guint64 offset; /* of the bytes that come next */
        guint64 start;  /* of the element */
        guint64 n;
        GString *element;
        const char *from; /* in the bytes at hand: what is the element's and not kept yet */
};

OmgJsonSplit *omg_json_split_new(gsize max, OmgJsonElementFunc func, gpointer userdata)
{
        OmgJsonSplit *split = g_new0(OmgJsonSplit, 1);

        split->func = func;
        split->userdata = userdata;
        split->max = max;
        split->is_first = TRUE;
        split->element = g_string_new(NULL);
        return split;
}

void omg_json_split_free(OmgJsonSplit *split)
{
        if (!split)
                return;
        g_string_free(split->element, TRUE);
        g_free(split);
}

guint64 omg_json_split_get_n(const OmgJsonSplit *split)
{
        return split->n;
}

static gboolean is_blank(char c)
{
        return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void keep(OmgJsonSplit *split, const char *to)
{
        gsize size = (gsize)(to - split->from);

        if (split->is_long || size > split->max - split->element->len)
                split->is_long = TRUE;
        else
                g_string_append_len(split->element, split->from, (gssize)size);
}

/* @end: behind its last byte. */
static gboolean end_element(OmgJsonSplit *split, const char *end, GError **error)
{
        GString *text = split->element;
        OmgJsonElement element = {.offset = split->start, .number = ++split->n};

        keep(split, end);
        while (text->len > 0 && is_blank(text->str[text->len - 1]))
                g_string_truncate(text, text->len - 1);
        if (!split->is_long) {
                element.text = text->str;
                element.size = text->len;
        }
        gboolean good = split->func(&element, split->userdata, error);
        g_string_truncate(text, 0);
        split->is_long = FALSE;
        return good;
}

static gboolean refuse(OmgJsonSplit *split, guint64 offset, const char *what, GError **error)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID, "%s, at byte %" G_GUINT64_FORMAT,
                    what, offset);
        return FALSE;
}

static gboolean begin(OmgJsonSplit *split, char c, guint64 offset, GError **error)
{
        if (is_blank(c))
                return TRUE;
        if (c != '[')
                return refuse(split, offset, c == '<' ? "is a web page" : "is no list of JSON",
                              error);
        split->state = STATE_BETWEEN;
        return TRUE;
}

/* Before an element: one begins at @at, unless that is a blank or the end of an empty list. */
static void begin_element(OmgJsonSplit *split, const char **at, guint64 offset)
{
        if (is_blank(**at)) {
                ++*at;
        } else if (**at == ']' && split->is_first) {
                ++*at;
                split->state = STATE_END;
        } else {
                split->state = STATE_PLAIN;
                split->start = offset;
                split->depth = 0;
                split->from = *at;
        }
}

/* The first byte that means something outside of strings. */
static const char *find_mark(const char *at, const char *end)
{
        while (at < end && *at != '"' && *at != ',' && *at != '{' && *at != '}' && *at != '[' &&
               *at != ']')
                at++;
        return at;
}

/* Outside of strings. *at: behind what was looked at, here and in the next one. */
static gboolean pass_plain(OmgJsonSplit *split, const char **at, const char *end, GError **error)
{
        const char *mark = find_mark(*at, end);

        *at = mark;
        if (mark == end)
                return TRUE;
        ++*at;
        if (split->depth == 0 && (*mark == ',' || *mark == ']')) {
                split->state = *mark == ',' ? STATE_BETWEEN : STATE_END;
                split->is_first = FALSE;
                return end_element(split, mark, error);
        }
        if (*mark == '{' || *mark == '[')
                split->depth++;
        else if ((*mark == '}' || *mark == ']') && split->depth > 0)
                split->depth--;
        else if (*mark == '"')
                split->state = STATE_STRING;
        return TRUE;
}

static void pass_string(OmgJsonSplit *split, const char **at, const char *end)
{
        const char *mark = omg_json_find_special(*at, end, NULL);

        if (mark < end && *mark == '"')
                split->state = STATE_PLAIN;
        else if (mark < end && *mark == '\\')
                split->state = STATE_ESCAPE;
        *at = mark < end ? mark + 1 : end;
}

static gboolean is_within(const OmgJsonSplit *split)
{
        return split->state == STATE_PLAIN || split->state == STATE_STRING ||
               split->state == STATE_ESCAPE;
}

gboolean omg_json_split_feed(OmgJsonSplit *split, const char *data, gsize size, GError **error)
{
        const char *at = data, *end = data + size;

        split->from = data;
        while (at < end) {
                guint64 offset = split->offset + (guint64)(at - data);
                switch (split->state) {
                case STATE_START:
                        if (!begin(split, *at++, offset, error))
                                return FALSE;
                        break;
                case STATE_BETWEEN:
                        begin_element(split, &at, offset);
                        break;
                case STATE_PLAIN:
                        if (!pass_plain(split, &at, end, error))
                                return FALSE;
                        break;
                case STATE_STRING:
                        pass_string(split, &at, end);
                        break;
                case STATE_ESCAPE:
                        at++;
                        split->state = STATE_STRING;
                        break;
                case STATE_END:
                        if (!is_blank(*at++))
                                return refuse(split, offset, "goes on behind its end", error);
                        break;
                }
        }
        if (is_within(split))
                keep(split, end);
        split->offset += size;
        return TRUE;
}

gboolean omg_json_split_finish(OmgJsonSplit *split, GError **error)
{
        if (split->state == STATE_END)
                return TRUE;
        if (split->state == STATE_START)
                return refuse(split, split->offset, "is empty", error);
        g_set_error(error, OMG_ERROR, OMG_ERROR_UPSTREAM_INVALID,
                    "is cut behind record %" G_GUINT64_FORMAT ", at byte %" G_GUINT64_FORMAT,
                    split->n, split->offset);
        return FALSE;
}
