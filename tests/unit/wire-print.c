/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire-print.h"

#include "wire/message.h"

static void print_string(GString *out, const char *bytes, gsize length)
{
        g_string_append_c(out, '"');
        for (gsize i = 0; i < length; i++) {
                guint8 byte = (guint8)bytes[i];
                if (byte < 0x20 || byte == '"' || byte == '\\')
                        g_string_append_printf(out, "\\u%04x", byte);
                else
                        g_string_append_c(out, (char)byte);
        }
        g_string_append_c(out, '"');
}

static void print_field(GString *out, const OmgWireField *field, gconstpointer value)
{
        if (field->name) {
                print_string(out, field->name, strlen(field->name));
                g_string_append_c(out, ':');
        }
        wire_print(out, field->type, (const guint8 *)value + field->offset);
}

static void print_list(GString *out, const OmgWireType *type, gconstpointer value)
{
        OmgWireItems list = omg_wire_items_get(value);

        g_string_append_c(out, '[');
        for (gsize i = 0; i < list.n; i++) {
                if (i > 0)
                        g_string_append_c(out, ',');
                print_field(out, &type->fields[0],
                            (const guint8 *)list.items + i * type->fields[0].type->size);
        }
        g_string_append_c(out, ']');
}

void wire_print(GString *out, const OmgWireType *type, gconstpointer value)
{
        const OmgWireString *string = value;
        gboolean is_tuple;

        switch (type->kind) {
        case OMG_WIRE_KIND_U64:
                g_string_append_printf(out, "%" G_GUINT64_FORMAT, *(const guint64 *)value);
                return;
        case OMG_WIRE_KIND_I64:
                g_string_append_printf(out, "%" G_GINT64_FORMAT, *(const gint64 *)value);
                return;
        case OMG_WIRE_KIND_I32:
                g_string_append_printf(out, "%d", *(const gint32 *)value);
                return;
        case OMG_WIRE_KIND_STRING:
                print_string(out, string->bytes, string->length);
                return;
        case OMG_WIRE_KIND_LIST:
                print_list(out, type, value);
                return;
        case OMG_WIRE_KIND_OPTION:
                if (*(const gboolean *)value)
                        print_field(out, &type->fields[0], value);
                else
                        g_string_append(out, "null");
                return;
        case OMG_WIRE_KIND_ENUM:
                g_string_append_c(out, '{');
                print_field(out, &type->fields[*(const guint32 *)value], value);
                g_string_append_c(out, '}');
                return;
        case OMG_WIRE_KIND_STRUCT:
                is_tuple = !type->fields[0].name;
                g_string_append_c(out, is_tuple ? '[' : '{');
                for (guint i = 0; i < type->n_fields; i++) {
                        if (i > 0)
                                g_string_append_c(out, ',');
                        print_field(out, &type->fields[i], value);
                }
                g_string_append_c(out, is_tuple ? ']' : '}');
                return;
        }
        g_assert_not_reached();
}
