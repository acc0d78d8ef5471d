/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/stamps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "sources/sync-copy.h"

#define MAGIC_LENGTH 8u
#define MAGIC_SYNC   "OMGSTMPS"
#define MAGIC_LOCAL  "OMGSTMPL"

#define NOT_REGULAR (-2) /* in place of a size */

static gint64 mtime_ns(const struct stat *st)
{
        return (gint64)st->st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + st->st_mtim.tv_nsec;
}

static void put_u32(GByteArray *array, guint32 value)
{
        guint32 little = GUINT32_TO_LE(value);

        g_byte_array_append(array, (const guint8 *)&little, sizeof(little));
}

static void put_u64(GByteArray *array, guint64 value)
{
        guint64 little = GUINT64_TO_LE(value);

        g_byte_array_append(array, (const guint8 *)&little, sizeof(little));
}

static void put_text(GByteArray *array, const char *text)
{
        gsize length = strlen(text);

        put_u32(array, (guint32)length);
        g_byte_array_append(array, (const guint8 *)text, (guint)length);
}

static GByteArray *begin(const char *magic)
{
        GByteArray *array = g_byte_array_new();

        g_byte_array_append(array, (const guint8 *)magic, MAGIC_LENGTH);
        put_u32(array, OMG_STAMPS_FORMAT);
        return array;
}

static char *dup_files_path(const OmgPacmanConf *conf, const char *name)
{
        return g_strdup_printf("%ssync/%s.files", conf->db_path, name);
}

static GBytes *take_sync(const OmgPacmanConf *conf,
                         char *(*dup_path)(const OmgPacmanConf *conf, const char *name))
{
        GByteArray *array = begin(MAGIC_SYNC);

        put_u32(array, conf->repositories->len);
        for (guint i = 0; i < conf->repositories->len; i++) {
                const OmgRepository *repository = g_ptr_array_index(conf->repositories, i);
                g_autofree char *path = dup_path(conf, repository->name);
                struct stat st = {0};
                guint8 present = stat(path, &st) == 0;

                if (!present)
                        st = (struct stat){0};
                put_text(array, repository->name);
                put_text(array, path);
                g_byte_array_append(array, &present, 1);
                put_u64(array, (guint64)st.st_size);
                put_u64(array, (guint64)mtime_ns(&st));
                put_u64(array, (guint64)st.st_ino);
                put_u64(array, (guint64)st.st_dev);
                put_u32(array, repository->siglevel);
        }
        return g_byte_array_free_to_bytes(array);
}

GBytes *omg_stamps_take_sync(const OmgPacmanConf *conf)
{
        return take_sync(conf, omg_sync_copy_dup_path);
}

GBytes *omg_stamps_take_sync_files(const OmgPacmanConf *conf)
{
        return take_sync(conf, dup_files_path);
}

typedef struct {
        const guint8 *at;
        gsize left;
        gboolean damaged; /* then everything reads as 0 */
} Reader;

static const guint8 *get_bytes(Reader *reader, gsize length)
{
        if (reader->damaged || length > reader->left) {
                reader->damaged = TRUE;
                return NULL;
        }
        const guint8 *at = reader->at;
        reader->at += length;
        reader->left -= length;
        return at;
}

static guint32 get_u32(Reader *reader)
{
        guint32 value = 0;
        const guint8 *at = get_bytes(reader, sizeof(value));

        if (at)
                memcpy(&value, at, sizeof(value));
        return GUINT32_FROM_LE(value);
}

static guint64 get_u64(Reader *reader)
{
        guint64 value = 0;
        const guint8 *at = get_bytes(reader, sizeof(value));

        if (at)
                memcpy(&value, at, sizeof(value));
        return GUINT64_FROM_LE(value);
}

static const char *get_text(Reader *reader, gsize *ret_length)
{
        gsize length = get_u32(reader);
        const guint8 *at = get_bytes(reader, length);

        *ret_length = at ? length : 0;
        return at ? (const char *)at : "";
}

static guint begin_read(GBytes *stamps, Reader *reader)
{
        *reader = (Reader){0};
        reader->at = g_bytes_get_data(stamps, &reader->left);
        const guint8 *magic = get_bytes(reader, MAGIC_LENGTH);

        if (!magic || memcmp(magic, MAGIC_SYNC, MAGIC_LENGTH) != 0 ||
            get_u32(reader) != OMG_STAMPS_FORMAT)
                return 0;
        return get_u32(reader);
}

guint omg_stamps_get_n_sync(GBytes *stamps)
{
        Reader reader;

        return begin_read(stamps, &reader);
}

gboolean omg_stamps_get_sync(GBytes *stamps, guint index, OmgSyncStamp *ret_stamp)
{
        Reader reader;
        OmgSyncStamp stamp = {0};

        if (index >= begin_read(stamps, &reader))
                return FALSE;
        for (guint i = 0; i <= index && !reader.damaged; i++) {
                stamp.name = get_text(&reader, &stamp.name_length);
                stamp.path = get_text(&reader, &stamp.path_length);
                const guint8 *present = get_bytes(&reader, 1);
                stamp.present = present && *present != 0;
                stamp.size = (gint64)get_u64(&reader);
                stamp.mtime_ns = (gint64)get_u64(&reader);
                stamp.inode = get_u64(&reader);
                stamp.device = get_u64(&reader);
                stamp.siglevel = get_u32(&reader);
        }
        if (reader.damaged)
                return FALSE;
        *ret_stamp = stamp;
        return TRUE;
}

/* size and mtime of what the path below dir_fd names; -1 and -1 when there is nothing, NOT_REGULAR
 * and its mtime when it is no regular file. */
static void put_identity(GByteArray *array, int dir_fd, const char *path)
{
        struct stat st;

        if (fstatat(dir_fd, path, &st, 0) == 0) {
                put_u64(array, S_ISREG(st.st_mode) ? (guint64)st.st_size : (guint64)NOT_REGULAR);
                put_u64(array, (guint64)mtime_ns(&st));
        } else {
                put_u64(array, (guint64)-1);
                put_u64(array, (guint64)-1);
        }
}

static gboolean is_directory(int dir_fd, const struct dirent *entry)
{
        struct stat st;

        /* Some file systems do not say the type; a symlink to a directory is one for libalpm. */
        if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
                return entry->d_type == DT_DIR;
        return fstatat(dir_fd, entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static GPtrArray *list_packages(DIR *dir, const char *path, GError **error)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

        for (;;) {
                errno = 0;
                const struct dirent *entry = readdir(dir);
                if (!entry && errno != 0) {
                        omg_error_set_errno(error, errno, "%s", path);
                        return NULL;
                }
                if (!entry)
                        break;
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                    !is_directory(dirfd(dir), entry))
                        continue;
                if (names->len >= OMG_LIMIT_PACKAGES) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                                    "%s: more than %u packages", path, OMG_LIMIT_PACKAGES);
                        return NULL;
                }
                g_ptr_array_add(names, g_strdup(entry->d_name));
        }
        g_ptr_array_sort(names, omg_text_compare_pointers);
        return g_steal_pointer(&names);
}

void omg_stamps_set_no_local(GError **error, const char *path, int errnum)
{
        omg_error_set_errno(error, errnum,
                            "cannot read %s (run \"pacman -Sy\" as root to make it, or check "
                            "DBPath in pacman.conf)",
                            path);
}

static GBytes *take_local(const OmgPacmanConf *conf, const char *file, GError **error)
{
        g_autofree char *path = g_strconcat(conf->db_path, "local/", NULL);
        DIR *dir = opendir(path);
        if (!dir) {
                omg_stamps_set_no_local(error, path, errno);
                return NULL;
        }

        g_autoptr(GPtrArray) names = list_packages(dir, path, error);
        if (!names) {
                (void)closedir(dir);
                return NULL;
        }

        GByteArray *array = begin(MAGIC_LOCAL);
        put_text(array, path);
        put_identity(array, dirfd(dir), "ALPM_DB_VERSION");
        put_u32(array, names->len);
        for (guint i = 0; i < names->len; i++) {
                const char *name = g_ptr_array_index(names, i);
                char path_below[NAME_MAX + sizeof("/files")];
                (void)g_snprintf(path_below, sizeof(path_below), "%s/%s", name, file);
                put_text(array, name);
                put_identity(array, dirfd(dir), path_below);
        }
        (void)closedir(dir);
        return g_byte_array_free_to_bytes(array);
}

GBytes *omg_stamps_take_local(const OmgPacmanConf *conf, GError **error)
{
        return take_local(conf, "desc", error);
}

GBytes *omg_stamps_take_local_files(const OmgPacmanConf *conf, GError **error)
{
        return take_local(conf, "files", error);
}

typedef struct {
        const char *name;
        gsize name_length;
        gint64 size;
        gint64 mtime_ns;
} LocalStamp;

/* Reads up to the first folder; the bytes before, which tell one local/ from another, in *ret_head.
 */
static guint begin_read_local(gconstpointer stamps, gsize size, Reader *reader, gsize *ret_head)
{
        gsize length;

        *reader = (Reader){.at = stamps, .left = size};
        const guint8 *magic = get_bytes(reader, MAGIC_LENGTH);
        gboolean good = magic && memcmp(magic, MAGIC_LOCAL, MAGIC_LENGTH) == 0 &&
                        get_u32(reader) == OMG_STAMPS_FORMAT;
        (void)get_text(reader, &length);
        (void)get_u64(reader);
        (void)get_u64(reader);
        *ret_head = good && !reader->damaged ? size - reader->left : 0;
        return *ret_head > 0 ? get_u32(reader) : 0;
}

/* FALSE where the stamps end. */
static gboolean next_local(Reader *reader, guint *left, LocalStamp *ret_stamp)
{
        if (*left == 0)
                return FALSE;
        (*left)--;
        ret_stamp->name = get_text(reader, &ret_stamp->name_length);
        ret_stamp->size = (gint64)get_u64(reader);
        ret_stamp->mtime_ns = (gint64)get_u64(reader);
        return !reader->damaged;
}

static int compare_names(const LocalStamp *a, const LocalStamp *b)
{
        int r = memcmp(a->name, b->name, MIN(a->name_length, b->name_length));

        return r != 0 ? r : (a->name_length > b->name_length) - (a->name_length < b->name_length);
}

GHashTable *omg_stamps_compare_local(GBytes *now, gconstpointer before, gsize before_size,
                                     gint64 settled_ns)
{
        Reader reader, old_reader;
        LocalStamp stamp, old = {0};
        gsize size, head, old_head;
        gconstpointer data = g_bytes_get_data(now, &size);
        guint left = begin_read_local(data, size, &reader, &head);
        guint old_left = begin_read_local(before, before_size, &old_reader, &old_head);

        if (head == 0 || head != old_head || memcmp(data, before, head) != 0)
                return NULL;
        GHashTable *folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        gboolean has_old = next_local(&old_reader, &old_left, &old);
        while (next_local(&reader, &left, &stamp)) {
                while (has_old && compare_names(&old, &stamp) < 0)
                        has_old = next_local(&old_reader, &old_left, &old);
                gboolean same = has_old && compare_names(&old, &stamp) == 0 && stamp.size > 0 &&
                                old.size == stamp.size && old.mtime_ns == stamp.mtime_ns &&
                                stamp.mtime_ns < settled_ns;
                g_hash_table_insert(folders, g_strndup(stamp.name, stamp.name_length),
                                    GINT_TO_POINTER(!same));
        }
        return folders;
}

GStrv omg_stamps_dup_local_names(GBytes *stamps)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        Reader reader;
        LocalStamp stamp;
        gsize size, head;
        gconstpointer data = g_bytes_get_data(stamps, &size);
        guint left = begin_read_local(data, size, &reader, &head);

        while (next_local(&reader, &left, &stamp))
                g_ptr_array_add(names, g_strndup(stamp.name, stamp.name_length));
        g_ptr_array_add(names, NULL);
        return (GStrv)g_ptr_array_steal(names, NULL);
}

static gboolean text_begins(const char *text, gsize length, const char *prefix)
{
        gsize prefix_length = strlen(prefix);

        return length >= prefix_length && memcmp(text, prefix, prefix_length) == 0;
}

/* Copies count while it is not certain that they are of another DBPath: they may have been cleared.
 */
static char *dup_copies_prefix(const OmgPacmanConf *conf)
{
        return conf->copy_dir && omg_sync_copy_get_state(conf) != OMG_SYNC_COPY_FOREIGN
                       ? g_strconcat(conf->copy_dir, "sync/", NULL)
                       : NULL;
}

gboolean omg_stamps_are_of(gconstpointer stamps, gsize size, const OmgPacmanConf *conf)
{
        g_autoptr(GBytes) bytes = g_bytes_new(stamps, size);
        g_autofree char *sync = g_strconcat(conf->db_path, "sync/", NULL);
        g_autofree char *copies = dup_copies_prefix(conf);
        g_autofree char *local = g_strconcat(conf->db_path, "local/", NULL);
        OmgSyncStamp stamp;
        gsize length;

        if (size >= MAGIC_LENGTH && memcmp(stamps, MAGIC_LOCAL, MAGIC_LENGTH) == 0) {
                Reader reader = {.at = stamps, .left = size};
                (void)get_bytes(&reader, MAGIC_LENGTH);
                (void)get_u32(&reader);
                const char *path = get_text(&reader, &length);
                return length == strlen(local) && text_begins(path, length, local);
        }
        for (guint i = 0; omg_stamps_get_sync(bytes, i, &stamp); i++)
                if (!text_begins(stamp.path, stamp.path_length, sync) &&
                    !(copies && text_begins(stamp.path, stamp.path_length, copies)))
                        return FALSE;
        return size >= MAGIC_LENGTH;
}

static void set_desc_error(GError **error, const OmgPacmanConf *conf, const LocalStamp *stamp,
                           const char *what)
{
        if (error && !*error)
                g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, "%slocal/%.*s/desc: %s",
                            conf->db_path, (int)stamp->name_length, stamp->name, what);
}

gboolean omg_stamps_check_local(GBytes *stamps, const OmgPacmanConf *conf, GError **ret_flaw,
                                GError **error)
{
        Reader reader;
        LocalStamp stamp;
        gsize size, head;
        gconstpointer data = g_bytes_get_data(stamps, &size);
        guint left = begin_read_local(data, size, &reader, &head);

        while (next_local(&reader, &left, &stamp)) {
                if (stamp.size == NOT_REGULAR) {
                        set_desc_error(error, conf, &stamp, "is no regular file");
                        return FALSE;
                }
                if (stamp.size <= 0)
                        set_desc_error(ret_flaw, conf, &stamp,
                                       stamp.size == 0 ? "is empty" : "is missing");
        }
        return TRUE;
}
