/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The codec against the reference: 1,787 bodies that it wrote, read or refused. */

#include <string.h>

#include "base/error.h"
#include "wire-bodies.h"
#include "wire-print.h"

static const GArray *bodies;

static const WireBody *get_body(guint i)
{
        return &g_array_index(bodies, WireBody, i);
}

static void assert_same_bytes(const WireBody *body, const GByteArray *out)
{
        gsize length;
        const guint8 *bytes = g_bytes_get_data(body->body, &length);

        if (out->len == length && memcmp(out->data, bytes, length) == 0)
                return;
        g_test_message("%s: other bytes", body->name);
        g_test_fail();
}

/* What the reference accepts gives the same value, and that value the same bytes; what it refuses
 * is refused. */
static void test_reference(void)
{
        g_autoptr(OmgWireEncoder) encoder = omg_wire_encoder_new();
        g_autoptr(OmgWireArena) arena = omg_wire_arena_new();
        g_autoptr(GByteArray) out = g_byte_array_new();
        g_autoptr(GString) text = g_string_new(NULL);
        guint n_forms[128] = {0};

        bodies = wire_bodies_get(g_test_get_filename(G_TEST_DIST, "data", "wire.xz", NULL));
        for (guint i = 0; i < bodies->len; i++) {
                const WireBody *body = get_body(i);
                g_autoptr(GError) error = NULL;
                gsize length;
                const guint8 *bytes = g_bytes_get_data(body->body, &length);
                g_autofree guint8 *exact = g_memdup2(bytes, length);
                WireValue value;

                n_forms[(guint8)body->form]++;
                omg_wire_arena_reset(arena);
                if (!omg_wire_decode(body->type, exact, length, &wire_all, arena, &value, NULL,
                                     &error)) {
                        if (body->form != '!') {
                                g_test_message("%s: %s", body->name, error->message);
                                g_test_fail();
                        }
                        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNDECODABLE);
                        g_assert_true(g_str_has_prefix(error->message, "byte "));
                        continue;
                }
                wire_print(g_string_truncate(text, 0), body->type, &value);
                if (!g_str_equal(text->str, body->value)) {
                        g_test_message("%s: %.200s instead of %.200s", body->name, text->str,
                                       body->form == '!' ? "an error" : body->value);
                        g_test_fail();
                }
                g_byte_array_set_size(out, 0);
                g_assert_true(omg_wire_encode(encoder, body->type, &value, G_MAXSIZE, out, &error));
                if (body->form == '=')
                        assert_same_bytes(body, out);
        }
        g_assert_cmpuint(n_forms['='], >=, 746);
        g_assert_cmpuint(n_forms['='] + n_forms['~'] + n_forms['!'], ==, 746 + 1041);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/wire/reference", test_reference);
        return g_test_run();
}
