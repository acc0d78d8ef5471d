/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/json-text.h"

#include "base/text.h"

static gboolean is_escaped(gunichar c)
{
        return c == '"' || c == '\\' || c == 0x85 || omg_text_is_unsafe(c);
}

static void append_escaped(GString *block, gunichar c)
{
        if (c == '"' || c == '\\')
                g_string_append_printf(block, "\\%c", (int)c);
        else
                g_string_append_printf(block, "\\u%04x", c); /* all are below 0x10000 */
}

void omg_json_append_text(GString *block, const char *text, gsize length)
{
        const char *end = text + length, *from = text;

        g_string_append_c(block, '"');
        while (text < end) {
                /* Plain ASCII is most of it. */
                if (*text >= ' ' && *text != '"' && *text != '\\' && *text != 0x7f) {
                        text++;
                        continue;
                }
                /* A damaged index may give anything; such an answer is thrown away later. */
                gunichar c = g_utf8_get_char_validated(text, end - text);
                gboolean valid = c < (gunichar)-2;
                const char *next = valid ? g_utf8_next_char(text) : text + 1;
                if (!valid || is_escaped(c)) {
                        g_string_append_len(block, from, text - from);
                        append_escaped(block, valid ? c : 0xfffd);
                        from = next;
                }
                text = next;
        }
        g_string_append_len(block, from, end - from);
        g_string_append_c(block, '"');
}
