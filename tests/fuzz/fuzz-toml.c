/* SPDX-License-Identifier: GPL-3.0-or-later */

/* TOML of any bytes: a tree that can be walked and found in, or an error that names a place. */

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const OmgToml *value)
{
        const char *text = omg_toml_get_string(value) ?: omg_toml_get_written(value);
        gboolean is_table = omg_toml_get_type(value) == OMG_TOML_TABLE;

        if (text)
                g_assert_true(g_utf8_validate(text, -1, NULL));
        for (guint i = 0; i < omg_toml_get_n_members(value); i++) {
                const OmgToml *member = omg_toml_get_member(value, i);

                if (is_table)
                        g_assert_true(omg_toml_lookup(value, omg_toml_get_key(value, i)) == member);
                walk(member);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgToml) root = omg_toml_parse((const char *)data, size, &error);

        if (root) {
                walk(root);
                return 0;
        }
        g_assert_true(g_error_matches(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS));
        g_assert_true(g_str_has_prefix(error->message, "line "));
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        return 0;
}
