/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/alpm-reader.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "omgd-index/alpm-folder.h"
#include "omgd-index/alpm-package.h"
#include "omgd-index/sync-reader.h"
#include "sources/sync-copy.h"

struct OmgAlpmReader {
        const OmgPacmanConf *conf;
        alpm_handle_t *handle;
        OmgAlpmFolder folder;
        char *link, *path; /* the sync database at hand: in db_path, and what that leads to */
        GString *message;  /* what libalpm logged first, an error before a warning */
        gboolean has_error;
        const char *hint; /* what to do about a database that cannot be read; NULL: nothing known */
};

#define HINT_DOWNLOAD       "; run \"pacman -Syy\" as root to download it again"
#define HINT_OWN            "; omgd downloads it again when it asks the mirrors"
#define HINT_DOWNLOAD_FILES "; run \"pacman -Fyy\" as root to download it again"

G_GNUC_PRINTF(3, 0)
static void on_log(void *userdata, alpm_loglevel_t level, const char *format, va_list args)
{
        OmgAlpmReader *reader = userdata;

        if (!(level & (ALPM_LOG_ERROR | ALPM_LOG_WARNING)))
                return;
        /* The first error says most; a warning counts while there is none. */
        if (reader->message->len > 0 && (reader->has_error || !(level & ALPM_LOG_ERROR)))
                return;
        g_string_truncate(reader->message, 0);
        reader->has_error = (level & ALPM_LOG_ERROR) != 0;
        g_string_append_vprintf(reader->message, format, args);
        g_strchomp(reader->message->str);
        reader->message->len = strlen(reader->message->str);
}

static OmgAlpmReader *open_reader(const OmgPacmanConf *conf, const char *work_dir,
                                  gboolean with_local, const GPtrArray *folders, GError **error)
{
        g_autoptr(OmgAlpmReader) reader = g_new0(OmgAlpmReader, 1);
        alpm_errno_t code = 0;

        reader->conf = conf;
        reader->message = g_string_new(NULL);
        if (!omg_alpm_folder_init(&reader->folder, conf, work_dir, with_local, folders, error))
                return NULL;
        reader->handle = alpm_initialize(conf->root_dir, reader->folder.path, &code);
        if (!reader->handle) {
                g_set_error(error, OMG_ERROR,
                            code == ALPM_ERR_DB_VERSION ? OMG_ERROR_DATABASE_CORRUPT
                                                        : OMG_ERROR_UNAVAILABLE,
                            "libalpm cannot open RootDir %s, DBPath %s: %s", conf->root_dir,
                            conf->db_path, alpm_strerror(code));
                return NULL;
        }
        (void)alpm_option_set_logcb(reader->handle, on_log, reader);
        (void)alpm_option_set_gpgdir(reader->handle, conf->gpg_dir);
        return g_steal_pointer(&reader);
}

OmgAlpmReader *omg_alpm_reader_new(const OmgPacmanConf *conf, const char *work_dir,
                                   gboolean with_local, GError **error)
{
        return open_reader(conf, work_dir, with_local, NULL, error);
}

OmgAlpmReader *omg_alpm_reader_new_partial(const OmgPacmanConf *conf, const char *work_dir,
                                           const GPtrArray *folders, GError **error)
{
        return open_reader(conf, work_dir, TRUE, folders, error);
}

void omg_alpm_reader_free(OmgAlpmReader *reader)
{
        if (!reader)
                return;
        if (reader->handle)
                (void)alpm_release(reader->handle);
        g_free(reader->link);
        g_free(reader->path);
        omg_alpm_folder_clear(&reader->folder);
        g_string_free(reader->message, TRUE);
        g_free(reader);
}

/* libalpm's errno as one of ours: what is not about a signature or a missing file is damage. */
static OmgError map_errno(alpm_errno_t code)
{
        static const struct {
                alpm_errno_t from;
                OmgError to;
        } table[] = {
                {ALPM_ERR_DB_NOT_FOUND, OMG_ERROR_DATABASE_MISSING},
                {ALPM_ERR_DB_INVALID_SIG, OMG_ERROR_SIGNATURE_INVALID},
                {ALPM_ERR_SIG_MISSING, OMG_ERROR_SIGNATURE_INVALID},
                {ALPM_ERR_SIG_INVALID, OMG_ERROR_SIGNATURE_INVALID},
                {ALPM_ERR_MEMORY, OMG_ERROR_UNAVAILABLE},
                {ALPM_ERR_GPGME, OMG_ERROR_SIGNATURE_INVALID},
        };

        for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
                if (table[i].from == code)
                        return table[i].to;
        return OMG_ERROR_DATABASE_CORRUPT;
}

/* What libalpm logged, with real paths in place of those of our folder, whose name is random. */
static char *dup_message(OmgAlpmReader *reader)
{
        GString *text = g_string_new(reader->message->str);

        if (reader->link)
                (void)g_string_replace(text, reader->link, reader->path, 0);
        (void)g_string_replace(text, reader->folder.path, reader->conf->db_path, 0);
        g_autofree char *plain = g_string_free(text, FALSE);
        return g_utf8_make_valid(plain, -1);
}

static void set_alpm_error(OmgAlpmReader *reader, const char *path, GError **error)
{
        alpm_errno_t code = alpm_errno(reader->handle);
        g_autofree char *message = dup_message(reader);

        g_set_error(error, OMG_ERROR, map_errno(code), "%s: %s%s%s%s%s", path, alpm_strerror(code),
                    *message ? " (" : "", message, *message ? ")" : "",
                    reader->hint ? reader->hint : "");
}

/* Checks all before the first is used. */
static gboolean get_packages(OmgAlpmReader *reader, alpm_db_t *db, const char *path,
                             alpm_list_t **ret_list, GError **error)
{
        alpm_list_t *cache = alpm_db_get_pkgcache(db);

        /* NULL is an empty database or an error. */
        if (!cache && alpm_errno(reader->handle) != ALPM_ERR_OK) {
                set_alpm_error(reader, path, error);
                return FALSE;
        }
        for (alpm_list_t *l = cache; l; l = l->next)
                if (strlen(alpm_pkg_get_name(l->data)) > OMG_LIMIT_PACKAGE_NAME) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT,
                                    "%s: a package name is longer than %u bytes", path,
                                    OMG_LIMIT_PACKAGE_NAME);
                        return FALSE;
                }
        *ret_list = cache;
        return TRUE;
}

/* libalpm opens whatever has the name, and waits for ever on a FIFO; and it takes a file of no
 * bytes, as a crash after a download leaves it, for an empty database. */
static gboolean check_file(OmgAlpmReader *reader, const char *path, const char *operation,
                           GError **error)
{
        struct stat st;

        if (access(path, R_OK) < 0 || stat(path, &st) < 0) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_MISSING,
                            "%s: %s; run \"pacman %s\" as root to download it", path,
                            g_strerror(errno), operation);
                return FALSE;
        }
        if (S_ISREG(st.st_mode) && st.st_size > 0)
                return TRUE;
        g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, "%s: %s%s", path,
                    S_ISREG(st.st_mode) ? "is empty" : "is no regular file", reader->hint);
        return FALSE;
}

/* Sets the database at hand. */
static gboolean begin_sync(OmgAlpmReader *reader, const OmgRepository *repository, const char *path,
                           const char *extension, GError **error)
{
        g_autofree char *file = g_strconcat(repository->name, extension, NULL);

        g_free(reader->link);
        g_free(reader->path);
        reader->link = g_build_filename(reader->folder.path, "sync", file, NULL);
        reader->path = g_strdup(path);
        g_string_truncate(reader->message, 0);
        reader->has_error = FALSE;
        (void)alpm_option_set_dbext(reader->handle, extension);
        return omg_alpm_folder_add_sync(&reader->folder, path, file, error);
}

/* What to do about it when it cannot be read. */
static const char *get_hint(const OmgAlpmReader *reader, const char *path, gboolean with_files)
{
        const char *copies = reader->conf->copy_dir;

        if (copies && g_str_has_prefix(path, copies))
                return g_str_has_prefix(path + strlen(copies), "staging/") ? "" : HINT_OWN;
        return with_files ? HINT_DOWNLOAD_FILES : HINT_DOWNLOAD;
}

/* The database with its signature checked as SigLevel says, not read yet. */
static alpm_db_t *open_sync(OmgAlpmReader *reader, const OmgRepository *repository,
                            const char *path, gboolean with_files, GError **error)
{
        reader->hint = get_hint(reader, path, with_files);
        if (!begin_sync(reader, repository, path, with_files ? ".files" : ".db", error) ||
            !check_file(reader, path, with_files ? "-Fy" : "-Sy", error))
                return NULL;
        alpm_db_t *db =
                alpm_register_syncdb(reader->handle, repository->name, (int)repository->siglevel);
        if (!db || alpm_db_get_valid(db) != 0) {
                set_alpm_error(reader, path, error);
                return NULL;
        }
        return db;
}

static gboolean take_quick(const OmgSyncPackages *packages, OmgPackageFunc take, gpointer userdata,
                           GError **error)
{
        for (guint i = 0; i < omg_sync_packages_get_n(packages); i++)
                if (!take(omg_sync_packages_get(packages, i), userdata, error))
                        return FALSE;
        return TRUE;
}

static gboolean take_libalpm(OmgAlpmReader *reader, alpm_db_t *db, const char *path,
                             OmgPackageFunc take, gpointer userdata, GError **error)
{
        alpm_list_t *list;

        if (!get_packages(reader, db, path, &list, error))
                return FALSE;
        for (; list; list = list->next) {
                g_autoptr(OmgPackage) package = omg_alpm_package_dup(list->data);
                if (!take(package, userdata, error))
                        return FALSE;
        }
        return TRUE;
}

gboolean omg_alpm_reader_read_sync(OmgAlpmReader *reader, const OmgRepository *repository,
                                   const char *path, gboolean only_libalpm, OmgPackageFunc take,
                                   gpointer userdata, gboolean *ret_quick, GError **error)
{
        g_autofree char *counting =
                path ? NULL : omg_sync_copy_dup_path(reader->conf, repository->name);
        if (!path)
                path = counting;
        alpm_db_t *db = open_sync(reader, repository, path, FALSE, error);

        if (!db)
                return FALSE;
        g_autoptr(OmgSyncPackages) quick =
                only_libalpm ? NULL : omg_sync_packages_read(path, omg_alpm_has_md5sum());
        *ret_quick = quick != NULL;
        return quick ? take_quick(quick, take, userdata, error)
                     : take_libalpm(reader, db, path, take, userdata, error);
}

char *omg_alpm_reader_check_files(OmgAlpmReader *reader, const OmgRepository *repository,
                                  GError **error)
{
        g_autofree char *path =
                g_strdup_printf("%ssync/%s.files", reader->conf->db_path, repository->name);

        return open_sync(reader, repository, path, TRUE, error) ? g_steal_pointer(&path) : NULL;
}

gboolean omg_alpm_reader_read_local(OmgAlpmReader *reader, GPtrArray *packages, GError **ret_flaw,
                                    GError **error)
{
        g_autofree char *path = g_build_filename(reader->conf->db_path, "local", NULL);
        alpm_list_t *list;

        g_string_truncate(reader->message, 0);
        reader->has_error = FALSE;
        reader->hint = NULL;
        if (!get_packages(reader, alpm_get_localdb(reader->handle), path, &list, error))
                return FALSE;
        for (; list; list = list->next)
                g_ptr_array_add(packages, omg_alpm_package_dup(list->data));
        if (reader->has_error) {
                g_autofree char *message = dup_message(reader);
                g_set_error(ret_flaw, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT, "%s: %s", path,
                            message);
        }
        return TRUE;
}
