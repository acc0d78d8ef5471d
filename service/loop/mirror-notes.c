/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/mirror-notes.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits-fetch.h"
#include "base/limits.h"
#include "sources/sync-copy.h"

struct OmgMirrorNotes {
        GHashTable *by_name; /* char * → OmgMirrorNote * */
};

static void note_free(gpointer data)
{
        OmgMirrorNote *note = data;

        g_free(note->url);
        g_free(note->etag);
        g_free(note->last_modified);
        g_clear_error(&note->error);
        g_free(note);
}

static char *dup_path(const OmgPacmanConf *conf)
{
        return g_strconcat(conf->copy_dir, "mirrors.ini", NULL);
}

/* A time that is still to come was written by a wrong clock, or by somebody else. */
static guint64 get_time(GKeyFile *file, const char *group, const char *key, guint64 most)
{
        guint64 value = g_key_file_get_uint64(file, group, key, NULL);

        return value <= most ? value : 0;
}

static GError *load_error(GKeyFile *file, const char *name)
{
        g_autofree char *error = g_key_file_get_string(file, name, "error", NULL);
        g_autofree char *message = g_key_file_get_string(file, name, "message", NULL);
        int code = omg_error_from_dbus_name(error);

        return code >= 0 && message ? g_error_new_literal(OMG_ERROR, code, message) : NULL;
}

static void load_note(OmgMirrorNotes *notes, GKeyFile *file, const char *name)
{
        OmgMirrorNote *note = omg_mirror_notes_get(notes, name);
        guint64 now = (guint64)g_get_real_time();

        note->size = g_key_file_get_int64(file, name, "size", NULL);
        note->mtime_ns = g_key_file_get_int64(file, name, "mtime-ns", NULL);
        note->url = g_key_file_get_string(file, name, "url", NULL);
        note->etag = g_key_file_get_string(file, name, "etag", NULL);
        note->last_modified = g_key_file_get_string(file, name, "last-modified", NULL);
        note->error = load_error(file, name);
        note->confirmed_usec = get_time(file, name, "confirmed", now);
        note->not_before_usec = get_time(file, name, "not-before",
                                         now + OMG_LIMIT_RETRY_AFTER_SEC * (guint64)G_USEC_PER_SEC);
}

OmgMirrorNotes *omg_mirror_notes_load(const OmgPacmanConf *conf)
{
        OmgMirrorNotes *notes = g_new0(OmgMirrorNotes, 1);
        g_autofree char *path = dup_path(conf);
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(GBytes) bytes = NULL;

        notes->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, note_free);
        omg_file_remove_unfinished(path);
        if (omg_sync_copy_get_state(conf) != OMG_SYNC_COPY_OURS ||
            !omg_file_read(path, OMG_LIMIT_CONFIG_FILE, &bytes, NULL) ||
            !g_key_file_load_from_bytes(file, bytes, G_KEY_FILE_NONE, NULL))
                return notes;
        g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
        for (char **group = groups; *group; group++)
                if (omg_pacman_conf_get_repository(conf, *group))
                        load_note(notes, file, *group);
        return notes;
}

void omg_mirror_notes_free(OmgMirrorNotes *notes)
{
        if (!notes)
                return;
        g_hash_table_unref(notes->by_name);
        g_free(notes);
}

OmgMirrorNote *omg_mirror_notes_get(OmgMirrorNotes *notes, const char *repository)
{
        OmgMirrorNote *note = g_hash_table_lookup(notes->by_name, repository);

        if (!note) {
                note = g_new0(OmgMirrorNote, 1);
                g_hash_table_insert(notes->by_name, g_strdup(repository), note);
        }
        return note;
}

static gboolean stat_file(const OmgPacmanConf *conf, const char *repository, struct stat *ret_st)
{
        g_autofree char *path = omg_sync_copy_dup_path(conf, repository);

        return stat(path, ret_st) == 0 && S_ISREG(ret_st->st_mode);
}

static gint64 get_mtime_ns(const struct stat *st)
{
        return (gint64)st->st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + st->st_mtim.tv_nsec;
}

gboolean omg_mirror_note_is_of_file(const OmgMirrorNote *note, const OmgPacmanConf *conf,
                                    const char *repository)
{
        struct stat st;

        return note->size > 0 && stat_file(conf, repository, &st) && st.st_size == note->size &&
               get_mtime_ns(&st) == note->mtime_ns;
}

gboolean omg_mirror_note_set_file(OmgMirrorNote *note, const OmgPacmanConf *conf,
                                  const char *repository)
{
        struct stat st;

        if (!stat_file(conf, repository, &st))
                return FALSE;
        note->size = st.st_size;
        note->mtime_ns = get_mtime_ns(&st);
        return TRUE;
}

static void set_string(GKeyFile *file, const char *group, const char *key, const char *value)
{
        if (value)
                g_key_file_set_string(file, group, key, value);
}

static void save_note(GKeyFile *file, const char *name, const OmgMirrorNote *note)
{
        g_key_file_set_int64(file, name, "size", note->size);
        g_key_file_set_int64(file, name, "mtime-ns", note->mtime_ns);
        set_string(file, name, "url", note->url);
        set_string(file, name, "etag", note->etag);
        set_string(file, name, "last-modified", note->last_modified);
        g_key_file_set_uint64(file, name, "confirmed", note->confirmed_usec);
        g_key_file_set_uint64(file, name, "not-before", note->not_before_usec);
        if (!note->error)
                return;
        g_key_file_set_string(file, name, "error",
                              omg_error_get_dbus_name(omg_error_get_code(note->error)));
        g_key_file_set_string(file, name, "message", note->error->message);
}

gboolean omg_mirror_notes_save(OmgMirrorNotes *notes, const OmgPacmanConf *conf, GError **error)
{
        g_autofree char *path = dup_path(conf);
        g_autoptr(GKeyFile) file = g_key_file_new();
        gsize length;

        for (guint i = 0; i < conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(conf->repositories, i);
                const OmgMirrorNote *note = g_hash_table_lookup(notes->by_name, repository->name);
                /* A key file has no way to write some names; those are just not remembered. */
                if (note && !strpbrk(repository->name, "[]\n"))
                        save_note(file, repository->name, note);
        }
        g_autofree char *text = g_key_file_to_data(file, &length, NULL);
        return omg_file_write(path, text, length, error);
}

gboolean omg_mirror_wants(const OmgRepository *repository)
{
        return (repository->usage & OMG_USAGE_SYNC) && repository->servers &&
               repository->servers[0];
}

/* Whoever wrote the file asked a mirror then; whether it was asked since, nobody knows. */
static guint64 get_written_usec(const OmgPacmanConf *conf, const char *repository)
{
        struct stat st;

        return stat_file(conf, repository, &st)
                       ? (guint64)st.st_ctim.tv_sec * G_USEC_PER_SEC + st.st_ctim.tv_nsec / 1000
                       : 0;
}

guint64 omg_mirror_notes_get_as_of(OmgMirrorNotes *notes, const OmgPacmanConf *conf)
{
        guint64 oldest = G_MAXUINT64;

        for (guint i = 0; i < conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(conf->repositories, i);
                if (!omg_mirror_wants(repository))
                        continue;
                const OmgMirrorNote *note = omg_mirror_notes_get(notes, repository->name);
                gboolean is_of_file = omg_mirror_note_is_of_file(note, conf, repository->name);
                guint64 when = is_of_file && note->confirmed_usec > 0
                                       ? note->confirmed_usec
                                       : get_written_usec(conf, repository->name);
                oldest = MIN(oldest, when);
        }
        return oldest;
}
