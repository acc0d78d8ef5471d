/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/history.h"

#include "base/error.h"
#include "base/limits.h"
#include "sources/pacman-log-reader.h"

static gboolean contains(const char *const *words, OmgLogSpan span)
{
        for (; *words; words++)
                if (omg_log_span_equals(span, *words))
                        return TRUE;
        return FALSE;
}

/* The log is not ordered by time: clocks are put right. So an entry that is too old says nothing of
 * those before it. */
static gboolean is_wanted(const OmgHistoryParams *params, const OmgLogLine *line)
{
        return (!params->since || line->time >= *params->since) &&
               (!params->packages || contains(params->packages, line->package)) &&
               (!params->actions ||
                g_strv_contains(params->actions, omg_log_action_words[line->action]));
}

gboolean omg_history_each(const OmgHistoryParams *params, OmgHistoryFunc func, gpointer userdata,
                          OmgHistoryState *ret_state, GError **error)
{
        g_autoptr(GTimeZone) zone = g_time_zone_new_local();
        g_autoptr(OmgLogReader) reader = NULL;
        g_autoptr(GError) failure = NULL;
        OmgLogLine line;
        guint64 position;

        reader = omg_log_reader_open(params->log_file, params->generation, zone, error);
        if (!reader)
                return FALSE;
        while (omg_log_reader_previous(reader, &line, &position, &failure)) {
                if (params->is_cancelled && params->is_cancelled(params->cancel_data)) {
                        g_set_error_literal(error, OMG_ERROR, OMG_ERROR_CANCELLED,
                                            "it was cancelled");
                        return FALSE;
                }
                if (is_wanted(params, &line) && !func(&line, position, userdata))
                        break;
        }
        if (failure) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return FALSE;
        }
        ret_state->generation = omg_log_reader_get_generation(reader);
        ret_state->complete = !omg_log_reader_is_cut(reader);
        return TRUE;
}

/* ---- a page ---- */

static char *dup_span(OmgLogSpan span)
{
        return g_strndup(span.text, span.length);
}

static void entry_free(gpointer data)
{
        OmgHistoryEntry *entry = data;

        g_free(entry->package);
        g_free(entry->version);
        g_free(entry->old_version);
        g_free(entry);
}

static OmgHistoryEntry *entry_new(const OmgLogLine *line, guint64 position)
{
        OmgHistoryEntry *entry = g_new(OmgHistoryEntry, 1);

        *entry = (OmgHistoryEntry){
                .position = position,
                .time = line->time,
                .action = line->action,
                .package = dup_span(line->package),
                .version = dup_span(line->version),
                .old_version = line->old_version.length > 0 ? dup_span(line->old_version) : NULL,
        };
        return entry;
}

typedef struct {
        guint offset;
        guint limit;
        OmgHistoryPage *page;
} Collect;

static gboolean on_entry(const OmgLogLine *line, guint64 position, gpointer userdata)
{
        Collect *collect = userdata;
        OmgHistoryPage *page = collect->page;

        /* One more than the page and the exact count: there are more. */
        if (page->total >= OMG_LIMIT_TOTAL_EXACT &&
            page->total >= (guint64)collect->offset + collect->limit) {
                page->total_exact = FALSE;
                return FALSE;
        }
        if (page->total >= collect->offset && page->entries->len < collect->limit)
                g_ptr_array_add(page->entries, entry_new(line, position));
        page->total++;
        return TRUE;
}

gboolean omg_history_read(const OmgHistoryParams *params, guint offset, guint limit,
                          OmgHistoryPage *ret_page, GError **error)
{
        OmgHistoryPage page = {
                .entries = g_ptr_array_new_with_free_func(entry_free),
                .total_exact = TRUE,
        };
        Collect collect = {offset, limit, &page};

        if (!omg_history_each(params, on_entry, &collect, &page.state, error)) {
                omg_history_page_clear(&page);
                return FALSE;
        }
        *ret_page = page;
        return TRUE;
}

void omg_history_page_clear(OmgHistoryPage *page)
{
        g_clear_pointer(&page->entries, g_ptr_array_unref);
}
