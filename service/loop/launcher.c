/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/launcher.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "loop/launcher-private.h"

#define ANSWER_SEC 10

struct OmgLauncher {
        char *program;
        pid_t pid; /* 0: gone */
        int fd;
        char *reason; /* why it is gone */
};

OmgLauncher *omg_launcher_new(const char *program, GError **error)
{
        g_autoptr(OmgLauncher) self = g_new0(OmgLauncher, 1);
        const struct timeval timeout = {.tv_sec = ANSWER_SEC};
        const pid_t omgd = getpid();
        int fds[2];

        self->fd = -1;
        self->program = g_strdup(program);
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
                omg_error_set_errno(error, errno, "launcher");
                return NULL;
        }
        self->pid = fork();
        if (self->pid == 0)
                omg_launcher_main(program, fds[1], omgd);
        const int errnum = errno;
        self->fd = fds[0];
        (void)close(fds[1]);
        (void)setsockopt(self->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
        (void)setsockopt(self->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
        if (self->pid > 0)
                return g_steal_pointer(&self);
        self->pid = 0;
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "launcher: %s", g_strerror(errnum));
        return NULL;
}

static void end_process(OmgLauncher *self, int *ret_status)
{
        pid_t r;

        (void)close(self->fd);
        self->fd = -1;
        if (self->pid == 0)
                return;
        (void)kill(self->pid, SIGKILL);
        do
                r = waitpid(self->pid, ret_status, 0);
        while (r < 0 && errno == EINTR);
        self->pid = 0;
}

static gboolean fail(OmgLauncher *self, GError **error)
{
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                    "cannot start %s: the process that starts it is gone (%s), and omgd, which has "
                    "no network, cannot make another: restart omgd",
                    self->program, self->reason);
        return FALSE;
}

/* An omgd that has given up the network can make no other. Should the program run, unknown to us,
 * it finds the ends of its pipes closed. */
static gboolean give_up(OmgLauncher *self, const char *reason, GError **error)
{
        int status = 0;

        end_process(self, &status);
        self->reason = g_strdup(reason);
        return fail(self, error);
}

static GByteArray *pack(const char *const *arguments, GError **error)
{
        g_autoptr(GByteArray) text = g_byte_array_new();

        g_byte_array_append(text, (const guint8 *)"", 1);
        for (gsize i = 0; arguments[i]; i++) {
                gsize size = strlen(arguments[i]) + 1;
                if (text->len + size > OMG_LIMIT_LAUNCH) {
                        g_set_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS,
                                    "more than %u bytes of arguments", OMG_LIMIT_LAUNCH);
                        return NULL;
                }
                g_byte_array_append(text, (const guint8 *)arguments[i], (guint)size);
        }
        return g_steal_pointer(&text);
}

static gboolean send_order(int fd, const GByteArray *text, const int *fds)
{
        OmgLauncherControl control = {0};
        struct iovec part = {text->data, text->len};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof(control)};
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        ssize_t n;

        *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
                                   .cmsg_type = SCM_RIGHTS,
                                   .cmsg_len = CMSG_LEN(OMG_LAUNCHER_FDS * sizeof(int))};
        memcpy(CMSG_DATA(header), fds, OMG_LAUNCHER_FDS * sizeof(int));
        do
                n = sendmsg(fd, &message, MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        return n == (ssize_t)text->len;
}

gboolean omg_launcher_start(OmgLauncher *self, const char *const *arguments,
                            const int fds[OMG_LAUNCHER_FDS], pid_t *ret_pid, GError **error)
{
        g_autoptr(GByteArray) text = pack(arguments, error);
        OmgLauncherAnswer answer;
        ssize_t n;

        if (!text)
                return FALSE;
        if (self->reason)
                return fail(self, error);
        if (!send_order(self->fd, text, fds))
                return give_up(self, g_strerror(errno), error);
        do
                n = recv(self->fd, &answer, sizeof(answer), 0);
        while (n < 0 && errno == EINTR);
        if (n != (ssize_t)sizeof(answer))
                return give_up(self, n < 0 ? g_strerror(errno) : "it ended", error);
        if (answer.errnum == 0) {
                *ret_pid = answer.pid;
                return TRUE;
        }
        if (answer.pid > 0)
                (void)waitpid(answer.pid, NULL, 0);
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "cannot start %s: %s", self->program,
                    g_strerror(answer.errnum));
        return FALSE;
}

void omg_launcher_free(OmgLauncher *self)
{
        int status = 0;

        if (!self)
                return;
        if (self->fd >= 0)
                end_process(self, &status);
        g_free(self->program);
        g_free(self->reason);
        g_free(self);
}
