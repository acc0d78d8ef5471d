/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One look at what there is of runtimes: OMG's own directories, mise's directories and
 * configuration, rustup's toolchains and settings, the Java machines in /usr/lib/jvm and the
 * programs on PATH. No program is started: versions are read off names and files; whose package a
 * program is, is not known here. Reads the disk: not on main. */

#include "base/runtime-paths.h"
#include "sources/runtime.h"

typedef struct {
        GPtrArray *installed; /* OmgRuntime, by source; those of PATH in its order */
        GPtrArray *wishes;    /* OmgRuntimeWish of the managers' configuration: of those of one
                               * source and name the first counts */
        GPtrArray *problems;  /* OmgRuntimeProblem */
        GPtrArray *watches;   /* paths (strings) of which a change asks for a new look, whether they
                               * exist or not; at most OMG_LIMIT_RUNTIME_WATCHES */
        gboolean is_cut;      /* there is more than is in here, or more than can be watched */
} OmgRuntimes;

OmgRuntimes *omg_runtimes_look(const OmgRuntimePaths *paths);
void omg_runtimes_free(OmgRuntimes *runtimes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgRuntimes, omg_runtimes_free)
