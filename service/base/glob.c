/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/glob.h"

#include <string.h>

/* The character at *cursor, which moves on. A byte that begins none, or whose character does not
 * end before @end, stands for itself, above all characters. */
static gunichar next_char(const char **cursor, const char *end)
{
        guchar byte = (guchar) * *cursor;

        if (byte < 0x80) {
                (*cursor)++;
                return byte;
        }
        gunichar c = g_utf8_get_char_validated(*cursor, end - *cursor);
        if (c >= (gunichar)-2) {
                (*cursor)++;
                return 0x110000 + byte;
        }
        *cursor = g_utf8_next_char(*cursor);
        return c;
}

/* A member of a bracket expression; FALSE when the pattern ends inside. */
static gboolean next_member(const char **cursor, const char *end, gunichar *ret_char)
{
        if (*cursor < end && **cursor == '\\')
                (*cursor)++;
        if (*cursor >= end)
                return FALSE;
        *ret_char = next_char(cursor, end);
        return TRUE;
}

/* Reads the expression after a '[' and moves the cursor behind its ']'. FALSE when there is no such
 * ']': then it is none, and the cursor stays. */
static gboolean match_bracket(const char **cursor, const char *end, gunichar c, gboolean *ret_match)
{
        const char *p = *cursor;
        gboolean negated = p < end && (*p == '!' || *p == '^');
        gboolean match = FALSE;

        /* Most that are none are known by this, in no time, however often they are met. */
        if (!memchr(p, ']', (gsize)(end - p)))
                return FALSE;
        if (negated)
                p++;
        /* A ']' that comes first is a member. */
        for (gboolean first = TRUE; first || (p < end && *p != ']'); first = FALSE) {
                gunichar low, high;
                if (!next_member(&p, end, &low))
                        return FALSE;
                high = low;
                if (end - p >= 2 && p[0] == '-' && p[1] != ']') {
                        p++;
                        if (!next_member(&p, end, &high))
                                return FALSE;
                }
                match = match || (low <= c && c <= high);
        }
        if (p >= end)
                return FALSE;
        *cursor = p + 1;
        *ret_match = match != negated;
        return TRUE;
}

/* Matches one element other than '*' against one character and moves the cursor behind it. */
static gboolean match_one(const char **cursor, const char *end, gunichar c)
{
        gunichar wanted = next_char(cursor, end);
        gboolean match;

        switch (wanted) {
        case '?':
                return TRUE;
        case '[':
                return match_bracket(cursor, end, c, &match) ? match : c == '[';
        case '\\':
                return *cursor < end && next_char(cursor, end) == c;
        default:
                return wanted == c;
        }
}

gboolean omg_glob_match(const char *pattern, gssize pattern_len, const char *text, gssize text_len)
{
        const char *p = pattern,
                   *p_end = pattern + (pattern_len < 0 ? strlen(pattern) : (gsize)pattern_len);
        const char *t = text, *t_end = text + (text_len < 0 ? strlen(text) : (gsize)text_len);
        const char *after_star = NULL; /* of the last '*' so far */
        const char *star_text = NULL;  /* where what it stands for ends for now */

        while (t < t_end) {
                if (p < p_end && *p == '*') {
                        after_star = ++p;
                        star_text = t;
                        continue;
                }
                const char *next = t;
                gunichar c = next_char(&next, t_end);
                if (p < p_end && match_one(&p, p_end, c)) {
                        t = next;
                        continue;
                }
                if (!after_star)
                        return FALSE;
                p = after_star;
                (void)next_char(&star_text, t_end);
                t = star_text;
        }
        while (p < p_end && *p == '*')
                p++;
        return p == p_end;
}
