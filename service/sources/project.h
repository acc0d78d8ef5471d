/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the version files of a directory, and of those above it, ask for. Reads the disk: not on
 * main. */

#include "sources/runtime.h"

typedef struct {
        char *directory;     /* without symlinks, as the programs see it that run there */
        GPtrArray *wishes;   /* OmgRuntimeWish, nearest first, by precedence within a directory */
        GPtrArray *problems; /* OmgRuntimeProblem: files that are there and cannot be read */
        gboolean is_cut;     /* more than OMG_LIMIT_PROJECT_DEPTH directories */
} OmgProject;

/* Whether a text can be the directory of a caller: absolute, up to OMG_LIMIT_PATH bytes.
 * INVALID_ARGS. Looks at nothing. */
gboolean omg_project_check(const char *directory, GError **error);

/* Reads regular files only, none of more than OMG_LIMIT_VERSION_FILE bytes, and waits for nothing.
 * Errors: those of the check; NOT_FOUND when there is no such directory; ACCESS_DENIED,
 * UNAVAILABLE. */
OmgProject *omg_project_read(const char *directory, GError **error);
void omg_project_free(OmgProject *project);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgProject, omg_project_free)
