/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/background-aur.h"

#include "loop/background-private.h"

typedef struct {
        OmgBackground *background;
        OmgAurRequest request; /* of a cancellation the id alone */
        OmgAurOutcome outcome;
        const char *stage; /* interned */
        double progress;
} Message;

static void message_free(gpointer data)
{
        Message *message = data;

        omg_aur_question_unref(message->request.question);
        omg_aur_answer_unref(message->outcome.answer);
        g_clear_error(&message->outcome.error);
        g_free(message);
}

static Message *message_new(OmgBackground *background)
{
        Message *message = g_new0(Message, 1);

        message->background = background;
        return message;
}

/* ---- on the worker ---- */

static void deliver_progress(gpointer data)
{
        const Message *message = data;
        const OmgBackgroundEvents *events = &message->background->events;

        if (events->on_aur_progress)
                events->on_aur_progress(message->request.id, message->stage, message->progress,
                                        events->userdata);
}

static void on_progress(guint64 id, const char *stage, double progress, gpointer data)
{
        OmgBackground *self = data;
        Message *message = message_new(self);

        message->request.id = id;
        message->stage = g_intern_string(stage);
        message->progress = progress;
        omg_worker_post(self->worker, deliver_progress, message, message_free);
}

static void deliver_outcome(gpointer data)
{
        const Message *message = data;
        const OmgBackgroundEvents *events = &message->background->events;

        if (events->on_aur_done)
                events->on_aur_done(&message->outcome, events->userdata);
}

static void post_outcome(OmgBackground *self, const OmgAurOutcome *outcome)
{
        Message *message = message_new(self);

        message->outcome = *outcome;
        if (outcome->answer)
                omg_aur_answer_ref(outcome->answer);
        if (outcome->error)
                message->outcome.error = g_error_copy(outcome->error);
        omg_worker_post(self->worker, deliver_outcome, message, message_free);
}

static void on_done(const OmgAurOutcome *outcome, gpointer data)
{
        post_outcome(data, outcome);
}

void omg_background_add_aur(OmgBackground *self)
{
        const OmgAurRpcSetup setup = {
                .paths = self->paths,
                .launcher = self->launcher,
                .cache = omg_records_get_db(self->records),
                .timers = omg_worker_get_timers(self->worker),
                .may_ask = omg_background_may_ask,
                .on_progress = on_progress,
                .on_done = on_done,
                .data = self,
        };
        OmgAurOutcome used = {};

        self->aur_rpc = omg_aur_rpc_new(&setup);
        omg_aur_rpc_get_used(self->aur_rpc, &used.n_used, &used.day_usec);
        post_outcome(self, &used);
}

static void do_query(gpointer data)
{
        const Message *message = data;

        omg_aur_rpc_ask(message->background->aur_rpc, &message->request);
}

static void do_cancel(gpointer data)
{
        const Message *message = data;

        omg_aur_rpc_cancel(message->background->aur_rpc, message->request.id);
}

/* ---- main ---- */

void omg_background_query_aur(OmgBackground *self, const OmgAurRequest *request)
{
        Message *message = message_new(self);

        message->request = *request;
        (void)omg_aur_question_ref(request->question);
        omg_worker_run(self->worker, do_query, message, message_free);
}

void omg_background_cancel_aur(OmgBackground *self, guint64 id)
{
        Message *message = message_new(self);

        message->request.id = id;
        omg_worker_run(self->worker, do_cancel, message, message_free);
}
