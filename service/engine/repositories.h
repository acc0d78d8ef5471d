/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The repositories of pacman.conf, and what is known of their databases. */

#include "store/snapshot.h"

typedef struct {
        const OmgRepository *conf; /* name, servers, usage, siglevel; borrowed from the snapshot */
        gboolean readable;         /* its packages are those of the database on disk */
        guint64 time_usec;         /* of the database file, since 1970; G_MAXUINT64: not known */
        gboolean has_packages;     /* it was read at least once */
        guint32 n_packages;
        const char *state; /* "ok", "carried", "absent", "incomplete"; static */
        OmgError error;    /* unless the state is "ok" */
        const char *message;
        char *path; /* of the database file */
        gboolean has_files;
} OmgRepositoryView;

/* All, in pacman.conf's order; new array of OmgRepositoryView *. Looks at the disk: not on main.
 * NULL with an error when there is no configuration. */
GPtrArray *omg_repositories_list(const OmgSnapshot *snapshot, GError **error);

/* Usage and SigLevel as words ("sync", ...; "PackageRequired", ... as pacman-conf prints them), and
 * NULL. The words are static; the container is g_freed. */
const char **omg_repository_dup_usage(const OmgRepository *repository);
const char **omg_repository_dup_siglevel(const OmgRepository *repository);
