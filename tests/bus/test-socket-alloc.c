/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the socket's requests cost in memory once its buffers have grown. */
#include "counted-malloc.h"
#include "socket-fixture.h"

/* Requests that a shell prompt or a type-ahead sends all the time allocate nothing: neither to be
 * read, nor to be answered, nor for the reply. */
static void test_no_allocation(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new();
        g_autoptr(GByteArray) out = g_byte_array_new();
        OmgWireRequest items[] = {make_request(OMG_WIRE_PING, 1), make_request(OMG_WIRE_STATUS, 2)};
        OmgWireRequest requests[] = {
                make_request(OMG_WIRE_PING, 1),         make_request(OMG_WIRE_PING, G_MAXUINT64),
                make_request(OMG_WIRE_STATUS, 2),       make_request(OMG_WIRE_METRICS, 3),
                make_request(OMG_WIRE_CACHE_STATS, 4),  make_query(OMG_WIRE_SEARCH, 5, "vim", 20),
                make_query(OMG_WIRE_SEARCH, 6, "", -1), make_batch(7, items, 2),
        };

        if (counted_malloc_get() == 0) {
                g_test_skip("another malloc is in front of this one (valgrind?)");
                return;
        }
        for (gsize i = 0; i < G_N_ELEMENTS(requests); i++) {
                g_autoptr(GByteArray) body = make_body(f, &requests[i]);
                guint before = 0;

                for (guint round = 0; round < 10; round++) {
                        if (round == 2)
                                before = counted_malloc_get();
                        g_byte_array_set_size(out, 0);
                        g_assert_cmpint(omg_socket_call(f->calls, body->data, body->len, FALSE, out,
                                                        NULL, NULL, NULL),
                                        ==, OMG_SOCKET_ANSWERED);
                }
                g_assert_cmpuint(counted_malloc_get(), ==, before);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/socket-alloc/none", test_no_allocation);
        return g_test_run();
}
