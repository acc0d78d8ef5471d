/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Regular expressions from outside: PCRE's, without regard to letter case, and with limits on what
 * one match may cost that the expression itself cannot lift. */

#include <glib.h>

typedef struct OmgRegex OmgRegex;

/* INVALID_ARGS for what is no expression, with PCRE's reason and place. */
OmgRegex *omg_regex_new(const char *pattern, GError **error);
void omg_regex_free(OmgRegex *regex);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgRegex, omg_regex_free)

/* Looks for the expression anywhere in the text; *ret_start and *ret_end are bytes of the first
 * place, or -1 when there is none. The text may be any bytes that end in NUL, and may even change
 * meanwhile: a copy is looked at, and in what is no UTF-8 nothing is found. TIMEOUT when the
 * expression takes more than OMG_LIMIT_REGEX_STEPS steps and relatives. Not for two threads at
 * once. */
gboolean omg_regex_search(OmgRegex *regex, const char *text, int *ret_start, int *ret_end,
                          GError **error);
