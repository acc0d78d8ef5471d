/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/osv-folder.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits-advisories.h"
#include "sources/advisory-files.h"
#include "sources/osv.h"

#define HEADER "omgd osv-notes 1\n"
#define SUFFIX ".json"
/* An id of 100 bytes, four numbers of 20, blanks. */
#define LINE_LENGTH 256u
/* More may lie there than we keep: somebody else's doing. */
#define NOTES_SIZE ((OMG_LIMIT_OSV_RECORDS + 1) * LINE_LENGTH)

struct OmgOsvFolder {
        char *path; /* of the folder */
        char *notes_path;
        GHashTable *notes; /* id → OmgOsvNote */
        guint64 n_bytes;
        gboolean is_made; /* it is known to be there, and ours */
};

static void note_free(OmgOsvNote *note)
{
        g_free(note->id);
        g_free(note);
}

static char *dup_record_path(const OmgOsvFolder *folder, const char *id)
{
        return g_strconcat(folder->path, "/", id, SUFFIX, NULL);
}

/* ---- reading ---- */

/* NULL: no name of a record's file, or no file. */
static OmgOsvNote *read_entry(const OmgOsvFolder *folder, const char *name, guint64 now_usec)
{
        g_autofree char *id = g_strdup(name);
        g_autofree char *path = g_build_filename(folder->path, name, NULL);
        struct stat st;

        if (!g_str_has_suffix(name, SUFFIX))
                return NULL;
        id[strlen(id) - strlen(SUFFIX)] = '\0';
        if (!omg_osv_id_check(id) || lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
                return NULL;
        OmgOsvNote *note = g_new0(OmgOsvNote, 1);
        *note = (OmgOsvNote){
                .id = g_steal_pointer(&id), .size = (guint64)st.st_size, .named_usec = now_usec};
        return note;
}

/* Files are removed in it: not in what a link leads to. */
static gboolean is_folder(const char *path)
{
        struct stat st;

        return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

static void read_folder(OmgOsvFolder *folder, guint64 now_usec)
{
        g_autoptr(GDir) dir = is_folder(folder->path) ? g_dir_open(folder->path, 0, NULL) : NULL;
        const char *name;

        while (dir && (name = g_dir_read_name(dir)) &&
               g_hash_table_size(folder->notes) < OMG_LIMIT_OSV_RECORDS) {
                OmgOsvNote *note = read_entry(folder, name, now_usec);
                if (!note)
                        continue;
                folder->n_bytes += note->size;
                g_hash_table_replace(folder->notes, note->id, note);
        }
}

static gboolean read_number(const char *text, guint64 *ret_value)
{
        return g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, ret_value, NULL);
}

static void read_line(OmgOsvFolder *folder, const char *line, guint64 now_usec)
{
        g_auto(GStrv) words = g_strsplit(line, " ", 6);
        guint64 size, modified, named, checked;
        OmgOsvNote *note;

        if (g_strv_length(words) != 5)
                return;
        note = g_hash_table_lookup(folder->notes, words[0]);
        if (!note || !read_number(words[1], &size) || !read_number(words[2], &modified) ||
            !read_number(words[3], &named) || !read_number(words[4], &checked) ||
            size != note->size)
                return;
        note->modified_usec = modified;
        /* A clock that was put back must not keep it for ever. */
        note->named_usec = MIN(named, now_usec);
        note->checked_usec = MIN(checked, now_usec);
}

static void read_notes(OmgOsvFolder *folder, guint64 now_usec)
{
        g_autoptr(GBytes) bytes = NULL;
        gsize size;

        if (!omg_file_read(folder->notes_path, NOTES_SIZE, &bytes, NULL))
                return;
        const char *data = g_bytes_get_data(bytes, &size);
        g_autofree char *text = g_strndup(data ? data : "", size);
        if (!g_str_has_prefix(text, HEADER))
                return;
        g_auto(GStrv) lines = g_strsplit(text + strlen(HEADER), "\n", -1);
        for (char **line = lines; *line; line++)
                read_line(folder, *line, now_usec);
}

OmgOsvFolder *omg_osv_folder_open(const char *cache_dir, guint64 now_usec)
{
        OmgOsvFolder *folder = g_new0(OmgOsvFolder, 1);

        folder->path = omg_advisory_files_dup_osv(cache_dir);
        folder->notes_path = omg_advisory_files_dup_osv_notes(cache_dir);
        folder->notes =
                g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)note_free);
        omg_file_remove_unfinished(folder->notes_path);
        read_folder(folder, now_usec);
        read_notes(folder, now_usec);
        return folder;
}

void omg_osv_folder_free(OmgOsvFolder *folder)
{
        if (!folder)
                return;
        g_hash_table_unref(folder->notes);
        g_free(folder->path);
        g_free(folder->notes_path);
        g_free(folder);
}

OmgOsvNote *omg_osv_folder_get(OmgOsvFolder *folder, const char *id)
{
        return g_hash_table_lookup(folder->notes, id);
}

guint omg_osv_folder_get_n(const OmgOsvFolder *folder)
{
        return g_hash_table_size(folder->notes);
}

/* ---- records come and go ---- */

gboolean omg_osv_folder_remove(OmgOsvFolder *folder, const char *id)
{
        g_autofree char *path = dup_record_path(folder, id);
        const OmgOsvNote *note = omg_osv_folder_get(folder, id);

        if (!note || (g_unlink(path) < 0 && errno != ENOENT))
                return FALSE;
        folder->n_bytes -= note->size;
        return g_hash_table_remove(folder->notes, note->id);
}

static const OmgOsvNote *find_least_named(OmgOsvFolder *folder, guint64 named_since_usec)
{
        const OmgOsvNote *least = NULL;
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, folder->notes);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const OmgOsvNote *note = value;
                if (note->named_usec < named_since_usec &&
                    (!least || note->named_usec < least->named_usec ||
                     (note->named_usec == least->named_usec && strcmp(note->id, least->id) < 0)))
                        least = note;
        }
        return least;
}

gboolean omg_osv_folder_make(OmgOsvFolder *folder, GError **error)
{
        if (!folder->is_made)
                folder->is_made = omg_file_make_private_dir(folder->path, error);
        return folder->is_made;
}

static gboolean is_room(const OmgOsvFolder *folder, const OmgOsvNote *old, guint64 size)
{
        return omg_osv_folder_get_n(folder) + !old <= OMG_LIMIT_OSV_KEPT &&
               folder->n_bytes + size - (old ? old->size : 0) <= OMG_LIMIT_OSV_KEPT_BYTES;
}

static gboolean make_room(OmgOsvFolder *folder, const char *id, guint64 size,
                          guint64 named_since_usec, guint *ret_n_gone, GError **error)
{
        while (!is_room(folder, omg_osv_folder_get(folder, id), size)) {
                const OmgOsvNote *least = find_least_named(folder, named_since_usec);
                if (!least || !omg_osv_folder_remove(folder, least->id)) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED,
                                    "%s: there is no room beyond %u records and %u bytes", id,
                                    OMG_LIMIT_OSV_KEPT, OMG_LIMIT_OSV_KEPT_BYTES);
                        return FALSE;
                }
                (*ret_n_gone)++;
        }
        return TRUE;
}

gboolean omg_osv_folder_put(OmgOsvFolder *folder, const char *path, const char *id,
                            guint64 modified_usec, guint64 now_usec, guint64 named_since_usec,
                            guint *ret_n_gone, GError **error)
{
        g_autofree char *to = dup_record_path(folder, id);
        struct stat st;

        *ret_n_gone = 0;
        if (stat(path, &st) < 0) {
                omg_error_set_errno(error, errno, "%s", path);
                return FALSE;
        }
        if (!omg_osv_folder_make(folder, error) ||
            !make_room(folder, id, (guint64)st.st_size, named_since_usec, ret_n_gone, error))
                return FALSE;
        if (g_rename(path, to) < 0) {
                omg_error_set_errno(error, errno, "cannot rename %s to %s", path, to);
                return FALSE;
        }
        OmgOsvNote *note = omg_osv_folder_get(folder, id);
        if (!note) {
                note = g_new0(OmgOsvNote, 1);
                note->id = g_strdup(id);
                note->named_usec = now_usec;
                g_hash_table_replace(folder->notes, note->id, note);
        }
        folder->n_bytes += (guint64)st.st_size - note->size;
        note->size = (guint64)st.st_size;
        /* One of the future would make all that follow older. */
        note->modified_usec = MIN(modified_usec, now_usec);
        note->checked_usec = now_usec;
        return TRUE;
}

static int compare_checked(gconstpointer a, gconstpointer b)
{
        const OmgOsvNote *x = *(const OmgOsvNote *const *)a, *y = *(const OmgOsvNote *const *)b;

        if (x->checked_usec != y->checked_usec)
                return x->checked_usec < y->checked_usec ? -1 : 1;
        return strcmp(x->id, y->id);
}

GPtrArray *omg_osv_folder_list_unnamed(OmgOsvFolder *folder, guint64 named_since_usec,
                                       guint64 checked_before_usec, guint most)
{
        GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) notes = g_ptr_array_new();
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, folder->notes);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                OmgOsvNote *note = value;
                if (note->named_usec < named_since_usec && note->checked_usec < checked_before_usec)
                        g_ptr_array_add(notes, note);
        }
        g_ptr_array_sort(notes, compare_checked);
        for (guint i = 0; i < MIN(notes->len, most); i++)
                g_ptr_array_add(ids, g_strdup(((OmgOsvNote *)notes->pdata[i])->id));
        return ids;
}

guint omg_osv_folder_expire(OmgOsvFolder *folder, guint64 named_since_usec)
{
        g_autoptr(GPtrArray) ids =
                omg_osv_folder_list_unnamed(folder, named_since_usec, G_MAXUINT64, G_MAXUINT);
        guint n = 0;

        for (guint i = 0; i < ids->len; i++)
                n += omg_osv_folder_remove(folder, g_ptr_array_index(ids, i));
        return n;
}

gboolean omg_osv_folder_save(OmgOsvFolder *folder, GError **error)
{
        g_autoptr(GString) text = g_string_new(HEADER);
        g_autoptr(OmgFileWriter) writer = NULL;
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, folder->notes);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const OmgOsvNote *note = value;
                g_string_append_printf(text,
                                       "%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
                                       " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
                                       note->id, note->size, note->modified_usec, note->named_usec,
                                       note->checked_usec);
        }
        writer = omg_file_writer_new(folder->notes_path, error);
        return writer && omg_file_writer_write(writer, text->str, text->len, error) &&
               omg_file_writer_rename(writer, error);
}
