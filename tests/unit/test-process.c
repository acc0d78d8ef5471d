/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "loop/process.h"

#define LONG_MSEC 20000u

/* What the done callback was given. */
typedef struct Outcome {
        GMainLoop *loop;
        OmgProcess *process;
        gboolean free_in_done;
        guint n_calls;
        int wait_status;
        char *output;
        gsize output_length;
        char *messages;
        GError *error;
        GPtrArray *lines;
        guint cancel_after; /* lines; 0: never */
} Outcome;

static void outcome_clear(Outcome *o)
{
        omg_process_free(o->process);
        g_main_loop_unref(o->loop);
        g_free(o->output);
        g_free(o->messages);
        g_clear_error(&o->error);
        g_clear_pointer(&o->lines, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

static void on_done(const OmgProcessResult *result, const GError *error, gpointer data)
{
        Outcome *o = data;

        o->n_calls++;
        o->wait_status = result->wait_status;
        o->output_length = g_bytes_get_size(result->output);
        o->output = g_malloc0(o->output_length + 1);
        if (o->output_length > 0)
                memcpy(o->output, g_bytes_get_data(result->output, NULL), o->output_length);
        o->messages = g_strdup(result->messages);
        o->error = error ? g_error_copy(error) : NULL;
        if (o->free_in_done)
                g_clear_pointer(&o->process, omg_process_free);
        g_main_loop_quit(o->loop);
}

static void on_line(const char *line, gsize length, gpointer data)
{
        Outcome *o = data;

        g_ptr_array_add(o->lines, g_strndup(line, length));
        if (o->lines->len == o->cancel_after)
                omg_process_cancel(o->process);
}

/* With input, and the output line by line. */
static void start_lines(Outcome *o, const char *script, GBytes *input, guint timeout_msec)
{
        const char *argv[] = {"/bin/sh", "-c", script, NULL};
        g_autoptr(GError) error = NULL;
        const OmgProcessStart what = {.argv = argv,
                                      .timeout_msec = timeout_msec,
                                      .input = input,
                                      .on_line = on_line,
                                      .done = on_done,
                                      .data = o};

        o->loop = g_main_loop_new(NULL, FALSE);
        o->lines = g_ptr_array_new_with_free_func(g_free);
        o->process = omg_process_start(NULL, &what, &error);
        g_assert_no_error(error);
}

static void start(Outcome *o, const char *script, guint timeout_msec)
{
        const char *argv[] = {"/bin/sh", "-c", script, NULL};
        g_autoptr(GError) error = NULL;
        const OmgProcessStart what = {
                .argv = argv, .timeout_msec = timeout_msec, .done = on_done, .data = o};

        if (!o->loop)
                o->loop = g_main_loop_new(NULL, FALSE);
        o->process = omg_process_start(NULL, &what, &error);
        g_assert_no_error(error);
        g_assert_nonnull(o->process);
}

/* Every test ends with no child of ours left, not even a zombie. */
static void assert_no_children(void)
{
        g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
        g_assert_cmpint(errno, ==, ECHILD);
}

static void run(Outcome *o, const char *script, guint timeout_msec)
{
        start(o, script, timeout_msec);
        g_main_loop_run(o->loop);
        g_assert_cmpuint(o->n_calls, ==, 1);
        assert_no_children();
}

/* Output and messages arrive whole, and success is no error. */
static void test_success(void)
{
        g_auto(Outcome) o = {0};

        run(&o, "printf 'a\\0b'; echo one >&2; echo two >&2", LONG_MSEC);
        g_assert_no_error(o.error);
        g_assert_true(WIFEXITED(o.wait_status) && WEXITSTATUS(o.wait_status) == 0);
        g_assert_cmpmem(o.output, o.output_length, "a\0b", 3);
        g_assert_cmpstr(o.messages, ==, "one\ntwo");
}

/* The helper inherits neither descriptors nor the signal mask nor ignored signals, reads nothing
 * from standard input and leads its own group. */
static void test_clean_start(void)
{
        g_auto(Outcome) o = {0};
        g_auto(GStrv) lines = NULL;
        struct sigaction ignore = {.sa_handler = SIG_IGN}, old_action;
        sigset_t mask, old_mask;
        int inheritable = open("/dev/null", O_RDONLY);

        (void)sigfillset(&mask);
        (void)sigprocmask(SIG_SETMASK, &mask, &old_mask);
        (void)sigaction(SIGPIPE, &ignore, &old_action);
        /* The masks first and by the shell itself: it blocks signals for a moment when it forks. */
        run(&o,
            "while read -r name value; do case $name in SigBlk:|SigIgn:) echo $name $value;; esac;"
            "done < /proc/$$/status; readlink /proc/$$/fd/0;"
            "for f in /proc/$$/fd/*; do [ -e $f ] && printf '%s ' ${f##*/}; done; echo; echo $$;"
            "cut -d ' ' -f 5 /proc/$$/stat",
            LONG_MSEC);
        (void)sigaction(SIGPIPE, &old_action, NULL);
        (void)sigprocmask(SIG_SETMASK, &old_mask, NULL);
        (void)close(inheritable);

        g_assert_no_error(o.error);
        lines = g_strsplit(o.output, "\n", -1);
        g_assert_cmpuint(g_strv_length(lines), ==, 7);
        g_assert_cmpstr(lines[0], ==, "SigBlk: 0000000000000000");
        /* glibc has its two internal signals, 32 and 33, ignored by whatever it spawns. */
        g_assert_true(g_str_has_prefix(lines[1], "SigIgn: "));
        g_assert_cmphex(g_ascii_strtoull(lines[1] + strlen("SigIgn: "), NULL, 16) &
                                ~G_GUINT64_CONSTANT(0x180000000),
                        ==, 0);
        g_assert_cmpstr(lines[2], ==, "/dev/null");
        g_assert_cmpstr(lines[3], ==, "0 1 2 ");
        g_assert_cmpstr(lines[4], ==, lines[5]);
}

/* The environment is the given one. */
static void test_environment(void)
{
        const char *argv[] = {"/bin/sh", "-c", "echo $OMG_TEST-$HOME", NULL};
        const char *environment[] = {"OMG_TEST=yes", NULL};
        g_autoptr(GError) error = NULL;
        g_auto(Outcome) o = {.loop = g_main_loop_new(NULL, FALSE)};

        const OmgProcessStart what = {.argv = argv,
                                      .environment = environment,
                                      .timeout_msec = LONG_MSEC,
                                      .done = on_done,
                                      .data = &o};
        o.process = omg_process_start(NULL, &what, &error);
        g_assert_no_error(error);
        g_main_loop_run(o.loop);
        g_assert_cmpstr(o.output, ==, "yes-\n");
}

/* An exit status and a signal are named, with the last line of standard error made safe; the output
 * is there all the same. */
static void test_failures(void)
{
        g_auto(Outcome) status = {0};
        g_auto(Outcome) killed = {0};

        run(&status, "echo '{}'; echo first >&2; printf 'la\\033st\\377\\n' >&2; exit 3",
            LONG_MSEC);
        g_assert_error(status.error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_cmpstr(status.error->message, ==, "sh exited with status 3: last\xef\xbf\xbd");
        g_assert_cmpstr(status.output, ==, "{}\n");
        g_assert_true(g_utf8_validate(status.messages, -1, NULL));

        run(&killed, "kill -SEGV $$", LONG_MSEC);
        g_assert_error(killed.error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_cmpstr(killed.error->message, ==, "sh was killed by SIGSEGV");
}

/* Too slow: killed with all it started. */
static void test_timeout(void)
{
        g_auto(Outcome) o = {0};
        gint64 start_usec = g_get_monotonic_time();
        pid_t grandchild;

        run(&o, "sleep 600 & echo $!; trap '' TERM; wait", 200);
        g_assert_error(o.error, OMG_ERROR, OMG_ERROR_TIMEOUT);
        g_assert_cmpstr(o.error->message, ==, "sh took longer than 0.200 s and was killed");
        g_assert_cmpint(g_get_monotonic_time() - start_usec, <, 10 * G_USEC_PER_SEC);

        grandchild = (pid_t)g_ascii_strtoll(o.output, NULL, 10);
        g_assert_cmpint(grandchild, >, 1);
        /* Whoever reaps orphans here may be slow, or may not be there at all. */
        for (int i = 0; i < 100 && kill(grandchild, 0) == 0; i++) {
                g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)grandchild);
                g_autofree char *stat = NULL;

                if (!g_file_get_contents(path, &stat, NULL, NULL) || strstr(stat, ") Z "))
                        return;
                g_usleep(20 * 1000);
        }
        g_assert_cmpint(kill(grandchild, 0), ==, -1);
}

static gboolean on_cancel_time(gpointer data)
{
        omg_process_cancel(((Outcome *)data)->process);
        omg_process_cancel(((Outcome *)data)->process);
        return G_SOURCE_REMOVE;
}

/* Cancelled: done comes once, and later cancelling is harmless. */
static void test_cancel(void)
{
        g_auto(Outcome) o = {0};

        start(&o, "sleep 600", LONG_MSEC);
        g_timeout_add(50, on_cancel_time, &o);
        g_main_loop_run(o.loop);
        g_assert_error(o.error, OMG_ERROR, OMG_ERROR_CANCELLED);
        g_assert_cmpuint(o.n_calls, ==, 1);
        omg_process_cancel(o.process);
        assert_no_children();
}

/* The output limit: exactly so much is fine, one byte more kills. */
static void test_output_limit(void)
{
        g_autofree char *fits = g_strdup_printf("head -c %u /dev/zero", OMG_LIMIT_HELPER_REPLY);
        g_autofree char *over =
                g_strdup_printf("head -c %u /dev/zero; sleep 600", OMG_LIMIT_HELPER_REPLY + 1);
        g_auto(Outcome) o = {0};
        g_auto(Outcome) more = {0};

        run(&o, fits, LONG_MSEC);
        g_assert_no_error(o.error);
        g_assert_cmpuint(o.output_length, ==, OMG_LIMIT_HELPER_REPLY);

        run(&more, over, LONG_MSEC);
        g_assert_error(more.error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_autofree char *limit =
                g_strdup_printf("wrote more than %u bytes", OMG_LIMIT_HELPER_REPLY);
        g_assert_nonnull(strstr(more.error->message, limit));
        g_assert_cmpuint(more.output_length, <=, OMG_LIMIT_HELPER_REPLY);
}

/* However much it complains, only the last lines are kept. */
static void test_messages_limit(void)
{
        g_auto(Outcome) o = {0};

        run(&o, "seq 1 200000 >&2", LONG_MSEC);
        g_assert_no_error(o.error);
        g_assert_true(g_str_has_prefix(o.messages, "199991\n"));
        g_assert_true(g_str_has_suffix(o.messages, "\n200000"));
}

/* A process that left the group and holds the pipes open delays nothing. */
static void test_runaway(void)
{
        g_auto(Outcome) o = {0};
        gint64 start_usec = g_get_monotonic_time();

        run(&o,
            "setsid sh -c 'echo $$; exec sleep 5' &"
            "until [ \"$(cat /proc/$!/comm)\" = sleep ]; do sleep 0.02; done; echo done",
            LONG_MSEC);
        g_assert_no_error(o.error);
        g_assert_cmpint(g_get_monotonic_time() - start_usec, <, 4 * G_USEC_PER_SEC);
        g_assert_true(g_str_has_suffix(o.output, "\ndone\n"));
        (void)kill((pid_t)g_ascii_strtoll(o.output, NULL, 10), SIGKILL);
}

/* A program that is not there, or is none, is named. */
static void test_no_program(void)
{
        const char *missing[] = {"/nonexistent/helper", NULL};
        const char *no_program[] = {"/dev/null", NULL};
        g_autoptr(GError) error = NULL;
        g_autoptr(GError) error2 = NULL;

        const OmgProcessStart starts[] = {
                {.argv = missing, .timeout_msec = 1000, .done = on_done},
                {.argv = no_program, .timeout_msec = 1000, .done = on_done},
        };

        g_assert_null(omg_process_start(NULL, &starts[0], &error));
        g_assert_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(error->message, "/nonexistent/helper: No such file"));
        g_assert_null(omg_process_start(NULL, &starts[1], &error2));
        g_assert_error(error2, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        assert_no_children();
}

/* Freeing ends and reaps a running helper without a callback; freeing from the callback works. */
static void test_free(void)
{
        g_auto(Outcome) o = {0};
        g_auto(Outcome) in_done = {.free_in_done = TRUE};

        start(&o, "sleep 600", LONG_MSEC);
        g_clear_pointer(&o.process, omg_process_free);
        assert_no_children();
        while (g_main_context_iteration(NULL, FALSE))
                ;
        g_assert_cmpuint(o.n_calls, ==, 0);

        run(&in_done, "exit 0", LONG_MSEC);
        g_assert_null(in_done.process);
}

/* Input arrives whole, also more than the socket holds, and stays open behind it; each line comes
 * by itself, also an empty one, and nothing of one that never ended. */
static void test_lines(void)
{
        g_auto(Outcome) o = {0};
        g_autofree char *text = g_strnfill(1 << 20, 'x');
        g_autoptr(GBytes) input = g_bytes_new(text, strlen(text));

        start_lines(&o, "head -c 1048576 | wc -c; echo; printf 'a\\nb\\nhalf'", input, LONG_MSEC);
        g_main_loop_run(o.loop);
        g_assert_no_error(o.error);
        g_assert_cmpuint(o.output_length, ==, 0);
        g_assert_cmpuint(o.lines->len, ==, 4);
        g_assert_cmpstr(g_ptr_array_index(o.lines, 0), ==, "1048576");
        g_assert_cmpstr(g_ptr_array_index(o.lines, 1), ==, "");
        g_assert_cmpstr(g_ptr_array_index(o.lines, 2), ==, "a");
        g_assert_cmpstr(g_ptr_array_index(o.lines, 3), ==, "b");
        assert_no_children();
}

/* Whoever does not read the input is not disturbed by it, and neither are we. */
static void test_input_unread(void)
{
        g_auto(Outcome) o = {0};
        g_autofree char *text = g_strnfill(1 << 20, 'x');
        g_autoptr(GBytes) input = g_bytes_new(text, strlen(text));

        start_lines(&o, "exec <&-; echo done", input, LONG_MSEC);
        g_main_loop_run(o.loop);
        g_assert_no_error(o.error);
        g_assert_cmpuint(o.lines->len, ==, 1);
}

/* Time is counted from the last line; silence ends it, and so does its input not ending. */
static void test_silence(void)
{
        g_auto(Outcome) o = {0};
        g_autoptr(GBytes) input = g_bytes_new("one\n", 4);

        start_lines(&o, "for i in 1 2 3 4 5 6; do echo $i; sleep 0.2; done; cat; echo over", input,
                    1000);
        g_main_loop_run(o.loop);
        g_assert_error(o.error, OMG_ERROR, OMG_ERROR_TIMEOUT);
        g_assert_cmpstr(o.error->message, ==, "sh said nothing for 1.000 s and was killed");
        g_assert_cmpuint(o.lines->len, ==, 7);
        g_assert_cmpstr(g_ptr_array_index(o.lines, 6), ==, "one");
}

/* A line of the limit is one, a longer one ends the helper, with or without its newline. */
static void test_line_limit(void)
{
        for (guint i = 0; i < 3; i++) {
                g_autofree char *script = g_strdup_printf("head -c %u /dev/zero | tr '\\0' x; %s",
                                                          OMG_LIMIT_HELPER_REPLY + (i > 0),
                                                          i < 2 ? "echo; echo next" : "sleep 600");
                g_auto(Outcome) o = {0};

                start_lines(&o, script, NULL, LONG_MSEC);
                g_main_loop_run(o.loop);
                if (i == 0) {
                        g_assert_no_error(o.error);
                        g_assert_cmpuint(o.lines->len, ==, 2);
                        g_assert_cmpuint(strlen(g_ptr_array_index(o.lines, 0)), ==,
                                         OMG_LIMIT_HELPER_REPLY);
                        continue;
                }
                g_assert_error(o.error, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
                g_assert_nonnull(strstr(o.error->message, "bytes in a line"));
                g_assert_cmpuint(o.lines->len, ==, 0);
        }
}

/* Cancelled from within a line: none follows, though more have come. */
static void test_cancel_in_line(void)
{
        g_auto(Outcome) o = {.cancel_after = 2};

        start_lines(&o, "printf '1\\n2\\n3\\n4\\n'; sleep 600", NULL, LONG_MSEC);
        g_main_loop_run(o.loop);
        g_assert_error(o.error, OMG_ERROR, OMG_ERROR_CANCELLED);
        g_assert_cmpuint(o.lines->len, ==, 2);
        assert_no_children();
}

/* The same by a launcher: input, lines, the end of its group, and no descriptor or zombie left. */
static void test_launcher(void)
{
        const char *argv[] = {"ignored", "-c", "read -r line; echo $line; echo $0; sleep 600",
                              "name", NULL};
        g_autoptr(GError) error = NULL;
        g_autoptr(GError) error2 = NULL;
        g_autoptr(OmgLauncher) launcher = omg_launcher_new("/bin/sh", &error);
        g_autoptr(OmgLauncher) missing = omg_launcher_new("/nonexistent/helper", &error);
        g_autoptr(GBytes) input = g_bytes_new("one\n", 4);
        g_auto(Outcome) o = {.cancel_after = 2};
        OmgProcessStart what = {.argv = argv,
                                .launcher = launcher,
                                .timeout_msec = LONG_MSEC,
                                .input = input,
                                .on_line = on_line,
                                .done = on_done,
                                .data = &o};

        g_assert_no_error(error);
        o.loop = g_main_loop_new(NULL, FALSE);
        o.lines = g_ptr_array_new_with_free_func(g_free);
        o.process = omg_process_start(NULL, &what, &error);
        g_assert_no_error(error);
        g_main_loop_run(o.loop);
        g_assert_error(o.error, OMG_ERROR, OMG_ERROR_CANCELLED);
        g_assert_cmpstr(g_ptr_array_index(o.lines, 0), ==, "one");
        g_assert_cmpstr(g_ptr_array_index(o.lines, 1), ==, "name");

        what.launcher = missing;
        what.input = NULL;
        g_assert_null(omg_process_start(NULL, &what, &error2));
        g_assert_error(error2, OMG_ERROR, OMG_ERROR_UNAVAILABLE);
        g_clear_pointer(&launcher, omg_launcher_free);
        g_clear_pointer(&missing, omg_launcher_free);
        assert_no_children();
}

int main(int argc, char **argv)
{
        int fd = pidfd_open(getpid(), 0);

        /* valgrind before 3.21 does not know the call. 77: skipped. */
        if (fd < 0 && errno == ENOSYS)
                return 77;
        (void)close(fd);
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/process/success", test_success);
        g_test_add_func("/process/clean-start", test_clean_start);
        g_test_add_func("/process/environment", test_environment);
        g_test_add_func("/process/failures", test_failures);
        g_test_add_func("/process/timeout", test_timeout);
        g_test_add_func("/process/cancel", test_cancel);
        g_test_add_func("/process/output-limit", test_output_limit);
        g_test_add_func("/process/messages-limit", test_messages_limit);
        g_test_add_func("/process/runaway", test_runaway);
        g_test_add_func("/process/no-program", test_no_program);
        g_test_add_func("/process/free", test_free);
        g_test_add_func("/process/lines", test_lines);
        g_test_add_func("/process/input-unread", test_input_unread);
        g_test_add_func("/process/silence", test_silence);
        g_test_add_func("/process/line-limit", test_line_limit);
        g_test_add_func("/process/cancel-in-line", test_cancel_in_line);
        g_test_add_func("/process/launcher", test_launcher);
        return g_test_run();
}
