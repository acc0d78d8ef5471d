/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/socket-reply.h"

#include <string.h>

#include "base/limits.h"
#include "faces/socket-frame.h"
#include "wire/pack.h"
#include "wire/response.h"

#define HEAD OMG_SOCKET_FRAME_HEAD

/* The bytes of the id in a reply's column for it: a lone integer of 64 bits is one byte that says
 * how it is packed, and its little-endian bytes. */
static gsize get_id_width(const guint8 *body)
{
        static const guint8 widths[] = {[0] = 8, [2] = 4, [4] = 2, [6] = 1};

        g_return_val_if_fail(body[1] < G_N_ELEMENTS(widths), 0);
        return widths[body[1]];
}

gsize omg_socket_reply_begin(GByteArray *out)
{
        gsize head = out->len;

        g_byte_array_set_size(out, out->len + HEAD);
        return head;
}

void omg_socket_reply_end(GByteArray *out, gsize head)
{
        guint32 length = GUINT32_TO_BE((guint32)(out->len - head - HEAD));

        memcpy(out->data + head, &length, HEAD);
}

void omg_socket_reply_drop(GByteArray *out, gsize head)
{
        g_byte_array_set_size(out, (guint)head);
}

const guint8 *omg_socket_reply_get_rest(const GByteArray *out, gsize head, gsize *ret_size)
{
        const guint8 *body = out->data + head + HEAD;
        const guint8 *rest = body + 2 + get_id_width(body);

        *ret_size = (gsize)(out->data + out->len - rest);
        return rest;
}

void omg_socket_reply_append(GByteArray *out, guint64 id, gconstpointer rest, gsize size)
{
        const guint8 tag = OMG_WIRE_SUCCESS;
        const gsize head = omg_socket_reply_begin(out);

        g_byte_array_append(out, &tag, 1);
        omg_wire_pack_integers(out, &id, 1, sizeof(id), FALSE);
        g_byte_array_append(out, rest, (guint)size);
        omg_socket_reply_end(out, head);
}

/* Decoding all of a reply of megabytes for its id would take milliseconds. */
static guint64 read_id(const GByteArray *out, gsize head)
{
        const guint8 *body = out->data + head + HEAD;
        const gsize length = out->len - head - HEAD;
        guint64 id = 0;

        g_return_val_if_fail(length >= 2 && length >= 2 + get_id_width(body), 0);
        for (gsize i = get_id_width(body); i > 0; i--)
                id = id << 8 | body[1 + i];
        return id;
}

void omg_socket_reply_replace(GByteArray *out, gsize head, OmgError code, const char *message)
{
        const OmgWireResponse response = {
                .tag = OMG_WIRE_ERROR,
                .id = read_id(out, head),
                .error = {omg_error_get_legacy_code((int)code), omg_wire_string(message)},
        };
        g_autoptr(OmgWireEncoder) encoder = omg_wire_encoder_new();

        omg_socket_reply_drop(out, head);
        (void)omg_socket_reply_begin(out);
        /* One error always fits. */
        (void)omg_wire_encode(encoder, &omg_wire_response_type, &response, OMG_LIMIT_REPLY, out,
                              NULL);
        omg_socket_reply_end(out, head);
}
