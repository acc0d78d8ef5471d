/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that another thread answers, and calls that wait for a look at the machine. */
#include <errno.h>

#include "base/clock.h"
#include "faces/bus-call-runs.h"
#include "faces/bus-call-worker.h"

/* ---- the pool ---- */

/* Shared between the call, on main, and the pool. Each holds a reference; only one of the two looks
 * into it at a time. */
struct OmgPoolRun {
        OmgCalls *calls;
        OmgCall *call;
        OmgPoolJob *job; /* NULL before its turn has come, and after it is done */
        OmgSnapshot *snapshot;
        OmgPoolFunc work;
        OmgAppendFunc append;
        gpointer data;
        GDestroyNotify free_data;
        GError *error; /* of the work */
        gboolean failed;
};

static void run_clear(gpointer data)
{
        OmgPoolRun *run = data;

        omg_snapshot_unref(run->snapshot);
        if (run->free_data)
                run->free_data(run->data);
        g_clear_error(&run->error);
}

static void run_unref(gpointer run)
{
        g_atomic_rc_box_release_full(run, run_clear);
}

int omg_calls_run_on_pool(OmgCalls *self, OmgPoolFunc work, OmgAppendFunc append, gpointer data,
                          GDestroyNotify free_data)
{
        OmgPoolRun *run = g_atomic_rc_box_new0(OmgPoolRun);

        *run = (OmgPoolRun){
                .calls = self,
                .call = self->current,
                .snapshot = omg_snapshot_ref(self->current->snapshot),
                .work = work,
                .append = append,
                .data = data,
                .free_data = free_data,
        };
        self->current->run = run;
        return -EINPROGRESS;
}

static void work_on_pool(const OmgPoolJob *job, gpointer data)
{
        OmgPoolRun *run = data;

        run->failed = !run->work(run->snapshot, job, run->data, &run->error);
        /* File lists are large and seldom asked for; of nothing touched this is a system call. */
        for (guint i = 0; i < OMG_FILES_N; i++)
                omg_snapshot_files_trim(&run->snapshot->files[i]);
}

/* The first of the sender's calls of which the work is under way, or is not. */
static OmgCall *find_on_pool(const OmgCalls *self, const char *sender, gboolean is_under_way)
{
        for (const GList *l = self->queues[OMG_CALLS_ON_POOL].head; l; l = l->next) {
                OmgCall *call = l->data;

                if ((call->run->job != NULL) == is_under_way &&
                    g_str_equal(omg_call_get_sender(call), sender))
                        return call;
        }
        return NULL;
}

/* The call is in ON_POOL still: leaving it cancels the job, and then nobody is told. */
static void on_pool_done(gpointer data)
{
        OmgPoolRun *run = data;
        OmgCalls *calls = run->calls;
        OmgCall *next;

        run->job = NULL;
        (void)g_queue_remove(&calls->queues[OMG_CALLS_ON_POOL], run->call);
        next = find_on_pool(calls, omg_call_get_sender(run->call), FALSE);
        if (next)
                omg_call_start_run(calls, next);
        g_queue_push_tail(&calls->queues[OMG_CALLS_READY], run->call);
        omg_calls_update(calls);
}

void omg_call_start_run(OmgCalls *self, OmgCall *call)
{
        OmgPoolRun *run = call->run;

        /* Its turn comes: who asks for much waits for it, and nobody else does. */
        if (find_on_pool(self, omg_call_get_sender(call), TRUE))
                return;
        self->service->metrics.calls_on_pool++;
        run->job = omg_pool_run(self->service->pool, work_on_pool, on_pool_done,
                                g_atomic_rc_box_acquire(run), run_unref);
}

int omg_call_finish_run(OmgCall *call, GError **error)
{
        OmgPoolRun *run = call->run;

        if (run->failed) {
                g_propagate_error(error, g_steal_pointer(&run->error));
                return -EBADMSG;
        }
        return run->append(call->snapshot, call->reply, run->data, error);
}

void omg_pool_run_drop(OmgPoolRun *run)
{
        if (!run)
                return;
        if (run->job)
                omg_pool_job_cancel(run->job);
        run_unref(run);
}

/* ---- refreshes ---- */

/* What every refresh looks at, whatever it was asked for. */
#define ALWAYS (OMG_REFRESH_SYNC | OMG_REFRESH_LOCAL)

gboolean omg_calls_wait_for_refresh(OmgCalls *self, guint what)
{
        OmgCall *call = self->current;

        if ((call->refresh_waited & what) == what)
                return FALSE;
        call->refresh_wanted |= what;
        return TRUE;
}

sd_bus_message *omg_calls_get_message(const OmgCalls *self)
{
        return self->current->message;
}

int omg_calls_wait_for_later_refresh(OmgCalls *self, guint what)
{
        self->current->came_usec = omg_clock_now();
        self->current->refresh_wanted |= what;
        return -EINPROGRESS;
}

gboolean omg_calls_has_waited(const OmgCalls *self, guint what)
{
        return (self->current->refresh_waited & what) == what;
}

void omg_calls_ask(OmgCalls *self)
{
        const OmgServiceActions *actions = &self->service->actions;
        guint wanted = 0;

        for (const GList *l = self->queues[OMG_CALLS_FOR_REFRESH].head; l; l = l->next)
                wanted |= ((const OmgCall *)l->data)->refresh_wanted;
        /* One that is under way may have begun too early for some: then they ask again. */
        if (wanted == 0 || (self->asked_usec > 0 && (wanted & ~self->asked_what) == 0))
                return;
        self->asked_usec = omg_clock_now();
        self->asked_what |= wanted;
        actions->refresh(0, (OmgRefreshWhat)wanted, FALSE, actions->userdata);
}

static gboolean is_served(const OmgCall *call, guint64 begun_usec, guint what)
{
        return call->came_usec <= begun_usec && (call->refresh_wanted & ~(what | ALWAYS)) == 0;
}

void omg_calls_take_refresh(OmgCalls *self, guint64 begun_usec, guint what)
{
        GQueue *waiting = &self->queues[OMG_CALLS_FOR_REFRESH];

        for (GList *l = waiting->head, *next; l; l = next) {
                OmgCall *call = l->data;

                next = l->next;
                if (!is_served(call, begun_usec, what))
                        continue;
                call->refresh_waited |= call->refresh_wanted;
                call->refresh_wanted = 0;
                g_queue_unlink(waiting, l);
                g_queue_push_tail_link(&self->queues[OMG_CALLS_READY], l);
        }
        if (begun_usec >= self->asked_usec && (self->asked_what & ~(what | ALWAYS)) == 0) {
                self->asked_usec = 0;
                self->asked_what = 0;
        }
        omg_calls_ask(self);
}
