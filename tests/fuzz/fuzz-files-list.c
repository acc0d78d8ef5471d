/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as the `files` text of a package, in pieces whose size the first byte says: the paths
 * are the same however the text is cut into pieces, and each keeps what the header promises. */

#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "sources/files-list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gboolean take(const char *path, gsize len, gpointer userdata, GError **error)
{
        g_assert_true(len > 0 && len <= OMG_LIMIT_PATH && path[0] != '/');
        g_assert_null(memchr(path, '\0', len));
        g_assert_null(memchr(path, '\n', len));
        g_string_append_len(userdata, path, (gssize)len);
        g_string_append_c(userdata, '\n');
        return TRUE;
}

/* All paths and the error that ended them. */
static char *read_in_pieces(const char *text, gsize size, gsize piece)
{
        GString *result = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        g_auto(OmgFilesList) list;
        gboolean good = TRUE;

        omg_files_list_init(&list, take, result);
        for (gsize at = 0; good && at < size; at += piece)
                good = omg_files_list_feed(&list, text + at, MIN(piece, size - at), &error);
        if (good)
                good = omg_files_list_finish(&list, &error);
        g_assert_true(good == !error);
        g_string_append(result, error ? error->message : "");
        return g_string_free(result, FALSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        gsize name_len;

        if (size == 0)
                return 0;
        const char *text = (const char *)data + 1;
        g_autofree char *whole = read_in_pieces(text, size - 1, MAX(size - 1, 1));
        g_autofree char *pieces = read_in_pieces(text, size - 1, data[0] + 1u);
        g_assert_cmpstr(whole, ==, pieces);
        if (omg_files_list_split_folder(text, size - 1, &name_len))
                g_assert_true(name_len > 0 && name_len < size - 1 && text[name_len] == '-');
        return 0;
}
