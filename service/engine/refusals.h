/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Which packages the policy refuses, all at once: what rows of packages and updates show, and what
 * the signal PolicyViolation names. Immutable; any thread may hold it. */

#include "engine/verdict.h"

typedef struct {
        OmgLayer *local_layer, *sync_layer; /* whose ids these are; NULL as in the snapshot */
        guint64 *local; /* bitmap of installed packages; NULL without both databases */
        guint64 *sync;  /* of those in repositories, likewise */
        guint n_local;  /* refused, of those installed */
} OmgRefusals;

/* Judges every package: some milliseconds, so not for main. */
OmgRefusals *omg_refusals_new(const OmgJudge *judge);
OmgRefusals *omg_refusals_ref(OmgRefusals *refusals);
void omg_refusals_unref(OmgRefusals *refusals);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgRefusals, omg_refusals_unref)

/* OMG_PKG_REFUSED: of an installed package as it is, of another one as its repository has it.
 * OMG_UPD_REFUSED: of what an update brings, as its repository has it. FALSE while nothing is
 * known, and for NULL. */
gboolean omg_refusals_has_installed(const OmgRefusals *refusals, guint32 local_id);
gboolean omg_refusals_has_candidate(const OmgRefusals *refusals, guint32 sync_id);

/* The local ids of installed packages that are refused, and, of the same name, were not in @before
 * (NULL: nothing was refused); by name. GArray of guint32. */
GArray *omg_refusals_list_new(const OmgRefusals *refusals, const OmgRefusals *before);
