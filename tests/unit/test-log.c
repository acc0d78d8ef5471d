/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/log-ids.h"
#include "loop/log.h"

/* Keeps what was logged, a message a string, its fields joined by newlines. */
static void keep(int priority, const struct iovec *fields, gsize n_fields, gpointer data)
{
        GString *text = g_string_new(NULL);

        for (gsize i = 0; i < n_fields; i++) {
                g_string_append_len(text, fields[i].iov_base, (gssize)fields[i].iov_len);
                g_string_append_c(text, '\n');
        }
        g_ptr_array_add(data, g_string_free(text, FALSE));
}

static GPtrArray *keep_log(void)
{
        GPtrArray *kept = g_ptr_array_new_with_free_func(g_free);

        omg_log_set_sink(keep, kept);
        return kept;
}

static void assert_has(GPtrArray *kept, guint index, const char *line)
{
        g_auto(GStrv) lines = NULL;

        g_assert_cmpuint(index, <, kept->len);
        lines = g_strsplit(kept->pdata[index], "\n", -1);
        if (!g_strv_contains((const char *const *)lines, line))
                g_error("\"%s\" is not in:\n%s", line, (char *)kept->pdata[index]);
}

/* A message carries its text, priority, place in the code, id and the fields that were given, and
 * none that was not; errno stays as it was. */
static void test_fields(void)
{
        g_autoptr(GPtrArray) kept = keep_log();

        errno = ENOTTY;
        omg_log_with(LOG_WARNING, OMG_LOG_ID_REFRESH_FAILED,
                     (&(OmgLogFields){.method = "Search", .sender = ":1.7", .duration_usec = 12}),
                     "refresh %d failed", 3);
        g_assert_cmpint(errno, ==, ENOTTY);
        omg_log(LOG_INFO, NULL, "plain");

        g_assert_cmpuint(kept->len, ==, 2);
        assert_has(kept, 0, "MESSAGE=refresh 3 failed");
        assert_has(kept, 0, "PRIORITY=4");
        assert_has(kept, 0, "MESSAGE_ID=" OMG_LOG_ID_REFRESH_FAILED);
        assert_has(kept, 0, "CODE_FILE=" __FILE__);
        assert_has(kept, 0, "CODE_FUNC=test_fields");
        assert_has(kept, 0, "OMG_METHOD=Search");
        assert_has(kept, 0, "OMG_SENDER=:1.7");
        assert_has(kept, 0, "OMG_DURATION_USEC=12");
        g_assert_null(strstr(kept->pdata[0], "OMG_PACKAGE"));
        g_assert_null(strstr(kept->pdata[1], "OMG_"));
        g_assert_null(strstr(kept->pdata[1], "MESSAGE_ID"));
        omg_log_set_sink(NULL, NULL);
}

/* Less urgent messages than the level are dropped, also GLib's. */
static void test_level(void)
{
        g_autoptr(GPtrArray) kept = keep_log();

        omg_log_set_level(LOG_NOTICE);
        g_assert_true(omg_log_enabled(LOG_NOTICE));
        g_assert_false(omg_log_enabled(LOG_INFO));
        omg_log_info("dropped");
        omg_log_debug("dropped");
        g_debug("dropped");
        omg_log_notice("kept");
        omg_log_err("kept too");
        g_assert_cmpuint(kept->len, ==, 2);
        omg_log_set_level(LOG_INFO);
        omg_log_set_sink(NULL, NULL);
}

/* Escape sequences, bidirectional controls and line ends never get through. */
static void test_strip(void)
{
        g_autoptr(GPtrArray) kept = keep_log();

        omg_log_info("package \"%s\"", "a\x1b[31mb\xe2\x80\xae"
                                       "c\nPRIORITY=0");
        g_assert_cmpuint(kept->len, ==, 1);
        assert_has(kept, 0, "MESSAGE=package \"a[31mbc PRIORITY=0\"");
        assert_has(kept, 0, "PRIORITY=6");
        omg_log_set_sink(NULL, NULL);
}

/* g_log() and g_log_structured() of any library end here, with domain and priority. */
static void test_glib(void)
{
        g_autoptr(GPtrArray) kept = keep_log();

        g_log("Some-Library", G_LOG_LEVEL_MESSAGE, "old\x1bway");
        g_log_structured("Other", G_LOG_LEVEL_INFO, "OTHER_FIELD", "x", "MESSAGE", "new way");
        g_assert_cmpuint(kept->len, ==, 2);
        assert_has(kept, 0, "MESSAGE=oldway");
        assert_has(kept, 0, "PRIORITY=5");
        assert_has(kept, 0, "GLIB_DOMAIN=Some-Library");
        assert_has(kept, 1, "MESSAGE=new way");
        assert_has(kept, 1, "PRIORITY=6");
        assert_has(kept, 1, "OTHER_FIELD=x");
        omg_log_set_sink(NULL, NULL);
}

/* Puts fd in the place of standard error; returns the old one. */
static int swap_stderr(int fd)
{
        int old = dup(STDERR_FILENO);

        g_assert_cmpint(old, >=, 0);
        g_assert_cmpint(dup2(fd, STDERR_FILENO), >=, 0);
        return old;
}

static void restore_stderr(int old)
{
        g_assert_cmpint(dup2(old, STDERR_FILENO), >=, 0);
        (void)close(old);
}

/* What omg_log_init() and one message at "info" write to standard error when that is a pipe. */
static char *log_to_pipe(gboolean is_stream, const char *level)
{
        char buffer[4096] = "";
        g_autofree char *stream = NULL;
        struct stat st;
        int fds[2], old;

        g_assert_cmpint(pipe2(fds, O_CLOEXEC | O_NONBLOCK), ==, 0);
        g_assert_cmpint(fstat(fds[1], &st), ==, 0);
        stream = g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64)st.st_dev,
                                 (guint64)st.st_ino + (is_stream ? 0 : 1));
        g_setenv("JOURNAL_STREAM", stream, TRUE);
        if (level)
                g_setenv("OMG_LOG_LEVEL", level, TRUE);
        else
                g_unsetenv("OMG_LOG_LEVEL");
        old = swap_stderr(fds[1]);
        omg_log_set_level(LOG_INFO);
        omg_log_init();
        omg_log_info("hello");
        restore_stderr(old);
        (void)!read(fds[0], buffer, sizeof(buffer) - 1);
        (void)close(fds[0]);
        (void)close(fds[1]);
        omg_log_set_level(LOG_INFO);
        omg_log_set_sink(NULL, NULL);
        return g_strdup(buffer);
}

/* Off a terminal each line begins with its level. JOURNAL_STREAM counts only when it names this
 * very stream. */
static void test_stderr(void)
{
        g_autofree char *other = log_to_pipe(FALSE, NULL);
        g_autofree char *own = log_to_pipe(TRUE, NULL);

        g_assert_cmpstr(other, ==, "<6>hello\n");
        g_assert_cmpstr(own, ==, "");
}

/* OMG_LOG_LEVEL is obeyed; a word it does not know is reported and changes nothing. */
static void test_environment(void)
{
        g_autofree char *err = log_to_pipe(FALSE, "err");
        g_autofree char *empty = log_to_pipe(FALSE, "");
        g_autofree char *wrong = log_to_pipe(FALSE, "lo\x1bud");

        g_assert_cmpstr(err, ==, "");
        g_assert_cmpstr(empty, ==, "<6>hello\n");
        g_assert_true(g_str_has_prefix(wrong, "<4>OMG_LOG_LEVEL is \"loud\""));
        g_assert_true(g_str_has_suffix(wrong, ", ignoring\n<6>hello\n"));
}

/* On a terminal the line stands alone. */
static void test_terminal(void)
{
        char buffer[256] = "";
        const char *name;
        int primary = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        int terminal = -1, old;

        if (primary >= 0 && grantpt(primary) == 0 && unlockpt(primary) == 0 &&
            (name = ptsname(primary)))
                terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (terminal < 0) {
                g_test_skip("no pseudo-terminals here");
                if (primary >= 0)
                        (void)close(primary);
                return;
        }
        old = swap_stderr(terminal);
        omg_log_info("hello");
        restore_stderr(old);
        g_assert_cmpint(read(primary, buffer, sizeof(buffer) - 1), >, 0);
        g_assert_cmpstr(buffer, ==, "hello\r\n");
        (void)close(terminal);
        (void)close(primary);
}

/* A mount namespace of our own: as root directly, else as root of a user namespace. */
static gboolean enter_namespace(void)
{
        g_autofree char *map = g_strdup_printf("0 %u 1", (unsigned)getuid());

        if (unshare(CLONE_NEWNS) == 0)
                return TRUE;
        return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
               g_file_set_contents_full("/proc/self/uid_map", map, -1, G_FILE_SET_CONTENTS_NONE,
                                        0644, NULL);
}

/* In a mount namespace of its own, with a journal socket of its own. Returns an exit status. */
static int log_to_own_journal(void)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX,
                                      .sun_path = "/run/systemd/journal/socket"};
        char buffer[4096] = "";
        int fd;

        if (!enter_namespace() || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0 ||
            g_mkdir_with_parents("/run/systemd/journal", 0755) < 0)
                return 77;
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                return 77;
        omg_log_use_journal();
        omg_log(LOG_NOTICE, OMG_LOG_ID_STARTED, "up");
        if (recv(fd, buffer, sizeof(buffer) - 1, MSG_DONTWAIT) < 0)
                return 1;
        return strstr(buffer, "MESSAGE=up\n") && strstr(buffer, "PRIORITY=5\n") &&
                               strstr(buffer, "MESSAGE_ID=" OMG_LOG_ID_STARTED "\n") &&
                               strstr(buffer, "CODE_FUNC=log_to_own_journal\n")
                       ? 0
                       : 2;
}

/* After detaching the fields arrive at the journal's socket. */
static void test_journal(void)
{
        int status;
        pid_t pid = fork();

        if (pid == 0)
                _exit(log_to_own_journal());
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77)
                g_test_skip("no mount namespaces here");
        else
                g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

int main(int argc, char **argv)
{
        g_unsetenv("JOURNAL_STREAM");
        g_unsetenv("OMG_LOG_LEVEL");
        g_test_init(&argc, &argv, NULL);
        omg_log_init();
        g_test_add_func("/log/fields", test_fields);
        g_test_add_func("/log/level", test_level);
        g_test_add_func("/log/strip", test_strip);
        g_test_add_func("/log/glib", test_glib);
        g_test_add_func("/log/stderr", test_stderr);
        g_test_add_func("/log/environment", test_environment);
        g_test_add_func("/log/terminal", test_terminal);
        g_test_add_func("/log/journal", test_journal);
        return g_test_run();
}
