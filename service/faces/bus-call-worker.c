/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "faces/bus-call-worker.h"

#include <errno.h>

#include "faces/bus-call-runs.h"

/* Shared between the call, on main, and the worker. Each holds a reference; only one of the two
 * looks into it at a time, but for the flag. */
struct OmgWorkerRun {
        OmgCalls *calls;
        OmgCall *call;
        OmgWorker *worker;
        OmgWorkerFunc work;
        OmgAppendFunc append;
        gpointer data;
        GDestroyNotify free_data;
        OmgWorkerStep step; /* what the work came to */
        GError *error;
        gboolean is_under_way; /* main's */
        int is_dropped;        /* atomic, as is: */
        int n_refs;
};

static void run_clear(OmgWorkerRun *run)
{
        if (run->free_data)
                run->free_data(run->data);
        g_clear_error(&run->error);
}

static OmgWorkerRun *run_ref(OmgWorkerRun *run)
{
        g_atomic_int_inc(&run->n_refs);
        return run;
}

/* Not a box of GLib's, whose counting the thread sanitizer does not see. */
static void run_unref(gpointer data)
{
        OmgWorkerRun *run = data;

        if (!g_atomic_int_dec_and_test(&run->n_refs))
                return;
        run_clear(run);
        g_free(run);
}

int omg_calls_run_on_worker(OmgCalls *self, OmgWorkerFunc work, OmgAppendFunc append, gpointer data,
                            GDestroyNotify free_data)
{
        OmgWorkerRun *run = g_new(OmgWorkerRun, 1);

        *run = (OmgWorkerRun){
                .n_refs = 1,
                .calls = self,
                .call = self->current,
                .worker = omg_pool_get_worker(self->service->pool),
                .work = work,
                .append = append,
                .data = data,
                .free_data = free_data,
        };
        self->current->worker_run = run;
        return -EINPROGRESS;
}

/* The first of the sender's calls of which the work is under way, or is not. */
static OmgCall *find_call(const OmgCalls *self, const char *sender, gboolean is_under_way)
{
        for (const GList *l = self->queues[OMG_CALLS_ON_WORKER].head; l; l = l->next) {
                OmgCall *call = l->data;

                if (call->worker_run->is_under_way == is_under_way &&
                    g_str_equal(omg_call_get_sender(call), sender))
                        return call;
        }
        return NULL;
}

/* The call may be gone, and with it, by omg_calls_free(), what it was in. */
static void on_done(gpointer data)
{
        OmgWorkerRun *run = data;
        OmgCalls *calls = run->calls;
        OmgCall *next;

        if (g_atomic_int_get(&run->is_dropped))
                return;
        run->is_under_way = FALSE;
        (void)g_queue_remove(&calls->queues[OMG_CALLS_ON_WORKER], run->call);
        next = find_call(calls, omg_call_get_sender(run->call), FALSE);
        if (next)
                omg_call_start_worker_run(calls, next);
        g_queue_push_tail(&calls->queues[OMG_CALLS_READY], run->call);
        omg_calls_update(calls);
}

/* After the service is closed no work begins any more: the worker's things may be gone. */
static void do_step(gpointer data)
{
        OmgWorkerRun *run = data;

        if (g_atomic_int_get(&run->is_dropped))
                return;
        run->step = run->work(run->data, &run->error);
        if (run->step == OMG_WORKER_MORE)
                omg_worker_run_idle(run->worker, do_step, run_ref(run), run_unref);
        else
                omg_worker_post(run->worker, on_done, run_ref(run), run_unref);
}

void omg_call_start_worker_run(OmgCalls *self, OmgCall *call)
{
        OmgWorkerRun *run = call->worker_run;

        /* As on the pool: who asks for much waits for it, and nobody else does. */
        if (find_call(self, omg_call_get_sender(call), TRUE))
                return;
        run->is_under_way = TRUE;
        omg_worker_run_idle(run->worker, do_step, run_ref(run), run_unref);
}

int omg_call_finish_worker_run(OmgCall *call, GError **error)
{
        OmgWorkerRun *run = call->worker_run;

        if (run->step == OMG_WORKER_FAILED) {
                g_propagate_error(error, g_steal_pointer(&run->error));
                return -EBADMSG;
        }
        return run->append(call->snapshot, call->reply, run->data, error);
}

void omg_worker_run_drop(OmgWorkerRun *run)
{
        if (!run)
                return;
        g_atomic_int_set(&run->is_dropped, 1);
        run_unref(run);
}
