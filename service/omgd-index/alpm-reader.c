/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "omgd-index/alpm-reader.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "omgd-index/alpm-package.h"
#include "omgd-index/sync-reader.h"
#include "sources/stamps.h"
#include "sources/sync-copy.h"

struct OmgAlpmReader {
        const OmgPacmanConf *conf;
        alpm_handle_t *handle;
        char *db_path;     /* ours, ends in '/' */
        char *link, *path; /* the sync database at hand: in db_path, and what that leads to */
        const GPtrArray *folders; /* of local/, to read these alone; NULL: all, or none */
        GPtrArray *sync_files;    /* names of our links in sync/ */
        GString *message;         /* what libalpm logged first, an error before a warning */
        gboolean has_error;
        const char *hint; /* what to do about a database that cannot be read; NULL: nothing known */
};

/* The version of the local database's layout that libalpm writes, and with it the empty one. */
#define LOCAL_DB_VERSION "9\n"

/* What libalpm reads of an installed package. */
static const char *const package_files[] = {"desc", "files", "install"};

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

static gboolean make_link(const char *target, const char *dir, const char *name, GError **error)
{
        g_autofree char *path = g_build_filename(dir, name, NULL);

        if (symlink(target, path) == 0)
                return TRUE;
        omg_error_set_errno(error, errno, "cannot make %s", path);
        return FALSE;
}

static gboolean make_dir(const char *path, GError **error)
{
        if (g_mkdir(path, 0700) == 0)
                return TRUE;
        omg_error_set_errno(error, errno, "cannot make %s", path);
        return FALSE;
}

/* libalpm takes a folder in local/ for a package only when it is one, no link to one. */
static gboolean provide_folder(OmgAlpmReader *reader, const char *real, const char *name,
                               GError **error)
{
        g_autofree char *own = g_build_filename(reader->db_path, "local", name, NULL);

        if (!make_dir(own, error))
                return FALSE;
        for (gsize i = 0; i < G_N_ELEMENTS(package_files); i++) {
                g_autofree char *target = g_build_filename(real, name, package_files[i], NULL);
                if (!make_link(target, own, package_files[i], error))
                        return FALSE;
        }
        return TRUE;
}

/* A local database of some of pacman's packages. */
static gboolean provide_folders(OmgAlpmReader *reader, const char *real, GError **error)
{
        g_autofree char *own = g_build_filename(reader->db_path, "local", NULL);
        g_autofree char *version = g_build_filename(real, "ALPM_DB_VERSION", NULL);

        if (!make_dir(own, error) || !make_link(version, own, "ALPM_DB_VERSION", error))
                return FALSE;
        for (guint i = 0; i < reader->folders->len; i++)
                if (!provide_folder(reader, real, g_ptr_array_index(reader->folders, i), error))
                        return FALSE;
        return TRUE;
}

/* A local database as libalpm wants it: pacman's, or an empty one. */
static gboolean provide_local(OmgAlpmReader *reader, gboolean with_local, GError **error)
{
        g_autofree char *real = g_build_filename(reader->conf->db_path, "local", NULL);
        g_autofree char *version = g_build_filename(real, "ALPM_DB_VERSION", NULL);

        if (with_local && access(real, R_OK | X_OK) < 0) {
                omg_stamps_set_no_local(error, real, errno);
                return FALSE;
        }
        if (reader->folders)
                return provide_folders(reader, real, error);
        if (with_local && access(version, R_OK) == 0)
                return make_link(real, reader->db_path, "local", error);
        if (with_local) {
                /* pacman writes the version with the first package: only an empty folder may lack
                 * it. */
                g_autoptr(GDir) dir = g_dir_open(real, 0, error);
                if (!dir)
                        return FALSE;
                if (g_dir_read_name(dir)) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_DATABASE_CORRUPT,
                                    "%s: not readable, though packages are there; see "
                                    "pacman-db-upgrade(8)",
                                    version);
                        return FALSE;
                }
        }

        g_autofree char *own = g_build_filename(reader->db_path, "local", NULL);
        g_autofree char *own_version = g_build_filename(own, "ALPM_DB_VERSION", NULL);
        return make_dir(own, error) &&
               g_file_set_contents(own_version, LOCAL_DB_VERSION, -1, error);
}

/* The database that libalpm is to find as sync/FILE, with the signature beside it. */
static gboolean provide_sync(OmgAlpmReader *reader, const char *path, const char *file,
                             GError **error)
{
        g_autofree char *dir = g_build_filename(reader->db_path, "sync", NULL);
        g_autofree char *signature = g_strconcat(path, ".sig", NULL);
        g_autofree char *signature_file = g_strconcat(file, ".sig", NULL);

        g_ptr_array_add(reader->sync_files, g_strdup(file));
        g_ptr_array_add(reader->sync_files, g_strdup(signature_file));
        return make_link(path, dir, file, error) &&
               make_link(signature, dir, signature_file, error);
}

static gboolean provide_databases(OmgAlpmReader *reader, const char *work_dir, gboolean with_local,
                                  GError **error)
{
        g_autofree char *template = g_build_filename(work_dir, ".alpm-XXXXXX", NULL);

        if (!g_mkdtemp_full(template, 0700)) {
                omg_error_set_errno(error, errno, "cannot make a folder in %s", work_dir);
                return FALSE;
        }
        reader->db_path = g_strconcat(template, "/", NULL);
        g_autofree char *sync = g_build_filename(template, "sync", NULL);
        return make_dir(sync, error) && provide_local(reader, with_local, error);
}

static OmgAlpmReader *open_reader(const OmgPacmanConf *conf, const char *work_dir,
                                  gboolean with_local, const GPtrArray *folders, GError **error)
{
        g_autoptr(OmgAlpmReader) reader = g_new0(OmgAlpmReader, 1);
        alpm_errno_t code = 0;

        reader->conf = conf;
        reader->folders = folders;
        reader->message = g_string_new(NULL);
        reader->sync_files = g_ptr_array_new_with_free_func(g_free);
        if (!provide_databases(reader, work_dir, with_local, error))
                return NULL;
        reader->handle = alpm_initialize(conf->root_dir, reader->db_path, &code);
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

static void remove_entry(const char *dir, const char *name)
{
        g_autofree char *path = g_build_filename(dir, name, NULL);

        (void)g_remove(path);
}

/* Links go, what they lead to stays: what is in local/ only where that is a folder of ours. */
static void remove_databases(OmgAlpmReader *reader)
{
        g_autofree char *local = g_build_filename(reader->db_path, "local", NULL);
        struct stat st;

        if (lstat(local, &st) == 0 && S_ISDIR(st.st_mode)) {
                for (guint i = 0; reader->folders && i < reader->folders->len; i++) {
                        const char *name = g_ptr_array_index(reader->folders, i);
                        g_autofree char *folder = g_build_filename(local, name, NULL);
                        for (gsize k = 0; k < G_N_ELEMENTS(package_files); k++)
                                remove_entry(folder, package_files[k]);
                        remove_entry(local, name);
                }
                remove_entry(local, "ALPM_DB_VERSION");
        }
        g_autofree char *sync = g_build_filename(reader->db_path, "sync", NULL);
        for (guint i = 0; i < reader->sync_files->len; i++)
                remove_entry(sync, g_ptr_array_index(reader->sync_files, i));
        remove_entry(reader->db_path, "local");
        remove_entry(reader->db_path, "sync");
        remove_entry(reader->db_path, "db.lck");
        (void)g_rmdir(reader->db_path);
}

void omg_alpm_reader_free(OmgAlpmReader *reader)
{
        if (!reader)
                return;
        if (reader->handle)
                (void)alpm_release(reader->handle);
        if (reader->db_path)
                remove_databases(reader);
        g_free(reader->link);
        g_free(reader->path);
        g_free(reader->db_path);
        g_string_free(reader->message, TRUE);
        g_ptr_array_unref(reader->sync_files);
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
        (void)g_string_replace(text, reader->db_path, reader->conf->db_path, 0);
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
        reader->link = g_build_filename(reader->db_path, "sync", file, NULL);
        reader->path = g_strdup(path);
        g_string_truncate(reader->message, 0);
        reader->has_error = FALSE;
        (void)alpm_option_set_dbext(reader->handle, extension);
        return provide_sync(reader, path, file, error);
}

/* The database with its signature checked as SigLevel says, not read yet. */
static alpm_db_t *open_sync(OmgAlpmReader *reader, const OmgRepository *repository,
                            const char *path, gboolean with_files, GError **error)
{
        gboolean is_own = reader->conf->copy_dir && g_str_has_prefix(path, reader->conf->copy_dir);

        reader->hint = is_own ? HINT_OWN : with_files ? HINT_DOWNLOAD_FILES : HINT_DOWNLOAD;
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
                                   gboolean only_libalpm, OmgPackageFunc take, gpointer userdata,
                                   gboolean *ret_quick, GError **error)
{
        g_autofree char *path = omg_sync_copy_dup_path(reader->conf, repository->name);
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
