/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Names somebody may have meant: those that begin with the text, then those at a small spelling
 * distance (insertions, deletions, substitutions and transpositions of neighbours). */

#include "store/snapshot.h"

typedef struct {
        const char *name; /* borrowed from the snapshot */
        double score;     /* 1 exact; above 0.5 for prefixes; below it for other spellings */
} OmgSuggestion;

/* At most @limit (OMG_LIMIT_SUGGEST) suggestions, best first, each name once; new array of
 * OmgSuggestion. INVALID_ARGS when the text is no UTF-8 or longer than OMG_LIMIT_QUERY;
 * DATABASE_MISSING and relatives when no database was ever read. */
GArray *omg_suggest(const OmgSnapshot *snapshot, const char *text, guint limit, GError **error);
