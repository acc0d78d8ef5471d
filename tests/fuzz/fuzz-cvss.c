/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a CVSS vector: refused with a reason, or scored within bounds; and a "/" at its end
 * changes nothing. */

#include <stdint.h>
#include <string.h>

#include "base/cvss.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *text = g_strndup((const char *)data, size);
        /* Of exactly its length, so that a byte too many is noticed. */
        g_autofree char *vector = g_strdup(text);
        g_autofree char *slash = g_strconcat(text, "/", NULL);
        g_autoptr(GError) error = NULL;
        OmgCvss cvss, again;
        OmgCvssRating rating;

        if (!omg_cvss_parse(vector, &cvss, &error)) {
                g_assert_true(g_utf8_validate(error->message, -1, NULL));
                return 0;
        }
        guint score = omg_cvss_score(&cvss, &rating);
        g_assert_cmpuint(score, <=, 100);
        g_assert_nonnull(omg_cvss_rating_get_name(rating));

        if (!g_str_has_suffix(vector, "/") && omg_cvss_parse(slash, &again, NULL))
                g_assert_cmpmem(&cvss, sizeof(cvss), &again, sizeof(again));
        return 0;
}
