/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/policy-state.h"

#include "base/error.h"

const char *omg_policy_status_get_name(OmgPolicyStatus status)
{
        static const char *const names[] = {
                [OMG_POLICY_NONE] = "none",
                [OMG_POLICY_OK] = "ok",
                [OMG_POLICY_INVALID] = "invalid",
        };

        return names[status];
}

OmgPolicyState *omg_policy_state_new(const char *path, const OmgPolicyState *before)
{
        OmgPolicyState *state = g_atomic_rc_box_new0(OmgPolicyState);
        g_autoptr(GError) error = NULL;

        if (!omg_policy_load(path, &state->policy, &error)) {
                state->status = OMG_POLICY_INVALID;
                state->policy = before && before->policy ? omg_policy_ref(before->policy) : NULL;
        } else if (state->policy) {
                state->status = OMG_POLICY_OK;
        } else {
                state->status = OMG_POLICY_NONE;
                state->policy = omg_policy_new();
        }
        state->message = g_strdup(error ? error->message : "");
        return state;
}

OmgPolicyState *omg_policy_state_ref(OmgPolicyState *state)
{
        return g_atomic_rc_box_acquire(state);
}

static void clear(gpointer data)
{
        OmgPolicyState *state = data;

        omg_policy_unref(state->policy);
        g_free(state->message);
}

void omg_policy_state_unref(OmgPolicyState *state)
{
        if (state)
                g_atomic_rc_box_release_full(state, clear);
}

gboolean omg_policy_state_equal(const OmgPolicyState *a, const OmgPolicyState *b)
{
        return a && b && a->status == b->status && g_str_equal(a->message, b->message) &&
               g_strcmp0(a->policy ? a->policy->digest : NULL,
                         b->policy ? b->policy->digest : NULL) == 0;
}

OmgPolicy *omg_policy_state_get_policy(const OmgPolicyState *state, GError **error)
{
        if (!state->policy)
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID, state->message);
        return state->policy;
}
