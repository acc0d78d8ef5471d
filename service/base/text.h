/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Text as people and packagers write it: folded for search, made valid, made safe for a terminal;
 * and the rule for package names. */

#include <glib.h>

/* The form in which texts are compared regardless of case: Unicode composition (NFC) and full case
 * folding, then composition again. length is in bytes, -1: up to NUL; invalid bytes become U+FFFD
 * first. Returns a new string. Folding twice gives the same as folding once. */
char *omg_text_fold(const char *text, gssize length);

/* The same into buffer (size bytes, with a NUL at the end). Returns the folded length without the
 * NUL; when that is not below size the buffer was too small and its content is undefined (the shape
 * of g_strlcpy). Allocates nothing when text is ASCII. buffer and text must not overlap. */
gsize omg_text_fold_into(const char *text, gsize length, char *buffer, gsize size);

/* For g_ptr_array_sort over an array of strings: by their bytes. */
int omg_text_compare_pointers(gconstpointer a, gconstpointer b);

/* Copies of the strings of an array, which is sorted, each once. */
GStrv omg_text_make_list(GPtrArray *texts, GCompareFunc compare);

/* A copy that is valid UTF-8, each bad sequence replaced by U+FFFD. length as above; an embedded
 * NUL is replaced too. */
char *omg_text_make_valid(const char *text, gssize length);

/* Whether a terminal obeys a character instead of showing it (C0 and C1 controls, DEL), or reads
 * the line in another order or breaks it because of it (bidirectional controls, U+2028/9). */
gboolean omg_text_is_unsafe(gunichar c);

/* A copy (valid UTF-8) that a terminal or a log line shows as it is: newline and tab become a
 * blank; other C0 and C1 control characters, DEL, bidirectional controls and U+2028/9 are left out.
 * NULL gives "". */
char *omg_text_strip(const char *text);

/* Whether name may be a package's name: 1 to 255 bytes of ASCII letters, digits and - _ + . @ /,
 * not beginning with - . or /, and without "..". (pacman allows no '/'; the previous daemon took
 * "repository/name".) Error: INVALID_ARGS with the reason; name is not in the message. */
gboolean omg_package_name_check(const char *name, GError **error);
