/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What must be built and installed, and in which order, to have packages of the AUR: ResolveAur.
 *
 * It is what makepkg asks of the machine: before a package is built its depends, makedepends and
 * checkdepends are installed, and so on for those of them that are in the AUR too. What is in a
 * repository is installed as pacman would, with its depends alone. */

#include "engine/interrupt.h"
#include "engine/rows.h"

/* The source of an item that is installed; others have their repository's name. */
#define OMG_AUR_SOURCE_INSTALLED "installed"

/* How an item is needed. In the order in which a cycle is broken. */
typedef enum {
        OMG_AUR_NEED_OPTIONAL = 1 << 0,
        OMG_AUR_NEED_CHECK = 1 << 1,
        OMG_AUR_NEED_MAKE = 1 << 2,
        OMG_AUR_NEED_RUN = 1 << 3,
} OmgAurNeedKind;

typedef struct {
        const char *const *names; /* "name", "aur/name" or "repository/name"; at most
                                     OMG_LIMIT_AUR_RESOLVE_NAMES */
        gboolean without_check;
        gboolean with_optional;  /* the optdepends of what was asked for, as far as there are any */
        gboolean skip_installed; /* of what was asked for, what is installed and not older */
        gboolean with_installed; /* also items for what is installed and needed */
} OmgAurQuery;

/* Lists of names are borrowed, from the snapshot or from the plan; NULL: empty. */
typedef struct {
        OmgRow row;
        guint kinds; /* OmgAurNeedKind */
        gboolean requested;
        gboolean make_only;      /* what was asked for does not need it to run */
        const char *base;        /* of an AUR package: its PackageBase; NULL */
        GPtrArray *builds;       /* the items of one base; the first of them has it */
        GPtrArray *needed_by;    /* items */
        GPtrArray *alternatives; /* that provide what it was chosen for, best first */
        GPtrArray *conflicts;    /* installed packages that cannot stay beside it */
} OmgAurItem;

typedef struct {
        GPtrArray *items;      /* OmgAurItem, in build order */
        GPtrArray *missing;    /* names and dependencies that nothing satisfies, each once */
        GPtrArray *missing_by; /* for each: GPtrArray of the names of the items that need it */
        GPtrArray *cycles;     /* GPtrArray of names: each needs the next, the last the first */
        gboolean cycles_cut;   /* there may be more of them */
        GPtrArray *conflicts;  /* names, two each, of items that cannot be installed together */
        GStringChunk *texts;
} OmgAurPlan;

void omg_aur_plan_free(OmgAurPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgAurPlan, omg_aur_plan_free)

/* What satisfies a dependency: another package that was asked for, else what is installed, else the
 * package itself (of depends), else what was chosen already, else what pacman would install
 * (omg_provider_choose), else in the AUR the package of that name, else of those that provide it
 * one that is installed, else the most popular. Errors: INVALID_ARGS for a name, or for more than
 * a limit of base/limits-resolve.h; CANCELLED; what says why the AUR or a database is unknown. */
OmgAurPlan *omg_aur_resolve(const OmgSnapshot *snapshot, const OmgAurQuery *query,
                            const OmgInterrupt *interrupt, GError **error);
