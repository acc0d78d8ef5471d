/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Takes a JSON list apart as it comes, in pieces of any size, and keeps one element at a time:
 * memory does not grow with the list. It follows strings and brackets only, and nothing hangs on
 * line breaks; what an element is worth is for its reader to judge. One that breaks JSON's rules so
 * that its end cannot be told takes those behind it with it. */

#include <glib.h>

typedef struct {
        char *text; /* text[size] is NUL; the reader's to change; NULL: it was too long */
        gsize size;
        guint64 offset; /* of its first byte in the list's text */
        guint64 number; /* counted from 1 */
} OmgJsonElement;

/* FALSE, with the error, ends the splitting. */
typedef gboolean (*OmgJsonElementFunc)(const OmgJsonElement *element, gpointer userdata,
                                       GError **error);

typedef struct OmgJsonSplit OmgJsonSplit;

/* @max: bytes of an element; of a longer one the reader hears, but not what it is. */
OmgJsonSplit *omg_json_split_new(gsize max, OmgJsonElementFunc func, gpointer userdata);
void omg_json_split_free(OmgJsonSplit *split);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgJsonSplit, omg_json_split_free)

/* The bytes that follow those before. UPSTREAM_INVALID when they are no list or go on behind its
 * end, with the place. */
gboolean omg_json_split_feed(OmgJsonSplit *split, const char *data, gsize size, GError **error);

/* There are no more: UPSTREAM_INVALID when the list is not closed. */
gboolean omg_json_split_finish(OmgJsonSplit *split, GError **error);

/* Elements so far. */
guint64 omg_json_split_get_n(const OmgJsonSplit *split);
