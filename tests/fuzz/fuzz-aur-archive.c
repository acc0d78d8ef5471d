/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as the AUR's archive, packed or plain (aur-archive): refused with an error, or records
 * of which each that is taken has what a reader counts on. */

#include <stdint.h>

#include "aur-check.h"
#include "omgd-index/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gboolean on_bytes(const char *bytes, gsize n, gpointer userdata, GError **error)
{
        return omg_json_split_feed(userdata, bytes, n, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(OmgJsonSplit) split = omg_json_split_new(4096, check_element, NULL);
        g_autoptr(OmgUnpack) unpack = omg_unpack_new(1 << 20, on_bytes, split);
        g_autoptr(GError) error = NULL;
        gboolean good = omg_unpack_feed(unpack, data, size, &error) &&
                        omg_unpack_finish(unpack, &error) && omg_json_split_finish(split, &error);

        g_assert_true(good == (error == NULL));
        return 0;
}
