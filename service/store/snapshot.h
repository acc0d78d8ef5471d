/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* All that requests read: the layers, and what follows from joining them with pacman.conf.
 * Immutable and reference-counted: the worker makes a new one, main swaps a pointer. */

#include "sources/pacman-conf.h"
#include "store/layer.h"
#include "store/snapshot-aur.h"
#include "store/snapshot-files.h"
#include "store/snapshot-rows.h"
#include "store/source-error.h"

typedef struct OmgSecurity OmgSecurity; /* engine/security.h */

typedef struct {
        gatomicrefcount ref_count;
        guint64 generation; /* another one whenever the data is other, over restarts too */
        guint64 as_of_usec; /* when the older layer was known to be current, µs since 1970 */
        OmgPacmanConf *conf;
        OmgLayer *sync, *local; /* NULL: could never be read */
        gboolean stale;         /* something newer exists, or may, but cannot be read */
        gboolean complete;
        GPtrArray *errors;     /* OmgSourceError: why it is stale or not complete */
        guint n_mirror_errors; /* the last so many are about mirrors, not about this machine */
        OmgSnapshotFiles files[OMG_FILES_N];
        OmgLayer *aur; /* NULL: nothing is known of the AUR, as aur_feed says */
        OmgAurFeed aur_feed;

        OmgSecurity *security; /* NULL: nothing is known of it */
        void (*free_security)(OmgSecurity *security);

        OmgInstalled *installed;      /* by local id; NULL without a local layer */
        guint64 *searchable;          /* bitmap of sync ids: Usage has Search; NULL: all */
        guint64 *foreign;             /* bitmap of local ids; NULL without both layers */
        guint64 *only_local;          /* those of them that the AUR has not got; NULL likewise */
        guint8 *foreign_runs;         /* store/run-filter.h: of their texts; likewise */
        guint64 *sync_installed;      /* bitmap of sync ids whose name is installed; likewise */
        guint64 *aur_installed;       /* such of ids of the AUR; NULL without it */
        GHashTable *maintainer_marks; /* OmgMaintainerMark by local id; NULL: there is none */
        GArray *by_name;              /* guint32: local ids in pacman's order of names; likewise */
        guint8 *ignored;              /* bit per sync id: IgnorePkg, IgnoreGroup; NULL: none */
        GArray *updates;              /* OmgUpdate by name, of repositories and the AUR */
        GArray *replaced;             /* guint32 */
        guint32 n_explicit, n_orphans, n_foreign, n_only_local;
        guint32 n_updates, n_aur_updates; /* not held back; the first are the repositories' */
        guint32 n_ignored_updates;        /* of both */
} OmgSnapshot;

/* What a snapshot is made of; NULL is what is not known. */
typedef struct {
        OmgLayer *sync;
        OmgLayer *local;
        OmgPacmanConf *conf; /* taken over; without it the layers are left out */
        GPtrArray *errors;   /* of OmgSourceError, borrowed; those inside the layers are added */
        const GPtrArray *mirror_errors; /* likewise: what is not known of mirrors; may be NULL */
        OmgSnapshotFilesParts files[OMG_FILES_N];
        OmgLayer *aur;
        OmgAurFeed aur_feed; /* its error is borrowed */
        guint64 as_of_usec;
} OmgSnapshotParts;

/* Joins the parts; the layers are referenced. The caller decides on the generation. */
OmgSnapshot *omg_snapshot_new(OmgSnapshotParts *parts, guint64 generation);
OmgSnapshot *omg_snapshot_ref(OmgSnapshot *snapshot);
void omg_snapshot_unref(OmgSnapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgSnapshot, omg_snapshot_unref)

/* TRUE when a file under it was shortened: answers made from it must be thrown away. */
gboolean omg_snapshot_is_damaged(const OmgSnapshot *snapshot);

/* Bit @id of such bits; FALSE when there are none. */
static inline gboolean omg_bits_has(const guint8 *bits, guint32 id)
{
        return bits && (bits[id / 8] & (1u << (id % 8)));
}

/* Whether a package of the sync layer is held back by IgnorePkg or IgnoreGroup. */
gboolean omg_snapshot_is_ignored(const OmgSnapshot *snapshot, guint32 sync_id);

/* Whether IgnorePkg holds back what has this name. */
gboolean omg_snapshot_is_name_ignored(const OmgSnapshot *snapshot, const char *name);

/* The layer that a row's sync_id is of. */
const OmgLayer *omg_snapshot_get_update_layer(const OmgSnapshot *snapshot, const OmgUpdate *update);

/* NULL: the package has no OMG_PKG_MAINTAINER_CHANGED. */
const OmgMaintainerMark *omg_snapshot_get_maintainer_mark(const OmgSnapshot *snapshot,
                                                          guint32 local_id);

/* Sets the error that explains why a layer ("sync", "local") is missing: the snapshot's own about
 * that source, or about pacman.conf, or that nothing was read yet. */
void omg_snapshot_set_missing(const OmgSnapshot *snapshot, const char *source, GError **error);
