/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* pacman.conf as pacman 6 reads it (pacman.conf(5)): what decides where the databases are, which
 * repositories count and in what order, and what an upgrade leaves alone. */

#include <glib.h>

/* Usage of a repository; the numbers are libalpm's alpm_db_usage_t. */
typedef enum {
        OMG_USAGE_SYNC = 1 << 0,
        OMG_USAGE_SEARCH = 1 << 1,
        OMG_USAGE_INSTALL = 1 << 2,
        OMG_USAGE_UPGRADE = 1 << 3,
        OMG_USAGE_ALL = (1 << 4) - 1,
} OmgUsage;

/* SigLevel; the numbers are libalpm's alpm_siglevel_t. Never OMG_SIGLEVEL_USE_DEFAULT in a result:
 * the inheritance is resolved. */
typedef enum {
        OMG_SIGLEVEL_PACKAGE = 1 << 0,
        OMG_SIGLEVEL_PACKAGE_OPTIONAL = 1 << 1,
        OMG_SIGLEVEL_PACKAGE_MARGINAL_OK = 1 << 2,
        OMG_SIGLEVEL_PACKAGE_UNKNOWN_OK = 1 << 3,
        OMG_SIGLEVEL_DATABASE = 1 << 10,
        OMG_SIGLEVEL_DATABASE_OPTIONAL = 1 << 11,
        OMG_SIGLEVEL_DATABASE_MARGINAL_OK = 1 << 12,
        OMG_SIGLEVEL_DATABASE_UNKNOWN_OK = 1 << 13,
} OmgSiglevel;

typedef struct {
        char *name;          /* valid UTF-8 */
        GStrv servers;       /* $repo and $arch replaced */
        GStrv cache_servers; /* likewise */
        guint usage;         /* OmgUsage flags; Usage absent: ALL */
        guint siglevel;      /* OmgSiglevel flags */
} OmgRepository;

typedef struct {
        gatomicrefcount ref_count;
        char *root_dir; /* absolute, ends in '/' */
        char *db_path;  /* absolute, ends in '/': <db_path>sync/<name>.db and <db_path>local/ */
        char *copy_dir; /* sources/sync-copy.h; NULL: no copies */
        char *log_file;
        char *gpg_dir;         /* ends in '/' */
        GStrv cache_dirs;      /* end in '/' */
        GStrv hook_dirs;       /* end in '/' */
        GStrv architectures;   /* "auto" replaced by the machine's; may be empty */
        GStrv ignore_packages; /* fnmatch patterns, as are the groups */
        GStrv ignore_groups;
        GStrv hold_packages;
        guint siglevel; /* of [options], the default of repositories */
        guint local_file_siglevel;
        guint remote_file_siglevel;
        GPtrArray *repositories; /* of OmgRepository *, highest precedence first */
        GStrv warnings;          /* "file:line: ..." for a person to read, valid UTF-8 */
        GStrv files;             /* sorted, once each: every file read or wanted, and each directory
                                  * whose content a glob depends on; watch them all */
        char *digest;            /* hexadecimal; equal exactly when the parts are that decide which
                                  * databases are read and how they are joined */
} OmgPacmanConf;

/* Reads path and what it includes. The overrides (NULL: none) stand before RootDir and DBPath, as
 * pacman's --root and --dbpath. Errors: DATABASE_MISSING when path or a file it includes is not
 * there or may not be read, and UNAVAILABLE for what pacman refuses too ("file:line: reason") and
 * for a crossed limit (base/limits.h). */
OmgPacmanConf *omg_pacman_conf_load(const char *path, const char *root_override,
                                    const char *db_path_override, GError **error);

/* OmgPacmanConf.files, also of a configuration that cannot be used: then up to the first error. So
 * whoever waits for it to be put right knows what to watch. Never NULL. */
GStrv omg_pacman_conf_list_files(const char *path);

/* How a configuration reaches the disk; both are called with paths as they stand in the file. */
typedef struct {
        /* A whole file, at most OMG_LIMIT_CONFIG_FILE bytes. */
        gboolean (*read_file)(const char *path, GBytes **ret_bytes, GError **error, void *userdata);
        /* The sorted matches of a glob pattern; the pattern itself when nothing matches
         * (GLOB_NOCHECK). */
        GStrv (*glob)(const char *pattern, GError **error, void *userdata);
        void *userdata;
} OmgPacmanConfReader;

/* The same with a disk of the caller's (tests, fuzzing). */
OmgPacmanConf *omg_pacman_conf_load_with(const OmgPacmanConfReader *reader, const char *path,
                                         const char *root_override, const char *db_path_override,
                                         GError **error);

/* A configuration does not change once it is read; snapshots share it over threads. */
OmgPacmanConf *omg_pacman_conf_ref(OmgPacmanConf *conf);
void omg_pacman_conf_unref(OmgPacmanConf *conf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgPacmanConf, omg_pacman_conf_unref)

/* The repository of that name, or NULL; borrowed. */
const OmgRepository *omg_pacman_conf_get_repository(const OmgPacmanConf *conf, const char *name);
