/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the hot path of the socket must not do. */
#include <sys/socket.h>
#include <unistd.h>

#include "counted-malloc.h"
#include "socket-double.h"

static void ask(SocketFixture *f, int fd)
{
        guint8 answer[64];

        client_send(fd, "\0\0\0\3e\1x", 7);
        while (recv(fd, answer, sizeof(answer), 0) <= 0)
                g_assert_cmpint(sd_event_run(f->event, 0), >=, 0);
}

static guint64 get_turns(SocketFixture *f)
{
        uint64_t turns;

        g_assert_cmpint(sd_event_get_iteration(f->event, &turns), >=, 0);
        return turns;
}

/* A request that comes whole and is answered at once costs no memory, with and without a rate, and
 * one turn of the loop. */
static void test_no_allocation(void)
{
        g_autoptr(SocketFixture) f = socket_fixture_new(NULL);
        int fd = client_new(f);

        if (counted_malloc_get() == 0) {
                g_test_skip("another malloc is in front of this one (valgrind?)");
                return;
        }
        for (guint rate = 0; rate <= 1000000; rate += 1000000) {
                omg_socket_server_set_rate(f->server, rate, 1000000);
                for (guint i = 0; i < 10; i++)
                        ask(f, fd);
                const guint before = counted_malloc_get();
                const guint64 turns_before = get_turns(f);
                for (guint i = 0; i < 100; i++)
                        ask(f, fd);
                g_assert_cmpuint(counted_malloc_get(), ==, before);
                g_assert_cmpuint(get_turns(f) - turns_before, ==, 100);
        }
        (void)close(fd);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/socket-server-alloc/no-allocation", test_no_allocation);
        return g_test_run();
}
