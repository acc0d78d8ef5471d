/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "client.h"
#include "terminal-text.h"

/* pacman's colours */
static const char *const style_sequences[OMG_STYLE_N] = {
        [OMG_STYLE_PLAIN] = "",
        [OMG_STYLE_BOLD] = "\033[1m",
        [OMG_STYLE_REPOSITORY] = "\033[1;35m",
        [OMG_STYLE_VERSION] = "\033[1;32m",
        [OMG_STYLE_INSTALLED] = "\033[1;36m",
};

static gboolean terminal_has_colour(void)
{
        const char *no_color = g_getenv("NO_COLOR"); /* no-color.org: set and not empty */
        const char *term = g_getenv("TERM");

        return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term && *term &&
               !g_str_equal(term, "dumb");
}

static guint terminal_columns(void)
{
        struct winsize size = {0};

        if (!isatty(STDOUT_FILENO))
                return 0;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
                return 80;
        return size.ws_col;
}

void omg_output_init(OmgOutput *output, gboolean no_color)
{
        if (!output->text)
                output->text = g_string_new(NULL);
        output->colour = !no_color && terminal_has_colour();
        output->columns = terminal_columns();
}

void omg_output_clear(OmgOutput *output)
{
        if (output->text)
                g_string_free(g_steal_pointer(&output->text), TRUE);
}

void omg_output_append(OmgOutput *output, OmgStyle style, const char *text)
{
        g_autofree char *clean = omg_text_strip(text);
        gboolean styled = output->colour && style != OMG_STYLE_PLAIN;

        if (styled)
                g_string_append(output->text, style_sequences[style]);
        g_string_append(output->text, clean);
        if (styled)
                g_string_append(output->text, "\033[0m");
}

void omg_output_append_format(OmgOutput *output, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        g_string_append_vprintf(output->text, format, args);
        va_end(args);
}

guint omg_output_width(const char *text)
{
        return omg_terminal_text_width(text, -1);
}

void omg_output_append_wrapped(OmgOutput *output, const char *text, guint column, guint indent)
{
        g_autofree char *clean = omg_text_strip(text);

        omg_terminal_text_wrap(output->text, clean, output->columns, column, indent);
}

void omg_output_append_field(OmgOutput *output, const char *label, guint width, const char *value)
{
        omg_output_append(output, OMG_STYLE_BOLD, label);
        for (guint column = omg_output_width(label); column < width; column++)
                g_string_append_c(output->text, ' ');
        omg_output_append(output, OMG_STYLE_BOLD, " : ");
        omg_output_append_wrapped(output, value, width + 3, width + 3);
        g_string_append_c(output->text, '\n');
}

void omg_output_json(OmgOutput *output, JsonObject *object)
{
        g_autoptr(JsonNode) root = json_node_init_object(json_node_alloc(), object);
        g_autofree char *json = json_to_string(root, TRUE);

        omg_terminal_text_escape_json(output->text, json);
        g_string_append_c(output->text, '\n');
}

/* In the C locale UTF-8 goes out as it is: scripts set LC_ALL=C for its messages, not in order to
 * lose letters. */
static char *encode_for_locale(const char *text)
{
        const char *charset = NULL;

        if (g_get_charset(&charset) || g_str_equal(charset, "ANSI_X3.4-1968") ||
            g_str_equal(charset, "US-ASCII"))
                return g_strdup(text);
        char *encoded = g_convert_with_fallback(text, -1, charset, "UTF-8", "?", NULL, NULL, NULL);
        return encoded ? encoded : g_strdup(text);
}

int omg_output_flush(OmgOutput *output)
{
        g_autofree char *encoded = encode_for_locale(output->text->str);

        g_string_truncate(output->text, 0);
        if (fputs(encoded, stdout) != EOF && fflush(stdout) != EOF)
                return OMG_CLIENT_OK;
        omg_output_error(_("Cannot write: %s"), g_strerror(errno));
        return OMG_CLIENT_ERROR;
}

static void print_line(const char *prefix, const char *text)
{
        g_autofree char *clean = omg_text_strip(text);
        g_autofree char *line = g_strconcat(prefix, clean, "\n", NULL);
        g_autofree char *encoded = encode_for_locale(line);

        (void)fputs(encoded, stderr);
}

void omg_output_error(const char *format, ...)
{
        va_list args;

        va_start(args, format);
        g_autofree char *text = g_strdup_vprintf(format, args);
        va_end(args);
        print_line("omgctl: ", text);
}

void omg_output_warn(const char *format, ...)
{
        va_list args;

        va_start(args, format);
        g_autofree char *text = g_strdup_vprintf(format, args);
        va_end(args);
        g_autofree char *warning = g_strdup_printf(_("warning: %s"), text);
        print_line("omgctl: ", warning);
}

void omg_output_hint(const char *text)
{
        print_line("", text);
}
