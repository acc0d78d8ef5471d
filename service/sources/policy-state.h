/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What a look at policy.toml came to, and the policy that is in force since. */

#include "sources/policy.h"

typedef enum {
        OMG_POLICY_NONE,    /* no file: the presets are in force */
        OMG_POLICY_OK,      /* the file is in force */
        OMG_POLICY_INVALID, /* it cannot be used: what was in force before it broke still is */
} OmgPolicyStatus;

/* "none", "ok", "invalid"; static. */
const char *omg_policy_status_get_name(OmgPolicyStatus status);

/* Immutable; any thread may hold it. */
typedef struct {
        OmgPolicyStatus status;
        OmgPolicy *policy;  /* in force; NULL: INVALID, and nothing was in force before it */
        gboolean is_stored; /* INVALID: it is the copy that an omgd before this one has kept */
        char *message;      /* INVALID: why, as omg_policy_load(); else "" */
        guint line, column; /* INVALID: of the mistake, both from 1; 0: it has no place */
} OmgPolicyState;

/* Looks; blocks. @before: what the last look came to, or NULL: then a file that cannot be used
 * leaves in force what is in @copy (a path, or NULL), if that can. */
OmgPolicyState *omg_policy_state_new(const char *path, const char *copy,
                                     const OmgPolicyState *before);

/* Has the policy of a file that is in force kept at @copy, for the next start: its bytes, mode
 * 0600, whole or not at all. Without a file there is no copy either. INVALID leaves it. Blocks.
 * UNAVAILABLE or DATABASE_MISSING: it could not be written, or not removed. */
gboolean omg_policy_state_keep(const OmgPolicyState *state, const char *copy, GError **error);

OmgPolicyState *omg_policy_state_ref(OmgPolicyState *state);
void omg_policy_state_unref(OmgPolicyState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OmgPolicyState, omg_policy_state_unref)

/* Whether both say the same; NULL is like nothing else. */
gboolean omg_policy_state_equal(const OmgPolicyState *a, const OmgPolicyState *b);

/* The policy in force, borrowed. NULL with POLICY_INVALID, which says why, when there is none:
 * then nobody knows what is allowed. */
OmgPolicy *omg_policy_state_get_policy(const OmgPolicyState *state, GError **error);
