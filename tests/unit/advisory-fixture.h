/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Small indexes of advisories, described in one line each. */

#include "store/advisory-layer.h"

/* A group, as JSON or short for it: "AVG-1 pkg,pkg2 Vulnerable High 1.0-1 1.1-1
 * CVE-2020-1,CVE-2020-2 ASA-1"; '-' is an empty list or no fixed version; "Not_affected" has its
 * blank as '_'. NULL ends the list. */
GBytes *advisory_fixture_bytes(const char *const *groups, const char *const *records);

/* Records are JSON, or short for it: "GHSA-1 PyPI/name 0,<1.2,3,<=3.5 CVE-2020-1,PYSEC-1 VECTOR":
 * of a range, versions alone begin it, '<' ends it before and '<=' behind, and '^' is a limit; '='
 * begins a listed version. */
OmgAdvisoryLayer *advisory_fixture(const char *const *groups, const char *const *records);
