/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a folder and its desc, with a NUL between them. What is taken for regular is text
 * that lies in the buffer, belongs to the folder, and comes back from an index as it went in. */

#include <stdint.h>
#include <string.h>

#include "omgd-index/sync-desc.h"
#include "store/package-codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
        const char *text;
        gsize size;
} Buffer;

static void check_text(const Buffer *buffer, const char *text)
{
        g_assert_true(text >= buffer->text && text < buffer->text + buffer->size);
        g_assert_nonnull(memchr(text, '\0', (gsize)(buffer->text + buffer->size - text)));
        g_assert_cmpuint(strlen(text), >, 0);
        g_assert_null(strchr(text, '\n'));
        g_assert_true(g_utf8_validate(text, -1, NULL));
}

static void check_package(const Buffer *buffer, const OmgPackage *package, const char *folder)
{
        g_autofree char *expected = g_strconcat(package->name, "-", package->version, NULL);

        g_assert_cmpstr(expected, ==, folder);
        if (*package->description)
                check_text(buffer, package->description);
        for (OmgField field = 0; field < OMG_FIELD_N; field++) {
                const OmgFieldValue *value = &package->fields[field];
                if (!value->present || field == OMG_FIELD_VALIDATION)
                        continue;
                if (omg_field_get_type(field) == OMG_FIELD_TYPE_STRING)
                        check_text(buffer, value->string);
                else if (omg_field_get_type(field) == OMG_FIELD_TYPE_STRV)
                        for (char **s = value->strv; *s; s++)
                                check_text(buffer, *s);
        }
}

static void check_codec(const OmgPackage *package)
{
        g_autoptr(GByteArray) bytes = g_byte_array_new(), again = g_byte_array_new();
        g_autoptr(OmgPackage) copy = omg_package_new(package->name, package->version, "");

        omg_package_encode(bytes, package);
        g_assert_true(omg_package_decode(bytes->data, bytes->len, copy));
        omg_package_encode(again, copy);
        g_assert_cmpmem(bytes->data, bytes->len, again->data, again->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *nul = size > 0 ? memchr(data, 0, size) : NULL;
        if (!nul)
                return 0;
        /* Copies of exactly that length, so that a byte too many is noticed. */
        g_autofree char *folder = g_strdup((const char *)data);
        gsize text_size = size - (gsize)(nul - data) - 1;
        g_autofree char *text = g_memdup2(nul + 1, text_size);
        g_autofree char **slots = g_new(char *, OMG_DESC_SLOTS(text_size));
        OmgPackage package = {};
        gsize used = 0;

        if (!text || !omg_desc_parse(text, text_size, folder, TRUE, slots, &used, &package))
                return 0;
        g_assert_cmpuint(used, <=, OMG_DESC_SLOTS(text_size));
        check_package(&(Buffer){text, text_size}, &package, folder);
        check_codec(&package);
        return 0;
}
