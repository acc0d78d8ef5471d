/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/socket-text.h"

#include <string.h>

static gboolean is_inside_character(char byte)
{
        return ((guchar)byte & 0xC0) == 0x80;
}

guint omg_socket_text_count_blanks(const char *text, gsize length)
{
        guint n = 0;

        if (length <= OMG_SOCKET_TEXT_LONG)
                return 0;
        while (n < OMG_SOCKET_TEXT_BLANKS && is_inside_character(text[OMG_SOCKET_TEXT_CUT - n]))
                n++;
        return n;
}

void omg_socket_text_mend(const char *text, gsize length, guint n_blanks, char *out)
{
        gsize at = OMG_SOCKET_TEXT_CUT - n_blanks; /* where the character begins */
        const char *blank = memrchr(text, ' ', at);

        if (blank)
                at = (gsize)(blank - text);
        memcpy(out, text, at);
        memset(out + at, ' ', n_blanks);
        memcpy(out + at + n_blanks, text + at, length - at);
}
