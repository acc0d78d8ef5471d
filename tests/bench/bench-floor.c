/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench-floor.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST (1u << 20)

/* One read and one write for a message, as a server that knows its sizes would do it. FALSE at the
 * end. */
static gboolean serve_one(int fd, char *buffer, gsize request, gsize reply)
{
        for (gsize done = 0; done < request;) {
                ssize_t n = read(fd, buffer + done, request - done);
                if (n < 0 && (errno == EINTR || errno == EAGAIN))
                        continue;
                if (n <= 0)
                        return FALSE;
                done += (gsize)n;
        }
        for (gsize done = 0; done < reply;) {
                ssize_t n = write(fd, buffer + done, reply - done);
                if (n < 0 && (errno == EINTR || errno == EAGAIN))
                        continue;
                if (n <= 0)
                        return FALSE;
                done += (gsize)n;
        }
        return TRUE;
}

static void make_pair(int *ret_ours, int *ret_theirs)
{
        int fds[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
                g_error("socketpair: %s", g_strerror(errno));
        *ret_ours = fds[0];
        *ret_theirs = fds[1];
}

static pid_t fork_or_die(void)
{
        pid_t pid = fork();

        if (pid < 0)
                g_error("fork: %s", g_strerror(errno));
        return pid;
}

/* Without our other ends: it would never see them closed. */
static void keep_only(const int *fds, guint n)
{
        int last = STDERR_FILENO;

        for (guint i = 0; i < n; i++) {
                if (fds[i] > last + 1)
                        (void)close_range((unsigned)last + 1, (unsigned)fds[i] - 1, 0);
                last = fds[i];
        }
        (void)close_range((unsigned)last + 1, ~0u, 0);
}

pid_t bench_floor_start_pair(gsize request, gsize reply, int *ret_fd)
{
        int theirs;

        g_assert(request <= MOST && reply <= MOST);
        make_pair(ret_fd, &theirs);
        pid_t pid = fork_or_die();
        if (pid == 0) {
                char *buffer = g_malloc0(MOST);
                keep_only(&theirs, 1);
                while (serve_one(theirs, buffer, request, reply))
                        ;
                _exit(0);
        }
        (void)close(theirs);
        return pid;
}

static void serve_many(const int *fds, guint n, gsize request, gsize reply)
{
        char *buffer = g_malloc0(MOST);
        int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        guint open = n;

        for (guint i = 0; i < n; i++) {
                struct epoll_event event = {.events = EPOLLIN, .data.fd = fds[i]};
                if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fds[i], &event) < 0)
                        _exit(1);
        }
        while (open > 0) {
                struct epoll_event events[64];
                int ready = epoll_wait(epoll_fd, events, G_N_ELEMENTS(events), -1);

                for (int i = 0; i < ready; i++) {
                        if (serve_one(events[i].data.fd, buffer, request, reply))
                                continue;
                        (void)close(events[i].data.fd);
                        open--;
                }
        }
}

pid_t bench_floor_start_many(gsize request, gsize reply, guint n, int *fds)
{
        g_autofree int *theirs = g_new(int, n);

        g_assert(request <= MOST && reply <= MOST);
        for (guint i = 0; i < n; i++)
                make_pair(&fds[i], &theirs[i]);
        pid_t pid = fork_or_die();
        if (pid == 0) {
                keep_only(theirs, n);
                serve_many(theirs, n, request, reply);
                _exit(0);
        }
        for (guint i = 0; i < n; i++)
                (void)close(theirs[i]);
        return pid;
}

void bench_floor_end(pid_t pid)
{
        int status = 0;

        (void)waitpid(pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                g_error("the bare server ended with status %d", status);
}
