/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Structured logging of omgd: to the journal with fields, in the foreground to standard error.
 *
 * Any thread may log. A message is one sentence without a full stop; one that is not fatal ends in
 * ", ignoring". Control and bidirectional characters are taken out of it before it goes anywhere,
 * so that text of a package or a peer may be quoted as it is. */

#include <glib.h>
#include <sys/uio.h>
#include <syslog.h>

/* Fields a message may carry besides its text; what is NULL, or 0, is left out. Borrowed. */
typedef struct OmgLogFields {
        const char *method;    /* OMG_METHOD=: member of the D-Bus call, or request of the socket */
        const char *package;   /* OMG_PACKAGE=: name of the package it is about */
        const char *sender;    /* OMG_SENDER=: unique bus name, or "pid 123" on the socket */
        guint64 duration_usec; /* OMG_DURATION_USEC=: what it took */
} OmgLogFields;

/* Where messages go: fields as sd_journal_sendv() takes them ("NAME=value"), MESSAGE= first. */
typedef void (*OmgLogSink)(int priority, const struct iovec *fields, gsize n_fields, gpointer data);

/* Reads OMG_LOG_LEVEL (err, warning, notice, info, debug; info when unset; another value is
 * reported as a warning), picks the journal when standard error is a stream to it (JOURNAL_STREAM,
 * see systemd.exec(5)) and standard error otherwise, and routes g_log() and g_log_structured() in.
 * Call once, before any thread starts; what is logged earlier goes to standard error at "info". */
void omg_log_init(void);

/* For after detaching, when standard error leads nowhere: the journal from here on, or syslog(3)
 * where no journal runs. */
void omg_log_use_journal(void);

/* Sends everything to another sink (tests); NULL goes back to standard error. */
void omg_log_set_sink(OmgLogSink sink, gpointer data);

/* Least urgent priority that is written: LOG_ERR to LOG_DEBUG. */
void omg_log_set_level(int priority);

/* TRUE when a message of this priority would be written: for messages costly to make. */
gboolean omg_log_enabled(int priority);

/* omg_log(LOG_WARNING, OMG_LOG_ID_REFRESH_FAILED or NULL, "format", ...)
 * omg_log_with(LOG_DEBUG, NULL, (&(OmgLogFields){ .method = "Search" }), "format", ...) */
#define omg_log_with(priority, message_id, fields, ...)                    \
        omg_log_write(priority, message_id, fields, "CODE_FILE=" __FILE__, \
                      "CODE_LINE=" G_STRINGIFY(__LINE__), __func__, __VA_ARGS__)
#define omg_log(priority, message_id, ...) omg_log_with(priority, message_id, NULL, __VA_ARGS__)

#define omg_log_err(...)     omg_log(LOG_ERR, NULL, __VA_ARGS__)
#define omg_log_warning(...) omg_log(LOG_WARNING, NULL, __VA_ARGS__)
#define omg_log_notice(...)  omg_log(LOG_NOTICE, NULL, __VA_ARGS__)
#define omg_log_info(...)    omg_log(LOG_INFO, NULL, __VA_ARGS__)
#define omg_log_debug(...)   omg_log(LOG_DEBUG, NULL, __VA_ARGS__)

/* What the macros call. errno is kept. */
void omg_log_write(int priority, const char *message_id, const OmgLogFields *fields,
                   const char *code_file, const char *code_line, const char *code_func,
                   const char *format, ...) G_GNUC_PRINTF(7, 8);
