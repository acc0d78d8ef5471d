/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that starts a program for omgd. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "loop/launcher-private.h"

#define SOCKET_FD   3 /* behind the standard streams */
#define STACK_BYTES (64u << 10)
#define MAX_ARGS    (OMG_LIMIT_LAUNCH + 2)

typedef struct {
        const char *program;
        char **argv;
        const int *fds;
        int report_fd;
} Start;

/* In the new process, which has a copy of the launcher's memory. */
static int become_program(void *data)
{
        const Start *start = data;
        sigset_t none;
        int errnum;

        (void)setpgid(0, 0);
        for (int i = 1; i < NSIG; i++)
                (void)signal(i, SIG_DFL);
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        for (int i = 0; i < OMG_LAUNCHER_FDS; i++) {
                if (dup2(start->fds[i], i) < 0)
                        _exit(127);
        }
        (void)execve(start->program, start->argv, environ);
        errnum = errno;
        (void)!write(start->report_fd, &errnum, sizeof(errnum));
        _exit(127);
}

/* Why it did not become the program; 0: it did. */
static int read_report(int fd)
{
        int errnum = 0;
        ssize_t n;

        do
                n = read(fd, &errnum, sizeof(errnum));
        while (n < 0 && errno == EINTR);
        return n == (ssize_t)sizeof(errnum) ? errnum : 0;
}

static OmgLauncherAnswer start_program(const char *program, char **argv, const int *fds)
{
        static char stack[STACK_BYTES] __attribute__((aligned(64)));
        OmgLauncherAnswer answer = {0};
        int report[2];

        if (pipe2(report, O_CLOEXEC) < 0)
                return (OmgLauncherAnswer){.errnum = errno};
        Start start = {program, argv, fds, report[1]};
        answer.pid = clone(become_program, stack + sizeof(stack), CLONE_PARENT, &start);
        answer.errnum = answer.pid < 0 ? errno : 0;
        answer.pid = MAX(answer.pid, 0);
        (void)close(report[1]);
        if (answer.pid > 0)
                answer.errnum = read_report(report[0]);
        (void)close(report[0]);
        return answer;
}

/* How many descriptors came, closed on exec as all here. */
static guint take_fds(struct msghdr *message, int *fds)
{
        struct cmsghdr *header = CMSG_FIRSTHDR(message);

        if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
                return 0;
        guint n = (guint)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fds, CMSG_DATA(header), MIN(n, OMG_LAUNCHER_FDS) * sizeof(int));
        return MIN(n, OMG_LAUNCHER_FDS);
}

/* Arguments as they come, one behind the other, each with its NUL. */
static void split(const char *program, char *text, gsize size, char **argv)
{
        guint n = 0;

        argv[n++] = (char *)program;
        for (gsize i = 0; i < size; i += strlen(text + i) + 1)
                argv[n++] = text + i;
        argv[n] = NULL;
}

/* One order. FALSE: omgd is gone. */
static gboolean serve_one(const char *program)
{
        static char text[OMG_LIMIT_LAUNCH + 1];
        static char *argv[MAX_ARGS];
        OmgLauncherControl control;
        struct iovec part = {text, OMG_LIMIT_LAUNCH};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof(control)};
        int fds[OMG_LAUNCHER_FDS];
        ssize_t n = recvmsg(SOCKET_FD, &message, MSG_CMSG_CLOEXEC);

        if (n <= 0)
                return n < 0 && errno == EINTR;
        guint n_fds = take_fds(&message, fds);
        OmgLauncherAnswer answer = {.errnum = EBADMSG};
        /* The first byte says nothing: an empty message would look like the end. */
        if (n_fds == OMG_LAUNCHER_FDS && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
                text[n] = '\0';
                split(program, text + 1, (gsize)n - 1, argv);
                answer = start_program(program, argv, fds);
        }
        for (guint i = 0; i < n_fds; i++)
                (void)close(fds[i]);
        return send(SOCKET_FD, &answer, sizeof(answer), MSG_NOSIGNAL) == (ssize_t)sizeof(answer);
}

/* Of what is omgd's only the socket stays: a lock or a pipe that is held here would look as if
 * omgd held it. */
static gboolean keep_socket_alone(int fd)
{
        int null = open("/dev/null", O_RDWR | O_NOCTTY | O_CLOEXEC);

        if (null < 0)
                return FALSE;
        for (int i = 0; i < OMG_LAUNCHER_FDS; i++)
                (void)dup2(null, i);
        if (fd != SOCKET_FD && dup2(fd, SOCKET_FD) < 0)
                return FALSE;
        (void)fcntl(SOCKET_FD, F_SETFD, FD_CLOEXEC);
        closefrom(SOCKET_FD + 1);
        return TRUE;
}

void omg_launcher_main(const char *program, int fd, pid_t omgd)
{
        sigset_t all;

        /* Signals to omgd's group, or all of a unit, are omgd's to heed; this goes after it. */
        (void)sigfillset(&all);
        (void)sigprocmask(SIG_SETMASK, &all, NULL);
        (void)prctl(PR_SET_NAME, "omgd-launcher");
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)umask(077);
        if (getppid() != omgd || !keep_socket_alone(fd) || chdir("/") < 0)
                _exit(1);
        while (serve_one(program))
                ;
        _exit(0);
}
