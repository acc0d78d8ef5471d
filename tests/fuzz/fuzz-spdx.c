/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a licence: read strictly or as a package's; what is read is one form that reads back
 * as itself, and is allowed where just that is. */

#include <stdint.h>
#include <string.h>

#include "base/limits-score.h"
#include "base/spdx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const OmgSpdx *spdx)
{
        g_autofree char *text = omg_spdx_dup_text(spdx);
        const char *const entries[] = {text, NULL};
        g_autoptr(GError) error = NULL;

        /* References are longer than what they stand for. */
        if (strlen(text) > OMG_LIMIT_LICENSE)
                return;
        g_autoptr(OmgSpdx) again = omg_spdx_parse(text, &error);
        g_assert_no_error(error);
        g_autofree char *text_again = omg_spdx_dup_text(again);
        g_assert_cmpstr(text, ==, text_again);

        g_autoptr(OmgSpdxAllowed) allowed = omg_spdx_allowed_new(entries, NULL);
        if (allowed && omg_spdx_is_listed(spdx))
                g_assert_null(omg_spdx_allowed_find_refused(allowed, spdx));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *bytes = g_strndup((const char *)data, size);
        /* Of exactly its length, so that a byte too many is noticed. */
        g_autofree char *text = g_strdup(bytes);
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgSpdx) strict = omg_spdx_parse(text, &error);
        g_autoptr(OmgSpdx) named = omg_spdx_parse_name(text, NULL);

        if (strict)
                check(strict);
        else
                g_assert_true(g_utf8_validate(error->message, -1, NULL));
        if (named) {
                g_assert_true(omg_spdx_is_listed(named));
                check(named);
        }
        return 0;
}
