/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Version files of any bytes, the first of which says of what name: wishes that can be shown, or an
 * error. */

#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "sources/version-files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GPtrArray) wishes =
                g_ptr_array_new_with_free_func((GDestroyNotify)omg_runtime_wish_free);
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) error = NULL;
        guint n_names = g_strv_length((char **)omg_version_file_names);
        gboolean ok;

        if (size == 0)
                return 0;
        bytes = g_bytes_new(data + 1, size - 1);
        ok = omg_version_file_parse(omg_version_file_names[data[0] % n_names], "/p", bytes, wishes,
                                    &error);
        g_assert_true(ok == (error == NULL));
        if (error)
                g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_cmpuint(wishes->len, <=, OMG_LIMIT_RUNTIME_WISHES);
        for (guint i = 0; i < wishes->len; i++) {
                const OmgRuntimeWish *wish = wishes->pdata[i];

                g_assert_true(omg_runtime_text_check(wish->name));
                g_assert_true(omg_runtime_text_check(wish->wanted));
        }
        return 0;
}
