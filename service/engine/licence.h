/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Whether the licences that a package lists are among those that the policy allows. */

#include "sources/policy.h"
#include "store/relation-index.h"

/* @licences: OMG_FIELD_LICENSES of a package; all that it lists hold at once. ret_reason (to be
 * freed), may be NULL: which part of them is not allowed, or that there is none. */
gboolean omg_licence_is_allowed(const OmgPolicy *policy, OmgStrvCursor licences, char **ret_reason);

/* The same without a reason, for many packages: what was asked once is remembered in @memo, a table
 * of omg_licence_memo_new() for one policy and for cursors that stay where they are. */
GHashTable *omg_licence_memo_new(void);
gboolean omg_licence_is_allowed_again(const OmgPolicy *policy, OmgStrvCursor licences,
                                      GHashTable *memo);
