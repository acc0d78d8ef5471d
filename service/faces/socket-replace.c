/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/socket-replace.h"

#include "base/limits.h"
#include "faces/socket-frame.h"
#include "wire/response.h"

/* A response begins with one tag byte, then comes the column of its id with one number: a header
 * that tells the width, and the number, little-endian (wire/wire.h). Decoding all of a reply of
 * megabytes for it would take milliseconds. */
static guint64 read_id(const guint8 *body, gsize length)
{
        static const guint8 widths[] = {8, 0, 4, 0, 2, 0, 1};
        guint64 id = 0;

        g_return_val_if_fail(length >= 2 && body[1] < G_N_ELEMENTS(widths), 0);
        g_return_val_if_fail(length >= 2u + widths[body[1]], 0);
        for (guint i = widths[body[1]]; i > 0; i--)
                id = id << 8 | body[1 + i];
        return id;
}

void omg_socket_replace(GByteArray *out, gsize at, OmgError code, const char *message)
{
        const gsize body = at + OMG_SOCKET_FRAME_HEAD;
        const OmgWireResponse response = {
                .tag = OMG_WIRE_ERROR,
                .id = read_id(out->data + body, out->len - body),
                .error = {omg_error_get_legacy_code((int)code), omg_wire_string(message)},
        };
        g_autoptr(OmgWireEncoder) encoder = omg_wire_encoder_new();
        guint32 head;

        g_byte_array_set_size(out, (guint)body);
        (void)omg_wire_encode(encoder, &omg_wire_response_type, &response, OMG_LIMIT_REPLY, out,
                              NULL);
        head = GUINT32_TO_BE((guint32)(out->len - body));
        memcpy(out->data + at, &head, sizeof(head));
}
