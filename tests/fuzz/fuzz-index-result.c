/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as the line of omgd-index: refused with an error, or taken, never both or neither. */

#include <stdint.h>

#include "loop/index-result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GError) error = NULL;

        OmgIndexCheck check;

        g_assert(omg_index_result_parse((const char *)data, size, &check, &error) ==
                 (error == NULL));
        return 0;
}
