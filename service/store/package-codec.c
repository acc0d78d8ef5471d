/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/package-codec.h"

#include <math.h>
#include <string.h>

static gsize varint_size(guint64 value)
{
        gsize size = 1;

        while (value >>= 7)
                size++;
        return size;
}

static guint8 *put_varint(guint8 *at, guint64 value)
{
        for (; value >= 0x80; value >>= 7)
                *at++ = (guint8)(value | 0x80);
        *at++ = (guint8)value;
        return at;
}

void omg_varint_append(GByteArray *bytes, guint64 value)
{
        guint8 buffer[10];

        g_byte_array_append(bytes, buffer, (guint)(put_varint(buffer, value) - buffer));
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

static gsize payload_size(OmgField field, const OmgFieldValue *value)
{
        gsize size = 0;

        switch (omg_field_get_type(field)) {
        case OMG_FIELD_TYPE_STRING:
                return strlen(value->string);
        case OMG_FIELD_TYPE_NUMBER:
                return varint_size(value->number);
        case OMG_FIELD_TYPE_REAL:
                return sizeof(value->real);
        case OMG_FIELD_TYPE_STRV:
                for (char **s = value->strv; *s; s++) {
                        gsize len = strlen(*s);
                        size += varint_size(len) + len;
                }
        }
        return size;
}

static void put_payload(guint8 *at, OmgField field, const OmgFieldValue *value, gsize size)
{
        switch (omg_field_get_type(field)) {
        case OMG_FIELD_TYPE_STRING:
                memcpy(at, value->string, size);
                break;
        case OMG_FIELD_TYPE_NUMBER:
                (void)put_varint(at, value->number);
                break;
        case OMG_FIELD_TYPE_REAL:
                memcpy(at, &value->real, sizeof(value->real));
                break;
        case OMG_FIELD_TYPE_STRV:
                for (char **s = value->strv; *s; s++) {
                        gsize len = strlen(*s);
                        at = put_varint(at, len);
                        memcpy(at, *s, len);
                        at += len;
                }
                break;
        }
}

void omg_package_encode(GByteArray *bytes, const OmgPackage *package)
{
        for (OmgField field = 0; field < OMG_FIELD_N; field++) {
                const OmgFieldValue *value = &package->fields[field];
                if (!value->present)
                        continue;
                gsize size = payload_size(field, value);
                guint before = bytes->len;
                /* To its size in one step: an append for each piece took most of the time. */
                g_byte_array_set_size(bytes, before + 1 + (guint)(varint_size(size) + size));
                guint8 *at = bytes->data + before;
                *at++ = (guint8)field;
                put_payload(put_varint(at, size), field, value, size);
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
        case OMG_FIELD_TYPE_REAL: {
                double real;
                if (size != sizeof(real))
                        return FALSE;
                memcpy(&real, run, sizeof(real));
                if (!isfinite(real))
                        return FALSE;
                omg_package_set_real(package, field, real);
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
