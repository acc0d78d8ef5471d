/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One line of pacman.log. What libalpm writes (lib/libalpm/add.c, remove.c):
 *
 *   installed NAME (VERSION)          upgraded NAME (OLD -> NEW)
 *   reinstalled NAME (VERSION)        downgraded NAME (OLD -> NEW)
 *   removed NAME (VERSION)
 *
 * and before it a time and, since pacman 4.1 (2013), who wrote the line:
 *
 *   [2010-01-02 03:04] installed ...              local time
 *   [2014-01-27 13:46] [PACMAN] upgraded ...      4.1: the front-end wrote them
 *   [2016-01-02 03:04] [ALPM] upgraded ...        4.2: the library does
 *   [2019-10-23T07:23:09+0200] [ALPM] removed ... 5.2: with seconds and zone
 *
 * Everything else in the log is no entry: commands, hooks, transactions, what scriptlets print. */

#include <glib.h>

typedef enum {
        OMG_LOG_INSTALLED,
        OMG_LOG_REMOVED,
        OMG_LOG_UPGRADED,
        OMG_LOG_DOWNGRADED,
        OMG_LOG_REINSTALLED,
        OMG_LOG_N_ACTIONS,
} OmgLogAction;

/* The words of the actions in the order of the enum, and NULL. */
extern const char *const omg_log_action_words[];

/* A part of a line, without a NUL at its end. */
typedef struct {
        const char *text;
        gsize length;
} OmgLogSpan;

typedef struct {
        gint64 time; /* seconds since 1970 UTC */
        OmgLogAction action;
        OmgLogSpan package;
        OmgLogSpan version;     /* the new one; of a removal the one removed */
        OmgLogSpan old_version; /* of upgrades and downgrades; else of length 0 */
} OmgLogLine;

/* Reads a line, without its newline. Times without a zone are of @zone; where the clock was put
 * back and a time came twice, standard time is taken. FALSE: it is no entry; so is every line that
 * is too long, no UTF-8, or holds a NUL. The spans point into the line. */
gboolean omg_log_line_parse(const char *line, gsize length, GTimeZone *zone, OmgLogLine *ret_line);

gboolean omg_log_span_equals(OmgLogSpan span, const char *text);
