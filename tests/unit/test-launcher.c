/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/no-network.h"
#include "loop/launcher.h"

typedef struct {
        int status; /* of waitpid(2) */
        char *output;
} Ran;

static void ran_clear(Ran *ran)
{
        g_free(ran->output);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ran, ran_clear)

static char *read_all(int fd)
{
        GString *text = g_string_new(NULL);
        char buffer[4096];
        ssize_t n;

        while ((n = read(fd, buffer, sizeof(buffer))) > 0)
                g_string_append_len(text, buffer, n);
        return g_string_free(text, FALSE);
}

/* Starts, gives it the input, reads both outputs to their end, and waits for it. */
static gboolean run(OmgLauncher *launcher, const char *const *arguments, const char *input,
                    Ran *ret_ran, GError **error)
{
        int in[2], out[2];
        gboolean started;
        pid_t pid;

        g_assert_cmpint(pipe2(in, O_CLOEXEC), ==, 0);
        g_assert_cmpint(pipe2(out, O_CLOEXEC), ==, 0);
        started = omg_launcher_start(launcher, arguments, (const int[]){in[0], out[1], out[1]},
                                     &pid, error);
        (void)close(in[0]);
        (void)close(out[1]);
        if (started && input)
                g_assert_cmpint(write(in[1], input, strlen(input)), ==, (gssize)strlen(input));
        (void)close(in[1]);
        if (started) {
                ret_ran->output = read_all(out[0]);
                /* Ours, though another process started it. */
                g_assert_cmpint(waitpid(pid, &ret_ran->status, 0), ==, pid);
        }
        (void)close(out[0]);
        return started;
}

#define RUN(launcher, input, ran, error, ...) \
        run(launcher, (const char *const[]){__VA_ARGS__, NULL}, input, ran, error)

/* Arguments (also empty ones) and descriptors reach the program, its output and status come back,
 * time and again. */
static void test_start(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgLauncher) launcher = omg_launcher_new("/bin/sh", &error);

        g_assert_no_error(error);
        for (int i = 0; i < 20; i++) {
                g_auto(Ran) ran = {0};
                g_assert_true(RUN(launcher, "input\n", &ran, &error, "-c",
                                  "read x; echo \"$0 $1 $2 $x\"; echo err >&2; exit 7", "a b", "",
                                  "c"));
                g_assert_no_error(error);
                g_assert_cmpstr(ran.output, ==, "a b  c input\nerr\n");
                g_assert_true(WIFEXITED(ran.status));
                g_assert_cmpint(WEXITSTATUS(ran.status), ==, 7);
        }
        g_auto(Ran) none = {0};
        g_assert_true(run(launcher, (const char *const[]){NULL}, "exit 3", &none, &error));
        g_assert_cmpint(WEXITSTATUS(none.status), ==, 3);
}

/* The program gets three descriptors, no blocked or ignored signal, a group of its own, and the
 * environment of the fork. */
static void test_clean(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgLauncher) launcher = NULL;
        g_auto(Ran) ran = {0};
        g_auto(GStrv) lines = NULL;
        int extra = dup(STDERR_FILENO); /* not closed on exec */
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGHUP);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
        g_assert_true(g_setenv("OMG_TEST_BEFORE", "before", TRUE));
        launcher = omg_launcher_new("/bin/sh", &error);
        g_assert_true(g_setenv("OMG_TEST_BEFORE", "after", TRUE));
        g_assert_true(RUN(launcher, NULL, &ran, &error, "-c",
                          "echo $OMG_TEST_BEFORE; pwd; umask; "
                          "echo /proc/$$/fd/*; "
                          /* Itself: while it waits for others a shell blocks signals. */
                          "while read -r name value; do "
                          "case $name in SigBlk:|SigIgn:) echo $value;; esac; "
                          "done </proc/$$/status; "
                          "echo $$; read -r a b c d group rest </proc/$$/stat; echo $group"));
        lines = g_strsplit(ran.output, "\n", -1);
        g_assert_cmpuint(g_strv_length(lines), ==, 9);
        g_assert_cmpstr(lines[0], ==, "before");
        g_assert_cmpstr(lines[1], ==, "/");
        g_assert_cmpstr(lines[2], ==, "0077");
        /* "*" of the shell's own is no more than one descriptor above. */
        g_assert_null(strstr(lines[3], "/fd/4"));
        g_assert_cmpstr(lines[4], ==, "0000000000000000");
        g_assert_cmpstr(lines[5], ==, "0000000000000000");
        g_assert_cmpstr(lines[6], ==, lines[7]);
        (void)signal(SIGPIPE, SIG_DFL);
        (void)close(extra);
}

/* A program that is not there, or is none: said, and the launcher goes on; nothing is left to be
 * waited for. */
static void test_missing(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgLauncher) launcher = omg_launcher_new("/nonexistent/omgd-fetch", &error);

        for (int i = 0; i < 2; i++) {
                g_auto(Ran) ran = {0};
                g_autoptr(GError) reason = NULL;
                g_assert_false(RUN(launcher, NULL, &ran, &reason, "x"));
                g_assert_error(reason, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
                g_assert_cmpstr(reason->message, ==,
                                "cannot start /nonexistent/omgd-fetch: No such file or directory");
        }
        g_clear_pointer(&launcher, omg_launcher_free);
        g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
        g_assert_cmpint(errno, ==, ECHILD);
}

/* As many bytes as are allowed, and one more. */
static void test_too_long(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgLauncher) launcher = omg_launcher_new("/bin/sh", &error);
        /* The byte in front, "-c", "true", and this with its NUL. */
        g_autofree char *most = g_strnfill(OMG_LIMIT_LAUNCH - 1 - 3 - 5 - 1, 'x');
        g_autofree char *more = g_strconcat(most, "x", NULL);
        g_auto(Ran) ran = {0}, none = {0}, again = {0};

        g_assert_true(RUN(launcher, NULL, &ran, &error, "-c", "true", most));
        g_assert_cmpint(ran.status, ==, 0);
        g_assert_false(RUN(launcher, NULL, &none, &error, "-c", "true", more));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_INVALID_ARGS);
        g_clear_error(&error);
        g_assert_true(RUN(launcher, NULL, &again, &error, "-c", "true"));
}

/* Of those whose parent is @parent, the one called that; 0: none. */
static pid_t find_child(pid_t parent, const char *name)
{
        g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
        const char *entry;

        while ((entry = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename("/proc", entry, "stat", NULL);
                g_autofree char *text = NULL;
                char found[64], state;
                int pid, its_parent;

                if (g_ascii_isdigit(entry[0]) && g_file_get_contents(path, &text, NULL, NULL) &&
                    sscanf(text, "%d (%63[^)]) %c %d", &pid, found, &state, &its_parent) == 4 &&
                    its_parent == parent && g_str_equal(found, name) && state != 'Z')
                        return pid;
        }
        return 0;
}

/* A launcher that was killed cannot be replaced, and every start says so. */
static void test_killed(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgLauncher) launcher = omg_launcher_new("/bin/sh", &error);
        pid_t pid;
        g_auto(Ran) ran = {0};

        g_assert_true(RUN(launcher, NULL, &ran, &error, "-c", "true"));
        pid = find_child(getpid(), "omgd-launcher");
        g_assert_cmpint(pid, >, 0);
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        for (int i = 0; i < 2; i++) {
                g_auto(Ran) none = {0};
                g_autoptr(GError) reason = NULL;
                g_assert_false(RUN(launcher, NULL, &none, &reason, "-c", "true"));
                g_assert_error(reason, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
                g_assert_nonnull(strstr(reason->message, "restart omgd"));
        }
}

/* It heeds no signal for the group, and goes with its parent, however that ends. */
static void test_ends_with_parent(void)
{
        int out[2];
        char byte;
        pid_t child;

        /* Its end is seen by the pipe's: the launcher's program holds it. */
        g_assert_cmpint(pipe2(out, O_CLOEXEC), ==, 0);
        child = fork();
        if (child == 0) {
                OmgLauncher *launcher = omg_launcher_new("/bin/sh", NULL);
                pid_t pid = 0;

                /* It has the name once it heeds no signals any more. */
                for (int i = 0; launcher && pid == 0 && i < 1000; i++) {
                        pid = find_child(getpid(), "omgd-launcher");
                        if (pid == 0)
                                g_usleep(10000);
                }
                if (pid > 0) {
                        (void)kill(pid, SIGTERM);
                        (void)kill(pid, SIGINT);
                }
                (void)!write(out[1], &pid, sizeof(pid));
                (void)pause();
                _exit(1);
        }
        (void)close(out[1]);
        pid_t launcher_pid = 0;
        g_assert_cmpint(read(out[0], &launcher_pid, sizeof(launcher_pid)), ==,
                        sizeof(launcher_pid));
        g_assert_cmpint(launcher_pid, >, 0);
        g_assert_cmpint(find_child(child, "omgd-launcher"), ==, launcher_pid);
        g_assert_cmpint(kill(child, SIGKILL), ==, 0);
        g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
        g_assert_cmpint(read(out[0], &byte, 1), ==, 0);
        for (int i = 0; i < 1000; i++) {
                g_autofree char *path = g_strdup_printf("/proc/%d/stat", launcher_pid);
                g_autofree char *text = NULL;
                if (!g_file_get_contents(path, &text, NULL, NULL) || strstr(text, ") Z "))
                        return;
                g_usleep(10000);
        }
        g_assert_not_reached();
}

/* Who gave up the network can still have that program started with it. */
static void test_network(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(OmgLauncher) launcher = NULL;
        g_auto(Ran) ran = {0};

        if (!g_test_subprocess()) {
                g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
                g_test_trap_assert_passed();
                return;
        }
        g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
        launcher = omg_launcher_new(self, &error);
        g_assert_no_error(error);
        g_assert_true(omg_no_network_enter(OMG_NO_NETWORK_BUT_NETLINK, &error));
        g_assert_cmpint(socket(AF_INET, SOCK_STREAM, 0), ==, -1);
        g_assert_true(RUN(launcher, NULL, &ran, &error, "--probe"));
        g_assert_true(WIFEXITED(ran.status));
        g_assert_cmpint(WEXITSTATUS(ran.status), ==, 0);
}

int main(int argc, char **argv)
{
        if (argc == 2 && g_str_equal(argv[1], "--probe"))
                return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : 1;
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/launcher/start", test_start);
        g_test_add_func("/launcher/clean", test_clean);
        g_test_add_func("/launcher/missing", test_missing);
        g_test_add_func("/launcher/too-long", test_too_long);
        g_test_add_func("/launcher/killed", test_killed);
        g_test_add_func("/launcher/ends-with-parent", test_ends_with_parent);
        g_test_add_func("/launcher/network", test_network);
        return g_test_run();
}
