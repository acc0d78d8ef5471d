/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The form of bodies where the recorded ones do not show it, and what is said of those that have
 * not that form. */

#include <string.h>

#include "base/error.h"
#include "wire-bodies.h"

/* The order of columns is that in which the values first meet them, for types that the protocol
 * does not have, too: here the second option is first met. Numbers of any sign and width. */
static void test_order(void)
{
        typedef struct {
                OmgWireOptionU64 a, b;
                gint32 c;
        } Pair;
        static const OmgWireType number = {OMG_WIRE_KIND_U64, "u64", sizeof(guint64), 0, NULL};
        static const OmgWireType code = {OMG_WIRE_KIND_I32, "i32", sizeof(gint32), 0, NULL};
        static const OmgWireField some = {NULL, offsetof(OmgWireOptionU64, value), &number};
        static const OmgWireType option = {OMG_WIRE_KIND_OPTION, "option", sizeof(OmgWireOptionU64),
                                           1, &some};
        static const OmgWireField fields[] = {{"a", offsetof(Pair, a), &option},
                                              {"b", offsetof(Pair, b), &option},
                                              {"c", offsetof(Pair, c), &code}};
        static const OmgWireType pair = {OMG_WIRE_KIND_STRUCT, "pair", sizeof(Pair), 3, fields};
        static const OmgWireField item = {NULL, 0, &pair};
        static const OmgWireType list = {OMG_WIRE_KIND_LIST, "list", sizeof(OmgWireItems), 1,
                                         &item};
        /* Length; tags of a, of b; the value of b; c, 4 bytes for the negative one; the value of a.
         */
        static const guint8 wanted[] = "\x02\x00\x01\x01\x00\x06\x07"
                                       "\x00\x00\x00\x00\x80\xff\xff\xff\x7f\x06\x09";
        static const OmgWireCaps one = {.max_items = 1, .max_depth = 1};
        Pair pairs[] = {{.b = {TRUE, 7}, .c = G_MININT32}, {.a = {TRUE, 9}, .c = G_MAXINT32}};
        OmgWireItems value = {pairs, 2}, again;
        g_autoptr(OmgWireEncoder) encoder = omg_wire_encoder_new();
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();
        g_autoptr(GByteArray) out = g_byte_array_new();
        gboolean is_cut;

        g_assert_true(omg_wire_encode(encoder, &list, &value, 100, out, NULL));
        g_assert_cmpmem(out->data, out->len, wanted, sizeof wanted - 1);
        g_assert_true(
                omg_wire_decode(&list, out->data, out->len, &wire_all, arena, &again, NULL, NULL));
        g_assert_cmpuint(again.n, ==, 2);
        g_assert_cmpint(((Pair *)again.items)[0].c, ==, G_MININT32);
        g_assert_cmpint(((Pair *)again.items)[1].c, ==, G_MAXINT32);
        g_assert_false(((Pair *)again.items)[0].a.is_some);
        g_assert_cmpuint(((Pair *)again.items)[1].a.value, ==, 9);
        g_assert_true(
                omg_wire_decode(&list, out->data, out->len, &one, arena, &again, &is_cut, NULL));
        g_assert_true(is_cut);
        g_assert_cmpuint(again.n, ==, 1);
        g_assert_cmpuint(((Pair *)again.items)[0].b.value, ==, 7);
}

/* A NUL is a character like others, beside others. */
static void test_nul(void)
{
        static const guint8 body[] = "\x01\x06\x01\x06\x00\xc3\xa9\x00\x00\x61";
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();
        WireValue value;

        g_assert_true(wire_decode(&omg_wire_request_type, body, sizeof body - 1, &wire_all, arena,
                                  &value, NULL, NULL));
        g_assert_cmpuint(value.request.package.length, ==, 6);
}

/* Errors say what is wrong at which byte. */
static void test_messages(void)
{
        static const struct {
                const char *body;
                gsize length;
                const char *message;
        } replies[] =
                {
                        {"\x02", 1, "byte 0: Response: tag 2 of a Response is out of range"},
                        {"\x01\x06\x06\x05\x00", 5,
                         "byte 3: code of Error: header 5 is out of range"},
                        {"\x00\x06\x06\x0d", 4,
                         "byte 3: result of Success: tag 13 of a ResponseResult is out of range"},
                },
          cases[] = {
                  {"", 0, "byte 0: Request: bytes needed: 1, left: 0"},
                  {"\x0d", 1, "byte 0: Request: tag 13 of a Request is out of range"},
                  {"\x06", 1, "byte 1: id of Ping: bytes needed: 1, left: 0"},
                  {"\x06\x07", 2, "byte 1: id of Ping: header 7 is out of range"},
                  {"\x06\x04\x01", 3, "byte 2: id of Ping: bytes needed: 2, left: 1"},
                  {"\x06\x06\x01\x00\x00", 5, "byte 3: Request: ends here; bytes that follow: 2"},
                  {"\x00\x06\x07\x02\xc3\x28\x00", 7, "byte 4: query of Search: not valid UTF-8"},
                  {"\x00\x06\x07\x01\x61\x02", 6,
                   "byte 5: limit of Search: tag 2 of an option is out of range"},
                  {"\x00\x06\x07\x01\x61\x01", 6,
                   "byte 6: limit of Search: bytes needed: 1, left: 0"},
                  {"\x0b\x06\x01\x03\x0b", 5,
                   "byte 4: requests of Batch: header 11 is out of range"},
                  {"\x0b\x06\x01\x03\x02\x66\x0d", 7,
                   "byte 6: requests of Batch: tag 13 of a Request is out of range"},
                  {"\x0b\x06\x01\x02\x01\x01\x06\x01\x02\x01\x01\xc3\xa9", 13,
                   "byte 12: package of Info: a character divided between two strings"},
                  {"\x0b\x06\x01\x64\x06", 5,
                   "byte 3: requests of Batch: items: 100, bytes left for them: 1"},
                  {"\x0b\x06\x01\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff", 13,
                   "byte 3: requests of Batch: the lengths are too large"},
          };
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                WireValue value;
                g_assert_false(wire_decode(&omg_wire_request_type, (const guint8 *)cases[i].body,
                                           cases[i].length, &wire_all, arena, &value, NULL,
                                           &error));
                g_assert_error(error, OMG_ERROR, OMG_ERROR_UNDECODABLE);
                g_assert_cmpstr(error->message, ==, cases[i].message);
        }
        for (guint i = 0; i < G_N_ELEMENTS(replies); i++) {
                g_autoptr(GError) error = NULL;
                WireValue value;
                g_assert_false(wire_decode(&omg_wire_response_type, (const guint8 *)replies[i].body,
                                           replies[i].length, &wire_all, arena, &value, NULL,
                                           &error));
                g_assert_cmpstr(error->message, ==, replies[i].message);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/wire-form/order", test_order);
        g_test_add_func("/wire-form/nul", test_nul);
        g_test_add_func("/wire-form/messages", test_messages);
        return g_test_run();
}
