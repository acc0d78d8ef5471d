/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/policy-state.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits-policy.h"
#include "base/text.h"

const char *omg_policy_status_get_name(OmgPolicyStatus status)
{
        static const char *const names[] = {
                [OMG_POLICY_NONE] = "none",
                [OMG_POLICY_OK] = "ok",
                [OMG_POLICY_INVALID] = "invalid",
        };

        return names[status];
}

/* The message begins with the path (omg_policy_load). */
static void find_place(OmgPolicyState *state, const char *path)
{
        g_autofree char *valid = omg_text_make_valid(path, -1);
        const char *place;

        if (!g_str_has_prefix(state->message, valid))
                return;
        place = state->message + strlen(valid);
        if (sscanf(place, ": line %u, column %u: ", &state->line, &state->column) != 2)
                state->line = state->column = 0;
}

static void stay(OmgPolicyState *state, const char *copy, const OmgPolicyState *before)
{
        state->status = OMG_POLICY_INVALID;
        if (before) {
                state->policy = before->policy ? omg_policy_ref(before->policy) : NULL;
                state->is_stored = before->is_stored;
        } else if (copy && omg_policy_load(copy, &state->policy, NULL)) {
                state->is_stored = state->policy != NULL;
        }
}

OmgPolicyState *omg_policy_state_new(const char *path, const char *copy,
                                     const OmgPolicyState *before)
{
        OmgPolicyState *state = g_atomic_rc_box_new0(OmgPolicyState);
        g_autoptr(GError) error = NULL;

        if (!omg_policy_load(path, &state->policy, &error)) {
                stay(state, copy, before);
        } else if (state->policy) {
                state->status = OMG_POLICY_OK;
        } else {
                state->status = OMG_POLICY_NONE;
                state->policy = omg_policy_new();
        }
        state->message = g_strdup(error ? error->message : "");
        if (error)
                find_place(state, path);
        return state;
}

static gboolean has_copy(const OmgPolicy *policy, const char *copy)
{
        g_autoptr(GBytes) bytes = NULL;

        return omg_file_read(copy, OMG_LIMIT_POLICY_FILE, &bytes, NULL) &&
               g_bytes_equal(bytes, policy->bytes);
}

gboolean omg_policy_state_keep(const OmgPolicyState *state, const char *copy, GError **error)
{
        gconstpointer data;
        gsize size;

        if (state->status == OMG_POLICY_INVALID)
                return TRUE;
        if (state->status == OMG_POLICY_NONE) {
                if (g_unlink(copy) == 0 || errno == ENOENT || errno == ENOTDIR)
                        return TRUE;
                omg_error_set_errno(error, errno, "cannot remove %s", copy);
                return FALSE;
        }
        if (has_copy(state->policy, copy))
                return TRUE;
        data = g_bytes_get_data(state->policy->bytes, &size);
        return omg_file_write(copy, data ?: "", size, error);
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
        return a && b && a->status == b->status && a->is_stored == b->is_stored &&
               g_str_equal(a->message, b->message) &&
               g_strcmp0(a->policy ? a->policy->digest : NULL,
                         b->policy ? b->policy->digest : NULL) == 0;
}

OmgPolicy *omg_policy_state_get_policy(const OmgPolicyState *state, GError **error)
{
        if (!state->policy)
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID, state->message);
        return state->policy;
}
