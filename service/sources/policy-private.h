/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Shared by the parts of policy.h. */

#include "sources/policy.h"

void omg_policy_ignore_free(OmgPolicyIgnore *rule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgPolicyIgnore, omg_policy_ignore_free)

/* Takes what the file says into a policy of presets. Error: as omg_policy_parse(), without the
 * path. */
gboolean omg_policy_read(OmgPolicy *policy, const char *text, gsize length, GError **error);
