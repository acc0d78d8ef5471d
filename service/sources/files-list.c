/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/files-list.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"

static const char header[] = "%FILES%";

void omg_files_list_init(OmgFilesList *list, OmgFilesListFunc take, gpointer userdata)
{
        *list = (OmgFilesList){.take = take, .userdata = userdata, .line = g_string_new(NULL)};
}

void omg_files_list_clear(OmgFilesList *list)
{
        if (list->line)
                g_string_free(g_steal_pointer(&list->line), TRUE);
}

static gboolean refuse(OmgFilesList *list, const char *what, GError **error)
{
        list->failed = TRUE;
        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, what);
        return FALSE;
}

static gboolean take_path(OmgFilesList *list, const char *path, gsize len, GError **error)
{
        if (path[0] == '/')
                return refuse(list, "holds a path that begins with /", error);
        if (memchr(path, '\0', len))
                return refuse(list, "holds a path with a NUL byte", error);
        if (list->take(path, len, list->userdata, error))
                return TRUE;
        list->failed = TRUE;
        return FALSE;
}

static gboolean take_line(OmgFilesList *list, const char *line, gsize len, GError **error)
{
        if (len == 0) {
                list->in_files = list->in_other = FALSE;
                return TRUE;
        }
        if (list->in_files)
                return take_path(list, line, len, error);
        if (list->in_other)
                return TRUE;
        if (len < 3 || line[0] != '%' || line[len - 1] != '%')
                return refuse(list, "holds text that belongs to no %BLOCK%", error);
        list->in_files = len == sizeof(header) - 1 && memcmp(line, header, len) == 0;
        list->in_other = !list->in_files;
        return TRUE;
}

gboolean omg_files_list_feed(OmgFilesList *list, const char *text, gsize len, GError **error)
{
        g_return_val_if_fail(!list->failed, FALSE);
        while (len > 0) {
                const char *newline = memchr(text, '\n', len);
                gsize piece = newline ? (gsize)(newline - text) : len;
                const char *line = text;
                gsize line_len = piece;

                if (list->line->len + piece > OMG_LIMIT_PATH)
                        return refuse(list, "holds a line that is too long", error);
                if (list->line->len > 0 || !newline) {
                        g_string_append_len(list->line, text, (gssize)piece);
                        line = list->line->str;
                        line_len = list->line->len;
                }
                if (!newline)
                        return TRUE;
                if (!take_line(list, line, line_len, error))
                        return FALSE;
                g_string_truncate(list->line, 0);
                text += piece + 1;
                len -= piece + 1;
        }
        return TRUE;
}

gboolean omg_files_list_finish(OmgFilesList *list, GError **error)
{
        g_return_val_if_fail(!list->failed, FALSE);
        if (list->line->len == 0)
                return TRUE;
        if (!take_line(list, list->line->str, list->line->len, error))
                return FALSE;
        return refuse(list, "ends in the middle of a line", error);
}

gboolean omg_files_list_split_folder(const char *folder, gsize len, gsize *ret_name_len)
{
        gsize at = len;

        /* libalpm's _alpm_splitname: the release stands behind the last '-', the version behind the
         * one before. */
        for (guint dashes = 0; dashes < 2; dashes++) {
                do
                        if (at-- == 0)
                                return FALSE;
                while (folder[at] != '-');
        }
        if (at == 0)
                return FALSE;
        *ret_name_len = at;
        return TRUE;
}
