/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The modes of search that no index of words helps: glob and regex go through all names and texts
 * (tens of ms for 100,000 packages: for a thread of the pool), provides and group look up. Filters
 * and order are those of omg_search_run(); "offset" and "limit" are the caller's to apply. */

#include "engine/interrupt.h"
#include "engine/search.h"

/* Whether omg_search_scan() is for the mode, and whether that takes longer than the main thread has
 * time. */
gboolean omg_search_mode_is_scan(OmgSearchMode mode);
gboolean omg_search_mode_is_slow(OmgSearchMode mode);

/* All rows (OmgRow), in order; new. NULL with an error: those of omg_search_run(); INVALID_ARGS
 * with the place of the fault for a regular expression that is none; TIMEOUT when one takes too
 * long (base/limits.h); CANCELLED.
 *
 * PROVIDES: the packages of the repositories that satisfy the dependency, and installed ones that
 * satisfy it where no repository's package of that name does, as rows of the local layer. With
 * OMG_SEARCH_ONLY_INSTALLED the installed ones that satisfy it as they are installed: none exactly
 * when pacman -T prints the dependency. Ranks 0 by name, 1 by a provision.
 * REGEX: where in the name it matches decides the rank, as for a word; GLOB and GROUP: 0. */
GArray *omg_search_scan(const OmgSnapshot *snapshot, const OmgSearchParams *params,
                        const OmgInterrupt *interrupt, GError **error);
