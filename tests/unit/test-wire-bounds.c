/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the codec does with too much of something: items, depth, bytes, claims. */

#include <malloc.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "wire-bodies.h"
#include "wire-print.h"

static const GArray *get_bodies(void)
{
        return wire_bodies_get(g_test_get_filename(G_TEST_DIST, "data", "wire.xz", NULL));
}

/* No body with its end missing is accepted, and none with something behind it. */
static void test_prefixes(void)
{
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();
        const GArray *bodies = get_bodies();
        guint n = 0;

        for (guint i = 0; i < bodies->len; i++) {
                const WireBody *body = &g_array_index(bodies, WireBody, i);
                gsize length;
                const guint8 *bytes = g_bytes_get_data(body->body, &length);
                g_autofree guint8 *longer = g_malloc0(length + 1);
                WireValue value, untouched;

                memset(&untouched, 0xaa, sizeof untouched);
                value = untouched;

                if (body->form == '!' || length > 600)
                        continue;
                for (gsize j = 0; j < length; j++, n++)
                        g_assert_false(wire_decode(body->type, bytes, j, &wire_all, arena, &value,
                                                   NULL, NULL));
                memcpy(longer, bytes, length);
                g_assert_false(wire_decode(body->type, longer, length + 1, &wire_all, arena, &value,
                                           NULL, NULL));
                g_assert_cmpmem(&value, sizeof value, &untouched, sizeof untouched);
        }
        g_assert_cmpuint(n, >, 10000);
}

static gsize count_items(const OmgWireType *type, gconstpointer value)
{
        OmgWireItems list;
        gsize n = 0;

        switch (type->kind) {
        case OMG_WIRE_KIND_LIST:
                list = omg_wire_items_get(value);
                for (gsize i = 0; i < list.n; i++)
                        n += 1 + count_items(type->fields[0].type,
                                             (const guint8 *)list.items +
                                                     i * type->fields[0].type->size);
                return n;
        case OMG_WIRE_KIND_ENUM:
                type = type->fields[*(const guint32 *)value].type;
                return count_items(type, value); /* no payload of a batch stands elsewhere */
        case OMG_WIRE_KIND_STRUCT:
                for (guint i = 0; i < type->n_fields; i++)
                        n += count_items(type->fields[i].type,
                                         (const guint8 *)value + type->fields[i].offset);
                return n;
        default:
                return 0;
        }
}

/* However few items are made, the verdict is the same, and so is the id; what is made is what would
 * have been made. */
static void assert_cut(const WireBody *body, gsize max_items, OmgWireArena *arena)
{
        const OmgWireCaps caps = {.max_items = max_items, .max_depth = OMG_LIMIT_DEPTH};
        g_autoptr(OmgWireArena) whole_arena = omg_wire_arena_new();
        gsize length;
        const guint8 *bytes = g_bytes_get_data(body->body, &length);
        gboolean is_cut, whole_is_cut;
        WireValue value, whole;
        gsize n, n_whole;

        if (body->form == '!') {
                g_assert_false(wire_decode(body->type, bytes, length, &caps, arena, &value, &is_cut,
                                           NULL));
                return;
        }
        g_assert_true(wire_decode(body->type, bytes, length, &caps, arena, &value, &is_cut, NULL));
        g_assert_true(wire_decode(body->type, bytes, length, &wire_all, whole_arena, &whole,
                                  &whole_is_cut, NULL));
        g_assert_false(whole_is_cut);
        g_assert_cmpuint(value.request.id, ==, whole.request.id);
        if (body->type != &omg_wire_request_type)
                return;
        n = count_items(body->type, &value);
        n_whole = count_items(body->type, &whole);
        g_assert_cmpuint(n, <=, max_items);
        g_assert_cmpint(is_cut, ==, n_whole > max_items);
        if (value.request.tag == OMG_WIRE_BATCH)
                g_assert_cmpuint(value.request.batch.n, ==, MIN(whole.request.batch.n, max_items));
}

static void test_items(void)
{
        static const gsize caps[] = {0, 1, 2, 3, 10, 50, OMG_LIMIT_BATCH + 1};
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();
        const GArray *bodies = get_bodies();

        G_STATIC_ASSERT(offsetof(OmgWireRequest, id) == offsetof(OmgWireResponse, id));
        for (guint i = 0; i < bodies->len; i++)
                for (guint j = 0; j < G_N_ELEMENTS(caps); j++)
                        assert_cut(&g_array_index(bodies, WireBody, i), caps[j], arena);
}

/* What is cut at the end of a list changes nothing that comes after the list. */
static void test_after_list(void)
{
        static const OmgWireCaps caps = {.max_items = 2, .max_depth = OMG_LIMIT_DEPTH};
        static const char wanted[] =
                "{\"Success\":{\"id\":9,\"result\":{\"Batch\":["
                "{\"Success\":{\"id\":1,\"result\":{\"Search\":{\"packages\":[],\"total\":300}}}},"
                "{\"Success\":{\"id\":2,\"result\":{\"Search\":{\"packages\":[],\"total\":7}}}}"
                "]}}}";
        OmgWirePackage packages[3] = {};
        OmgWireResponse replies[4] = {};
        OmgWireResponse outer = {.id = 9,
                                 .result = {.tag = OMG_WIRE_RESULT_BATCH, .batch = {replies, 4}}};
        g_autoptr(OmgWireEncoder) encoder = omg_wire_encoder_new();
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();
        g_autoptr(GByteArray) out = g_byte_array_new();
        g_autoptr(GString) text = g_string_new(NULL);
        gboolean is_cut;
        WireValue value;

        for (guint i = 0; i < 3; i++)
                packages[i].name = omg_wire_string("vim");
        for (guint i = 0; i < 4; i++)
                replies[i] = (OmgWireResponse){
                        .id = i + 1,
                        .result.search = {.packages = {packages, i}, .total = i == 0 ? 300 : 7}};
        replies[3] = (OmgWireResponse){.tag = OMG_WIRE_ERROR, .id = 4, .error.code = -5};
        g_assert_true(omg_wire_encode(encoder, &omg_wire_response_type, &outer, 1000, out, NULL));
        g_assert_true(wire_decode(&omg_wire_response_type, out->data, out->len, &caps, arena,
                                  &value, &is_cut, NULL));
        g_assert_true(is_cut);
        wire_print(text, &omg_wire_response_type, &value);
        g_assert_cmpstr(text->str, ==, wanted);
}

/* A batch in a batch ...: n batches, of which the innermost is empty. */
static GByteArray *nest(guint n)
{
        GByteArray *body = g_byte_array_new();

        for (guint i = 0; i < n; i++)
                g_byte_array_append(body, (const guint8 *)"\x0b\x06\x01\x01", 4);
        body->data[body->len - 1] = 0;
        return body;
}

/* As deep as allowed, one deeper, and as deep as a frame can be. */
static void test_depth(void)
{
        static const guint depths[] = {OMG_LIMIT_DEPTH, OMG_LIMIT_DEPTH + 1, OMG_LIMIT_FRAME / 4};
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();
        WireValue value;

        for (guint i = 0; i < G_N_ELEMENTS(depths); i++) {
                g_autoptr(GByteArray) body = nest(depths[i]);
                g_autoptr(GError) error = NULL;
                gboolean ok = wire_decode(&omg_wire_request_type, body->data, body->len, &wire_all,
                                          arena, &value, NULL, &error);
                g_assert_cmpint(ok, ==, i == 0);
                g_assert_cmpuint(omg_wire_arena_get_size(arena), <, 2 << 20);
                if (!ok) {
                        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNDECODABLE);
                        g_assert_nonnull(strstr(error->message, "byte 1027: requests of Batch: "
                                                                "more than 256 lists"));
                }
        }
}

/* The same for what is written. */
static void test_depth_written(void)
{
        g_autofree OmgWireRequest *requests = g_new0(OmgWireRequest, OMG_LIMIT_DEPTH + 1);
        g_autoptr(OmgWireEncoder) encoder = omg_wire_encoder_new();
        g_autoptr(GByteArray) out = g_byte_array_new(), expected = nest(OMG_LIMIT_DEPTH);
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i <= OMG_LIMIT_DEPTH; i++) {
                requests[i] = (OmgWireRequest){.tag = OMG_WIRE_BATCH, .id = 1};
                requests[i].batch.items = i < OMG_LIMIT_DEPTH ? &requests[i + 1] : NULL;
                requests[i].batch.n = i < OMG_LIMIT_DEPTH;
        }
        g_assert_false(
                omg_wire_encode(encoder, &omg_wire_request_type, requests, G_MAXSIZE, out, &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED);
        g_assert_cmpuint(out->len, ==, 0);
        g_assert_true(omg_wire_encode(encoder, &omg_wire_request_type, requests + 1, G_MAXSIZE, out,
                                      NULL));
        g_assert_cmpmem(out->data, out->len, expected->data, expected->len);
}

static void append_zeros(GByteArray *body, const char *header, gsize header_length, guint n)
{
        g_byte_array_append(body, (const guint8 *)header, (guint)header_length);
        g_byte_array_set_size(body, body->len + n);
        memset(body->data + body->len - n, 0, n);
}

static GByteArray *batch_of(guint32 n)
{
        GByteArray *body = g_byte_array_new();

        n = GUINT32_TO_LE(n);
        g_byte_array_append(body, (const guint8 *)"\x0b\x06\x2a\xff\x02", 5);
        g_byte_array_append(body, (const guint8 *)&n, 4);
        return body;
}

static void assert_cheap(const GByteArray *body, gboolean is_valid)
{
        static const OmgWireCaps caps = {.max_items = OMG_LIMIT_BATCH + 1,
                                         .max_depth = OMG_LIMIT_DEPTH};
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();
        gboolean is_cut;
        WireValue value;

        g_assert_cmpint(wire_decode(&omg_wire_request_type, body->data, body->len, &caps, arena,
                                    &value, &is_cut, NULL),
                        ==, is_valid);
        g_assert_cmpuint(omg_wire_arena_get_size(arena), <, 256 << 10);
        if (!is_valid)
                return;
        g_assert_true(is_cut);
        g_assert_cmpuint(value.request.id, ==, 42);
        g_assert_cmpuint(value.request.batch.n, ==, OMG_LIMIT_BATCH + 1);
}

/* A frame that stands for millions of requests takes no more memory than the hundred that are
 * wanted, and is checked to its end nevertheless. */
static void test_millions(void)
{
        g_autoptr(GByteArray) pings = batch_of(4000000), batches = batch_of(2666664);

        append_zeros(pings, "\x09\x06", 2, 500000);
        append_zeros(pings, "\x06\x0a", 2, 500000);
        assert_cheap(pings, TRUE);
        pings->data[9] = 5; /* radix 4: too few bytes now */
        assert_cheap(pings, FALSE);
        pings->data[9] = 9;
        g_byte_array_set_size(pings, pings->len - 1);
        assert_cheap(pings, FALSE);

        /* All empty but the last, which holds a ping: its columns are the last ones. */
        append_zeros(batches, "\x09\x0b", 2, 333333);
        append_zeros(batches, "\x06\x0a", 2, 333333);
        append_zeros(batches, "\x0a", 1, 333333);
        batches->data[batches->len - 1] = 0x80;
        g_byte_array_append(batches, (const guint8 *)"\x06\x06\x01", 3);
        assert_cheap(batches, TRUE);
        batches->data[batches->len - 3] = 13;
        assert_cheap(batches, FALSE);
}

/* Lists and strings that claim to be larger than the body can be: refused before memory is had,
 * though there is no cap on items. */
static void test_claims(void)
{
        static const char *const bodies[] = {
                "\x0b\x06\x01\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff", /* 2^64 - 1 */
                "\x0b\x06\x01\xff\x00\xfe\xff\xff\xff\xff\xff\x07\x00", /* 2^51 - 2 */
                "\x0b\x06\x01\xff\x02\xff\xff\xff\xff\x00\x00\x00\x00", /* 2^32 - 1 */
                "\x01\x06\x01\xff\x02\xff\xff\xff\xff\x00\x00\x00\x00",
        };
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();
        WireValue value;

        for (guint i = 0; i < G_N_ELEMENTS(bodies); i++) {
                g_assert_false(wire_decode(&omg_wire_request_type, (const guint8 *)bodies[i], 13,
                                           &wire_all, arena, &value, NULL, NULL));
                g_assert_cmpuint(omg_wire_arena_get_size(arena), <, 64 << 10);
        }
}

/* A value is written whole or not at all, and what failed leaves no trace in the next. */
static void test_max_length(void)
{
        g_autoptr(OmgWireEncoder) encoder = omg_wire_encoder_new();
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();
        g_autoptr(GByteArray) out = g_byte_array_new();
        const GArray *bodies = get_bodies();

        for (guint i = 0; i < bodies->len; i++) {
                const WireBody *body = &g_array_index(bodies, WireBody, i);
                g_autoptr(GError) error = NULL;
                gsize length;
                const guint8 *bytes = g_bytes_get_data(body->body, &length);
                WireValue value;

                if (body->form != '=')
                        continue;
                omg_wire_arena_reset(arena);
                g_assert_true(omg_wire_decode(body->type, bytes, length, &wire_all, arena, &value,
                                              NULL, NULL));
                g_byte_array_set_size(out, 0);
                g_byte_array_append(out, (const guint8 *)"head", 4);
                for (gsize step = 1, most = length - 1;; most -= step, step *= 2) {
                        g_assert_false(omg_wire_encode(encoder, body->type, &value, most, out,
                                                       error ? NULL : &error));
                        g_assert_error(error, OMG_ERROR, OMG_ERROR_LIMITS_EXCEEDED);
                        g_assert_cmpuint(out->len, ==, 4);
                        if (step > most)
                                break;
                }
                g_assert_true(omg_wire_encode(encoder, body->type, &value, length, out, NULL));
                g_assert_cmpmem(out->data, 4, "head", 4);
                g_assert_cmpmem(out->data + 4, out->len - 4, bytes, length);
        }
}

/* What an encoder took for one value is free for the next, and most is given back. (A sanitizer's
 * malloc tells nothing here.) */
static void test_encoder_memory(void)
{
        const guint n = 50000;
        g_autofree OmgWireString *names = g_new(OmgWireString, n);
        OmgWireResponse reply = {.result = {.tag = OMG_WIRE_RESULT_EXPLICIT, .names = {names, n}}};
        g_autoptr(OmgWireEncoder) encoder = omg_wire_encoder_new();
        g_autoptr(GByteArray) out = g_byte_array_sized_new(2 << 20);
        gsize before = mallinfo2().uordblks + mallinfo2().hblkhd;

        for (guint i = 0; i < n; i++)
                names[i] = omg_wire_string("linux");
        for (guint i = 0; i < 300; i++) {
                g_byte_array_set_size(out, 0);
                g_assert_true(omg_wire_encode(encoder, &omg_wire_response_type, &reply, G_MAXSIZE,
                                              out, NULL));
        }
        g_assert_cmpuint(mallinfo2().uordblks + mallinfo2().hblkhd, <, before + (64 << 10));
}

/* Pieces are zeroed, aligned and apart, also when the memory was used before; a reset gives all but
 * one block back. */
static void test_arena(void)
{
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();
        const gsize first = omg_wire_arena_get_size(arena);

        for (guint round = 0; round < 3; round++) {
                guint8 *previous = NULL;
                for (gsize size = 1; size < 100000; size = size * 3 / 2 + 1) {
                        guint8 *piece = omg_wire_arena_alloc(arena, size);
                        g_assert_cmpuint((uintptr_t)piece % 16, ==, 0);
                        for (gsize i = 0; i < size; i++)
                                g_assert_cmpuint(piece[i], ==, 0);
                        memset(piece, 0xff, size);
                        if (previous)
                                g_assert_cmpuint(previous[0], ==, 0xff);
                        previous = piece;
                }
                g_assert_cmpuint(omg_wire_arena_get_size(arena), >, first);
                omg_wire_arena_reset(arena);
                g_assert_cmpuint(omg_wire_arena_get_size(arena), ==, first);
        }
        for (guint i = 0; i < 100; i++) {
                (void)omg_wire_arena_alloc(arena, first / 2);
                g_assert_cmpuint(omg_wire_arena_get_size(arena), ==, first);
                omg_wire_arena_reset(arena);
        }
        g_assert_cmpstr(omg_wire_arena_dup(arena, "abcd", 3), ==, "abc");
        g_assert_cmpstr(omg_wire_arena_dup(arena, NULL, 0), ==, "");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/wire-bounds/prefixes", test_prefixes);
        g_test_add_func("/wire-bounds/items", test_items);
        g_test_add_func("/wire-bounds/after-list", test_after_list);
        g_test_add_func("/wire-bounds/depth", test_depth);
        g_test_add_func("/wire-bounds/depth-written", test_depth_written);
        g_test_add_func("/wire-bounds/millions", test_millions);
        g_test_add_func("/wire-bounds/claims", test_claims);
        g_test_add_func("/wire-bounds/max-length", test_max_length);
        g_test_add_func("/wire-bounds/encoder-memory", test_encoder_memory);
        g_test_add_func("/wire-bounds/arena", test_arena);
        return g_test_run();
}
