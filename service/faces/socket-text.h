/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A description as omg-fast can show it. Its search prints the first 47 bytes of one that has more
 * than 50, and crashes when that is amid a UTF-8 character. Blanks move the character that stands
 * there: nothing is lost, and where nothing stands there nothing is changed. */

#include <glib.h>

#define OMG_SOCKET_TEXT_LONG 50u /* bytes; longer ones are cut ... */
#define OMG_SOCKET_TEXT_CUT  47u /* ... here */

/* The most that mending adds, bytes. */
#define OMG_SOCKET_TEXT_BLANKS 3u

/* How many blanks the text needs; 0: it can stay as it is. text is valid UTF-8. */
guint omg_socket_text_count_blanks(const char *text, gsize length);

/* Writes the text with n_blanks, which are what it needs, to out: length + n_blanks bytes. They
 * stand beside the last blank before the cut, or, in a text without one, before the character. */
void omg_socket_text_mend(const char *text, gsize length, guint n_blanks, char *out);
