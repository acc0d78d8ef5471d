/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The bounds of one ResolveAur: what anybody may put into the AUR decides how much there is to do.
 * They stand apart from base/limits.h only for its length. */

#define OMG_LIMIT_AUR_RESOLVE_NAMES    100u   /* asked for at once */
#define OMG_LIMIT_AUR_RESOLVE_PACKAGES 10000u /* that these come to */
#define OMG_LIMIT_AUR_RESOLVE_RELATIONS \
        200000u /* dependencies of all of them; provisions likewise */
#define OMG_LIMIT_AUR_RESOLVE_STEPS        4000000u   /* names and provisions compared */
#define OMG_LIMIT_AUR_RESOLVE_TEXT         (8u << 20) /* all names in the answer */
#define OMG_LIMIT_AUR_RESOLVE_CYCLES       100u       /* told of; and tries to find them */
#define OMG_LIMIT_AUR_RESOLVE_CONFLICTS    1000u      /* likewise */
#define OMG_LIMIT_AUR_RESOLVE_ALTERNATIVES 50u        /* likewise, of one package */
