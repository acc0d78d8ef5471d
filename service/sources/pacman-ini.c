/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/pacman-ini.h"

#include <string.h>

void omg_ini_init(OmgIni *ini, const char *text, gsize length)
{
        /* An empty GBytes has no address. */
        ini->at = length > 0 ? text : "";
        ini->end = ini->at + length;
        ini->line = 0;
        ini->in_line = FALSE;
}

/* isspace of the C locale, which g_ascii_isspace is not: it leaves out the vertical tab. */
static gboolean is_space(char c)
{
        return g_ascii_isspace(c) || c == '\v';
}

static char *trim(char *text)
{
        while (is_space(*text))
                text++;

        gsize length = strlen(text);
        while (length > 0 && is_space(text[length - 1]))
                length--;
        text[length] = '\0';
        return text;
}

/* Copies the next line, or as much of it as pacman takes at once, into the buffer. */
static OmgIniOddity take_line(OmgIni *ini)
{
        gsize left = (gsize)(ini->end - ini->at);
        const char *newline = memchr(ini->at, '\n', MIN(left, OMG_INI_LINE));
        gsize length = newline ? (gsize)(newline + 1 - ini->at) : MIN(left, OMG_INI_LINE);

        if (!ini->in_line)
                ini->line++;
        memcpy(ini->buffer, ini->at, length);
        ini->buffer[length] = '\0';
        ini->at += length;
        ini->in_line = !newline && ini->at < ini->end;

        if (memchr(ini->buffer, '\0', length))
                return OMG_INI_ODDITY_NUL;
        return ini->in_line ? OMG_INI_ODDITY_LONG : OMG_INI_ODDITY_NONE;
}

gboolean omg_ini_next(OmgIni *ini, OmgIniEntry *ret_entry)
{
        while (ini->at < ini->end) {
                OmgIniOddity oddity = take_line(ini);
                char *text = trim(ini->buffer);
                if (*text == '\0' || *text == '#')
                        continue;

                OmgIniEntry entry = {
                        .kind = OMG_INI_DIRECTIVE,
                        .oddity = oddity,
                        .line = ini->line,
                        .key = text,
                };
                gsize length = strlen(text);
                char *equal = strchr(text, '=');
                if (text[0] == '[' && text[length - 1] == ']') {
                        /* The name is what stands between, blanks and all. */
                        text[length - 1] = '\0';
                        entry.kind = OMG_INI_SECTION;
                        entry.key = text + 1;
                } else if (equal) {
                        *equal = '\0';
                        entry.key = trim(text);
                        entry.value = trim(equal + 1);
                }
                *ret_entry = entry;
                return TRUE;
        }
        return FALSE;
}
