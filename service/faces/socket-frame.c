/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/socket-frame.h"

#include <string.h>

/* What is there and not taken: kept bytes, or else those of the last push, never both. */
static gsize get_bytes(const OmgSocketFrames *self, const guint8 **ret_bytes)
{
        if (self->kept) {
                *ret_bytes = self->kept->data + self->kept_used;
                return self->kept->len - self->kept_used;
        }
        *ret_bytes = self->data;
        return self->length;
}

static OmgSocketFrameResult look(const OmgSocketFrames *self, const guint8 **ret_body,
                                 gsize *ret_length)
{
        const guint8 *bytes;
        const gsize n = get_bytes(self, &bytes);
        guint32 head;

        if (n < OMG_SOCKET_FRAME_HEAD)
                return OMG_SOCKET_FRAME_MORE;
        memcpy(&head, bytes, sizeof(head));
        head = GUINT32_FROM_BE(head);
        if (head > self->limit)
                return OMG_SOCKET_FRAME_TOO_LONG;
        if (n - OMG_SOCKET_FRAME_HEAD < head)
                return OMG_SOCKET_FRAME_MORE;
        *ret_body = bytes + OMG_SOCKET_FRAME_HEAD;
        *ret_length = head;
        return OMG_SOCKET_FRAME_WHOLE;
}

void omg_socket_frames_init(OmgSocketFrames *self, gsize limit)
{
        *self = (OmgSocketFrames){.limit = limit};
}

void omg_socket_frames_clear(OmgSocketFrames *self)
{
        g_clear_pointer(&self->kept, g_byte_array_unref);
        omg_socket_frames_init(self, self->limit);
}

void omg_socket_frames_push(OmgSocketFrames *self, const guint8 *data, gsize length)
{
        g_return_if_fail(self->length == 0);

        if (!self->kept) {
                self->data = data;
                self->length = length;
                return;
        }
        /* Moved once a push, not once a frame. */
        if (self->kept_used > 0)
                g_byte_array_remove_range(self->kept, 0, (guint)self->kept_used);
        self->kept_used = 0;
        g_byte_array_append(self->kept, data, (guint)length);
}

OmgSocketFrameResult omg_socket_frames_next(OmgSocketFrames *self, const guint8 **ret_body,
                                            gsize *ret_length)
{
        OmgSocketFrameResult result = look(self, ret_body, ret_length);

        if (result != OMG_SOCKET_FRAME_WHOLE)
                return result;
        const gsize taken = OMG_SOCKET_FRAME_HEAD + *ret_length;
        if (self->kept) {
                self->kept_used += taken;
        } else {
                self->data += taken;
                self->length -= taken;
        }
        return result;
}

OmgSocketFrameResult omg_socket_frames_peek(const OmgSocketFrames *self)
{
        const guint8 *body;
        gsize length;

        return look(self, &body, &length);
}

gboolean omg_socket_frames_has_bytes(const OmgSocketFrames *self)
{
        const guint8 *bytes;

        return get_bytes(self, &bytes) > 0;
}

gsize omg_socket_frames_get_held(const OmgSocketFrames *self)
{
        return self->kept ? self->kept->len : 0;
}

/* Not for the sake of a few: whose frames are many and short would be moved every time. */
#define GIVE_BACK (64u << 10)

static void give_back(OmgSocketFrames *self)
{
        const gsize rest = self->kept->len - self->kept_used;

        if (rest > 0 && self->kept_used <= GIVE_BACK)
                return;
        g_autoptr(GByteArray) before = g_steal_pointer(&self->kept);
        if (rest > 0) {
                self->kept = g_byte_array_new();
                g_byte_array_append(self->kept, before->data + self->kept_used, (guint)rest);
        }
        self->kept_used = 0;
}

void omg_socket_frames_keep(OmgSocketFrames *self)
{
        if (self->kept)
                give_back(self);
        if (self->length > 0) {
                self->kept = g_byte_array_new();
                g_byte_array_append(self->kept, self->data, (guint)self->length);
        }
        self->data = NULL;
        self->length = 0;
}
