/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/toml-private.h"

/* ---- dates and times, as in RFC 3339 ---- */

/* n digits. -1: they are not there. */
static int read_digits(const char **text, guint n)
{
        int value = 0;

        for (guint i = 0; i < n; i++) {
                if (!g_ascii_isdigit((*text)[i]))
                        return -1;
                value = value * 10 + ((*text)[i] - '0');
        }
        *text += n;
        return value;
}

static gboolean skip_char(const char **text, char c)
{
        if (**text != c)
                return FALSE;
        (*text)++;
        return TRUE;
}

static gboolean read_date(const char **text)
{
        int year, month, day;

        return (year = read_digits(text, 4)) >= 0 && skip_char(text, '-') &&
               (month = read_digits(text, 2)) >= 1 && month <= 12 && skip_char(text, '-') &&
               (day = read_digits(text, 2)) >= 1 &&
               day <= g_date_get_days_in_month((GDateMonth)month,
                                               (GDateYear)(year > 0 ? year : 2000));
}

static gboolean read_time(const char **text)
{
        int hour, minute, second;

        if ((hour = read_digits(text, 2)) < 0 || hour > 23 || !skip_char(text, ':') ||
            (minute = read_digits(text, 2)) < 0 || minute > 59 || !skip_char(text, ':') ||
            (second = read_digits(text, 2)) < 0 || second > 60)
                return FALSE;
        if (!skip_char(text, '.'))
                return TRUE;
        if (!g_ascii_isdigit(**text))
                return FALSE;
        while (g_ascii_isdigit(**text))
                (*text)++;
        return TRUE;
}

static gboolean read_zone(const char **text)
{
        int hour, minute;

        if (skip_char(text, 'Z') || skip_char(text, 'z'))
                return TRUE;
        if (**text != '+' && **text != '-')
                return FALSE;
        (*text)++;
        return (hour = read_digits(text, 2)) >= 0 && hour <= 23 && skip_char(text, ':') &&
               (minute = read_digits(text, 2)) >= 0 && minute <= 59;
}

static gboolean is_time(const char *text)
{
        const char *at = text;

        if (text[2] == ':')
                return read_time(&at) && *at == '\0';
        if (!read_date(&at))
                return FALSE;
        if (*at == '\0')
                return TRUE;
        if (*at != 'T' && *at != 't' && *at != ' ')
                return FALSE;
        at++;
        return read_time(&at) && (*at == '\0' || (read_zone(&at) && *at == '\0'));
}

static gboolean looks_like_time(const char *text, gsize length)
{
        return (length >= 3 && g_ascii_isdigit(text[0]) && g_ascii_isdigit(text[1]) &&
                text[2] == ':') ||
               (length >= 5 && g_ascii_isdigit(text[0]) && g_ascii_isdigit(text[1]) &&
                g_ascii_isdigit(text[2]) && g_ascii_isdigit(text[3]) && text[4] == '-');
}

/* ---- numbers ---- */

/* Digits of a base with single underscores between them, copied without these. */
static gboolean read_number_digits(const char **text, guint base, GString *out)
{
        const char *at = *text;

        for (;; at++) {
                int digit = g_ascii_xdigit_value(*at);

                if (digit >= 0 && (guint)digit < base) {
                        g_string_append_c(out, *at);
                        continue;
                }
                /* Only between two digits. */
                if (*at != '_' || at == *text || at[-1] == '_')
                        break;
        }
        if (at == *text || at[-1] == '_')
                return FALSE;
        *text = at;
        return TRUE;
}

static gboolean store_integer(OmgTomlReader *reader, OmgToml *value, const char *digits, guint base)
{
        errno = 0;
        value->integer = g_ascii_strtoll(digits, NULL, base);
        if (errno == ERANGE)
                return omg_toml_fail(reader, "the number does not fit into 64 bits");
        value->type = OMG_TOML_INTEGER;
        return TRUE;
}

static gboolean read_based(OmgTomlReader *reader, OmgToml *value, const char *text)
{
        guint base = text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : 2;
        g_autoptr(GString) digits = g_string_new(NULL);

        text += 2;
        if (!read_number_digits(&text, base, digits) || *text != '\0')
                return omg_toml_fail(reader, "this is no number");
        return store_integer(reader, value, digits->str, base);
}

static gboolean read_exponent(const char **text, GString *out)
{
        (*text)++;
        if (**text == '+' || **text == '-')
                (*text)++;
        return read_number_digits(text, 10, out);
}

static gboolean read_fraction(const char **text, GString *out)
{
        (*text)++;
        return read_number_digits(text, 10, out);
}

static gboolean read_decimal(OmgTomlReader *reader, OmgToml *value, const char *text)
{
        g_autoptr(GString) digits = g_string_new(*text == '-' ? "-" : NULL);
        const char *at = text + (*text == '-' || *text == '+');
        gsize sign = digits->len;
        gboolean ok = TRUE;

        if (g_str_equal(at, "inf") || g_str_equal(at, "nan")) {
                value->type = OMG_TOML_FLOAT;
                return TRUE;
        }
        if (!read_number_digits(&at, 10, digits) ||
            (digits->str[sign] == '0' && digits->len > sign + 1))
                return omg_toml_fail(reader, "this is no value; texts need quotes");
        if (*at == '\0')
                return store_integer(reader, value, digits->str, 10);
        value->type = OMG_TOML_FLOAT;
        if (*at == '.')
                ok = read_fraction(&at, digits);
        if (ok && (*at == 'e' || *at == 'E'))
                ok = read_exponent(&at, digits);
        return ok && *at == '\0' ? TRUE
                                 : omg_toml_fail(reader, "this is no value; texts need quotes");
}

/* ---- all of them ---- */

static gboolean is_scalar_char(char c)
{
        return g_ascii_isalnum(c) || (c != '\0' && strchr("+-_.:", c));
}

/* A blank may stand between a date and a time. */
static gsize get_scalar_length(const OmgTomlReader *reader)
{
        gsize n = 0;

        while (is_scalar_char(omg_toml_peek(reader, n)))
                n++;
        if (n == 10 && looks_like_time(reader->text + reader->at, n) &&
            omg_toml_peek(reader, n) == ' ' && g_ascii_isdigit(omg_toml_peek(reader, n + 1)))
                for (n++; is_scalar_char(omg_toml_peek(reader, n)); n++)
                        ;
        return n;
}

static gboolean read_token(OmgTomlReader *reader, OmgToml *value, const char *text, gsize length)
{
        if (g_str_equal(text, "true") || g_str_equal(text, "false")) {
                value->type = OMG_TOML_BOOLEAN;
                value->boolean = text[0] == 't';
                return TRUE;
        }
        if (looks_like_time(text, length)) {
                value->type = OMG_TOML_TIME;
                return is_time(text) ? TRUE
                                     : omg_toml_fail(reader, "there is no such date or time");
        }
        if (text[0] == '0' && text[1] != '\0' && strchr("xob", text[1]))
                return read_based(reader, value, text);
        return read_decimal(reader, value, text);
}

OmgToml *omg_toml_read_scalar(OmgTomlReader *reader)
{
        g_autoptr(OmgToml) value = omg_toml_new(reader, OMG_TOML_FLOAT);
        gsize length = get_scalar_length(reader);
        g_autofree char *text = g_strndup(reader->text + reader->at, length);

        if (length == 0) {
                (void)omg_toml_fail(reader, "a value is expected here");
                return NULL;
        }
        if (!read_token(reader, value, text, length))
                return NULL;
        if (value->type == OMG_TOML_FLOAT || value->type == OMG_TOML_TIME)
                value->text = g_steal_pointer(&text);
        reader->at += length;
        return g_steal_pointer(&value);
}
