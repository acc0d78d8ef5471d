/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/socket-reply.h"

#include <string.h>

#include "base/limits.h"
#include "faces/socket-frame.h"
#include "wire/response.h"

#define HEAD OMG_SOCKET_FRAME_HEAD

/* A lone integer of 64 bits is one byte that says how it is packed, and its little-endian bytes. */
static gsize get_width(guint64 id)
{
        return id <= G_MAXUINT8 ? 1 : id <= G_MAXUINT16 ? 2 : id <= G_MAXUINT32 ? 4 : 8;
}

static guint8 get_packing(gsize width)
{
        return width == 1 ? 6 : width == 2 ? 4 : width == 4 ? 2 : 0;
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

const guint8 *omg_socket_reply_get_rest(const GByteArray *out, gsize head, guint64 id,
                                        gsize *ret_size)
{
        gsize at = head + HEAD + 1 + 1 + get_width(id);

        *ret_size = out->len - at;
        return out->data + at;
}

void omg_socket_reply_append(GByteArray *out, guint64 id, gconstpointer rest, gsize size)
{
        guint64 bytes = GUINT64_TO_LE(id);
        gsize width = get_width(id), head = out->len;
        guint8 *at;

        g_byte_array_set_size(out, (guint)(head + HEAD + 1 + 1 + width + size));
        at = out->data + head + HEAD;
        *at++ = OMG_WIRE_SUCCESS;
        *at++ = get_packing(width);
        memcpy(at, &bytes, width);
        memcpy(at + width, rest, size);
        omg_socket_reply_end(out, head);
}

/* Decoding all of a reply of megabytes for its id would take milliseconds. */
static guint64 read_id(const GByteArray *out, gsize head)
{
        static const guint8 widths[] = {[0] = 8, [2] = 4, [4] = 2, [6] = 1};
        const guint8 *body = out->data + head + HEAD;
        const gsize length = out->len - head - HEAD;
        guint64 id = 0;

        g_return_val_if_fail(length >= 2 && body[1] < G_N_ELEMENTS(widths), 0);
        g_return_val_if_fail(length >= 2u + widths[body[1]], 0);
        for (guint i = widths[body[1]]; i > 0; i--)
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
