/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <glib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/no-network.h"

/* What a socket of that family comes to: 0 or an errno. */
static int try_socket(int family)
{
        int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int errnum = fd < 0 ? errno : 0;

        if (fd >= 0)
                (void)close(fd);
        return errnum;
}

static int try_pair(int family)
{
        int fds[2], r = socketpair(family, SOCK_STREAM | SOCK_CLOEXEC, 0, fds);
        int errnum = r < 0 ? errno : 0;

        if (r == 0) {
                (void)close(fds[0]);
                (void)close(fds[1]);
        }
        return errnum;
}

/* Every family that Linux has, and numbers that it has not, but those allowed. */
static void check_families(gboolean netlink)
{
        for (int family = -1; family < 64; family++) {
                if (family == AF_UNIX || (family == AF_NETLINK && netlink))
                        continue;
                g_assert_cmpint(try_socket(family), ==, EAFNOSUPPORT);
                g_assert_cmpint(try_pair(family), ==, EAFNOSUPPORT);
        }
        g_assert_cmpint(try_socket(AF_UNIX), ==, 0);
        g_assert_cmpint(try_pair(AF_UNIX), ==, 0);
        g_assert_true((try_socket(AF_NETLINK) != EAFNOSUPPORT) == netlink);
}

/* The kernel takes the low half of a register for the family: one with bits above must not pass. */
static void check_high_bits(void)
{
        const long family = (long)(G_GUINT64_CONSTANT(1) << 32 | AF_INET);
        long fd = syscall(SYS_socket, family, (long)SOCK_DGRAM, 0L);

        g_assert_cmpint(fd, ==, -1);
        g_assert_cmpint(errno, ==, EAFNOSUPPORT);
}

static void check_io_uring(void)
{
        char parameters[128] = {0};

        g_assert_cmpint(syscall(SYS_io_uring_setup, 1, parameters), ==, -1);
        g_assert_cmpint(errno, ==, ENOSYS);
}

/* In the table of i386 system calls getpid is 20 and needs no leave: with the filter there is no
 * such table. */
#if defined(__x86_64__)
static void check_other_architecture(void)
{
        long result;

        __asm__ volatile("int $0x80"
                         : "=a"(result)
                         : "a"(20L)
                         : "memory", "r8", "r9", "r10", "r11");
        g_assert_cmpint((int)result, ==, -ENOSYS);
}
#else
static void check_other_architecture(void)
{
}
#endif

static void check_all(gboolean netlink)
{
        check_families(netlink);
        check_high_bits();
        check_io_uring();
        check_other_architecture();
        g_assert_cmpint(prctl(PR_GET_SECCOMP), ==, 2);
        g_assert_cmpint(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), ==, 1);
}

static gboolean stop_waiting;

static gpointer run_beside(gpointer data)
{
        while (!g_atomic_int_get(&stop_waiting))
                g_thread_yield();
        check_all(TRUE);
        return NULL;
}

/* With netlink: in the thread that asked, in one that was there before, and in one made later. */
static void test_netlink(void)
{
        g_autoptr(GError) error = NULL;

        if (!g_test_subprocess()) {
                g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
                g_test_trap_assert_passed();
                return;
        }
        g_assert_cmpint(try_socket(AF_INET), ==, 0);
        GThread *before = g_thread_new("before", run_beside, NULL);
        g_assert_true(omg_no_network_enter(OMG_NO_NETWORK_BUT_NETLINK, &error));
        g_assert_no_error(error);
        check_all(TRUE);
        g_atomic_int_set(&stop_waiting, TRUE);
        g_thread_join(before);
        g_thread_join(g_thread_new("after", run_beside, NULL));
}

/* Without; and whoever has netlink can still give it up. */
static void test_unix_alone(void)
{
        g_autoptr(GError) error = NULL;

        if (!g_test_subprocess()) {
                g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
                g_test_trap_assert_passed();
                return;
        }
        g_assert_true(omg_no_network_enter(OMG_NO_NETWORK_BUT_NETLINK, &error));
        g_assert_true(omg_no_network_enter(OMG_NO_NETWORK_UNIX_ALONE, &error));
        check_all(FALSE);
}

/* A program started from here has no network either. */
static void test_inherited(void)
{
        g_autoptr(GError) error = NULL;

        if (!g_test_subprocess()) {
                g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
                g_test_trap_assert_passed();
                return;
        }
        g_assert_true(omg_no_network_enter(OMG_NO_NETWORK_UNIX_ALONE, &error));
        execl("/proc/self/exe", "test-no-network", "--probe", NULL);
        g_assert_not_reached();
}

int main(int argc, char **argv)
{
        if (argc == 2 && g_str_equal(argv[1], "--probe")) {
                check_all(FALSE);
                return 0;
        }
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/no-network/netlink", test_netlink);
        g_test_add_func("/no-network/unix-alone", test_unix_alone);
        g_test_add_func("/no-network/inherited", test_inherited);
        return g_test_run();
}
