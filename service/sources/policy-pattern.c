/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/limits-policy.h"
#include "sources/policy.h"

/* What a package's name consists of (pacman has no '/'). */
static gboolean is_name_char(char c)
{
        return g_ascii_isalnum(c) || (c != '\0' && strchr("@._+-", c) != NULL);
}

/* Steps over "[...]". NULL: it is no set, or one that nothing is in. */
static const char *skip_set(const char *at, const char **ret_reason)
{
        at++;
        if (*at == '!' || *at == '^')
                at++;
        for (const char *first = at; *at != ']' || at == first; at++) {
                if (*at == '\0') {
                        *ret_reason = "has a \"[\" without a \"]\"";
                        return NULL;
                }
                if (*at == '\\' || *at == '[') {
                        *ret_reason = "has a \"\\\" or \"[\" within \"[...]\"";
                        return NULL;
                }
                if (at[1] == '-' && at[2] != ']' && at[2] != '\0' && *at > at[2]) {
                        *ret_reason = "has a range that goes backwards";
                        return NULL;
                }
        }
        return at + 1;
}

gboolean omg_policy_check_pattern(const char *pattern, const char **ret_reason)
{
        const char *reason = NULL;
        const char *at = pattern;

        if (*pattern == '\0')
                reason = "is empty";
        else if (strlen(pattern) > OMG_LIMIT_POLICY_PATTERN)
                reason = "is longer than 255 bytes";
        while (!reason && *at != '\0') {
                if (*at == '[') {
                        at = skip_set(at, &reason);
                } else if (*at == '*' || *at == '?' || is_name_char(*at)) {
                        at++;
                } else {
                        reason = "has a character that is in no package's name";
                }
        }
        if (reason)
                *ret_reason = reason;
        return !reason;
}
