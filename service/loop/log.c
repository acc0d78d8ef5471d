/* SPDX-License-Identifier: GPL-3.0-or-later */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "loop/log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/text.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* A log belongs to the process, not to an object. All three are written before a second thread
 * exists, so reading them needs no lock. */
static int log_level = LOG_INFO;
static OmgLogSink log_sink;
static gpointer log_sink_data;

static const struct {
        const char *name;
        int priority;
} levels[] = {
        {"err", LOG_ERR},   {"warning", LOG_WARNING}, {"notice", LOG_NOTICE},
        {"info", LOG_INFO}, {"debug", LOG_DEBUG},
};

/* The text of the field MESSAGE=, which every sink gets first. */
static const char *get_message(const struct iovec *fields)
{
        return (const char *)fields[0].iov_base + strlen("MESSAGE=");
}

/* One write(2) a line, so that lines of two threads do not mix. */
static void sink_stderr(int priority, const struct iovec *fields, gsize n_fields, gpointer data)
{
        /* "<6>" is what systemd and podman read a level from; a person does not want it. */
        g_autofree char *line =
                isatty(STDERR_FILENO) ? g_strdup_printf("%s\n", get_message(fields))
                                      : g_strdup_printf("<%d>%s\n", priority, get_message(fields));
        const char *rest = line;
        gsize length = strlen(line);

        while (length > 0) {
                ssize_t n = write(STDERR_FILENO, rest, length);

                if (n < 0 && errno != EINTR)
                        return; /* where would one report that? */
                if (n > 0) {
                        rest += n;
                        length -= (gsize)n;
                }
        }
}

static void sink_journal(int priority, const struct iovec *fields, gsize n_fields, gpointer data)
{
        if (sd_journal_sendv(fields, (int)n_fields) < 0)
                sink_stderr(priority, fields, n_fields, data);
}

static void sink_syslog(int priority, const struct iovec *fields, gsize n_fields, gpointer data)
{
        syslog(LOG_USER | priority, "%s", get_message(fields));
}

static void emit(int priority, GPtrArray *fields)
{
        g_autofree struct iovec *iov = g_new(struct iovec, fields->len);

        for (guint i = 0; i < fields->len; i++) {
                iov[i].iov_base = fields->pdata[i];
                iov[i].iov_len = strlen(fields->pdata[i]);
        }
        if (log_sink)
                log_sink(priority, iov, fields->len, log_sink_data);
        else
                sink_stderr(priority, iov, fields->len, NULL);
}

static GPtrArray *fields_new(int priority, const char *message)
{
        GPtrArray *fields = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *text = omg_text_strip(message);

        g_ptr_array_add(fields, g_strconcat("MESSAGE=", text, NULL));
        g_ptr_array_add(fields, g_strdup_printf("PRIORITY=%d", priority));
        return fields;
}

static void add_field(GPtrArray *fields, const char *prefix, const char *value)
{
        if (value)
                g_ptr_array_add(fields, g_strconcat(prefix, value, NULL));
}

void omg_log_write(int priority, const char *message_id, const OmgLogFields *extra,
                   const char *code_file, const char *code_line, const char *code_func,
                   const char *format, ...)
{
        g_autoptr(GPtrArray) fields = NULL;
        g_autofree char *message = NULL;
        int saved_errno = errno;
        va_list args;

        if (!omg_log_enabled(priority))
                return;

        va_start(args, format);
        message = g_strdup_vprintf(format, args);
        va_end(args);

        fields = fields_new(priority, message);
        add_field(fields, "MESSAGE_ID=", message_id);
        add_field(fields, "", code_file);
        add_field(fields, "", code_line);
        add_field(fields, "CODE_FUNC=", code_func);
        if (extra) {
                add_field(fields, "OMG_METHOD=", extra->method);
                add_field(fields, "OMG_PACKAGE=", extra->package);
                add_field(fields, "OMG_SENDER=", extra->sender);
                if (extra->duration_usec > 0)
                        g_ptr_array_add(fields,
                                        g_strdup_printf("OMG_DURATION_USEC=%" G_GUINT64_FORMAT,
                                                        extra->duration_usec));
        }
        emit(priority, fields);
        errno = saved_errno;
}

static int priority_from_glib(GLogLevelFlags level)
{
        /* GLib's own mapping (gmessages.c): a critical is a programming error that was survived. */
        if (level & G_LOG_LEVEL_ERROR)
                return LOG_ERR;
        if (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING))
                return LOG_WARNING;
        if (level & G_LOG_LEVEL_MESSAGE)
                return LOG_NOTICE;
        if (level & G_LOG_LEVEL_INFO)
                return LOG_INFO;
        return LOG_DEBUG;
}

static char *dup_glib_value(const GLogField *field)
{
        return field->length < 0 ? g_strdup(field->value)
                                 : g_strndup(field->value, (gsize)field->length);
}

static GLogWriterOutput on_glib_log(GLogLevelFlags level, const GLogField *glib_fields,
                                    gsize n_fields, gpointer data)
{
        int priority = priority_from_glib(level);
        g_autoptr(GPtrArray) fields = NULL;
        g_autofree char *message = NULL;

        if (!omg_log_enabled(priority))
                return G_LOG_WRITER_HANDLED;

        for (gsize i = 0; i < n_fields && !message; i++)
                if (g_str_equal(glib_fields[i].key, "MESSAGE"))
                        message = dup_glib_value(&glib_fields[i]);

        fields = fields_new(priority, message);
        for (gsize i = 0; i < n_fields; i++) {
                g_autofree char *value = NULL;

                if (g_str_equal(glib_fields[i].key, "MESSAGE") ||
                    g_str_equal(glib_fields[i].key, "PRIORITY") ||
                    g_str_equal(glib_fields[i].key, "GLIB_OLD_LOG_API"))
                        continue;
                value = dup_glib_value(&glib_fields[i]);
                g_ptr_array_add(fields, g_strconcat(glib_fields[i].key, "=", value, NULL));
        }
        emit(priority, fields);
        return G_LOG_WRITER_HANDLED;
}

static gboolean is_stderr_journal(void)
{
        g_auto(GStrv) parts = NULL;
        const char *stream = g_getenv("JOURNAL_STREAM");
        guint64 device = 0, inode = 0;
        struct stat st;

        if (!stream || fstat(STDERR_FILENO, &st) < 0)
                return FALSE;
        parts = g_strsplit(stream, ":", 2);
        if (g_strv_length(parts) != 2 ||
            !g_ascii_string_to_unsigned(parts[0], 10, 0, G_MAXUINT64, &device, NULL) ||
            !g_ascii_string_to_unsigned(parts[1], 10, 0, G_MAXUINT64, &inode, NULL))
                return FALSE;
        return device == st.st_dev && inode == st.st_ino;
}

static void read_level(void)
{
        const char *name = g_getenv("OMG_LOG_LEVEL");

        if (!name || !*name)
                return;
        for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
                if (g_str_equal(name, levels[i].name)) {
                        log_level = levels[i].priority;
                        return;
                }
        }
        omg_log_warning("OMG_LOG_LEVEL is \"%s\" but knows only err, warning, notice, info and "
                        "debug, ignoring",
                        name);
}

void omg_log_init(void)
{
        static gboolean is_writer_set = FALSE; /* GLib takes a writer once per process */

        log_sink = is_stderr_journal() ? sink_journal : sink_stderr;
        read_level();
        if (!is_writer_set)
                g_log_set_writer_func(on_glib_log, NULL, NULL);
        is_writer_set = TRUE;
}

void omg_log_use_journal(void)
{
        /* sd_journal_sendv() is silently successful where there is no journal. */
        log_sink = access(JOURNAL_SOCKET, F_OK) == 0 ? sink_journal : sink_syslog;
        log_sink_data = NULL;
}

void omg_log_set_sink(OmgLogSink sink, gpointer data)
{
        log_sink = sink;
        log_sink_data = data;
}

void omg_log_set_level(int priority)
{
        log_level = priority;
}

gboolean omg_log_enabled(int priority)
{
        return priority <= log_level;
}
