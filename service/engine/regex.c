/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/regex.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"

struct OmgRegex {
        GRegex *regex;
        GString *text; /* the copy */
};

/* PCRE reads settings such as (*LIMIT_MATCH=9) where an expression begins, and of two the last
 * counts. So ours come first, and before an expression that begins with one of its own stands an
 * empty group: then it is none any more. Without the compiler of PCRE (NO_JIT) LIMIT_DEPTH counts,
 * and omgd may forbid itself code that can be written. */
static char *add_limits(const char *pattern)
{
        return g_strdup_printf("(*NO_JIT)(*LIMIT_HEAP=%u)(*LIMIT_MATCH=%u)(*LIMIT_DEPTH=%u)%s%s",
                               OMG_LIMIT_REGEX_KIB, OMG_LIMIT_REGEX_STEPS, OMG_LIMIT_REGEX_DEPTH,
                               g_str_has_prefix(pattern, "(*") ? "(?:)" : "", pattern);
}

/* \C takes a character apart; what comes after it then reads bytes that are no UTF-8. */
static gboolean has_byte_escape(const char *pattern)
{
        for (const char *p = pattern; (p = strchr(p, '\\')) && p[1]; p += 2)
                if (p[1] == 'C')
                        return TRUE;
        return FALSE;
}

static gboolean refuse(GError **error, const char *reason)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS, "query: %s", reason);
        return FALSE;
}

static GRegex *compile(const char *pattern, GError **error)
{
        g_autofree char *limited = add_limits(pattern);
        g_autoptr(GError) fault = NULL;
        /* First as it was given, so that the place in the message is right. */
        g_autoptr(GRegex) plain = g_regex_new(pattern, G_REGEX_CASELESS, 0, &fault);

        if (!plain) {
                (void)refuse(error, fault->message);
                return NULL;
        }
        GRegex *regex = g_regex_new(limited, G_REGEX_CASELESS, 0, NULL);
        if (!regex)
                (void)refuse(error, "settings such as (*UTF) are not taken from an expression");
        return regex;
}

OmgRegex *omg_regex_new(const char *pattern, GError **error)
{
        if (has_byte_escape(pattern)) {
                (void)refuse(error, "\\C is not supported");
                return NULL;
        }
        GRegex *compiled = compile(pattern, error);
        if (!compiled)
                return NULL;

        OmgRegex *regex = g_new(OmgRegex, 1);
        regex->regex = compiled;
        regex->text = g_string_new(NULL);
        return regex;
}

void omg_regex_free(OmgRegex *regex)
{
        if (!regex)
                return;
        g_regex_unref(regex->regex);
        g_string_free(regex->text, TRUE);
        g_free(regex);
}

gboolean omg_regex_search(OmgRegex *regex, const char *text, int *ret_start, int *ret_end,
                          GError **error)
{
        g_autoptr(GMatchInfo) match = NULL;
        g_autoptr(GError) fault = NULL;
        int start = -1, end = -1;

        g_string_assign(regex->text, text);
        if (g_utf8_validate(regex->text->str, (gssize)regex->text->len, NULL) &&
            g_regex_match_full(regex->regex, regex->text->str, (gssize)regex->text->len, 0, 0,
                               &match, &fault))
                (void)g_match_info_fetch_pos(match, 0, &start, &end);
        if (fault) {
                g_set_error(error, OMG_ERROR, OMG_ERROR_TIMEOUT,
                            "query: the expression takes more than %u steps for one text",
                            OMG_LIMIT_REGEX_STEPS);
                return FALSE;
        }
        *ret_start = start;
        *ret_end = end;
        return TRUE;
}
