/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A small system with packages that have flaws, and feeds in any state. */

#include "engine/security.h"
#include "fixture.h"

#define SECURITY_NOW (1000 * (guint64)G_USEC_PER_SEC)

typedef struct {
        const char *const *groups;   /* as advisory-fixture.h; NULL: nothing was ever fetched */
        const FixturePackage *local; /* NULL: a, b and lib, which a needs */
        OmgFeedFacts tracker, osv;
} SecuritySystem;

/* Of a, b and lib; AVG-1 (High) is mended by an update of a, AVG-2 says nothing certain of b, AVG-3
 * (Critical) has no fix here for lib. */
extern const char *const security_groups[];

/* All installed, and the tracker asked a moment ago. */
extern const SecuritySystem security_all;

OmgSnapshot *security_snapshot(const SecuritySystem *system, guint64 generation);
