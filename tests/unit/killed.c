/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "killed.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void killed_acknowledge(int fd, guint64 number)
{
        if (write(fd, &number, sizeof(number)) != sizeof(number))
                _exit(1);
}

static pid_t start(KilledChild child, gpointer data, int *ret_fd)
{
        int fds[2];

        g_assert_cmpint(pipe(fds), ==, 0);
        pid_t pid = fork();
        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)close(fds[0]);
                child(fds[1], data);
                _exit(1);
        }
        (void)close(fds[1]);
        *ret_fd = fds[0];
        return pid;
}

/* Under valgrind, which looks for other things, each round takes a second. */
static guint get_most_rounds(void)
{
        const char *preloaded = g_getenv("LD_PRELOAD");
        return preloaded && strstr(preloaded, "vgpreload") ? 10 : G_MAXUINT;
}

void killed_loop(guint rounds, guint max_usec, KilledChild child, KilledCheck check, gpointer data)
{
        rounds = MIN(rounds, get_most_rounds());
        for (guint i = 0; i < rounds; i++) {
                guint64 last = 0, number;
                int fd, status;
                pid_t pid = start(child, data, &fd);

                if (g_test_rand_int_range(0, 4) > 0)
                        g_assert_cmpint(read(fd, &last, sizeof(last)), ==, sizeof(last));
                g_usleep(g_test_rand_int_range(0, max_usec));
                g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
                g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
                /* It was killed, and had not failed before. */
                g_assert_true(WIFSIGNALED(status));
                while (read(fd, &number, sizeof(number)) == sizeof(number))
                        last = number;
                (void)close(fd);
                check(last, data);
        }
}
