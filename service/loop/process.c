/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/process.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "loop/child.h"

#define MESSAGES_BYTES 4096u /* of standard error, the end of which is kept */
#define MESSAGES_LINES 10u
#define READ_BYTES     (64u << 10)
#define DRAIN_READS    32 /* of READ_BYTES; a pipe holds 64 KiB, and at most 1 MiB by itself */

typedef enum {
        READ_SOME,
        READ_NOTHING, /* it would block */
        READ_END,
} ReadState;

/* Why it was killed, if it was. */
typedef enum {
        FATE_OWN, /* it ends by itself */
        FATE_TIMEOUT,
        FATE_CANCELLED,
        FATE_TOO_MUCH_OUTPUT,
} Fate;

struct OmgProcess {
        char *name; /* basename, for messages */
        pid_t pid;  /* 0 once reaped */
        int pid_fd;
        int input_fd; /* -1 without input */
        int output_fd;
        int messages_fd;
        GSource *ended_source;
        GSource *input_source;
        GSource *output_source;
        GSource *messages_source;
        GSource *timeout_source;
        GBytes *input;
        gsize input_sent;
        GByteArray *output; /* with on_line: a line that has come in part */
        GString *messages;
        guint timeout_msec;
        Fate fate;
        int wait_status;
        OmgProcessLine on_line;
        OmgProcessDone done;
        gpointer data;
};

static void close_fd(int *fd)
{
        if (*fd >= 0)
                (void)close(*fd);
        *fd = -1;
}

static void remove_source(GSource **source)
{
        if (*source)
                g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
}

/* As long as the helper is not reaped its number, and so its group's, cannot be another's. */
static void kill_group(OmgProcess *process, Fate fate)
{
        if (process->fate == FATE_OWN)
                process->fate = fate;
        if (process->pid != 0)
                (void)kill(-process->pid, SIGKILL);
}

/* Blocks until it ended. What it left running in its group ends with it. */
static gboolean reap(OmgProcess *process)
{
        pid_t r;

        (void)kill(-process->pid, SIGKILL);
        do
                r = waitpid(process->pid, &process->wait_status, 0);
        while (r < 0 && errno == EINTR);
        process->pid = 0;
        return r > 0;
}

static ReadState get_read_state(ssize_t n)
{
        if (n < 0)
                return errno == EINTR || errno == EAGAIN ? READ_NOTHING : READ_END;
        return n == 0 ? READ_END : READ_SOME;
}

static ReadState refuse_output(OmgProcess *process)
{
        kill_group(process, FATE_TOO_MUCH_OUTPUT);
        return READ_END;
}

/* Gives away the whole lines of what has come, and restarts the clock with them. */
static void give_lines(OmgProcess *process)
{
        const char *text = (const char *)process->output->data;
        const gsize size = process->output->len;
        const char *newline;
        gsize at = 0;

        while (process->fate == FATE_OWN && (newline = memchr(text + at, '\n', size - at))) {
                const gsize length = (gsize)(newline - text) - at;
                if (length > OMG_LIMIT_HELPER_REPLY)
                        break;
                process->on_line(text + at, length, process->data);
                at += length + 1;
        }
        if (at > 0) {
                g_byte_array_remove_range(process->output, 0, (guint)at);
                g_source_set_ready_time(process->timeout_source,
                                        g_get_monotonic_time() +
                                                process->timeout_msec * G_GINT64_CONSTANT(1000));
        }
}

static ReadState read_output(OmgProcess *process)
{
        guint8 buffer[READ_BYTES];
        ssize_t n = read(process->output_fd, buffer, sizeof(buffer));

        if (n <= 0)
                return get_read_state(n);
        if (!process->on_line && process->output->len + (gsize)n > OMG_LIMIT_HELPER_REPLY)
                return refuse_output(process);
        g_byte_array_append(process->output, buffer, (guint)n);
        if (process->on_line)
                give_lines(process);
        return process->output->len > OMG_LIMIT_HELPER_REPLY ? refuse_output(process) : READ_SOME;
}

static ReadState read_messages(OmgProcess *process)
{
        char buffer[READ_BYTES];
        ssize_t n = read(process->messages_fd, buffer, sizeof(buffer));

        if (n > 0)
                g_string_append_len(process->messages, buffer, n);
        if (process->messages->len > MESSAGES_BYTES)
                g_string_erase(process->messages, 0,
                               (gssize)(process->messages->len - MESSAGES_BYTES));
        return get_read_state(n);
}

/* No SIGPIPE: a helper that ended, or wants no input, only misses it. */
static gboolean on_input(int fd, GIOCondition condition, gpointer data)
{
        OmgProcess *process = data;
        gsize size;
        const char *bytes = g_bytes_get_data(process->input, &size);
        ssize_t n = send(process->input_fd, bytes + process->input_sent, size - process->input_sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0)
                return errno == EINTR || errno == EAGAIN;
        process->input_sent += (gsize)n;
        return process->input_sent < size;
}

static gboolean on_output(int fd, GIOCondition condition, gpointer data)
{
        return read_output(data) != READ_END;
}

static gboolean on_messages(int fd, GIOCondition condition, gpointer data)
{
        return read_messages(data) != READ_END;
}

/* What it wrote last is still in the pipes. Not until their end, and not for ever: somebody who
 * left the group may hold them open and go on writing. */
static void drain(OmgProcess *process)
{
        for (int i = 0; i < DRAIN_READS && read_output(process) == READ_SOME; i++)
                ;
        for (int i = 0; i < DRAIN_READS && read_messages(process) == READ_SOME; i++)
                ;
}

/* The last lines, fit for a log. */
static char *dup_messages(const GString *raw)
{
        g_autofree char *text = omg_text_make_valid(raw->str, (gssize)raw->len);
        g_auto(GStrv) lines = NULL;
        g_autoptr(GString) out = g_string_new(NULL);
        guint n_lines;

        g_strchomp(text);
        lines = g_strsplit(text, "\n", -1);
        n_lines = g_strv_length(lines);
        for (guint i = n_lines > MESSAGES_LINES ? n_lines - MESSAGES_LINES : 0; i < n_lines; i++)
                g_string_append_printf(out, "%s%s", out->len > 0 ? "\n" : "", lines[i]);
        return g_strdup(out->str);
}

static void set_exit_error(const OmgProcess *process, const char *messages, GError **error)
{
        const char *last_line = strrchr(messages, '\n');
        g_autofree char *said = omg_text_strip(last_line ? last_line + 1 : messages);
        g_autofree char *how = NULL;

        if (WIFSIGNALED(process->wait_status)) {
                int signal_number = WTERMSIG(process->wait_status);
                const char *name = sigabbrev_np(signal_number);

                how = name ? g_strdup_printf("was killed by SIG%s", name)
                           : g_strdup_printf("was killed by signal %d", signal_number);
        } else {
                how = g_strdup_printf("exited with status %d", WEXITSTATUS(process->wait_status));
        }
        g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE, "%s %s%s%s", process->name, how,
                    *said ? ": " : "", said);
}

static void set_error(const OmgProcess *process, const char *messages, GError **error)
{
        switch (process->fate) {
        case FATE_TIMEOUT:
                g_set_error(error, OMG_ERROR, OMG_ERROR_TIMEOUT, "%s %s %u.%03u s and was killed",
                            process->name,
                            process->on_line ? "said nothing for" : "took longer than",
                            process->timeout_msec / 1000, process->timeout_msec % 1000);
                return;
        case FATE_CANCELLED:
                g_set_error(error, OMG_ERROR, OMG_ERROR_CANCELLED, "%s was cancelled",
                            process->name);
                return;
        case FATE_TOO_MUCH_OUTPUT:
                g_set_error(error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "%s wrote more than %u bytes%s and was killed", process->name,
                            OMG_LIMIT_HELPER_REPLY, process->on_line ? " in a line" : "");
                return;
        case FATE_OWN:
                if (!WIFEXITED(process->wait_status) || WEXITSTATUS(process->wait_status) != 0)
                        set_exit_error(process, messages, error);
                return;
        }
}

static void drop_sources(OmgProcess *process)
{
        remove_source(&process->ended_source);
        remove_source(&process->input_source);
        remove_source(&process->output_source);
        remove_source(&process->messages_source);
        remove_source(&process->timeout_source);
}

static gboolean on_ended(int fd, GIOCondition condition, gpointer data)
{
        OmgProcess *process = data;
        g_autoptr(GBytes) output = NULL;
        g_autofree char *messages = NULL;
        g_autoptr(GError) error = NULL;
        gboolean is_reaped = reap(process);

        drain(process);
        drop_sources(process);

        if (process->on_line)
                g_byte_array_set_size(process->output, 0);
        output = g_byte_array_free_to_bytes(g_steal_pointer(&process->output));
        messages = dup_messages(process->messages);
        if (is_reaped)
                set_error(process, messages, &error);
        else
                g_set_error(&error, OMG_ERROR, OMG_ERROR_UNAVAILABLE,
                            "%s ended, but not how is known: SIGCHLD is ignored", process->name);

        /* done may free the process: nothing of it is touched from here on. */
        process->done(&(OmgProcessResult){.wait_status = process->wait_status,
                                          .output = output,
                                          .messages = messages},
                      error, process->data);
        return G_SOURCE_REMOVE;
}

static gboolean on_timeout(gpointer data)
{
        kill_group(data, FATE_TIMEOUT);
        return G_SOURCE_REMOVE;
}

/* A pipe whose reading end is ours and does not block. */
static gboolean pipe_new(int *ret_read, int *ret_write, GError **error)
{
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) < 0) {
                omg_error_set_errno(error, errno, "pipe to a helper");
                return FALSE;
        }
        (void)g_unix_set_fd_nonblocking(fds[0], TRUE, NULL);
        *ret_read = fds[0];
        *ret_write = fds[1];
        return TRUE;
}

/* A socket, which unlike a pipe can be written to without SIGPIPE. */
static gboolean input_new(OmgProcess *process, int *ret_read, GError **error)
{
        int fds[2];

        if (!process->input)
                return TRUE;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
                omg_error_set_errno(error, errno, "socket to a helper");
                return FALSE;
        }
        process->input_fd = fds[0];
        *ret_read = fds[1];
        return TRUE;
}

static gboolean spawn_with_pipes(OmgProcess *process, const OmgProcessStart *start, GError **error)
{
        OmgChild what = {start->launcher, start->argv, start->environment, -1, -1, -1};
        pid_t pid = 0;
        gboolean ok = input_new(process, &what.input_fd, error) &&
                      pipe_new(&process->output_fd, &what.output_fd, error) &&
                      pipe_new(&process->messages_fd, &what.messages_fd, error) &&
                      omg_child_spawn(&what, &pid, error);

        if (ok)
                process->pid = pid;
        close_fd(&what.input_fd);
        close_fd(&what.output_fd);
        close_fd(&what.messages_fd);
        return ok;
}

static GSource *attach_fd(GMainContext *context, int fd, GIOCondition condition,
                          GUnixFDSourceFunc func, gpointer data)
{
        GSource *source = g_unix_fd_source_new(fd, condition | G_IO_HUP | G_IO_ERR);

        g_source_set_callback(source, G_SOURCE_FUNC(func), data, NULL);
        g_source_attach(source, context);
        return source;
}

static OmgProcess *process_new(const OmgProcessStart *start)
{
        OmgProcess *process = g_new0(OmgProcess, 1);

        process->name = g_path_get_basename(start->argv[0]);
        process->pid_fd = process->input_fd = process->output_fd = process->messages_fd = -1;
        process->input = start->input ? g_bytes_ref(start->input) : NULL;
        process->output = g_byte_array_new();
        process->messages = g_string_new(NULL);
        process->timeout_msec = start->timeout_msec;
        process->on_line = start->on_line;
        process->done = start->done;
        process->data = start->data;
        return process;
}

static void attach(OmgProcess *process, GMainContext *context)
{
        process->ended_source = attach_fd(context, process->pid_fd, G_IO_IN, on_ended, process);
        if (process->input && g_bytes_get_size(process->input) > 0)
                process->input_source =
                        attach_fd(context, process->input_fd, G_IO_OUT, on_input, process);
        process->output_source =
                attach_fd(context, process->output_fd, G_IO_IN, on_output, process);
        process->messages_source =
                attach_fd(context, process->messages_fd, G_IO_IN, on_messages, process);
        process->timeout_source = g_timeout_source_new(process->timeout_msec);
        g_source_set_callback(process->timeout_source, on_timeout, process, NULL);
        g_source_attach(process->timeout_source, context);
}

OmgProcess *omg_process_start(GMainContext *context, const OmgProcessStart *start, GError **error)
{
        g_autoptr(OmgProcess) process = process_new(start);

        if (!spawn_with_pipes(process, start, error))
                return NULL;
        process->pid_fd = pidfd_open(process->pid, 0);
        if (process->pid_fd < 0) {
                omg_error_set_errno(error, errno, "pidfd of %s", process->name);
                return NULL; /* freeing kills and reaps it */
        }
        attach(process, context ? context : g_main_context_get_thread_default());
        return g_steal_pointer(&process);
}

void omg_process_cancel(OmgProcess *process)
{
        kill_group(process, FATE_CANCELLED);
}

void omg_process_free(OmgProcess *process)
{
        if (!process)
                return;
        drop_sources(process);
        if (process->pid != 0)
                (void)reap(process);
        close_fd(&process->pid_fd);
        close_fd(&process->input_fd);
        close_fd(&process->output_fd);
        close_fd(&process->messages_fd);
        if (process->output)
                g_byte_array_unref(process->output);
        g_clear_pointer(&process->input, g_bytes_unref);
        g_string_free(process->messages, TRUE);
        g_free(process->name);
        g_free(process);
}
