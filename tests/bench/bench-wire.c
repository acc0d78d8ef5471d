/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The codec of the legacy socket: what answers cost to write and requests to read, and what the
 * worst requests of a frame's size cost. */

#include <string.h>

#include "base/limits.h"
#include "bench-common.h"
#include "wire/response.h"

#define MAX_ITEMS (OMG_LIMIT_BATCH + 1) /* as in the daemon */

typedef struct {
        OmgWireEncoder *encoder;
        OmgWireArena *arena;
        GByteArray *out;
        OmgWireResponse reply;
        OmgWireRequest request;
        const guint8 *body;
        gsize length;
        guint times; /* of what is too short for the clock */
} Bench;

static void encode_reply(gpointer data, guint i)
{
        Bench *bench = data;

        for (guint j = 0; j < bench->times; j++) {
                g_byte_array_set_size(bench->out, 0);
                g_assert_true(omg_wire_encode(bench->encoder, &omg_wire_response_type,
                                              &bench->reply, OMG_LIMIT_REPLY, bench->out, NULL));
        }
}

static void decode_request(gpointer data, guint i)
{
        static const OmgWireCaps caps = {.max_items = MAX_ITEMS, .max_depth = OMG_LIMIT_DEPTH};
        Bench *bench = data;

        for (guint j = 0; j < bench->times; j++) {
                omg_wire_arena_reset(bench->arena);
                g_assert_true(omg_wire_decode(&omg_wire_request_type, bench->body, bench->length,
                                              &caps, bench->arena, &bench->request, NULL, NULL));
        }
}

/* µs of one time. */
static void measure(Bench *bench, const char *name, BenchFunction function, guint times)
{
        guint64 spans[101];

        bench->times = times;
        for (guint i = 0; i < G_N_ELEMENTS(spans); i++) {
                guint64 begin = bench_now_ns();
                function(bench, i);
                spans[i] = bench_now_ns() - begin;
        }
        bench_print(bench_percentile(spans, G_N_ELEMENTS(spans), 50) / times, "us", "%s: p50",
                    name);
        bench_print(bench_percentile(spans, G_N_ELEMENTS(spans), 99) / times, "us", "%s: p99",
                    name);
}

/* About 80 bytes a package. */
static void fill_reply(Bench *bench, guint n)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyz-0123456789 abcdefghijklmnop "
                                      "a library for things and a tool for others, with ways";
        OmgWirePackage *packages = omg_wire_arena_alloc_n(bench->arena, n, sizeof *packages);
        guint32 state = 1;

        for (guint i = 0; i < n; i++) {
                state = state * 1664525 + 1013904223;
                packages[i] = (OmgWirePackage){
                        .name = {letters + i % 19, 5 + (state >> 28)},
                        .version = {letters + 26, 5 + (state >> 25) % 8},
                        .description = {letters + i % 23, 24 + (state >> 20) % 56},
                        .source = omg_wire_string("official"),
                };
        }
        bench->reply = (OmgWireResponse){
                .id = 7,
                .result.search = {.packages = {packages, n}, .total = n},
        };
}

static void measure_replies(Bench *bench)
{
        static const guint sizes[] = {20, 1000};

        for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
                g_autofree char *name = g_strdup_printf("encode a Search reply of %u", sizes[i]);
                fill_reply(bench, sizes[i]);
                measure(bench, name, encode_reply, 20);
                bench_print(bench->out->len, "bytes", "%s: body", name);
                omg_wire_arena_reset(bench->arena);
        }
        bench->reply = (OmgWireResponse){
                .id = 7, .result = {.tag = OMG_WIRE_RESULT_PING, .text = omg_wire_string("pong")}};
        measure(bench, "encode a Ping reply", encode_reply, 1000);
}

static void measure_request(Bench *bench, const char *name, const guint8 *body, gsize length,
                            guint times)
{
        bench->body = body;
        bench->length = length;
        measure(bench, name, decode_request, times);
}

/* A column of bits that are all zero, with a tag or length as base; as INT: ids. */
static void append_column(GByteArray *body, const char *header, gsize header_length, guint n)
{
        g_byte_array_append(body, (const guint8 *)header, (guint)header_length);
        g_byte_array_set_size(body, body->len + n / 8);
        memset(body->data + body->len - n / 8, 0, n / 8);
}

/* A batch of n requests (up to 2^32), so far without their columns. */
static GByteArray *batch_new(guint n)
{
        GByteArray *body = g_byte_array_new();
        guint32 n_le = GUINT32_TO_LE(n);

        g_byte_array_append(body, (const guint8 *)"\x0b\x06\x01\xff\x02", 5);
        g_byte_array_append(body, (const guint8 *)&n_le, 4);
        return body;
}

/* A frame of pings, a bit for each tag and each id. */
static void measure_pings(Bench *bench)
{
        const guint n = 4000000;
        g_autoptr(GByteArray) body = batch_new(n);

        append_column(body, "\x09\x06", 2, n);
        append_column(body, "\x06\x0a", 2, n);
        measure_request(bench, "decode 4000000 pings", body->data, body->len, 1);
}

/* A frame of batches that are empty, but for the last: it must be looked for. */
static void measure_batches(Bench *bench)
{
        const guint n = 2666664;
        g_autoptr(GByteArray) body = batch_new(n);

        append_column(body, "\x09\x0b", 2, n);
        append_column(body, "\x06\x0a", 2, n);
        append_column(body, "\x0a", 1, n);
        body->data[body->len - 1] = 0x80;
        g_byte_array_append(body, (const guint8 *)"\x06\x06\x01", 3);
        measure_request(bench, "decode 2666664 batches", body->data, body->len, 1);
}

int main(int argc, char **argv)
{
        Bench bench = {.encoder = omg_wire_encoder_new(),
                       .arena = omg_wire_arena_new(),
                       .out = g_byte_array_new()};

        measure_replies(&bench);
        measure_request(&bench, "decode a Ping request", (const guint8 *)"\x06\x06\x01", 3, 1000);
        measure_request(&bench, "decode a Search request",
                        (const guint8 *)"\x00\x06\x07\x07"
                                        "firefox\x01\x06\x14",
                        14, 1000);
        measure_pings(&bench);
        measure_batches(&bench);
        omg_wire_encoder_free(bench.encoder);
        omg_wire_arena_free(bench.arena);
        g_byte_array_unref(bench.out);
        return 0;
}
