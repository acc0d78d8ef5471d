/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "detach.h"
#include "options.h"

/* How the service of a test goes on once it is detached. It may talk to the test through fd. */
typedef void (*ServiceFunc)(OmgDetach *detach, int fd);

static pid_t waiting_parent; /* as the service sees it */

/* A start as a shell would do it, and what became of it. */
typedef struct Start {
        pid_t pid; /* the parent that waits for the service */
        int error_fd;
        int talk_fd; /* the service's end is its second argument */
        int exit_code;
        char *errors;
} Start;

static void start_clear(Start *start)
{
        (void)close(start->error_fd);
        (void)close(start->talk_fd);
        g_free(start->errors);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Start, start_clear)

static void start_begin(Start *start, ServiceFunc service)
{
        int errors[2], talk[2];

        g_assert_cmpint(pipe2(errors, O_CLOEXEC), ==, 0);
        g_assert_cmpint(pipe2(talk, O_CLOEXEC), ==, 0);
        start->pid = fork();
        g_assert_cmpint(start->pid, >=, 0);
        if (start->pid == 0) {
                OmgDetach *detach = NULL;
                int exit_code = -1;

                g_assert_cmpint(dup2(errors[1], STDERR_FILENO), ==, STDERR_FILENO);
                (void)close(errors[1]);
                (void)close(talk[0]);
                waiting_parent = getpid();
                if (omg_detach_begin(&detach, &exit_code) == OMG_DETACH_CHILD)
                        service(detach, talk[1]);
                _exit(exit_code);
        }
        (void)close(errors[1]);
        (void)close(talk[1]);
        start->error_fd = errors[0];
        start->talk_fd = talk[0];
}

static char *read_all(int fd)
{
        g_autoptr(GString) text = g_string_new(NULL);
        char buffer[256];
        ssize_t n;

        while ((n = read(fd, buffer, sizeof(buffer))) > 0)
                g_string_append_len(text, buffer, n);
        return g_strdup(text->str);
}

static void start_wait(Start *start)
{
        int status;

        g_assert_cmpint(waitpid(start->pid, &status, 0), ==, start->pid);
        g_assert_true(WIFEXITED(status));
        start->exit_code = WEXITSTATUS(status);
        start->errors = read_all(start->error_fd);
}

/* Whether a descriptor of the service is /dev/null. */
static gboolean is_null(int fd)
{
        struct stat st, null;

        return fstat(fd, &st) == 0 && stat("/dev/null", &null) == 0 && st.st_rdev == null.st_rdev;
}

static void service_ready(OmgDetach *detach, int fd)
{
        g_autofree char *directory = NULL;
        g_autofree char *line = NULL;
        gboolean had_stderr = !is_null(STDERR_FILENO);
        int r = omg_detach_report(detach, OMG_EXIT_OK, NULL);
        mode_t mask = umask(0);

        directory = g_get_current_dir();
        line = g_strdup_printf("%d %d %d%d%d %03o %s %d %d", r, had_stderr, is_null(0), is_null(1),
                               is_null(2), (unsigned)mask, directory, getsid(0) != getpid(),
                               getpgrp() == getsid(0));
        (void)!write(fd, line, strlen(line));
        _exit(0);
}

/* The parent ends with 0 and says nothing; the service has left terminal, directory and umask, and
 * is a member of a session that is not the test's and that it does not lead. */
static void test_ready(void)
{
        g_auto(Start) start = {0};
        g_autofree char *said = NULL;

        start_begin(&start, service_ready);
        start_wait(&start);
        said = read_all(start.talk_fd);
        g_assert_cmpint(start.exit_code, ==, OMG_EXIT_OK);
        g_assert_cmpstr(start.errors, ==, "");
        g_assert_cmpstr(said, ==, "0 1 111 077 / 1 1");
}

static void service_running_already(OmgDetach *detach, int fd)
{
        (void)omg_detach_report(detach, OMG_EXIT_ALREADY_RUNNING, "already running");
        _exit(OMG_EXIT_ALREADY_RUNNING);
}

static void service_long_message(OmgDetach *detach, int fd)
{
        static char message[100000];

        memset(message, 'x', sizeof(message) - 1);
        (void)omg_detach_report(detach, OMG_EXIT_PARTLY, message);
        _exit(0);
}

/* Code and message are the service's; a message too long is cut, not lost. */
static void test_report(void)
{
        g_auto(Start) start = {0};
        g_auto(Start) longer = {0};

        start_begin(&start, service_running_already);
        start_wait(&start);
        g_assert_cmpint(start.exit_code, ==, OMG_EXIT_ALREADY_RUNNING);
        g_assert_cmpstr(start.errors, ==, "omgd: already running\n");

        start_begin(&longer, service_long_message);
        start_wait(&longer);
        g_assert_cmpint(longer.exit_code, ==, OMG_EXIT_PARTLY);
        g_assert_true(g_str_has_prefix(longer.errors, "omgd: xxxx"));
}

static void service_exits(OmgDetach *detach, int fd)
{
        _exit(9);
}

static void service_crashes(OmgDetach *detach, int fd)
{
        (void)kill(getpid(), SIGKILL);
}

/* A service that ends without a word is reported with its exit status or signal. */
static void test_early_end(void)
{
        g_auto(Start) exited = {0};
        g_auto(Start) crashed = {0};

        start_begin(&exited, service_exits);
        start_wait(&exited);
        g_assert_cmpint(exited.exit_code, ==, OMG_EXIT_FAILURE);
        g_assert_cmpstr(exited.errors, ==,
                        "omgd: the service ended with status 9 before it was ready\n");

        start_begin(&crashed, service_crashes);
        start_wait(&crashed);
        g_assert_cmpint(crashed.exit_code, ==, OMG_EXIT_FAILURE);
        g_assert_cmpstr(crashed.errors, ==,
                        "omgd: the service was killed by SIGKILL before it was ready\n");
}

static void service_waits(OmgDetach *detach, int fd)
{
        (void)!write(fd, "", 1);
        for (;;)
                pause();
}

/* Ctrl-C on the waiting parent ends the service too. */
static void test_interrupt(void)
{
        g_auto(Start) start = {0};
        char byte;

        start_begin(&start, service_waits);
        g_assert_cmpint(read(start.talk_fd, &byte, 1), ==, 1);
        g_assert_cmpint(kill(start.pid, SIGINT), ==, 0);
        start_wait(&start);
        g_assert_cmpint(start.exit_code, ==, OMG_EXIT_FAILURE);
        g_assert_cmpstr(start.errors, ==, "omgd: interrupted; the service was ended\n");
        /* The end of the file: the service is gone. */
        g_assert_cmpint(read(start.talk_fd, &byte, 1), ==, 0);
}

static void service_waits_for_orphanage(OmgDetach *detach, int fd)
{
        (void)!write(fd, "", 1);
        while (kill(waiting_parent, 0) == 0)
                g_usleep(5000);
        (void)omg_detach_report(detach, OMG_EXIT_OK, NULL);
        (void)!write(fd, "survived", strlen("survived"));
        _exit(0);
}

/* A parent that was killed meanwhile does not take the service with it. */
static void test_parent_gone(void)
{
        g_auto(Start) start = {0};
        g_autofree char *said = NULL;
        char byte;

        start_begin(&start, service_waits_for_orphanage);
        g_assert_cmpint(read(start.talk_fd, &byte, 1), ==, 1);
        g_assert_cmpint(kill(start.pid, SIGKILL), ==, 0);
        g_assert_cmpint(waitpid(start.pid, NULL, 0), ==, start.pid);
        said = read_all(start.talk_fd);
        g_assert_cmpstr(said, ==, "survived");
}

/* In the foreground there is nothing to report to, and nothing is left. */
static void test_foreground(void)
{
        g_autofree char *before = g_get_current_dir();
        g_autofree char *after = NULL;

        g_assert_cmpint(omg_detach_report(NULL, OMG_EXIT_OK, "unheard"), ==, 0);
        after = g_get_current_dir();
        g_assert_cmpstr(before, ==, after);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/detach/ready", test_ready);
        g_test_add_func("/detach/report", test_report);
        g_test_add_func("/detach/early-end", test_early_end);
        g_test_add_func("/detach/interrupt", test_interrupt);
        g_test_add_func("/detach/parent-gone", test_parent_gone);
        g_test_add_func("/detach/foreground", test_foreground);
        return g_test_run();
}
