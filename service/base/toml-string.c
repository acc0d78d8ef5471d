/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/toml-private.h"

/* ---- escapes ---- */

static int read_hex(const OmgTomlReader *reader, gsize offset, guint n, gunichar *ret_c)
{
        gunichar c = 0;

        for (guint i = 0; i < n; i++) {
                int digit = g_ascii_xdigit_value(omg_toml_peek(reader, offset + i));

                if (digit < 0)
                        return -1;
                c = c << 4 | (gunichar)digit;
        }
        *ret_c = c;
        return 0;
}

/* \uXXXX and \UXXXXXXXX: a Unicode scalar value. */
static gboolean read_unicode(OmgTomlReader *reader, guint n, GString *out)
{
        gunichar c;

        if (read_hex(reader, 2, n, &c) < 0)
                return omg_toml_fail(reader, "\\%c is followed by fewer than %u hexadecimal digits",
                                     n == 4 ? 'u' : 'U', n);
        if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
                return omg_toml_fail(reader, "there is no such Unicode character");
        if (c == 0)
                return omg_toml_fail(reader, "a NUL in a text");
        g_string_append_unichar(out, c);
        reader->at += 2 + n;
        return TRUE;
}

/* A backslash at the end of a line takes the blanks and line breaks behind it along. */
static gboolean skip_line_end(OmgTomlReader *reader)
{
        gsize offset = 1;

        while (omg_toml_peek(reader, offset) == ' ' || omg_toml_peek(reader, offset) == '\t')
                offset++;
        if (omg_toml_peek(reader, offset) != '\n' &&
            !(omg_toml_peek(reader, offset) == '\r' && omg_toml_peek(reader, offset + 1) == '\n'))
                return FALSE;
        reader->at += offset;
        for (;;) {
                char c = omg_toml_peek(reader, 0);

                if (c == ' ' || c == '\t')
                        reader->at++;
                else if (!omg_toml_skip_newline(reader))
                        return TRUE;
        }
}

static gboolean read_escape(OmgTomlReader *reader, gboolean is_multi, GString *out)
{
        static const char letters[] = "btnfr\"\\";
        static const char values[] = "\b\t\n\f\r\"\\";
        char c = omg_toml_peek(reader, 1);
        const char *found = c != '\0' ? strchr(letters, c) : NULL;

        if (found) {
                g_string_append_c(out, values[found - letters]);
                reader->at += 2;
                return TRUE;
        }
        if (c == 'u' || c == 'U')
                return read_unicode(reader, c == 'u' ? 4 : 8, out);
        if (is_multi && skip_line_end(reader))
                return TRUE;
        return omg_toml_fail(reader, "an escape that TOML does not know");
}

/* ---- strings ---- */

static gboolean is_quotes(const OmgTomlReader *reader, char quote, guint n)
{
        for (guint i = 0; i < n; i++)
                if (omg_toml_peek(reader, i) != quote)
                        return FALSE;
        return TRUE;
}

/* Up to two quotes may stand before the three that end it. */
static gboolean read_multi_end(OmgTomlReader *reader, char quote, GString *out)
{
        if (!is_quotes(reader, quote, 3))
                return FALSE;
        for (guint n = 0; n < 2 && omg_toml_peek(reader, 3) == quote; n++) {
                g_string_append_c(out, quote);
                reader->at++;
        }
        reader->at += 3;
        return TRUE;
}

/* One character that stands for itself. */
static gboolean read_plain(OmgTomlReader *reader, gboolean is_multi, GString *out)
{
        char c = omg_toml_peek(reader, 0);

        if (reader->at >= reader->length)
                return omg_toml_fail(reader, "the text ends within a string");
        if (omg_toml_peek(reader, 0) == '\n' || (c == '\r' && omg_toml_peek(reader, 1) == '\n')) {
                if (!is_multi)
                        return omg_toml_fail(reader, "the line ends within a string");
                (void)omg_toml_skip_newline(reader);
                g_string_append_c(out, '\n');
                return TRUE;
        }
        if ((g_ascii_iscntrl(c) && c != '\t'))
                return omg_toml_fail(reader, "a control character in a string");
        g_string_append_c(out, c);
        reader->at++;
        return TRUE;
}

char *omg_toml_read_string(OmgTomlReader *reader, gboolean may_span_lines)
{
        char quote = omg_toml_peek(reader, 0);
        gboolean is_multi = may_span_lines && is_quotes(reader, quote, 3);
        g_autoptr(GString) out = g_string_new(NULL);

        reader->at += is_multi ? 3 : 1;
        if (is_multi)
                (void)omg_toml_skip_newline(reader);
        for (;;) {
                if (is_multi && read_multi_end(reader, quote, out))
                        break;
                if (!is_multi && omg_toml_peek(reader, 0) == quote) {
                        reader->at++;
                        break;
                }
                if (quote == '"' && omg_toml_peek(reader, 0) == '\\') {
                        if (!read_escape(reader, is_multi, out))
                                return NULL;
                } else if (!read_plain(reader, is_multi, out)) {
                        return NULL;
                }
        }
        return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- keys ---- */

char *omg_toml_read_key_part(OmgTomlReader *reader)
{
        gsize start = reader->at;
        char c = omg_toml_peek(reader, 0);

        if (c == '"' || c == '\'')
                return omg_toml_read_string(reader, FALSE);
        while (g_ascii_isalnum(c) || c == '_' || c == '-') {
                reader->at++;
                c = omg_toml_peek(reader, 0);
        }
        if (reader->at == start) {
                (void)omg_toml_fail(reader, "a key is expected here");
                return NULL;
        }
        return g_strndup(reader->text + start, reader->at - start);
}
