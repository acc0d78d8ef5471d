/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The list of runtimes: what is installed, which version is the active one of each, and who says
 * so; for the machine as a whole, or in a project's directory. Immutable and reference-counted. */

#include "sources/project.h"
#include "sources/runtimes.h"
#include "store/snapshot.h"

typedef struct {
        const OmgRuntime *runtime; /* NULL: asked for, but not installed; or of a file's row, the
                                    * version that is meant */
        OmgRuntimeSource source;
        const char *name;
        const char *version; /* "": not known */
        const char *origin;
        const char *bin;       /* "": none */
        const char *wanted;    /* NULL: nobody asks for it */
        const char *wanted_by; /* the file */
        gboolean is_active;
} OmgRuntimeRow;

typedef struct OmgRuntimeList {
        gatomicrefcount ref_count;
        GPtrArray *rows;    /* OmgRuntimeRow: by name, the active one first, then newest first */
        guint64 generation; /* another one whenever the rows are others */
        guint64 as_of_usec; /* since 1970 */
        gboolean complete;  /* FALSE: more than the limits allow, or errors */
        GPtrArray *errors;  /* OmgSourceError */

        /* What the rows point into. */
        OmgRuntimes *found;          /* NULL in a project's list, which has instead: */
        struct OmgRuntimeList *base; /* the list that it was made from, and */
        OmgProject *project;
} OmgRuntimeList;

/* Takes @found over. @snapshot knows whose package a program is; NULL: nobody does. Reads the disk.
 *
 * Active is, of each runtime, the first of these that is installed: OMG's `current`, what mise's
 * configuration asks for, rustup's default toolchain, the first on PATH. */
OmgRuntimeList *omg_runtime_list_new(OmgRuntimes *found, const OmgSnapshot *snapshot,
                                     guint64 as_of_usec);

/* The same as it is in a project: the nearest version file, or directory override of rustup,
 * decides and has a row of its own, installed or not. Takes @project over. Reads nothing. */
OmgRuntimeList *omg_runtime_list_new_project(OmgRuntimeList *base, OmgProject *project);

OmgRuntimeList *omg_runtime_list_ref(OmgRuntimeList *list);
void omg_runtime_list_unref(OmgRuntimeList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgRuntimeList, omg_runtime_list_unref)

/* Whether both have the same active versions, the rest aside. NULL has none. */
gboolean omg_runtime_list_has_same_active(const OmgRuntimeList *a, const OmgRuntimeList *b);

/* Whether a row is active and installed: what Active and the socket's Status show. */
gboolean omg_runtime_row_is_in_use(const OmgRuntimeRow *row);
