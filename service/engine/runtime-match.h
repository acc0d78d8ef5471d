/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Which installed version of a runtime a wish means. */

#include "sources/runtime.h"

/* Of the installed versions (OmgRuntime, by precedence) of that name, for a wish of a manager only
 * of that manager's:
 *
 * - "path:DIR": the one there; "system": the first on PATH;
 * - one of exactly that version or alias;
 * - "latest", "*", "x" and "node": the newest;
 * - "20", "20.1", "temurin-21", "prefix:1.22": the newest that begins so, up to a "." or "-";
 * - ranges as of semantic versioning, "^18.2", "~1.2", ">=18 <21", "18.x || 20", "1.2 - 2.3"
 *   (docs.npmjs.com, "semver", "Ranges"), in which pre-releases do not count: the newest inside.
 *
 * NULL: none, or nobody can tell without the network ("lts", without such an alias). */
const OmgRuntime *omg_runtime_match(const GPtrArray *installed, const OmgRuntimeWish *wish);

/* Whether a text names one version and is no range or word. */
gboolean omg_runtime_is_version(const char *wanted);
