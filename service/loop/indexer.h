/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Runs the helper omgd-index for one layer and reads its result. Worker thread only. */

#include "base/paths.h"
#include "loop/index-result.h"
#include "store/layer.h"

typedef struct OmgIndexer OmgIndexer;

/* Called once. @error NULL: the helper says that it wrote omg_indexer_dup_output_path(), which the
 * caller checks before it takes its place; else DATABASE_MISSING and all other codes the helper
 * names, TIMEOUT, CANCELLED, or UNAVAILABLE for a helper that crashed or spoke nonsense. The
 * indexer may be freed from here. */
typedef void (*OmgIndexerDone)(const GError *error, gpointer userdata);

/* Starts the helper. @paths is borrowed until the call returns. @whole: it reads also what has not
 * changed since the file that is there. */
OmgIndexer *omg_indexer_start(const OmgPaths *paths, OmgLayerKind kind, gboolean whole,
                              OmgIndexerDone done, gpointer userdata, GError **error);

/* Has it make the index of advisories out of the files of the cache directory
 * (sources/advisory-files.h). As above. */
OmgIndexer *omg_indexer_start_advisories(const OmgPaths *paths, OmgIndexerDone done,
                                         gpointer userdata, GError **error);

/* Has it make the layer of the AUR out of @archive (sources/aur-files.h), which may be one that is
 * staged. As above. */
OmgIndexer *omg_indexer_start_aur(const OmgPaths *paths, const char *archive, OmgIndexerDone done,
                                  gpointer userdata, GError **error);

/* Has it make a layer (OMG_LAYER_AUR) at @output out of replies of the AUR's RPC, paths. As above;
 * an error that the AUR answered with is typed. */
OmgIndexer *omg_indexer_start_aur_reply(const OmgPaths *paths, const char *output,
                                        const GPtrArray *files, OmgIndexerDone done,
                                        gpointer userdata, GError **error);

/* Has it judge the database that is staged for a repository (sync-copies.h). @error of @done: NULL:
 * it is good, and omg_indexer_get_check() says what it is to the one that counts; else as above. */
OmgIndexer *omg_indexer_start_check(const OmgPaths *paths, const char *repository,
                                    OmgIndexerDone done, gpointer userdata, GError **error);
const OmgIndexCheck *omg_indexer_get_check(const OmgIndexer *indexer);

/* Kills the helper; done follows with CANCELLED. */
void omg_indexer_cancel(OmgIndexer *indexer);

/* Kills a running helper; done is not called. NULL is harmless. */
void omg_indexer_free(OmgIndexer *indexer);

/* Where a layer's file is: in the data directory, sync.idx, local.idx, sync-files.idx or
 * local-files.idx. New string. */
char *omg_indexer_dup_path(const OmgPaths *paths, OmgLayerKind kind);

/* Of the index of advisories, advisories.idx, likewise. */
char *omg_indexer_dup_advisories_path(const OmgPaths *paths);
char *omg_indexer_dup_advisories_output_path(const OmgPaths *paths);

/* Where the helper writes: beside it, so that a bad file costs nothing that was good. New string.
 */
char *omg_indexer_dup_output_path(const OmgPaths *paths, OmgLayerKind kind);

/* Removes what a killed helper left in the data directory; the second that of the AUR alone, whose
 * layer is made beside the others, which the first leaves. While no such helper runs. */
void omg_indexer_clean(const OmgPaths *paths);
void omg_indexer_clean_aur(const OmgPaths *paths);
