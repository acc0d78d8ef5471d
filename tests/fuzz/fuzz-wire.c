/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A body of the legacy socket; its first byte says whether of a request or a response. What is
 * accepted is written and read again and must be the same; the caps of the daemon change neither
 * the verdict nor the id, and bound the memory. */

#include <stdint.h>

#include "base/limits.h"
#include "wire/response.h"

#define LARGE_ARENA (4u << 20)

typedef union {
        OmgWireRequest request;
        OmgWireResponse response;
} Value;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static guint64 get_id(const OmgWireType *type, const Value *value)
{
        return type == &omg_wire_request_type ? value->request.id : value->response.id;
}

static GByteArray *encode(const OmgWireType *type, const Value *value)
{
        g_autoptr(OmgWireEncoder) encoder = omg_wire_encoder_new();
        g_autoptr(GByteArray) out = g_byte_array_new();

        g_assert_true(omg_wire_encode(encoder, type, value, G_MAXSIZE, out, NULL));
        return g_steal_pointer(&out);
}

/* What is written of it is read as the same value. */
static void check_again(const OmgWireType *type, const Value *value)
{
        static const OmgWireCaps all = {.max_items = G_MAXSIZE, .max_depth = OMG_LIMIT_DEPTH};
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();
        g_autoptr(GByteArray) first = encode(type, value), second = NULL;
        g_autoptr(GError) error = NULL;
        Value again;

        if (!omg_wire_decode(type, first->data, first->len, &all, arena, &again, NULL, &error))
                g_error("what was written is refused: %s", error->message);
        second = encode(type, &again);
        g_assert_cmpmem(first->data, first->len, second->data, second->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const OmgWireCaps all = {.max_items = G_MAXSIZE, .max_depth = OMG_LIMIT_DEPTH};
        const OmgWireType *type =
                size > 0 && data[0] & 1 ? &omg_wire_response_type : &omg_wire_request_type;
        OmgWireCaps caps = {.max_items = OMG_LIMIT_BATCH + 1, .max_depth = OMG_LIMIT_DEPTH};
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new(), cut_arena = omg_wire_arena_new();
        g_autoptr(GError) error = NULL;
        Value value, cut;
        gboolean accepted, is_cut = FALSE;

        if (size == 0)
                return 0;
        if (data[0] & 2) /* so that the fuzzer need not write a hundred items */
                caps.max_items = data[0] >> 2;
        accepted = omg_wire_decode(type, data + 1, size - 1, &all, arena, &value, NULL, &error);
        g_assert_true(accepted == !error);
        g_assert_true(accepted == omg_wire_decode(type, data + 1, size - 1, &caps, cut_arena, &cut,
                                                  &is_cut, NULL));
        g_assert_cmpuint(omg_wire_arena_get_size(cut_arena), <, LARGE_ARENA);
        if (!accepted)
                return 0;
        g_assert_cmpuint(get_id(type, &value), ==, get_id(type, &cut));
        check_again(type, &value);
        check_again(type, &cut);
        if (!is_cut) {
                g_autoptr(GByteArray) a = encode(type, &value), b = encode(type, &cut);
                g_assert_cmpmem(a->data, a->len, b->data, b->len);
        }
        return 0;
}
