/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/checked-files.h"

#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/limits-store.h"

#define BOOT_ID   "/proc/sys/kernel/random/boot_id"
#define MOST_TEXT 4096

/* What makes a file another one. */
typedef struct {
        guint64 device, inode, size;
        gint64 mtime, ctime; /* ns */
} Identity;

struct OmgCheckedFiles {
        char *path;
        char *boot_id; /* NULL: not known, and nothing is kept */
        GArray *list;  /* Identity, oldest first */
        gboolean is_changed;
};

static gint64 get_nsec(const struct timespec *time)
{
        return time->tv_sec * (gint64)1000000000 + time->tv_nsec;
}

static Identity make_identity(const struct stat *st)
{
        return (Identity){st->st_dev, st->st_ino, (guint64)st->st_size, get_nsec(&st->st_mtim),
                          get_nsec(&st->st_ctim)};
}

static gboolean same(const Identity *a, const Identity *b)
{
        return a->device == b->device && a->inode == b->inode && a->size == b->size &&
               a->mtime == b->mtime && a->ctime == b->ctime;
}

static char *read_text(const char *path)
{
        g_autoptr(GBytes) bytes = NULL;

        if (!omg_file_read(path, MOST_TEXT, &bytes, NULL))
                return NULL;
        return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static gboolean parse_number(char **cursor, gint64 *ret_number)
{
        char *end;

        *ret_number = g_ascii_strtoll(*cursor, &end, 10);
        if (end == *cursor || (*end != ' ' && *end != '\0'))
                return FALSE;
        *cursor = end;
        return TRUE;
}

static gboolean parse_line(char *line, Identity *ret_identity)
{
        gint64 numbers[5];

        for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
                if (!parse_number(&line, &numbers[i]))
                        return FALSE;
        *ret_identity = (Identity){(guint64)numbers[0], (guint64)numbers[1], (guint64)numbers[2],
                                   numbers[3], numbers[4]};
        return *line == '\0';
}

static void parse(OmgCheckedFiles *files, const char *text)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        Identity identity;

        if (!lines[0] || strcmp(lines[0], files->boot_id) != 0)
                return;
        for (char **line = lines + 1; *line; line++)
                if (parse_line(*line, &identity) && files->list->len < OMG_LIMIT_CHECKED_FILES)
                        g_array_append_val(files->list, identity);
}

OmgCheckedFiles *omg_checked_files_load(const char *path, const char *boot_id)
{
        OmgCheckedFiles *files = g_new0(OmgCheckedFiles, 1);
        g_autofree char *text = read_text(path);

        omg_file_remove_unfinished(path);
        files->path = g_strdup(path);
        files->boot_id = boot_id ? g_strdup(boot_id) : read_text(BOOT_ID);
        files->list = g_array_new(FALSE, FALSE, sizeof(Identity));
        if (files->boot_id)
                g_strstrip(files->boot_id);
        if (files->boot_id && text)
                parse(files, text);
        return files;
}

void omg_checked_files_free(OmgCheckedFiles *files)
{
        if (!files)
                return;
        g_array_unref(files->list);
        g_free(files->boot_id);
        g_free(files->path);
        g_free(files);
}

gboolean omg_checked_files_has(const OmgCheckedFiles *files, const struct stat *st)
{
        const Identity identity = make_identity(st);

        for (guint i = 0; files && i < files->list->len; i++)
                if (same(&g_array_index(files->list, Identity, i), &identity))
                        return TRUE;
        return FALSE;
}

static gboolean is_settled(const Identity *identity)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        return get_nsec(&now) - identity->ctime > OMG_CHECKED_SETTLE_MSEC * (gint64)1000000;
}

void omg_checked_files_add(OmgCheckedFiles *files, const char *path, const struct stat *checked)
{
        struct stat st;

        if (!files || !files->boot_id || lstat(path, &st) < 0 || omg_checked_files_has(files, &st))
                return;
        Identity now = make_identity(&st), then = make_identity(checked);
        then.ctime = now.ctime;
        if (!same(&now, &then) || !is_settled(&now))
                return;
        g_array_append_val(files->list, now);
        if (files->list->len > OMG_LIMIT_CHECKED_FILES)
                g_array_remove_index(files->list, 0);
        files->is_changed = TRUE;
}

gboolean omg_checked_files_save(OmgCheckedFiles *files, GError **error)
{
        g_autoptr(OmgFileWriter) writer = NULL;
        g_autoptr(GString) text = NULL;

        if (!files || !files->is_changed)
                return TRUE;
        text = g_string_new(files->boot_id);
        for (guint i = 0; i < files->list->len; i++) {
                const Identity *one = &g_array_index(files->list, Identity, i);
                g_string_append_printf(text,
                                       "\n%" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                                       " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                                       " %" G_GINT64_FORMAT,
                                       (gint64)one->device, (gint64)one->inode, (gint64)one->size,
                                       one->mtime, one->ctime);
        }
        writer = omg_file_writer_new(files->path, error);
        if (!writer || !omg_file_writer_write(writer, text->str, text->len, error) ||
            !omg_file_writer_rename(writer, error))
                return FALSE;
        files->is_changed = FALSE;
        return TRUE;
}
