/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What pacman did, out of its log, newest first. Reads the disk: not on main. */

#include "engine/json-lines.h"
#include "sources/pacman-log.h"

typedef struct {
        const char *log_file;
        const guint64 *generation;   /* of an earlier answer; NULL: the log as it is now */
        const gint64 *since;         /* seconds since 1970; NULL: all */
        const char *const *packages; /* only these; NULL: all */
        const char *const *actions;  /* words of omg_log_action_words; NULL: all */
        OmgIsCancelled is_cancelled; /* NULL: never */
        gconstpointer cancel_data;
} OmgHistoryParams;

/* About the log that was read. */
typedef struct {
        guint64 generation;
        gboolean complete; /* FALSE: it is larger than what is read of it */
} OmgHistoryState;

/* Called for each entry that the parameters let through; FALSE: no more. */
typedef gboolean (*OmgHistoryFunc)(const OmgLogLine *line, guint64 position, gpointer userdata);

/* Errors: those of omg_log_reader_open(); UNAVAILABLE; CANCELLED. */
gboolean omg_history_each(const OmgHistoryParams *params, OmgHistoryFunc func, gpointer userdata,
                          OmgHistoryState *ret_state, GError **error);

typedef struct {
        guint64 position;
        gint64 time;
        OmgLogAction action;
        char *package;
        char *version;
        char *old_version; /* NULL: none */
} OmgHistoryEntry;

/* One page. */
typedef struct {
        GPtrArray *entries; /* OmgHistoryEntry */
        guint total;
        gboolean total_exact; /* FALSE: at least that many; older ones were not counted */
        OmgHistoryState state;
} OmgHistoryPage;

/* Counts up to OMG_LIMIT_TOTAL_EXACT, or to the end of the page. */
gboolean omg_history_read(const OmgHistoryParams *params, guint offset, guint limit,
                          OmgHistoryPage *ret_page, GError **error);
void omg_history_page_clear(OmgHistoryPage *page);
