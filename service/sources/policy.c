/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources/policy.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/glob.h"
#include "base/limits-policy.h"
#include "base/text.h"
#include "sources/policy-private.h"

const char *omg_grade_get_name(OmgGrade grade)
{
        static const char *const names[OMG_N_GRADES] = {
                [OMG_GRADE_RISK] = "Risk",
                [OMG_GRADE_COMMUNITY] = "Community",
                [OMG_GRADE_VERIFIED] = "Verified",
                [OMG_GRADE_LOCKED] = "Locked",
        };

        return names[grade];
}

void omg_policy_ignore_free(OmgPolicyIgnore *rule)
{
        if (!rule)
                return;
        g_free(rule->id);
        g_free(rule->package);
        g_free(rule->reason);
        g_free(rule->expires);
        g_free(rule);
}

OmgPolicy *omg_policy_new(void)
{
        OmgPolicy *policy = g_new0(OmgPolicy, 1);

        g_atomic_ref_count_init(&policy->ref_count);
        policy->minimum_grade = OMG_GRADE_COMMUNITY;
        policy->allow_aur = TRUE;
        policy->allow_maintainer_change = TRUE;
        policy->allowed_licenses = g_ptr_array_new_with_free_func(g_free);
        policy->banned_packages = g_ptr_array_new_with_free_func(g_free);
        policy->trusted_maintainers = g_ptr_array_new_with_free_func(g_free);
        policy->ignores = g_ptr_array_new_with_free_func((GDestroyNotify)omg_policy_ignore_free);
        policy->digest = g_strdup("");
        return policy;
}

OmgPolicy *omg_policy_ref(OmgPolicy *policy)
{
        g_atomic_ref_count_inc(&policy->ref_count);
        return policy;
}

void omg_policy_unref(OmgPolicy *policy)
{
        if (!policy || !g_atomic_ref_count_dec(&policy->ref_count))
                return;
        g_ptr_array_unref(policy->allowed_licenses);
        omg_spdx_allowed_free(policy->licenses);
        g_ptr_array_unref(policy->banned_packages);
        g_ptr_array_unref(policy->trusted_maintainers);
        g_ptr_array_unref(policy->ignores);
        g_clear_pointer(&policy->bytes, g_bytes_unref);
        g_free(policy->digest);
        g_free(policy);
}

OmgPolicy *omg_policy_parse(const char *path, GBytes *bytes, GError **error)
{
        g_autoptr(OmgPolicy) policy = omg_policy_new();
        g_autoptr(GError) reason = NULL;
        gsize length;
        const char *text = g_bytes_get_data(bytes, &length);

        if (!omg_policy_read(policy, text ?: "", length, &reason)) {
                g_autofree char *valid = omg_text_make_valid(path, -1);
                g_set_error(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID, "%s: %s", valid,
                            reason->message);
                return NULL;
        }
        policy->bytes = g_bytes_ref(bytes);
        g_free(policy->digest);
        policy->digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
        return g_steal_pointer(&policy);
}

gboolean omg_policy_load(const char *path, OmgPolicy **ret_policy, GError **error)
{
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) reason = NULL;
        OmgPolicy *policy;
        struct stat st;

        /* A symlink that leads nowhere is not "no file": somebody wanted one. */
        if (lstat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
                *ret_policy = NULL;
                return TRUE;
        }
        if (!omg_file_read(path, OMG_LIMIT_POLICY_FILE, &bytes, &reason)) {
                g_autofree char *valid = omg_text_make_valid(reason->message, -1);
                g_set_error_literal(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID, valid);
                return FALSE;
        }
        policy = omg_policy_parse(path, bytes, error);
        if (!policy)
                return FALSE;
        *ret_policy = policy;
        return TRUE;
}

static gboolean is_special(char c)
{
        return c == '*' || c == '?' || c == '[' || c == ']';
}

/* Most patterns are told from most names by how they begin or end: a full match takes a hundred
 * times as long, and a refresh asks for every package. */
static gboolean matches(const char *pattern, const char *name)
{
        gsize first = 0, n = strlen(pattern), m = strlen(name);

        for (; pattern[first] != '\0' && !is_special(pattern[first]); first++) {
                if (pattern[first] != name[first])
                        return FALSE;
        }
        if (first == n)
                return m == n;
        for (; m > 0 && !is_special(pattern[n - 1]); n--, m--) {
                if (pattern[n - 1] != name[m - 1])
                        return FALSE;
        }
        return omg_glob_match(pattern, -1, name, -1);
}

const char *omg_policy_find_ban(const OmgPolicy *policy, const char *name)
{
        for (guint i = 0; i < policy->banned_packages->len; i++) {
                if (matches(policy->banned_packages->pdata[i], name))
                        return policy->banned_packages->pdata[i];
        }
        return NULL;
}

gboolean omg_policy_trusts_maintainer(const OmgPolicy *policy, const char *name)
{
        return g_ptr_array_find_with_equal_func(policy->trusted_maintainers, name, g_str_equal,
                                                NULL);
}

static gboolean has_id(const char *const *ids, const char *id)
{
        for (; *ids; ids++) {
                if (g_ascii_strcasecmp(*ids, id) == 0)
                        return TRUE;
        }
        return FALSE;
}

const OmgPolicyIgnore *omg_policy_find_ignore(const OmgPolicy *policy, const char *package,
                                              const char *const *ids, guint64 now_usec)
{
        for (guint i = 0; i < policy->ignores->len; i++) {
                const OmgPolicyIgnore *rule = policy->ignores->pdata[i];

                if (now_usec < rule->until_usec && (!rule->id || has_id(ids, rule->id)) &&
                    (!rule->package || matches(rule->package, package)))
                        return rule;
        }
        return NULL;
}
