/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/refresh-private.h"

/* A hand-over to main. */
typedef struct {
        OmgRefresh *refresh;
        OmgRefreshOutcome outcome;
        const char *stage;
        double progress;
        gboolean is_locked;
} Message;

static void message_free(gpointer data)
{
        Message *message = data;

        omg_snapshot_unref(message->outcome.snapshot);
        omg_changes_free(message->outcome.changes);
        g_clear_error(&message->outcome.error);
        g_clear_error(&message->outcome.mirrors.error);
        for (guint i = 0; i < OMG_ADVISORY_SOURCE_N; i++)
                g_clear_error(&message->outcome.feeds[i].error);
        g_clear_error(&message->outcome.aur.error);
        g_free(message);
}

static void deliver_progress(gpointer data)
{
        Message *m = data;
        m->refresh->events.on_progress(m->outcome.id, m->stage, m->progress,
                                       m->refresh->events.userdata);
}

static void do_nothing(gpointer data)
{
}

/* Whoever unmaps an index last whose file has no name any more waits until the file system has
 * given back its 60 MB: many milliseconds, and a disk that is told of each block takes longer. So
 * main is not the last to hold a snapshot, but for a call that is under way. */
static void show(OmgRefresh *refresh, OmgSnapshot *snapshot)
{
        OmgSnapshot *before = refresh->shown;

        refresh->shown = omg_snapshot_ref(snapshot);
        if (before)
                omg_worker_run(refresh->worker, do_nothing, before,
                               (GDestroyNotify)omg_snapshot_unref);
}

static void deliver_outcome(gpointer data)
{
        Message *m = data;
        m->refresh->events.on_done(&m->outcome, m->refresh->events.userdata);
        if (m->outcome.snapshot)
                show(m->refresh, m->outcome.snapshot);
}

static void deliver_locked(gpointer data)
{
        Message *m = data;
        m->refresh->events.on_locked(m->is_locked, m->refresh->events.userdata);
}

/* Of one without an id nobody is told: main need not wake up for it. */
void omg_refresh_post_progress_of(OmgRefresh *refresh, guint64 id, const char *stage,
                                  double progress)
{
        Message *message;

        if (id == 0)
                return;
        message = g_new0(Message, 1);
        message->refresh = refresh;
        message->outcome.id = id;
        message->stage = stage;
        message->progress = progress;
        omg_worker_post(refresh->worker, deliver_progress, message, message_free);
}

void omg_refresh_post_progress(OmgRefresh *refresh, const char *stage, double progress)
{
        omg_refresh_post_progress_of(refresh, omg_refresh_get_request(refresh)->id, stage,
                                     progress);
}

void omg_refresh_post_locked(OmgRefresh *refresh, gboolean is_locked)
{
        Message *message = g_new0(Message, 1);

        message->refresh = refresh;
        message->is_locked = is_locked;
        omg_worker_post(refresh->worker, deliver_locked, message, message_free);
}

void omg_refresh_post_outcome(OmgRefresh *refresh, const OmgRefreshOutcome *outcome)
{
        Message *message = g_new0(Message, 1);

        if (refresh->on_end)
                refresh->on_end(outcome, refresh->on_end_data);

        message->refresh = refresh;
        message->outcome = *outcome;
        omg_worker_post(refresh->worker, deliver_outcome, message, message_free);
}
