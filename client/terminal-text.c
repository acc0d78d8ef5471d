/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "terminal-text.h"

#include <string.h>

#include "base/text.h"

#define LEAST_TEXT_COLUMNS 10

guint omg_terminal_text_width(const char *text, gssize length)
{
        const char *end = length < 0 ? text + strlen(text) : text + length;
        guint width = 0;

        for (const char *p = text; p < end; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);
                if (!g_unichar_iszerowidth(c))
                        width += g_unichar_iswide(c) ? 2 : 1;
        }
        return width;
}

static void append_newline(GString *out, guint indent)
{
        g_string_append_printf(out, "\n%*s", (int)indent, "");
}

void omg_terminal_text_wrap(GString *out, const char *text, guint columns, guint column,
                            guint indent)
{
        gboolean first = TRUE;

        if (columns < indent + LEAST_TEXT_COLUMNS) {
                g_string_append(out, text);
                return;
        }
        for (const char *p = text; *p;) {
                gsize blanks = strspn(p, " ");
                gsize length = strcspn(p + blanks, " ");
                guint width = omg_terminal_text_width(p + blanks, (gssize)length);

                if (!first && column + blanks + width > columns) {
                        append_newline(out, indent);
                        column = indent;
                } else {
                        g_string_append_len(out, p, (gssize)blanks);
                        column += blanks;
                }
                g_string_append_len(out, p + blanks, (gssize)length);
                column += width;
                p += blanks + length;
                first = FALSE;
        }
}

void omg_terminal_text_escape_json(GString *out, const char *json)
{
        const char *start = json;

        for (const char *p = json; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);
                if (c == '\n' || !omg_text_is_unsafe(c))
                        continue;
                g_string_append_len(out, start, p - start);
                g_string_append_printf(out, "\\u%04x", c);
                start = g_utf8_next_char(p);
        }
        g_string_append(out, start);
}
