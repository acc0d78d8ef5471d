/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The part of a snapshot that holds file lists. It is there only once somebody asked for it, and
 * what is wrong with it is no matter of any other answer. */

#include "store/files-layer.h"
#include "store/source-error.h"

/* Whose file lists. */
typedef enum {
        OMG_FILES_LOCAL, /* of the installed packages */
        OMG_FILES_REPO,  /* of the repositories: their .files databases */
        OMG_FILES_N
} OmgFilesSource;

typedef struct {
        OmgFilesLayer *layer; /* NULL: nobody asked yet, or, with errors, it could not be read */
        gboolean stale, complete;
        GPtrArray *errors; /* OmgSourceError: why it is stale or not complete */
} OmgSnapshotFiles;

/* What it is made of; all borrowed. */
typedef struct {
        OmgFilesLayer *layer;
        GPtrArray *errors; /* OmgSourceError; those inside the layer are added; NULL: none */
        gboolean outdated; /* a newer one is being made */
} OmgSnapshotFilesParts;

void omg_snapshot_files_init(OmgSnapshotFiles *files, OmgFilesSource source,
                             const OmgSnapshotFilesParts *parts);
void omg_snapshot_files_clear(OmgSnapshotFiles *files);

/* TRUE when the file under it was shortened. */
gboolean omg_snapshot_files_is_damaged(const OmgSnapshotFiles *files);

/* Lets go of the pages that were touched: a wide search goes through a hundred MiB. */
void omg_snapshot_files_trim(const OmgSnapshotFiles *files);

/* How errors name the whole of it: "local-files", "sync-files"; static. */
const char *omg_files_source_get_name(OmgFilesSource source);
