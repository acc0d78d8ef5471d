/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Version order of pacman packages, "[epoch:]version[-pkgrel]": the result of alpm_pkg_vercmp,
 * which is described in vercmp(8), without libalpm and without allocation. */

#include <glib.h>

/* How a dependency restricts a version; the numbers are libalpm's alpm_depmod_t. */
typedef enum {
        OMG_DEP_MOD_ANY = 1, /* no restriction */
        OMG_DEP_MOD_EQ,
        OMG_DEP_MOD_GE,
        OMG_DEP_MOD_LE,
        OMG_DEP_MOD_GT,
        OMG_DEP_MOD_LT,
} OmgDepMod;

/* -1 when a is older than b, 0 when they count as equal, 1 when a is newer. A pkgrel is compared
 * only where both have one. NULL is older than everything but NULL. Not a total order (1.0
 * equals 1.0-1 and 1.0-2), so do not sort unequal pkgrels with it and expect a stable partition. */
int omg_version_compare(const char *a, const char *b);

/* The same for texts that do not end in NUL: each is length bytes. */
int omg_version_compare_spans(const char *a, gsize a_length, const char *b, gsize b_length);

/* Whether "version mod wanted" holds; always true for ANY. */
gboolean omg_version_satisfies(const char *version, OmgDepMod mod, const char *wanted);

/* Whether a result of omg_version_compare is what the restriction allows. */
gboolean omg_version_result_satisfies(int result, OmgDepMod mod);
