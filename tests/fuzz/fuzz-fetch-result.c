/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a line of omgd-fetch (result): refused with an error and nothing left to clear, or
 * taken; what was taken is written and read again as the same. */

#include <stdint.h>
#include <string.h>

#include "fetch/fetch-result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GError) error = NULL;
        OmgFetchResult first, second;

        if (!omg_fetch_result_parse((const char *)data, size, &first, &error)) {
                g_assert_nonnull(error);
                return 0;
        }
        g_assert_null(error);
        g_autofree char *line = omg_fetch_result_format(&first);
        g_assert_true(omg_fetch_result_parse(line, strlen(line), &second, &error));
        g_autofree char *again = omg_fetch_result_format(&second);
        g_assert_cmpstr(line, ==, again);
        omg_fetch_result_clear(&first);
        omg_fetch_result_clear(&second);
        return 0;
}
