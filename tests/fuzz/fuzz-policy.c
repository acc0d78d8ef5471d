/* SPDX-License-Identifier: GPL-3.0-or-later */

/* policy.toml of any bytes: either a policy whose every part is as its header says, or an error
 * with a line that is there. */

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/limits-policy.h"
#include "sources/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_texts(const GPtrArray *texts)
{
        g_assert_cmpuint(texts->len, <=, OMG_LIMIT_POLICY_ENTRIES);
        for (guint i = 0; i < texts->len; i++) {
                g_assert_true(g_utf8_validate(texts->pdata[i], -1, NULL));
                g_assert_cmpuint(strlen(texts->pdata[i]), >, 0);
        }
}

static void check_rule(const OmgPolicyIgnore *rule)
{
        g_assert_true(rule->id || rule->package);
        g_assert_true(rule->reason && *rule->reason != '\0');
        g_assert_true((rule->until_usec == G_MAXUINT64) == (rule->expires == NULL));
        g_assert_true(rule->id || rule->expires);
}

static void check_policy(const OmgPolicy *policy)
{
        static const char *const ids[] = {"AVG-1", NULL};

        g_assert_cmpint(policy->minimum_grade, <, OMG_N_GRADES);
        check_texts(policy->allowed_licenses);
        check_texts(policy->banned_packages);
        g_assert_cmpuint(policy->ignores->len, <=, OMG_LIMIT_POLICY_ENTRIES);
        for (guint i = 0; i < policy->ignores->len; i++)
                check_rule(policy->ignores->pdata[i]);
        (void)omg_policy_find_ban(policy, "lib32-glibc");
        (void)omg_policy_find_ignore(policy, "glibc", ids, 0);
}

/* "/p: line L, column C: ..." */
static void check_error(const GError *error, guint64 n_lines)
{
        const char *at = error->message + strlen("/p: line ");
        char *end;

        g_assert_error(error, OMG_ERROR, OMG_ERROR_POLICY_INVALID);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_true(g_str_has_prefix(error->message, "/p: line "));
        const guint64 line = g_ascii_strtoull(at, &end, 10);
        g_assert_true(line >= 1 && line <= n_lines && g_str_has_prefix(end, ", column "));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) bytes = g_bytes_new(data, size);
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgPolicy) policy = omg_policy_parse("/p", bytes, &error);
        guint64 n_lines = 1;

        for (size_t i = 0; i < size; i++)
                n_lines += data[i] == '\n';
        g_assert_true((policy == NULL) == (error != NULL));
        if (policy)
                check_policy(policy);
        else
                check_error(error, n_lines);
        return 0;
}
