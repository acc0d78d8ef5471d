/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Small systems made in memory: packages described in one line each, layers and snapshots of them.
 */

#include "store/files-layer-builder.h"
#include "store/files-layer.h"
#include "store/layer-builder.h"
#include "store/snapshot.h"

typedef struct {
        const char *repository; /* NULL in a local layer */
        const char *name;
        const char *version;
        const char *description;
        const char *groups; /* separated by blanks, like the next two */
        const char *replaces;
        guint flags;           /* OmgPackageFlags */
        const char *relations; /* "P:sh=1 D:glibc>=2 O:x M:y C:z X:w": provides, depends,
                                  optdepends, makedepends, checkdepends, conflicts; "L:MIT_OR_X11
                                  V:pgp": licences, with "_" for a blank, validation; "K:eve"
                                  co-maintainers; "I:9" install date, "T:9" last modified, s since
                                  1970 */
        double popularity;     /* of the AUR, like the next three */
        guint votes;
        const char *maintainer; /* NULL with NO_MAINTAINER among the flags: none */
        const char *base;
} FixturePackage;

/* A layer of these packages; the repositories in the order in which they first appear. The array
 * ends with a package without a name. */
GBytes *fixture_layer_bytes(OmgLayerKind kind, const FixturePackage *packages);
OmgLayer *fixture_layer(OmgLayerKind kind, const FixturePackage *packages);

typedef struct {
        const char *repository; /* NULL in a local layer */
        const char *name;
        const char *version;
        const char *paths; /* separated by blanks; NULL: no package, the repository has no lists,
                              and the name says why */
} FixtureFiles;

/* A layer of these file lists, likewise. */
GBytes *fixture_files_bytes(OmgLayerKind kind, const FixtureFiles *packages);
OmgFilesLayer *fixture_files(OmgLayerKind kind, const FixtureFiles *packages);

/* All pieces in one. */
GBytes *fixture_join_pieces(GPtrArray *pieces);

/* A configuration out of this text. */
OmgPacmanConf *fixture_conf(const char *text);

/* All of a snapshot; NULL: that was never read. */
typedef struct {
        const FixturePackage *sync, *local, *aur;
        const FixtureFiles *files[OMG_FILES_N];
        const char *conf;
} FixtureSystem;

OmgSnapshot *fixture_system_snapshot(const FixtureSystem *system);

/* The same without file lists. */
OmgSnapshot *fixture_snapshot(const FixturePackage *sync, const FixturePackage *local,
                              const char *conf);
