/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/package-codec.h"

#include <string.h>

void omg_varint_append(GByteArray *bytes, guint64 value)
{
        guint8 buffer[10];
        guint n = 0;

        do {
                buffer[n] = value & 0x7f;
                value >>= 7;
                if (value)
                        buffer[n] |= 0x80;
                n++;
        } while (value);
        g_byte_array_append(bytes, buffer, n);
}

gboolean omg_varint_read(const guint8 **cursor, const guint8 *end, guint64 *ret_value)
{
        guint64 value = 0;

        for (unsigned shift = 0; shift < 64 && *cursor < end; shift += 7) {
                guint8 byte = *(*cursor)++;
                if (shift == 63 && byte > 1)
                        return FALSE;
                value |= (guint64)(byte & 0x7f) << shift;
                if (!(byte & 0x80)) {
                        *ret_value = value;
                        return TRUE;
                }
        }
        return FALSE;
}

static void append_text(GByteArray *bytes, const char *text)
{
        gsize len = strlen(text);
        omg_varint_append(bytes, len);
        g_byte_array_append(bytes, (const guint8 *)text, len);
}

static void append_strv(GByteArray *bytes, GStrv strv)
{
        g_autoptr(GByteArray) payload = g_byte_array_new();

        for (char **s = strv; *s; s++)
                append_text(payload, *s);
        omg_varint_append(bytes, payload->len);
        g_byte_array_append(bytes, payload->data, payload->len);
}

static void append_number(GByteArray *bytes, guint64 number)
{
        g_autoptr(GByteArray) payload = g_byte_array_new();

        omg_varint_append(payload, number);
        omg_varint_append(bytes, payload->len);
        g_byte_array_append(bytes, payload->data, payload->len);
}

void omg_package_encode(GByteArray *bytes, const OmgPackage *package)
{
        for (OmgField field = 0; field < OMG_FIELD_N; field++) {
                const OmgFieldValue *value = &package->fields[field];
                if (!value->present)
                        continue;
                guint8 tag = field;
                g_byte_array_append(bytes, &tag, 1);
                switch (omg_field_get_type(field)) {
                case OMG_FIELD_TYPE_STRING:
                        append_text(bytes, value->string);
                        break;
                case OMG_FIELD_TYPE_STRV:
                        append_strv(bytes, value->strv);
                        break;
                case OMG_FIELD_TYPE_NUMBER:
                        append_number(bytes, value->number);
                        break;
                }
        }
}

gboolean omg_run_read(const guint8 **cursor, const guint8 *end, const guint8 **ret_run,
                      gsize *ret_size)
{
        guint64 size;

        if (!omg_varint_read(cursor, end, &size) || size > (guint64)(end - *cursor))
                return FALSE;
        *ret_run = *cursor;
        *ret_size = size;
        *cursor += size;
        return TRUE;
}

static gboolean parse_strv(const guint8 *cursor, const guint8 *end, GStrv *ret_strv)
{
        g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
        const guint8 *run;
        gsize size;

        while (cursor < end) {
                if (!omg_run_read(&cursor, end, &run, &size))
                        return FALSE;
                g_ptr_array_add(strings, g_strndup((const char *)run, size));
        }
        g_ptr_array_add(strings, NULL);
        *ret_strv = (GStrv)g_ptr_array_free(g_steal_pointer(&strings), FALSE);
        return TRUE;
}

static gboolean parse_field(OmgField field, const guint8 *run, gsize size, OmgPackage *package)
{
        switch (omg_field_get_type(field)) {
        case OMG_FIELD_TYPE_STRING: {
                g_autofree char *text = g_strndup((const char *)run, size);
                omg_package_set_string(package, field, text);
                return TRUE;
        }
        case OMG_FIELD_TYPE_STRV: {
                GStrv strv = NULL;
                if (!parse_strv(run, run + size, &strv))
                        return FALSE;
                omg_package_take_strv(package, field, strv);
                return TRUE;
        }
        case OMG_FIELD_TYPE_NUMBER: {
                guint64 number;
                if (!omg_varint_read(&run, run + size, &number))
                        return FALSE;
                omg_package_set_number(package, field, number);
                return TRUE;
        }
        }
        return FALSE;
}

gboolean omg_package_decode(const guint8 *bytes, gsize size, OmgPackage *package)
{
        const guint8 *cursor = bytes, *end = bytes + size;

        while (cursor < end) {
                guint8 tag = *cursor++;
                const guint8 *run;
                gsize run_size;
                if (!omg_run_read(&cursor, end, &run, &run_size))
                        return FALSE;
                if (tag < OMG_FIELD_N && !parse_field(tag, run, run_size, package))
                        return FALSE;
        }
        return TRUE;
}

gboolean omg_package_find_field(const guint8 *bytes, gsize size, OmgField field,
                                const guint8 **ret_payload, gsize *ret_size)
{
        const guint8 *cursor = bytes, *end = bytes + size, *run;
        gsize run_size;

        /* The tags ascend, but no reader relies on it. */
        while (cursor < end) {
                guint8 tag = *cursor++;
                if (!omg_run_read(&cursor, end, &run, &run_size))
                        return FALSE;
                if (tag != field)
                        continue;
                *ret_payload = run;
                *ret_size = run_size;
                return TRUE;
        }
        *ret_payload = NULL;
        *ret_size = 0;
        return TRUE;
}
