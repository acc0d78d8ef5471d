/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The package ecosystems of OSV whose versions omgd can put in order, and how each writes names. */

#include <glib.h>

/* How versions are ordered; base/version-order.h. */
typedef enum {
        OMG_ORDER_NONE,   /* not known: nothing may be concluded */
        OMG_ORDER_SEMVER, /* semver.org 2.0: npm, Rust, Go, Bitnami, ... */
        OMG_ORDER_PEP440, /* PyPI */
        OMG_ORDER_GEM,    /* RubyGems' Gem::Version */
        OMG_ORDER_PVP,    /* Hackage: pvp.haskell.org, Data.Version */
        OMG_ORDER_N
} OmgOrder;

/* OSV's name of Rust's; in pieces, because it is a host too. */
#define OMG_ECOSYSTEM_RUST \
        "crates"           \
        ".io"

/* NONE for an ecosystem that is not known; the names are OSV's and count by the letter. */
OmgOrder omg_ecosystem_get_order(const char *ecosystem);

/* The name as it is compared: for PyPI that of PEP 503 (lower case, runs of - _ . are one -), else
 * as it is. New. */
char *omg_ecosystem_normalise(const char *ecosystem, const char *name);
