/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a line of omgd-index about staged feeds (judge-line): refused with an error and
 * nothing left to clear, or taken; what was taken is written and read again as the same. */

#include <stdint.h>
#include <string.h>

#include "fetch/judge-line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GError) error = NULL;
        OmgJudgeLine first, second;

        if (!omg_judge_line_parse((const char *)data, size, &first, &error)) {
                g_assert_nonnull(error);
                return 0;
        }
        g_assert_null(error);
        g_autofree char *line = omg_judge_line_format(&first);
        g_assert_true(omg_judge_line_parse(line, strlen(line), &second, &error));
        g_autofree char *again = omg_judge_line_format(&second);
        g_assert_cmpstr(line, ==, again);
        omg_judge_line_clear(&first);
        omg_judge_line_clear(&second);
        return 0;
}
