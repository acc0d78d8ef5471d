/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detach.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "options.h"

#define MESSAGE_BYTES  2048
#define END_WAIT_MSEC  5000 /* for the service to end after a signal, as it promises to */
#define SERVICE_IS_OUT (-1) /* no exit code: the packet only names the service's process */

struct OmgDetach {
        int fd;
};

/* One packet on a seqpacket socket. Not a pipe: packets keep their borders, and MSG_NOSIGNAL spares
 * us SIGPIPE where the parent is gone. */
typedef struct Report {
        int exit_code;
        pid_t pid;
        char message[MESSAGE_BYTES];
} Report;

typedef struct Parent {
        int report_fd;
        int signal_fd;
        pid_t service; /* 0 until known */
        int exit_code;
        gboolean is_interrupted;
} Parent;

static int fail(const char *what, int errnum)
{
        g_printerr("omgd: %s: %s\n", what, g_strerror(errnum));
        return OMG_EXIT_FAILURE;
}

static void send_report(int fd, int exit_code, const char *message)
{
        Report report = {.exit_code = exit_code, .pid = getpid()};

        g_strlcpy(report.message, message ? message : "", sizeof(report.message));
        while (send(fd, &report, sizeof(report), MSG_NOSIGNAL) < 0 && errno == EINTR)
                ;
}

static pid_t wait_for(pid_t pid, int *ret_status)
{
        pid_t r;

        do
                r = waitpid(pid, ret_status, 0);
        while (r < 0 && errno == EINTR);
        return r;
}

/* The service closed its end without a report: its end, or that of whoever was to become it, tells
 * why. */
static void tell_early_end(Parent *parent)
{
        int status;

        parent->exit_code = OMG_EXIT_FAILURE;
        if (parent->is_interrupted) {
                g_printerr("omgd: %s\n", _("interrupted; the service was ended"));
                return;
        }
        if (wait_for(parent->service > 0 ? parent->service : -1, &status) < 0)
                g_printerr("omgd: %s\n", _("the service ended before it was ready"));
        else if (WIFSIGNALED(status))
                g_printerr(_("omgd: the service was killed by SIG%s before it was ready\n"),
                           sigabbrev_np(WTERMSIG(status)) ?: "?");
        else
                g_printerr(_("omgd: the service ended with status %d before it was ready\n"),
                           WEXITSTATUS(status));
}

/* TRUE when all is said. */
static gboolean receive_report(Parent *parent)
{
        Report report;
        ssize_t n = recv(parent->report_fd, &report, sizeof(report), MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return FALSE;
        if (n != sizeof(report)) {
                tell_early_end(parent);
                return TRUE;
        }
        if (report.exit_code == SERVICE_IS_OUT) {
                parent->service = report.pid;
                return FALSE;
        }
        /* Ready, but told to end meanwhile: its end is what we wait for. */
        if (parent->is_interrupted)
                return FALSE;
        if (*report.message)
                g_printerr("omgd: %s\n", report.message);
        parent->exit_code = report.exit_code;
        return TRUE;
}

/* Ctrl-C ends what it was pressed on: the service, in a session of its own, does not see it. */
static void on_interrupt(Parent *parent)
{
        struct signalfd_siginfo info;

        if (read(parent->signal_fd, &info, sizeof(info)) != sizeof(info) || parent->service == 0)
                return;
        (void)kill(parent->service, parent->is_interrupted ? SIGKILL : SIGTERM);
        parent->is_interrupted = TRUE;
}

static int wait_for_report(Parent *parent)
{
        for (;;) {
                struct pollfd fds[] = {
                        {.fd = parent->report_fd, .events = POLLIN},
                        {.fd = parent->signal_fd, .events = POLLIN},
                };
                int r = poll(fds, G_N_ELEMENTS(fds), parent->is_interrupted ? END_WAIT_MSEC : -1);

                if (r < 0 && errno != EINTR)
                        return fail("poll", errno);
                if (r == 0) {
                        (void)kill(parent->service, SIGKILL);
                        tell_early_end(parent);
                        return parent->exit_code;
                }
                /* The report first: it may name the process the signal is for. */
                if (fds[0].revents && receive_report(parent))
                        return parent->exit_code;
                if (fds[1].revents)
                        on_interrupt(parent);
        }
}

/* Between the two: leads the new session and is gone at once, so that the service leads none. */
static void fork_service(int fd, const sigset_t *old_mask, OmgDetach **ret_detach)
{
        pid_t pid;

        (void)setsid();
        pid = fork();
        if (pid < 0) {
                g_autofree char *reason = g_strdup_printf("fork: %s", g_strerror(errno));

                send_report(fd, OMG_EXIT_FAILURE, reason);
        }
        if (pid != 0)
                _exit(pid < 0 ? OMG_EXIT_FAILURE : OMG_EXIT_OK);

        send_report(fd, SERVICE_IS_OUT, NULL);
        (void)sigprocmask(SIG_SETMASK, old_mask, NULL);
        *ret_detach = g_new0(OmgDetach, 1);
        (*ret_detach)->fd = fd;
}

OmgDetachRole omg_detach_begin(OmgDetach **ret_detach, int *ret_exit_code)
{
        Parent parent = {.signal_fd = -1};
        sigset_t mask, old_mask;
        int fds[2], status;
        pid_t pid;

        *ret_exit_code = OMG_EXIT_FAILURE;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
                *ret_exit_code = fail("socketpair", errno);
                return OMG_DETACH_PARENT;
        }
        /* The service's own parent is gone by the time it may fail: orphans come to us instead of
         * to init, which lets us say how it ended. */
        (void)prctl(PR_SET_CHILD_SUBREAPER, 1);

        (void)sigemptyset(&mask);
        (void)sigaddset(&mask, SIGINT);
        (void)sigaddset(&mask, SIGTERM);
        (void)sigaddset(&mask, SIGHUP);
        (void)sigprocmask(SIG_BLOCK, &mask, &old_mask);

        pid = fork();
        if (pid == 0) {
                (void)close(fds[0]);
                fork_service(fds[1], &old_mask, ret_detach);
                return OMG_DETACH_CHILD;
        }
        (void)close(fds[1]);
        parent.report_fd = fds[0];
        parent.signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
        if (pid < 0)
                *ret_exit_code = fail("fork", errno);
        else {
                (void)wait_for(pid, &status);
                *ret_exit_code = wait_for_report(&parent);
        }
        (void)close(parent.report_fd);
        if (parent.signal_fd >= 0)
                (void)close(parent.signal_fd);
        (void)sigprocmask(SIG_SETMASK, &old_mask, NULL);
        return OMG_DETACH_PARENT;
}

static int leave_terminal(void)
{
        int r = 0;
        int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

        (void)umask(077);
        if (chdir("/") < 0)
                r = -errno;
        if (fd < 0)
                return -errno;
        for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
                if (dup2(fd, i) < 0)
                        r = -errno;
        if (fd > STDERR_FILENO)
                (void)close(fd);
        return r;
}

int omg_detach_report(OmgDetach *detach, int exit_code, const char *message)
{
        g_autofree OmgDetach *owned = detach;
        int r;

        if (!owned)
                return 0;
        /* Last, so that the caller's prompt comes after the last line we write to its terminal. */
        r = leave_terminal();
        send_report(owned->fd, exit_code, message);
        (void)close(owned->fd);
        return r;
}
