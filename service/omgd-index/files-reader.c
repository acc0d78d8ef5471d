/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/files-reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "sources/files-list.h"
#include "sources/stamps.h"

#define BLOCK (128 * 1024)

typedef struct archive Archive;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Archive, archive_read_free)

/* One .files database being read. */
typedef struct {
        const char *path;
        Archive *archive;
        OmgFilesLayerBuilder *builder;
        GHashTable *folders; /* name → itself where the list was read, else NULL */
        guint64 total;       /* bytes that came out of it */
        GError *flaw;        /* of the first list that is none */
} Database;

static gboolean take_path(const char *path, gsize len, gpointer userdata, GError **error)
{
        return omg_files_layer_builder_add_path(userdata, path, len, error);
}

/* The package of a folder "name-version-release"; FALSE without an error: it is no such name. */
static gboolean begin_package(OmgFilesLayerBuilder *builder, const char *folder, gsize len,
                              GError **error)
{
        gsize name_len;

        if (!omg_files_list_split_folder(folder, len, &name_len) ||
            name_len > OMG_LIMIT_PACKAGE_NAME)
                return FALSE;
        g_autofree char *name = g_utf8_make_valid(folder, (gssize)name_len);
        g_autofree char *version =
                g_utf8_make_valid(folder + name_len + 1, (gssize)(len - name_len - 1));
        return omg_files_layer_builder_begin_package(builder, name, version, error);
}

static gboolean set_archive_error(const Database *database, GError **error)
{
        const char *reason = archive_error_string(database->archive);

        g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, "%s: %s", database->path,
                    reason ? reason : "cannot be read");
        return FALSE;
}

/* Whatever comes out of the archive is counted, also what nobody wants: a small file can unpack to
 * any size. */
static gboolean count_bytes(Database *database, gsize n, GError **error)
{
        database->total += n;
        if (database->total <= OMG_LIMIT_FILES_TOTAL)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT,
                    "%s: unpacks to more than %" G_GUINT64_FORMAT " bytes", database->path,
                    (guint64)OMG_LIMIT_FILES_TOTAL);
        return FALSE;
}

/* Reads the entry at hand to its end, and feeds it to the list (NULL: nobody wants it). *ret_fault
 * is set, and the rest passed over, where the list is none. */
static gboolean read_data(Database *database, OmgFilesList *list, GError **ret_fault,
                          GError **error)
{
        for (;;) {
                const void *block;
                size_t size;
                la_int64_t offset;
                int r = archive_read_data_block(database->archive, &block, &size, &offset);
                if (r == ARCHIVE_EOF)
                        return TRUE;
                if (r != ARCHIVE_OK)
                        return set_archive_error(database, error);
                if (!count_bytes(database, size, error))
                        return FALSE;
                if (list && !omg_files_list_feed(list, block, size, ret_fault))
                        list = NULL;
        }
}

/* One list that is none costs what is behind the fault, and no other package. */
static gboolean read_list(Database *database, const char *folder, GError **error)
{
        g_autoptr(GError) fault = NULL;
        g_auto(OmgFilesList) list;

        omg_files_list_init(&list, take_path, database->builder);
        if (!read_data(database, &list, &fault, error))
                return FALSE;
        if (!fault)
                (void)omg_files_list_finish(&list, &fault);
        if (!fault)
                return TRUE;
        g_prefix_error(&fault, "%s: the list of %.300s: ", database->path, folder);
        if (fault->code == OMG_ERROR_LIMITS_EXCEEDED) {
                g_propagate_error(error, g_steal_pointer(&fault));
                return FALSE;
        }
        if (!database->flaw)
                database->flaw = g_steal_pointer(&fault);
        return TRUE;
}

/* A member "name-version-release/file". The folder's name is the package's, as for libalpm. */
static gboolean read_member(Database *database, struct archive_entry *entry, GError **error)
{
        const char *name = archive_entry_pathname(entry);
        const char *slash = name ? strchr(name, '/') : NULL;
        gsize len = slash ? (gsize)(slash - name) : name ? strlen(name) : 0, name_len;

        if (!omg_files_list_split_folder(name, len, &name_len)) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT,
                            "%s: \"%.64s\" is no package's folder", database->path,
                            name ? name : "");
                return FALSE;
        }
        g_autofree char *folder = g_strndup(name, len);
        gboolean wanted = slash && strcmp(slash, "/files") == 0 &&
                          archive_entry_filetype(entry) == AE_IFREG &&
                          !g_hash_table_lookup(database->folders, folder);
        if (!wanted) {
                if (!g_hash_table_contains(database->folders, folder))
                        g_hash_table_insert(database->folders, g_steal_pointer(&folder), NULL);
                return read_data(database, NULL, NULL, error);
        }

        if (!begin_package(database->builder, name, len, error))
                return FALSE;
        gboolean good = read_list(database, folder, error);
        omg_files_layer_builder_end_package(database->builder);
        g_hash_table_insert(database->folders, folder, folder);
        (void)g_steal_pointer(&folder);
        return good;
}

/* Packages without a list are packages of no files. */
static gboolean add_listless(Database *database, GError **error)
{
        GHashTableIter iter;
        gpointer folder, listed;

        g_hash_table_iter_init(&iter, database->folders);
        while (g_hash_table_iter_next(&iter, &folder, &listed)) {
                if (listed)
                        continue;
                if (!begin_package(database->builder, folder, strlen(folder), error))
                        return FALSE;
                omg_files_layer_builder_end_package(database->builder);
        }
        return TRUE;
}

static gboolean read_archive(Database *database, int fd, GError **error)
{
        Archive *archive = database->archive;
        struct archive_entry *entry;
        int r;

        /* What repo-add makes; others would let a file choose among many more readers. */
        if (archive_read_support_format_tar(archive) != ARCHIVE_OK ||
            archive_read_support_filter_gzip(archive) < ARCHIVE_WARN ||
            archive_read_support_filter_bzip2(archive) < ARCHIVE_WARN ||
            archive_read_support_filter_xz(archive) < ARCHIVE_WARN ||
            archive_read_support_filter_zstd(archive) < ARCHIVE_WARN ||
            archive_read_open_fd(archive, fd, BLOCK) != ARCHIVE_OK)
                return set_archive_error(database, error);
        while ((r = archive_read_next_header(archive, &entry)) == ARCHIVE_OK)
                if (!count_bytes(database, 512, error) || !read_member(database, entry, error))
                        return FALSE;
        return r == ARCHIVE_EOF ? add_listless(database, error)
                                : set_archive_error(database, error);
}

/* O_NONBLOCK: a FIFO in the place of a file must not hold us. */
static int open_regular(const char *path, GError **error)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        struct stat st;

        if (fd < 0) {
                omg_error_set_errno(error, errno, "%s", path);
                return -1;
        }
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
                return fd;
        g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, "%s: is no regular file", path);
        (void)close(fd);
        return -1;
}

gboolean omg_files_reader_read_database(const char *path, OmgFilesLayerBuilder *builder,
                                        GError **ret_flaw, GError **error)
{
        g_autoptr(Archive) archive = archive_read_new();
        g_autoptr(GHashTable) folders =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        Database database = {path, archive, builder, folders, 0, NULL};
        int fd = open_regular(path, error);

        if (fd < 0)
                return FALSE;
        gboolean good = read_archive(&database, fd, error);
        (void)close(fd);
        if (database.flaw)
                g_propagate_error(ret_flaw, database.flaw);
        return good;
}

/* The list of one installed package; what is wrong with it is in *error. */
static gboolean read_installed(const char *path, OmgFilesLayerBuilder *builder, GError **error)
{
        g_autoptr(GBytes) bytes = NULL;
        g_auto(OmgFilesList) list;
        gsize size;

        omg_files_list_init(&list, take_path, builder);
        if (!omg_file_read(path, OMG_LIMIT_FILES_TEXT, &bytes, error))
                return FALSE;
        const char *text = g_bytes_get_data(bytes, &size);
        if (omg_files_list_feed(&list, text, size, error) && omg_files_list_finish(&list, error))
                return TRUE;
        g_prefix_error(error, "%s: ", path);
        return FALSE;
}

gboolean omg_files_reader_read_local(const OmgPacmanConf *conf, GBytes *stamps,
                                     OmgFilesLayerBuilder *builder, GError **ret_flaw,
                                     GError **error)
{
        g_auto(GStrv) folders = omg_stamps_dup_local_names(stamps);

        for (char **f = folders; *f; f++) {
                g_autofree char *path = g_build_filename(conf->db_path, "local", *f, "files", NULL);
                g_autoptr(GError) fault = NULL;
                if (!begin_package(builder, *f, strlen(*f), &fault)) {
                        if (!fault)
                                continue; /* no package, for libalpm neither */
                        g_propagate_error(error, g_steal_pointer(&fault));
                        return FALSE;
                }
                gboolean good = read_installed(path, builder, &fault);
                omg_files_layer_builder_end_package(builder);
                if (!good && fault->code == OMG_ERROR_LIMITS_EXCEEDED) {
                        g_propagate_error(error, g_steal_pointer(&fault));
                        return FALSE;
                }
                if (!good && !*ret_flaw)
                        *ret_flaw = g_steal_pointer(&fault);
        }
        return TRUE;
}
