/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Shell patterns over Unicode characters, by the rules of glob(7) and fnmatch(3) without flags:
 * '*', '?', "[abc]", "[a-z]", "[!a-z]" (or "[^a-z]"), and '\' before a character that stands for
 * itself. A '[' that no ']' closes is a '['. Ranges go by code points; "[:alpha:]" and its
 * relatives have no meaning of their own.
 *
 * A match takes at most pattern length times text length steps: after a mismatch only the last '*'
 * is made longer, never one before it. */

#include <glib.h>

/* Whether the pattern stands for all of the text. Both are valid UTF-8 of so many bytes (-1: up to
 * NUL); of bytes that are not, anything may be the answer. Letter case counts: fold both before. */
gboolean omg_glob_match(const char *pattern, gssize pattern_len, const char *text, gssize text_len);
