/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Dependency texts such as "name>=1.2: reason", read by the rules of alpm_dep_from_string and
 * matched by those of libalpm's _alpm_depcmp_literal and _alpm_depcmp_provides, without allocation.
 */

#include "base/version.h"

/* Points into the text it was parsed from, which must outlive it; nothing ends in NUL. */
typedef struct {
        const char *name;
        gsize name_length;
        OmgDepMod mod;
        const char *version; /* NULL with OMG_DEP_MOD_ANY */
        gsize version_length;
        const char *description; /* what follows ": "; NULL when nothing does */
        gsize description_length;
} OmgDepend;

/* Any text is a dependency on something, so this cannot fail. length is in bytes, -1: up to NUL. */
void omg_depend_parse(const char *text, gssize length, OmgDepend *ret_depend);

/* Whether a package of that name and version is what the dependency asks for; provides are not
 * looked at. This is also the rule for REPLACES and CONFLICTS. */
gboolean omg_depend_matches_literal(const OmgDepend *depend, const char *name, const char *version);

/* Whether one entry of a PROVIDES list, itself parsed, satisfies the dependency: an unversioned
 * entry satisfies only an unversioned dependency. */
gboolean omg_depend_matches_provision(const OmgDepend *depend, const OmgDepend *provision);

/* Either of the two; provides is a NULL-terminated list or NULL. */
gboolean omg_depend_matches(const OmgDepend *depend, const char *name, const char *version,
                            const char *const *provides);

/* Whether name is exactly the dependency's name. */
gboolean omg_depend_has_name(const OmgDepend *depend, const char *name);
