/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Where omgd's files are: environment first, then the XDG base directories, then fixed places; of
 * omgd --system fixed places alone. */

#include <glib.h>
#include <sys/types.h>

typedef struct {
        gboolean is_system;  /* omgd --system, which has no socket and no status file (NULL) */
        char *socket;        /* $OMG_SOCKET_PATH or omg.sock in the runtime directory */
        char *status_file;   /* omg.status beside the socket */
        char *data_dir;      /* store and index files */
        char *cache_dir;     /* what may be deleted at any time */
        char *config_dir;    /* omgd.conf, policy.toml */
        char *pacman_conf;   /* $OMG_PACMAN_CONF or /etc/pacman.conf */
        char *pacman_root;   /* $OMG_PACMAN_ROOT; NULL: what pacman.conf says */
        char *pacman_db_dir; /* $OMG_PACMAN_DB_DIR; NULL: what pacman.conf says */
        char *index_helper;  /* $OMG_INDEX_HELPER; NULL: the installed omgd-index */
        char *fetch_helper;  /* $OMG_FETCH_HELPER; NULL: the installed omgd-fetch */
        char *osv_names;     /* $OMG_OSV_NAMES; NULL: the installed osv-names.conf */
} OmgPaths;

/* getenv of the tests' or the process's environment; the result is copied at once. */
typedef const char *(*OmgGetenv)(const char *name, void *userdata);

/* Works the paths out and creates nothing. getenv_func NULL: the process's environment. An empty
 * variable counts as unset. OMG_* values are taken as they are but made absolute against the
 * current directory; XDG_* values that are relative are ignored (XDG Base Directory Specification
 * 0.8). Only /run/user/<uid> is looked at on disk. Without HOME the user database is asked for
 * uid's home; when that too is unknown, UNAVAILABLE. */
OmgPaths *omg_paths_new(OmgGetenv getenv_func, void *userdata, uid_t uid, GError **error);
void omg_paths_free(OmgPaths *paths);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgPaths, omg_paths_free)

/* The home directory: HOME, else the user database's of uid. getenv_func as above. New;
 * UNAVAILABLE.
 */
char *omg_paths_find_home(OmgGetenv getenv_func, void *userdata, uid_t uid, GError **error);

/* As above, with a socket path from the command line that stands before the environment's (NULL:
 * none). The status file follows it. */
OmgPaths *omg_paths_new_with_socket(OmgGetenv getenv_func, void *userdata, uid_t uid,
                                    const char *socket, GError **error);

/* Of omgd --system: /etc/omg, /var/lib/omg, /var/cache/omg, /etc/pacman.conf, and the installed
 * helpers, whatever the environment says. */
OmgPaths *omg_paths_new_system(void);
