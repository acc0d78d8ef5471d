/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a list of JSON, in pieces that the first byte gives the size of (json-split): the
 * same elements and the same error as in one piece; and what the strict reader takes for a list is
 * taken apart into what it takes for values. */

#include <stdint.h>
#include <string.h>

#include "omgd-index/json-cursor.h"
#include "omgd-index/json-split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LONGEST 64

typedef struct {
        GString *all;
        gboolean is_good; /* all elements are values */
} Seen;

static gboolean on_element(const OmgJsonElement *element, gpointer userdata, GError **error)
{
        Seen *seen = userdata;
        OmgJsonCursor cursor;

        g_string_append_printf(seen->all, "%" G_GUINT64_FORMAT ":", element->offset);
        if (!element->text) {
                g_string_append(seen->all, "(long)");
                return TRUE;
        }
        g_assert_cmpuint(element->size, <=, LONGEST);
        g_assert_cmpint(element->text[element->size], ==, '\0');
        g_string_append_len(seen->all, element->text, (gssize)element->size);
        omg_json_cursor_init(&cursor, element->text, element->size);
        if (!omg_json_cursor_check_utf8(&cursor) || !omg_json_cursor_skip(&cursor, 63) ||
            !omg_json_cursor_finish(&cursor))
                seen->is_good = FALSE;
        return TRUE;
}

static char *split(const char *text, gsize size, gsize step, Seen *seen)
{
        g_autoptr(OmgJsonSplit) splitter = omg_json_split_new(LONGEST, on_element, seen);
        g_autoptr(GError) error = NULL;
        gboolean good = TRUE;

        for (gsize at = 0; good && at < size; at += step)
                good = omg_json_split_feed(splitter, text + at, MIN(step, size - at), &error);
        good = good && omg_json_split_finish(splitter, &error);
        g_assert_true(good == (error == NULL));
        return error ? g_strdup(error->message) : NULL;
}

static gboolean is_list(const char *text, gsize size)
{
        g_autofree char *copy = g_malloc0(size + 1);
        OmgJsonCursor cursor;

        memcpy(copy, text, size);
        omg_json_cursor_init(&cursor, copy, size);
        if (omg_json_cursor_peek(&cursor) != OMG_JSON_ARRAY)
                return FALSE;
        gboolean good = omg_json_cursor_check_utf8(&cursor) && omg_json_cursor_skip(&cursor, 64) &&
                        omg_json_cursor_finish(&cursor);
        g_assert_true(good == (cursor.fault == NULL));
        g_assert_cmpmem(copy, size, text, size);
        return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size == 0)
                return 0;
        const char *text = (const char *)data + 1;
        Seen whole = {g_string_new(NULL), TRUE}, pieces = {g_string_new(NULL), TRUE};
        g_autofree char *fault = split(text, size - 1, size, &whole);
        g_autofree char *same = split(text, size - 1, MAX(data[0] % 64, 1), &pieces);

        g_assert_cmpstr(fault, ==, same);
        g_assert_cmpmem(whole.all->str, whole.all->len, pieces.all->str, pieces.all->len);
        if (is_list(text, size - 1)) {
                g_assert_null(fault);
                g_assert_true(whole.is_good);
        }
        g_string_free(whole.all, TRUE);
        g_string_free(pieces.all, TRUE);
        return 0;
}
