/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Licence expressions of SPDX, and the licence names that Arch's packages had before them: read,
 * brought into one form, and held against what a policy allows.
 * https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions; the list of ids is that
 * of version 3.28.0, https://spdx.org/licenses. */

#include <glib.h>

typedef struct OmgSpdx OmgSpdx;

/* Reads an expression, strictly: ids with +, LicenseRef-, DocumentRef-, WITH, AND, OR (upper or
 * lower case, blanks around them) and parentheses; WITH binds closest, then AND. An id that is not
 * on the list is taken as it is written. Error: INVALID_ARGS with the byte, counted from 1, where
 * it is wrong; NONE and NOASSERTION are refused, since they name no licence. */
OmgSpdx *omg_spdx_parse(const char *text, GError **error);

/* Reads one licence of a package or of a policy: an expression, or a name of Arch's old ones (GPL2,
 * Apache, custom:MIT ...). What is neither, also as a part of an expression, becomes a
 * LicenseRef-NAME, AdditionRef-NAME after WITH: so the result holds ids of the list and references
 * alone. Errors: INVALID_ARGS when there is no letter or digit in it, or too much. */
OmgSpdx *omg_spdx_parse_name(const char *text, GError **error);

/* All licences of a package, joined by AND, which is what PKGBUILD(5) means by several. One that
 * cannot be read is LicenseRef-unreadable. NULL when the package names none: not known. */
OmgSpdx *omg_spdx_from_package(const char *const *licenses);

void omg_spdx_free(OmgSpdx *spdx);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgSpdx, omg_spdx_free)

/* The expression in one form: ids in the list's case, those of GNU's licences with -only and
 * -or-later, no needless parentheses, nothing twice, the order as it was. New string. */
char *omg_spdx_dup_text(const OmgSpdx *spdx);

/* Whether all ids are on the list or references. */
gboolean omg_spdx_is_listed(const OmgSpdx *spdx);

/* What a policy allows. */
typedef struct OmgSpdxAllowed OmgSpdxAllowed;

/* Each entry is read by omg_spdx_parse_name. Alternatives joined by OR are all allowed; licences
 * joined by AND only where a package has all of them joined so. "-or-later" and + are ranges, and
 * two licences of one name agree when their ranges meet: a package that is GPL-2.0-or-later may be
 * had under GPL-3.0-only. An exception counts as named: GPL-2.0-only does not allow GPL-2.0-only
 * WITH anything. Error: INVALID_ARGS with the entry that cannot be read, or that has an OR inside
 * an AND. */
OmgSpdxAllowed *omg_spdx_allowed_new(const char *const *entries, GError **error);
void omg_spdx_allowed_free(OmgSpdxAllowed *allowed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgSpdxAllowed, omg_spdx_allowed_free)

/* NULL when some choice of the alternatives has only what is allowed; else the part of the
 * expression that stands against it, as a new string. */
char *omg_spdx_allowed_find_refused(const OmgSpdxAllowed *allowed, const OmgSpdx *spdx);
