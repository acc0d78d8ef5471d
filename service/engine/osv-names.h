/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* By which names a package is known to OSV, and which packages may be named to it at all. The rules
 * are data/osv-names.conf, installed, and a file of that name that the user may have. Immutable and
 * reference-counted: read on the worker, used by any thread. */

#include <glib.h>

#include "base/limits-advisories.h"

typedef struct OmgOsvNames OmgOsvNames;

typedef struct {
        const char *ecosystem;
        const char *name; /* normalised: base/ecosystem.h */
} OmgOsvTarget;

/* Out of texts of that form; a later one (the user's) stands before an earlier one. INVALID_ARGS:
 * text @i is no such file; the message says group and key, and @ret_index which text. */
OmgOsvNames *omg_osv_names_new(GBytes *const *texts, guint n, guint *ret_index, GError **error);

/* Out of files; one that is not there is none. The error names the path too; UNAVAILABLE: one that
 * cannot be read. */
OmgOsvNames *omg_osv_names_load(const char *const *paths, GError **error);

OmgOsvNames *omg_osv_names_ref(OmgOsvNames *names);
void omg_osv_names_unref(OmgOsvNames *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgOsvNames, omg_osv_names_unref)

/* What a package, or a runtime of the Runtimes interface, is called there: the number of targets,
 * at most OMG_LIMIT_OSV_TARGETS. They last as long as names and buffer, which is overwritten. */
guint omg_osv_names_find(const OmgOsvNames *names, const char *package, GString *buffer,
                         OmgOsvTarget *targets);
guint omg_osv_names_find_runtime(const OmgOsvNames *names, const char *runtime,
                                 OmgOsvTarget *targets);

/* Whether a package may be named to OSV. @repository: the first of pacman.conf's that holds its
 * name, must be official (omg_repository_is_official): names that are no secret; NULL: none, then
 * it must be the AUR's. */
gboolean omg_osv_names_may_ask(const char *repository, gboolean is_in_aur);

/* The version without epoch and pkgrel, in the buffer, which is overwritten. */
const char *omg_osv_upstream_version(const char *version, GString *buffer);

/* A runtime's version in the form in which its ecosystem has it: "1.18" is 1.18.0 where all have
 * three numbers. */
const char *omg_osv_runtime_version(const char *ecosystem, const char *version, GString *buffer);
