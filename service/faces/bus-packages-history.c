/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.omgd1.Packages.ListHistory. */
#include <errno.h>

#include "base/limits.h"
#include "faces/bus-call.h"
#include "faces/bus-meta.h"
#include "faces/bus-options.h"
#include "faces/bus-packages.h"

typedef struct {
        OmgBusPage page;
        gint64 since;
        gboolean has_since;
        GStrv packages;
        GStrv actions;
        OmgHistoryPage found; /* on the pool */
} Work;

static void work_free(Work *work)
{
        g_strfreev(work->packages);
        g_strfreev(work->actions);
        omg_history_page_clear(&work->found);
        g_free(work);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Work, work_free)

int omg_bus_actions_check(GStrv actions, GError **error)
{
        guint index;
        int r = 0;

        for (guint i = 0; r >= 0 && actions && actions[i]; i++)
                r = omg_bus_word_find("Option \"actions\"", actions[i], omg_log_action_words,
                                      &index, error);
        return r;
}

int omg_bus_history_meta_append(sd_bus_message *reply, const OmgHistoryState *state, guint32 total,
                                gboolean total_exact)
{
        return omg_bus_meta_append_values(reply, &(OmgBusMeta){
                                                         .total = total,
                                                         .total_exact = total_exact,
                                                         .generation = state->generation,
                                                         .as_of_usec = (guint64)g_get_real_time(),
                                                         .complete = state->complete,
                                                 });
}

static gboolean work_history(const OmgSnapshot *snapshot, const OmgPoolJob *job, gpointer data,
                             GError **error)
{
        Work *work = data;
        OmgHistoryParams params = {
                .generation = work->page.has_generation ? &work->page.generation : NULL,
                .since = work->has_since ? &work->since : NULL,
                .packages = (const char *const *)work->packages,
                .actions = (const char *const *)work->actions,
                .is_cancelled = omg_bus_is_cancelled,
                .cancel_data = job,
        };

        if (!snapshot->conf) {
                omg_snapshot_set_missing(snapshot, "pacman.conf", error);
                return FALSE;
        }
        params.log_file = snapshot->conf->log_file;
        return omg_history_read(&params, work->page.offset, work->page.limit, &work->found, error);
}

static int append_entry(sd_bus_message *reply, const OmgHistoryEntry *entry)
{
        int r;

        if ((r = sd_bus_message_open_container(reply, 'r', "txsssa{sv}")) < 0 ||
            (r = sd_bus_message_append(reply, "txsss", entry->position, entry->time,
                                       omg_log_action_words[entry->action], entry->package,
                                       entry->version)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "{sv}")) < 0 ||
            (r = entry->old_version
                         ? omg_bus_entry_append(reply, "old-version", 's', entry->old_version)
                         : 0) < 0 ||
            (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_message_close_container(reply);
}

static int append_history(const OmgSnapshot *snapshot, sd_bus_message *reply, gpointer data,
                          GError **error)
{
        const Work *work = data;
        const OmgHistoryPage *found = &work->found;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(txsssa{sv})");
        for (guint i = 0; r >= 0 && i < found->entries->len; i++)
                r = append_entry(reply, found->entries->pdata[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r
                     : omg_bus_history_meta_append(reply, &found->state, found->total,
                                                   found->total_exact);
}

static int run_list_history(OmgService *service, sd_bus_message *call, sd_bus_message *reply,
                            GError **error)
{
        g_autoptr(Work) work = g_new0(Work, 1);
        const OmgBusOption table[] = {
                OMG_BUS_PAGE_OPTIONS(&work->page),
                {"since", OMG_BUS_OPTION_INT64, &work->since, &work->has_since},
                {"packages", OMG_BUS_OPTION_STRV, &work->packages, NULL},
                {"actions", OMG_BUS_OPTION_STRV, &work->actions, NULL},
        };
        OmgBusPage page;
        int r;

        work->page.limit = OMG_LIMIT_ROWS;
        if ((r = omg_bus_options_read(call, table, G_N_ELEMENTS(table), error)) < 0 ||
            (r = omg_bus_actions_check(work->actions, error)) < 0)
                return r;
        /* The generation is the log's, and is looked at when the log is. */
        page = work->page;
        page.has_generation = FALSE;
        r = omg_bus_page_check(&page, service, error);
        if (r < 0)
                return r;
        return omg_calls_run_on_pool(service->calls, work_history, append_history,
                                     g_steal_pointer(&work), (GDestroyNotify)work_free);
}

OMG_DEFINE_PACKAGES_METHOD(list_history, history_calls)
