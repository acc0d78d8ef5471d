/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The order of versions in other ecosystems, for OSV's ranges. Each reader is strict: what is no
 * version there has no place in the order, and nothing may be concluded from it. (pacman's own
 * order, which takes any text, is base/version.h.) Sources of the rules:
 *
 *   SEMVER  semver.org 2.0.0, sections 2, 9 to 11
 *   PEP440  packaging.python.org, "Version specifiers": the regular expression of its appendix,
 *           without blanks around it, and "Summary of permitted suffixes and relative ordering"
 *   GEM     RubyGems, Gem::Version: documentation of the class
 *   PVP     pvp.haskell.org and Data.Version: lists of numbers, a shorter one before a longer one
 */

#include <glib.h>

#include "base/ecosystem.h"

/* *ret_result: -1 when a is before b, 0 when they count as equal, 1 when a is behind b. FALSE when
 * either is no version of that order, or has more than OMG_LIMIT_ADVISORY_VERSION bytes. Allocates
 * nothing. */
gboolean omg_version_order_compare(OmgOrder order, const char *a, const char *b, int *ret_result);

gboolean omg_version_order_has(OmgOrder order, const char *version);

/* Appends the version's key: bytes without a NUL, ordered by strcmp as the versions are, and equal
 * where these are. FALSE, with nothing appended, as above. */
gboolean omg_version_order_append_key(OmgOrder order, const char *version, GString *key);
