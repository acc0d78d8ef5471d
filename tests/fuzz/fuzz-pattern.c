/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a pattern and a text, with a NUL between them: as a shell pattern, and as a regular
 * expression. Whatever the answer, it comes without a fault and within a moment. */

#include <stdint.h>
#include <string.h>

#include "base/glob.h"
#include "base/limits.h"
#include "engine/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_regex(const char *pattern, const char *text)
{
        g_autoptr(OmgRegex) regex = NULL;
        int start, end;

        if (strlen(pattern) > OMG_LIMIT_QUERY || !g_utf8_validate(pattern, -1, NULL))
                return;
        regex = omg_regex_new(pattern, NULL);
        if (!regex || !omg_regex_search(regex, text, &start, &end, NULL))
                return;
        g_assert(start >= -1 && start <= end && end <= (int)strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *nul = size > 0 ? memchr(data, 0, size) : NULL;
        gsize pattern_len = nul ? (gsize)(nul - data) : size;
        gsize text_len = nul ? size - pattern_len - 1 : 0;
        /* Copies of exactly that length, so that a byte too many is noticed. */
        g_autofree char *pattern = g_memdup2(data, pattern_len);
        g_autofree char *text = nul ? g_memdup2(nul + 1, text_len) : NULL;
        g_autofree char *pattern_text = g_strndup((const char *)data, pattern_len);
        g_autofree char *text_text = g_strndup(nul ? (const char *)nul + 1 : "", text_len);

        (void)omg_glob_match(pattern ? pattern : "", (gssize)pattern_len, text ? text : "",
                             (gssize)text_len);
        try_regex(pattern_text, text_text);
        return 0;
}
